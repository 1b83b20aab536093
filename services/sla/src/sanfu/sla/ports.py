"""What sla's lists and replans need of a store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from sanfu.runtime.paging import Page

Of = Literal["issues", "affairs"]
"""Whose clocks."""
Row = Mapping[str, Any]
"""A clock that runs: {issue, clock, about, unit, round, version, starts, limit, yellow, light, resting}; its `issue`
may be an affair, `about` the assist it is kept for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What clocks somebody asks for; None: any."""

    light: str | None = None
    unit: str | None = None
    clock: str | None = None

    def conditions(self) -> dict[str, str]:
        asked = {"light": self.light, "unit": self.unit, "clock": self.clock}
        return {name: value for name, value in asked.items() if value is not None}


class Clocks(Protocol):
    """The clocks that run. Every method may raise StoreDown."""

    async def page(self, wanted: Wanted, page: Page) -> Sequence[Row]:
        """Return up to `page.limit + 1` of them behind the cursor, by limit, then issue and clock."""
        ...

    async def without_calendar(self) -> int:
        """Count the issues with a clock reckoned for a year whose holidays were not known."""
        ...


def row(issue: str, running: Mapping[str, Any], kept: Mapping[str, Any]) -> Row:
    """Put together what a document lists of a running clock and what it keeps of its deadline."""
    more = {"issue": issue, "about": None, "resting": False, "unknown_year": None, "yellow": None}
    return (
        more | {name: kept[name] for name in ("round", "version", "starts", "yellow") if name in kept} | dict(running)
    )


def place(row: Row) -> tuple[str, str]:
    """Return where a row stands in the list's order."""
    return row["limit"], f"{row['issue']} {row['clock']}{row.get('about') or ''}"


@dataclass(frozen=True, slots=True)
class Replan:
    """One replan under way, or over: by which pack, how far each partition was gone through, and what came of it.

    `at` maps a partition to the last subject looked at; `changed` counts issues of which any clock changed, `left`
    those that wait for an operator.
    """

    id: str
    pack: str
    started_at: datetime
    partitions: int
    at: Mapping[int, str] = field(default_factory=dict)
    done: frozenset[int] = frozenset()
    looked: int = 0
    changed: int = 0
    left: int = 0
    ended_at: datetime | None = None
    superseded: bool = False

    @property
    def runs(self) -> bool:
        return self.ended_at is None and not self.superseded


@dataclass(frozen=True, slots=True)
class Stretch:
    """A page of one partition that was gone through: from behind `after` up to `last`; None: there was no more."""

    partition: int
    after: str
    last: str | None
    looked: int = 0
    changed: int = 0
    left: int = 0


class Replans(Protocol):
    """The replans of this database. Every method may raise StoreDown."""

    async def begin(self, replan: Replan) -> Replan:
        """Start a replan. One by the same pack that still runs is answered instead; one by another is superseded."""
        ...

    async def newest(self) -> Replan | None:
        """Return the one that was begun last."""
        ...

    async def advance(self, id: str, stretch: Stretch, now: datetime) -> bool:
        """Note a stretch, and the end if it was the last one of all partitions. False, and nothing noted, if somebody
        else was there before."""
        ...
