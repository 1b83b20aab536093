"""Orders, meetings and tasks, and the issues that they bear upon; issues that go on in others."""

from datetime import datetime, timedelta

from sanfu.contracts.envelope import instant, moment
from tests.support.city import City
from tests.support.people import Issue, Person

UNIT = "housing-construction"


def office(city: City) -> Person:
    return city.person("coordination_office", "three-services-office")


async def lamp(city: City, **more: object) -> Issue:
    return await city.report("hotline", category="road-lamp", **more)


def in_days(city: City, days: float) -> str:
    return instant(city.clock.now() + timedelta(days=days))


async def lit(city: City, affair: str, clock: str = "supervision_reply") -> list[str]:
    told = await city.affair(affair)
    return [one.data["level"] for one in told if one.type == "light-changed" and one.data["clock"] == clock]


async def test_an_overdue_issue_brings_its_unit_an_order_that_turns_red_if_nobody_answers(city: City) -> None:
    issue = await lamp(city)
    await city.advance(days=4)
    order = f"order:{issue.id}:red_light:1"
    seen = await city.head(UNIT).reads(f"orders/{order}")
    assert (seen["level"], seen["state"], seen["unit"]) == ("normal", "raised", UNIT)
    case = await office(city).sees(issue)
    assert case is not None
    assert case["affairs"][order]["open"]
    await city.advance(days=10)
    assert await lit(city, order) == ["yellow", "red"]
    await city.head(UNIT).make(f"orders/{order}/reply", {"text": "灯具到货延误，今日完成更换。"})
    await office(city).make(f"orders/{order}/lift", {"reason": "复核属实"})
    assert not (await office(city).sees(issue) or {})["affairs"][order]["open"]


async def test_a_superiors_order_has_a_shorter_limit_than_the_grade(city: City) -> None:
    """The limit that came with it holds, for the city and for the unit."""
    issue = await city.report("superior", category="road-lamp", limit_asked=in_days(city, 1))
    asked = city.clock.now() + timedelta(days=1)
    await city.person("reviewer").dispatch(issue, UNIT, "complex")
    assert {await city.limit(issue, clock) for clock in ("handling", "unit_handling")} == {asked}
    assert moment((await office(city).sees(issue) or {})["limit_asked"]) == asked
    await city.advance(days=1)
    for clock in ("handling", "unit_handling"):
        assert [level for level, _ in await city.lights(issue, clock)] == ["yellow", "red"]


async def test_a_supervision_order_has_a_limit_of_its_own_beside_the_grades(city: City) -> None:
    issue = await city.report("hotline")
    await city.person("reviewer").dispatch(issue, UNIT, "complex")
    said = {"level": "red", "unit": UNIT, "issues": [issue.id], "text": "上级交办，一日内书面答复。"}
    made = await office(city).make("orders", {**said, "reply_by": in_days(city, 1)})
    await city.advance(days=1)
    assert (await lit(city, made["id"]))[-1] == "red"
    assert await city.lights(issue, "handling") == [], "its own clock is another matter"


async def test_a_supervision_order_works_for_a_unit_with_no_officers(city: City) -> None:
    staffed = {one.unit for one in city.pack.staff.values()}
    unit = next(code for code, one in city.pack.units.items() if code not in staffed and one.kind != "external")
    issue = await lamp(city)
    said = {"level": "yellow", "unit": unit, "issues": [issue.id], "text": "请配合提供管线资料。"}
    made = await office(city).make("orders", said)
    await city.advance(days=8)
    assert (await lit(city, made["id"]))[-1] == "red", "it is late in plain sight all the same"
    assert [one["id"] for one in (await office(city).reads("orders?unit=" + unit))["items"]] == [made["id"]]


async def test_two_unsatisfied_rounds_raise_an_order_to_the_unit(city: City) -> None:
    issue = await lamp(city)
    for number in (1, 2):
        officer = city.officer(UNIT)
        await officer.acknowledge(issue)
        await officer.contact(issue)
        await officer.handle(issue, f"第{number}次派人到现场更换灯具，已恢复照明。")
        await city.person("follow_up_caller").follow_up(issue, "no", method="call")
        if number == 1:
            await office(city).order(issue, "reopen", {"reason": "仍不亮"})
    order = f"orders/order:{issue.id}:two_unsatisfied:2"
    seen = await city.head(UNIT).reads(order)
    assert (seen["level"], seen["cause"]) == ("yellow", "two_unsatisfied"), "whatever the office decides"
    assert await city.limit(issue, "reopen_decision") == (await _shown(city, issue)), "the party waits in plain sight"
    await office(city).order(issue, "reopen", {"reason": "仍不亮"})
    ordered = [one["id"] for one in (await city.head(UNIT).reads("orders"))["items"]]
    assert ordered == [seen["id"]], "and asking again makes no other"


async def _shown(city: City, issue: Issue) -> datetime:
    seen = await office(city).sees(issue)
    assert seen is not None
    return moment(seen["limit"])


async def test_a_false_completion_raises_a_yellow_order_at_once(city: City) -> None:
    issue = await lamp(city)
    await city.officer(UNIT).do_all(issue)
    await city.person("follow_up_caller").order(issue, "void", {"text": "现场查看，灯仍未更换。"})
    seen = await city.head(UNIT).reads(f"orders/order:{issue.id}:false_completion:1")
    assert (seen["level"], seen["state"]) == ("yellow", "raised")


