"""What was written and never published goes out, whatever else is stuck. On memory parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry

from sanfu.runtime import sweeper as module
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.memory import Fault, MemoryBroker, MemoryDocuments
from sanfu.runtime.metrics import machine_metrics
from sanfu.runtime.outbox import Publisher
from sanfu.runtime.store import Change, Entry, StoreDown
from sanfu.runtime.sweeper import Sweeper

THERE, MISSING, ELSEWHERE = "sanfu.there.v1", "sanfu.missing.v1", "sanfu.elsewhere.v1"
AT = datetime(2026, 3, 2, tzinfo=UTC)
LATER = AT + timedelta(seconds=10)


def entry(id: str, to: str = THERE) -> Entry:
    return Entry(ref=f"{to}#{id}", to=to, key=id, headers=[], value=id.encode(), at=AT)


async def stored(documents: MemoryDocuments, id: str, *entries: Entry) -> None:
    assert await documents.write([Change(id, 0, {"ver": 1, "p": 0}, (), entries)])


def parts(documents: MemoryDocuments | None = None) -> tuple[MemoryBroker, MemoryDocuments, Sweeper]:
    broker, documents = MemoryBroker(), documents or MemoryDocuments()
    broker.create(THERE)
    publisher = Publisher(broker, documents, machine_metrics(CollectorRegistry()))
    return broker, documents, Sweeper(documents, publisher, dict)


def went(broker: MemoryBroker, topic: str = THERE) -> list[str | None]:
    return [record.key for record in broker.topics[topic][0]]


async def test_only_what_is_old_enough_is_swept() -> None:
    broker, documents, sweeper = parts()
    await stored(documents, "a", entry("a"))
    assert await sweeper.sweep([0], AT - timedelta(seconds=1)) == 0
    assert await sweeper.sweep([1], LATER) == 0
    assert await sweeper.sweep([0], LATER) == 1
    assert went(broker) == ["a"]
    assert documents.documents["a"]["outbox"] == []


async def test_a_missing_topic_is_an_alarm_and_nothing_else_waits_for_it() -> None:
    broker, documents, sweeper = parts()
    stuck = [f"stuck-{n:04}" for n in range(module.PAGE + 50)]
    for id in stuck:
        await stored(documents, id, entry(id, MISSING))
    await stored(documents, "z", entry("z"))
    sweeper.publisher.away = True  # the broker was away, and nobody else tries
    for _ in range(3):
        await sweeper.sweep([0], LATER)
    assert went(broker) == ["z"]
    assert not sweeper.publisher.away
    assert sweeper.publisher.metrics.missing_topics._value.get() == 1
    broker.create(MISSING)
    for _ in range(3):
        await sweeper.sweep([0], LATER)
    assert sorted(filter(None, went(broker, MISSING))) == stuck
    assert sweeper.publisher.metrics.missing_topics._value.get() == 0


@dataclass(slots=True)
class Forgetting(MemoryDocuments):
    """Fails to clear once."""

    failed: bool = False

    async def clear(self, published: Mapping[str, Sequence[str]]) -> None:
        if not self.failed:
            self.failed = True
            raise StoreDown("no answer")
        await MemoryDocuments.clear(self, published)


async def test_what_was_published_and_could_not_be_cleared_does_not_stay_for_ever() -> None:
    _, documents, sweeper = parts(Forgetting())
    await stored(documents, "a", entry("a"))
    try:
        await sweeper.sweep([0], LATER)
    except StoreDown:
        await sweeper.sweep([0], LATER)
    assert documents.documents["a"]["outbox"] == []


async def test_while_the_broker_is_away_only_the_sweeper_tries_until_it_gets_through() -> None:
    broker, documents, sweeper = parts()
    await stored(documents, "a", entry("a"))
    broker.down = True
    await sweeper.sweep([0], LATER)
    assert sweeper.publisher.away
    broker.down = False
    assert await sweeper.publisher.publish([("b", [entry("b")])]) == 0
    await sweeper.sweep([0], LATER)
    assert await sweeper.publisher.publish([("b", [entry("b")])]) == 1
    assert went(broker) == ["a", "b"]


async def test_a_document_for_a_collection_of_its_own_does_not_wait_for_the_broker() -> None:
    broker, documents, sweeper = parts()
    broker.down = sweeper.publisher.away = True
    kept = Entry(ref="db:contacts#b", to="db:contacts", key="b", headers=[], value={"_id": "b"}, at=AT)
    await stored(documents, "b", entry("b"), kept)
    assert await sweeper.publisher.publish([("b", documents.documents["b"]["outbox"])]) == 1
    assert documents.others["contacts"] == {"b": {"_id": "b"}}
    assert [e["ref"] for e in documents.documents["b"]["outbox"]] == [f"{THERE}#b"], "what is for the broker stays"
    assert sweeper.publisher.away, "nothing was asked of the broker, so nothing is known of it"


async def test_an_outbox_whose_first_entry_failed_is_cleared_of_nothing_behind_it() -> None:
    broker, documents, sweeper = parts()
    await stored(documents, "a", entry("a1"), entry("a2"))
    broker.fail_next.append(Fault.UNKNOWN)
    await sweeper.sweep([0], LATER)
    assert [e["ref"] for e in documents.documents["a"]["outbox"]] == [f"{THERE}#a1", f"{THERE}#a2"]
    await sweeper.sweep([0], LATER)
    assert went(broker) == ["a1", "a1", "a2"]


@dataclass(slots=True)
class Careless(MemoryBroker):
    """Acknowledges what stands behind a failure, which no broker should."""

    async def publish(self, records: Sequence[Outgoing]) -> list[bool]:
        await MemoryBroker.publish(self, records)
        return [False, *(True for _ in records[1:])]


async def test_nothing_behind_a_failure_is_cleared_even_if_a_broker_acknowledged_it() -> None:
    broker, documents = Careless(), MemoryDocuments()
    broker.create(THERE)
    broker.create(ELSEWHERE)
    await stored(documents, "a", entry("a1"), entry("a2"), entry("a3", to=ELSEWHERE))
    publisher = Publisher(broker, documents, machine_metrics(CollectorRegistry()))
    await publisher.publish([("a", documents.documents["a"]["outbox"])])
    assert [e["ref"] for e in documents.documents["a"]["outbox"]] == [f"{THERE}#a1", f"{THERE}#a2"]
