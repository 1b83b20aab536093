"""The machine: router's fold through the whole loop, against the same loop written bare.

The bare loop reads the same records and documents, writes the same documents, publishes the same bytes to the same
topics, clears and commits. What it leaves out is what the machine is for: folding, deciding, and the care taken.
"""

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.parts import PARTITIONS, Bench, broker, place, reports, submitted
from bench.result import Result, Target
from sanfu.contracts import names
from sanfu.router.app import assemble
from sanfu.router.settings import RouterSettings
from sanfu.runtime import loop
from sanfu.runtime.broker import Outgoing, partition_of
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import MongoDocuments
from sanfu.runtime.service import real_parts
from sanfu.runtime.store import Change, Mark

COUNT = 20_000
BATCH = 500
TARGETS = (Target("events_per_second", least=4500), Target("ratio", least=0.7))


@dataclass(slots=True)
class Heard:
    """What the machine wrote and published, for the bare loop to repeat."""

    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: dict[str, list[Outgoing]] = field(default_factory=lambda: defaultdict(list))


async def run(count: int = COUNT) -> Result:
    """Once to hear what the machine writes and to warm the parts; then each twice by turns, the better one counts."""
    with place() as bench:
        heard = Heard()
        async with _story(bench, count) as first:
            await _machine(first, count, heard)
        loop.settle_heap()
        rates: list[float] = []
        floors: list[float] = []
        for _ in range(2):
            async with _story(bench, count) as fresh:
                rates.append(await _machine(fresh, count))
                floors.append(await _bare(fresh, count, heard))
    outputs = sum(map(len, heard.records.values())) / count
    figures = {"events_per_second": max(rates), "outputs_per_event": outputs}
    return Result("machine", figures, {"bare_loop_per_second": max(floors)}, max(rates) / max(floors), TARGETS)


@asynccontextmanager
async def _story(bench: Bench, count: int) -> AsyncIterator[Bench]:
    """Give a place with topics of its own, and so many reports on the story."""
    fresh = replace(bench, prefix=f"{bench.prefix}{uuid.uuid4().hex[:4]}")
    async with broker(fresh) as adapter:
        stock = reports()
        sent = [submitted(n, stock[n % len(stock)], f"i-{n:06d}") for n in range(count)]
        await asyncio.sleep(2)  # a new topic's leaders take a moment to know that they are
        for start in range(0, count, 2000):
            assert all(await adapter.publish(sent[start : start + 2000]))
    yield fresh


async def _machine(bench: Bench, count: int, heard: Heard | None = None) -> float:
    """Run the router over the story; events per second from start to everything folded and published."""
    settings = RouterSettings(kafka=bench.kafka, mongo=bench.mongo, prefix=bench.prefix, city=bench.packs.root)
    parts = real_parts(settings, "machine")
    if heard is not None:
        documents, adapter = NotedDocuments(parts.database, "subjects"), NotedBroker(bench.kafka, bench.prefix)
        documents.heard = adapter.heard = heard
        parts = replace(parts, broker=adapter, documents=documents)
    await parts.documents.prepare()
    await parts.documents.set_marks({str(n): Mark(0) for n in range(PARTITIONS)})
    service = assemble(settings, parts, bench.packs)
    began = time.perf_counter()
    await service.start()
    while sum(p.position for p in service.reader.partitions.values()) < count:  # noqa: ASYNC110 (no event tells it)
        await asyncio.sleep(0.05)
    while not (await service.watcher.quiet())["quiet"]:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    took = time.perf_counter() - began
    await service.stop()
    await parts.database.client.drop_database(parts.database.name)
    parts.database.client.close()
    assert heard is None or len(heard.documents) == count
    return count / took


class NotedDocuments(MongoDocuments):
    """Notes by reference what is written."""

    heard: Heard

    async def write(self, changes: Sequence[Change]) -> bool:
        for change in changes:
            if change.ver == 0:
                self.heard.documents[change.id] = {"_id": change.id, **change.sets, "outbox": list(change.pushes)}
        return await super().write(changes)


class NotedBroker(KafkaBroker):
    """Notes by reference what is published."""

    heard: Heard

    async def publish(self, records: Sequence[Outgoing]) -> list[bool]:
        for record in records:
            self.heard.records[record.key].append(record)
        return await KafkaBroker.publish(self, records)


async def _bare(bench: Bench, count: int, heard: Heard) -> float:
    settings = RouterSettings(kafka=bench.kafka, mongo=bench.mongo, prefix=bench.prefix, city=bench.packs.root)
    parts = real_parts(settings, "bare")
    documents = parts.documents
    assert isinstance(documents, MongoDocuments)
    await documents.prepare()
    story = names.ISSUES.replace("sanfu", bench.prefix, 1)
    consumer = AIOKafkaConsumer(
        story, bootstrap_servers=bench.kafka, group_id=f"{bench.prefix}.bare", enable_auto_commit=False,
        auto_offset_reset="earliest", max_partition_fetch_bytes=2 << 20,
    )  # fmt: skip
    producer = AIOKafkaProducer(
        bootstrap_servers=bench.kafka, acks="all", enable_idempotence=True, max_batch_size=2 << 20,
        max_request_size=2 << 20,
    )  # fmt: skip
    await producer.start()
    began = time.perf_counter()
    await consumer.start()
    done: set[str] = set()  # what it publishes comes back to it, as it does to the machine
    while len(done) < count:
        found = await consumer.getmany(timeout_ms=100, max_records=BATCH)
        keys = [record.key.decode() for batch in found.values() for record in batch]
        ids = [key for key in dict.fromkeys(keys) if key in heard.documents and key not in done]
        if ids:
            await documents.collection.find({"_id": {"$in": ids}}).to_list(None)
            await documents.collection.insert_many([heard.documents[id] for id in ids], ordered=False)
            await _send(producer, bench.prefix, [record for id in ids for record in heard.records[id]])
            refs = [entry["ref"] for id in ids for entry in heard.documents[id]["outbox"]]
            pull = {"$pull": {"outbox": {"ref": {"$in": refs}}}}
            await documents._lax.update_many({"_id": {"$in": ids}}, pull)
            await consumer.commit()
            done.update(ids)
    took = time.perf_counter() - began
    await consumer.stop()
    await producer.stop()
    await parts.database.client.drop_database(parts.database.name)
    parts.database.client.close()
    return count / took


async def _send(producer: AIOKafkaProducer, prefix: str, records: Sequence[Outgoing]) -> None:
    places: dict[tuple[str, int], list[Outgoing]] = defaultdict(list)
    for record in records:
        count = PARTITIONS if record.topic == names.ISSUES else 1
        places[record.topic, partition_of(record.key, count)].append(record)
    waiting = []
    for (topic, number), group in places.items():
        batch = producer.create_batch()
        for record in group:
            batch.append(key=record.key.encode(), value=record.value, timestamp=None, headers=list(record.headers))
        waiting.append(await producer.send_batch(batch, topic.replace("sanfu", prefix, 1), partition=number))
    await asyncio.gather(*waiting)
