"""Cases as the desk shows them, as far as the demo's officers look."""

from typing import Any


def case(**more: Any) -> dict[str, Any]:
    at = "2026-01-05T01:00:00.000Z"
    return {
        "id": "i", "state": "in_review", "urgency": "normal", "kind": "issue", "secrecy": "open", "title": "路灯不亮",
        "changed_at": at, "unit": None, "units": [], "town": None, "grade": None, "round": 1, "returns": 0,
        "rounds": [], "clocks": {}, "has_contact": True, "party_kind": "person", "history": [], "in_time": None,
        "submitted_at": at, "audience": "resident", "channel": "web", "extension": None, "extensions": [],
        "affairs": {}, "assists": [], "head": None, "head_handled": None, "merged": [], "register": None,
        "request": None, "declining": None, "closed": None, "instructions": 0, "reminders": {"count": 0},
        "completion": None, "missing": [{"of": "party", "need": "call", "because": "all"}], **more,
    }  # fmt: skip


def led(state: str, **more: Any) -> dict[str, Any]:
    at = "2026-01-05T01:00:00.000Z"
    round = {
        "round": 1,
        "unit": "finance",
        "assigned_at": at,
        "dispatched_at": at,
        "limit": "2026-01-08T09:30:00.000Z",
        **more,
    }
    yellow = {"handling": {"yellow": "2026-01-07T09:30:00.000Z", "level": "none"}}
    return case(state=state, unit="finance", units=["finance"], grade="complex", rounds=[round], clocks=yellow)
