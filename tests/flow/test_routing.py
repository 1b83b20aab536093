"""Who leads: by a rule, by a person, after a return, in an emergency; and who may know what."""

from datetime import timedelta

from tests.flow.parts import ON_BOTH
from tests.support.assembling import OPS_TOKEN
from tests.support.city import City, in_memory, local

PHONE = "13911112222"
ADJUDICATORS = "coordination-livelihood"

CLIMBS = "emergency_acknowledge"


async def test_a_report_that_no_rule_is_sure_of_waits_until_a_reviewer_dispatches_it(city: City) -> None:
    issue = await city.report()
    assert await city.state(issue) == "in_review"
    [asked] = await city.of(issue, "review-requested")
    assert asked.data["why"] == "unsure"
    assert await city.officer("housing-construction").sees(issue) is None

    await city.person("reviewer").dispatch(issue, "housing-construction")
    assert await city.state(issue) == "assigned"
    first, *_ = await city.unit_topic("housing-construction", issue)
    assert (first.type, first.data["issue"]["text"]) == ("dispatched", issue.said["text"])
    assert await city.limit(issue) == local("2026-05-06 17:30")


async def test_words_that_a_rule_is_sure_of_assign_a_citizens_report_at_once(city: City) -> None:
    issue = await city.report(title="夜里打桩", text="隔壁工地半夜打桩，全家睡不着。")
    [assigned] = await city.of(issue, "assigned")
    assert (assigned.data["unit"], assigned.data["decided_by"]) == ("urban-management", "rule")


