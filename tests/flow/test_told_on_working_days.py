"""What goes red on a day off is told when people work again; what is urgent, or an emergency, is told now."""

from datetime import timedelta

import pytest

from tests.flow.test_emergencies_rung import ALARM, deliveries
from tests.support.city import ZONE, in_memory, local
from tests.support.people import Posted

UNIT = "water"


def red(messages: list[Posted]) -> list[str]:
    return [f"{one.at.astimezone(ZONE):%m-%d %H:%M}" for one in messages if "红灯" in f"{one.subject} {one.text}"]


@pytest.mark.parametrize(
    ("reported", "limit", "told"),
    [
        ("2026-05-13 09:00", "2026-05-16 17:30", "05-18 08:00"),
        ("2026-05-06 09:00", "2026-05-09 17:30", "05-09 17:30"),
        ("2026-09-28 09:00", "2026-10-01 17:30", "10-08 08:00"),
    ],
    ids=["a weekend", "a Saturday on which people work", "the National Day's week"],
)
async def test_a_red_on_a_day_off_is_on_at_once_and_told_when_people_work_again(
    reported: str, limit: str, told: str
) -> None:
    async with in_memory(reported) as city:
        issue = await city.report("hotline", category="drainage", text="下水道堵了，路面都是水。")
        await city.advance_to(local(limit))
        assert ("red", local(limit)) in await city.lights(issue)
        phone, mailbox = city.phone("officer", UNIT), city.email("officer", UNIT)
        held = [one for one in await deliveries(city, subject=issue.id, reason="day_off") if one["state"] == "held"]
        assert {one["template"] for one in held if one["template"].startswith("red-officer")} == (
            set() if told.endswith("17:30") else {"red-officer-sms", "red-officer-email"}
        )
        await city.advance_to(local(f"2026-{told}") + timedelta(hours=1))
        if told.endswith("17:30"):
            assert red(city.sms.to(phone)) == [told]
        else:
            assert red(city.sms.to(phone)) == red(city.mail.to(mailbox)) == [told]
        states = {one["state"] for one in await deliveries(city, subject=issue.id) if one["template"].startswith("red")}
        assert states == {"sent"}


async def test_what_is_urgent_goes_red_and_is_told_in_the_night_to_a_sunday() -> None:
    async with in_memory("2026-05-13 09:00") as city:
        issue = await city.report("hotline", category="drainage", text="下水道堵了，路面都是水。", urgency="urgent")
        limit = await city.limit(issue)
        assert limit == local("2026-05-17 00:00")
        await city.advance_to(limit)
        assert red(city.sms.to(city.phone("officer", UNIT))) == ["05-17 00:00"]


async def test_an_emergencys_red_rings_in_the_night_of_a_holiday() -> None:
    async with in_memory("2026-10-02 23:50") as city:
        issue = await city.report("hotline", category="gas", text="燃气泄漏，有人晕倒，快来人！", urgency="emergency")
        phone = city.phone("duty_officer", "emergency")
        assert [one.at for one in city.sms.to(phone) if ALARM in one.text] == [local("2026-10-02 23:50")]
        await city.advance_to(local("2026-10-03 00:05"))
        told = [one for one in city.sms.to(phone) if "已于" in one.text and issue.receipt in one.text]
        assert [one.at for one in told] == [local("2026-10-03 00:05")], "fifteen minutes later, across midnight"


async def test_what_comes_on_both_sides_of_midnight_waits_for_the_same_morning() -> None:
    async with in_memory("2026-05-06 23:59") as city:
        await city.report("hotline", category="drainage", text="下水道堵了，第一处。")
        await city.advance_to(local("2026-05-07 00:01"))
        await city.report("hotline", category="drainage", text="下水道堵了，第二处。")
        assert city.sms.to("13911112222") == []
        await city.advance_to(local("2026-05-07 09:00"))
        assert [one.at for one in city.sms.to("13911112222")] == [local("2026-05-07 08:00")] * 2
