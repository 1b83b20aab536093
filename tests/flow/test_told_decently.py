"""Everybody is told, and nobody is disturbed for what can wait: over all services, in the shipped city."""

from datetime import timedelta

from sanfu.contracts.envelope import instant
from tests.flow.test_affairs import office
from tests.flow.test_more_time import UNIT as ROADS
from tests.flow.test_more_time import contacted
from tests.support.city import City, in_memory, local

UNIT = "water"


async def test_who_reports_at_night_gets_the_mail_at_once_and_the_sms_in_the_morning() -> None:
    async with in_memory("2026-05-06 22:30") as city:
        await city.report("hotline", category="drainage")
        assert [one.at for one in city.mail.to("wang.xiaoming@mail.example")] == [local("2026-05-06 22:30")]
        await city.advance_to(local("2026-05-07 09:00"))
        assert [one.at for one in city.sms.to("13911112222")] == [local("2026-05-07 08:00")]


async def test_a_unit_that_gets_many_issues_at_once_gets_one_mail_and_then_a_list(city: City) -> None:
    mailbox = city.pack.units[UNIT].mailbox or ""
    issues = [await city.report("hotline", category="drainage", text=f"下水道堵了，第{n}处。") for n in range(4)]
    assert [one.subject for one in city.mail.to(mailbox)] == [f"新交办事项（{issues[0].receipt}）"]
    await city.advance(minutes=10)
    assert [one.subject for one in city.mail.to(mailbox)][1:] == ["3件事项提醒"]
    assert all(issue.receipt in city.mail.to(mailbox)[1].text for issue in issues[1:])
    for issue in issues:
        told = [one.data for one in await city.of(issue, "party-informed") if one.data["recipient"] == "unit"]
        assert [one["state"] for one in told] == ["sent"]


async def test_an_emergency_at_night_rings_at_once_at_the_emergency_unit_and_at_the_place(city: City) -> None:
    await city.advance_to(local("2026-05-10 03:00"))
    phones = {city.phone("duty_officer", "emergency"), city.phone("duty_officer", "fotang")}
    gas = {"category": "gas", "text": "燃气泄漏，有人晕倒，快来人！", "urgency": "emergency"}
    issues = [await city.report("hotline", **gas, title=title) for title in ("燃气泄漏", "又有燃气泄漏")]
    rung = [one for one in city.sms.got if "紧急！" in one.text]
    for issue in issues:
        assert phones <= {one.to for one in rung if issue.receipt in one.text}, "none waits for a list, either"
    assert {one.at for one in rung} == {local("2026-05-10 03:00")}


async def test_a_supervision_order_reaches_unit_head_and_supervisors_and_says_nothing_of_its_text(city: City) -> None:
    issue = await city.report("hotline", category="drainage")
    await city.advance(minutes=11)
    due = instant(city.clock.now() + timedelta(days=1))
    said = {"level": "red", "unit": UNIT, "issues": [issue.id], "text": "立即整改到位", "reply_by": due}
    await office(city).make("orders", said)
    assert "督办单" in city.sms.to(city.phone("unit_head", UNIT))[-1].text
    assert "督办单" in (city.mail.to(city.pack.units[UNIT].mailbox or "")[-1].subject or "")
    await city.advance_to(local("2026-05-06 14:00"))
    told = city.mail.to(city.email("supervisor", "office-inspection"))[-1]
    assert (told.at, "新督办单" in (told.subject or "")) == (local("2026-05-06 14:00"), True), "with the next digest"
    assert not [one for one in (*city.sms.got, *city.mail.got) if "立即整改到位" in one.text]


async def test_who_has_many_issues_gets_ten_messages_a_day_and_the_rest_as_one_list(city: City) -> None:
    issues = [await city.report("hotline", category="drainage", text=f"下水道堵了，第{n}处。") for n in range(13)]
    assert len(city.sms.to("13911112222")) == 10
    await city.advance(hours=24)
    late = [one.text for one in city.sms.to("13911112222")][10:]
    assert [text.splitlines()[0] for text in late] == ["【义乌三服务】您的诉求有3条进展："]
    assert all(issue.receipt in late[0] for issue in issues[10:])
    for issue in issues:
        told = [one.data for one in await city.of(issue, "party-informed") if one.data["medium"] == "sms"]
        assert [one["state"] for one in told if one["template"] == "receipt-party-sms"] == ["sent"]


async def test_who_was_erased_is_in_no_list_any_more(city: City) -> None:
    for number in range(12):
        await city.report("hotline", category="drainage", text=f"下水道堵了，第{number}处。")
    await city.erase(phone="13911112222")
    await city.advance(hours=25)
    assert len(city.sms.to("13911112222")) == 10
    assert len(city.mail.to("wang.xiaoming@mail.example")) == 10


async def test_over_the_cap_comes_what_the_law_owes_and_what_is_of_an_emergency_and_nothing_else(city: City) -> None:
    issue = await contacted(city)
    for number in range(10):
        await city.report("hotline", category="drainage", text=f"下水道堵了，第{number}处。")
    phone = "13911112222"
    full = len(city.sms.to(phone))
    assert full == 10
    await city.officer(ROADS).order(issue, "ask_extension", {"reason": "等待配件"})
    await city.person("coordination_office").order(issue, "decide_extension", {"granted": True})
    assert [issue.receipt in one.text for one in city.sms.to(phone)[full:]] == [True], "more time: the law owes it"
    danger = await city.report("hotline", category="gas", text="燃气泄漏，有人晕倒，快来人！", urgency="emergency")
    assert [danger.receipt in one.text for one in city.sms.to(phone)[full + 1 :]] == [True]
    await city.report("hotline", category="drainage", text="下水道又堵了。")
    assert len(city.sms.to(phone)) == full + 2
