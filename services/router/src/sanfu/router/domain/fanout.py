"""The units' topics: who gets a copy of an event, and what is in it (architecture, "A unit's topic").

A copy keeps its event's `ce_id`, by which a subscriber de-duplicates, and adds `ce_unitsequence`: records of this issue
for this unit, from 1. The first of an assignment holds the issue as it stands in the field `issue`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import Event
from sanfu.contracts.names import unit_topic
from sanfu.router.domain import withheld
from sanfu.router.domain.standing import NEW
from sanfu.runtime.rules import Relay, State


def copies(pack: Pack, before: State, after: State, event: Event) -> Iterator[Relay]:
    """Make a copy for each unit whose count this event moved, if the unit has a topic of its own."""
    units = after["standing"]["units"]
    earlier = before.get("standing", NEW)["units"]
    for code, unit in units.items():
        told = unit["n"]
        if told != (earlier[code]["n"] if code in earlier else 0) and _has_topic(pack, code):
            headers = {"ce_unitsequence": str(told)}
            yield Relay(unit_topic(code), _body(after, event, code, unit), headers)


def _has_topic(pack: Pack, code: str) -> bool:
    return code in pack.units and pack.units[code].has_topic


def _body(state: State, event: Event, code: str, unit: Mapping[str, Any]) -> Mapping[str, Any]:
    standing = state["standing"]
    confidential = standing.get("secrecy") == "confidential"
    data = withheld.body(event.type, event.data, code, confidential=confidential)
    if unit.get("issue_at") != unit["n"]:
        return data
    return {**data, "issue": withheld.issue(state["said"], standing)}
