"""Timers: sla's own process with 100,000 clocks armed; a burst at one instant, and a steady stream.

The issues are folded here through sla's own rules and written into its database; what is measured is its process from
there on: find what is due, fold, write, publish. Lateness is from the due instant to the arrival of LightChanged at a
consumer here, which is later than Kafka's acknowledgement.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from aiokafka import AIOKafkaConsumer
from pymongo import UpdateOne

from bench.parts import PARTITIONS, Bench, broker, place
from bench.processes import answers, resident, service
from bench.result import Result, Target, percentile
from sanfu.city.holidays_cn import national_calendar
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id, instant
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import peek, to_headers
from sanfu.runtime.broker import Incoming, Outgoing, partition_of
from sanfu.runtime.clock import Anchor, write_anchor
from sanfu.runtime.fold import Subject
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.letters import Letter
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.outcomes import Setting
from sanfu.runtime.store import Change, Mark
from sanfu.sla.domain.rules import SlaRules
from tests.support.eventually import eventually

ARMED, BURST, STEADY, RATE = 100_000, 10_000, 15_000, 500
FEW = 500
BASE = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
CLOCK, LIMIT = "emergency_acknowledge", timedelta(minutes=15)
TARGETS = (
    Target("early", most=0), Target("burst_per_second", least=3000), Target("steady_p99_ms", most=150),
    Target("memory_grown_mb", most=30), Target("lost", most=0),
)  # fmt: skip


@dataclass(slots=True)
class Lights:
    """What came on the story: for each issue and clock when it arrived (epoch seconds), and when it was due."""

    arrived: dict[tuple[str, str], float] = field(default_factory=dict)
    told_at: dict[tuple[str, str], datetime] = field(default_factory=dict)


async def run() -> Result:
    with place() as bench, tempfile.TemporaryDirectory(prefix="sanfu-bench-") as scratch:
        folder = Path(scratch)
        anchor = folder / "clock.json"
        async with broker(bench):
            store = MongoDocuments(connect(bench.mongo).get_database(f"{bench.prefix}_sla"), "subjects")
            await store.prepare()
            await store.set_marks({str(n): Mark(0) for n in range(PARTITIONS)})
            await store.settle(f"partitions:{names.ISSUES}", PARTITIONS)
            rules = _rules(bench)
            far = BASE + timedelta(days=30)
            await _write(store, rules, "few", [far] * FEW)
            write_anchor(anchor, Anchor(BASE, datetime.now(UTC), 0.0))
            few = await _memory(bench, folder, anchor)
            began = time.perf_counter()
            await _write(store, rules, "many", [far] * (ARMED - FEW - BURST - STEADY))
            burst = await _write(store, rules, "burst", [BASE + timedelta(hours=1)] * BURST)
            stream = [BASE + timedelta(hours=2, milliseconds=n * 1000 / RATE) for n in range(STEADY)]
            steady = await _write(store, rules, "steady", stream)
            armed = (ARMED - FEW) / (time.perf_counter() - began)
            figures = await _fire(bench, folder, anchor, burst, steady)
            figures |= {"armed_per_second": armed, "memory_few_armed_mb": few}
            figures["memory_grown_mb"] = figures["memory_all_armed_mb"] - few
            floor = await _bare(bench, rules)
            await store.database.client.drop_database(store.database.name)
    return Result("timers", figures, {"bare_drain_per_second": floor}, figures["burst_per_second"] / floor, TARGETS)


async def _fire(
    bench: Bench, folder: Path, anchor: Path, burst: dict[str, datetime], steady: dict[str, datetime]
) -> dict[str, float]:
    """Let the burst's instant come, then the steady stream; measure both."""
    lights = Lights()
    watching = asyncio.ensure_future(_watch(bench, lights))
    with service("sla", bench, folder, SANFU_CLOCK=str(anchor)) as (url, pid):
        await eventually(lambda: answers(f"{url}/health/ready"), within=120)
        await asyncio.sleep(3)
        memory = resident(pid)
        due = min(burst.values())
        jumped = datetime.now(UTC)
        write_anchor(anchor, Anchor(due, jumped, 0.0))
        await eventually(lambda: _count(lights, "burst") >= BURST, within=120)
        first, last = (f(at for key, at in lights.arrived.items() if key[0].startswith("burst")) for f in (min, max))
        begins = min(steady.values()) - timedelta(seconds=3)
        real = datetime.now(UTC)
        write_anchor(anchor, Anchor(begins, real, 1.0))
        await eventually(lambda: _count(lights, "steady") >= STEADY, within=STEADY / RATE + 60)
    watching.cancel()
    late = [
        (lights.arrived[key] - (real + (steady[key[0]] - begins)).timestamp()) * 1000
        for key in lights.arrived
        if key[0] in steady
    ]
    dues = burst | steady
    early = sum(lights.told_at[key] < dues[key[0]] for key in lights.told_at if key[0] in dues)
    return {
        "burst_per_second": BURST / (last - jumped.timestamp()), "burst_first_ms": (first - jumped.timestamp()) * 1000,
        "steady_p50_ms": percentile(late, 0.5), "steady_p99_ms": percentile(late, 0.99), "early": float(early),
        "memory_all_armed_mb": memory,
        "lost": float(BURST + STEADY - _count(lights, "burst") - _count(lights, "steady")),
    }  # fmt: skip


