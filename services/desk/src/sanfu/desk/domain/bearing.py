"""What an issue's events do to others, and what others do to an issue. See `runtime.rules.Bearing`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.desk.domain import merging
from sanfu.desk.domain.affairs import lists, meetings, orders, tasks
from sanfu.desk.domain.deeds.deed import Deed
from sanfu.desk.domain.secrecy import SECRET
from sanfu.runtime.rules import Draft, Named

BEARS: Final = merging.BEARS | {
    names.LIGHT_CHANGED, names.ISSUE_REOPENED, names.COMPLETION_VOIDED, names.INSTRUCTION_GIVEN, names.SECRECY_CHANGED,
    names.ISSUE_FOLLOWED_UP, names.ISSUE_SUBMITTED, names.ORIGIN_NOTED,
}  # fmt: skip
"""Events of an issue that may bear upon an order, a list on which it was found, or another issue."""


def concerned(event: Event) -> Sequence[Named]:
    """Name whom an issue's event bears upon: the order it calls for, the head it was merged into, those merged into
    it, the affairs that bear upon what is, or became, confidential, the list it was found on."""
    if event.type == names.ISSUE_SUBMITTED:
        held = lists.named_by(event)
        return [Named(held, names.AFFAIRS)] if held else []
    if event.type == names.SECRECY_CHANGED:
        return [Named(affair, names.AFFAIRS) for affair in event.data["concerns"]]
    if event.type in {names.AFFAIR_NOTED, names.ORIGIN_NOTED} and event.data.get("secret"):
        return [Named(event.data["affair"], names.AFFAIRS)]
    issues = [Named(issue) for issue in event.data.get("concerns", ())] if event.type in merging.BEARS else []
    order = orders.derived_id(event)
    return [*issues, Named(order, names.AFFAIRS)] if order else issues


def decided(deed: Deed, event: Event, issue: str) -> list[Draft]:
    """Say what an event of another subject makes of an issue. An issue that is not there is concerned by nothing."""
    if not deed.case:
        return []
    match event.type:
        case type if type in merging.BEARS:
            return merging.decided(deed, event)
        case type if type in meetings.FOLDS:
            bodies: Sequence[Mapping[str, Any]] = meetings.notes(event, issue)
        case type if type in tasks.FOLDS:
            bodies = [tasks.note(event)]
        case names.FINDING_NOTED:
            return [lists.origin(event, deed.case)]
        case _:
            bodies = [orders.note(event)]
    # What it was told while this issue was open it has to lose, if nobody knew of it when that changed.
    secret = deed.case["secrecy"] in SECRET
    noted = [Draft(names.AFFAIR_NOTED, {**body, "secret": secret}) for body in bodies]
    return [*noted, *meetings.follows(event, issue, deed.case, deed.pack)]
