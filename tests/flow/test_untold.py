"""Who could not be told stands on the case: what came back, numbers on a black list, a party without any address."""

from typing import Any

from tests.flow.parts import ON_BOTH
from tests.support.city import City
from tests.support.people import Issue

PHONE, MAIL = "13911112222", "wang.xiaoming@mail.example"
NAMED = {"name": "王小明", "address": "苏溪镇东青路7号"}


async def case(city: City, issue: Issue) -> dict[str, Any]:
    seen = await city.person("coordination_office").sees(issue)
    assert seen is not None
    return seen


async def listed(city: City) -> set[str]:
    items = (await city.person("coordination_office").reads("cases?party_untold=true"))["items"]
    return {one["id"] for one in items}


@ON_BOTH
async def test_a_party_whose_mail_bounced_and_whose_number_is_black_is_marked_until_a_number_that_works_is_written_down(
    city: City,
) -> None:
    city.mail.gone.add(MAIL)
    issue = await city.report("hotline", category="drainage")
    assert (await case(city, issue))["party_untold"] is False, "the SMS left"
    [sms] = city.sms.to(PHONE)
    for _ in range(2):
        await city.say_of("sms", sms, state="failed", code="MBBLACK")
    marked = await case(city, issue)
    assert marked["party_untold"] is True
    assert [(one["medium"], one["why"], one["code"]) for one in marked["untold"]] == [
        ("sms", "unreachable", "MBBLACK"), ("email", "rejected", "5.1.1"),
    ]  # fmt: skip
    assert await listed(city) == {issue.id}
    officer = city.officer("water")
    await officer.acknowledge(issue)
    assert (await officer.sees(issue) or {})["party_untold"] is True
    await officer.order(issue, "correct_contact", {"phone": "13733334444", "because": "wrong_number"})
    assert len(city.sms.to("13733334444")) == 1
    assert (await case(city, issue))["party_untold"] is False
    assert await listed(city) == set()


async def test_the_mark_goes_when_a_later_message_arrived_at_the_same_number(city: City) -> None:
    issue = await city.report("hotline", category="drainage", party={"name": "王小明", "phone": PHONE})
    [sms] = city.sms.to(PHONE)
    await city.say_of("sms", sms, state="failed", code="UNDELIV")
    assert (await case(city, issue))["party_untold"] is True
    await city.officer("water").do_all(issue)
    later = city.sms.to(PHONE)[-1]
    assert (await case(city, issue))["party_untold"] is True, "it left, and nobody knows more"
    await city.say_of("sms", later, state="delivered")
    assert (await case(city, issue))["party_untold"] is False
    assert [one["over"]["why"] for one in (await case(city, issue))["untold"]] == ["reached"]


async def test_a_party_with_a_home_and_no_address_of_any_medium_is_marked_once_until_a_number_is_written_down(
    city: City,
) -> None:
    issue = await city.report("hotline", category="drainage", party=NAMED)
    marked = await case(city, issue)
    assert (marked["party_untold"], [one["why"] for one in marked["untold"]]) == (True, ["nowhere"])
    officer = city.officer("water")
    await officer.do_all(issue)
    failed = [one.data for one in await city.of(issue, "delivery-failed") if one.data["recipient"] == "party"]
    assert [one["reason"] for one in failed] == ["nowhere"], "once, however many messages it would have been"
    said = {"phone": "13733334444", "because": "party_said"}
    await city.person("follow_up_caller").order(issue, "correct_contact", said)
    assert (await case(city, issue))["party_untold"] is False


async def test_who_reports_anonymously_has_chosen_so_and_is_not_marked(city: City) -> None:
    issue = await city.report("hotline", category="drainage", party=None, text="寺前街下水道堵了，找13911112222")
    await city.officer("water").do_all(issue)
    assert [one.data for one in await city.of(issue, "delivery-failed") if one.data["recipient"] == "party"] == []
    found = await case(city, issue)
    assert (found["party_kind"], found["party_untold"], found["untold"]) == ("person", False, [])
