"""Notify's process: from the event to the provider at 100/s; then as many SMS, and as many mails, as go out; then a
storm while the gateway is dead, until it is back."""

import asyncio
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.notifying import LATENCY, arrived, issues, notify_at, publish, sinks_at
from bench.parts import AT, Bench, broker, place
from bench.processes import answers, resident
from bench.result import Result, Target, percentile
from bench.storm import ALLOWED, CRITICAL, stormy
from sanfu.runtime.clock import Anchor, write_anchor
from sanfu.runtime.kafka import KafkaBroker
from tests.support.eventually import eventually
from tests.support.telling import KEYS

RATE, SECONDS = 100, 20
SMS, MAILS, STORM = 10_000, 3_000, 100_000
TARGETS = (
    Target("event_to_provider_p99_ms", most=500), Target("sms_per_second", least=500),
    Target("mails_per_second", least=150), Target("rss_mb_with_storm_queued", most=300),
    Target("most_in_a_second_after_storm", most=ALLOWED), Target("critical_among_the_first", least=CRITICAL),
    Target("lost_of_the_storm", most=0), Target("twice_of_the_storm", most=0),
)  # fmt: skip


async def run(storm: int = STORM) -> Result:
    with place() as bench, tempfile.TemporaryDirectory(prefix="sanfu-bench-") as scratch:
        folder = Path(scratch)
        (folder / "keys").write_bytes(KEYS.written())
        write_anchor(folder / "clock", Anchor(AT + timedelta(hours=1), datetime.now(UTC)))  # no quiet hours
        async with broker(bench) as adapter:
            figures = await _well(bench, adapter, folder)
            figures |= await stormy(bench, adapter, folder, storm)
    floor = {"gateway_answers_ms": LATENCY * 1000}
    return Result("notify", figures, floor, figures["sms_per_second"] / ALLOWED, TARGETS)


async def _well(bench: Bench, adapter: KafkaBroker, folder: Path) -> dict[str, float]:
    with sinks_at(folder) as sinks, notify_at(bench, folder, sinks) as (url, pid):
        await eventually(lambda: answers(f"{url}/health/ready"), within=60)
        await publish(adapter, issues("w", 50, sms=True, email=True))
        await arrived(sinks, "w", 100)
        late = await _paced(adapter, sinks)
        sms = await _burst(adapter, sinks, "s", SMS, sms=True)
        mails = await _burst(adapter, sinks, "m", MAILS, email=True)
        memory = resident(pid)
    return {
        "event_to_provider_p50_ms": percentile(late, 0.5), "event_to_provider_p99_ms": percentile(late, 0.99),
        "sms_per_second": sms, "mails_per_second": mails, "rss_mb_idle": memory,
    }  # fmt: skip


async def _paced(adapter: KafkaBroker, sinks: tuple[int, int]) -> list[float]:
    """Milliseconds from an event's publication to the gateway, at the rate."""
    pages = list(issues("l", RATE * SECONDS, sms=True))
    records = [record for page in pages for record in page]
    published: dict[str, float] = {}
    began, sending = time.perf_counter(), []
    for number in range(RATE * SECONDS):
        await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        published[f"l{number}-p"] = time.time()
        sending.append(asyncio.ensure_future(adapter.publish(records[2 * number : 2 * number + 2])))
    await asyncio.gather(*sending)
    came = await arrived(sinks, "l", RATE * SECONDS)
    return sorted((came[to] - at) * 1000 for to, at in published.items())


async def _burst(adapter: KafkaBroker, sinks: tuple[int, int], prefix: str, count: int, **by: bool) -> float:
    """Messages a second, from the first that comes to the last, with all events there at once."""
    await publish(adapter, issues(prefix, count, **by))
    came = (await arrived(sinks, prefix, count)).values()
    return len(came) / (max(came) - min(came))
