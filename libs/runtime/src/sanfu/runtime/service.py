"""A service: the machine and all that runs around it, put together once for all of them."""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

import structlog
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry

from sanfu.contracts import names
from sanfu.runtime import logs, loop
from sanfu.runtime.broker import Broker, BrokerDown, Fenced, Subscription
from sanfu.runtime.clock import AnchoredClock, Clock, SystemClock
from sanfu.runtime.codec import Codec
from sanfu.runtime.concerns import Concerns
from sanfu.runtime.contract_page import contract_routes
from sanfu.runtime.http import Watch, create_app
from sanfu.runtime.lines import Line, Story
from sanfu.runtime.metrics import machine_metrics
from sanfu.runtime.operations import operations
from sanfu.runtime.rules import Rules
from sanfu.runtime.security import security
from sanfu.runtime.serving import Server, on_stop_signal
from sanfu.runtime.settings import ServiceSettings
from sanfu.runtime.store import FORM, Documents, StoreDown
from sanfu.runtime.tables import Table, TableReader
from sanfu.runtime.watching import Watcher

log = structlog.get_logger()

Task = Callable[[], Awaitable[None]]

SCHEMA = 1
"""The form of this version's documents; raised when an older version could not read them."""
READABLE: frozenset[int] = frozenset()
"""Older forms that this version reads, and writes anew as it goes."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The real or the memory parts a service stands on. `database` is for a service's own collections."""

    broker: Broker
    documents: Documents
    clock: Clock
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    database: Any = None


class Misfit(Exception):
    """The parts don't fit each other; the message names the cure. Starting again won't help."""


