"""The board: what a city looks at. Rendered here, so that it works without scripts; with them it is live.

Live updates look at the store five times a second, through an index, only while somebody watches, once for all in this
process who see the same. The store is what all processes share: it does not matter which of them folds an event or
does a command. (A change stream would tell of every write, thousands a second in a backlog, only to say: look again.)
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.case import NEVER
from sanfu.desk.domain.parts import open_tasks
from sanfu.desk.domain.scope import Scope, Viewer
from sanfu.desk.entrypoints.sessions import Again
from sanfu.desk.entrypoints.views import brief, counted
from sanfu.desk.entrypoints.words import STATES, URGENCIES, left, unit_name
from sanfu.desk.handlers import City, Desk
from sanfu.desk.ports import Document, Row, Wanted
from sanfu.runtime.paging import Page
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()

LOOK_EVERY = 0.2
"""Seconds between two looks, at least; and ten times what a look took, so that looking never loads the store."""
ASK_EVERY = 2.0
"""Seconds between two questions whether somebody may still look: a session that was ended shows no more than that."""
URGENT = 25
"""Cases listed: a screen and a half."""
UNITS = 12
USUAL = frozenset({"submitted", "in_review", "assigned", "acknowledged", "contacted", "handled", "followed_up"})
"""Stages that are shown also where nothing stands; the others only where something does."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: counts of open cases, and the most urgent of them."""

    rows: list[Row]
    urgent: list[Document]
    until: float

    def same(self, other: "Seen | None") -> bool:
        return other is not None and (set(self.rows), self.urgent) == (set(other.rows), other.urgent)


@dataclass(slots=True)
class Looks:
    """Looks at the store for whoever watches, once per scope and fifth of a second."""

    desk: Desk
    _seen: dict[Scope, Seen] = field(default_factory=dict)
    _locks: dict[Scope, asyncio.Lock] = field(default_factory=dict)

    async def look(self, who: Viewer) -> Seen:
        """Return what somebody sees, at most a fifth of a second old. Raises StoreDown."""
        scope = self.desk.query_scope(who)
        async with self._locks.setdefault(scope, asyncio.Lock()):
            known = self._seen.get(scope)
            if known is None or known.until < time.monotonic():
                self._forget()
                known = self._seen[scope] = await self._look(scope)
            return known

    async def _look(self, scope: Scope) -> Seen:
        began = time.monotonic()
        rows = await self.desk.cases.count(scope)
        urgent = await self.desk.cases.page(scope, Wanted(by="order"), Page(URGENT, None))
        took = time.monotonic() - began
        return Seen(rows, urgent[:URGENT], began + took + max(LOOK_EVERY, 10 * took))

    def _forget(self) -> None:
        old = time.monotonic() - 60
        for scope in [scope for scope, seen in self._seen.items() if seen.until < old]:
            del self._seen[scope]
            self._locks.pop(scope, None)


async def watch(looks: Looks, who: Viewer, again: Again) -> AsyncIterator[Seen | None]:
    """Give what somebody sees, whenever it changes and once a minute; None while the store is away. Ends when they
    may not look any more, for whatever reason: that is asked every few seconds."""
    person: Viewer | None = who
    last, told, asked = None, 0.0, time.monotonic()
    while person is not None:
        try:
            if time.monotonic() - asked > ASK_EVERY:
                person, asked = await again(), time.monotonic()
                continue
            seen = await looks.look(person)
            if not seen.same(last) or time.monotonic() - told > 60:
                last, told = seen, time.monotonic()
                yield seen
        except StoreDown as error:
            log.warning("board_waits", why=str(error))
            last = None
            yield None
        await asyncio.sleep(LOOK_EVERY)


def told(seen: Seen, now: datetime) -> dict[str, Any]:
    """Show a look as the live stream of the API does."""
    return {"at": instant(now), **counted(seen.rows), "urgent": [brief(case) for case in seen.urgent]}


def drawn(seen: Seen, city: City, now: datetime, language: str) -> dict[str, Any]:
    """Show a look as the page's template needs it: names instead of codes, local times, widths of bars."""
    counts = counted(seen.rows)
    zone = ZoneInfo(city.pack.zone)
    units = sorted(counts["by_unit"].items(), key=lambda one: (-one[1]["red"], -one[1]["yellow"], -one[1]["open"]))
    most = max((each["open"] for _, each in units), default=1)
    states = [(code, name, counts["by_state"].get(code, 0)) for code, name in STATES[language].items()]
    return {
        "counts": counts,
        "now": now.astimezone(zone),
        "states": [one for one in states if one[2] or one[0] in USUAL],
        "most": max((count for _, _, count in states), default=0) or 1,
        "units": [_unit(code, each, most, city, language) for code, each in units[:UNITS]],
        "units_more": max(0, len(units) - UNITS),
        "urgent": [line(case, city, now, language) for case in seen.urgent],
        "more": counts["open"] - len(seen.urgent),
    }


def _unit(code: str, each: Mapping[str, int], most: int, city: City, language: str) -> dict[str, Any]:
    bars, at = [], 0.0
    for level in ("red", "yellow", "none"):
        width = 100 * each[level] / most
        bars.append({"level": level, "x": round(at, 2), "width": round(width, 2)})
        at += width
    return {"name": unit_name(city.pack, code, language), "bars": bars, **each}


def line(case: Document, city: City, now: datetime, language: str) -> dict[str, Any]:
    """Show a case as a page's line: names instead of codes, local times."""
    limit = None if case["limit"] == NEVER else moment(case["limit"])
    town = city.pack.units.get(case["town"] or "")
    return {
        "open": case["open"], "light": case["light"], "receipt": case["receipt"], "title": case["title"],
        "urgency": case["urgency"], "pressing": URGENCIES[language].get(case["urgency"]),
        "unit": unit_name(city.pack, case["unit"], language), "town": town.name(language) if town else None,
        "state": STATES[language].get(case["state"], case["state"]),
        "limit": limit.astimezone(ZoneInfo(city.pack.zone)) if limit else None,
        "left": left((limit - now).total_seconds(), language) if limit else None,
        "tasks": len(open_tasks(case)), "inner": case["inner"], "party_untold": case.get("party_untold"),
    }  # fmt: skip
