"""Who may see what: one function, for lists, counts, reads, commands and live streams alike.

A person holds grants and sees their union. `scope` turns the grants in force into clauses: plain conditions that
`Clause.holds` tests on a case in memory, and that a store translates into its own query, condition by condition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sanfu.city.model import Unit

LEVELS = ("open", "internal", "confidential")
"""From the lowest ceiling to the highest. `sealed` is above none of them: it has a grant of its own."""
SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over a unit and all below it, or over a town as an area; over the whole city if neither is named.

    `audiences` and `channels` None: all. `ceiling` is one of LEVELS, or `sealed`, which gives sealed cases only.
    In force from `since` until just before `until`.
    """

    role: str
    unit: str | None = None
    town: str | None = None
    audiences: frozenset[str] | None = None
    channels: frozenset[str] | None = None
    ceiling: str = "internal"
    since: datetime | None = None
    until: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person, as the rules see one: account, home unit, grants."""

    id: str
    unit: str
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """One grant in force, spelt out. All conditions must hold; None stands for any. `units` are those taking part."""

    role: str
    units: frozenset[str] | None
    town: str | None
    audiences: frozenset[str] | None
    channels: frozenset[str] | None
    secrecies: frozenset[str]

    def holds(self, case: Mapping[str, Any]) -> bool:
        return (
            case["secrecy"] in self.secrecies
            and (self.units is None or not self.units.isdisjoint(case["units"]))
            and (self.town is None or self.town == case["town"])
            and (self.audiences is None or case["audience"] in self.audiences)
            and (self.channels is None or case["channel"] in self.channels)
        )

    def leads(self, case: Mapping[str, Any]) -> bool:
        """Tell whether the unit that leads is one this grant stands for (an area stands for none)."""
        return self.units is not None and case["unit"] in self.units


Scope = tuple[Clause, ...]


def scope(viewer: Viewer, tree: Mapping[str, frozenset[str]], now: datetime) -> Scope:
    """Spell out what somebody may see at this instant. `tree` maps each unit to itself and all below it.

    A grant over a unit that the city no longer has gives nothing.
    """
    return tuple(_clause(grant, tree) for grant in viewer.grants if grant.in_force(now))


def _clause(grant: Grant, tree: Mapping[str, frozenset[str]]) -> Clause:
    units = None if grant.unit is None else tree.get(grant.unit, frozenset())
    secrecies = (SEALED,) if grant.ceiling == SEALED else LEVELS[: LEVELS.index(grant.ceiling) + 1]
    return Clause(grant.role, units, grant.town, grant.audiences, grant.channels, frozenset(secrecies))


def covering(scope: Scope, case: Mapping[str, Any]) -> Scope:
    """Return the clauses under which somebody sees a case: none, if the case is none of theirs."""
    return tuple(clause for clause in scope if clause.holds(case))


def subtrees(units: Mapping[str, Unit]) -> dict[str, frozenset[str]]:
    """Map each unit to itself and all below it."""
    return {code: frozenset(u for u in units if code in line(units, u)) for code in units}


def line(units: Mapping[str, Unit], code: str) -> Sequence[str]:
    """Return a unit and those above it, the nearest first."""
    above = [code]
    while (unit := units.get(above[-1])) and unit.parent and unit.parent not in above:
        above.append(unit.parent)
    return above


def related(units: Mapping[str, Unit], one: str, other: str) -> bool:
    """Tell whether two units are the same, or one lies above the other."""
    return one in line(units, other) or other in line(units, one)


def widest(scope: Scope) -> Scope:
    """Leave out clauses that show nothing a wider one does not: for queries, where roles don't matter."""
    kept: list[Clause] = []
    for clause in dict.fromkeys(replace(clause, role="") for clause in scope):
        if not any(_within(clause, other) for other in kept):
            kept = [other for other in kept if not _within(other, clause)] + [clause]
    return tuple(kept)


def _within(clause: Clause, other: Clause) -> bool:
    """Tell whether all that a clause shows the other shows too."""
    return (
        clause.secrecies <= other.secrecies
        and (other.units is None or (clause.units is not None and clause.units <= other.units))
        and other.town in {None, clause.town}
        and (other.audiences is None or (clause.audiences is not None and clause.audiences <= other.audiences))
        and (other.channels is None or (clause.channels is not None and clause.channels <= other.channels))
    )
