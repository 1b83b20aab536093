"""Notify's process: from the event to the provider at 100/s; then as many SMS, and as many mails, as go out; then a
storm while the gateway is dead, until it is back."""

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from bench.parts import AT, Bench, broker, place
from bench.processes import answers, resident, running, service
from bench.result import Result, Target, percentile
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import Anchor, write_anchor
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import connect
from sanfu.stack.programs import free_port
from tests.support.eventually import eventually
from tests.support.telling import KEYS, Story, contact, on_the_wire

RATE, SECONDS = 100, 20
SMS, MAILS, STORM, CRITICAL = 10_000, 3_000, 100_000, 50
LATENCY = 0.02
"""Seconds that the gateway takes for an answer."""
ALLOWED = 500
"""SMS a second that the gateway takes after the storm, and how much of its backlog is looked at."""
DRAINED = 10_000
TARGETS = (
    Target("event_to_provider_p99_ms", most=500), Target("sms_per_second", least=500),
    Target("mails_per_second", least=150), Target("rss_mb_with_storm_queued", most=300),
    Target("most_in_a_second_after_storm", most=ALLOWED), Target("critical_among_the_first", least=CRITICAL),
)  # fmt: skip


async def run(storm: int = STORM) -> Result:
    with place() as bench, tempfile.TemporaryDirectory(prefix="sanfu-bench-") as scratch:
        folder = Path(scratch)
        (folder / "keys").write_bytes(KEYS.written())
        write_anchor(folder / "clock", Anchor(AT + timedelta(hours=1), datetime.now(UTC)))  # no quiet hours
        async with broker(bench) as adapter:
            figures = await _well(bench, adapter, folder)
            figures |= await _stormy(bench, adapter, folder, storm)
    floor = {"gateway_answers_ms": LATENCY * 1000}
    return Result("notify", figures, floor, figures["sms_per_second"] / ALLOWED, TARGETS)


async def _well(bench: Bench, adapter: KafkaBroker, folder: Path) -> dict[str, float]:
    with _sinks(folder) as sinks, _notify(bench, folder, sinks) as (url, pid):
        await eventually(lambda: answers(f"{url}/health/ready"), within=60)
        await _publish(adapter, _issues("w", 50, sms=True, email=True))
        await _arrived(sinks, "w", 100)
        late = await _paced(adapter, sinks)
        sms = await _burst(adapter, sinks, "s", SMS, sms=True)
        mails = await _burst(adapter, sinks, "m", MAILS, email=True)
        memory = resident(pid)
    return {
        "event_to_provider_p50_ms": percentile(late, 0.5), "event_to_provider_p99_ms": percentile(late, 0.99),
        "sms_per_second": sms, "mails_per_second": mails, "rss_mb_idle": memory,
    }  # fmt: skip


async def _stormy(bench: Bench, adapter: KafkaBroker, folder: Path, storm: int) -> dict[str, float]:
    sinks = (free_port(), free_port())
    gateway = {"kind": "gateway", "url": f"http://127.0.0.1:{sinks[0]}/", "rates": [f"{ALLOWED}/s"]}
    mail = {"kind": "smtp", "host": "127.0.0.1", "port": sinks[1], "tls": "none", "from": "sanfu@city.example"}
    plan = json.dumps({"sms": [gateway], "email": [mail]})
    with _notify(bench, folder, None, SANFU_PROVIDERS=plan) as (url, pid):
        await eventually(lambda: answers(f"{url}/health/ready"), within=60)
        began = time.perf_counter()
        await _publish(adapter, _issues("q", storm, sms=True))
        highest = await _queued(bench, storm, pid)
        took = time.perf_counter() - began
        await _publish(adapter, _issues("c", CRITICAL, sms=True, urgency="emergency"))
        await _queued(bench, storm + CRITICAL, pid)
        with _sinks(folder, sinks):
            came = await _arrived(sinks, "", min(DRAINED, storm), within=300)
            highest = max(highest, resident(pid))
    first = sorted(came, key=came.__getitem__)[: 2 * CRITICAL]
    return {
        "storm": float(storm), "storm_queued_per_second": storm / took, "rss_mb_with_storm_queued": highest,
        "most_in_a_second_after_storm": float(_most(sorted(came.values()))),
        "critical_among_the_first": float(sum(to.startswith("c") for to in first)),
        "drained_per_second": len(came) / (max(came.values()) - min(came.values())),
    }  # fmt: skip


