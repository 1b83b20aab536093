"""What the head of a unit signs: when it counts, and who hears of it."""

from datetime import timedelta

from tests.support.city import City, local
from tests.support.people import Issue

UNIT = "housing-construction"
PHONE = "13911112222"


async def contacted(city: City) -> Issue:
    issue = await city.report("hotline", title="路面沉降", text="人行道沉降。")
    await city.person("reviewer").dispatch(issue, UNIT, "difficult")
    await city.officer(UNIT).acknowledge(issue)
    await city.officer(UNIT).contact(issue)
    return issue


async def test_what_was_submitted_before_the_limit_and_signed_after_it_is_in_time_and_its_light_goes_out(
    city: City,
) -> None:
    issue = await contacted(city)
    limit = await city.limit(issue, "handling")
    await city.advance_to(limit - timedelta(hours=2))
    sent = len(city.sms.to(PHONE))
    await city.officer(UNIT).handle(issue)
    assert any("待您签发" in one.text for one in city.sms.to(city.phone("unit_head", UNIT)))
    assert len(city.sms.to(PHONE)) == sent, "the party hears nothing"
    assert await city.state(issue) == "contacted"
    await city.advance_to(limit)
    assert (await city.lights(issue, "handling"))[-1][0] == "red", "nobody has signed"
    await city.advance(hours=16)
    await city.head(UNIT).sign(issue)
    last = [one for one in await city.of(issue, "light-changed") if one.data["clock"] == "handling"][-1]
    assert (last.data["level"], last.data["reason"]) == ("none", "stopped_in_time")
    seen = await city.person("coordination_office").sees(issue)
    assert seen is not None
    assert (seen["state"], seen["in_time"], seen["light"]) == ("handled", True, "none")
    assert len(city.sms.to(PHONE)) > sent


async def test_what_the_head_sends_back_after_the_limit_is_late_however_early_it_was_submitted(city: City) -> None:
    issue = await contacted(city)
    limit = await city.limit(issue, "handling")
    await city.advance_to(limit - timedelta(hours=2))
    await city.officer(UNIT).handle(issue)
    await city.advance_to(limit)
    await city.head(UNIT).order(issue, "send_back", {"reason": "请补充修复后的照片"})
    await city.advance(minutes=10)  # a unit gets one message in ten minutes, and the red light's was the one
    assert [one for one in city.mail.to(city.pack.units[UNIT].mailbox or "") if "退回修改" in str(one.subject)]
    await city.officer(UNIT).handle(issue, "已修复塌陷路面并附照片，请放心通行。")
    await city.head(UNIT).sign(issue)
    seen = await city.person("coordination_office").sees(issue)
    assert seen is not None
    assert (seen["state"], seen["in_time"]) == ("handled", False)
    last = [one for one in await city.of(issue, "light-changed") if one.data["clock"] == "handling"][-1]
    assert last.data["reason"] == "stopped_late"


async def test_an_officer_does_not_sign_their_own_work_and_who_stands_in_for_the_head_does(city: City) -> None:
    issue = await contacted(city)
    await city.officer(UNIT).handle(issue)
    await city.officer(UNIT).order(issue, "sign", {}, refused="not-now")
    administrator = city.person("system_administrator")
    deputy = city.person("duty_officer", UNIT)
    away = {"since": "2026-05-06T00:00:00.000Z", "until": "2026-05-16T00:00:00.000Z"}
    await administrator.make("substitutions", {"for": city.head(UNIT).id, "user": deputy.id, **away})
    await deputy.sign(issue)
    [handled] = await city.of(issue, "handled")
    assert (handled.data["signed_by"], handled.data["by"]["id"]) == (deputy.id, city.officer(UNIT).id)
    assert await city.state(issue) == "handled"
    assert city.clock.now() < local("2026-05-07 00:00")
