"""Where desk's parts meet: `production` and `assemble`, its test door."""

import asyncio
import hmac
import os
import time
from collections.abc import Mapping
from typing import Any

import orjson
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from pydantic import SecretStr

from sanfu.city.calendar import Holidays
from sanfu.city.holidays_cn import national_calendar
from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.registry import codec
from sanfu.desk.accounts import give_tokens, keep_all
from sanfu.desk.adapters.memory import MemoryCases, memory_shelves
from sanfu.desk.adapters.memory_affairs import MemoryAffairs
from sanfu.desk.adapters.passwords import Argon2
from sanfu.desk.administration import Administration
from sanfu.desk.affairs import Affairs
from sanfu.desk.contacts import Contacts
from sanfu.desk.directory import Directory
from sanfu.desk.domain.affairs.rules import AffairRules
from sanfu.desk.domain.lots import NO_LOTS, Lots
from sanfu.desk.domain.rules import DeskRules
from sanfu.desk.entry import Entry
from sanfu.desk.entry_files import LARGEST, EntryFiles
from sanfu.desk.entrypoints import (
    access,
    administering,
    doors,
    draws,
    exporting,
    files,
    http,
    list_forms,
    list_pages,
    mine,
    pages,
    providing,
    receipts,
    records,
    searching,
)
from sanfu.desk.entrypoints import affairs as affairs_http
from sanfu.desk.entrypoints import lists as lists_http
from sanfu.desk.entrypoints.identity import identity
from sanfu.desk.entrypoints.sessions import Sessions
from sanfu.desk.entrypoints.taking_replies import Heard, ReplyReader
from sanfu.desk.evidence import Evidence, Received
from sanfu.desk.handlers import City, Desk, Do
from sanfu.desk.identities import Identities
from sanfu.desk.lists import Lists
from sanfu.desk.metrics import OnBehalfMetrics, ReplyMetrics
from sanfu.desk.on_behalf import OnBehalf
from sanfu.desk.owing import Owing
from sanfu.desk.parties import Parties
from sanfu.desk.ports import Cases, Hasher, Provider, Shelves
from sanfu.desk.receipts import Receipts
from sanfu.desk.replies import Replies
from sanfu.desk.settings import DeskSettings
from sanfu.desk.succession import Succession
from sanfu.desk.texts import sealing
from sanfu.runtime.again import again
from sanfu.runtime.attachments import Attachments, GridFSAttachments, MemoryAttachments
from sanfu.runtime.file_links import FileLinks
from sanfu.runtime.forms import LONGEST as FORM_AROUND
from sanfu.runtime.http import ops_guard
from sanfu.runtime.kinds import PDF, PICTURES
from sanfu.runtime.lines import Story
from sanfu.runtime.links import Links
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.pictures import Pictures
from sanfu.runtime.rules import Rules
from sanfu.runtime.sealing import Keys, Sealer
from sanfu.runtime.service import Parts, Service, real_parts
from sanfu.runtime.tables import Table
from sanfu.runtime.uploads import Uploads

AFFAIRS = "affairs"
"""The collection of the affairs' documents."""

SWEEP_EVERY = 3600.0
"""Seconds between two looks for sessions that have ended by themselves: they open nothing meanwhile."""


def production() -> Service:
    """Make the service as the environment says."""
    settings = DeskSettings()
    if settings.city is None:
        raise SystemExit("desk needs a city pack: set SANFU_CITY to its directory")
    return assemble(settings, real_parts(settings, "desk"), PackHolder(settings.city), national_calendar())


