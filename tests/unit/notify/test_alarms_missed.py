"""A red light or an emergency that goes to nobody of a unit is counted, with the reason."""

from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain.alarms import REASONS, missed
from sanfu.notify.domain.delivery import Rejected
from tests.support.eventually import eventually
from tests.support.telling import Story, on_the_wire, unit, user
from tests.unit.notify.test_decency import at, lit
from tests.unit.notify.test_delivery import queued
from tests.unit.notify.test_emergencies import offered
from tests.unit.notify.test_service import Bench, bench, shown

__all__ = ["bench"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for: that is of real time."""
    monkeypatch.setattr(steps, "PATIENCE", dict.fromkeys(steps.PATIENCE, timedelta(0)))


def counted(bench: Bench) -> dict[str, float]:
    """Reason → how many, without those that are none."""
    value = bench.service.parts.registry.get_sample_value
    found = {why: value("sanfu_notify_alarms_missed_total", {"why": why}) for why in REASONS}
    assert None not in found.values(), "each is there from the start, or the first is no increase"
    return {why: count for why, count in found.items() if count}


async def test_a_red_light_that_no_head_hears_of_is_counted_and_a_yellow_one_is_not(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("h", "tax", "unit_head"))
    await at(bench, "2026-05-07 10:00")
    await lit(bench, "i1", "yellow")
    assert await shown(bench, state="skipped", reason="no_recipient"), "its officers"
    assert counted(bench) == {}
    await lit(bench, "i2", "red")
    skipped = await shown(bench, state="skipped", reason="no_recipient", subject="i2")
    assert {one["recipient"] for one in skipped} == {"officer"}
    ringing = [one["medium"] for one in skipped if one["medium"] != "inbox"]
    assert len(ringing) == len(skipped) - 1, "a letter that nobody got rings nowhere: no alarm was missed by it"
    assert counted(bench) == {"no_recipient": len(ringing)}


async def test_somebody_without_an_address_of_the_medium_is_counted_apart(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer"), user("h", "tax", "unit_head", reach={"sms": "1"}))
    await at(bench, "2026-05-07 10:00")
    await lit(bench, "i1", "red")
    assert counted(bench) == {"no_address": 1}
    (told,) = await shown(bench, state="skipped", subject="i1", reason="no_address")
    assert (told["template"], told["recipient"]) == ("red-head-email", "unit_head")


async def test_who_would_rather_not_be_told_is_no_alarm_that_was_missed(bench: Bench) -> None:
    shelf: Any = bench.service.parts.documents
    shelf.others.setdefault("preferences", {})["user:a"] = {"_id": "user:a", "refused": ["sms"], "ver": 1}
    await bench.publish(unit("tax"), user("a", "tax", "officer"), user("h", "tax", "unit_head"))
    await at(bench, "2026-05-07 10:00")
    await lit(bench, "i1", "red")
    assert counted(bench) == {}


async def test_a_step_of_the_ladder_that_nobody_stands_on_is_counted(bench: Bench) -> None:
    await bench.publish(unit("tax"), unit("leading-group"))
    now = await at(bench, "2026-05-07 10:00")
    story = Story("i1")
    climbed = {
        "clock": "handling", "to_unit": "leading-group", "to_role": "leader", "unit": "tax", "version": 1,
        "round": 1, "level": "red", "step": 3,
        "limit": "2026-05-06T09:30:00.000Z", "late_by": 94_000,
    }  # fmt: skip
    await bench.publish(
        on_the_wire(story.submitted(now, contact="none")),
        on_the_wire(story.tell("sla", names.ESCALATION_RAISED, climbed, now)),
    )
    await eventually(bench.quiet)
    assert counted(bench) == {"no_recipient": 1}


async def test_an_emergency_that_a_head_does_not_hear_of_is_counted_and_one_that_rings_nowhere_has_its_own_alarm(
    bench: Bench,
) -> None:
    await bench.publish(unit("tax", duty_phone=None, mailbox=None))
    await at(bench, "2026-05-07 10:00")
    await offered(bench, "i1", "normal")
    assert counted(bench) == {}
    await offered(bench, "i2", "emergency")
    skipped = {one["recipient"]: one["why"] for one in await shown(bench, state="skipped", subject="i2")}
    assert skipped.pop("party") == "no_contact"
    assert skipped == {"unit_head": "no_recipient", "duty_officer": "nowhere"}
    assert counted(bench) == {"no_recipient": 1}


async def test_an_emergency_that_nobody_takes_for_a_head_is_counted_and_what_is_none_is_not(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("h", "tax", "unit_head"), user("d", "tax", "duty_officer"))
    await at(bench, "2026-05-07 10:00")
    bench.sms.script.extend([Rejected("http_422")] * 2)
    await offered(bench, "i1", "normal")
    assert len(await shown(bench, state="failed", subject="i1")) == 2
    assert counted(bench) == {}
    bench.sms.script.extend([Rejected("http_422")] * 2)
    await offered(bench, "i2", "emergency")
    failed = await shown(bench, state="failed", subject="i2")
    assert sorted(one["recipient"] for one in failed) == ["duty_officer", "unit_head"]
    assert counted(bench) == {"failed": 1}, "in place of the duty officer the duty phone rang"


async def test_a_red_light_for_a_number_at_which_nobody_is_any_more_is_counted(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer"), user("h", "tax", "unit_head"))
    await at(bench, "2026-05-07 10:00")
    bench.sms.script.extend([Rejected("MBBLACK", dead=True)] * 2)
    await lit(bench, "i1", "red")
    await at(bench, "2026-05-07 11:00")
    await lit(bench, "i2", "red")
    skipped = await shown(bench, state="skipped", subject="i2", reason="unreachable")
    assert counted(bench) == {"unreachable": len(skipped)}
    assert skipped


@pytest.mark.parametrize(
    ("medium", "why", "unheard", "missed_by"),
    [
        ("sms", "gave_up: http_503", True, None),
        ("sms", "http_422", False, None),
        ("webhook", "http_410", False, "failed"),
    ],
)
def test_what_was_tried_in_vain_until_it_was_of_no_use_rang_nowhere(
    medium: str, why: str, unheard: bool, missed_by: str | None
) -> None:
    """What is refused at once has something further ring; by a medium that rings nothing it is missed."""
    alarm = queued(medium=medium, audience="duty_officer", unit="tax", critical=True)
    one = steps.end(alarm, "failed", why, alarm.at)
    assert (one.is_unheard, missed(one)) == (unheard, missed_by)
