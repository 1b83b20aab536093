"""Who leads, who helps, and whose it is: disputes, tasks, towns and their sections, a lead that is handed over."""

from datetime import timedelta
from typing import Any

from sanfu.contracts.envelope import moment
from tests.support.city import City, local
from tests.support.people import Person

ADJUDICATORS = "coordination-livelihood"
FIRST, SECOND = "housing-construction", "urban-management"


async def test_while_two_units_dispute_it_the_first_stays_lead_and_a_wrong_return_is_charged(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    await city.officer(FIRST).give_back(issue, SECOND)
    await city.officer(SECOND).give_back(issue, FIRST)
    seen = await city.person("coordination_office").sees(issue)
    assert seen is not None
    assert (seen["state"], seen["unit"]) == ("in_review", FIRST)
    group = city.head(ADJUDICATORS)
    [waiting] = (await group.reads("cases?disputed=true"))["items"]
    assert (waiting["id"], moment(waiting["limit"])) == (issue.id, await city.limit(issue, "adjudication"))
    again = [one.type for one in await city.unit_topic(FIRST, issue)]
    assert again.count("returned") == 2, "its system hears that it leads again"
    assert again[-1] == "deadline-set", "and goes on hearing"
    await group.dispatch(issue, SECOND)
    assert (await group.reads("cases?disputed=true"))["items"] == []
    assert (await city.unit_topic(FIRST, issue))[-1].type == "dispatched"
    [decided] = await city.of(issue, "return-adjudicated")
    assert (decided.data["charged"], decided.data["upheld"]) == (SECOND, False)
    await city.officer(SECOND).do_all(issue)
    assert await city.state(issue) == "handled"


async def test_a_first_return_that_nobody_else_may_have_is_the_offices_to_review_by_a_clock_again(city: City) -> None:
    """A section is proposed to a department: router places nothing so, and the office has two hours from the return."""
    issue = await city.report("hotline", category="road-lamp")
    await city.advance(minutes=30)
    await city.officer(FIRST).give_back(issue, "fotang-enforcement")
    again = await city.limit(issue, "review")
    seen = await city.person("reviewer").sees(issue)
    assert seen is not None
    assert (seen["state"], moment(seen["limit"])) == ("in_review", again), "listed by the office's own limit"
    assert again == local("2026-05-06 11:30")
    await city.advance_to(again)
    [red] = [one for one in await city.of(issue, "light-changed") if one.data["level"] == "red"]
    assert (red.data["clock"], red.data["unit"], red.at) == ("review", "three-services-office", again)
    await city.person("reviewer").dispatch(issue, SECOND)
    assert (await city.lights(issue, "review"))[-1][0] == "none"
    await city.officer(SECOND).do_all(issue)


async def test_an_assisting_units_system_hears_of_its_task_and_no_more_once_it_is_done(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    lead = city.officer(FIRST)
    await lead.acknowledge(issue)
    await lead.contact(issue)
    await lead.order(issue, "ask_assist", {"unit": "transport", "task": "封闭一条车道"})
    asked = (await city.unit_topic("transport", issue))[0]
    assert (asked.type, asked.data["issue"]["title"]) == ("assist-asked", issue.said["title"])
    assert moment(asked.data["limit"]) == await city.limit(issue)
    await lead.order(issue, "handle", {"outcome": "solved", "reply": "三盏路灯已经修复。"}, refused="task-open")
    await city.officer("transport").order(issue, "assist_done", {"text": "车道已封闭"})
    await lead.handle(issue)
    assert (await city.unit_topic("transport", issue))[-1].type == "assist-done"


async def test_a_town_dispatches_down_to_a_section_that_returns_it_and_the_town_stays_the_lead(city: City) -> None:
    issue = await city.report("hotline", title="村口垃圾", text="村口堆了垃圾。")
    await city.person("reviewer").dispatch(issue, "fotang", "complex")
    town, outer = city.officer("fotang"), await city.limit(issue)
    await town.acknowledge(issue)
    inner = {"unit": "fotang-construction", "task": "清运垃圾", "limit": "2026-05-07T09:00:00.000Z"}
    await town.order(issue, "ask_assist", inner)
    section = city.officer("fotang-construction")
    await section.order(issue, "not_ours", {"text": "属综合行政执法队"})
    await town.order(issue, "ask_assist", {**inner, "unit": "fotang-enforcement"})
    await city.officer("fotang-enforcement").order(issue, "assist_done", {"text": "已清运"})
    seen = await town.sees(issue)
    assert seen is not None
    assert [task["done"]["result"] for task in seen["assists"]] == ["not_ours", "done"]
    assert (seen["unit"], await city.limit(issue)) == ("fotang", outer)
    await town.contact(issue)
    await town.handle(issue)


async def test_a_section_is_due_no_later_than_its_town_whose_own_limit_becomes_earlier(city: City) -> None:
    issue = await city.report("hotline", title="村口垃圾", text="村口堆了垃圾。")
    await city.person("reviewer").dispatch(issue, "fotang", "complex")
    town, section = city.officer("fotang"), city.officer("fotang-enforcement")
    await town.acknowledge(issue)
    await town.order(issue, "ask_assist", {"unit": "fotang-enforcement", "task": "清运垃圾"})
    assert await city.limit(issue, "assist") == local("2026-05-08 09:00")
    await town.order(issue, "ask_grade", {"grade": "simple", "reason": "当天可以清完"})
    assert await city.limit(issue, "assist") == await city.limit(issue) == local("2026-05-06 17:30")
    await city.advance_to(local("2026-05-06 17:30"))
    assert [level for level, _ in await city.lights(issue, "assist")] == ["yellow", "red"]
    [task] = await _tasks(section, assisting="fotang-enforcement")
    assert (task["light"], moment(task["limit"])) == ("red", local("2026-05-06 17:30"))


async def test_a_town_sees_its_sections_late_before_it_is_late_itself(city: City) -> None:
    """Complex, dispatched on Wednesday: the town has until Saturday evening, its section two days."""
    issue = await city.report("hotline", title="村口垃圾", text="村口堆了垃圾。")
    await city.person("reviewer").dispatch(issue, "fotang", "complex")
    town, section = city.officer("fotang"), city.officer("fotang-enforcement")
    await town.acknowledge(issue)
    await town.contact(issue)
    await town.order(issue, "ask_assist", {"unit": "fotang-enforcement", "task": "清运垃圾"})
    inner = await city.limit(issue, "assist")
    assert inner == local("2026-05-08 09:00") < await city.limit(issue)
    assert len(await _tasks(section, assisting="fotang-enforcement")) == 1
    asked = [one for one in city.sms.to(city.phone("officer", "fotang-enforcement")) if "协办" in one.text]
    assert len(asked) == 1, "it hears of its task when it is given"

    await city.advance_to(inner)
    assert await city.lights(issue, "assist") == [("yellow", inner - timedelta(days=1)), ("red", inner)]
    assert [one for one in await city.lights(issue, "unit_handling") if one[0] == "red"] == []
    [task] = await _tasks(town, unit="fotang", inner="red")
    assert (task["unit"], task["light"], moment(task["limit"])) == ("fotang-enforcement", "red", inner)
    phone = city.phone("officer", "fotang-enforcement")
    assert [one.at for one in city.sms.to(phone) if "红灯" in one.text] == [inner]

    await city.advance_to(local("2026-05-08 14:30"))
    [step] = await city.of(issue, "escalation-raised")
    assert (step.data["clock"], step.data["about"], step.data["to_unit"]) == ("assist", "assist:1", "fotang")
    assert [one.at for one in city.sms.to(city.phone("unit_head", "fotang")) if "协办" in one.text] == [step.at]

    await section.order(issue, "assist_done", {"text": "已清运"})
    assert (await city.lights(issue, "assist"))[-1][0] == "none"
    assert await _tasks(town, unit="fotang", inner="red") == []
    await town.handle(issue)
    assert await city.state(issue) == "handled"


async def _tasks(person: Person, **asked: str) -> list[dict[str, Any]]:
    """List the open tasks of the cases that somebody asks for."""
    answer = await person.get("/v1/cases", **asked)
    return [task for case in answer.json()["items"] for task in case["tasks"]]


async def test_of_two_towns_and_one_enclave_the_town_of_the_place_leads_and_the_other_helps(city: City) -> None:
    """Land in one town, households registered in the other, and neither wants it."""
    issue = await city.report("hotline", title="飞地村民建房", text="地在佛堂，户口在赤岸，两边都查不到宅基地。")
    reviewer, group = city.person("reviewer"), city.head(ADJUDICATORS)
    await reviewer.dispatch(issue, "chian", "difficult", refused="place-leads")
    await reviewer.dispatch(issue, "fotang", "difficult")
    promised = await city.limit(issue, "handling")
    area = {"ground": "area", "text": "户籍不在本镇。"}
    await city.officer("fotang").order(issue, "return", {**area, "proposed_unit": "chian"})
    assert (await city.of(issue, "assigned"))[-1].data["unit"] == "chian"
    await city.officer("chian").order(issue, "return", {**area, "proposed_unit": "fotang"})
    await reviewer.dispatch(issue, "chian", "difficult", refused="for-the-group")
    await group.dispatch(issue, "fotang", "difficult")
    [decided] = await city.of(issue, "return-adjudicated")
    assert (decided.data["unit"], decided.data["charged"]) == ("fotang", "fotang")
    assert await city.limit(issue, "handling") == promised, "the party's clock never restarts"
    town = city.officer("fotang")
    await town.order(issue, "return", {**area, "proposed_unit": "chian"}, refused="decided")
    await town.acknowledge(issue)
    await town.contact(issue)
    await town.order(issue, "ask_assist", {"unit": "chian", "task": "查实户籍登记。"})
    reply = {"outcome": "solved", "reply": "已与赤岸镇核对户籍，准予补办。"}
    await town.order(issue, "handle", reply, refused="task-open")
    await city.officer("chian").order(issue, "assist_done", {"text": "户籍已核实。"})
    assert await town.handle(issue) == "unsigned", "a difficult one is signed by the head"
    await city.head("fotang").sign(issue)
    assert await city.state(issue) == "handled"


async def test_an_emergency_is_handed_over_to_a_unit_that_accepts_it_and_its_clocks_run_on(city: City) -> None:
    await city.advance_to(local("2026-05-07 02:10"))
    issue = await city.report(title="着火了", text="佛堂镇老街二楼着火，有人被困！")
    seen = await city.person("coordination_office").sees(issue)
    assert seen is not None
    before = await city.limit(issue, "emergency_on_scene")
    lead = city.person("duty_officer", seen["unit"])
    await lead.give_back(issue, "fire-rescue", refused="emergency")
    await lead.order(issue, "offer_handover", {"unit": "fire-rescue", "reason": "火情已蔓延"})
    assert (await city.unit_topic("fire-rescue", issue))[0].data["issue"]["title"] == issue.said["title"]
    await city.advance(minutes=5)
    await city.person("duty_officer", "fire-rescue").order(issue, "accept_handover", {})
    assert await city.limit(issue, "emergency_on_scene") == before == local("2026-05-07 02:10") + timedelta(minutes=60)
    after = await city.person("duty_officer", "fire-rescue").sees(issue)
    assert after is not None
    assert after["unit"] == "fire-rescue"
