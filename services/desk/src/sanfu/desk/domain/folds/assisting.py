"""What desk tells of those who have a part beside the lead."""

from collections.abc import Mapping
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.rounds import in_round
from sanfu.desk.domain.state import Case, Change, Fold


def _asked(case: Case, event: Event) -> Change:
    task = {"at": instant(event.time), **event.data, "round": case["round"], "done": None}
    return {"assists": [*case["assists"], task]}


def _done(case: Case, event: Event) -> Change:
    data = event.data
    done = {"at": instant(event.time), **{key: data[key] for key in ("by", "result", "text", "evidence")}}
    return {"assists": [{**t, "done": done} if t["number"] == data["number"] else t for t in case["assists"]]}


def _copied(case: Case, event: Event) -> Change:
    unit, others = event.data["unit"], [unit for unit in case["copies"] if unit != event.data["unit"]]
    return {"copies": others if event.data["ends"] else [*others, unit]}


def _offered(case: Case, event: Event) -> Change:
    return {"offer": {"at": instant(event.time), **event.data}}


def _declined(case: Case, event: Event) -> Change:
    return {"offer": None}


def _handed_over(case: Case, event: Event) -> Change:
    """Another unit leads, and has to acknowledge; what was done in the round stays, and so do its limits."""
    data = event.data
    led = {"unit": data["unit"], "assigned_at": instant(event.time), "acknowledged_at": None, "acknowledged_by": None}
    return {
        "unit": data["unit"],
        "assignment": data["assignment"],
        "offer": None,
        "completion": None,
        **in_round(case, **led),
    }


FOLDS: Final[Mapping[str, Fold]] = {
    names.ASSIST_ASKED: _asked,
    names.ASSIST_DONE: _done,
    names.ISSUE_COPIED: _copied,
    names.HANDOVER_OFFERED: _offered,
    names.HANDOVER_DECLINED: _declined,
    names.ISSUE_HANDED_OVER: _handed_over,
}
