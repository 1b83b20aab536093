"""The machine of the toy service on memory parts, piece by piece."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from sanfu.runtime.broker import Incoming, Outgoing
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.codec import Codec
from sanfu.runtime.consuming import Reader
from sanfu.runtime.letters import Letter, read_letter
from sanfu.runtime.machine import Machine
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.metrics import machine_metrics
from sanfu.runtime.outbox import Publisher
from sanfu.runtime.rules import Rules
from sanfu.runtime.store import Documents
from sanfu.runtime.timers import Timers
from tests.support import toy

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def toy_broker() -> MemoryBroker:
    broker = MemoryBroker()
    for name, count in toy.TOPICS.items():
        broker.create(name, count)
    return broker


@dataclass(slots=True)
class Process:
    """One process: a machine, its reader and its timers, on parts that it may share with others."""

    broker: MemoryBroker = field(default_factory=toy_broker)
    documents: Documents = field(default_factory=MemoryDocuments)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    rules: Rules = field(default_factory=toy.ToyRules)
    codec: Codec = field(default_factory=toy.ToyCodec)
    machine: Machine = field(init=False)
    reader: Reader = field(init=False)
    timers: Timers = field(init=False)

    def __post_init__(self) -> None:
        metrics = machine_metrics(CollectorRegistry())
        publisher = Publisher(self.broker, self.documents, metrics)
        self.machine = Machine(
            self.rules, codec=self.codec, documents=self.documents, publisher=publisher, clock=self.clock,
            topic=toy.STORY, partitions=toy.TOPICS[toy.STORY], metrics=metrics,
        )  # fmt: skip
        subscription = self.broker.subscribe(toy.STORY, group="sanfu.toy", member="sanfu.toy-0")
        self.reader = Reader(self.machine, self.broker, subscription)
        self.timers = Timers(self.machine, self.clock, self.reader.ends.caught_up, self.reader.ends.prove)
        self.reader.ends.on_caught_up, self.machine.on_armed = self.timers.read_to_end, self.timers.armed

    async def absorb(self, records: Sequence[Outgoing]) -> None:
        """Fold records as if they had been read, and publish what follows."""
        groups: dict[str, list[Letter]] = {}
        for record in records:
            letter = read_letter(Incoming(record.topic, 0, 0, record.key, record.value, record.headers))
            groups.setdefault(letter.heads.subject, []).append(letter)
        absorbed = await self.machine.absorb(groups)
        await self.machine.publisher.publish(absorbed.outboxes)
