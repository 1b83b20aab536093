"""Desk with an archive: its own process, over HTTP, at 10,000 cases and at many, side by side.

As many cases are open in both: what grows in a city is what is closed. Documents are written in bulk as desk would have
written them; what is measured is its process from there on. The floor is the same page of a queue, asked of MongoDB.
"""

import asyncio
import contextlib
import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.archive import NOW, OPEN, Case, cases
from bench.parts import PARTITIONS, Bench, broker, place, reports
from bench.processes import answers, service
from bench.result import Result, Target, percentile
from bench.wire import Wire
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id, instant
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import to_headers
from sanfu.desk.adapters.mongo import MongoCases
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.store import Mark, StoreDown
from tests.support.eventually import eventually

FEW, USUAL = 10_000, 1_000_000
OFFICE = "office-duty"
LIGHTS, ALONE, CROWD, SEARCHES, COUNTS = 20, 300, 3000, 200, 60
FLIGHT = 32
WRITERS = 3
PAGE = 50
TARGETS = (
    Target("queue_p99_ms", most=30), Target("counts_p50_ms", most=50), Target("search_p99_ms", most=150),
    Target("command_p50_ms", most=15), Target("commands_per_second", least=800), Target("live_most_ms", most=500),
    Target("growth_most", most=1.3),
)  # fmt: skip
GROWING = ("queue_p50_ms", "counts_p50_ms", "command_p50_ms", "live_p50_ms")
"""Medians that may not grow with the archive: a 99th percentile of some hundred is the machine's mood."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk that runs: where, and whose tokens open it."""

    bench: Bench
    url: str
    tokens: dict[str, str]
    store: MongoDocuments
    broker: KafkaBroker

    def wire(self, user: str) -> Wire:
        return Wire(self.url, self.tokens[user])


async def run(cases: int | None = None) -> Result:
    wanted = cases or USUAL
    with place() as bench:
        few, _ = await _measured(replace(bench, prefix=f"{bench.prefix}few"), FEW)
        figures, floor = await _measured(replace(bench, prefix=f"{bench.prefix}all"), wanted)
    growth = {f"growth_{name}": figures[name] / few[name] for name in GROWING}
    beside = {f"few_{name}": value for name, value in few.items()}
    whole = {**figures, **growth, "growth_most": max(growth.values()), **beside}
    return Result(
        f"desk --cases {wanted}", whole, {"bare_page_p50_ms": floor}, figures["queue_p50_ms"] / floor, TARGETS
    )


async def _measured(bench: Bench, count: int) -> tuple[dict[str, float], float]:
    store = MongoDocuments(connect(bench.mongo).get_database(f"{bench.prefix}_desk"), "subjects")
    filled = await _fill(store, count)
    staff = {person.id: f"token-of-{person.id}-0123456789" for person in bench.packs.current.staff.values()}
    with tempfile.TemporaryDirectory(prefix="sanfu-bench-") as scratch:
        folder = Path(scratch)
        (folder / "tokens").write_text(json.dumps(staff))
        async with broker(bench) as adapter:
            with service("desk", bench, folder, SANFU_USER_TOKENS_FILE=str(folder / "tokens")) as (url, _):
                await eventually(lambda: answers(f"{url}/health/ready"), within=120)
                desk = Desk(bench, url, staff, store, adapter)
                figures = {"filled_per_second": count / filled, **await _asked(desk)}
                floor = await _bare(store)
    await store.database.client.drop_database(store.database.name)
    return figures, floor


async def _fill(store: MongoDocuments, count: int) -> float:
    """Write so many documents, then make the indexes; return the seconds of the writing."""
    began, made = time.perf_counter(), cases(count, random.Random(1))
    await asyncio.gather(*(_write(store, made) for _ in range(WRITERS)))
    took = time.perf_counter() - began
    await store.prepare()
    await _indexed(MongoCases(store.collection))
    await store.set_marks({str(n): Mark(0) for n in range(PARTITIONS)})
    await store.settle(f"partitions:{names.ISSUES}", PARTITIONS)
    return took


async def _indexed(cases: MongoCases) -> None:
    """Wait as desk's start does: of a large archive it takes longer than a driver waits for an answer."""
    while True:
        with contextlib.suppress(StoreDown):
            return await cases.prepare()


async def _write(store: MongoDocuments, made: Iterator[Case]) -> None:
    while page := list(islice(made, 1000)):
        await store.collection.insert_many(page, ordered=False)


async def _asked(desk: Desk) -> dict[str, float]:
    queue = await _queue(desk)
    async with desk.wire(OFFICE) as office:
        counts = [(await office.get("/v1/counts"))[1] for _ in range(COUNTS)]
        search = [(await office.get(f"/v1/search?words={quote(words)}"))[1] for words in _words(SEARCHES)]
    live = await _live(desk)
    alone, crowd = await _commands(desk)
    return {
        "queue_p50_ms": percentile(queue, 0.5), "queue_p99_ms": percentile(queue, 0.99),
        "counts_p50_ms": percentile(counts, 0.5), "counts_p99_ms": percentile(counts, 0.99),
        "search_p50_ms": percentile(search, 0.5), "search_p99_ms": percentile(search, 0.99),
        "command_p50_ms": percentile(alone, 0.5), "command_p99_ms": percentile(alone, 0.99),
        "commands_per_second": crowd, "live_p50_ms": percentile(live, 0.5), "live_most_ms": max(live),
    }  # fmt: skip