def assemble(
    settings: DeskSettings, parts: Parts, packs: PackHolder, holidays: Holidays, hasher: Hasher | None = None
) -> Service:
    """Make the service on these parts, real ones or in memory, with the pack that `packs` holds, and the next one.
    `hasher`: a cheaper one, for tests."""
    cases, shelves = _stores(parts)

    async def do(subject: str, command: Any) -> Any:
        return await service.commands.do(subject, command)

    keys = Keys.parse(settings.keys.get_secret_value()) if settings.keys else None
    sealer = Sealer(keys) if keys else None
    seal = sealing(sealer) if sealer else None
    lots = Lots(hmac.digest(keys.index, b"follow-up lots", "sha256")) if keys else NO_LOTS
    desk = Desk(City(packs.current), cases, shelves, parts.documents, parts.clock, do, sealer)

    async def do_affair(subject: str, command: Any) -> Any:
        return await service.line(names.AFFAIRS).commands.do(subject, command)

    def closed() -> str | None:
        return service.line(names.AFFAIRS).commands.closed()

    affairs = _affairs(desk, parts, do_affair)
    lists = Lists(affairs)
    entry_files = EntryFiles(lists, lists_http.checked)
    owing = Owing(desk, affairs, closed)
    directory, succession = Directory(desk, parts.broker), Succession(desk, affairs)
    entry = Entry(
        desk.accounts, hasher or Argon2(), _own_key(keys, b"desk sessions"), settings.session_hours * 3600, time.time
    )
    sessions, (who, reader) = Sessions(entry), identity(desk, _on_behalf(desk, parts, settings))
    provider = _provider(settings, entry.secret)
    door = doors.Doors(desk, sessions, settings.secure_cookies, settings.passwords, provider is not None)
    intake_url = settings.intake_url and settings.intake_url.rstrip("/")
    evidence = Evidence(
        desk, Uploads(_files(parts), Pictures(), (*PICTURES, PDF), settings.evidence_limit),
        FileLinks(_own_key(keys, b"desk evidence")),
        Received(FileLinks.of(keys, b"attachments") if keys else None, intake_url),
        FileLinks.of(keys, b"public evidence") if keys else None,
    )  # fmt: skip
    parties = Parties(
        desk, Links.of(keys) if keys else None, entry, lambda pack: DeskRules(pack, holidays, lots, seal),
        intake_url,
    )  # fmt: skip
    identities = Identities(desk.accounts, settings.oidc_match)

    async def prepare() -> None:
        await _prepare(cases, shelves)
        await affairs.lists.prepare()
        if settings.user_tokens is not None:
            await give_tokens(shelves.users, _tokens(settings.user_tokens))
        await keep_all(shelves)

    async def sweep() -> None:
        await again(entry.sweep, SWEEP_EVERY, "sessions_not_swept")

    def rules() -> dict[str, Rules]:
        pack = desk.city.pack
        return {names.ISSUES: DeskRules(pack, holidays, lots, seal), names.AFFAIRS: AffairRules(pack, holidays, seal)}

    async def watch() -> Mapping[str, Rules] | None:
        city = await asyncio.to_thread(_newer, desk.city, packs)
        if city is None or await succession.refuses(city.pack):
            return None
        desk.city = city
        service.decides_by(city.pack.version)
        return rules()

    async def heard() -> None:
        await service.lines[0].heard()

    replies = _replies(desk, parts, settings, heard)

    async def quiet() -> dict[str, int]:
        unread = {"replies": await replies.family.lag()} if replies else {}
        return {**unread, "directory_unsent": await directory.unsent(), "unsettled": await succession.unsettled()}

    service = Service(
        name="desk", rules=rules()[names.ISSUES], parts=parts, settings=settings, codec=codec,
        beside=[Story(names.AFFAIRS, rules()[names.AFFAIRS], AFFAIRS)],
        routers=[
            *http.routes(desk, who, reader), *receipts.routes(Receipts(desk), who),
            *affairs_http.routes(affairs, who), *lists_http.routes(entry_files, who), searching.routes(desk, who),
            files.routes(evidence, who, reader), exporting.routes(desk, who), records.routes(desk, who),
            draws.routes(desk, lots, who), pages.routes(desk, sessions), doors.routes(door),
            list_forms.routes(entry_files, sessions), list_pages.routes(lists, sessions),
            mine.routes(parties, evidence), access.routes(desk, who, ops_guard(settings.ops_token)),
            administering.routes(Administration(desk.accounts), entry, who),
            *([providing.routes(door, provider, identities)] if provider else []),
        ],
        tables=[Table(names.CONTACTS, Contacts(shelves.contacts, parts.broker, parts.clock, sealer).apply)],
        background=[directory.run, succession.run, owing.run, sweep, *([replies.run] if replies else [])],
        prepare=prepare, watch=watch, quiet=quiet,
        larger={
            files.UPLOADS: settings.evidence_limit + 1, lists_http.ENTRY_FILES: LARGEST,
            list_forms.PAGES: LARGEST + FORM_AROUND,
        },
    )  # fmt: skip
    service.decides_by(desk.city.pack.version)
    return service


