"""Killed for real at each of notify's own crash points, and started again."""

import asyncio
import os
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from sanfu.contracts import names
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import SystemClock
from sanfu.runtime.service import real_parts
from tests.integration.notify.test_notify import Town, quiet, submitted, town
from tests.support.eventually import eventually
from tests.support.telling import KEYS, Story, contact, on_the_wire, unit, user

__all__ = ["town"]

SENT, UNKNOWN = (names.PARTY_INFORMED, "sms", "sent"), (names.DELIVERY_FAILED, "sms", "unknown")
POINTS = ("notify.before_sending", "notify.after_sending", "notify.after_sent", "notify.after_reported")
FIRST = ("notify.after_sending", 1)
"""The one of every run: test_faulty_crashes walks all in turn, but does not count repeats."""
Process = asyncio.subprocess.Process


async def started(town: Town, point: str, home: Path) -> Process:
    """Start the service as a process that will kill itself there."""
    (home / "keys").write_bytes(KEYS.written())
    environment = {
        **os.environ, "SANFU_KAFKA": town.kafka, "SANFU_MONGO": town.mongo, "SANFU_PREFIX": town.prefix,
        "SANFU_CITY": str(town.city), "SANFU_KEYS_FILE": str(home / "keys"), "SANFU_SMS_URL": town.sms.url,
        "SANFU_SMTP_HOST": "127.0.0.1", "SANFU_SMTP_PORT": str(town.mail.port), "SANFU_SMTP_TLS": "none",
        "SANFU_CALL_S": "5", "SANFU_LEASE_S": "10", "SANFU_CRASH": point,
        **({"SANFU_CLOCK": str(town.clock)} if town.clock else {}),
    }  # fmt: skip
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sanfu.notify", env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def killed(town: Town, point: str, home: Path) -> int:
    """Tell the service of one issue after the other until it kills itself; answer of how many."""
    process, waves = await started(town, point, home), 0
    try:
        async with asyncio.timeout(120):
            while process.returncode is None:
                waves += 1
                await tell(town, waves)
                await eventually(partial(dead_or_told, process, town, 2 * waves), within=90)
        assert process.returncode == -9
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return waves


def dead_or_told(process: Process, town: Town, messages: int) -> bool:
    return process.returncode is not None or town.sms.asked >= messages


async def tell(town: Town, *waves: int) -> None:
    """A report of which a party hears at most once, and a light of which an officer hears at least once, in each wave:
    each of a unit of its own, for one unit gets a list of what follows within ten minutes."""
    await town.publish(*(record for wave in waves for record in known(wave)))
    await town.publish(*(record for wave in waves for record in events(wave)))


def known(wave: int) -> list[Outgoing]:
    code = f"tax{wave}"
    officer = user(f"a{wave}", code, "officer", reach={"sms": f"138-{wave}"})
    return [unit(code), officer, contact(f"i{wave}", party={"phone": f"139{wave}"})]


def events(wave: int) -> list[Outgoing]:
    now, light = SystemClock().now(), Story(f"light{wave}")
    lit = light.submitted(now, contact="none"), light.light("yellow", f"tax{wave}", at=now)
    return [*submitted(wave), *map(on_the_wire, lit)]


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(f"{point}:{hit}", marks=[] if (point, hit) == FIRST else pytest.mark.full)
        for point in POINTS
        for hit in (1, 2, 7)
    ],
)
async def test_after_a_kill_the_policy_holds_and_the_story_hears_of_each_once(
    town: Town, point: str, tmp_path: Path
) -> None:
    town.call_s = 5
    async with town.notifying() as service:  # once before there is a story, else the process would begin by a rebuild
        await eventually(lambda: quiet(service), within=60)
    waves = await killed(town, point, tmp_path)
    assert (town.sms.asked == 0) == (point == "notify.before_sending:1")
    in_hand, claimed = {message["id"] for message in town.sms.got}, await left_claimed(town)
    assert claimed or not point.startswith(("notify.before_sending", "notify.after_sending"))
    async with town.notifying() as service:
        await eventually(lambda: quiet(service), within=60)
    audiences = await told_to(town)
    assert Counter(audiences.values()) == {"party": waves, "officer": waves}
    lost = {id for id in claimed if audiences[id] == "party"}
    repeats = {id for id in claimed & in_hand if audiences[id] == "officer"}
    once = audiences.keys() - (lost - in_hand)
    assert Counter(message["id"] for message in town.sms.got) == Counter(once) + Counter(repeats)
    reports = await town.reports()
    assert (reports[UNKNOWN], reports[SENT]) == (len(lost), 2 * waves - len(lost))


async def left_claimed(town: Town) -> set[str]:
    """The SMS that stand as being sent, while nobody sends."""
    return {one["_id"] for one in await deliveries(town, {"medium": "sms", "state": "sending"})}


async def told_to(town: Town) -> dict[str, str]:
    """To whom each SMS goes that went anywhere, by its id."""
    found = await deliveries(town, {"medium": "sms"})
    return {one["_id"]: one["audience"] for one in found if one["state"] != "skipped"}


async def deliveries(town: Town, wanted: dict[str, str]) -> list[dict[str, str]]:
    parts = real_parts(town.settings(), "notify")
    found: list[dict[str, str]] = await parts.database.deliveries.find(wanted).to_list(None)
    parts.database.client.close()
    return found
