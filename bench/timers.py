"""Timers: sla's own process with many clocks armed; a burst at one instant, a steady stream, and a kill -9.

The issues are folded here through sla's own rules and written into its database; what is measured is its process from
there on: find what is due, fold, write, publish. Lateness is from the due instant to the arrival of LightChanged at a
consumer here, which is later than Kafka's acknowledgement. `--open N` arms N clocks and asks more of it.
"""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pymongo import UpdateOne

from bench.arming import BASE, CLOCK, Arming, opened, rules_of, setting
from bench.lights import Lights, watched
from bench.parts import PARTITIONS, Bench, broker, place
from bench.processes import answers, resident, service
from bench.result import Result, Target, percentile
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import Anchor, write_anchor
from sanfu.runtime.fold import Subject
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.store import Change
from tests.support.eventually import eventually

RATE = 500
"""Clocks due a second in the steady stream."""
FEW = 500
ALWAYS = (Target("early", most=0), Target("lost", most=0), Target("steady_p99_ms", most=150))
TARGETS = (*ALWAYS, Target("burst_per_second", least=3000), Target("memory_grown_mb", most=30))
OPEN_TARGETS = (
    *ALWAYS, Target("armed_per_second", least=20_000), Target("burst_s", most=30), Target("memory_most_mb", most=300),
    Target("after_kill_s", most=5),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Load:
    """How many clocks are armed, and how many of these are due at one instant, in a stream, and while sla is dead."""

    armed: int
    burst: int
    steady: int
    dead: int
    targets: Sequence[Target] = TARGETS
    dues: dict[str, dict[str, datetime]] = field(default_factory=dict)


USUAL = Load(100_000, 10_000, 15_000, 500)


def many(armed: int) -> Load:
    """So many open clocks, up to 100,000 of them due at one instant."""
    return Load(armed, min(100_000, armed // 2), 15_000, 500, OPEN_TARGETS)


async def run(open: int | None = None) -> Result:
    load = USUAL if open is None else many(open)
    with place() as bench, tempfile.TemporaryDirectory(prefix="sanfu-bench-") as scratch:
        folder = Path(scratch)
        async with broker(bench):
            store, arming = await opened(bench), Arming(rules_of(bench))
            await arming.write(store, "few", [BASE + timedelta(days=30)] * FEW)
            few = await _memory(bench, folder)
            armed = await _arm(store, arming, load)
            size = (await store.database.command("collStats", "subjects"))["avgObjSize"]
            figures = await _fire(bench, folder, load)
            figures |= {"armed_per_second": armed, "document_bytes": float(size), "memory_few_armed_mb": few}
            figures["memory_grown_mb"] = figures["memory_all_armed_mb"] - few
            floor = await _bare(bench, arming, min(load.burst, USUAL.burst))
            await store.database.client.drop_database(store.database.name)
    floors, ratio = {"bare_drain_per_second": floor}, figures["burst_per_second"] / floor
    return Result("timers" if open is None else f"timers --open {open}", figures, floors, ratio, load.targets)


async def _arm(store: MongoDocuments, arming: Arming, load: Load) -> float:
    """Arm all of them; answer how many a second, in bulk."""
    far, count = BASE + timedelta(days=30), load.armed - FEW - load.burst - load.steady - load.dead
    began = time.perf_counter()
    await arming.write(store, "many", [far] * count)
    took = time.perf_counter() - began
    stream = [BASE + timedelta(hours=2, milliseconds=n * 1000 / RATE) for n in range(load.steady)]
    wanted = {
        "burst": [BASE + timedelta(hours=1)] * load.burst, "steady": stream,
        "dead": [BASE + timedelta(hours=3)] * load.dead,
    }  # fmt: skip
    for kind, dues in wanted.items():
        load.dues[kind] = await arming.write(store, kind, dues)
    return count / took


async def _fire(bench: Bench, folder: Path, load: Load) -> dict[str, float]:
    """Let the burst's instant come, then the steady stream, then kill it; measure all three."""
    anchor = folder / "clock.json"
    with watched(bench) as lights:
        with service("sla", bench, folder, SANFU_CLOCK=str(anchor)) as (url, pid):
            await eventually(lambda: answers(f"{url}/health/ready"), within=120)
            await asyncio.sleep(3)
            memory = {"memory_all_armed_mb": resident(pid)}
            jumped = datetime.now(UTC)
            write_anchor(anchor, Anchor(min(load.dues["burst"].values()), jumped, 0.0))
            await eventually(lambda: lights.count("burst") >= load.burst, within=300)
            memory["memory_most_mb"] = resident(pid)
            late = await _steadily(anchor, lights, load)
            os.kill(pid, signal.SIGKILL)
        after = await _after_kill(bench, folder, lights, load)
    took = lights.last("burst") - jumped.timestamp()
    dues = {subject: due for each in load.dues.values() for subject, due in each.items()}
    early = sum(told < dues[subject] for (subject, _), told in lights.told_at.items())
    return {
        "burst_s": took, "burst_per_second": load.burst / took,
        "burst_first_ms": (lights.first("burst") - jumped.timestamp()) * 1000,
        "steady_p50_ms": percentile(late, 0.5), "steady_p99_ms": percentile(late, 0.99), **memory, **after,
        "early": float(early), "lost": float(sum(len(each) - lights.count(kind) for kind, each in load.dues.items())),
    }  # fmt: skip


async def _steadily(anchor: Path, lights: Lights, load: Load) -> list[float]:
    """Let the stream come; answer by how many milliseconds each light was late."""
    dues: Mapping[str, datetime] = load.dues["steady"]
    begins, real = min(dues.values()) - timedelta(seconds=3), datetime.now(UTC)
    write_anchor(anchor, Anchor(begins, real, 1.0))
    await eventually(lambda: lights.count("steady") >= load.steady, within=load.steady / RATE + 60)
    return [(lights.arrived[key, CLOCK] - (real + (due - begins)).timestamp()) * 1000 for key, due in dues.items()]


async def _after_kill(bench: Bench, folder: Path, lights: Lights, load: Load) -> dict[str, float]:
    """Clocks fall due while it is dead; measure from its start on until the first of their lights, and the last."""
    anchor = folder / "clock.json"
    write_anchor(anchor, Anchor(min(load.dues["dead"].values()), datetime.now(UTC), 0.0))
    began = time.time()
    with service("sla", bench, folder, SANFU_CLOCK=str(anchor)):
        await eventually(lambda: lights.count("dead") >= load.dead, within=120)
    return {"after_kill_s": lights.first("dead") - began, "after_kill_all_s": lights.last("dead") - began}


async def _memory(bench: Bench, folder: Path) -> float:
    write_anchor(folder / "clock.json", Anchor(BASE, datetime.now(UTC), 0.0))
    with service("sla", bench, folder, SANFU_CLOCK=str(folder / "clock.json")) as (url, pid):
        await eventually(lambda: answers(f"{url}/health/ready"), within=60)
        await asyncio.sleep(3)
        return resident(pid)


async def _bare(bench: Bench, arming: Arming, count: int) -> float:
    """The floor: find a page of due documents, write the same changes, publish the same bytes, clear; nothing else."""
    store = MongoDocuments(connect(bench.mongo).get_database(f"{bench.prefix}_bare"), "subjects")
    await store.prepare()
    due = BASE + timedelta(hours=1)
    await arming.write(store, "bare", [due] * count)
    changes: dict[str, Change] = {}
    for number in range(PARTITIONS):
        for document in await store.due([number], due, count):
            folded = Subject(setting(arming.rules, due), document["_id"], number, document)
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
    return count / took
