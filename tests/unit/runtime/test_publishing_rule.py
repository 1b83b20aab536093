"""A model of the publishing rule: one outbox, many publishers, failed and unknown sends, crashes.

Coroutines are stepped by hand in an order drawn from a seed, so every run can be repeated; nothing waits for real.
"""

import asyncio
import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from sanfu.runtime.broker import Incoming, Outgoing
from sanfu.runtime.memory import Fault, MemoryBroker, MemoryDocuments
from sanfu.runtime.metrics import machine_metrics
from sanfu.runtime.outbox import Publisher
from sanfu.runtime.store import Change, Entry

TOPICS = ("sanfu.story.v1", "sanfu.copies.v1")
SUBJECT = "s-1"
RUNS = 20_000
METRICS = machine_metrics(CollectorRegistry())
AT = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(slots=True)
class SteppedBroker(MemoryBroker):
    """Sends record by record, with a chance for others to run in between, and fails by the dice."""

    dice: random.Random = field(default_factory=random.Random)
    trouble: float = 0.0
    goes_on_after_failure: bool = False

    async def publish(self, records: Sequence[Outgoing]) -> list[bool]:
        acknowledged: list[bool] = []
        ended: set[str] = set()
        for record in records:
            await asyncio.sleep(0)
            if record.topic in ended and not self.goes_on_after_failure:
                acknowledged.append(False)
                continue
            fault = self.dice.choice(list(Fault)) if self.dice.random() < self.trouble else None
            if fault is not Fault.REFUSED:
                log = self.topics[record.topic][0]
                log.append(Incoming(record.topic, 0, len(log), record.key, record.value, tuple(record.headers)))
            if fault is not None:
                ended.add(record.topic)
            acknowledged.append(fault is None)
        await asyncio.sleep(0)
        return acknowledged


class World:
    """One document, one broker, and publishers that come, go and die."""

    def __init__(self, seed: int, *, own_only: bool = False, goes_on: bool = False) -> None:
        self.dice = random.Random(seed)
        self.broker = SteppedBroker(dice=self.dice, goes_on_after_failure=goes_on)
        for topic in TOPICS:
            self.broker.create(topic)
        self.documents = MemoryDocuments()
        self.own_only = own_only
        self.processes = [Publisher(self.broker, self.documents, METRICS) for _ in range(3)]
        self.written = 0

    def entry(self) -> Entry:
        self.written += 1
        topic, id = self.dice.choice(TOPICS), f"e-{self.written}"
        return Entry(ref=f"{topic}#{id}", to=topic, key=SUBJECT, headers=[], value=id.encode(), at=AT)

    async def write(self, publisher: Publisher) -> None:
        """What a command or a batch does: compare-and-set with new entries, then publish."""
        document = (await self.documents.read([SUBJECT])).get(SUBJECT, {})
        ver, outbox = document.get("ver", 0), document.get("outbox", [])
        kept, fresh = self.written, [self.entry() for _ in range(self.dice.randint(1, 2))]
        if (self.documents.documents.get(SUBJECT) or {}).get("ver", 0) != ver:
            self.written = kept  # lost the compare-and-set: what it decided never was
            return
        assert await self._written(Change(SUBJECT, ver, {"ver": ver + 1, "p": 0}, (), fresh))
        await publisher.publish([(SUBJECT, fresh if self.own_only else [*outbox, *fresh])], trying=True)

    async def _written(self, change: Change) -> bool:
        """The store's write without its pause: a version is looked at and moved in one step."""
        return self.documents._apply(change)

    async def sweep(self, publisher: Publisher) -> None:
        document = (await self.documents.read([SUBJECT])).get(SUBJECT, {})
        await publisher.publish([(SUBJECT, document.get("outbox", []))], trying=True)

    def run(self, steps: int = 80) -> None:
        self.broker.trouble = 0.25
        live: list[Coroutine[Any, Any, None]] = []
        for _ in range(steps):
            if len(live) < 4 and self.dice.random() < 0.25:
                act = self.write if self.dice.random() < 0.6 else self.sweep
                live.append(act(self.dice.choice(self.processes)))
            if not live:
                continue
            one = self.dice.choice(live)
            if self.dice.random() < 0.03:
                one.close()  # kill -9
                live.remove(one)
                self.processes[self.dice.randrange(3)] = Publisher(self.broker, self.documents, METRICS)
            elif _ended(one):
                live.remove(one)
        for one in live:
            while not _ended(one):
                pass
        self.broker.trouble = 0.0
        for _ in range(3):
            last = self.sweep(Publisher(self.broker, self.documents, METRICS))
            while not _ended(last):
                pass

    def wrongs(self) -> list[str]:
        """What was lost, and what appeared first out of order."""
        seen = {topic: [r.value.decode() for r in self.broker.topics[topic][0] if r.value] for topic in TOPICS}
        first = {topic: list(dict.fromkeys(ids)) for topic, ids in seen.items()}
        told = {id for ids in first.values() for id in ids}
        lost = [f"lost e-{n}" for n in range(1, self.written + 1) if f"e-{n}" not in told]
        return lost + [f"permuted {ids}" for ids in first.values() if ids != sorted(ids, key=_number)]


def _number(id: str) -> int:
    return int(id.removeprefix("e-"))


def _ended(coroutine: Coroutine[Any, Any, None]) -> bool:
    try:
        coroutine.send(None)
    except StopIteration:
        return True
    return False


def _worlds(runs: int, **broken: bool) -> list[World]:
    worlds = []
    for seed in range(runs):
        world = World(seed, **broken)
        world.run()
        worlds.append(world)
    return worlds


def test_many_publishers_lose_nothing_and_permute_no_first_appearance() -> None:
    written = repeated = 0
    for seed in range(RUNS):
        world = World(seed)
        world.run()
        assert not world.wrongs(), f"seed {seed}"
        assert not world.documents.documents.get(SUBJECT, {}).get("outbox"), f"seed {seed}: left behind"
        written += world.written
        repeated += sum(len(world.broker.topics[topic][0]) for topic in TOPICS) - world.written
    assert written > RUNS
    assert repeated > RUNS / 10, "a model without trouble proves nothing"


@pytest.mark.parametrize("broken", ["own_only", "goes_on"])
def test_the_model_notices_when_the_rule_is_broken(broken: str) -> None:
    wrong = sum(bool(world.wrongs()) for world in _worlds(500, **{broken: True}))
    assert wrong > 25, f"{broken} went unnoticed"