async def test_a_merged_duplicates_party_is_told_and_followed_up_like_the_heads(city: City) -> None:
    head = await lamp(city)
    phone = "13922223333"
    other = await city.report("web", category="road-lamp", party={"name": "乙", "phone": phone})
    reviewer = city.person("reviewer")
    if await city.state(other) == "submitted":
        await reviewer.dispatch(other, UNIT)
    await reviewer.order(other, "merge", {"head": head.id, "reason": "同一处路灯"})
    assert await city.state(other) == "merged"
    assert any("合并" in one.text for one in city.sms.to(phone))
    await city.person("follow_up_caller").order(other, "follow_up", {"resolved": "yes"}, refused="head-not-handled")
    await city.officer(UNIT).do_all(head)
    await city.person("follow_up_caller").follow_up(other, "yes", method="call")
    seen = await office(city).sees(other)
    assert seen is not None
    assert (seen["state"], seen["closed_as"]) == ("closed", "merged")


async def test_a_legacy_issue_on_the_register_that_misses_a_milestone_is_late_in_plain_sight(city: City) -> None:
    issue = await city.report("hotline", flags=["legacy"])
    reviewer, officer = city.person("reviewer"), city.officer(UNIT)
    if (await city.state(issue)) == "in_review":
        await reviewer.dispatch(issue, UNIT, "difficult")
    await officer.acknowledge(issue)
    await officer.contact(issue)
    called = {"kind": "coordination", "title": "遗留问题协调会", "at": in_days(city, 1), "issues": [issue.id]}
    meeting = (await office(city).make("meetings", called))["id"]
    await city.advance(days=1, hours=1)
    next_step = in_days(city, 10)
    plan = {
        "owner": UNIT, "sponsor": "city-leader", "cause": "产权历史遗留", "report_by": in_days(city, 60),
        "plan": [{"text": "权籍调查", "limit": next_step}, {"text": "分批办证", "limit": in_days(city, 40)}],
    }  # fmt: skip
    decided = {"issue": issue.id, "decision": "register", "text": "列入挂账管理。", "unit": UNIT, "plan": plan}
    await office(city).make(f"meetings/{meeting}/hold", {"held_at": in_days(city, 0), "decisions": [decided]})
    assert await city.state(issue) == "registered"
    leader = city.staff("city-leader")
    [sponsored] = (await leader.reads("cases?sponsor=city-leader"))["items"]
    assert (sponsored["id"], sponsored["limit"]) == (issue.id, next_step), "due with its next milestone"
    await city.advance(days=12)
    assert [level for level, _ in await city.lights(issue, "register_milestone")] == ["yellow", "red"]
    assert (await leader.reads("cases?sponsor=city-leader&light=red"))["items"], "its sponsor sees it late"
    assert "red" not in [level for level, _ in await city.lights(issue, "handling")], "neither solved nor late"
    await officer.order(issue, "reach_milestone", {"milestone": 1, "text": "权籍调查已完成。"})
    assert (await city.limit(issue, "register_milestone")) > city.clock.now(), "the next milestone counts now"


async def test_an_issue_that_rests_goes_on_the_register_before_its_party_was_contacted_and_the_unit_owes_that_still(
    city: City,
) -> None:
    issue, officer = await city.report("hotline", flags=["legacy"]), city.officer(UNIT)
    await city.person("reviewer").dispatch(issue, UNIT, "difficult")
    promise, first_word = await city.limit(issue, "handling"), await city.limit(issue, "contact")
    await officer.order(issue, "suspend", {"reason": "higher_level"})
    called = {"kind": "coordination", "title": "遗留问题协调会", "at": in_days(city, 0.1), "issues": [issue.id]}
    meeting = (await office(city).make("meetings", called))["id"]
    await city.advance(hours=3)
    plan = {
        "owner": UNIT, "cause": "产权历史遗留", "report_by": in_days(city, 60),
        "plan": [{"text": "权籍调查", "limit": in_days(city, 40)}],
    }  # fmt: skip
    decided = {"issue": issue.id, "decision": "register", "text": "列入挂账管理。", "unit": UNIT, "plan": plan}
    await office(city).make(f"meetings/{meeting}/hold", {"held_at": in_days(city, 0), "decisions": [decided]})
    assert await city.state(issue) == "registered"
    await city.advance_to(promise)
    assert await city.state(issue) == "registered", "no rest is left that could end by itself"
    assert await city.lights(issue, "handling") == [], "the city's promise has ended with the meeting"
    assert ("red", first_word) in await city.lights(issue, "contact"), "to speak with its party has not"
    done = {"outcome": "solved", "reply": "已办理权籍登记，请凭身份证领证。"}
    await officer.order(issue, "handle", done, refused="not-contacted")
    await officer.acknowledge(issue)
    await officer.contact(issue)
    assert (await city.lights(issue, "contact"))[-1][0] == "none"
    assert await city.state(issue) == "registered"
    assert await officer.handle(issue) == "unsigned"
    await city.head(UNIT).sign(issue)
    assert await city.state(issue) == "handled"


async def test_a_meetings_task_is_late_by_its_own_limit_and_done_by_its_unit(city: City) -> None:
    issue = await lamp(city)
    called = {"kind": "weekly_joint", "title": "联席会商", "at": in_days(city, 1), "issues": [issue.id]}
    meeting = (await office(city).make("meetings", called))["id"]
    decided = {
        "issue": issue.id, "decision": "task", "text": "三日内建成监控点。", "unit": UNIT, "limit": in_days(city, 3),
    }  # fmt: skip
    await office(city).make(f"meetings/{meeting}/hold", {"held_at": in_days(city, 0), "decisions": [decided]})
    [task] = (await city.officer(UNIT).reads("tasks"))["items"]
    await city.advance(days=3)
    assert (await lit(city, task["id"], "meeting_task"))[-1] == "red"
    await city.officer(UNIT).make(f"tasks/{task['id']}/finish", {"text": "监控点已建成。"})
    assert (await city.officer(UNIT).reads("tasks"))["items"] == []
