"""What both parts of the bench `notify` need: its process, a gateway, a mail sink, and what intake would have said."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.parts import AT, Bench
from bench.processes import running, service
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.kafka import KafkaBroker
from sanfu.stack.programs import free_port
from tests.support.telling import Story, contact, on_the_wire

LATENCY = 0.02
"""Seconds that the gateway takes for an answer."""


@contextmanager
def sinks_at(folder: Path, ports: tuple[int, int] | None = None) -> Iterator[tuple[int, int]]:
    http, smtp = ports or (free_port(), free_port())
    with running(["-m", "bench.sinks", str(http), str(smtp), str(LATENCY)], folder, {}):
        yield http, smtp


@contextmanager
def notify_at(bench: Bench, folder: Path, sinks: tuple[int, int] | None, **more: str) -> Iterator[tuple[str, int]]:
    to = {
        "SANFU_SMS_URL": f"http://127.0.0.1:{sinks[0]}/", "SANFU_SMTP_HOST": "127.0.0.1",
        "SANFU_SMTP_PORT": str(sinks[1]), "SANFU_SMTP_TLS": "none",
    } if sinks else {}  # fmt: skip
    keys = {"SANFU_KEYS_FILE": str(folder / "keys"), "SANFU_CLOCK": str(folder / "clock")}
    with service("notify", bench, folder, **keys, **to, **more) as found:
        yield found


def issues(prefix: str, count: int, *, sms: bool = False, email: bool = False, **more: Any) -> Iterator[list[Outgoing]]:
    """What intake would have published of so many reports, each with a party of its own, a hundred at a time."""
    for start in range(0, count, 100):
        found: list[Outgoing] = []
        for number in range(start, min(start + 100, count)):
            issue = f"{prefix}{number}"
            party = ({"phone": f"{issue}-p"} if sms else {}) | ({"email": f"{issue}@home.example"} if email else {})
            found += [contact(issue, party=party), on_the_wire(Story(issue).submitted(AT, **more))]
        yield found


async def publish(adapter: KafkaBroker, pages: Iterator[list[Outgoing]]) -> None:
    for page in pages:
        assert all(await adapter.publish(page))


async def came(sinks: tuple[int, int]) -> dict[str, float]:
    async with httpx.AsyncClient() as client:
        found: dict[str, float] = (await client.get(f"http://127.0.0.1:{sinks[0]}/", timeout=30)).json()
    return found


async def arrived(sinks: tuple[int, int], prefix: str, count: int, within: float = 180) -> dict[str, float]:
    """Wait until so many messages came; answer when each did."""
    until = time.monotonic() + within
    while True:
        try:
            found = {to: at for to, at in (await came(sinks)).items() if to.startswith(prefix)}
        except httpx.HTTPError:
            found = {}  # it is starting
        if len(found) >= count:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"only {len(found)} of {count} came")
        await asyncio.sleep(0.5)