async def _queue(desk: Desk) -> list[float]:
    """Leaf through the busiest unit's queue, as its officer, and through the whole city's, as the office does."""
    async with desk.wire(OFFICE) as office:
        units = (await office.get("/v1/counts"))[0]["by_unit"]
    busiest = max(units, key=lambda unit: units[unit]["open"])
    took: list[float] = []
    for user, query in ((f"{busiest}-officer", f"unit={busiest}&"), (OFFICE, "")):
        async with desk.wire(user) as wire:
            while len(took) < 400:
                cursor = ""
                while cursor is not None:
                    path = f"/v1/cases?{query}limit={PAGE}" + (f"&cursor={cursor}" if cursor else "")
                    page, ms = await wire.get(path)
                    took.append(ms)
                    cursor = page["next"]
                if not query:
                    break
    return took


def _words(count: int) -> Iterator[str]:
    """Pieces of what people wrote: of titles and of texts, of two to four characters, some of them two words."""
    pick, some = random.Random(2), reports()
    for number in range(count):
        report = pick.choice(some)
        text = report["text_title"] if number % 2 else report["text_body"][:40]
        runs = [run for run in "".join(c if c.isalnum() else " " for c in text).split() if len(run) > 1]
        words = [run[at : at + 4] for run in runs[:2] for at in [pick.randint(0, max(0, len(run) - 4))]]
        yield " ".join(words[: 1 + number % 2]) or "路灯"


async def _commands(desk: Desk) -> tuple[list[float], float]:
    """Acknowledge cases as their units' officers: one after the other, then many at once. Each by its whole way: told
    whose it is, read, decided, journaled, answered."""
    found = await desk.store.collection.find(
        {"open": True, "state": "assigned", "light": "none", "secrecy": {"$ne": "sealed"}}, {"unit": 1}
    ).to_list(None)
    waiting = iter([(one["_id"], f"{one['unit']}-officer") for one in found if f"{one['unit']}-officer" in desk.tokens])
    alone = await _acknowledged(desk, list(islice(waiting, ALONE)))
    many = list(islice(waiting, CROWD))
    began = time.perf_counter()
    await asyncio.gather(*(_acknowledged(desk, many[n::FLIGHT]) for n in range(FLIGHT)))
    return alone, len(many) / (time.perf_counter() - began)


async def _acknowledged(desk: Desk, mine: Sequence[tuple[str, str]]) -> list[float]:
    """Acknowledge one after the other over one connection, each in its officer's name; the milliseconds each took."""
    async with desk.wire(OFFICE) as wire:
        return [(await wire.post(f"/v1/cases/{id}/acknowledge", id, desk.tokens[user]))[1] for id, user in mine]


async def _live(desk: Desk) -> list[float]:
    """Let lights turn red; the milliseconds from each on its way to the board that shows it."""
    url = desk.wire(OFFICE)
    took, pick = [], random.Random(3)
    found = (
        await desk.store.collection.find(
            {"open": True, "state": "assigned", "secrecy": {"$ne": "sealed"}}, {"clocks": 1, "unit": 1}
        )
        .limit(LIGHTS)
        .to_list(None)
    )
    async with url as wire:
        boards = await wire.listen("/v1/live")
        reds = (await anext(boards))["by_light"]["red"]
        for case in found:
            await asyncio.sleep(0.3 + pick.random())
            began = time.perf_counter()
            assert all(await desk.broker.publish([_red(case)]))
            while reds == (reds := (await anext(boards))["by_light"]["red"]):
                pass
            took.append((time.perf_counter() - began) * 1000)
    return took


def _red(case: dict[str, Any]) -> Outgoing:
    clock, id = case["clocks"]["handling"], case["_id"]
    body = {
        "clock": "handling", "version": clock["version"], "round": 1, "unit": case["unit"], "limit": clock["limit"],
        "level": "red", "reason": "limit_passed",
    }  # fmt: skip
    event = Event(event_id("sla", id, 2), names.LIGHT_CHANGED, "sla", id, 2, datetime.now(UTC), body)
    return Outgoing(names.ISSUES, id, codec.encode(event.type, body), to_headers(event))


async def _bare(store: MongoDocuments) -> float:
    took = []
    for _ in range(100):
        began = time.perf_counter()
        found = store.collection.find({"open": True, "limit": {"$gte": instant(NOW)}}, {"history": 0, "found_by": 0})
        assert len(await found.sort([("limit", 1), ("_id", 1)]).limit(PAGE + 1).to_list(None)) == min(PAGE + 1, OPEN)
        took.append((time.perf_counter() - began) * 1000)
    return percentile(took, 0.5)