def _count(lights: Lights, kind: str) -> int:
    return sum(key[0].startswith(kind) for key in lights.arrived)


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
                        lights.arrived.setdefault(key, now)
                        lights.told_at.setdefault(key, heads.time)
    finally:
        await consumer.stop()


async def _memory(bench: Bench, folder: Path, anchor: Path) -> float:
    with service("sla", bench, folder, SANFU_CLOCK=str(anchor)) as (url, pid):
        await eventually(lambda: answers(f"{url}/health/ready"), within=60)
        await asyncio.sleep(3)
        return resident(pid)


def batched(items: Sequence[tuple[str, datetime]], size: int) -> Iterator[Sequence[tuple[str, datetime]]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _rules(bench: Bench) -> SlaRules:
    """sla's rules with one clock only, so that each issue has one timer."""
    pack = bench.packs.current
    clocks = {CLOCK: pack.policy.clocks[CLOCK]}
    return SlaRules(replace(pack, policy=replace(pack.policy, clocks=clocks)), national_calendar())


def _setting(rules: SlaRules, now: datetime) -> Setting:
    return Setting(rules, codec, names.ISSUES, now, now)


def _armed(rules: SlaRules, subject: str, due: datetime) -> Change:
    """An emergency, submitted so that its clock runs out at `due`; nothing of it is left to publish."""
    at = due - LIMIT
    body = {
        "receipt": "R1", "channel": "hotline", "reported_at": instant(at), "audience": "resident", "kind": "issue",
        "urgency": "emergency", "secrecy": "open", "party_kind": "person", "contact": "none", "title": "煤气味",
        "place": {"town": "choucheng"}, "pack": rules.pack.version,
    }  # fmt: skip
    event = Event(event_id("intake", subject, 1), names.ISSUE_SUBMITTED, "intake", subject, 1, at, body)
    value = codec.encode(event.type, body)
    headers = to_headers(event)
    folded = Subject(_setting(rules, at), subject, partition_of(subject, PARTITIONS), None)
    folded.take(Letter(peek(headers), Incoming(names.ISSUES, 0, 0, subject, value, headers)))
    change = folded.change()
    assert change.sets["due"] == due, (change.sets["due"], due)
    return change._replace(pushes=())


async def _write(store: MongoDocuments, rules: SlaRules, kind: str, dues: Sequence[datetime]) -> dict[str, datetime]:
    """Arm so many clocks in bulk; answer each subject's due instant."""
    whole = {f"{kind}-{n:06d}": due for n, due in enumerate(dues)}
    for page in batched(list(whole.items()), 1000):
        assert await store.write([_armed(rules, subject, due) for subject, due in page])
    return whole


async def _bare(bench: Bench, rules: SlaRules) -> float:
    """The floor: find a page of due documents, write the same changes, publish the same bytes, clear; nothing else."""
    store = MongoDocuments(connect(bench.mongo).get_database(f"{bench.prefix}_bare"), "subjects")
    await store.prepare()
    due = BASE + timedelta(hours=1)
    await _write(store, rules, "bare", [due] * BURST)
    changes: dict[str, Change] = {}
    for number in range(PARTITIONS):
        for document in await store.due([number], due, BURST):
            folded = Subject(_setting(rules, due), document["_id"], number, document)
            assert folded.fire(due)
            changes[folded.id] = folded.change()
    adapter = KafkaBroker(bench.kafka, bench.prefix)
    await adapter.start()
    began = time.perf_counter()
    while page := await store.due(range(PARTITIONS), due, 500):
        mine = [changes[document["_id"]] for document in page]
        updates = [
            UpdateOne(
                {"_id": c.id, "ver": c.ver},
                {
                    "$set": dict(c.sets),
                    "$unset": dict.fromkeys(c.unsets, ""),
                    "$push": {"outbox": {"$each": list(c.pushes)}},
                },
            )
            for c in mine
        ]
        await store.collection.bulk_write(updates, ordered=False)
        entries = [entry for c in mine for entry in c.pushes]
        await adapter.publish([Outgoing(e["to"], e["key"], e["value"], e["headers"]) for e in entries])
        await store.clear({c.id: [e["ref"] for e in c.pushes] for c in mine})
    took = time.perf_counter() - began
    await adapter.stop()
    await store.database.client.drop_database(store.database.name)
    return BURST / took
