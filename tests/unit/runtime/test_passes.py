"""Of two passes over one document, the later waits until the earlier has sent: nothing goes out twice without need."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from sanfu.runtime.broker import Outgoing
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.metrics import machine_metrics
from sanfu.runtime.outbox import Beside, Publisher
from sanfu.runtime.store import Entry

TOPIC = "sanfu.there.v1"
AT = datetime(2026, 3, 2, tzinfo=UTC)
TURNS = 20
"""More turns of the loop than a pass on memory parts takes."""


@dataclass(slots=True)
class SlowBroker(MemoryBroker):
    """Begins to send at once and acknowledges when `open` is set; `refusing` takes nothing."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    refusing: bool = False

    async def publish(self, records: Sequence[Outgoing]) -> list[bool]:
        refusing = self.refusing
        sent = [] if refusing else await MemoryBroker.publish(self, records)
        await self.open.wait()
        return [False] * len(records) if refusing else sent


def parts() -> tuple[SlowBroker, Publisher]:
    broker = SlowBroker()
    broker.create(TOPIC)
    return broker, Publisher(broker, MemoryDocuments(), machine_metrics(CollectorRegistry()))


def outbox(id: str, *numbers: int) -> tuple[str, list[Entry]]:
    return id, [
        Entry(ref=f"{TOPIC}#{id}{n}", to=TOPIC, key=id, headers=[], value=f"{id}{n}".encode(), at=AT) for n in numbers
    ]


async def turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


def went(broker: MemoryBroker) -> list[str]:
    return [(record.value or b"").decode() for record in broker.topics[TOPIC][0]]


async def test_a_pass_waits_for_one_that_sends_entries_of_the_same_document() -> None:
    broker, publisher = parts()
    beside = Beside(publisher)
    await beside.publish([outbox("a", 1)])
    await turns()
    await beside.publish([outbox("a", 1, 2)])  # read before the first was cleared
    await turns()
    assert went(broker) == ["a1"]
    broker.open.set()
    await beside.ended()
    assert went(broker) == ["a1", "a2"]


async def test_a_pass_over_another_document_does_not_wait() -> None:
    broker, publisher = parts()
    beside = Beside(publisher)
    await beside.publish([outbox("a", 1)])
    await beside.publish([outbox("b", 1)])
    await turns()
    assert went(broker) == ["a1", "b1"]
    broker.open.set()
    await beside.ended()


async def test_what_the_earlier_did_not_get_through_the_later_leaves_to_the_sweeper() -> None:
    broker, publisher = parts()
    broker.refusing = True
    beside = Beside(publisher)
    await beside.publish([outbox("a", 1)])
    await turns()
    await beside.publish([outbox("a", 1, 2)])
    broker.refusing = False
    broker.open.set()
    await beside.ended()
    assert went(broker) == []
    assert await publisher.publish([outbox("a", 1, 2)], trying=True) == 2
    assert went(broker) == ["a1", "a2"]


async def test_the_sweeper_waits_for_nobody() -> None:
    broker, publisher = parts()
    stuck = asyncio.ensure_future(publisher.publish([outbox("a", 1)]))
    await turns()
    sweeping = asyncio.ensure_future(publisher.publish([outbox("a", 1)], trying=True))
    await turns()
    assert went(broker) == ["a1", "a1"]
    broker.open.set()
    await asyncio.gather(stuck, sweeping)


async def test_a_pass_that_was_stopped_holds_nobody_up() -> None:
    broker, publisher = parts()
    stopped = asyncio.ensure_future(publisher.publish([outbox("a", 1)]))
    await turns()
    stopped.cancel()
    with suppress(asyncio.CancelledError):
        await stopped
    broker.open.set()
    async with asyncio.timeout(5):
        assert await publisher.publish([outbox("a", 1, 2)]) == 2
    assert went(broker) == ["a1", "a1", "a2"]
