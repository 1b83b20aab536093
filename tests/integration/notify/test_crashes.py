"""Killed for real at each of notify's own crash points, and started again."""

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from sanfu.contracts import names
from sanfu.runtime.clock import SystemClock
from sanfu.runtime.service import real_parts
from tests.integration.notify.test_notify import Town, quiet, submitted, town
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import KEYS, Story, contact, on_the_wire, unit, user

__all__ = ["town"]

SENT, UNKNOWN = (names.PARTY_INFORMED, "sms", "sent"), (names.DELIVERY_FAILED, "sms", "unknown")
LIGHT, RECEIPT = "138-a", "1391"
POINTS = ("notify.before_sending", "notify.after_sending", "notify.after_sent", "notify.after_reported")


async def killed(town: Town, point: str, home: Path) -> None:
    """Run the service as a process until it kills itself there."""
    (home / "keys").write_bytes(KEYS.written())
    environment = {
        **os.environ, "SANFU_KAFKA": town.kafka, "SANFU_MONGO": town.mongo, "SANFU_PREFIX": town.prefix,
        "SANFU_CITY": str(SHIPPED), "SANFU_KEYS_FILE": str(home / "keys"), "SANFU_SMS_URL": town.sms.url,
        "SANFU_SMTP_HOST": "127.0.0.1", "SANFU_SMTP_PORT": str(town.mail.port), "SANFU_SMTP_TLS": "none",
        "SANFU_CALL_S": "5", "SANFU_LEASE_S": "10", "SANFU_CRASH": point,
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sanfu.notify", env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(90):
            assert await process.wait() == -9
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("point", POINTS)
async def test_after_a_kill_the_policy_holds_and_the_story_hears_of_each_once(
    town: Town, point: str, tmp_path: Path
) -> None:
    town.call_s = 5
    async with town.notifying() as service:  # once before there is a story, else the process would begin by a rebuild
        await eventually(lambda: quiet(service), within=60)
    now, story = SystemClock().now(), Story("light")
    await town.publish(unit("tax"), user("a", "tax", "officer", reach={"sms": LIGHT}))
    await town.publish(contact("i1", party={"phone": RECEIPT}))
    await town.publish(*submitted(1), on_the_wire(story.submitted(now, contact="none")))
    await town.publish(on_the_wire(story.light("yellow", at=now)))
    await killed(town, point, tmp_path)
    assert (town.sms.asked == 0) == (point == "notify.before_sending")
    in_hand = {message["to"] for message in town.sms.got}
    claimed = await left_claimed(town)
    assert claimed or point not in ("notify.before_sending", "notify.after_sending")
    async with town.notifying() as service:
        await eventually(lambda: quiet(service), within=60)
    taken, reports = Counter(m["to"] for m in town.sms.got), await town.reports()
    receipt_lost = "party" in claimed
    light_repeats = "officer" in claimed and LIGHT in in_hand
    assert taken[LIGHT] == (2 if light_repeats else 1)
    assert taken[RECEIPT] == (0 if receipt_lost and RECEIPT not in in_hand else 1)
    assert reports[UNKNOWN] == (1 if receipt_lost else 0)
    assert reports[SENT] == (1 if receipt_lost else 2)


async def left_claimed(town: Town) -> set[str]:
    """To whom an SMS stands as being sent, while nobody sends."""
    parts = real_parts(town.settings(), "notify")
    found = await parts.database.deliveries.find({"medium": "sms", "state": "sending"}).to_list(None)
    parts.database.client.close()
    return {one["audience"] for one in found}
