"""What an issue's events do to others, and what others do to an issue. See `runtime.rules.Bearing`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sanfu.city.model import Pack
from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.desk.domain.affairs import meetings, orders, tasks
from sanfu.desk.domain.deeds import voicing
from sanfu.desk.domain.deeds.deed import SYSTEM_BY
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.table import CLOSED
from sanfu.runtime.rules import Draft, Named

BEARS: Final = frozenset(
    {
        names.LIGHT_CHANGED, names.ISSUE_REOPENED, names.COMPLETION_VOIDED, names.INSTRUCTION_GIVEN,
        names.ISSUE_MERGED, names.ISSUE_HANDLED, names.SECRECY_CHANGED, names.ISSUE_FOLLOWED_UP,
    }
)  # fmt: skip
"""Events of an issue that may bear upon an order, or upon another issue."""


def concerned(event: Event) -> Sequence[Named]:
    """Name whom an issue's event bears upon: the order it calls for, the head it was merged into, those merged into
    it, the affairs that bear upon what became confidential."""
    match event.type:
        case names.ISSUE_MERGED:
            return [Named(event.data["head"])]
        case names.ISSUE_HANDLED:
            return [Named(merged) for merged in event.data["concerns"]]
        case names.SECRECY_CHANGED:
            return [Named(affair, names.AFFAIRS) for affair in event.data["concerns"]]
    order = orders.derived_id(event)
    return [Named(order, names.AFFAIRS)] if order else []


def decided(case: Case, event: Event, issue: str, pack: Pack) -> list[Draft]:
    """Say what an event of another subject makes of an issue. An issue that is not there is concerned by nothing."""
    if not case:
        return []
    match event.type:
        case names.ISSUE_MERGED:
            return _supported(case, event, pack)
        case names.ISSUE_HANDLED:
            return _head_handled(case, event)
        case type if type in meetings.FOLDS:
            bodies: Sequence[Mapping[str, Any]] = meetings.notes(event, issue)
        case type if type in tasks.FOLDS:
            bodies = [tasks.note(event)]
        case _:
            bodies = [orders.note(event)]
    noted = [Draft(names.AFFAIR_NOTED, body) for body in bodies]
    return [*noted, *meetings.follows(event, issue, case, pack)]


def _supported(case: Case, event: Event, pack: Pack) -> list[Draft]:
    """The head learns who was merged into it, and counts another party's voice: once, by whatever issue it comes. Its
    own party's new report asks to have handled again what is closed."""
    noted = Draft(names.AFFAIR_NOTED, {"by": SYSTEM_BY, "affair": event.subject, "what": "supporter_merged"})
    data, code, marks = event.data, event.data["party_code"], event.data["party_marks"]
    if case["state"] == CLOSED:
        again = data["same_party"] and case["round"] not in case["declined"]
        return [noted, voicing.requested(case, data["reason"], data["by"])] if again else [noted]
    known = event.subject in case["supporters"] or (code and code in {case["party_code"], *case["supporter_codes"]})
    if known or data["same_party"] or not set(marks).isdisjoint(case.get("supporter_marks", ())):
        return [noted]
    joining = {"issue": event.subject, "party_code": code, "party_marks": marks}
    return [noted, *voicing.supporter(case, joining, SYSTEM_BY, pack)]


def _head_handled(case: Case, event: Event) -> list[Draft]:
    if case["state"] != "merged" or case["head"] != event.subject:
        return []
    data = event.data
    body = {
        "by": SYSTEM_BY, "head": event.subject, "reply": data["reply"], "handled_by": data["by"]["id"],
        "unit": data["unit"], "round": case["round"], "concerns": [event.subject],
    }  # fmt: skip
    return [Draft(names.HEAD_HANDLED, body)]
