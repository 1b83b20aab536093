"""Who may see what: one function, for lists, counts, reads, commands and live streams alike.

A person holds grants and sees their union. `scope` turns the grants in force into clauses: plain conditions that
`Clause.holds` tests on a case in memory, and that a store translates into its own query, condition by condition.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sanfu.city.model.who import Unit
from sanfu.desk.domain.table import SPOKEN, WRITERS

LEVELS = ("open", "internal", "confidential")
"""From the lowest ceiling to the highest. `sealed` is above none of them: it has a grant of its own."""
SEALED = "sealed"
CASELESS = frozenset({"system_administrator"})
"""Roles that open no case, whatever else their grant says: they keep accounts, and read no issue."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over a unit and all below it, or over a town as an area; over the whole city if neither is named.

    `raised_by`: over what that unit, or one below it, filed or is the party of. `filer`: over what this account filed.
    `need`: over what waits to be followed up so, but for what the holder's own unit, or one above or below it, takes
    part in.
    `audiences` and `channels` None: all. `ceiling` is one of LEVELS, or `sealed`, which gives sealed cases only.
    In force from `since` until just before `until`. `standing_for`: whose grant it is, where its holder stands in for
    somebody; `standing_in`: that person's own unit, for which the holder then acts.
    """

    role: str
    unit: str | None = None
    town: str | None = None
    audiences: frozenset[str] | None = None
    channels: frozenset[str] | None = None
    ceiling: str = "internal"
    since: datetime | None = None
    until: datetime | None = None
    raised_by: str | None = None
    filer: str | None = None
    need: str | None = None
    standing_for: str | None = None
    standing_in: str | None = None

    def in_force(self, now: datetime) -> bool:
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person, as the rules see one: account, home unit, grants. `system`: the key by which their unit's own system
    reads for them."""

    id: str
    unit: str
    grants: tuple[Grant, ...]
    system: str | None = None

    def holds(self, role: str, now: datetime) -> bool:
        """Tell whether a grant of that role is in force: for what is no case."""
        return any(grant.role == role and grant.in_force(now) for grant in self.grants)


