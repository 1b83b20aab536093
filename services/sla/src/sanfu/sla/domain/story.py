"""What the story tells of one issue or affair, as far as clocks care. Pure, and without any policy.

The state keeps every event that a clock might start at, stop at or rest by, in the story's order, cut to its codes
and numbers. What follows for a clock is read off this log (`sanfu.sla.domain.runs`), so it does not matter whether an
own event was folded before or after somebody else's: a rebuild ends in the same state.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.contracts.free_texts import FREE_TEXTS

LONGEST = 200
"""Events a log keeps, the newest: a full one is 50 KB of the 256 a document may have."""

Happening = Mapping[str, Any]
"""{id, type, at, data}, and `void: True` for an assignment that a higher one outranks."""

ASSIGNMENTS = (names.ISSUE_ASSIGNED, names.ISSUE_DISPATCHED, names.ISSUE_HANDED_OVER)
FACTS: Mapping[str, tuple[str, ...]] = {
    names.ISSUE_SUBMITTED: ("channel", "audience", "kind", "urgency", "limit_asked"),
    names.ISSUE_ASSIGNED: ("unit", "grade", "urgency", "audience"),
    names.ISSUE_DISPATCHED: ("unit", "grade", "urgency", "audience"),
    names.ISSUE_HANDED_OVER: ("unit", "grade"),
    names.ISSUE_REOPENED: ("unit", "round"),
    names.RETURN_ADJUDICATED: ("unit",),
    names.GRADE_CHANGED: ("grade",),
    names.URGENCY_CHANGED: ("urgency",),
    names.ORDER_RAISED: ("unit", "level"),
    names.TASK_SET: ("unit",),
    names.LIST_OPENED: ("unit",),
    names.POST_SUCCEEDED: ("unit",),
}
"""What each event says of the subject as it stands from then on."""
ASSISTS = (names.ASSIST_ASKED, names.ASSIST_DONE)
"""Events of one assist, which has a `number`."""

OWN = frozenset({names.DEADLINE_SET, names.LIGHT_CHANGED, names.ESCALATION_RAISED})
TOLD = (
    frozenset(
        value
        for value in vars(names).values()
        if isinstance(value, str) and re.match(r"sanfu\.(issue|order|meeting|task|list)\.", value)
    )
    - OWN
)
"""Types of event that a log keeps: all that others tell of issues and affairs."""

SILENT = ("pack", "receipt")
"""Codes that every log would hold and no clock could care about."""
OUTSIDE = ("party", "channel", "system")
"""Capacities in which nobody acts for a unit."""
_CODE = re.compile(r"[A-Za-z0-9_.:@+-]{1,80}")


def happening(event: Event, facts: Mapping[str, Any]) -> Happening:
    """Cut an event to what a log keeps; `facts` are those before it."""
    silent = (*SILENT, *FREE_TEXTS.get(event.type, ()))
    data = {key: value for key, value in event.data.items() if key not in silent and _is_plain(value)}
    told: dict[str, Any] = {"id": event.id, "type": event.type, "at": _counted_at(event), "data": data}
    return {**told, "void": True} if _outranked(told, facts) else told


def _counted_at(event: Event) -> str:
    """Return the instant that counts against a limit: when it was told, or received, if that was before."""
    told, received = instant(event.time), event.data.get("received_at")
    return min(told, received) if isinstance(received, str) else told


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int) or (isinstance(value, str) and _CODE.fullmatch(value) is not None)


def _outranked(told: Happening, facts: Mapping[str, Any]) -> bool:
    """Tell whether an assignment says nothing new: the higher number counts, at equal numbers desk's."""
    if told["type"] not in ASSIGNMENTS:
        return False
    return _rank(told) <= (facts.get("assignment", 0), facts.get("by_desk", False))


def _rank(told: Happening) -> tuple[int, bool]:
    return told["data"].get("assignment", 0), told["type"] != names.ISSUE_ASSIGNED


def facts_after(told: Happening, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the facts as they stand after one event: what limits depend on, the round and the lead."""
    if told["type"] == names.ISSUE_RETURNED:
        interim = told["data"].get("interim")
        return {**facts, "unit": interim} if interim else facts
    if told["type"] == names.ASSIST_ASKED:
        return {**facts, "assisting": {**facts.get("assisting", {}), str(told["data"]["number"]): told["data"]["unit"]}}
    if told["type"] == names.UNIT_SUCCEEDED:
        return _succeeded(facts, told["data"]["from_unit"], told["data"]["unit"])
    kept = [name for name in FACTS.get(told["type"], ()) if name in told["data"]]
    if told.get("void") or not kept:
        return facts
    after = {**facts, **{name: told["data"][name] for name in kept}}
    if told["type"] in ASSIGNMENTS:
        after["assignment"], after["by_desk"] = _rank(told)
    return after


def _succeeded(facts: Mapping[str, Any], former: str, heir: str) -> Mapping[str, Any]:
    """Return the facts with a unit's successor in each of its parts."""
    led: dict[str, Any] = {"unit": heir} if facts.get("unit") == former else {}
    assisting = facts.get("assisting", {})
    if former in assisting.values():
        led["assisting"] = {number: heir if unit == former else unit for number, unit in assisting.items()}
    return {**facts, **led} if led else facts


def retold(log: list[Happening]) -> Iterator[tuple[Happening, Mapping[str, Any]]]:
    """Go through a log from its beginning, with the facts after each event."""
    facts: Mapping[str, Any] = {}
    for told in log:
        facts = facts_after(told, facts)
        yield told, facts


def told_of(state: Mapping[str, Any], event: Event) -> Mapping[str, Any]:
    """Return the state with somebody else's event in its log and its facts."""
    facts = state.get("facts", {})
    told = {**happening(event, facts), "grade": facts.get("grade")}
    after = facts_after(told, facts)
    told["grade"] = after.get("grade")
    log = [*state.get("log", []), told][-LONGEST:]
    return {**state, **_acted(state, event, told["at"]), "facts": after, "log": log}


def _acted(state: Mapping[str, Any], event: Event, at: str) -> Mapping[str, Any]:
    """Note when a unit last did anything about the case: what a ladder waits for."""
    by = event.data.get("by") or {}
    unit = by.get("unit")
    if unit is None or by.get("role") in OUTSIDE:
        return {}
    acted = state.get("acted", {})
    return {"acted": {**acted, unit: max(at, acted.get(unit, ""))}}


def texts(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the facts that a limit may depend on."""
    return {name: value for name, value in facts.items() if isinstance(value, str)}
