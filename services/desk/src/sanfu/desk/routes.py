"""All that desk answers over HTTP: each route on the use cases it needs, which nothing else does."""

from collections.abc import Callable, Iterator

from fastapi import APIRouter
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from sanfu.city.model.pack import Pack
from sanfu.desk.administration import Administration
from sanfu.desk.affairs import Affairs
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
    inbox_pages,
    list_forms,
    list_pages,
    mine,
    pages,
    providing,
    receipts,
    records,
    searching,
    units,
)
from sanfu.desk.entrypoints import affairs as affairs_http
from sanfu.desk.entrypoints import lists as lists_http
from sanfu.desk.entrypoints.identity import identity
from sanfu.desk.entrypoints.sessions import Sessions
from sanfu.desk.evidence import Evidence, Received
from sanfu.desk.handlers import Desk
from sanfu.desk.identities import Identities
from sanfu.desk.inboxes import Inboxes
from sanfu.desk.lists import Lists
from sanfu.desk.locks import Locks
from sanfu.desk.metrics import OnBehalfMetrics
from sanfu.desk.on_behalf import OnBehalf
from sanfu.desk.parties import Parties
from sanfu.desk.ports import Inbox, Provider
from sanfu.desk.receipts import Receipts
from sanfu.desk.settings import DeskSettings
from sanfu.desk.stores import files_of
from sanfu.runtime.file_links import FileLinks
from sanfu.runtime.forms import LONGEST as FORM_AROUND
from sanfu.runtime.http import ops_guard
from sanfu.runtime.kinds import PDF, PICTURES
from sanfu.runtime.pictures import Pictures
from sanfu.runtime.service import Parts
from sanfu.runtime.uploads import Uploads

OfIssues = Callable[[Pack], DeskRules]


def larger(settings: DeskSettings) -> dict[str, int]:
    """Return the bytes that the bodies of files may have, by path."""
    return {
        files.UPLOADS: settings.evidence_limit + 1, lists_http.ENTRY_FILES: LARGEST,
        list_forms.PAGES: LARGEST + FORM_AROUND,
    }  # fmt: skip


def routers(
    affairs: Affairs, entry: Entry, *, parts: Parts, settings: DeskSettings, locks: Locks, rules: OfIssues,
    inbox: Inbox | None = None,
) -> Iterator[APIRouter]:  # fmt: skip
    """Give the API's routes, then the pages'. `inbox` None: there is none here."""
    desk, sessions = affairs.desk, Sessions(entry)
    who, reader = identity(desk, _on_behalf(desk, parts, settings))
    lists = Lists(affairs)
    entry_files, evidence = EntryFiles(lists, lists_http.checked), _evidence(desk, parts, settings, locks)
    yield from http.routes(desk, who, reader)
    yield from receipts.routes(Receipts(desk), who)
    yield from affairs_http.routes(affairs, who)
    yield from lists_http.routes(entry_files, who)
    yield searching.routes(desk, who)
    yield files.routes(evidence, who, reader)
    yield exporting.routes(desk, who)
    yield records.routes(desk, who)
    yield units.routes(desk, who)
    yield draws.routes(desk, locks.lots, who)
    yield access.routes(desk, who, ops_guard(settings.ops_token))
    yield administering.routes(Administration(desk.accounts), entry, who)
    yield pages.routes(desk, sessions)
    yield from _doors(desk, sessions, settings)
    yield list_forms.routes(entry_files, sessions)
    yield list_pages.routes(lists, sessions)
    yield inbox_pages.routes(desk, Inboxes(desk, inbox) if inbox else None, sessions)
    yield mine.routes(Parties(desk, locks.links(), entry, rules, _intake(settings), settings.messages_url), evidence)


def _on_behalf(desk: Desk, parts: Parts, settings: DeskSettings) -> OnBehalf:
    limiter = FixedWindowRateLimiter(MemoryStorage())
    return OnBehalf(desk, parse(settings.on_behalf_rate), limiter, OnBehalfMetrics.on(parts.registry))


def _evidence(desk: Desk, parts: Parts, settings: DeskSettings, locks: Locks) -> Evidence:
    return Evidence(
        desk, Uploads(files_of(parts), Pictures(), (*PICTURES, PDF), settings.evidence_limit),
        FileLinks(locks.own(b"desk evidence")), Received(locks.shared(b"attachments"), _intake(settings)),
        locks.shared(b"public evidence"),
    )  # fmt: skip


def _doors(desk: Desk, sessions: Sessions, settings: DeskSettings) -> Iterator[APIRouter]:
    provider = _provider(settings, sessions.entry.secret)
    door = doors.Doors(desk, sessions, settings.secure_cookies, settings.passwords, provider is not None)
    yield doors.routes(door)
    if provider is not None:
        yield providing.routes(door, provider, Identities(desk.accounts, settings.oidc_match))


def _provider(settings: DeskSettings, key: bytes) -> Provider | None:
    if settings.oidc_issuer is None:
        return None
    from sanfu.desk.adapters.oidc import Oidc  # noqa: PLC0415 (only who has one needs it)

    secret = settings.oidc_secret.get_secret_value() if settings.oidc_secret else None
    return Oidc(
        settings.oidc_issuer, settings.oidc_client, secret, settings.oidc_redirect or "", key,
        with_email=settings.oidc_match == "email",
    )  # fmt: skip


def _intake(settings: DeskSettings) -> str | None:
    return settings.intake_url and settings.intake_url.rstrip("/")
