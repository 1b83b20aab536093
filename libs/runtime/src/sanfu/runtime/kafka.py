"""The broker on Kafka. With its neighbour, which reads, the only module that imports aiokafka.

The client's known faults are met here: its defaults are neither `acks=all` nor idempotent; an idempotent producer that
failed once may fail for ever (so each failure makes a new one); sends may wait for ever (so each wait is bounded); a
send to a topic that does not exist blocks for 40 s (so targets are checked against the metadata first).
"""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from sanfu.contracts.envelope import MAX_BODY
from sanfu.runtime.broker import BrokerDown, Incoming, Outgoing, held_up, partition_of
from sanfu.runtime.kafka_reading import LARGEST, LOST, KafkaFamily, KafkaSubscription, incoming

log = structlog.get_logger()

BATCH = MAX_BODY
"""Bytes of a batch of several records. The broker holds a topic's `max.message.bytes` against whole batches, and every
topic takes one body of this size."""
LOOK_AGAIN = 5.0
"""Seconds between two looks for a topic that is missing."""


@dataclass(slots=True)
class KafkaBroker:
    """`broker.Broker` on Kafka. `prefix` replaces the leading `sanfu` of each logical topic and group name."""

    bootstrap: str
    prefix: str = "sanfu"
    send_within: float = 10.0
    fetch_wait_ms: int = 50
    session_ms: int = 10_000
    security: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What every client is made with beside the address: TLS, an account (`security.security`)."""
    missing: set[str] = field(default_factory=set)
    oversized: dict[tuple[str, str], float] = field(default_factory=dict)
    _producer: AIOKafkaProducer | None = None
    _topics: dict[str, int] = field(default_factory=dict)
    _narrow: set[str] = field(default_factory=set)
    """Topics that did not take a batch of several records: they get each alone."""
    _looked: float = 0.0
    _turning: asyncio.Lock = field(default_factory=asyncio.Lock)
    _asker: AIOKafkaConsumer | None = None
    """For questions only: on a consumer's own connection they wait behind its fetch, until that comes back."""
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def start(self) -> None:
        self._producer = await self._new_producer()
        await self._look()

    async def stop(self) -> None:
        if self._producer is not None:
            await self._retire(self._producer)
            self._producer = None
        await self._hang_up()

    def address(self) -> dict[str, Any]:
        """Where the broker is, and how to come in: for every client."""
        return {"bootstrap_servers": self.bootstrap, **self.security}

    def name(self, logical: str) -> str:
        """The topic's or group's name on the broker."""
        return self.prefix + logical.removeprefix("sanfu")

    def logical(self, name: str) -> str:
        """The name by which a service knows a topic of the broker."""
        return "sanfu" + name.removeprefix(self.prefix)

    async def topics(self) -> list[str]:
        """The topics of this prefix, as they were when one last looked. Raises BrokerDown."""
        return [*self._topics]

    async def partitions(self, topic: str) -> int | None:
        if topic not in self._topics:
            await self._look()
        return self._topics.get(topic)

    async def publish(self, records: Sequence[Outgoing]) -> list[bool]:
        acknowledged = [False] * len(records)
        await self._look_for({record.topic for record in records})
        plan: dict[tuple[str, int], list[int]] = defaultdict(list)
        for place, record in enumerate(records):
            count = self._topics.get(record.topic)
            if not count:
                self.missing.add(record.topic)
            elif not held_up(self.oversized, record):
                plan[record.topic, partition_of(record.key, count)].append(place)
        producer = self._producer
        if producer is None:
            producer = await self._replacement(None)
        if producer is None:
            return acknowledged
        parts = [self._send(producer, topic, n, places, records) for (topic, n), places in plan.items()]
        failed = False
        for (sent, whole), places in zip(await asyncio.gather(*parts), plan.values(), strict=True):
            failed = failed or not whole
            for place in places[:sent]:
                acknowledged[place] = True
                if self.oversized:
                    self.oversized.pop((records[place].topic, records[place].key), None)
        if failed:
            await self._replacement(producer)
        return acknowledged

    def subscribe(self, topic: str, *, group: str, member: str) -> KafkaSubscription:
        return KafkaSubscription(self, topic, group, member)

    def family(self, name: str, *, group: str, member: str, codes: Sequence[str] = ()) -> KafkaFamily:
        return KafkaFamily(self, name, group, member, codes)

    async def ends_of(self, topic: str) -> dict[int, int]:
        places = [TopicPartition(self.name(topic), n) for n in range(await self.partitions(topic) or 0)]
        return {place.partition: end for place, end in (await self.ends(places)).items()}

    async def read(self, topic: str, key: str | None = None) -> list[Incoming]:
        count = await self.partitions(topic)
        if not count:
            return []
        consumer = AIOKafkaConsumer(**self.address(), enable_auto_commit=False)
        wanted = range(count) if key is None else [partition_of(key, count)]
        found: list[Incoming] = []
        try:
            await consumer.start()
            places = [TopicPartition(self.name(topic), n) for n in wanted]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            ends = await consumer.end_offsets(places)
            while any([await consumer.position(place) < ends[place] for place in places]):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found += [incoming(topic, r) for r in batch]
        except (KafkaError, *LOST) as error:
            raise BrokerDown(str(error)) from error
        finally:
            await consumer.stop()
        return [r for r in found if key is None or r.key == key]

    async def ends(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The end of each of these partitions now. Raises BrokerDown."""
        try:
            async with asyncio.timeout(10):
                found: dict[TopicPartition, int] = await (await self._questioner()).end_offsets(places)
        except (KafkaError, *LOST) as error:
            await self._hang_up()
            raise BrokerDown(f"{type(error).__name__}: {error}") from error
        return found

    async def _questioner(self) -> AIOKafkaConsumer:
        async with self._asking:
            if self._asker is None:
                asker = AIOKafkaConsumer(**self.address(), enable_auto_commit=False)
                try:
                    await asker.start()
                except BaseException:
                    await asker.stop()
                    raise
                self._asker = asker
            return self._asker

    async def _hang_up(self) -> None:
        asker, self._asker = self._asker, None
        if asker is not None:
            with contextlib.suppress(KafkaError, *LOST):
                await asyncio.wait_for(asker.stop(), 2.0)

    # --- sending ----------------------------------------------------------------------------------------------------

    async def _send(
        self, producer: AIOKafkaProducer, topic: str, number: int, places: list[int], records: Sequence[Outgoing]
    ) -> tuple[int, bool]:
        """Send one partition's records, batch after batch, each only once the one before is acknowledged. Answer how
        many were acknowledged, and whether the producer may still be trusted."""
        sent = 0
        while sent < len(places):
            batch = producer.create_batch()
            size = 0
            for place in places[sent:]:
                record = records[place]
                made = batch.append(
                    key=record.key.encode(), value=record.value, timestamp=None, headers=list(record.headers)
                )
                if made is None:
                    break
                size += 1
                if topic in self._narrow:
                    break
            try:
                async with asyncio.timeout(self.send_within):
                    await (await producer.send_batch(batch, self.name(topic), partition=number))
            except MessageSizeTooLargeError:
                self._too_long(records[places[sent]], size)
                return sent, False
            except (KafkaError, *LOST) as error:
                log.warning("publish_failed", topic=topic, partition=number, error=type(error).__name__)
                return sent, False
            sent += size
        return sent, True

    def _too_long(self, first: Outgoing, count: int) -> None:
        """Note what to do otherwise the next time. A producer whose batch was not taken is trusted no more."""
        if count > 1:
            self._narrow.add(first.topic)
        else:
            self.oversized[first.topic, first.key] = time.monotonic()
        log.error("too_long_for_its_topic", topic=first.topic, key=first.key, records=count)

    async def _new_producer(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self.address(), acks="all", enable_idempotence=True, max_batch_size=BATCH,
            max_request_size=LARGEST, request_timeout_ms=int(self.send_within * 1000), compression_type=None,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self.send_within):
                await producer.start()
        except BaseException as error:  # also who is stopped meanwhile leaves no connection open
            with contextlib.suppress(Exception):
                await asyncio.wait_for(producer.stop(), 2.0)
            if isinstance(error, (KafkaError, *LOST)):
                raise BrokerDown(f"{type(error).__name__}: {error}") from error
            raise
        return producer

    async def _replacement(self, failed: AIOKafkaProducer | None) -> AIOKafkaProducer | None:
        """Put a new producer into the place of one that failed; None while the broker can't be reached."""
        async with self._turning:
            if self._producer is not None and self._producer is not failed:
                return self._producer
            if failed is not None:
                self._producer = None
                await self._retire(failed)
            with contextlib.suppress(BrokerDown):
                self._producer = await self._new_producer()
            return self._producer

    async def _retire(self, producer: AIOKafkaProducer) -> None:
        """Close a producer that may never answer again."""
        task = asyncio.ensure_future(producer.stop())
        done, _ = await asyncio.wait({task}, timeout=2.0)
        if not done:
            task.cancel()
            sender = getattr(producer, "_sender", None)
            with contextlib.suppress(Exception, asyncio.CancelledError):
                if sender is not None and sender.sender_task is not None:
                    sender.sender_task.cancel()
                    await asyncio.wait({sender.sender_task}, timeout=1.0)
                await asyncio.wait_for(producer.client.close(), 2.0)
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await task

    # --- which topics there are -------------------------------------------------------------------------------------

    async def _look_for(self, topics: Iterable[str]) -> None:
        unknown = [topic for topic in topics if topic not in self._topics]
        if unknown and time.monotonic() - self._looked > LOOK_AGAIN:
            with contextlib.suppress(BrokerDown):
                await self._look()

    async def _look(self) -> None:
        producer = self._producer or await self._replacement(None)
        if producer is None:
            raise BrokerDown(f"no broker at {self.bootstrap}")
        try:
            async with asyncio.timeout(self.send_within):
                cluster = await producer.client.fetch_all_metadata()
        except (KafkaError, *LOST) as error:
            raise BrokerDown(f"{type(error).__name__}: {error}") from error
        self._looked = time.monotonic()
        dot = self.prefix + "."
        self._topics = {
            "sanfu." + name.removeprefix(dot): len(cluster.partitions_for_topic(name) or ())
            for name in cluster.topics()
            if name.startswith(dot)
        }
        self.missing -= self._topics.keys()
