"""A petition over all services: its legal clocks beside the grade's, its review, and what is never merged with it."""

from datetime import timedelta

from tests.support.city import City, local
from tests.support.people import Issue

UNIT = "human-resources"
PHONE = "13911112222"


async def petition(city: City, *, dispatched: bool = True) -> Issue:
    issue = await city.report("petition", title="欠薪", text="工地欠薪三个月。")
    if dispatched:
        await city.person("reviewer").dispatch(issue, UNIT, "complex")
    return issue


async def test_a_petition_that_nobody_admits_in_fifteen_days_is_late_whatever_else_was_done(city: City) -> None:
    issue = await petition(city, dispatched=False)
    submitted = city.clock.now()
    assert await city.limit(issue, "petition_admit") == local("2026-05-21 17:30")
    await city.person("reviewer").order(issue, "ask_more", {"question": "请说明工地名称。"})
    await city.advance_to(submitted + timedelta(days=3))
    assert await city.limit(issue, "petition_admit") == local("2026-05-21 17:30"), "nothing lets it rest"
    late = await petition(city, dispatched=False)
    await city.advance(days=17)
    assert [level for level, _ in await city.lights(late, "petition_admit")] == ["yellow", "red"]


async def test_an_admitted_petition_has_sixty_days_and_thirty_more_once_and_never_rests(city: City) -> None:
    issue = await petition(city)
    assert any("已受理" in one.text for one in city.sms.to(PHONE))
    assert await city.limit(issue, "petition_handle") == local("2026-07-05 17:30")
    officer = city.officer(UNIT)
    await officer.acknowledge(issue)
    await officer.contact(issue)
    await officer.order(issue, "suspend", {"reason": "appraisal"})
    await city.advance(days=6)
    assert await city.state(issue) == "contacted"
    assert await city.limit(issue, "petition_handle") == local("2026-07-05 17:30"), "it does not rest"
    await officer.order(issue, "ask_extension", {"clock": "petition_handle", "reason": "等待鉴定结论"})
    await city.person("coordination_office").order(issue, "decide_extension", {"granted": True})
    assert await city.limit(issue, "petition_handle") == local("2026-08-04 17:30")
    assert any("延长办理" in one.text for one in city.sms.to(PHONE))
    await officer.order(
        issue, "ask_extension", {"clock": "petition_handle", "reason": "等待鉴定结论"}, refused="no-more-extensions"
    )


async def test_a_petition_and_the_same_persons_hotline_call_are_two_matters_and_both_go_on(city: City) -> None:
    letter = await petition(city)
    call = await city.report("hotline", title="欠薪", text="工地欠薪三个月。")
    reviewer = city.person("reviewer")
    if await city.state(call) in {"submitted", "in_review"}:
        await reviewer.dispatch(call, UNIT, "complex")
    same = {"reason": "同一诉求", "reply": "已合并办理，办结后回访您。"}
    await reviewer.order(call, "merge", {"head": letter.id, **same}, refused="not-mergeable")
    await reviewer.order(letter, "merge", {"head": call.id, **same}, refused="not-mergeable")
    for issue in (call, letter):
        await city.officer(UNIT).do_all(issue)
        await city.person("follow_up_caller").follow_up(issue)
        assert await city.state(issue) == "closed"
    [signed] = await city.of(letter, "handled")
    assert signed.data["signed_by"] == city.head(UNIT).id
    plans = [(await city.of(issue, "follow-up-planned"))[0].data["need"] for issue in (letter, call)]
    assert plans[0] == "writing", "the petitioner is asked in writing"


async def test_a_review_is_decided_in_thirty_days_or_the_office_is_late(city: City) -> None:
    issue = await petition(city)
    await city.officer(UNIT).do_all(issue)
    await city.person("follow_up_caller").follow_up(issue)
    reviewer, office = city.person("reviewer"), city.person("coordination_office")
    await reviewer.order(issue, "ask_review", {})
    assert await city.state(issue) == "petition_review"
    assert await city.limit(issue, "petition_review") == local("2026-06-05 17:30")
    await city.advance(days=31)
    assert [level for level, _ in await city.lights(issue, "petition_review")] == ["yellow", "red"]
    said = {"upheld": False, "reply": "原处理意见认定事实不清，责令重新办理。"}
    await office.order(issue, "decide_review", said)
    assert await city.state(issue) == "assigned"
    assert (await city.lights(issue, "petition_review"))[-1][0] == "none"
    assert any("复查" in one.text for one in city.sms.to(PHONE))
    assert await city.limit(issue, "handling") > city.clock.now(), "a new round counts anew"
