"""Where notify's parts meet: `production` and `assemble`, its test door."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from functools import partial

from sanfu.city.calendar import Holidays
from sanfu.city.holidays_cn import national_calendar
from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.registry import codec
from sanfu.notify.adapters.memory import memory_stores
from sanfu.notify.carrying import Senders, carriers_of, carrying
from sanfu.notify.domain.affairs import AffairRules
from sanfu.notify.domain.holding import Holding
from sanfu.notify.domain.rules import NotifyRules
from sanfu.notify.entrypoints import inbox, preferences
from sanfu.notify.entrypoints import providers as shown
from sanfu.notify.entrypoints.callbacks import routes as receipt_routes
from sanfu.notify.entrypoints.http import routes
from sanfu.notify.handlers.aside import Aside
from sanfu.notify.handlers.courier import Courier
from sanfu.notify.handlers.erasing import Erasing
from sanfu.notify.handlers.numbers import Numbers
from sanfu.notify.handlers.opting_out import OptingOut
from sanfu.notify.handlers.outside import whom
from sanfu.notify.handlers.people import Contacts, Directory
from sanfu.notify.handlers.raising import Raising
from sanfu.notify.handlers.receipts import Receipts
from sanfu.notify.handlers.reporter import Reporter
from sanfu.notify.handlers.resending import Resending
from sanfu.notify.handlers.stories import Stories
from sanfu.notify.handlers.tools import Timing, Tools, real_now
from sanfu.notify.handlers.unreachable import Unreachable
from sanfu.notify.handlers.writing import measured_with
from sanfu.notify.hooked import hooked
from sanfu.notify.metrics import Measures, NotifyMetrics
from sanfu.notify.ports import Stores
from sanfu.notify.settings import NotifySettings
from sanfu.runtime.broker import partition_of
from sanfu.runtime.http import token_guard
from sanfu.runtime.lines import Story
from sanfu.runtime.links import Links
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.rules import Command, Rules
from sanfu.runtime.sealing import Keys, Sealer
from sanfu.runtime.service import Parts, Service, real_parts
from sanfu.runtime.tables import Table

AFFAIRS = "affairs"
"""Collection of what is known of orders, meetings, tasks and lists."""


def production() -> Service:
    """Make the service as the environment says."""
    settings = NotifySettings()
    if settings.city is None:
        raise SystemExit("notify needs a city pack: set SANFU_CITY to its directory")
    packs = PackHolder(settings.city, further=[measured_with(settings.public_url)])
    return assemble(settings, real_parts(settings, "notify"), packs)


def assemble(
    settings: NotifySettings,
    parts: Parts,
    packs: PackHolder,
    senders: Senders | None = None,
    holidays: Holidays | None = None,
) -> Service:
    """Make the service on these parts, real ones or in memory; `senders` stand in for the settings' providers."""
    if settings.keys is None:
        raise ValueError("notify needs the key ring for personal data: set SANFU_KEYS or SANFU_KEYS_FILE")
    keys = Keys.parse(settings.keys.get_secret_value())
    stores, sealer = _stores(parts), Sealer(keys)
    metrics = NotifyMetrics.on(parts.registry)
    given = carrying(settings, senders, stores, sealer)
    carriers = carriers_of(given, metrics, settings.call_s)

    unreachable = Unreachable(stores.unreachable, sealer)
    opting_out = OptingOut(stores.opted_out, stores.contacts, stores.deliveries, unreachable)
    erasing = Erasing(stores.deliveries, stores.letters, unreachable, opting_out)
    aside = Aside(stores.aside, carriers, real_now)

    def partitions() -> Sequence[int]:
        return [number for number, one in service.reader.partitions.items() if one.rebuild_until is None]

    def place(subject: str) -> int:
        return partition_of(subject, service.machine.partitions)

    def first(partition: int) -> bool:
        standing = service.reader.partitions.get(partition)
        return standing is not None and standing.first

    calendar = national_calendar() if holidays is None else holidays
    holds = [Holding(packs.current, calendar)]

    def holding() -> Holding:
        if holds[-1].pack is not packs.current:
            holds[:] = [Holding(packs.current, calendar)]
        return holds[-1]

    stories = Stories(parts.documents, parts.documents.beside(AFFAIRS))
    tools = Tools(
        stores, stories, parts.clock, sealer, metrics, lambda: packs.current, partitions,
        Links.of(keys), holding, place, unreachable, opting_out, erasing,
        settings.public_url, settings.messages_url, Timing(settings.call_s, settings.lease_s),
    )  # fmt: skip

    async def do(subject: str, command: Command) -> object:
        return await service.commands.do(subject, command)

    reporter = Reporter(stores.deliveries, stores.digests, do, partitions)
    couriers = [Courier(tools, medium, carrier, reporter.poke) for medium, carrier in carriers.items()]

    def ripe() -> None:
        for courier in couriers:
            courier.poke()

    raising = Raising(stores.raised, stores.digests, partitions, parts.clock.now, ripe)

    def put_down() -> None:
        ripe()
        raising.poke()

    measures = Measures(stores.deliveries, stores.digests, metrics, [*carriers], partitions, parts.clock.now, real_now)
    receipts = Receipts(stores.deliveries, unreachable, metrics, reporter.poke, settings.lease_s)
    doors = {one.name: one.receipts for there in given.values() for one in there if one.receipts}
    callbacks = [receipt_routes(doors, receipts.take, receipts.bounced, time.time)] if doors else []
    guard = token_guard("log", {"SANFU_NOTIFY_KEY": settings.notify_key, "SANFU_OPS_TOKEN": settings.ops_token})

    hooks = hooked(settings, parts, stores, real_now)
    choosing = preferences.Choosing(
        stores.preferences, opting_out, tools.links, parts.clock.now, lambda: time.time_ns() // 1_000_000,
        partial(whom, stores.digests),
    )  # fmt: skip

    async def quiet() -> dict[str, int]:
        return {**await hooks.quiet(), **await raising.quiet(), **await measures.quiet()}

    async def watch() -> Mapping[str, Rules] | None:
        before = packs.current
        await asyncio.to_thread(packs.check)
        if packs.current is before:
            return None
        service.decides_by(packs.current.version)
        return rules()

    def rules() -> Mapping[str, Rules]:
        affairs = AffairRules(packs.current, place, first, calendar)
        return {names.ISSUES: NotifyRules(packs.current, place, first), names.AFFAIRS: affairs}

    service = Service(
        name="notify", rules=rules()[names.ISSUES], parts=parts, settings=settings, codec=codec,
        beside=[Story(names.AFFAIRS, rules()[names.AFFAIRS], AFFAIRS)],
        routers=[
            routes(
                stores.deliveries, Resending(stores.deliveries, parts.clock), unreachable, Numbers(parts.documents),
                guard,
            ),
            shown.routes(carriers, aside, guard),
            inbox.routes(stores.letters, sealer, real_now, stories.read, guard), *callbacks,
            hooks.routes(guard),
            preferences.routes(choosing),
        ],
        tables=[
            Table(names.CONTACTS, Contacts(stores.contacts, stores.preferences, erasing.forget).apply),
            Table(names.DIRECTORY, Directory(stores.directory).apply),
        ],
        background=[
            *(courier.run for courier in couriers), reporter.run, raising.run, measures.run, aside.run,
            *hooks.background(),
        ],
        prepare=lambda: _prepare(parts, stores, aside), watch=watch, quiet=quiet,
        next_due=measures.next_due,
    )  # fmt: skip
    service.machine.publisher.on_inserted = put_down
    service.decides_by(packs.current.version)
    return service


def _stores(parts: Parts) -> Stores:
    if isinstance(parts.documents, MemoryDocuments):
        return memory_stores(parts.documents.others)
    from sanfu.notify.adapters.mongo import mongo_stores  # noqa: PLC0415 (it loads the driver)

    return mongo_stores(parts.documents)  # type: ignore[arg-type]


async def _prepare(parts: Parts, stores: Stores, aside: Aside) -> None:
    if not isinstance(parts.documents, MemoryDocuments):
        await parts.documents.prepare()
    await stores.deliveries.prepare()
    await stores.digests.prepare()
    await stores.contacts.prepare()
    await stores.directory.prepare("unit")
    await stores.unreachable.prepare()
    await stores.opted_out.prepare()
    await stores.letters.prepare()
    await stores.hooks.prepare()
    await stores.raised.prepare("p")
    await aside.look()
