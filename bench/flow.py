"""The flow: from a report's receipt to its record on the unit's topic, at 100 reports a second."""

import asyncio
import json
import tempfile
import time
import uuid
from pathlib import Path

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.parts import Bench, broker, place
from bench.processes import answers, service
from bench.result import Result, Target, percentile
from sanfu.contracts import names
from sanfu.runtime.sealing import generate_keys
from tests.support.eventually import eventually

RATE = 100
SECONDS = 20
KEY = "k" * 43
TARGETS = (Target("p50_ms", most=60), Target("p99_ms", most=300), Target("lost", most=0))

REPORT = {
    "channel": "hotline", "audience": "resident", "title": "打桩扰民",
    "text": "工地半夜打桩，凌晨还在打桩，睡不着。",
    "place": {"town": "choucheng"}, "party": {"name": "王小明", "phone": "13800000001"},
}  # fmt: skip


async def run() -> Result:
    with place() as bench, tempfile.TemporaryDirectory(prefix="sanfu-bench-") as scratch:
        folder = Path(scratch)
        generate_keys(folder / "keys")
        (folder / "channels").write_text(json.dumps({"hotline": KEY}))
        keys = {"SANFU_KEYS_FILE": str(folder / "keys"), "SANFU_CHANNEL_KEYS_FILE": str(folder / "channels")}
        async with broker(bench):
            with (
                service("intake", bench, folder, **keys) as (intake, _),
                service("router", bench, folder) as (router, _),
            ):
                await eventually(lambda: answers(f"{intake}/health/ready"), within=60)
                await eventually(lambda: answers(f"{router}/health/ready"), within=60)
                receipts = await _post(intake, bench, RATE * SECONDS)
                floor = await _hop(bench)
    late = sorted(receipts.values())
    figures = {
        "reports": float(len(late)), "p50_ms": percentile(late, 0.5), "p99_ms": percentile(late, 0.99),
        "lost": float(RATE * SECONDS - len(late)),
    }  # fmt: skip
    return Result("flow", figures, {"one_record_through_kafka_p50_ms": floor}, figures["p50_ms"] / floor, TARGETS)


async def _post(intake: str, bench: Bench, count: int) -> dict[str, float]:
    """Send reports at the rate; answer, for each issue that arrived, the milliseconds from receipt to unit's topic."""
    accepted: dict[str, float] = {}
    arrived: dict[str, float] = {}
    async with httpx.AsyncClient(base_url=intake, limits=httpx.Limits(max_connections=64)) as client:

        async def one(number: int) -> None:
            headers = {"X-Api-Key": KEY, "Idempotency-Key": f"{bench.prefix}-{number}"}
            answer = await client.post("/v1/issues", json=REPORT, headers=headers)
            accepted[answer.raise_for_status().json()["id"]] = time.perf_counter()

        await asyncio.gather(*(one(-n) for n in range(1, 51)))  # warm, not counted
        await asyncio.sleep(2)
        watching = asyncio.ensure_future(_watch(bench, await _reached(bench), arrived))
        await eventually(lambda: accepted.keys() <= arrived.keys(), within=30)
        accepted.clear()
        began, sending = time.perf_counter(), []
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            sending.append(asyncio.ensure_future(one(number)))
        await asyncio.gather(*sending)

    def all_there() -> bool:
        return accepted.keys() <= arrived.keys()

    await eventually(all_there, within=30)
    watching.cancel()
    return {id: max(0.0, arrived[id] - at) * 1000 for id, at in accepted.items() if id in arrived}


async def _reached(bench: Bench) -> list[str]:
    """The units' topics that hold a record by now."""
    units = [code for code, unit in bench.packs.current.units.items() if unit.has_topic]
    places = [TopicPartition(names.unit_topic(code).replace("sanfu", bench.prefix, 1), 0) for code in units]
    consumer = AIOKafkaConsumer(bootstrap_servers=bench.kafka)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(places)
    finally:
        await consumer.stop()
    return [place.topic for place, end in ends.items() if end]


async def _watch(bench: Bench, topics: list[str], arrived: dict[str, float]) -> None:
    """Note when each issue arrives, as the units' own systems would: they read their topics and no others."""
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bench.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async for record in consumer:
            arrived.setdefault(record.key.decode(), time.perf_counter())
    finally:
        await consumer.stop()


async def _hop(bench: Bench) -> float:
    """The floor: one record published and read back, alone, p50 of 200."""
    topic = f"{bench.prefix}.directory.v1"
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bench.kafka, fetch_max_wait_ms=50)
    producer = AIOKafkaProducer(bootstrap_servers=bench.kafka, acks="all", enable_idempotence=True)
    await consumer.start()
    await producer.start()
    took = []
    for _ in range(200):
        began = time.perf_counter()
        await producer.send_and_wait(topic, b"{}", key=uuid.uuid4().bytes)
        await consumer.getone()
        took.append((time.perf_counter() - began) * 1000)
    await producer.stop()
    await consumer.stop()
    return percentile(took, 0.5)
