"""Lights: at the right instant, once, told to the right people; and never a false one."""

from datetime import datetime, timedelta

import pytest

from tests.flow.parts import ON_BOTH
from tests.support.city import City, in_memory, local
from tests.support.people import Issue, Posted

UNIT = "water"
MINUTE = timedelta(minutes=1)


async def complex_one(city: City) -> Issue:
    """An issue of the middle grade, due on the third day: Saturday, 9 May 2026, on which people work."""
    return await city.report("hotline", category="drainage", text="下水道堵了，路面都是水。")


def about_light(messages: list[Posted], word: str) -> list[datetime]:
    return [one.at for one in messages if word in f"{one.subject} {one.text}"]


@ON_BOTH
async def test_an_issue_that_nobody_handles_turns_yellow_a_day_before_and_red_at_the_limit_once_each(
    city: City,
) -> None:
    issue = await complex_one(city)
    limit = local("2026-05-09 17:30")
    assert await city.limit(issue) == limit
    yellow = limit - timedelta(days=1)

    await city.advance_to(yellow - timedelta(milliseconds=1))
    assert await city.lights(issue) == []
    await city.advance_to(limit - timedelta(milliseconds=1))
    assert await city.lights(issue) == [("yellow", yellow)]
    await city.advance_to(limit + timedelta(days=2))
    for clock in ("unit_handling", "handling"):
        assert await city.lights(issue, clock) == [("yellow", yellow), ("red", limit)]

    phone, head = city.phone("officer", UNIT), city.phone("unit_head", UNIT)
    assert about_light(city.sms.to(phone), "黄灯") == [yellow]
    assert about_light(city.sms.to(phone), "红灯") == [limit]
    assert about_light(city.sms.to(head), "黄灯") == []
    assert about_light(city.sms.to(head), "红灯") == [limit]
    for role, lights in (("officer", ["黄灯", "红灯"]), ("unit_head", ["红灯"])):
        mails = city.mail.to(city.email(role, UNIT))
        assert [word for word in ("黄灯", "红灯") for _ in about_light(mails, word)] == lights


async def test_what_turns_out_an_emergency_after_it_was_handled_runs_by_the_minute_again(city: City) -> None:
    issue = await complex_one(city)
    await city.officer(UNIT).do_all(issue)
    await city.advance(hours=3)
    caller = city.person("follow_up_caller")
    await caller.order(issue, "raise_urgency", {"urgency": "emergency", "reason": "井盖塌陷，有人坠落"})
    assert await city.state(issue) == "assigned"
    assert await city.limit(issue, "emergency_acknowledge") == city.clock.now() + 15 * MINUTE
    assert await city.limit(issue, "handling") > city.clock.now(), "the promise runs anew"
    await city.advance(days=8)
    assert await city.state(issue) == "assigned", "no silence of the party ends it"
    assert [level for level, _ in await city.lights(issue, "emergency_acknowledge")] == ["red"]


async def test_a_light_goes_out_when_the_issue_is_handled_in_time_and_no_other_follows(city: City) -> None:
    issue = await complex_one(city)
    await city.advance_to(local("2026-05-09 10:00"))
    await city.officer(UNIT).do_all(issue)
    await city.advance_to(local("2026-05-20 09:00"))
    assert [level for level, _ in await city.lights(issue)] == ["yellow", "none"]
    assert about_light(city.sms.got, "红灯") == []


async def test_what_was_handled_in_time_gets_no_red_though_sla_hears_of_it_after_the_limit(city: City) -> None:
    issue = await complex_one(city)
    await city.stop("sla")
    city.clock.set(local("2026-05-09 17:29"))
    await city.officer(UNIT).do_all(issue)
    city.clock.set(local("2026-05-10 09:00"))
    await city.start("sla")
    await city.advance(days=3)
    for clock in ("handling", "unit_handling"):
        assert "red" not in [level for level, _ in await city.lights(issue, clock)]
    assert about_light(city.sms.got, "红灯") == []


async def test_after_an_outage_over_both_instants_yellow_is_skipped_and_red_is_told_once(city: City) -> None:
    issue = await complex_one(city)
    await city.stop("sla")
    city.clock.set(local("2026-05-10 09:00"))
    await city.start("sla")
    told = [one.data for one in await city.of(issue, "light-changed") if one.data["clock"] == "unit_handling"]
    assert [(one["level"], one.get("skipped", False)) for one in told] == [("yellow", True), ("red", False)]
    phone = city.phone("officer", UNIT)
    assert about_light(city.sms.got, "红灯") == [], "it is Sunday: the light is on, and is told next morning"
    await city.advance_to(local("2026-05-11 08:00"))
    assert (len(about_light(city.sms.to(phone), "黄灯")), len(about_light(city.sms.to(phone), "红灯"))) == (0, 1)


@pytest.mark.parametrize("service", ["router", "sla", "notify", "desk"])
async def test_a_service_that_was_away_for_an_hour_brings_no_false_light_and_tells_nothing_twice(
    service: str,
) -> None:
    async with in_memory("2026-05-08 17:00") as city:
        waiting = await city.report("hotline", category="drainage")
        yellow = await city.limit(waiting) - timedelta(days=1)
        await city.advance_to(yellow - 30 * MINUTE)
        handled = await city.report("hotline", category="drainage")
        await city.stop(service)
        await city.advance_to(yellow + 30 * MINUTE)
        await city.start(service)
        await city.officer(UNIT).do_all(handled)
        await city.advance(hours=1)
        assert [level for level, _ in await city.lights(waiting)] == ["yellow"]
        assert await city.lights(handled) == []
        await city.advance_to(local("2026-05-11 08:00"))
        assert len(about_light(city.sms.to(city.phone("officer", UNIT)), "黄灯")) == 1
        assert len(city.sms.to("13911112222")) == 3


async def test_a_same_day_issue_from_after_hours_before_spring_festival_is_due_no_later_than_a_complex_one() -> None:
    async with in_memory("2026-02-14 17:40") as city:
        simple = await city.report("hotline", category="road-lamp")
        harder = await city.report("hotline", category="drainage")
        assert await city.limit(simple) == await city.limit(harder) == local("2026-02-17 17:30")
        await city.advance_to(local("2026-02-18 00:00"))
        assert [at for level, at in await city.lights(simple) if level == "red"] == [local("2026-02-17 17:30")]


async def test_a_simple_issue_is_due_the_same_day_and_yellow_two_hours_before(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    await city.advance_to(local("2026-05-07 00:00"))
    assert await city.lights(issue) == [("yellow", local("2026-05-06 15:30")), ("red", local("2026-05-06 17:30"))]
