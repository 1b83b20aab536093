"""Whose matter a clock is: who is in charge of keeping it, and by whose service hours it runs. Pure."""

from collections.abc import Mapping
from typing import Any

from sanfu.city.model.clocks import Clock
from sanfu.city.model.pack import Pack

LED = ("lead", "lead_and_place", "unit_of_affair", "assistant")
"""Who is in charge where it is the unit that leads, or has the affair or the assist: its own service hours count."""
ASSIST = "assist:"


def about(clock: Clock, told: Mapping[str, Any]) -> str | None:
    """Return what an event's run of a clock is kept for: the assist it tells of; None: the subject itself."""
    number = told["data"].get("number") if clock.per == "assist" else None
    return f"{ASSIST}{number}" if number is not None else None


def number_of(about: str | None) -> int | None:
    """Return the number of the assist a run is kept for."""
    return int(about.removeprefix(ASSIST)) if about else None


def seen(facts: Mapping[str, Any], about: str | None) -> Mapping[str, Any]:
    """Return the facts as a run sees them: of an assist, `unit` is the one that assists."""
    return facts if about is None else {**facts, "unit": facts.get("assisting", {}).get(str(number_of(about)))}


def in_charge(pack: Pack, clock: Clock, facts: Mapping[str, Any]) -> str:
    """Return the unit in charge; before anybody leads, the emergency unit or the coordination office."""
    if clock.in_charge in LED:
        nobody = pack.emergency_unit if facts.get("urgency") == "emergency" else pack.office_unit
        return str(facts.get("unit") or nobody)
    return group(pack, facts) if clock.in_charge == "audience_group" else pack.office_unit


def group(pack: Pack, facts: Mapping[str, Any]) -> str:
    """Return the group that adjudicates for the issue's audience."""
    return pack.audience_groups.get(facts.get("audience", ""), pack.office_unit)


def whose_hours(clock: Clock, facts: Mapping[str, Any]) -> str | None:
    """Return the unit whose service hours count; None: the city's."""
    return facts.get("unit") if clock.in_charge in LED else None
