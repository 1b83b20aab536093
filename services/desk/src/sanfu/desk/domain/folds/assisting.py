"""What desk tells of those who have a part beside the lead."""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.rounds import in_round
from sanfu.desk.domain.state import Case, Change, Fold


def _asked(case: Case, event: Event) -> Change:
    task = {"at": instant(event.time), **event.data, "round": case["round"], "done": None, "clocks": {}}
    return {"assists": [*case["assists"], task]}


def _done(case: Case, event: Event) -> Change:
    data = event.data
    done = {"at": instant(event.time), **{key: data[key] for key in ("by", "result", "text", "evidence")}}
    return {"assists": [{**t, "done": done} if t["number"] == data["number"] else t for t in case["assists"]]}


def timed(case: Case, data: Mapping[str, Any]) -> Change | None:
    """Note the deadline of a clock that is kept for one task."""
    task, known = _clock(case, data)
    if task is None or (known and known["version"] >= data["version"]):
        return None
    kept = {key: data[key] for key in ("version", "unit", "limit", "yellow")}
    return _ticked(case, task, data["clock"], {**kept, "level": "none"})


def lit(case: Case, data: Mapping[str, Any]) -> Change | None:
    """Note the light of a clock that is kept for one task."""
    task, known = _clock(case, data)
    if task is None or known is None or known["version"] != data["version"]:
        return None
    return _ticked(case, task, data["clock"], {**known, "level": data["level"], "late_by": data["late_by"]})


def _clock(case: Case, data: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the task that an event of a clock is about, and that clock as it stands; None where there is none yet."""
    task = next((one for one in case["assists"] if f"assist:{one['number']}" == data["about"]), None)
    return task, task.get("clocks", {}).get(data["clock"]) if task else None


def _ticked(case: Case, task: Any, code: str, clock: Mapping[str, Any]) -> Change:
    fresh = {**task, "clocks": {**task.get("clocks", {}), code: clock}}
    return {"assists": [fresh if one is task else one for one in case["assists"]]}


def _copied(case: Case, event: Event) -> Change:
    unit, others = event.data["unit"], [unit for unit in case["copies"] if unit != event.data["unit"]]
    return {"copies": others if event.data["ends"] else [*others, unit]}


def _offered(case: Case, event: Event) -> Change:
    return {"offer": {"at": instant(event.time), **event.data}}


def _declined(case: Case, event: Event) -> Change:
    return {"offer": None}


def _complained(case: Case, event: Event) -> Change:
    return {"complains_of": [*case["complains_of"], *event.data["units"]]}


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
    names.COMPLAINT_NOTED: _complained,
    names.ISSUE_HANDED_OVER: _handed_over,
}
