"""A village that calls and hears nothing; a head who is complained of; a town leader who looks at a bureau's issue."""

from tests.support.city import City

BUREAU = "housing-construction"


async def test_a_whistle_that_nobody_answers_is_red_after_two_hours_of_service_and_acknowledging_alone_is_no_answer(
    city: City,
) -> None:
    section = next(unit.code for unit in city.pack.units.values() if unit.kind == "section" and unit.parent == "fotang")
    said = {"audience": "grassroots", "title": "山塘渗水", "text": "请到现场。", "unit": section}
    silent = await city.report("whistle", **said)
    heard = await city.report("whistle", **said)
    assert [one.data["unit"] for one in await city.of(silent, "assigned")] == [section]
    await city.officer(section).acknowledge(heard)
    await city.advance(hours=2)
    for issue in (silent, heard):
        assert [level for level, _ in await city.lights(issue, "whistle")] == ["red"]
    await city.officer(section).contact(heard)
    assert (await city.lights(heard, "whistle"))[-1][0] == "none"
    assert (await city.lights(silent, "whistle"))[-1][0] == "red"


async def test_a_complaint_about_the_lead_units_head_is_led_by_another_and_its_own_people_decide_nothing(
    city: City,
) -> None:
    issue = await city.report("hotline", category="road-lamp", complains_of=[BUREAU])
    office, reviewer = city.person("coordination_office"), city.person("reviewer")
    await reviewer.dispatch(issue, BUREAU, refused="recused")
    await reviewer.dispatch(issue, "urban-management")
    assert await city.head(BUREAU).sees(issue) is None
    officer = city.officer("urban-management")
    await officer.acknowledge(issue)
    await officer.give_back(issue, BUREAU, refused="recused")
    await officer.order(issue, "offer_handover", {"unit": BUREAU, "reason": "属其职责"}, refused="recused")
    await officer.contact(issue)
    await officer.order(issue, "copy", {"unit": BUREAU, "reason": "知悉"})
    seen = await city.head(BUREAU).sees(issue)
    assert seen is not None
    assert (seen["filer"], "raise_secrecy" in seen["allowed"]) == (None, False), "reads along, decides nothing"
    await officer.handle(issue)
    await city.person("follow_up_caller").follow_up(issue)
    assert await city.state(issue) == "closed"
    assert await office.sees(issue) is not None


async def test_a_town_leader_opens_a_bureaus_issue_in_the_town_and_may_only_read_it(city: City) -> None:
    here = await city.report("hotline", category="road-lamp")
    there = await city.report("hotline", category="road-lamp", place={"town": "choucheng", "address": "稠州北路1号"})
    leader = city.head("fotang")
    seen = await leader.sees(here)
    assert seen is not None
    assert (seen["unit"], seen["allowed"]) == (BUREAU, [])
    assert await leader.sees(there) is None
    await leader.order(here, "acknowledge", {}, refused="not-now")
    await leader.order(there, "acknowledge", {}, refused="case-unknown")
    assert here.id in {one["id"] for one in (await leader.reads("cases"))["items"]}
