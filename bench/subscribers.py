"""Readers of all units' topics, and of the story: what arrived when, against when it was put on the story."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.parts import PARTITIONS, Bench
from sanfu.contracts import names
from sanfu.runtime.broker import Outgoing

TOGETHER = 50
"""Units whose topics one consumer reads: each unit has a system of its own, which has no other's topics to wait for."""


@dataclass(slots=True)
class Heard:
    """`told`: when an event was put on the story, by its id; `reported`: when its report was, by issue. `arrived`: when
    its copy came to a unit. Milliseconds since 1970: a record's own time, which its producer gave it."""

    told: dict[str, int] = field(default_factory=dict)
    reported: dict[str, int] = field(default_factory=dict)
    arrived: dict[tuple[str, str], float] = field(default_factory=dict)
    assigned: dict[tuple[str, str], str] = field(default_factory=dict)
    """Of what arrived, assignments: they come of a report, and are put on the story and the topic at once."""
    reviewed: set[str] = field(default_factory=set)
    """Issues that router gave to a person: no unit hears of them yet."""
    copies: list[Outgoing] = field(default_factory=list)
    hops: list[float] = field(default_factory=list)
    """Milliseconds from a producer to a unit."""

    def late(self) -> list[float]:
        """Milliseconds from the story to the unit, sorted; of copies whose event was told here, not before."""
        told = {key: self._told(*key) for key in self.arrived}
        return sorted(at - began for key, at in self.arrived.items() if (began := told[key]) is not None)

    def _told(self, topic: str, id: str) -> int | None:
        issue = self.assigned.get((topic, id))
        return self.told.get(id) if issue is None else self.reported.get(issue)

    def on_story(self, record: Any) -> None:
        id, type = _of(record)
        self.told[id] = record.timestamp
        if type == names.ISSUE_SUBMITTED:
            self.reported[record.key.decode()] = record.timestamp
        elif type == names.REVIEW_REQUESTED:
            self.reviewed.add(record.key.decode())

    def at_unit(self, record: Any) -> None:
        now = time.time() * 1000
        id, type = _of(record)
        key = (record.topic, id)
        self.arrived[key] = now
        self.hops.append(now - record.timestamp)
        self.copies.append(Outgoing(record.topic, record.key.decode(), record.value, list(record.headers)))
        if type == names.ISSUE_ASSIGNED:
            self.assigned[key] = record.key.decode()


def _of(record: Any) -> tuple[str, str]:
    found = dict(record.headers)
    return found["ce_id"].decode(), found["ce_type"].decode()


@dataclass(slots=True)
class Subscribers:
    """`heard` may be changed for another while they read."""

    heard: Heard = field(default_factory=Heard)

    @asynccontextmanager
    async def reading(self, bench: Bench, units: Sequence[str]) -> AsyncIterator[None]:
        story = names.ISSUES.replace("sanfu", bench.prefix, 1)
        topics = [names.unit_topic(code).replace("sanfu", bench.prefix, 1) for code in units]
        places = [[TopicPartition(story, number) for number in range(PARTITIONS)]]
        for at in range(0, len(units), TOGETHER):
            places.append([TopicPartition(one, 0) for one in topics[at : at + TOGETHER]])
        consumers = [AIOKafkaConsumer(bootstrap_servers=bench.kafka, auto_offset_reset="earliest") for _ in places]
        for consumer, there in zip(consumers, places, strict=True):
            await consumer.start()
            consumer.assign(there)
        tasks = [asyncio.ensure_future(self._read(one, at > 0)) for at, one in enumerate(consumers)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for consumer in consumers:
                await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer, of_units: bool) -> None:
        async for record in consumer:
            if of_units:
                self.heard.at_unit(record)
            else:
                self.heard.on_story(record)
