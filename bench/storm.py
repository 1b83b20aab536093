"""Part of the bench `notify`: a storm while the gateway is dead, until that is back and all of the storm has left."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.notifying import came, issues, notify_at, publish, sinks_at
from bench.parts import Bench
from bench.processes import answers, resident
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import connect
from sanfu.stack.programs import free_port
from tests.support.eventually import eventually

CRITICAL = 50
ALLOWED = 500
"""SMS a second that the gateway takes."""
PATIENCE, STILL = 900, 480
"""Seconds that the backlog may take to leave: it does at less than what is allowed; and after which, if nothing
comes, nothing more will: what was tried in vain waits longest."""


async def stormy(bench: Bench, adapter: KafkaBroker, folder: Path, storm: int) -> dict[str, float]:
    sinks = (free_port(), free_port())
    gateway = {"kind": "gateway", "url": f"http://127.0.0.1:{sinks[0]}/", "rates": [f"{ALLOWED}/s"]}
    mail = {"kind": "smtp", "host": "127.0.0.1", "port": sinks[1], "tls": "none", "from": "sanfu@city.example"}
    plan = json.dumps({"sms": [gateway], "email": [mail]})
    with notify_at(bench, folder, None, SANFU_PROVIDERS=plan) as (url, pid):
        await eventually(lambda: answers(f"{url}/health/ready"), within=60)
        began = time.perf_counter()
        await publish(adapter, issues("q", storm, sms=True))
        highest = await _queued(bench, storm, pid)
        took = time.perf_counter() - began
        await publish(adapter, issues("c", CRITICAL, sms=True, urgency="emergency"))
        await _queued(bench, storm + CRITICAL, pid)
        with sinks_at(folder, sinks):
            await _drained(sinks, storm + CRITICAL)
            highest = max(highest, resident(pid))
            await _settled(bench, storm + CRITICAL)
            when, messages = await came(sinks), (await _counted(sinks))["messages"]
    first = sorted(when, key=when.__getitem__)[: 2 * CRITICAL]
    return {
        "storm": float(storm), "storm_queued_per_second": storm / took, "rss_mb_with_storm_queued": highest,
        "most_in_a_second_after_storm": float(_most(sorted(when.values()))),
        "critical_among_the_first": float(sum(to.startswith("c") for to in first)),
        "lost_of_the_storm": float(storm + CRITICAL - len(when)), "twice_of_the_storm": float(messages - len(when)),
        "drained_per_second": len(when) / (max(when.values()) - min(when.values())),
    }  # fmt: skip


async def _counted(sinks: tuple[int, int]) -> dict[str, int]:
    """How many recipients got how many messages: cheap, so it may be asked while that is measured."""
    async with httpx.AsyncClient() as client:
        found: dict[str, int] = (await client.get(f"http://127.0.0.1:{sinks[0]}/count", timeout=30)).json()
    return found


async def _drained(sinks: tuple[int, int], count: int) -> None:
    """Wait until the whole backlog came, or nothing more does: what is missing then is lost."""
    until, before = time.monotonic() + PATIENCE, -1
    quiet_since = time.monotonic()
    while time.monotonic() < until and time.monotonic() - quiet_since < STILL:
        try:
            found = await _counted(sinks)
        except httpx.HTTPError:
            found = {"recipients": 0, "messages": 0}  # it is starting
        if found["recipients"] >= count:
            return
        if found["messages"] > before:
            before, quiet_since = found["messages"], time.monotonic()
        await asyncio.sleep(1)


async def _queued(bench: Bench, count: int, pid: int) -> float:
    """Wait until so many SMS are queued; answer the process's largest memory on the way."""
    with _deliveries(bench) as deliveries:
        until, highest = time.monotonic() + PATIENCE, 0.0
        while await deliveries.count_documents({"medium": "sms", "state": "queued"}) < count:
            highest = max(highest, resident(pid))
            assert time.monotonic() < until, "the storm was not taken in"
            await asyncio.sleep(1)
    return max(highest, resident(pid))


async def _settled(bench: Bench, count: int) -> None:
    """Wait until nothing is being sent any more: a message that goes out twice has come twice by then."""
    with _deliveries(bench) as deliveries:
        until = time.monotonic() + STILL
        while await deliveries.count_documents({"medium": "sms", "state": "sent"}) < count:
            if time.monotonic() > until:
                return
            await asyncio.sleep(1)


@contextmanager
def _deliveries(bench: Bench) -> Iterator[Any]:
    client: Any = connect(bench.mongo)
    try:
        yield client.get_database(f"{bench.prefix}_notify").deliveries
    finally:
        client.close()


def _most(instants: Sequence[float]) -> int:
    """The most that came in any second."""
    begins = most = 0
    for end, at in enumerate(instants):
        while instants[begins] <= at - 1:
            begins += 1
        most = max(most, end - begins + 1)
    return most
