"""Readers of compacted topics: state that others own, kept beside the documents."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from sanfu.runtime.broker import Broker, BrokerDown, Fenced, Incoming, Subscription
from sanfu.runtime.store import Documents, Mark, StoreDown

log = structlog.get_logger()

BATCH = 500


@dataclass(frozen=True, slots=True)
class Table:
    """A compacted topic and what to do with its records. `apply` must bear repetition, and raises StoreDown."""

    topic: str
    apply: Callable[[Sequence[Incoming]], Awaitable[None]]


@dataclass(slots=True)
class TableReader:
    """Reads one table, from where this store has it: from the beginning if it is new, or was put back."""

    table: Table
    broker: Broker
    documents: Documents
    subscription: Subscription
    positions: dict[int, int] = field(default_factory=dict)
    _noted: dict[int, int] = field(default_factory=dict)
    _noted_at: float = 0.0

    async def run(self) -> None:
        """Read for ever. Raises Fenced when this process has lost its place."""
        pause, refused = 0.1, 0
        while True:
            try:
                await self._turn()
                pause, refused = 0.1, 0
            except (BrokerDown, StoreDown) as error:
                log.warning("table_waiting", topic=self.table.topic, why=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
            except Fenced:
                refused += 1
                if refused > 1:
                    raise

    async def lag(self) -> int:
        """How many records there are that were not applied. Raises BrokerDown."""
        ends = await self.subscription.ends()
        return sum(max(0, end - self.positions.get(number, 0)) for number, end in ends.items())

    async def _turn(self) -> None:
        await self._meet()
        records = [r for r in await self.subscription.poll(BATCH, 0.2) if r.partition in self.positions]
        if records:
            await self._apply(records)
        if time.monotonic() - self._noted_at > 1.0 and self.positions != self._noted:
            self._noted_at = time.monotonic()
            await self.documents.set_marks({self._name(n): Mark(at) for n, at in self.positions.items()})
            self._noted = dict(self.positions)

    async def _apply(self, records: list[Incoming]) -> None:
        pause = 0.1
        while True:
            try:
                await self.table.apply(records)
                break
            except StoreDown as error:
                log.warning("table_waiting", topic=self.table.topic, why=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
        for record in records:
            self.positions[record.partition] = record.offset + 1

    async def _meet(self) -> None:
        assigned = self.subscription.assigned
        for gone in self.positions.keys() - assigned:
            del self.positions[gone]
        new = assigned - self.positions.keys()
        if not new:
            return
        beginnings = await self.subscription.beginnings()
        for number in new & beginnings.keys():
            mark = await self.documents.mark(self._name(number))
            start = max(mark.position, beginnings[number]) if mark is not None else beginnings[number]
            await self.subscription.position(number, start)
            self.positions[number] = start

    def _name(self, number: int) -> str:
        return f"{self.table.topic}:{number}"
