"""Intake put together: a production door and a test door that meet in `assemble`."""

import asyncio
from collections.abc import Callable

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from sanfu.city.model.pack import Pack
from sanfu.city.watching import PackHolder
from sanfu.contracts.names import CONTACTS
from sanfu.contracts.registry import codec
from sanfu.intake.adapters.attachments import MemoryAttachmentLog
from sanfu.intake.adapters.memory import MemoryRecords
from sanfu.intake.adapters.public_memory import MemoryPublicIssues
from sanfu.intake.domain.attachments import MOST
from sanfu.intake.domain.rules import IntakeRules
from sanfu.intake.entrypoints import form_routes, georeport_form, georeports
from sanfu.intake.entrypoints import imports as lists
from sanfu.intake.entrypoints.attachments import ATTACHMENTS
from sanfu.intake.entrypoints.form import Form
from sanfu.intake.entrypoints.form_routes import PAGE
from sanfu.intake.entrypoints.georeport_desk import PREFIX, Desk
from sanfu.intake.entrypoints.georeport_route import Doors
from sanfu.intake.entrypoints.http import FORMS, Intake, routes
from sanfu.intake.entrypoints.look import Look
from sanfu.intake.handlers.attachments import Attachments
from sanfu.intake.handlers.channels import Channels
from sanfu.intake.handlers.corrections import Corrections
from sanfu.intake.handlers.erasures import Erasures
from sanfu.intake.handlers.georeports import Georeports, Pictures
from sanfu.intake.handlers.imports import Imports
from sanfu.intake.handlers.nearby import Nearby
from sanfu.intake.handlers.rates import Rates
from sanfu.intake.handlers.submissions import Submissions
from sanfu.intake.handlers.supplements import Supplements
from sanfu.intake.metrics import AttachmentMetrics, open311_requests
from sanfu.intake.ports import AttachmentLog, PublicIssues, Records
from sanfu.intake.settings import IntakeSettings
from sanfu.runtime import attachments as store
from sanfu.runtime import pictures as drawing
from sanfu.runtime import sheets
from sanfu.runtime.again import again
from sanfu.runtime.file_links import FileLinks
from sanfu.runtime.fold import Done
from sanfu.runtime.kinds import PDF, PICTURES, SOUNDS
from sanfu.runtime.links import Links
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.rules import Command, Rules
from sanfu.runtime.sealing import Keys, Sealer
from sanfu.runtime.service import Parts, Service, real_parts
from sanfu.runtime.tables import Table
from sanfu.runtime.uploads import Uploads

Packs = Callable[[], Pack]
"""Returns the pack to work with now; asked every ten seconds, in a thread."""

REFRESH_EVERY = 10.0
"""Seconds until a key that was revoked elsewhere is refused here."""
SWEEP_EVERY = 1.0
"""Seconds between two looks, by an index, for files whose time has come: as the machine's timers look."""
FIELDS = 256 * 1024
"""Bytes of a form beside its files."""


def production() -> Service:
    """Make the service that the environment describes."""
    settings = IntakeSettings()
    if settings.city is None:
        raise SystemExit("intake needs a city pack: set SANFU_CITY to its directory")
    holder = PackHolder(settings.city)

    def packs() -> Pack:
        holder.check()
        return holder.current

    return assemble(settings, real_parts(settings, "intake"), packs)


