"""Intake on memory parts, with the city pack as shipped, and the ways a test looks at what it did."""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import orjson
from pydantic import SecretStr

from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.contracts.codec import Codec
from sanfu.contracts.contacts import ContactRecord
from sanfu.contracts.envelope import Event
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import to_headers
from sanfu.intake.app import assemble
from sanfu.intake.settings import IntakeSettings
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.sealing import Keys, Sealed, Sealer
from sanfu.runtime.service import Parts, Service
from tests.support.cases import assigned
from tests.support.eventually import eventually

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CITY = Path(__file__).resolve().parents[3] / "cities" / "yiwu"
KEYS = Keys("k1", {"k1": b"k" * 32}, b"i" * 32)
OPS = {"Authorization": "Bearer operators-token-of-tests"}
HOTLINE = {"X-Api-Key": "hotline-key-hotline-key-hotline-key"}
APP = "open311-key-open311-key-open311-key"
KEYED = {
    "hotline": HOTLINE["X-Api-Key"],
    "visit": "visit-key-visit-key-visit-key-visit-key",
    "open311": APP,
}
STORY_CODEC: Codec = codec


@cache
def pack() -> Pack:
    loaded = load(CITY, NOW.date())
    assert loaded.pack is not None, loaded.problems[:3]
    return loaded.pack


@dataclass(frozen=True, slots=True)
class World:
    """One running intake."""

    service: Service
    client: httpx.AsyncClient
    broker: MemoryBroker
    documents: MemoryDocuments
    clock: ManualClock

    async def post(self, body: Any, headers: dict[str, str] | None = None, path: str = "/v1/issues") -> httpx.Response:
        return await self.client.post(path, json=body, headers=headers or {})

    async def told(self) -> list[dict[str, Any]]:
        """The bodies of the story's events, oldest first."""
        await self.service.commands.drain()
        records = await self.broker.read(names.ISSUES)
        return [orjson.loads(record.value or b"") for record in records]

    async def hear(self, issue: str, type: str, body: dict[str, Any]) -> None:
        """Have desk tell something of an issue, and wait until intake knows it."""
        told = self.documents.documents[issue]["seen"].get("desk", 0) + 1
        event = Event(f"desk:{issue}:{told}", type, "desk", issue, told, self.clock.now(), body)
        record = Outgoing(names.ISSUES, issue, codec.encode(type, body), to_headers(event))
        assert all(await self.broker.publish([record]))
        await eventually(lambda: self.documents.documents[issue]["seen"].get("desk") == told)

    async def taken_up(self, **more: Any) -> str:
        """Have an open, anonymous report taken up by a unit; return its id."""
        answer = await self.post(report(party=None, category="road-lamp", **more))
        id: str = answer.json()["id"]
        await self.service.commands.drain()
        await self.hear(id, names.ISSUE_ASSIGNED, assigned())
        return id

    async def contacts(self) -> list[tuple[str, ContactRecord | None]]:
        """The contact topic's records: key, and the record; None for a tombstone."""
        await self.service.commands.drain()
        return [
            (record.key or "", ContactRecord.model_validate_json(record.value) if record.value else None)
            for record in await self.broker.read(names.CONTACTS)
        ]


def opened(record: ContactRecord, name: str) -> dict[str, Any]:
    """What is in one box of a contact record."""
    box = getattr(record, name)
    sealed = Sealed.read({"key_id": box.key, "nonce": box.nonce, "box": box.sealed})
    found: dict[str, Any] = orjson.loads(Sealer(KEYS).open(sealed, f"{record.issue}/intake/{name}".encode()))
    return found


def settings(**more: Any) -> IntakeSettings:
    ring = orjson.dumps(
        {
            "current": KEYS.current,
            "keys": {name: base64.b64encode(key).decode() for name, key in KEYS.ring.items()},
            "index_key": base64.b64encode(KEYS.index).decode(),
        }
    ).decode()
    given: dict[str, Any] = {
        "keys": SecretStr(ring),
        "ops_token": SecretStr(OPS["Authorization"].removeprefix("Bearer ")),
        "channel_keys": SecretStr(orjson.dumps(KEYED).decode()),
        "public_rate": "1000/minute",
        "contact_rate": "1000/minute",
        "open311_reading": "1000/minute",
        "public_url": "http://city.example",
    }
    return IntakeSettings(**{**given, **more})


@asynccontextmanager
async def running(packs: Callable[[], Pack] | None = None, **more: Any) -> AsyncIterator[World]:
    broker, documents, clock = MemoryBroker(), MemoryDocuments(), ManualClock(NOW)
    for topic in (names.ISSUES, names.CONTACTS, names.dead_letter_topic("intake")):
        broker.create(topic, 2)
    service = assemble(settings(**more), Parts(broker, documents, clock), packs or pack)
    await service.start()
    transport = httpx.ASGITransport(app=service.app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
            yield World(service, client, broker, documents, clock)
    finally:
        await service.stop()


def report(**more: Any) -> dict[str, Any]:
    """A plain report with a party; `more` is laid over it."""
    given = {
        "title": "路灯不亮",
        "text": "佛堂镇寺前街的路灯坏了三天，晚上很黑。",
        "party": {
            "name": "王小明",
            "phone": "138-0000-0001",
            "email": "wang@example.com",
            "address": "义乌市某小区8幢302",
        },
        "place": {"town": "fotang", "address": "寺前街60号", "lon": 120.02, "lat": 29.21},
        "audience": "resident",
    }
    return {**given, **more}
