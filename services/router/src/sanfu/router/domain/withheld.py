"""What of an event a unit may read: no internal text of others, of a confidential issue no text at all, nobody's name.

What is withheld keeps its place, so that a copy still has the shape of its type.
"""

from collections.abc import Mapping
from typing import Any

from sanfu.contracts import names

MARK = "[withheld]"

INTERNAL: Mapping[str, Mapping[str, str | bool | None]] = {
    names.ISSUE_CONTACTED: {"summary": None},
    names.SITUATION_REPORTED: {"text": MARK},
    names.ISSUE_HANDLED: {"internal": None},
    names.ISSUE_RETURNED: {"text": MARK},
    names.RETURN_ADJUDICATED: {"reason": MARK},
    names.ASSIST_DONE: {"text": None},
    names.ISSUE_HANDED_OVER: {"reason": MARK},
    names.COMPLETION_SUBMITTED: {"reply": MARK, "internal": None},
    names.COMPLETION_SENT_BACK: {"reason": MARK},
    names.GRADE_CHANGE_DECLINED: {"reason": MARK},
    names.ISSUE_SUSPENDED: {"text": None},
    names.EXTENSION_ASKED: {"reason": MARK},
    names.GRADE_CHANGE_ASKED: {"reason": MARK},
    names.GRADE_CHANGED: {"reason": MARK},
    names.URGENCY_CHANGED: {"reason": MARK},
    names.SECRECY_CHANGED: {"reason": MARK},
    names.FLAGS_CHANGED: {"reason": MARK},
    names.EXEMPTION_DECIDED: {"reason": MARK},
    names.COMPLETION_VOIDED: {"text": MARK},
    names.INSTRUCTION_GIVEN: {"text": MARK},
    names.MILESTONE_REACHED: {"text": MARK},
    names.REFUSAL_PROPOSED: {"reply": MARK},
    names.REFUSAL_DECLINED: {"reason": MARK},
    names.ISSUE_CLOSED: {"reason": None},
    names.PARTY_DECEASED: {"source": None},
    names.ERRAND_STEPPED: {"text": None},
    names.ISSUE_WITHDRAWN: {"reason": None, "asked_to": False},
    names.ISSUE_SUPPLEMENTED: {"contact": "none"},
}
"""By type: the texts that its contract calls internal, and what stands in their place for other units."""

FREE = {
    **dict.fromkeys(("text", "reason", "reply", "task", "question", "cause", "to", "report", "mediator"), MARK),
    **dict.fromkeys(("summary", "internal", "legal_ground", "source"), None),
}
"""Texts that people write, by the name of their field: in no record of a confidential issue."""
PARTYS: Mapping[str, str | list[str] | None] = {"party_code": None, "party_marks": []}
"""By whom an issue is known to be one party's: no unit reads it, not even in what it said itself."""
ACCOUNTS: Mapping[str, str | None] = {
    **dict.fromkeys(("second", "signed_by", "approved_by", "sponsor"), None),
    **dict.fromkeys(("handled_by", "agent", "from_user", "user"), "withheld"),
}
"""Who did it besides `by`: read by the unit whose event it is."""
OURS = frozenset({names.REPLY_REFUSED})
"""Types whose texts Sanfu itself writes, with no word of the issue in them."""
FILES = ("evidence", "attachments", "plan", "suggestions")

OF_CONFIDENTIAL = ("receipt", "reported_at", "limit_asked", "title")
OF_OTHERS = (
    *("receipt", "channel", "reported_at", "limit_asked", "audience", "kind", "flags", "party_kind", "language"),
    *("title", "text", "place", "answers", "attachments", "supplements"),
)
STANDS = ("category", "grade", "urgency", "secrecy", "assignment", "round")


def issue(said: Mapping[str, Any], standing: Mapping[str, Any]) -> dict[str, Any]:
    """Show the issue as it stands; of a confidential one number, category, grade, limits and the neutral line."""
    shown = OF_CONFIDENTIAL if standing.get("secrecy") == "confidential" else OF_OTHERS
    return {
        **{name: said[name] for name in shown if name in said},
        **{name: standing.get(name) for name in STANDS},
        "unit": standing["lead"],
    }


def body(type: str, data: Mapping[str, Any], unit: str, *, confidential: bool) -> Mapping[str, Any]:
    """Show an event's body to a unit; its own texts it may read."""
    hidden: dict[str, Any] = {}
    by = data.get("by")
    own = (by.get("unit") if by else data.get("unit")) == unit
    if by and not own:
        hidden["by"] = {"id": by["role"], "role": by["role"], "unit": by.get("unit")}
    if not own:
        hidden |= {name: mark for name, mark in ACCOUNTS.items() if data.get(name)}
    hidden |= {name: mark for name, mark in PARTYS.items() if data.get(name)}
    if type in INTERNAL and (not own or type == names.ISSUE_SUPPLEMENTED):
        hidden |= {name: mark for name, mark in INTERNAL[type].items() if data.get(name)}
    if type == names.SECRECY_CHANGED and data.get("concerns"):
        hidden["concerns"] = []  # a sheet's id is one for all that its holder found
    if confidential and type not in OURS:
        hidden |= {name: mark for name, mark in FREE.items() if data.get(name)}
        hidden |= {name: [] for name in FILES if data.get(name)}
        hidden |= {name: {} for name in ("answers",) if data.get(name)}
    return {**data, **hidden} if hidden else data
