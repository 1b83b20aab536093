"""Pre-review: who leads, or why nobody does."""

from typing import Final

from sanfu.city.model import Pack
from sanfu.contracts import names
from sanfu.desk.domain.deeds.ending import closing_of
from sanfu.desk.domain.deeds.order import Order, leader, refused, wrong
from sanfu.runtime.rules import Draft

TWO_PEOPLE: Final = frozenset({"enterprise_seat", "petition", "whistle"})
"""Channels whose issues one person alone can't refuse."""


def dispatch(order: Order) -> list[Draft]:
    case, said, pack = order.case, order.said, order.pack
    unit = leader(order, said["unit"], "unit")
    if said["grade"] not in pack.policy.grades:
        raise wrong("grade", "unknown_grade", f"one of {', '.join(pack.policy.grades)}")
    if said["category"] is not None and said["category"] not in pack.categories:
        raise wrong("category", "unknown_category", "a code of the pack's categories")
    group = order.by["unit"] in pack.audience_groups.values()
    body = {
        "by": order.by, "unit": unit, "grade": said["grade"], "urgency": case["urgency"],
        "audience": said["audience"] or case["audience"], "category": said["category"] or case["category"],
        "assignment": case["assignment"] + 1, "round": case["round"], "decided_by": "group" if group else "reviewer",
        "reason": said["reason"], "rule": None, "score": None, "pack": pack.version, "also": [],
    }  # fmt: skip
    return [*_adjudication(order, unit), Draft(names.ISSUE_DISPATCHED, body)]


def _adjudication(order: Order, unit: str) -> list[Draft]:
    """Decide a second return, where there is one: by the group of the issue's audience, or the office in its place."""
    case, by = order.case, order.by
    if case["returns"] < 2:
        return []
    group = order.pack.audience_groups.get(case["audience"])
    if by["unit"] != group and by["role"] != "coordination_office":
        raise refused("for-the-group", f"It was returned twice: {group} decides who leads, or the coordination office.")
    body = {
        "by": by, "unit": unit, "number": case["returns"], "upheld": unit != case["unit"], "charged": None,
        "reason": order.said["reason"], "round": case["round"],
    }  # fmt: skip
    return [Draft(names.RETURN_ADJUDICATED, body)]


def answer(order: Order) -> list[Draft]:
    if order.case["urgency"] == "emergency":
        raise refused("emergency", "An emergency isn't answered at the desk: dispatch it.")
    if order.case["kind"] not in {"consult", "thanks"}:
        raise refused("not-answerable", "Only a consult or thanks is answered at the desk; dispatch anything else.")
    body = {"by": order.by, "reply": order.said["reply"], "article": None, "objection_until": None}
    return [Draft(names.ISSUE_ANSWERED, body), closing_of(order, "answered")]


def refuse(order: Order) -> list[Draft]:
    reasons = refusal_reasons(order.pack)
    if order.said["reason"] not in reasons:
        raise wrong("reason", "unknown_reason", f"a reason code of the pack: {', '.join(reasons) or 'it has none'}")
    if order.case["channel"] in TWO_PEOPLE:
        channel = order.case["channel"]
        raise refused("second-person-needed", f"One person alone can't refuse an issue of {channel}: dispatch it.")
    if order.case["urgency"] == "emergency":
        raise refused("emergency", "An emergency can't be refused: dispatch it.")
    body = {
        "by": order.by, "reason": order.said["reason"], "reply": order.said["reply"], "second": None,
        "appeal_until": None, "pack": order.pack.version,
    }  # fmt: skip
    return [Draft(names.ISSUE_REFUSED, body), closing_of(order, "refused")]


def refusal_reasons(pack: Pack) -> list[str]:
    """Name the reasons for which the pack has a text: its notices called `refusal.<reason>`."""
    return sorted(key.removeprefix("refusal.") for key in pack.notices if key.startswith("refusal."))
