"""Reading from Kafka, in groups with static members: one topic, or every topic of a family."""

import asyncio
import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    IllegalStateError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    NodeNotReadyError,
)

from sanfu.runtime.broker import BrokerDown, Fenced, Incoming, Place, family_pattern

if TYPE_CHECKING:
    from sanfu.runtime.kafka import KafkaBroker

LARGEST = 2 * 1024 * 1024
"""Bytes of a request: a dead letter may carry a record of 1 MB and its reason."""
LOST = (KafkaConnectionError, KafkaTimeoutError, NodeNotReadyError, asyncio.TimeoutError, OSError)


class _Member:
    """A member of a group, with a static name: after a kill a restart has its partitions at once."""

    def __init__(self, broker: "KafkaBroker", group: str, member: str) -> None:
        self._broker = broker
        self._group, self._member = broker.name(group), broker.name(member)
        self._consumer: Any = None

    async def start(self) -> None:
        consumer = AIOKafkaConsumer(
            **self._broker.address(), group_id=self._group, group_instance_id=self._member,
            enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=self._broker.fetch_wait_ms,
            max_partition_fetch_bytes=LARGEST, session_timeout_ms=self._broker.session_ms,
            heartbeat_interval_ms=self._broker.session_ms // 3, metadata_max_age_ms=self._look_again_ms,
            retry_backoff_ms=50,
        )  # fmt: skip
        self._choose(consumer)
        joining = asyncio.ensure_future(consumer.start())
        try:
            async with asyncio.timeout(30):
                await asyncio.shield(joining)
        except BaseException as error:  # also who is stopped while it joins leaves no connection open
            await asyncio.wait({joining}, timeout=1)  # the client loses sight of a connection whose making is cut short
            joining.cancel()
            await _hang_up(consumer, 5)
            if isinstance(error, (KafkaError, *LOST)):
                raise BrokerDown(f"{type(error).__name__}: {error}") from error
            raise
        self._consumer = consumer

    _look_again_ms = 30_000

    def _choose(self, consumer: Any) -> None:
        raise NotImplementedError

    async def stop(self) -> None:
        if self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            await _hang_up(consumer, 10)

    async def poll(self, most: int, seconds: float) -> list[Incoming]:
        try:
            async with asyncio.timeout(seconds + 10):
                found = await self._joined().getmany(timeout_ms=int(seconds * 1000), max_records=most)
        except LOST as error:
            raise BrokerDown(f"{type(error).__name__}: {error}") from error
        except KafkaError as error:
            if error.retriable:
                raise BrokerDown(f"{type(error).__name__}: {error}") from error
            raise Fenced(f"{type(error).__name__}: {error}") from error
        return [incoming(self._broker.logical(r.topic), r) for batch in found.values() for r in batch]

    def _joined(self) -> Any:
        """The consumer. Raises BrokerDown before `start` and after `stop`."""
        if self._consumer is None:
            raise BrokerDown("not in the group")
        return self._consumer

    def _places(self) -> list[TopicPartition]:
        return sorted(self._joined().assignment())

    async def _asked(self, question: Any) -> Any:
        try:
            async with asyncio.timeout(10):
                return await question
        except (KafkaError, *LOST) as error:
            raise BrokerDown(f"{type(error).__name__}: {error}") from error


class KafkaSubscription(_Member):
    """`broker.Subscription` on Kafka."""

    def __init__(self, broker: "KafkaBroker", topic: str, group: str, member: str) -> None:
        super().__init__(broker, group, member)
        self._topic = broker.name(topic)

    def _choose(self, consumer: Any) -> None:
        consumer.subscribe([self._topic])

    @property
    def assigned(self) -> frozenset[int]:
        if self._consumer is None:
            return frozenset()
        return frozenset(place.partition for place in self._consumer.assignment())

    async def position(self, partition: int, offset: int) -> None:
        try:
            self._joined().seek(TopicPartition(self._topic, partition), offset)
        except IllegalStateError as error:
            raise BrokerDown(f"partition {partition} went to another member meanwhile") from error

    async def committed(self, partition: int) -> int | None:
        committed: int | None = await self._asked(self._joined().committed(TopicPartition(self._topic, partition)))
        return committed

    async def commit(self, offsets: Mapping[int, int]) -> None:
        with contextlib.suppress(BrokerDown):
            await self._asked(self._joined().commit({TopicPartition(self._topic, n): o for n, o in offsets.items()}))

    async def ends(self) -> dict[int, int]:
        return {place.partition: end for place, end in (await self._broker.ends(self._places())).items()}

    async def beginnings(self) -> dict[int, int]:
        found = await self._asked(self._joined().beginning_offsets(self._places()))
        return {place.partition: offset for place, offset in found.items()}

    def end_seen(self, partition: int) -> tuple[float, int] | None:
        place = TopicPartition(self._topic, partition)
        if self._consumer is None or place not in self._consumer.assignment():
            return None
        at, end = self._consumer.last_poll_timestamp(place), self._consumer.highwater(place)
        return None if at is None or end is None else (at / 1000, end)


class KafkaFamily(_Member):
    """`broker.Family` on Kafka: its topics are found by a pattern."""

    _look_again_ms = 10_000

    def __init__(self, broker: "KafkaBroker", family: str, group: str, member: str, codes: Sequence[str] = ()) -> None:
        super().__init__(broker, group, member)
        self._pattern = re.compile(family_pattern(broker.name(family), codes))
        self._done: dict[TopicPartition, int] = {}

    def _choose(self, consumer: Any) -> None:
        consumer.subscribe(pattern=self._pattern.pattern)

    async def commit(self, done: Mapping[Place, int]) -> None:
        offsets = {TopicPartition(self._broker.name(topic), number): at for (topic, number), at in done.items()}
        self._done |= offsets
        with contextlib.suppress(BrokerDown):
            held = {place: at for place, at in offsets.items() if place in self._joined().assignment()}
            if held:  # what went to another member meanwhile is that one's to note
                await self._asked(self._joined().commit(held))

    async def lag(self) -> int:
        places = self._places()
        if not places:
            return sum(1 for topic in await self._broker.topics() if self._pattern.match(self._broker.name(topic)))
        await self._learn([place for place in places if place not in self._done])
        ends = await self._broker.ends(places)
        return sum(end - self._done[place] for place, end in ends.items())

    async def _learn(self, places: Sequence[TopicPartition]) -> None:
        """Ask where the group left off, of all these at once. The consumer's own `committed` is this for one, and would
        be asked for one after the other, each answer behind a fetch."""
        if not places:
            return
        first = await self._asked(self._joined().beginning_offsets(places))
        noted = await self._asked(self._joined()._coordinator.fetch_committed_offsets(places))
        for place in places:
            at = noted[place].offset if place in noted else -1
            self._done.setdefault(place, at if at >= 0 else first[place])


async def _hang_up(consumer: Any, seconds: float) -> None:
    """Stop a consumer. It waits for an answer from its group that may never come; after these seconds, or when the wait
    is cut short, it is taken apart, so that none of its connections stays open."""
    try:
        await asyncio.wait_for(consumer.stop(), seconds)
    except BaseException as error:
        for part in (consumer._fetcher, consumer._client):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(part.close(), 2)
        if not isinstance(error, Exception):
            raise


def incoming(topic: str, record: Any) -> Incoming:
    key = record.key.decode("utf-8", "replace") if record.key is not None else None
    return Incoming(topic, record.partition, record.offset, key, record.value, record.headers)
