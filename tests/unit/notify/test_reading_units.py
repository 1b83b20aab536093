"""The reader of the units' topics: a record is kept before it counts as read, whatever is away for a while."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from structlog.testing import capture_logs

from sanfu.contracts import names
from sanfu.notify.adapters.hooks_memory import MemoryHooks
from sanfu.notify.domain.hooks import HookRecord
from sanfu.notify.entrypoints.reading_units import HookReader
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.memory import MemoryBroker
from sanfu.runtime.store import StoreDown
from tests.support.eventually import eventually
from tests.support.telling import START

TOPIC = names.unit_topic("tax")
GROUP = "sanfu.notify.units"


@dataclass
class Failing(MemoryHooks):
    """Goes wrong as scripted: `refused`, nothing happened; `unknown`, it happened, and the caller is told otherwise."""

    script: deque[str] = field(default_factory=deque)

    async def keep(self, records: Sequence[HookRecord], now: datetime) -> None:
        fault = self.script.popleft() if self.script else ""
        if fault != "refused":
            await MemoryHooks.keep(self, records, now)
        if fault:
            raise StoreDown(fault)


@dataclass
class Bench:
    broker: MemoryBroker
    store: Failing
    poked: list[str] = field(default_factory=list)

    async def put(self, *events: str) -> None:
        records = [Outgoing(TOPIC, "i-1", b"{}", [("ce_id", event.encode())] if event else []) for event in events]
        assert all(await self.broker.publish(records))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        family = self.broker.family(names.unit_topic("{code}"), group=GROUP, member="m", codes=["tax"])
        running = asyncio.ensure_future(HookReader(family, self.store, self.poked.append, lambda: START).run())
        yield
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    def read(self) -> int:
        return self.broker.groups[TOPIC, GROUP].get(0, 0)

    def has_read(self, count: int) -> bool:
        return self.read() == count

    def kept(self) -> list[str]:
        return [one["event"] for one in self.store.documents.values()]


def bench() -> Bench:
    broker = MemoryBroker()
    broker.create(TOPIC)
    return Bench(broker, Failing())


async def test_what_could_not_be_kept_is_kept_before_it_counts_as_read_and_stands_there_once() -> None:
    it = bench()
    it.store.script.extend(["refused", "refused", "unknown"])
    await it.put("e-1", "e-2")
    async with it.reading():
        await eventually(lambda: len(it.store.script) == 1)
        assert (it.read(), it.kept(), it.poked) == (0, [], [])
        await eventually(lambda: it.read() == 2)
    assert (it.kept(), it.poked) == (["e-1", "e-2"], ["tax"])


async def test_while_the_broker_is_away_it_waits_and_then_goes_on_where_it_was() -> None:
    it = bench()
    it.broker.down = True
    with capture_logs() as logs:
        async with it.reading():
            for read in (1, 2):
                it.broker.down = True
                await eventually(lambda: {one["event"] for one in logs} == {"hooks_wait"})
                it.broker.down = False
                await it.put(f"e-{read}")
                await eventually(partial(it.has_read, read))
                logs.clear()
        async with it.reading():
            await it.put("e-2", "", "e-3")
            await eventually(lambda: it.read() == 5)
    assert it.kept() == ["e-1", "e-2", "e-3"], "what comes again is known"
    assert [(one["event"], one["offset"]) for one in logs] == [("hook_record_without_id", 3)]
