"""The life of a case as one table: (state, command, role) → what is told of it, and the state after it.

Everything else follows from it: what a command may do, what a refusal names, what a page offers, which state an event
leads to. `system` stands for what no person can order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sanfu.contracts import names

SUBMITTED: Final = "submitted"
IN_REVIEW: Final = "in_review"
ASSIGNED: Final = "assigned"
ACKNOWLEDGED: Final = "acknowledged"
CONTACTED: Final = "contacted"
UNSIGNED: Final = "unsigned"
HANDLED: Final = "handled"
FOLLOWED_UP: Final = "followed_up"
RETURNED: Final = "returned"
SUSPENDED: Final = "suspended"
AWAITING: Final = "awaiting_party"
ANSWERED: Final = "answered"
REFUSED: Final = "refused"
FORWARDED: Final = "forwarded"
WITHDRAWN: Final = "withdrawn"
REOPEN_REQUESTED: Final = "reopen_requested"
PETITION_REVIEW: Final = "petition_review"
MERGED: Final = "merged"
REGISTERED: Final = "registered"
CLOSED: Final = "closed"

STATES: Final = (
    SUBMITTED, IN_REVIEW, AWAITING, ASSIGNED, ACKNOWLEDGED, CONTACTED, SUSPENDED, UNSIGNED, HANDLED, FOLLOWED_UP,
    RETURNED, ANSWERED, REFUSED, FORWARDED, MERGED, REGISTERED, WITHDRAWN, REOPEN_REQUESTED,
    PETITION_REVIEW, CLOSED,
)  # fmt: skip

LEAD: Final = frozenset({"officer", "unit_head", "duty_officer", "unit_system"})
"""They act for a unit, most often the one that leads, and only where that lies in their own subtree; its own system
does, too."""
HEADS: Final = frozenset({"unit_head"})
REVIEW: Final = frozenset({"reviewer", "coordination_office"})
LEADERS: Final = frozenset({"leader"})
OFFICE: Final = frozenset({"coordination_office"})
CALLERS: Final = frozenset({"follow_up_caller", "coordination_office", "supervisor"})
WRITERS: Final = frozenset({"hotline_operator", "window_agent"})
"""They write down what parties say."""
VOICE: Final = WRITERS | {"party"}
MONITOR: Final = frozenset({"monitor"})
OFFICIALS: Final = frozenset({"officer", "unit_head"})
"""One of them, of a unit without a part in it, experiences again what an officer had experienced."""
LIAISON: Final = frozenset({"discipline_liaison"})
"""They see what is sealed, and hand it over to the body in charge; else they lower it to an ordinary issue."""
PARTY: Final = frozenset({"party"})
FROM_OUTSIDE: Final = CALLERS | REVIEW | MONITOR | {"auditor"}
"""They see how a follow-up is made; who handles does not."""
SYSTEM: Final = frozenset({"system"})
WITNESSES: Final = frozenset(
    {
        *LEAD, *REVIEW, *CALLERS, "hotline_operator", "window_agent", "liaison", "monitor", "leader",
        "discipline_liaison",
    }
)  # fmt: skip
"""Whoever sees it, but for those who only look on."""
CORRECTING: Final = (LEAD - {"unit_system"}) | CALLERS | REVIEW | WRITERS | LIAISON
"""They speak with the party. A unit's own system does not."""
STAYS: Final = ""

FOR_LEAD: Final = "lead"
FOR_ASSIST: Final = "assist"
FOR_OFFERED: Final = "offered"
FOR_AGAIN: Final = "again"
FOR_NOBODY: Final = ""
STANDINGS: Final = (FOR_NOBODY, FOR_LEAD, FOR_ASSIST, FOR_OFFERED, FOR_AGAIN)
"""For which unit somebody acts: the one that leads, one with an open task, the one it was offered to, or for none; for
none, and only to experience again what waits for that."""
JUDGING: Final = frozenset({FOR_NOBODY, FOR_AGAIN})
"""Acting for no unit that handles, one decides or judges: not if the issue complains of one's own."""
Capacity = tuple[str, str]
"""A role, and the standing in which it acts."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a command does where the table has it: the event it tells, and the state the case is in after that (STAYS:
    the one it was in, or the one it rested from).

    `standing`: for which unit whoever orders it has to act.
    """

    event: str
    to: str
    standing: str = FOR_NOBODY


Rows = dict[tuple[str, str, str], Step]


def _rows(states: str, command: str, roles: Iterable[str], event: str, to: str, *, standing: str | None = None) -> Rows:
    """Make the rows of a command. Who acts for a unit acts for the one that leads, unless `standing` says otherwise."""
    own = {role: (FOR_LEAD if role in LEAD else FOR_NOBODY) if standing is None else standing for role in roles}
    return {(s, command, role): Step(event, to, own[role]) for s in states.split() for role in sorted(roles)}


