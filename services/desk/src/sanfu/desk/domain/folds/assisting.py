"""What desk tells of those who have a part beside the lead."""

from collections.abc import Callable, Mapping
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
    clock = {**{key: data[key] for key in ("version", "unit", "limit", "yellow")}, "level": "none"}
    return _ticked(case, data, lambda known: None if known and known["version"] >= data["version"] else clock)


def lit(case: Case, data: Mapping[str, Any]) -> Change | None:
    """Note the light of a clock that is kept for one task."""
    light = {key: data[key] for key in ("level", "late_by")}

    def tick(known: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        return {**known, **light} if known and known["version"] == data["version"] else None

    return _ticked(case, data, tick)


def _ticked(case: Case, data: Mapping[str, Any], tick: Callable[[Any], Mapping[str, Any] | None]) -> Change | None:
    task = next((one for one in case["assists"] if f"assist:{one['number']}" == data["about"]), None)
    clocks = task.get("clocks", {}) if task else {}
    after = tick(clocks.get(data["clock"])) if task else None
    if task is None or after is None:
        return None
    fresh = {**task, "clocks": {**clocks, data["clock"]: after}}
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
