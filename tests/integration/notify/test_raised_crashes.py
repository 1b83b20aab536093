"""Killed for real just after what an issue's emergency lets go: it goes, once, and nothing is left to be let go."""

import asyncio
from datetime import timedelta
from pathlib import Path

from sanfu.contracts import names
from sanfu.runtime.clock import Anchor, write_anchor
from tests.integration.notify.test_crashes import deliveries, started
from tests.integration.notify.test_notify import Town, quiet, town
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import BY, START, Story, on_the_wire, unit, user

__all__ = ["town"]

POINT = "notify.raised"
NIGHT = START + timedelta(hours=13)


async def test_what_an_emergency_lets_go_survives_a_kill_and_is_told_once(town: Town, tmp_path: Path) -> None:
    town.city, town.clock, town.call_s = SHIPPED, tmp_path / "clock.json", 5
    write_anchor(town.clock, Anchor(NIGHT, NIGHT, 0))
    story = Story("i1")
    await town.publish(unit("tax"), user("a", "tax", "officer", reach={"sms": "138-a"}))
    async with town.notifying() as service:  # once before there is a story, else it would begin by a rebuild
        await eventually(lambda: quiet(service), within=60)
        lit = story.submitted(NIGHT, contact="none"), story.light("yellow", at=NIGHT)
        await town.publish(*map(on_the_wire, lit))
        await eventually(lambda: quiet(service), within=60)
    assert town.sms.got == []
    process = await started(town, POINT, tmp_path)
    changed = {"by": BY, "before": "normal", "urgency": "emergency", "reason": "r"}
    await town.publish(on_the_wire(story.tell("desk", names.URGENCY_CHANGED, changed, NIGHT)))
    async with asyncio.timeout(90):
        assert await process.wait() == -9
    async with town.notifying() as service:
        await eventually(lambda: quiet(service), within=60)
        assert await service.parts.database.raised.count_documents({}) == 0
    assert [message["to"] for message in town.sms.got].count("138-a") == 1
    told = await deliveries(town, {"medium": "sms", "template": "yellow-officer-sms"})
    assert [one["state"] for one in told if one["critical"]] == ["sent"]
