"""The lights of a bench: when each one came on the story."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from aiokafka import AIOKafkaConsumer

from bench.parts import Bench
from sanfu.contracts import names
from sanfu.contracts.wire import peek


@dataclass(slots=True)
class Lights:
    """What came on the story: for each issue and clock when it arrived (epoch seconds), and when it was due."""

    arrived: dict[tuple[str, str], float] = field(default_factory=dict)
    told_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, kind: str) -> int:
        """How many issues of a kind have their light."""
        return self.counts.get(kind, 0)

    def first(self, kind: str) -> float:
        return min(at for (subject, _), at in self.arrived.items() if subject.startswith(kind))

    def last(self, kind: str) -> float:
        return max(at for (subject, _), at in self.arrived.items() if subject.startswith(kind))

    def came(self, key: tuple[str, str], told_at: datetime, now: float) -> None:
        if key not in self.arrived:
            self.arrived[key], self.told_at[key] = now, told_at
            kind = key[0].partition("-")[0]
            self.counts[kind] = self.counts.get(kind, 0) + 1


@contextmanager
def watched(bench: Bench) -> Iterator[Lights]:
    """Read the story beside what is measured."""
    lights = Lights()
    watching = asyncio.ensure_future(_watch(bench, lights))
    try:
        yield lights
    finally:
        watching.cancel()


async def _watch(bench: Bench, lights: Lights) -> None:
    consumer = AIOKafkaConsumer(
        names.ISSUES.replace("sanfu", bench.prefix, 1), bootstrap_servers=bench.kafka, fetch_max_wait_ms=20,
        auto_offset_reset="earliest",
    )  # fmt: skip
    await consumer.start()
    try:
        while True:
            for batch in (await consumer.getmany(timeout_ms=50)).values():
                now = time.time()
                for record in batch:
                    heads = peek(record.headers)
                    if heads.type == names.LIGHT_CHANGED:
                        key = (heads.subject, orjson.loads(record.value)["clock"])
                        lights.came(key, heads.time, now)
    finally:
        await consumer.stop()