def _on_behalf(desk: Desk, parts: Parts, settings: DeskSettings) -> OnBehalf:
    limiter = FixedWindowRateLimiter(MemoryStorage())
    return OnBehalf(desk, parse(settings.on_behalf_rate), limiter, OnBehalfMetrics.on(parts.registry))


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


def _provider(settings: DeskSettings, key: bytes) -> Provider | None:
    if settings.oidc_issuer is None:
        return None
    from sanfu.desk.adapters.oidc import Oidc  # noqa: PLC0415 (only who has one needs it)

    secret = settings.oidc_secret.get_secret_value() if settings.oidc_secret else None
    return Oidc(
        settings.oidc_issuer, settings.oidc_client, secret, settings.oidc_redirect or "", key,
        with_email=settings.oidc_match == "email",
    )  # fmt: skip


def _own_key(keys: Keys | None, purpose: bytes) -> bytes:
    """Derive what signs for one purpose, the same in every process; without a key ring it ends with this one."""
    return hmac.digest(keys.index, purpose, "sha256") if keys else os.urandom(32)


def _files(parts: Parts) -> Attachments:
    if isinstance(parts.documents, MemoryDocuments):
        return MemoryAttachments()
    from sanfu.runtime.mongo import bucket, spoken  # noqa: PLC0415 (it loads the driver)

    return GridFSAttachments(bucket(parts.database, "evidence_files"), spoken)


def _affairs(desk: Desk, parts: Parts, do: Do) -> Affairs:
    documents = parts.documents.beside(AFFAIRS)
    if isinstance(documents, MemoryDocuments):
        return Affairs(desk, MemoryAffairs(documents.documents), documents, do)
    from sanfu.desk.adapters.mongo_affairs import MongoAffairs  # noqa: PLC0415 (it loads the driver)

    return Affairs(desk, MongoAffairs(documents.collection), documents, do)  # type: ignore[attr-defined]


def _stores(parts: Parts) -> tuple[Cases, Shelves]:
    if isinstance(parts.documents, MemoryDocuments):
        return MemoryCases(parts.documents.documents), memory_shelves(parts.documents.others)
    from sanfu.desk.adapters.mongo import MongoCases, mongo_shelves  # noqa: PLC0415 (it loads the driver)

    return MongoCases(parts.documents.collection), mongo_shelves(parts.database)  # type: ignore[attr-defined]


async def _prepare(cases: Cases, shelves: Shelves) -> None:
    await cases.prepare()
    await shelves.users.prepare("token", "subject", "email")
    await shelves.contacts.prepare("issue", "blind")
    await shelves.filters.prepare("user")
    await shelves.evidence.prepare("case")
    await shelves.history.prepare("case+_id")
    await shelves.sealed_texts.prepare("cases")
    await shelves.exports.prepare("user+at", "at")
    await shelves.readings.prepare("case+at", "user+at", "system+at", "at")
    await shelves.sessions.prepare("user")
    await shelves.audit.prepare("account+at", "by+at", "at")


def _tokens(given: SecretStr) -> dict[str, str]:
    """Read {user id: token}. Raises ValueError that shows no token."""
    try:
        tokens = orjson.loads(given.get_secret_value())
    except orjson.JSONDecodeError:
        tokens = None
    if not isinstance(tokens, dict) or any(not isinstance(t, str) or len(t) < 16 for t in tokens.values()):
        raise ValueError("user tokens are JSON {user id: token of 16 characters or more}")
    return tokens
