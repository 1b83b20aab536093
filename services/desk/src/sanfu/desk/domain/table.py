"""The life of a case as one table: (state, command, role) → what is told of it, and the state after it.

Everything else follows from it: what a command may do, what a refusal names, what a page offers, which state an event
leads to. `system` stands for what no person can order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sanfu.contracts import names

SUBMITTED: Final = "submitted"
IN_REVIEW: Final = "in_review"
ASSIGNED: Final = "assigned"
ACKNOWLEDGED: Final = "acknowledged"
CONTACTED: Final = "contacted"
HANDLED: Final = "handled"
FOLLOWED_UP: Final = "followed_up"
RETURNED: Final = "returned"
AWAITING: Final = "awaiting_party"
ANSWERED: Final = "answered"
REFUSED: Final = "refused"
FORWARDED: Final = "forwarded"
CLOSED: Final = "closed"

STATES: Final = (
    SUBMITTED, IN_REVIEW, AWAITING, ASSIGNED, ACKNOWLEDGED, CONTACTED, HANDLED, FOLLOWED_UP, RETURNED, ANSWERED,
    REFUSED, FORWARDED, CLOSED,
)  # fmt: skip

LEAD: Final = frozenset({"officer", "unit_head", "duty_officer", "unit_system"})
"""They act for the unit that leads, and only where it lies in their own subtree; its own system does, too."""
REVIEW: Final = frozenset({"reviewer", "coordination_office"})
OFFICE: Final = frozenset({"coordination_office"})
CALLERS: Final = frozenset({"follow_up_caller", "coordination_office", "supervisor"})
VOICE: Final = frozenset({"party", "hotline_operator", "window_agent"})
"""The party, and those who write down what it says."""
SYSTEM: Final = frozenset({"system"})
STAYS: Final = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What a command does where the table has it: the event it tells, and the state the case is in after that (STAYS:
    the one it was in).

    `for_lead`: whoever orders it acts for the unit that leads.
    """

    event: str
    to: str
    for_lead: bool = False


def _rows(states: str, command: str, roles: Iterable[str], event: str, to: str) -> dict[tuple[str, str, str], Step]:
    return {(s, command, role): Step(event, to, role in LEAD) for s in states.split() for role in sorted(roles)}


_NEW: Final = "submitted in_review"

REVIEWING: Final = {
    **_rows(f"{_NEW} awaiting_party returned", "dispatch", REVIEW, names.ISSUE_DISPATCHED, ASSIGNED),
    **_rows(_NEW, "answer", REVIEW, names.ISSUE_ANSWERED, ANSWERED),
    **_rows(_NEW, "refuse", REVIEW, names.ISSUE_REFUSED, REFUSED),
    **_rows(_NEW, "confirm_refusal", REVIEW, names.ISSUE_REFUSED, REFUSED),
    **_rows(_NEW, "decline_refusal", REVIEW, names.REFUSAL_DECLINED, STAYS),
    **_rows(_NEW, "forward", REVIEW, names.ISSUE_FORWARDED, FORWARDED),
    **_rows(_NEW, "ask_more", REVIEW, names.SUPPLEMENT_ASKED, AWAITING),
    **_rows("closed", "object", VOICE, names.OBJECTION_RAISED, IN_REVIEW),
}
HANDLING: Final = {
    **_rows("assigned", "acknowledge", LEAD, names.ISSUE_ACKNOWLEDGED, ACKNOWLEDGED),
    **_rows("acknowledged contacted", "contact", LEAD, names.ISSUE_CONTACTED, CONTACTED),
    **_rows("assigned acknowledged contacted", "reach_scene", LEAD, names.SCENE_REACHED, STAYS),
    **_rows("assigned acknowledged contacted", "report", LEAD, names.SITUATION_REPORTED, STAYS),
    **_rows("contacted", "handle", LEAD, names.ISSUE_HANDLED, HANDLED),
    **_rows("assigned acknowledged contacted", "return", LEAD, names.ISSUE_RETURNED, RETURNED),
}
ENDING: Final = {
    **_rows("handled", "follow_up", CALLERS, names.ISSUE_FOLLOWED_UP, FOLLOWED_UP),
    **_rows("followed_up", "reopen", OFFICE, names.ISSUE_REOPENED, ASSIGNED),
    **_rows("followed_up", "close", OFFICE, names.ISSUE_CLOSED, CLOSED),
    **_rows("followed_up answered refused forwarded awaiting_party", "close", SYSTEM, names.ISSUE_CLOSED, CLOSED),
}
TABLE: Final[Mapping[tuple[str, str, str], Step]] = {**REVIEWING, **HANDLING, **ENDING}

OF_EMERGENCIES: Final = frozenset({"reach_scene", "report"})
COMMANDS: Final = tuple(dict.fromkeys(command for _, command, _ in TABLE))
AFTER: Final[Mapping[str, str]] = {step.event: step.to for step in TABLE.values() if step.to}
"""Type of an own event → the state it leads to."""


def allowed(state: str, roles: Iterable[str], *, emergency: bool = False) -> tuple[str, ...]:
    """Name the commands that somebody in one of these roles has in that state, in the table's order."""
    mine, without = set(roles), frozenset[str]() if emergency else OF_EMERGENCIES
    return tuple(dict.fromkeys(c for s, c, role in TABLE if s == state and role in mine and c not in without))
