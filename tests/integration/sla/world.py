"""sla on real parts, with a clock that the test moves."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson

from sanfu.city.holidays_cn import national_calendar
from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import peek, to_headers
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.service import Service, real_parts
from sanfu.sla.app import assemble
from sanfu.sla.settings import SlaSettings
from tests.support import packs
from tests.unit.sla.policies import local

KEY = "a-key-to-the-clocks"
ASSIGNED: dict[str, Any] = {
    "unit": "tax", "grade": "complex", "urgency": "normal", "audience": "resident", "assignment": 1,
    "decided_by": "rule", "reason": "r", "pack": "p",
}  # fmt: skip
HANDLED: dict[str, Any] = {
    "unit": "tax", "outcome": "solved", "reply": "done", "assignment": 1, "by": {"id": "u-1", "role": "officer"},
}  # fmt: skip


def told(service: str, type: str, subject: str, at: str, data: dict[str, Any]) -> Outgoing:
    event = Event(event_id(service, subject, 1), type, service, subject, 1, local(at), data)
    return Outgoing(names.ISSUES, subject, codec.encode(type, data), to_headers(event))


def assigned(subject: str, at: str) -> Outgoing:
    return told("router", names.ISSUE_ASSIGNED, subject, at, ASSIGNED)


def handled(subject: str, at: str) -> Outgoing:
    received = local(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return told("desk", names.ISSUE_HANDLED, subject, at, {**HANDLED, "received_at": received})


@asynccontextmanager
async def running(
    kafka: str, mongo: str, prefix: str, now: str, *, empty: bool = False, city: Path = packs.SHIPPED
) -> AsyncIterator[tuple[Service, ManualClock]]:
    settings = SlaSettings(sla_key=KEY, kafka=kafka, mongo=mongo, prefix=prefix)
    clock = ManualClock(local(now))
    parts = replace(real_parts(settings, "sla"), clock=clock)
    if empty:
        await parts.documents.wipe()
    service = assemble(settings, parts, PackHolder(city), national_calendar())
    await service.start()
    try:
        yield service, clock
    finally:
        await service.stop()
        parts.database.client.close()


async def said(broker: KafkaBroker, type: str, clock: str = "handling") -> list[tuple[str, dict[str, Any]]]:
    records = [(record, peek(record.headers)) for record in await broker.read(names.ISSUES)]
    own = [(head.subject, orjson.loads(record.value or b"")) for record, head in records if head.type == type]
    return [(subject, body) for subject, body in own if body["clock"] == clock]


async def lights(broker: KafkaBroker) -> Counter[tuple[str, str]]:
    return Counter((subject, body["level"]) for subject, body in await said(broker, names.LIGHT_CHANGED))


def client(service: Service) -> httpx.AsyncClient:
    """A client of its API that holds the key."""
    key = {"Authorization": f"Bearer {KEY}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://sla", headers=key)
