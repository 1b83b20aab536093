"""Who is told is whoever it is now: on duty at that minute, once though he has two posts, in his own language."""

from pathlib import Path

import pytest

from sanfu.city.watching import PackHolder
from tests.flow.test_emergencies_rung import ALARM, deliveries
from tests.support.city import City, in_memory, local
from tests.support.packs import A_DAY, copied, edited

UNIT = "water"
NIGHT, DAY = "13800009999", "13800001048"
"""Numbers of those who are on duty at the emergency bureau after and before eight in the evening."""
ROW = f"emergency-duty,魏辛亥,emergency,duty_officer,{DAY},emergency-duty@yiwu.example,zh,yes\n"
SECOND = f"night,云夜,emergency,duty_officer,{NIGHT},night@yiwu.example,en,yes\n"
GAS = {"category": "gas", "text": "燃气泄漏，有人晕倒，快来人！", "urgency": "emergency"}


@pytest.fixture(scope="module")
def holder(tmp_path_factory: pytest.TempPathFactory) -> PackHolder:
    """The shipped pack with a night's duty officer who reads English, and a bureau whose officer is its head, too."""
    root = copied(Path(tmp_path_factory.mktemp("duty")))
    edited(root, "rosters.yaml", '["20:00-08:00"]}, on_duty: [emergency-duty]', '["20:00-08:00"]}, on_duty: [night]')
    edited(root, "staff.csv", ROW, ROW + SECOND)
    edited(root, "staff.csv", "water,officer,", "water,officer|unit_head,")
    return PackHolder(root, today=lambda: A_DAY)


def rung(city: City, issue: str) -> set[str]:
    return {one.to for one in city.sms.got if issue in one.text and one.to in (NIGHT, DAY)}


async def test_at_the_change_of_shift_an_emergency_a_minute_before_and_after_rings_who_is_on_duty_then(
    holder: PackHolder,
) -> None:
    async with in_memory("2026-05-06 19:59", holder) as city:
        before = await city.report("hotline", **GAS)
        await city.advance_to(local("2026-05-06 20:00"))
        after = await city.report("hotline", **GAS | {"title": "又有燃气泄漏"})
        assert (rung(city, before.receipt), rung(city, after.receipt)) == ({DAY}, {NIGHT})
        await city.advance_to(local("2026-05-06 20:16"))
        late = [one.to for one in city.sms.got if "15" not in one.text and before.receipt in one.text]
        assert NIGHT in late, "a light of the issue before rings who is on duty when it goes red"
        assert DAY not in late
        await city.advance_to(local("2026-05-07 08:00"))
        morning = await city.report("hotline", **GAS | {"title": "早上燃气泄漏"})
        assert rung(city, morning.receipt) == {DAY}


async def test_of_two_on_duty_who_can_be_reached_is_rung_once_though_nobody_is_at_the_others_number(
    tmp_path: Path,
) -> None:
    root = copied(tmp_path / "pair")
    alone = '["08:00-20:00"]}, on_duty: [emergency-duty]'
    edited(root, "rosters.yaml", alone, alone.replace("-duty]", "-duty, night]"))
    edited(root, "staff.csv", ROW, ROW + SECOND)
    async with in_memory("2026-05-06 10:00", PackHolder(root, today=lambda: A_DAY)) as city:
        city.sms.gone.add(DAY)
        issue = await city.report("hotline", **GAS)
        assert [one.to for one in city.sms.got if issue.receipt in one.text].count(NIGHT) == 1
        told = [
            one for one in await deliveries(city, subject=issue.id, unit="emergency") if "duty-sms" in one["template"]
        ]
        assert {(one["user"], one["state"], one["why"]) for one in told} == {
            ("emergency-duty", "failed", "5.1.1"), ("night", "sent", None), (None, "skipped", "told_already"),
        }  # fmt: skip
        phone = city.pack.units["emergency"].duty_phone or ""
        assert city.sms.to(phone) == []
        city.sms.gone.add(NIGHT)
        issue = await city.report("hotline", **GAS | {"title": "又有燃气泄漏"})
        assert [issue.receipt in one.text for one in city.sms.to(phone)] == [True], (
            "neither is reached: the unit is rung"
        )


async def test_each_reads_the_alarm_in_the_own_language(holder: PackHolder) -> None:
    async with in_memory("2026-05-06 21:00", holder) as city:
        party = {"name": "Ann Lee", "phone": "13911113333", "language": "en"}
        issue = await city.report("hotline", **GAS, party=party)
        [alarm] = [one.text for one in city.sms.to(NIGHT) if issue.receipt in one.text]
        assert "EMERGENCY" in alarm
        assert ALARM not in alarm
        assert "Call 110" in city.sms.to("13911113333")[0].text
        assert all(ALARM in one.text for one in city.sms.to(city.phone("duty_officer", "fotang")))


async def test_who_is_officer_and_head_in_one_hears_of_a_red_light_once_by_each_medium(holder: PackHolder) -> None:
    async with in_memory("2026-05-06 09:00", holder) as city:
        issue = await city.report("hotline", category="drainage", text="下水道堵了，路面都是水。")
        await city.advance_to(local("2026-05-09 18:00"))
        phone, mail = city.phone("officer", UNIT), city.email("officer", UNIT)
        assert [one.at for one in city.sms.to(phone) if "红灯" in one.text] == [local("2026-05-09 17:30")]
        assert len([one for one in city.mail.to(mail) if "红灯" in (one.subject or "")]) == 1
        told = [one for one in await deliveries(city, subject=issue.id) if one["template"].startswith("red-")]
        his = [(one["state"], one["why"]) for one in told if one["user"] == "water-officer"]
        assert sorted(his, key=str) == [("sent", None)] * 3 + [("skipped", "told_already")] * 3


async def test_a_notify_that_starts_again_on_what_it_kept_tells_nobody_anything_twice(city: City) -> None:
    await city.report("hotline", category="drainage", text="下水道堵了，路面都是水。")
    await city.advance_to(local("2026-05-09 18:00"))
    before = [(one.to, one.text) for one in (*city.sms.got, *city.mail.got)]
    assert len(before) > 5
    await city.stop("notify", "router")
    await city.start("router", "notify")
    await city.advance(minutes=30)
    assert [(one.to, one.text) for one in (*city.sms.got, *city.mail.got)] == before
