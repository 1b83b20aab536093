"""Where desk's parts meet: `production` and `assemble`, its test door."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import httpx

from sanfu.city.calendar import Holidays
from sanfu.city.holidays_cn import national_calendar
from sanfu.city.model.pack import Pack
from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.registry import codec
from sanfu.desk import stores
from sanfu.desk.adapters.notify_inbox import NotifyInbox
from sanfu.desk.adapters.passwords import Argon2
from sanfu.desk.contacts import Contacts
from sanfu.desk.directory import Directory
from sanfu.desk.domain.affairs.rules import AffairRules
from sanfu.desk.domain.rules import DeskRules
from sanfu.desk.entry import Entry
from sanfu.desk.entrypoints.taking_replies import Heard, ReplyReader
from sanfu.desk.handlers import City, Desk
from sanfu.desk.locks import Locks
from sanfu.desk.metrics import ReplyMetrics
from sanfu.desk.owing import Owing
from sanfu.desk.ports import Hasher
from sanfu.desk.replies import Replies
from sanfu.desk.routes import larger, routers
from sanfu.desk.settings import DeskSettings
from sanfu.desk.succession import Succession
from sanfu.runtime.again import again
from sanfu.runtime.lines import Story
from sanfu.runtime.rules import Rules
from sanfu.runtime.service import Parts, Service, real_parts
from sanfu.runtime.tables import Table

SWEEP_EVERY = 3600.0
"""Seconds between two looks for sessions that have ended by themselves: they open nothing meanwhile."""


def production() -> Service:
    """Make the service as the environment says."""
    settings = DeskSettings()
    if settings.city is None:
        raise SystemExit("desk needs a city pack: set SANFU_CITY to its directory")
    return assemble(settings, real_parts(settings, "desk"), PackHolder(settings.city), national_calendar())


def assemble(
    settings: DeskSettings, parts: Parts, packs: PackHolder, holidays: Holidays, hasher: Hasher | None = None, *,
    asking: httpx.AsyncBaseTransport | None = None,
) -> Service:  # fmt: skip
    """Make the service on these parts, real ones or in memory, with the pack that `packs` holds, and the next one.
    `hasher`: a cheaper one, for tests. `asking`: how notify is asked, if not over the network."""
    locks = Locks.of(settings.keys)
    cases, shelves = stores.cases_and_shelves(parts)

    async def do(subject: str, command: Any) -> Any:
        return await service.commands.do(subject, command)

    async def do_affair(subject: str, command: Any) -> Any:
        return await service.line(names.AFFAIRS).commands.do(subject, command)

    def closed() -> str | None:
        return service.line(names.AFFAIRS).commands.closed()

    async def heard() -> None:
        await service.lines[0].heard()

    desk = Desk(City(packs.current), cases, shelves, parts.documents, parts.clock, do, locks.sealer)
    inbox = _inbox(settings, asking)
    desk.has_inbox = inbox is not None
    affairs = stores.affairs_of(desk, parts, do_affair)
    directory, succession = Directory(desk, parts.broker), Succession(desk, affairs)
    owing, replies = Owing(desk, affairs, closed), _replies(desk, parts, settings, heard)
    seconds = settings.session_hours * 3600
    entry = Entry(desk.accounts, hasher or Argon2(), locks.own(b"desk sessions"), seconds, time.time)

    def of_issues(pack: Pack) -> DeskRules:
        return DeskRules(pack, holidays, locks.lots, locks.seal)

    def of_affairs(pack: Pack) -> AffairRules:
        return AffairRules(pack, holidays, locks.seal)

    async def watch() -> Mapping[str, Rules] | None:
        city = await asyncio.to_thread(_newer, desk.city, packs)
        if city is None or await succession.refuses(city.pack):
            return None
        desk.city = city
        service.decides_by(city.pack.version)
        return {names.ISSUES: of_issues(city.pack), names.AFFAIRS: of_affairs(city.pack)}

    async def prepare() -> None:
        tokens = None if settings.user_tokens is None else stores.tokens_of(settings.user_tokens)
        await stores.prepare(affairs, tokens)

    async def quiet() -> dict[str, int]:
        unread = {"replies": await replies.family.lag()} if replies else {}
        return {**unread, "directory_unsent": await directory.unsent(), "unsettled": await succession.unsettled()}

    sweep = partial(again, entry.sweep, SWEEP_EVERY, "sessions_not_swept")
    service = Service(
        name="desk", rules=of_issues(packs.current), parts=parts, settings=settings, codec=codec,
        beside=[Story(names.AFFAIRS, of_affairs(packs.current), stores.AFFAIRS)],
        routers=[*routers(affairs, entry, parts=parts, settings=settings, locks=locks, rules=of_issues, inbox=inbox)],
        tables=[Table(names.CONTACTS, Contacts(shelves.contacts, parts.broker, parts.clock, locks.sealer).apply)],
        background=[
            directory.run, succession.run, owing.run, sweep, *([replies.run] if replies else []),
            *([inbox.run] if inbox else []),
        ],
        prepare=prepare, watch=watch, quiet=quiet, larger=larger(settings),
    )  # fmt: skip
    service.decides_by(desk.city.pack.version)
    return service


def _inbox(settings: DeskSettings, asking: httpx.AsyncBaseTransport | None) -> NotifyInbox | None:
    if settings.notify_url is None or settings.notify_key is None:
        return None
    return NotifyInbox(settings.notify_url, settings.notify_key.get_secret_value(), asking)


def _replies(desk: Desk, parts: Parts, settings: DeskSettings, heard: Heard) -> ReplyReader | None:
    """Make what reads the units' replies; an API alone reads nothing."""
    if settings.only == "api":
        return None
    family = parts.broker.family(
        names.replies_topic("{code}"), group="sanfu.desk.replies", member=f"sanfu.desk-{settings.ordinal}.replies"
    )
    return ReplyReader(Replies(desk), parts.broker, family, heard, ReplyMetrics.on(parts.registry))


def _newer(city: City, packs: PackHolder) -> City | None:
    """Look at the pack's directory; return the city by a new pack, if there is a sound one."""
    packs.check()
    return None if packs.current is city.pack else City(packs.current)