class Service:
    """One service on its parts. `start` returns when it works; `stop` drains, commits and leaves the group.

    It runs one story, `story`, by `rules`, and whatever `beside` it; each has a line of its own, with documents,
    consumer, timers and commands of its own. `machine`, `reader`, `commands` and so on are the first's; `line(topic)`
    gives another's. Commands are taken, and the service is ready, when no line is being rebuilt.
    `watch` answers newer rules of the first story, or of several by topic.

    `quiet` counts what else is under way; `next_due` is the next instant of a timer that no document of a line holds.
    `background` coroutines run until stop; when any task of the service fails, `failed` is set and the process should
    end: a supervisor starts a fresh one, and nothing is lost by that.
    """

    def __init__(
        self, *, name: str, rules: Rules, parts: Parts, settings: ServiceSettings, codec: Codec,
        story: str = names.ISSUES, beside: Sequence[Story] = (), routers: Sequence[APIRouter] = (),
        tables: Sequence[Table] = (), background: Sequence[Task] = (), prepare: Task | None = None,
        watch: Callable[[], Awaitable[Rules | Mapping[str, Rules] | None]] | None = None,
        quiet: Callable[[], Awaitable[Mapping[str, int]]] | None = None,
        next_due: Callable[[], Awaitable[datetime | None]] | None = None, rebuildable: bool = True,
        larger: Mapping[str, int] | None = None,
    ) -> None:  # fmt: skip
        self.name, self.parts, self.settings, self.rebuildable = name, parts, settings, rebuildable
        self.clock, self.metrics = parts.clock, machine_metrics(parts.registry)
        self._background, self._prepare, self._watch, self._quiet = background, prepare, watch, quiet
        self._works, self._answers, self._codec = settings.only != "api", settings.only != "work", codec
        self._member = f"sanfu.{name}-{settings.ordinal}"
        first = self._line(story, rules, parts.documents)
        self.documents, self.machine, self.reader = first.documents, first.machine, first.reader
        self.timers, self.sweeper, self.commands = first.timers, first.sweeper, first.commands
        others = [self._line(other.topic, other.rules, parts.documents.beside(other.collection)) for other in beside]
        self.lines = (first, *others)
        self.concerns = self._together()
        self.tables = [self._table(table) for table in tables]
        self.watcher = Watcher(self, quiet, next_due)
        self.failed = asyncio.Event()
        self.failure: BaseException | None = None
        self._started = False
        self._tasks: list[asyncio.Task[None]] = []
        self.app: FastAPI = create_app(
            name, Watch(parts.registry, self._ready, self.watcher.quiet, settings.ops_token),
            routers=[*(routers if self._answers else ()), contract_routes(), operations(self, settings.ops_token)],
            body_limit=settings.body_limit, larger=larger,
        )  # fmt: skip

    def line(self, topic: str) -> Line:
        """The line of one of its stories. Raises LookupError for a story that it does not run."""
        for line in self.lines:
            if line.topic == topic:
                return line
        raise LookupError(f"{self.name} does not run {topic}")

    def decides_by(self, version: str) -> None:
        """Say, in the metrics and the log, by which city's data it decides from now on."""
        self.metrics.pack.clear()
        self.metrics.pack.labels(version).set(1)
        log.info("pack_taken", version=version)

    # --- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect, check that store and broker fit, and set everything going. Waits for parts that are away.

        Raises Misfit when database and topic disagree.
        """
        await self._patiently(self._connect)
        for line in self.lines:
            await self._patiently(line.documents.prepare)
        if self._prepare is not None:
            await self._patiently(self._prepare)
        if self._works:
            for subscription in self._subscriptions():
                await self._patiently(subscription.start)
            for line in self.lines:
                for run in (line.reader.run, line.timers.run, line.sweeper.run):
                    self._go(run)
            for table in self.tables:
                self._go(table.run)
        for task in (self.watcher.run, *self._background):
            self._go(task)
        if self._watch is not None:
            self._go(self._watch_pack)
        self._started = True
        if self._works:
            for line in self.lines:
                await self._either(line.reader.known, self.failed)
        await self._patiently(self.watcher.look)
        log.info("started", partitions=self.machine.partitions, works=self._works, answers=self._answers)

    async def stop(self) -> None:
        """Finish what was begun, note the positions, leave the groups, close the broker."""
        self._started = False
        for line in self.lines:
            await line.commands.drain()
            line.timers.stop()
            line.reader.stop()
        readers = {t for t in self._tasks if t.get_name() in ("run:Reader", "run:Timers")}
        if readers:
            await asyncio.wait(readers, timeout=self.settings.stop_within_s / 2)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for subscription in self._subscriptions():
            await subscription.stop()
        await self.parts.broker.stop()
        log.info("stopped")

    def _line(self, topic: str, rules: Rules, documents: Documents) -> Line:
        broker, first = self.parts.broker, documents is self.parts.documents
        group, member = (f"sanfu.{self.name}", self._member) if first else self._apart(topic)
        subscription = broker.subscribe(topic, group=group, member=member)
        return Line(
            topic, rules, subscription, broker=broker, documents=documents, clock=self.clock, codec=self._codec,
            metrics=self.metrics, closed=self._closed,
        )  # fmt: skip

    def _together(self) -> Concerns:
        lines = {line.topic: line for line in self.lines}
        concerns = Concerns(lines, self.parts.broker)
        for line in self.lines:
            line.machine.stories = frozenset(lines)
            line.reader.heed, line.reader.rebuilding_elsewhere = concerns.fold, concerns.rebuilding
        readers = [line.reader for line in self.lines]
        self.metrics.io_waiting.set_function(lambda: float(any(reader.waiting for reader in readers)))
        self.metrics.rebuilding.set_function(lambda: float(sum(reader.positions.rebuilding for reader in readers)))
        return concerns

    def _subscriptions(self) -> list[Subscription]:
        return [line.reader.subscription for line in self.lines] + [table.subscription for table in self.tables]

    def _table(self, table: Table) -> TableReader:
        group, member = self._apart(table.topic)
        subscription = self.parts.broker.subscribe(table.topic, group=group, member=member)
        return TableReader(table, self.parts.broker, self.documents, subscription)

    def _apart(self, topic: str) -> tuple[str, str]:
        """Group and member of a consumer beside that of the first story."""
        return f"sanfu.{self.name}.{topic.split('.')[1]}", f"{self._member}.{topic}"

    async def _connect(self) -> None:
        await self.parts.broker.start()
        for line in self.lines:
            await self._measure(line)
        form = await self.documents.settle(FORM, SCHEMA, READABLE)
        if form != SCHEMA:
            raise Misfit(
                f"this database has documents of form {form}, this version of {self.name} reads form {SCHEMA}: use the "
                f"version that wrote them, or an empty database, which is rebuilt from the story"
            )

    async def _measure(self, line: Line) -> None:
        """Let a line know how many partitions its topic has, once and for all."""
        count = await self.parts.broker.partitions(line.topic)
        if not count:
            raise Misfit(f"there is no topic {line.topic} for this prefix: create the topics of the registry first")
        settled = await line.documents.settle(f"partitions:{line.topic}", count)
        if settled != count:
            raise Misfit(
                f"this database was filled for {settled} partitions of {line.topic}, the topic has {count}: use the "
                f"topic it was filled from, or an empty database, which is rebuilt from the story"
            )
        line.machine.partitions = count

    async def _either(self, *events: asyncio.Event) -> None:
        waiting = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _patiently(self, act: Task) -> None:
        pause = 0.2
        while True:
            try:
                await act()
                return
            except (BrokerDown, StoreDown) as error:
                log.warning("start_waits", why=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    def _go(self, run: Task) -> None:
        owner = getattr(run, "__self__", None)
        task: asyncio.Task[None] = asyncio.ensure_future(_coroutine(run()))
        task.set_name(f"run:{type(owner).__name__}" if owner is not None else "run")
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled() or (not self._started and task.exception() is None):
            return
        if (error := task.exception()) is not None:
            self.failure = error
            log.error("task_failed", task=task.get_name(), exc_info=error)
            self.failed.set()

    async def _watch_pack(self) -> None:
        assert self._watch is not None  # noqa: S101
        while True:
            try:
                rules = await self._watch()
            except Exception:  # a look at the city's data that fails must not end the service: the old data stay
                log.exception("watch_failed")
            else:
                newer = rules if isinstance(rules, Mapping) else {self.machine.topic: rules} if rules else {}
                for topic, each in newer.items():
                    self.line(topic).machine.rules = each
            await asyncio.sleep(10)

    # --- what it says of itself -------------------------------------------------------------------------------------

    def _ready(self) -> tuple[bool, Mapping[str, Any]]:
        if not self._started:
            return False, {"starting": True}
        partitions = sum(len(line.reader.partitions) for line in self.lines)
        if self._works and not all(line.reader.ready for line in self.lines):
            return False, {"rebuilding": self._rebuilding(), "partitions": partitions}
        return True, {"partitions": partitions}

    def _rebuilding(self) -> bool:
        return any(line.reader.positions.rebuilding for line in self.lines)

    def _closed(self) -> str | None:
        if not self._started:
            return f"{self.name} is starting or stopping"
        if self.watcher.rebuilding or self._rebuilding():
            return f"{self.name} is being rebuilt from the story"
        return None


async def _coroutine(awaitable: Awaitable[None]) -> None:
    await awaitable


def real_parts(settings: ServiceSettings, name: str, *, collection: str = "subjects") -> Parts:
    """Kafka, MongoDB and the clock, as the settings say. Nothing connects yet."""
    from sanfu.runtime.kafka import KafkaBroker  # noqa: PLC0415 (drivers are loaded by who uses them)
    from sanfu.runtime.mongo import MongoDocuments, connect  # noqa: PLC0415

    client = connect(settings.mongo.get_secret_value())
    database = client.get_database(f"{settings.prefix}_{name}")
    broker = KafkaBroker(
        settings.kafka, settings.prefix, send_within=settings.send_within_s,
        fetch_wait_ms=settings.fetch_wait_ms, session_ms=int(settings.session_s * 1000), security=security(settings),
    )  # fmt: skip
    clock: Clock = AnchoredClock(settings.clock) if settings.clock else SystemClock()
    return Parts(broker, MongoDocuments(database, collection), clock, database=database)


def run(make: Callable[[], Service]) -> NoReturn:
    """Be a process: serve until SIGTERM or SIGINT (exit 0), or until something fails (exit 1, 2 or 70)."""
    sys.exit(loop.run(_serve(make, rebuild="--rebuild" in sys.argv[1:])))


async def _serve(make: Callable[[], Service], *, rebuild: bool) -> int:
    try:
        service = make()
    except Exception as error:  # settings, keys or the city's data: it would fail again
        sys.stderr.write(f"cannot start: {error}\n")
        return 2
    logs.configure(service.name, service.settings.log_level)
    if rebuild and not service.rebuildable:
        log.error("not_rebuildable", why=f"{service.name} keeps records that are nowhere else: restore its backup")
        return 2
    if rebuild:
        for line in service.lines:
            await line.documents.wipe()
    loop.settle_heap()
    stopping = asyncio.Event()
    on_stop_signal(stopping.set)
    settings = service.settings
    server = Server(
        service.app, settings.host, settings.port, stop_within=settings.stop_within_s / 3, proxies=settings.proxies
    )
    try:
        await server.start()
    except OSError as error:
        log.error("cannot_listen", why=str(error))
        return 1
    log.info("listening", host=service.settings.host, port=server.port)
    starting = asyncio.ensure_future(service.start())
    ends = [asyncio.ensure_future(stopping.wait()), asyncio.ensure_future(service.failed.wait())]
    await asyncio.wait({starting, *ends}, return_when=asyncio.FIRST_COMPLETED)
    if starting.done() and (wrong := starting.exception()) is not None:
        log.error("cannot_start", why=str(wrong), exc_info=None if isinstance(wrong, Misfit) else wrong)
        return 2 if isinstance(wrong, Misfit) else 1
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    starting.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(service.settings.stop_within_s):
            await server.stop()
            await service.stop()
    return 0 if service.failure is None else 70 if isinstance(service.failure, Fenced) else 1