async def test_a_first_return_is_routed_again_to_the_unit_it_names(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    await city.advance(minutes=20)
    await city.officer("housing-construction").give_back(issue, "urban-management")

    assigned = [(one.data["unit"], one.data["assignment"]) for one in await city.of(issue, "assigned")]
    assert assigned == [("housing-construction", 1), ("urban-management", 2)]
    assert (await city.unit_topic("housing-construction", issue))[-1].type == "returned"
    first, *_ = await city.unit_topic("urban-management", issue)
    assert (first.type, first.headers["ce_unitsequence"]) == ("assigned", "1")
    assert first.data["issue"]["title"] == issue.said["title"]
    await city.officer("urban-management").do_all(issue)
    assert await city.state(issue) == "handled"


async def test_a_return_does_not_move_the_citys_promise_to_the_party(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    before = await city.limit(issue, "handling")
    await city.advance(minutes=20)
    await city.officer("housing-construction").give_back(issue, "urban-management")
    assert await city.limit(issue, "handling") == before


async def test_a_second_return_goes_to_the_group_whose_decision_binds(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    await city.officer("housing-construction").give_back(issue, "urban-management")
    await city.officer("urban-management").give_back(issue, "traffic-police")
    assert await city.state(issue) == "in_review"
    [asked] = await city.of(issue, "review-requested")
    assert asked.data["why"] == "second_return"

    await city.head(ADJUDICATORS).dispatch(issue, "housing-construction")
    [dispatched] = await city.of(issue, "dispatched")
    assert (dispatched.data["decided_by"], dispatched.data["assignment"]) == ("group", 3)
    await city.officer("housing-construction").give_back(issue, "urban-management", refused="decided")


async def test_a_return_after_its_window_is_refused(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    await city.advance(minutes=60)
    await city.officer("housing-construction").give_back(issue, "urban-management", refused="window-closed")


@ON_BOTH
async def test_an_emergency_goes_at_once_to_the_emergency_unit_and_the_place_and_their_duty_phones_ring(
    city: City,
) -> None:
    await city.advance_to(local("2026-05-07 02:10"))
    answer, _ = await city.post(title="着火了", text="佛堂镇老街二楼着火，有人被困！", place={"town": "fotang"})
    assert answer.status_code == 201
    assert "119" in answer.json()["warning"]
    await city.quiet()
    issue = city.taken(answer)

    [assigned] = await city.of(issue, "assigned")
    assert (assigned.data["unit"], assigned.data["urgency"]) == ("emergency", "emergency")
    for unit in ("emergency", "fotang"):
        first, *_ = await city.unit_topic(unit, issue)
        assert (first.type, first.headers["ce_unitsequence"]) == ("assigned", "1")
        [sms] = city.sms.to(city.phone("duty_officer", unit))
        assert "紧急" in sms.text
        assert sms.at == local("2026-05-07 02:10")
    assert "119" in city.sms.to(PHONE)[0].text


async def test_an_emergency_at_night_on_spring_festivals_day_that_nobody_acknowledges_climbs_every_quarter() -> None:
    async with in_memory("2026-02-17 02:10") as city:
        issue = await city.report(title="着火了", text="佛堂镇老街二楼着火，有人被困！")
        red = local("2026-02-17 02:25")
        await city.advance_to(local("2026-02-17 03:15"))
        assert await city.lights(issue, "emergency_acknowledge") == [("red", red)]
        calls = [one.at for one in city.sms.to(city.phone("duty_officer", "emergency"))]
        assert calls[:2] == [local("2026-02-17 02:10"), red]
        steps = [told for told in await city.of(issue, "escalation-raised") if told.data["clock"] == CLIMBS]
        assert [told.at - red for told in steps] == [timedelta(minutes=15 * n) for n in (1, 2, 3)]
        heard = [("unit_head", "emergency"), ("duty_officer", city.pack.office_unit), ("duty_officer", "leading-group")]
        for step, (role, unit) in zip(steps, heard, strict=True):
            assert (step.data["to_role"], step.data["to_unit"]) == (role, unit)
            assert step.at in {one.at for one in city.sms.to(city.phone(role, unit))}, (role, unit)
        await city.person("duty_officer", "emergency").acknowledge(issue)
        await city.advance(hours=2)
        assert [told for told in await city.of(issue, "escalation-raised") if told.data["clock"] == CLIMBS] == steps


async def test_an_emergency_cannot_be_returned(city: City) -> None:
    issue = await city.report(title="着火了", text="佛堂镇老街二楼着火，有人被困！")
    await city.officer("emergency").give_back(issue, "fire-rescue", refused="emergency")


async def test_a_confidential_petition_leaves_no_word_of_its_text_anywhere_and_the_party_hears_neutrally(
    city: City,
) -> None:
    title, text = "关于集体宿舍漏水的信访件", "三号楼集体宿舍反复漏水，先后找过社区两趟。"
    issue = await city.report("petition", title=title, text=text, category="property-management")
    await city.person("reviewer").dispatch(issue, "housing-construction")
    officer = city.officer("housing-construction")
    await officer.do_all(issue)
    await city.person("follow_up_caller").follow_up(issue)
    assert await city.state(issue) == "closed"

    everything = await city.everything()
    assert [piece for piece in (title, text, "集体宿舍", "漏水") if piece in everything] == []
    assert await city.unit_topic("housing-construction", issue) != []
    assert (await city.contact(issue, "original"))["text"] == text
    assert (await officer.reads_contact(issue))["original"]["text"] == text
    category = city.pack.categories["property-management"].name_zh
    unit = city.pack.units["housing-construction"].name_zh
    sent = (*city.sms.to(PHONE), *city.mail.to("wang.xiaoming@mail.example"))
    to_party = [f"{one.subject} {one.text}" for one in sent]
    assert len(to_party) == 8
    assert all(issue.receipt in one and category not in one and unit not in one for one in to_party)


async def test_an_accusation_is_seen_by_the_discipline_liaison_alone(city: City) -> None:
    issue = await city.report(title="反映受贿", text="某科长受贿。")
    assert (await city.receipt(issue))["state"] == "handed_over"
    assert await city.person("reviewer").sees(issue) is None
    assert await city.person("coordination_office").sees(issue) is None
    assert await city.person("discipline_liaison").sees(issue) is not None
    assert "某科长" not in await city.everything()
    assert await city.unit_topic("discipline", issue) == []


async def test_a_unit_that_the_report_complains_of_does_not_get_the_lead(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp", complains_of=["housing-construction"])
    assert await city.state(issue) == "in_review"
    assert (await city.of(issue, "review-requested"))[0].data["why"] == "recusal"
    await city.person("reviewer").dispatch(issue, "housing-construction", refused="recused")


async def test_the_router_can_say_afterwards_by_which_rule_it_assigned_what_was_returned_and_who_was_right(
    city: City,
) -> None:
    issue = await city.report("hotline", category="road-lamp")
    await city.officer("housing-construction").give_back(issue, "urban-management")
    await city.officer("urban-management").do_all(issue)
    await city.person("follow_up_caller").follow_up(issue)
    assert await city.state(issue) == "closed"
    headers = {"Authorization": f"Bearer {OPS_TOKEN}"}
    told = (await city.client("router").get(f"/v1/issues/{issue.id}/explain", headers=headers)).json()
    [assigned, again] = await city.of(issue, "assigned")
    assert [each["rule"] for each in told["answers"] if "rule" in each] == [assigned.data["rule"]]
    assert [(each["unit"], each["proposed_unit"]) for each in told["returns"]] == [
        ("housing-construction", "urban-management")
    ]
    assert told["right"] == {"unit": again.data["unit"], "known_by": "handled"}