@contextmanager
def _sinks(folder: Path, ports: tuple[int, int] | None = None) -> Iterator[tuple[int, int]]:
    http, smtp = ports or (free_port(), free_port())
    with running(["-m", "bench.sinks", str(http), str(smtp), str(LATENCY)], folder, {}):
        yield http, smtp


@contextmanager
def _notify(bench: Bench, folder: Path, sinks: tuple[int, int] | None, **more: str) -> Iterator[tuple[str, int]]:
    to = {
        "SANFU_SMS_URL": f"http://127.0.0.1:{sinks[0]}/", "SANFU_SMTP_HOST": "127.0.0.1",
        "SANFU_SMTP_PORT": str(sinks[1]), "SANFU_SMTP_TLS": "none",
    } if sinks else {}  # fmt: skip
    keys = {"SANFU_KEYS_FILE": str(folder / "keys"), "SANFU_CLOCK": str(folder / "clock")}
    with service("notify", bench, folder, **keys, **to, **more) as found:
        yield found


def _issues(
    prefix: str, count: int, *, sms: bool = False, email: bool = False, **more: Any
) -> Iterator[list[Outgoing]]:
    """What intake would have published of so many reports, each with a party of its own, a hundred at a time."""
    for start in range(0, count, 100):
        found: list[Outgoing] = []
        for number in range(start, min(start + 100, count)):
            issue = f"{prefix}{number}"
            party = ({"phone": f"{issue}-p"} if sms else {}) | ({"email": f"{issue}@home.example"} if email else {})
            found += [contact(issue, party=party), on_the_wire(Story(issue).submitted(AT, **more))]
        yield found


async def _publish(adapter: KafkaBroker, pages: Iterator[list[Outgoing]]) -> None:
    for page in pages:
        assert all(await adapter.publish(page))


async def _came(sinks: tuple[int, int]) -> dict[str, float]:
    async with httpx.AsyncClient() as client:
        found: dict[str, float] = (await client.get(f"http://127.0.0.1:{sinks[0]}/", timeout=30)).json()
    return found


async def _arrived(sinks: tuple[int, int], prefix: str, count: int, within: float = 180) -> dict[str, float]:
    """Wait until so many messages came; answer when each did."""
    until = time.monotonic() + within
    while True:
        try:
            found = {to: at for to, at in (await _came(sinks)).items() if to.startswith(prefix)}
        except httpx.HTTPError:
            found = {}  # it is starting
        if len(found) >= count:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"only {len(found)} of {count} came")
        await asyncio.sleep(0.5)


async def _paced(adapter: KafkaBroker, sinks: tuple[int, int]) -> list[float]:
    """Milliseconds from an event's publication to the gateway, at the rate."""
    pages = list(_issues("l", RATE * SECONDS, sms=True))
    records = [record for page in pages for record in page]
    published: dict[str, float] = {}
    began, sending = time.perf_counter(), []
    for number in range(RATE * SECONDS):
        await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        published[f"l{number}-p"] = time.time()
        sending.append(asyncio.ensure_future(adapter.publish(records[2 * number : 2 * number + 2])))
    await asyncio.gather(*sending)
    came = await _arrived(sinks, "l", RATE * SECONDS)
    return sorted((came[to] - at) * 1000 for to, at in published.items())


async def _burst(adapter: KafkaBroker, sinks: tuple[int, int], prefix: str, count: int, **by: bool) -> float:
    """Messages a second, from the first that comes to the last, with all events there at once."""
    await _publish(adapter, _issues(prefix, count, **by))
    came = (await _arrived(sinks, prefix, count)).values()
    return len(came) / (max(came) - min(came))


async def _queued(bench: Bench, count: int, pid: int) -> float:
    """Wait until so many SMS are queued; answer the process's largest memory on the way."""
    client: Any = connect(bench.mongo)
    deliveries, highest = client.get_database(f"{bench.prefix}_notify").deliveries, 0.0
    wanted = {"medium": "sms", "state": "queued"}
    try:
        until = time.monotonic() + 900
        while await deliveries.count_documents(wanted) < count:
            highest = max(highest, resident(pid))
            assert time.monotonic() < until, "the storm was not taken in"
            await asyncio.sleep(1)
    finally:
        client.close()
    return max(highest, resident(pid))


def _most(instants: Sequence[float]) -> int:
    """The most that came in any second."""
    begins = most = 0
    for end, at in enumerate(instants):
        while instants[begins] <= at - 1:
            begins += 1
        most = max(most, end - begins + 1)
    return most
