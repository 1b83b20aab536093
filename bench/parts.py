"""What benches stand on: a real broker and a real database, topics of their own, reports of the city pack."""

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id, instant
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import to_headers
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.kafka import KafkaBroker
from sanfu.stack.topics import create, wanted
from tests.support import parts

CITY = Path(__file__).parent.parent / "cities" / "yiwu"
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PARTITIONS = 8


@dataclass(frozen=True, slots=True)
class Bench:
    """One bench's place: addresses and a prefix of its own."""

    kafka: str
    mongo: str
    prefix: str
    packs: PackHolder


@contextmanager
def place() -> Iterator[Bench]:
    with parts.broker() as kafka, parts.database() as mongo:
        yield Bench(kafka, mongo, f"b{uuid.uuid4().hex[:8]}", PackHolder(CITY))


@asynccontextmanager
async def broker(bench: Bench) -> AsyncIterator[KafkaBroker]:
    """A broker adapter, with the city's topics made for this prefix."""
    await create(bench.kafka, wanted(bench.packs.current, bench.prefix), 1)
    adapter = KafkaBroker(bench.kafka, bench.prefix)
    await adapter.start()
    try:
        yield adapter
    finally:
        await adapter.stop()


def reports() -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (CITY / "reports.jsonl").read_bytes().splitlines()]


def submitted(number: int, report: dict[str, Any], subject: str) -> Outgoing:
    """A report of the pack as intake would have published it."""
    secret = report["secrecy"] in ("confidential", "sealed")
    body = {
        "receipt": f"R{number:09d}", "channel": report["channel"], "reported_at": instant(AT),
        "audience": report["audience"], "kind": report["kind"], "urgency": report["urgency"],
        "secrecy": report["secrecy"], "party_kind": report["party_kind"], "contact": "none",
        "title": "保密事项" if secret else report["text_title"], "text": None if secret else report["text_body"],
        "place": {"town": report["town"], "address": report["address"] or None},
        "category": report["category"], "pack": "0" * 12,
    }  # fmt: skip
    event = Event(event_id("intake", subject, 1), names.ISSUE_SUBMITTED, "intake", subject, 1, AT, body)
    return Outgoing(names.ISSUES, subject, codec.encode(names.ISSUE_SUBMITTED, body), to_headers(event))