_NEW: Final = "submitted in_review"
_LED: Final = "assigned acknowledged contacted"
_RESTING: Final = "suspended registered"
"""Nobody is asked to solve it now, but its party is spoken with all the same."""
_OPEN: Final = f"{_NEW} awaiting_party {_LED} suspended unsigned registered handled followed_up returned"
_VOICED: Final = f"{_OPEN} reopen_requested petition_review"
_EVER: Final = f"{_VOICED} merged closed"
"""Who may read it can change after its end as well."""

REVIEWING: Final = {
    **_rows(f"{_NEW} awaiting_party returned", "dispatch", REVIEW, names.ISSUE_DISPATCHED, ASSIGNED),
    **_rows(_NEW, "answer", REVIEW, names.ISSUE_ANSWERED, ANSWERED),
    **_rows(_NEW, "refuse", REVIEW, names.ISSUE_REFUSED, REFUSED),
    **_rows(_NEW, "confirm_refusal", REVIEW, names.ISSUE_REFUSED, REFUSED),
    **_rows(_NEW, "decline_refusal", REVIEW, names.REFUSAL_DECLINED, STAYS),
    **_rows(_NEW, "forward", REVIEW, names.ISSUE_FORWARDED, FORWARDED),
    **_rows(f"{_OPEN} reopen_requested", "forward", LIAISON, names.ISSUE_FORWARDED, FORWARDED),
    **_rows(_NEW, "ask_more", REVIEW, names.SUPPLEMENT_ASKED, AWAITING),
    **_rows(f"{_OPEN} reopen_requested", "recuse", REVIEW, names.COMPLAINT_NOTED, STAYS),
    **_rows(f"{_NEW} returned", "offer_mediation", REVIEW, names.MEDIATION_OFFERED, STAYS),
    **_rows("closed", "object", VOICE, names.OBJECTION_RAISED, IN_REVIEW),
}
HANDLING: Final = {
    **_rows("assigned", "acknowledge", LEAD, names.ISSUE_ACKNOWLEDGED, ACKNOWLEDGED),
    **_rows(_RESTING, "acknowledge", LEAD, names.ISSUE_ACKNOWLEDGED, STAYS),
    **_rows("acknowledged contacted", "contact", LEAD, names.ISSUE_CONTACTED, CONTACTED),
    **_rows(_RESTING, "contact", LEAD, names.ISSUE_CONTACTED, STAYS),
    **_rows(f"{_LED} unsigned", "reach_scene", LEAD, names.SCENE_REACHED, STAYS),
    **_rows(f"{_LED} unsigned", "report", LEAD, names.SITUATION_REPORTED, STAYS),
    **_rows("contacted registered", "handle", LEAD, names.ISSUE_HANDLED, HANDLED),
    **_rows("contacted registered", "submit", SYSTEM, names.COMPLETION_SUBMITTED, UNSIGNED),
    **_rows("unsigned", "sign", HEADS, names.ISSUE_HANDLED, HANDLED),
    **_rows("unsigned", "send_back", HEADS, names.COMPLETION_SENT_BACK, CONTACTED),
    **_rows(_LED, "return", LEAD, names.ISSUE_RETURNED, RETURNED),
    **_rows(_LED, "offer_mediation", LEAD, names.MEDIATION_OFFERED, STAYS),
}
FOLLOWING: Final = {
    **_rows("handled merged", "follow_up", CALLERS | MONITOR, names.ISSUE_FOLLOWED_UP, FOLLOWED_UP),
    **_rows("handled merged", "follow_up", OFFICIALS, names.ISSUE_FOLLOWED_UP, FOLLOWED_UP, standing=FOR_AGAIN),
    **_rows("handled merged", "attempt", CALLERS, names.FOLLOW_UP_ATTEMPTED, STAYS),
    **_rows("handled merged", "rate", PARTY, names.ISSUE_FOLLOWED_UP, FOLLOWED_UP),
    **_rows("handled followed_up closed", "void", CALLERS, names.COMPLETION_VOIDED, CONTACTED),
}
VOICES: Final = {
    **_rows(f"{_VOICED} merged", "remind", VOICE | REVIEW, names.REMINDER_ADDED, STAYS),
    **_rows("closed", "remind", VOICE | REVIEW, names.REOPEN_REQUESTED, REOPEN_REQUESTED),
    **_rows(_VOICED, "support", REVIEW | WRITERS, names.SUPPORTER_ADDED, STAYS),
    **_rows("closed", "request_reopen", VOICE, names.REOPEN_REQUESTED, REOPEN_REQUESTED),
    **_rows(f"{_VOICED} merged", "withdraw", PARTY, names.ISSUE_WITHDRAWN, WITHDRAWN),
    **_rows(f"{_VOICED} merged", "confirm_withdrawal", OFFICE, names.ISSUE_WITHDRAWN, WITHDRAWN),
    **_rows(f"{_VOICED} merged", "decline_withdrawal", OFFICE, names.WITHDRAWAL_DECLINED, STAYS),
    **_rows(_EVER, "correct_contact", CORRECTING, names.CONTACT_CORRECTED, STAYS),
    **_rows(f"{_VOICED} merged", "party_deceased", CALLERS | REVIEW | WRITERS, names.PARTY_DECEASED, STAYS),
}
AFFAIRS: Final = {
    **_rows(f"{_NEW} {_LED} unsigned", "merge", REVIEW, names.ISSUE_MERGED, MERGED),
    **_rows("merged followed_up reopen_requested closed", "separate", SYSTEM, names.ISSUE_SEPARATED, IN_REVIEW),
    **_rows("merged", "answer", SYSTEM, names.ISSUE_ANSWERED, ANSWERED),
    **_rows("merged followed_up reopen_requested closed", "void", SYSTEM, names.HEAD_VOIDED, MERGED),
    **_rows(f"in_review {_LED} returned suspended unsigned", "register", SYSTEM, names.ISSUE_REGISTERED, REGISTERED),
    **_rows("registered", "reach_milestone", LEAD, names.MILESTONE_REACHED, STAYS),
    **_rows("registered", "report_register", LEAD | OFFICE, names.REGISTER_REPORTED, STAYS),
    **_rows(f"{_LED} unsigned returned registered handled", "instruct", LEADERS, names.INSTRUCTION_GIVEN, STAYS),
}
"""What affairs bring about, and the register that a meeting's decision puts an issue on."""
ENDING: Final = {
    **_rows("followed_up reopen_requested", "reopen", OFFICE, names.ISSUE_REOPENED, ASSIGNED),
    **_rows("reopen_requested", "decline_reopen", OFFICE, names.REOPEN_DECLINED, CLOSED),
    **_rows("followed_up", "close", OFFICE, names.ISSUE_CLOSED, CLOSED),
    **_rows(
        "followed_up answered refused forwarded withdrawn awaiting_party", "close", SYSTEM, names.ISSUE_CLOSED, CLOSED
    ),
}
AGENTS: Final = frozenset({"window_agent"})
ERRANDS: Final = {
    **_rows(_OPEN, "plan_errand", AGENTS, names.ERRAND_PLANNED, STAYS),
    **_rows(_OPEN, "step_errand", AGENTS, names.ERRAND_STEPPED, STAYS),
}
PETITIONS: Final = {
    **_rows(f"{_NEW} awaiting_party {_LED}", "admit", REVIEW | LEAD, names.PETITION_ADMITTED, STAYS),
    **_rows("closed", "ask_review", VOICE | REVIEW, names.PETITION_REVIEW_ASKED, PETITION_REVIEW),
    **_rows("petition_review", "decide_review", OFFICE | SYSTEM, names.PETITION_REVIEW_DECIDED, CLOSED),
}
ASSISTING: Final = {
    **_rows(f"{_LED} suspended", "ask_assist", LEAD, names.ASSIST_ASKED, STAYS),
    **_rows(f"{_LED} suspended unsigned", "cancel_assist", LEAD, names.ASSIST_DONE, STAYS),
    **_rows(_OPEN, "assist_done", LEAD, names.ASSIST_DONE, STAYS, standing=FOR_ASSIST),
    **_rows(_OPEN, "not_ours", LEAD, names.ASSIST_DONE, STAYS, standing=FOR_ASSIST),
    **_rows(_OPEN, "copy", LEAD | REVIEW, names.ISSUE_COPIED, STAYS),
    **_rows(_OPEN, "end_copy", LEAD | REVIEW, names.ISSUE_COPIED, STAYS),
    **_rows(_LED, "offer_handover", LEAD, names.HANDOVER_OFFERED, STAYS),
    **_rows(_LED, "accept_handover", LEAD, names.ISSUE_HANDED_OVER, ASSIGNED, standing=FOR_OFFERED),
    **_rows(f"{_LED} {_RESTING}", "withdraw_offer", LEAD, names.HANDOVER_DECLINED, STAYS),
    **_rows(f"{_LED} {_RESTING}", "decline_handover", LEAD, names.HANDOVER_DECLINED, STAYS, standing=FOR_OFFERED),
}
LIMITS: Final = {
    **_rows(_LED, "suspend", LEAD | OFFICE, names.ISSUE_SUSPENDED, SUSPENDED),
    **_rows("in_review", "suspend", OFFICE, names.ISSUE_SUSPENDED, SUSPENDED),
    **_rows("suspended", "resume", LEAD | OFFICE | SYSTEM, names.ISSUE_RESUMED, CONTACTED),
    **_rows(_LED, "ask_extension", LEAD, names.EXTENSION_ASKED, STAYS),
    **_rows(f"{_LED} suspended unsigned", "decide_extension", OFFICE | SYSTEM, names.EXTENSION_DECIDED, STAYS),
    **_rows(_LED, "ask_grade", LEAD | OFFICE, names.GRADE_CHANGE_ASKED, STAYS),
    **_rows(f"{_LED} suspended unsigned", "decide_grade", OFFICE, names.GRADE_CHANGED, STAYS),
    **_rows("acknowledged", "exempt", OFFICE, names.EXEMPTION_DECIDED, CONTACTED),
    **_rows("handled merged", "exempt", OFFICE, names.EXEMPTION_DECIDED, FOLLOWED_UP),
}
LEVELS: Final = {
    **_rows(
        f"{_VOICED} merged",
        "raise_urgency",
        WITNESSES | SYSTEM,
        names.URGENCY_CHANGED,
        STAYS,
        standing=FOR_NOBODY,
    ),
    **_rows(_OPEN, "lower_urgency", OFFICE, names.URGENCY_CHANGED, STAYS),
    **_rows(_EVER, "raise_secrecy", WITNESSES | SYSTEM, names.SECRECY_CHANGED, STAYS, standing=FOR_NOBODY),
    **_rows(_EVER, "lower_secrecy", OFFICE | LIAISON, names.SECRECY_CHANGED, STAYS),
}
FLAGS: Final = _rows(f"{_VOICED} merged", "flag", REVIEW, names.FLAGS_CHANGED, STAYS)
_NOT_CLOSED: Final = " ".join(state for state in STATES if state != CLOSED)
SUCCEEDING: Final = {
    **_rows(_NOT_CLOSED, "succeed", SYSTEM, names.UNIT_SUCCEEDED, STAYS),
    **_rows(_NOT_CLOSED, "succeed_category", SYSTEM, names.CATEGORY_SUCCEEDED, STAYS),
    **_rows(_NOT_CLOSED, "succeed_post", SYSTEM, names.POST_SUCCEEDED, STAYS),
}
"""A unit, a category or a post is no more: its successor has its part, is the case's, has what was addressed to it."""
TABLE: Final[Mapping[tuple[str, str, str], Step]] = {
    **REVIEWING, **HANDLING, **FOLLOWING, **VOICES, **ASSISTING, **LIMITS, **LEVELS, **AFFAIRS, **PETITIONS, **ERRANDS,
    **FLAGS, **ENDING, **SUCCEEDING,
}  # fmt: skip

