"""sla put together: a production door and a test door that meet in `assemble`."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from prometheus_client import Gauge

from sanfu.city.calendar import Holidays
from sanfu.city.holidays_cn import national_calendar
from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.registry import codec
from sanfu.runtime.fold import Done
from sanfu.runtime.http import token_guard
from sanfu.runtime.lines import Story
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.rules import Command, Rules
from sanfu.runtime.service import Parts, Service, real_parts
from sanfu.runtime.store import StoreDown
from sanfu.sla.adapters.memory import RememberedReplans, ScannedClocks
from sanfu.sla.adapters.mongo import MongoClocks, MongoReplans
from sanfu.sla.domain.rules import SlaRules
from sanfu.sla.entrypoints.http import routes
from sanfu.sla.entrypoints.replan import replan_routes
from sanfu.sla.handlers import Replanning
from sanfu.sla.ports import Clocks, Of
from sanfu.sla.settings import SlaSettings

log = structlog.get_logger()

AFFAIRS = "affairs"
"""Collection of the documents about orders, meetings and tasks."""
STORIES: Mapping[Of, str] = {"issues": names.ISSUES, "affairs": names.AFFAIRS}
LOOKS_EVERY = 60
"""Seconds between two looks at how far the calendar reaches: it changes with a release, or at New Year."""


def production() -> Service:
    """Make the service that the environment describes."""
    settings = SlaSettings()
    return assemble(settings, real_parts(settings, "sla"), PackHolder(settings.pack), national_calendar())


def assemble(settings: SlaSettings, parts: Parts, packs: PackHolder, holidays: Holidays) -> Service:
    """Make the service on these parts, with the pack that `packs` holds, and the next one once it has it."""

    def clocks(of: Of = "issues") -> Clocks:
        line = service.line(STORIES[of])
        return stored.get(of) or ScannedClocks(line.documents, lambda: line.machine.partitions)

    async def state_of(subject: str) -> Mapping[str, Any] | None:
        found = [(await line.documents.read([subject])).get(subject) for line in service.lines]
        return next(filter(None, found), None)

    async def order(issue: str, command: Command) -> Done:
        return await service.commands.do(issue, command)

    def owned() -> Collection[int]:
        return service.reader.partitions.keys()

    def partitions() -> int:
        """How many there are, once that is known: a replan of fewer would leave issues out, and be done."""
        if why := service.commands.closed():
            raise Unavailable(why)
        return service.machine.partitions

    async def prepare() -> None:
        for each in stored.values():  # a store in memory has no indexes
            await each.prepare()

    guard = token_guard("clocks", {"SANFU_SLA_KEY": settings.sla_key, "SANFU_OPS_TOKEN": settings.ops_token})
    rules = SlaRules(packs.current, holidays)
    documents: Mapping[Of, Any] = {"issues": parts.documents, "affairs": parts.documents.beside(AFFAIRS)}
    stored = {of: MongoClocks(each.collection) for of, each in documents.items() if hasattr(each, "collection")}
    replans = RememberedReplans() if parts.database is None else MongoReplans(parts.database["replans"])
    replanning = Replanning(
        replans=replans, pages=parts.documents.page, order=order, owned=owned, rules=lambda: _in_use(service),
        now=parts.clock.now,
    )  # fmt: skip
    calendar = CalendarWatch(parts, holidays, clocks)
    service = Service(
        name="sla",
        rules=rules,
        parts=parts,
        settings=settings,
        codec=codec,
        beside=[Story(names.AFFAIRS, rules, AFFAIRS)],
        routers=[
            routes(clocks, state_of, lambda: _in_use(service), guard),
            replan_routes(replanning, partitions, guard),
        ],
        background=[calendar.run, *([replanning.run] if settings.only != "api" else [])],
        prepare=prepare,
        watch=lambda: watch(service, packs, holidays),
    )
    service.decides_by(packs.current.version)
    return service


class CalendarWatch:
    """Says how far the national calendar reaches, and how many deadlines had to do without it."""

    def __init__(self, parts: Parts, holidays: Holidays, clocks: Any) -> None:
        self._parts, self._clocks, self._last = parts, clocks, max(holidays.years, default=0)
        until = Gauge("sanfu_sla_calendar_until_year", "Last year whose holidays are known", registry=parts.registry)
        until.set(self._last)
        self._without = Gauge(
            "sanfu_sla_without_calendar",
            "Issues with a clock that was reckoned as if every date were a working day",
            registry=parts.registry,
        )

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOKS_EVERY)

    async def look(self) -> None:
        try:
            without = await self._clocks().without_calendar()
        except StoreDown:
            return
        self._without.set(without)
        year = self._parts.clock.now().year
        if without or year > self._last:
            log.error("calendar_missing", known_until=self._last, year=year, issues=without)


async def watch(service: Service, packs: PackHolder, holidays: Holidays) -> Mapping[str, Rules] | None:
    """Look at the pack's directory; return rules by the new pack if there is one."""
    await asyncio.to_thread(packs.check)
    if packs.current is _in_use(service).pack:
        return None
    service.decides_by(packs.current.version)
    return dict.fromkeys(STORIES.values(), SlaRules(packs.current, holidays))


def _in_use(service: Service) -> SlaRules:
    rules = service.machine.rules
    assert isinstance(rules, SlaRules)  # noqa: S101 (nobody else sets them)
    return rules
