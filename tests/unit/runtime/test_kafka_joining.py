"""Who is stopped while a client of Kafka begins or ends leaves nothing open."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from sanfu.runtime import kafka, kafka_reading
from sanfu.runtime.kafka import KafkaBroker


@dataclass
class Joining:
    """A client whose joining never ends."""

    began: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: bool = False

    def subscribe(self, *_topics: Any, **_pattern: Any) -> None: ...

    async def start(self) -> None:
        self.began.set()
        await asyncio.Event().wait()

    async def stop(self) -> None:
        self.stopped = True


@pytest.mark.parametrize("kind", ["topic", "family"])
async def test_who_is_stopped_while_it_joins_closes_its_client(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client, broker = Joining(), KafkaBroker("127.0.0.1:1", "ours")
    monkeypatch.setattr(kafka_reading, "AIOKafkaConsumer", lambda **_settings: client)
    reader = (
        broker.subscribe("sanfu.issues.v1", group="sanfu.g", member="sanfu.m")
        if kind == "topic"
        else broker.family("sanfu.replies.{code}.v1", group="sanfu.g", member="sanfu.m")
    )
    joining = asyncio.ensure_future(reader.start())
    await client.began.wait()
    joining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await joining
    assert client.stopped


async def test_who_is_stopped_while_its_producer_begins_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    client, broker = Joining(), KafkaBroker("127.0.0.1:1", "ours")
    monkeypatch.setattr(kafka, "AIOKafkaProducer", lambda **_settings: client)
    starting = asyncio.ensure_future(broker.start())
    await client.began.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert client.stopped


@dataclass
class Part:
    closed: bool = False

    async def close(self) -> None:
        self.closed = True


@dataclass
class Stuck:
    """A consumer whose group never answers again."""

    _fetcher: Part = field(default_factory=Part)
    _client: Part = field(default_factory=Part)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def subscribe(self, *_topics: Any) -> None: ...

    async def start(self) -> None: ...

    async def stop(self) -> None:
        self.stopping.set()
        await asyncio.Event().wait()


async def test_a_leaving_that_is_cut_short_leaves_no_connection_open(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Stuck()
    monkeypatch.setattr(kafka_reading, "AIOKafkaConsumer", lambda **_settings: client)
    reader = KafkaBroker("127.0.0.1:1", "ours").subscribe("sanfu.issues.v1", group="sanfu.g", member="sanfu.m")
    await reader.start()
    leaving = asyncio.ensure_future(reader.stop())
    await client.stopping.wait()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert client._client.closed
    assert client._fetcher.closed
