"""What desk tells of an issue because of something else: affairs, the head it was merged into, the register."""

from collections.abc import Mapping
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.folds.limits import rested
from sanfu.desk.domain.rounds import by_itself, this_round
from sanfu.desk.domain.state import Case, Change, Fold, waiting

ENDS: Final = frozenset({"order_lifted", "meeting_dropped", "meeting_held", "task_done"})
"""After these an affair bears upon the issue no more: it stays on the record."""
ASKED: Final = ("plan", "attempts", "answers", "follow_up")
"""Parts of a round that say how its party was asked."""


def _noted(case: Case, event: Event) -> Change:
    data = event.data
    if data["what"] == "merged_urgency":
        return {}
    if data["what"] == "supporter_merged":
        return {} if data["concerns"] else {"merged": [*case["merged"], data["affair"]]}
    kept = {name: data[name] for name in ("what", "unit", "level", "decision") if data[name] is not None}
    was = case["affairs"].get(data["affair"], {})
    noted = {**was, **kept, "at": instant(event.time), "open": data["what"] not in ENDS}
    return {"affairs": {**case["affairs"], data["affair"]: noted}}


def _origin(case: Case, event: Event) -> Change:
    """It was found on a list that knows it."""
    return {"found_on": {"affair": event.data["affair"], "entry": event.data["entry"]}}


def _merged(case: Case, event: Event) -> Change:
    """Merged, it has a lead no more; the round it was in, or a first one, is that in which its party is asked."""
    nobody = {"unit": None, "assigned_at": None, "acknowledged_at": None, "acknowledged_by": None}
    first = [{"round": case["round"], "dispatched_at": None, "limit": None, **nobody}]
    return {
        "head": event.data["head"],
        "merging": {"at": instant(event.time), "reply": event.data["reply"]},
        "rounds": case["rounds"] or first,
        "refusal": None,
        "question": None,
        "completion": None,
    }


def _head_handled(case: Case, event: Event) -> Change:
    """Handled again, its party is asked about that: what was said of the time before is kept with it."""
    data = event.data
    handled = {name: data[name] for name in ("head", "reply", "handled_by", "unit")}
    return {**_unasked(case), "head_handled": {"at": instant(event.time), **handled}}


def _head_voided(case: Case, event: Event) -> Change:
    undone = {"head_handled": None, "closed": None, "request": None}
    return {**_unasked(case, voided_at=instant(event.time)), **undone}


def _unasked(case: Case, **more: str) -> Change:
    """Keep aside how the party was asked about a handling that does not count any more."""
    nobody_waits = {**waiting(case, silence=None), "need": None}
    if case["head_handled"] is None:
        return nobody_waits
    round = this_round(case)
    asked = {name: round[name] for name in ASKED if name in round}
    kept = {name: value for name, value in round.items() if name not in ASKED}
    earlier = [*round.get("at_head", ()), {**case["head_handled"], **asked, **more}]
    return {**nobody_waits, "rounds": [*case["rounds"][:-1], {**kept, "at_head": earlier[-20:]}]}


def _separated(case: Case, event: Event) -> Change:
    """How its party was asked about what was done at the head is kept aside."""
    undone = {"closed": None, "request": None, "review": None}
    return {**_unasked(case), **by_itself(case), **undone}


def _instructed(case: Case, event: Event) -> Change:
    return {"instructions": event.data["number"]}


def _registered(case: Case, event: Event) -> Change:
    """The plan takes the place of a rest, and of what waited for a signature."""
    kept = {name: event.data[name] for name in ("meeting", "owner", "sponsor", "cause", "plan", "report_by")}
    register = {"at": instant(event.time), **kept, "reached": [], "reports": 0}
    over = rested(case, event) if case["suspension"] else {}
    return {"register": register, "sponsor": event.data["sponsor"], "completion": None, **over}


def _reached(case: Case, event: Event) -> Change:
    register = case["register"]
    return {"register": {**register, "reached": [*register["reached"], event.data["milestone"]]}}


def _reported(case: Case, event: Event) -> Change:
    data = event.data
    told = {name: data[name] for name in ("report_by", "report")}
    told |= {"reports": data["number"], "reported_at": instant(event.time)}
    return {"register": {**case["register"], **told}}


FOLDS: Final[Mapping[str, Fold]] = {
    names.AFFAIR_NOTED: _noted,
    names.ORIGIN_NOTED: _origin,
    names.ISSUE_MERGED: _merged,
    names.HEAD_HANDLED: _head_handled,
    names.HEAD_VOIDED: _head_voided,
    names.ISSUE_SEPARATED: _separated,
    names.INSTRUCTION_GIVEN: _instructed,
    names.ISSUE_REGISTERED: _registered,
    names.MILESTONE_REACHED: _reached,
    names.REGISTER_REPORTED: _reported,
}