OF_EMERGENCIES: Final = frozenset({"reach_scene", "report"})
FORBIDDEN: Final = frozenset(
    {"return", "suspend", "ask_extension", "answer", "refuse", "forward", "ask_more", "offer_mediation"}
)
"""What nobody does to an emergency: it is handled, or handed over to a unit that accepts it."""
ABOUT: Final[Mapping[str, str]] = {
    "confirm_refusal": "refusal", "decline_refusal": "refusal", "cancel_assist": "assists", "end_copy": "copies",
    "withdraw_offer": "offer", "confirm_withdrawal": "withdrawal", "decline_withdrawal": "withdrawal",
    "decide_extension": "extension", "decide_grade": "grade_asked",
    "step_errand": "errand",
}  # fmt: skip
"""Command → the part of a case that it is about: where there is none, it is not offered."""
SPOKEN: Final = frozenset(
    command
    for _, command, role in TABLE
    if role == "party" and any((s, command, w) in TABLE for s in STATES for w in WRITERS)
)
"""What a party may say itself or have written down by whoever it speaks with."""
COMMANDS: Final = tuple(dict.fromkeys(command for _, command, role in TABLE if role not in SYSTEM))
"""What people can order."""
_BY_STATE: Final[Mapping[str, list[tuple[str, Capacity]]]] = {
    state: [(command, (role, step.standing)) for (at, command, role), step in TABLE.items() if at == state]
    for state in STATES
}
"""What is ordered in a state, and in which capacity, in the table's order."""
AFTER: Final[Mapping[str, str]] = {step.event: step.to for step in TABLE.values() if step.to}
"""Type of an own event → the state it leads to, unless its fold says another."""


def allowed(case: Mapping[str, Any], capacities: Iterable[Capacity]) -> tuple[str, ...]:
    """Name the commands that somebody with these capacities has on a case, in the table's order."""
    mine = set(capacities)
    without = {command for command, part in ABOUT.items() if not case[part]}
    without |= FORBIDDEN if case["urgency"] == "emergency" else OF_EMERGENCIES
    found = (command for command, capacity in _BY_STATE[case["state"]] if capacity in mine)
    return tuple(dict.fromkeys(command for command in found if command not in without))
