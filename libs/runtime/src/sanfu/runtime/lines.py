"""A line: all that a service runs over one story."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sanfu.runtime.broker import Broker, Subscription
from sanfu.runtime.clock import Clock
from sanfu.runtime.codec import Codec
from sanfu.runtime.commands import Commands
from sanfu.runtime.consuming import Reader
from sanfu.runtime.machine import Machine
from sanfu.runtime.metrics import MachineMetrics
from sanfu.runtime.outbox import Publisher
from sanfu.runtime.rules import Rules
from sanfu.runtime.store import Documents
from sanfu.runtime.sweeper import Sweeper
from sanfu.runtime.timers import Timers

LOOK_EVERY = 0.02
"""Seconds between two looks how far a story is folded."""


@dataclass(frozen=True, slots=True)
class Story:
    """A story that a service runs beside its first: its topic, the rules of its subjects, and the collection in the
    service's database that holds their documents, and beside it the marks of how far it was read."""

    topic: str
    rules: Rules
    collection: str


class Line:
    """The machine of one story, its reader, timers and sweeper, and the commands on its subjects."""

    def __init__(
        self, topic: str, rules: Rules, subscription: Subscription, *, broker: Broker, documents: Documents,
        clock: Clock, codec: Codec, metrics: MachineMetrics, closed: Callable[[], str | None] = lambda: None,
    ) -> None:  # fmt: skip
        self.topic, self.documents, self._broker = topic, documents, broker
        publisher = Publisher(broker, documents, metrics)
        self.machine = Machine(
            rules, codec=codec, documents=documents, publisher=publisher, clock=clock, topic=topic, partitions=1,
            metrics=metrics,
        )  # fmt: skip
        self.reader = Reader(self.machine, broker, subscription)
        self.timers = Timers(self.machine, clock, self.reader.ends.caught_up, self.reader.ends.prove)
        self.reader.ends.on_caught_up, self.machine.on_armed = self.timers.read_to_end, self.timers.armed
        self.sweeper = Sweeper(documents, publisher, self.reader.met)
        self.commands = Commands(self.machine, closed)

    async def rebuilding(self) -> bool:
        """Whether any partition, whosever it is, is being rebuilt, or was never met. Raises StoreDown."""
        marks = await self.documents.marks()
        found = [marks.get(str(number)) for number in range(self.machine.partitions)]
        return any(mark is None or mark.rebuild_until is not None for mark in found)

    async def heard(self) -> None:
        """Return when all that the story tells by now is folded, whichever process of the service does that. Raises
        BrokerDown, StoreDown."""
        ends = await self._broker.ends_of(self.topic)
        while True:
            folded = await self._folded()
            if all(folded.get(number, 0) >= end for number, end in ends.items()):
                return
            await asyncio.sleep(LOOK_EVERY)

    async def _folded(self) -> Mapping[int, int]:
        """How far each partition is folded: of others' by what they noted, a second ago at most."""
        own = {number: partition.position for number, partition in self.reader.partitions.items()}
        if len(own) == self.machine.partitions:
            return own
        marks = await self.documents.marks()
        return {int(name): mark.position for name, mark in marks.items() if name.isdecimal()} | own