def assemble(settings: IntakeSettings, parts: Parts, packs: Packs) -> Service:
    """Make the service on these parts, real ones or in memory. Exits where there are no keys to seal with."""
    if settings.keys is None:
        raise SystemExit("intake needs the key ring for personal data: set SANFU_KEYS_FILE or SANFU_KEYS")
    records, first = _records(parts), settings.first_keys()
    rates = Rates(FixedWindowRateLimiter(MemoryStorage()))
    channels = Channels(records, rates, settings.rate, settings.rate_of_contacts)
    public = _public(parts)

    async def do(issue: str, command: Command) -> Done:
        return await service.commands.do(issue, command)

    def pack() -> Pack:
        rules = service.machine.rules
        assert isinstance(rules, IntakeRules)  # noqa: S101 (nobody else sets them)
        return rules.pack

    def closed() -> str | None:
        return service.commands.closed()

    async def prepare() -> None:
        await records.prepare()
        await filed.prepare()
        await public.prepare()
        await channels.seed(first)

    async def watch() -> Rules | None:
        newer = await asyncio.to_thread(packs)
        if newer.version == pack().version:
            return None
        service.decides_by(newer.version)
        return IntakeRules(newer)

    async def refresh() -> None:
        await again(channels.refresh, REFRESH_EVERY, "channel_keys_not_read")

    async def sweep() -> None:
        await again(attachments.sweep, SWEEP_EVERY, "attachments_not_swept")

    keys = Keys.parse(settings.keys.get_secret_value())
    sealer = Sealer(keys)
    files, filed = _files(parts)
    kinds, with_files = (*PICTURES, PDF, *SOUNDS), MOST * settings.attachment_limit + FIELDS
    attachments = Attachments(
        filed, Uploads(files, drawing.Pictures(), kinds, settings.attachment_limit, settings.import_folder),
        parts.documents, FileLinks.of(keys, b"attachments"), parts.clock, AttachmentMetrics.on(parts.registry),
        settings.attachments_waiting, closed,
    )  # fmt: skip
    submissions = Submissions(do, sealer, parts.clock, attachments)
    supplements = Supplements(do, records, sealer, Links.of(keys), parts.clock, attachments)
    erasures = Erasures(do, records, submissions.indexes, attachments)
    corrections = Corrections(records, sealer, submissions.indexes)
    intake = Intake(submissions, supplements, channels, erasures, records, attachments, pack, settings.public_url)
    page = Form(
        intake,
        Nearby(records, parts.clock),
        Look(settings.public_url, settings.form_url, settings.attachment_limit),
        settings.form_channel,
    )
    imports = Imports(records, submissions, sheets, parts.clock, lists.plain)
    pictures = Pictures(FileLinks.of(keys, b"public evidence"), settings.public_url) if settings.public_url else None
    desk = Desk(
        Georeports(
            submissions, supplements, channels, attachments, public, records, parts.clock, pictures, lists.plain,
            georeport_form.read_update,
        ),
        Doors(
            rates, parse(settings.open311_reading), parse(settings.open311_writing), open311_requests(parts.registry)
        ),
        pack, settings.open311_url,
    )  # fmt: skip
    service = Service(
        name="intake", rules=IntakeRules(packs()), parts=parts, settings=settings, codec=codec,
        routers=[
            routes(intake, settings.ops_token), lists.routes(imports, channels, pack, settings.import_folder),
            form_routes.routes(page),
            georeports.routes(desk),
        ],
        tables=[Table(CONTACTS, corrections.apply)], background=[refresh, sweep, imports.work],
        larger={
            lists.IMPORTS: settings.import_limit, ATTACHMENTS: settings.attachment_limit,
            FORMS: with_files, f"{PREFIX}/v2/": with_files, f"{PAGE}/": FIELDS, PAGE: with_files,
        }, prepare=prepare,
        watch=watch,
    )  # fmt: skip
    service.decides_by(pack().version)
    return service


def _records(parts: Parts) -> Records:
    if isinstance(parts.documents, MemoryDocuments):
        return MemoryRecords(parts.documents)
    from sanfu.intake.adapters.mongo import MongoRecords  # noqa: PLC0415 (it loads the driver)
    from sanfu.runtime.mongo import MongoDocuments  # noqa: PLC0415

    assert isinstance(parts.documents, MongoDocuments)  # noqa: S101 (there are no other parts)
    return MongoRecords(parts.documents)


def _files(parts: Parts) -> tuple[store.Attachments, AttachmentLog]:
    if isinstance(parts.documents, MemoryDocuments):
        return store.MemoryAttachments(), MemoryAttachmentLog(parts.documents)
    from sanfu.intake.adapters.mongo_attachments import MongoAttachmentLog  # noqa: PLC0415 (it loads the driver)
    from sanfu.runtime.mongo import bucket, spoken  # noqa: PLC0415

    files = store.GridFSAttachments(bucket(parts.database, "attachment_files"), spoken)
    return files, MongoAttachmentLog(parts.database)


def _public(parts: Parts) -> PublicIssues:
    if isinstance(parts.documents, MemoryDocuments):
        return MemoryPublicIssues(parts.documents)
    from sanfu.intake.adapters.public_mongo import MongoPublicIssues  # noqa: PLC0415 (it loads the driver)
    from sanfu.runtime.mongo import MongoDocuments  # noqa: PLC0415

    assert isinstance(parts.documents, MongoDocuments)  # noqa: S101 (there are no other parts)
    return MongoPublicIssues(parts.documents)
