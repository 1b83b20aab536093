"""The fan-out: from an event on the story to its record on a unit's topic, in a city of 200 units; first router alone,
then all services, with reports that come in over HTTP."""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from bench.large_city import CATEGORY, large_city
from bench.parts import AT, Bench, broker, place, reports, submitted
from bench.processes import answers, service
from bench.result import Result, Target, percentile
from bench.subscribers import Heard, Subscribers
from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.sealing import generate_keys
from sanfu.stack.services import SERVICES
from tests.support.eventually import eventually
from tests.support.telling import BY, Story, on_the_wire

UNITS = 200
ALONE, TOGETHER = 1000, 150
"""Events on the story a second, with router alone; reports a second, with all services: each makes several events."""
SECONDS = 20
LIFE = 5
"""Events of an issue: its report, and what its unit does."""
WARMED = 10
"""So many issues of every unit come before what is counted, ten seconds at the full rate: until then the broker
compiles itself, and each unit's topic is looked for."""
TICK = 0.01
SETTLED = 5.0
"""Seconds after which so many new topics' leaders know that they are."""
KEY = "k" * 43
TARGETS = (
    Target("alone_p99_ms", most=150), Target("alone_lost", most=0), Target("together_p99_ms", most=150),
    Target("together_lost", most=0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class City:
    """Where it is measured, and who reads."""

    bench: Bench
    units: Sequence[str]
    subscribers: Subscribers


async def run(seconds: int = SECONDS, alone: int = ALONE, together: int = TOGETHER) -> Result:
    with place() as plain, tempfile.TemporaryDirectory(prefix="sanfu-bench-") as scratch:
        folder = Path(scratch)
        root, units = large_city(folder, UNITS)
        bench = replace(plain, packs=PackHolder(root))
        subscribers = Subscribers()
        async with _topics(bench) as adapter, subscribers.reading(bench, units):
            figures, copies = await _alone(City(bench, units, subscribers), adapter, alone, seconds)
            hops = await _bare(adapter, subscribers, copies, alone)
        fresh = replace(bench, prefix=f"{bench.prefix}t")
        async with _topics(fresh), subscribers.reading(fresh, units):
            figures |= await _together(City(fresh, units, subscribers), folder, together * seconds, together)
    floor = {"bare_p50_ms": percentile(hops, 0.5), "bare_p99_ms": percentile(hops, 0.99)}
    return Result("fanout", figures, floor, figures["alone_p99_ms"] / floor["bare_p99_ms"], TARGETS)


@asynccontextmanager
async def _topics(bench: Bench) -> AsyncIterator[KafkaBroker]:
    async with broker(bench) as adapter:
        await asyncio.sleep(SETTLED)
        yield adapter


async def _alone(city: City, adapter: KafkaBroker, rate: int, seconds: int) -> tuple[dict[str, float], list[Outgoing]]:
    bench, units = city.bench, city.units
    with service("router", bench, bench.packs.root.parent, SANFU_CITY=str(bench.packs.root)) as (url, _):
        await eventually(lambda: answers(f"{url}/health/ready"), within=60)
        await _passed(adapter, city.subscribers, list(_lives(units, "w", WARMED)), rate)  # warm, not counted
        rounds = -(-rate * seconds // (UNITS * LIFE))
        heard, lost = await _passed(adapter, city.subscribers, list(_lives(units, "i", rounds)), rate)
    late = heard.late()
    figures = {
        "units": float(len(units)), "alone_copies": float(len(late)), "alone_p50_ms": percentile(late, 0.5),
        "alone_p99_ms": percentile(late, 0.99), "alone_lost": float(lost),
    }  # fmt: skip
    return figures, heard.copies


async def _passed(
    adapter: KafkaBroker, subscribers: Subscribers, records: Sequence[Outgoing], rate: int
) -> tuple[Heard, int]:
    """Put events on the story at the rate, and wait for a record of each; answer what was heard, and how many not."""
    subscribers.heard = heard = Heard()
    await _paced(adapter, records, rate)
    return heard, await _missing(lambda: len(records) - len(heard.arrived))


async def _missing(count: Callable[[], int]) -> int:
    """Wait until nothing is missing any more, for half a minute at most; answer how many are."""
    until = time.monotonic() + 30
    while count() > 0 and time.monotonic() < until:  # noqa: ASYNC110 (no event tells it)
        await asyncio.sleep(0.1)
    return max(0, count())


def _lives(units: Sequence[str], prefix: str, rounds: int) -> Iterator[Outgoing]:
    """The events of so many issues of every unit. An issue's next event comes after one of each other unit's."""
    stock = _stock()
    for number in range(rounds):
        stories = [Story(f"{prefix}{number}-{unit}") for unit in units]
        for at, (unit, story) in enumerate(zip(units, stories, strict=True)):
            report = {**stock[(number * len(units) + at) % len(stock)], "category": CATEGORY.format(unit=unit)}
            yield submitted(number * len(units) + at, report, story.issue)
        for type, data in _deeds():
            for unit, story in zip(units, stories, strict=True):
                yield on_the_wire(story.tell("desk", type, {"by": BY, "unit": unit, **data}, AT))


def _deeds() -> list[tuple[str, dict[str, Any]]]:
    contacted = {"result": "reached", "method": "phone", "contacted_at": instant(AT)}
    handled = {"outcome": "solved", "reply": "已处理完毕，请查看。", "received_at": instant(AT), "assignment": 1}
    return [
        (names.ISSUE_ACKNOWLEDGED, {"assignment": 1}), (names.ISSUE_CONTACTED, contacted),
        (names.SITUATION_REPORTED, {"text": "现场正在处理。"}), (names.ISSUE_HANDLED, handled),
    ]  # fmt: skip


def _stock() -> list[dict[str, Any]]:
    """The pack's reports that go to a unit by their category, as if the hotline had chosen it."""
    plain = {"urgency": "normal", "secrecy": "internal", "kind": "issue"}
    return [{**one, "channel": "hotline"} for one in reports() if all(one[name] == it for name, it in plain.items())]


async def _paced(adapter: KafkaBroker, records: Sequence[Outgoing], rate: int) -> None:
    """Publish at the rate, what has come due since the last publish together. One at a time, as the services do: each
    partition takes one batch after the other, and what waits for its turn has its time already."""
    began, sent = time.perf_counter(), 0
    while sent < len(records):
        await asyncio.sleep(TICK)
        due = min(len(records), int((time.perf_counter() - began) * rate))
        if due > sent:
            assert all(await adapter.publish(records[sent:due]))
            sent = due


async def _bare(adapter: KafkaBroker, subscribers: Subscribers, copies: Sequence[Outgoing], rate: int) -> list[float]:
    """The floor: the same records put on the same topics at the rate, until they are read."""
    records = [one._replace(topic=adapter.logical(one.topic)) for one in copies]
    subscribers.heard = heard = Heard()
    await _paced(adapter, records, rate)
    assert await _missing(lambda: len(records) - len(heard.hops)) == 0
    return sorted(heard.hops)


async def _together(city: City, folder: Path, count: int, rate: int) -> dict[str, float]:
    settings = _settings(city.bench, folder)
    with ExitStack() as stack:
        urls = {name: stack.enter_context(service(name, city.bench, folder, **settings))[0] for name in SERVICES}
        for url in urls.values():
            await eventually(partial(answers, f"{url}/health/ready"), within=120)
        async with httpx.AsyncClient(base_url=urls["intake"], limits=httpx.Limits(max_connections=32)) as client:
            await _reported(client, city, "w", len(city.units), rate)  # warm, not counted
            began = time.perf_counter()
            heard, lost = await _reported(client, city, "i", count, rate)
            took = time.perf_counter() - began
    late = heard.late()
    return {
        "together_events_per_second": len(heard.told) / took, "together_copies": float(len(late)),
        "together_p50_ms": percentile(late, 0.5), "together_p99_ms": percentile(late, 0.99),
        "together_lost": float(lost),
    }  # fmt: skip


def _settings(bench: Bench, folder: Path) -> dict[str, str]:
    generate_keys(folder / "keys")
    (folder / "channels").write_text(json.dumps({"hotline": KEY}))
    staff = {person.id: f"token-of-{person.id}-0123456789" for person in bench.packs.current.staff.values()}
    (folder / "tokens").write_text(json.dumps(staff))
    return {
        "SANFU_CITY": str(bench.packs.root), "SANFU_KEYS_FILE": str(folder / "keys"),
        "SANFU_CHANNEL_KEYS_FILE": str(folder / "channels"), "SANFU_USER_TOKENS_FILE": str(folder / "tokens"),
    }  # fmt: skip


async def _reported(client: httpx.AsyncClient, city: City, prefix: str, count: int, rate: int) -> tuple[Heard, int]:
    """Report at the rate, to every unit in turn; wait until each issue has reached its unit, or goes to a person."""
    city.subscribers.heard = heard = Heard()
    units = city.units
    stock, issues = _stock(), set[str]()

    async def one(number: int) -> None:
        row = stock[number % len(stock)]
        body = {
            "channel": "hotline", "audience": row["audience"], "title": row["text_title"], "text": row["text_body"],
            "place": {"town": row["town"]}, "category": CATEGORY.format(unit=units[number % len(units)]),
        }  # fmt: skip
        headers = {"X-Api-Key": KEY, "Idempotency-Key": f"{prefix}-{number}"}
        answer = await client.post("/v1/issues", json=body, headers=headers)
        issues.add(answer.raise_for_status().json()["id"])

    began, sending = time.perf_counter(), []
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        sending.append(asyncio.ensure_future(one(number)))
    await asyncio.gather(*sending)
    lost = await _missing(lambda: len(issues - heard.reviewed - set(heard.assigned.values())))
    return heard, lost