@dataclass(frozen=True, slots=True)
class Clause:
    """One grant in force, spelt out. All conditions must hold; None stands for any. `units` are those taking part.
    `receipt`: of one case only, its party's. `need`: while it waits to be followed up so. `apart`: units none of which
    takes part.

    `commands`: those it is for; None: all that its role has.
    `blamed_with`: whoever holds it is recused where the issue complains of one of these units. `acts_for`: the unit
    in whose name its holder acts, where that is not their own.
    """

    role: str
    units: frozenset[str] | None
    town: str | None
    audiences: frozenset[str] | None
    channels: frozenset[str] | None
    secrecies: frozenset[str]
    raised_by: frozenset[str] | None = None
    filer: str | None = None
    receipt: str | None = None
    need: str | None = None
    apart: frozenset[str] = frozenset()
    commands: frozenset[str] | None = None
    blamed_with: frozenset[str] = frozenset()
    acts_for: str | None = None

    def holds(self, case: Mapping[str, Any]) -> bool:
        return all(held for _, held in self.conditions(case))

    def conditions(self, case: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
        """Name each condition, and whether it holds: what `holds` asks, and what an explanation shows."""
        yield "secrecy", case["secrecy"] in self.secrecies
        if self.units is not None:
            yield "unit", not self.units.isdisjoint(case["units"])
        if self.town is not None:
            yield "town", self.town == case["town"]
        if self.audiences is not None:
            yield "audience", case["audience"] in self.audiences
        if self.channels is not None:
            yield "channel", case["channel"] in self.channels
        if self.raised_by is not None:
            yield "raised_by", not self.raised_by.isdisjoint({case["party_code"], _filer(case).get("unit")})
        if self.filer is not None:
            yield "filer", self.filer == _filer(case).get("id")
        if self.receipt is not None:
            yield "receipt", self.receipt == case["receipt"]
        if self.need is not None:
            yield "need", self.need in (case.get("need") or ()) and self.apart.isdisjoint(case["units"])

    @property
    def only_reads(self) -> bool:
        """Tell whether its holder may do nothing: who leads an area reads what lies in it, whoever handles that."""
        return self.role == "leader" and self.town is not None

    def leads(self, case: Mapping[str, Any]) -> bool:
        """Tell whether the unit that leads is one this grant stands for (an area stands for none)."""
        return self.units is not None and case["unit"] in self.units

    def recused(self, case: Mapping[str, Any]) -> bool:
        """Tell whether the issue complains of its holder's unit, or of one above that."""
        return not self.blamed_with.isdisjoint(case["complains_of"] or ())


def _filer(case: Mapping[str, Any]) -> Mapping[str, Any]:
    filer: Mapping[str, Any] = case["filer"] or {}
    return filer


Scope = tuple[Clause, ...]


def of_party(receipt: str) -> Scope:
    """Spell out what a party sees: its own case, unless it is sealed."""
    return (Clause("party", None, None, None, None, frozenset(LEVELS), receipt=receipt),)


def written_down(scope: Scope, receipt: str) -> Scope:
    """Spell out what somebody may do who writes down what parties say, for one whose number they were told: on that
    party's case, whatever it came by, what a party may say, and nothing else."""
    mine = {clause.role: clause for clause in scope if clause.role in WRITERS}
    party = of_party(receipt)[0]
    return tuple(
        replace(party, role=role, commands=SPOKEN, blamed_with=clause.blamed_with, acts_for=clause.acts_for)
        for role, clause in sorted(mine.items())
    )


@dataclass(frozen=True, slots=True)
class Tree:
    """Each unit with itself and all below it; and with itself and all above it."""

    below: Mapping[str, frozenset[str]]
    above: Mapping[str, frozenset[str]]


def scope(viewer: Viewer, tree: Tree, now: datetime) -> Scope:
    """Spell out what somebody may see at this instant.

    A grant over a unit that the city no longer has gives nothing.
    """
    shown = (grant for grant in viewer.grants if grant.in_force(now) and grant.role not in CASELESS)
    return tuple(_clause(grant, viewer.unit, tree) for grant in shown)


def _clause(grant: Grant, home: str, tree: Tree) -> Clause:
    secrecies = (SEALED,) if grant.ceiling == SEALED else LEVELS[: LEVELS.index(grant.ceiling) + 1]
    homes = {home} if grant.standing_in is None else {home, grant.standing_in}
    return Clause(
        grant.role, _subtree(grant.unit, tree), grant.town, grant.audiences, grant.channels, frozenset(secrecies),
        raised_by=_subtree(grant.raised_by, tree), filer=grant.filer, acts_for=grant.standing_in,
        need=grant.need, apart=_related(homes, tree) if grant.need else frozenset(),
        blamed_with=_above(homes, tree),
    )  # fmt: skip


def _above(homes: set[str], tree: Tree) -> frozenset[str]:
    return frozenset(homes).union(*(tree.above.get(unit, ()) for unit in homes))


def _related(homes: set[str], tree: Tree) -> frozenset[str]:
    """Return these units with all above and below them."""
    return _above(homes, tree).union(*(tree.below.get(unit, ()) for unit in homes))


def _subtree(unit: str | None, tree: Tree) -> frozenset[str] | None:
    return None if unit is None else tree.below.get(unit, frozenset())


def covering(scope: Scope, case: Mapping[str, Any]) -> Scope:
    """Return the clauses under which somebody sees a case: none, if the case is none of theirs."""
    return tuple(clause for clause in scope if clause.holds(case))


def subtrees(units: Mapping[str, Unit]) -> Tree:
    above = {code: frozenset(line(units, code)) for code in units}
    return Tree({code: frozenset(u for u in units if code in above[u]) for code in units}, above)


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
    for clause in dict.fromkeys(replace(c, role="", blamed_with=frozenset(), acts_for=None) for c in scope):
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
        and (other.raised_by is None or (clause.raised_by is not None and clause.raised_by <= other.raised_by))
        and other.filer in {None, clause.filer}
        and other.receipt in {None, clause.receipt}
        and other.need in {None, clause.need}
        and (other.need is None or other.apart <= clause.apart)
    )
