"""Killed for real while a digest takes, is sent, and marks what it took: nothing of it is lost, all is told once."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from sanfu.contracts import names
from sanfu.runtime.clock import Anchor, write_anchor
from tests.integration.notify.test_crashes import deliveries, started
from tests.integration.notify.test_notify import Town, quiet, town
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import START, Story, on_the_wire, unit, user

__all__ = ["town"]

POINTS = (
    "notify.after_taken", "notify.before_sending", "notify.after_sending", "notify.after_sent",
    "notify.after_reported",
)  # fmt: skip
LIGHTS = 5


async def lit(town: Town) -> None:
    """Lights of one officer: the first is told at once, the others are held."""
    await town.publish(unit("tax"), user("a", "tax", "officer", reach={"sms": "138-a"}))
    async with town.notifying() as service:
        for number in range(LIGHTS):
            story = Story(f"light{number}")
            events = story.submitted(contact="none", receipt=f"SF-{number}"), story.light("yellow")
            await town.publish(*map(on_the_wire, events))
            await eventually(lambda: quiet(service), within=60)
    assert len(town.sms.got) == 1


@pytest.mark.parametrize("point", POINTS)
async def test_a_digest_survives_a_kill_and_each_issue_hears_once_that_it_was_told(
    town: Town, point: str, tmp_path: Path
) -> None:
    town.city, town.clock, town.call_s = SHIPPED, tmp_path / "clock.json", 5
    write_anchor(town.clock, Anchor(START, START, 0))
    async with town.notifying() as service:  # once before there is a story, else it would begin by a rebuild
        await eventually(lambda: quiet(service), within=60)
    await lit(town)
    write_anchor(town.clock, Anchor(START + timedelta(minutes=10), START, 0))
    process = await started(town, point, tmp_path)
    async with asyncio.timeout(90):
        assert await process.wait() == -9
    async with town.notifying() as service:
        await eventually(lambda: quiet(service), within=60)
    lists = [message["text"] for message in town.sms.got[1:]]
    assert len(lists) == (2 if point == "notify.after_sending" else 1), "at least once"
    assert all(f"SF-{number}，" in text for text in lists for number in range(1, LIGHTS))
    found = [one for one in await deliveries(town, {"medium": "sms"}) if one["audience"] == "officer"]
    assert Counter(one["state"] for one in found) == {"sent": LIGHTS + 1}
    reports = await town.reports()
    assert reports[names.PARTY_INFORMED, "sms", "sent"] == LIGHTS
