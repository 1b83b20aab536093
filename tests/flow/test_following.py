"""What comes after it was handled: the party is asked, somebody looks, it was not done at all; the party's voice."""

import re

import pytest

from sanfu.contracts.envelope import instant
from tests.support.city import City
from tests.support.people import Issue, Person

PHONE = "13911112222"
UNIT = "housing-construction"


async def handled(city: City, **more: object) -> Issue:
    issue = await city.report("hotline", category="road-lamp", **more)
    await city.officer(UNIT).do_all(issue)
    return issue


def link(city: City) -> str:
    """The party's link, out of the last message that holds one."""
    found = [re.search(r"http://city\.example(/my/\S+)", one.text) for one in city.sms.to(PHONE)]
    return [one[1] for one in found if one][-1]


async def says(city: City, path: str, command: str, status: int = 303, **said: str) -> None:
    answer = await city.client("desk").post(f"{path}/{command}", data={"key": f"k{next(city.numbers)}", **said})
    assert answer.status_code == status, answer.text
    await city.quiet()


def caller(city: City) -> Person:
    return city.person("follow_up_caller")


async def test_a_link_that_a_preview_robot_opened_first_is_answered_by_the_party_and_closes_the_issue(
    city: City,
) -> None:
    issue = await handled(city)
    path = link(city)
    before = len(await city.story(issue))
    for _ in range(2):
        assert (await city.client("desk").get(path)).status_code == 200
    assert len(await city.story(issue)) == before
    [plan] = await city.of(issue, "follow-up-planned")
    await says(city, path, "rate", resolved="yes", satisfied="5")
    if plan.data["need"] == "call":  # one in ten is called all the same
        await caller(city).follow_up(issue)
    assert await city.state(issue) == "closed"
    assert path.rpartition("/")[2] not in await texts(city, issue), "the proof is in no story"


async def texts(city: City, issue: Issue) -> str:
    return "\n".join(str(one.data) for one in await city.story(issue))


async def test_a_falsely_handled_simple_issue_is_red_at_once_when_its_stop_is_void(city: City) -> None:
    issue = await handled(city)
    limit = await city.limit(issue, "handling")
    await city.advance_to(limit)
    await city.advance(hours=16)
    assert await city.lights(issue, "handling") == [], "it was handled in time, or so it was said"
    await caller(city).order(issue, "void", {"text": "现场查看，路灯仍不亮。"})
    lit = [one.data for one in await city.of(issue, "light-changed") if one.data["clock"] == "handling"]
    assert [(one["level"], one["skipped"]) for one in lit] == [("yellow", True), ("red", False)]
    assert (await city.receipt(issue))["state"] == "assigned"
    mails = [one for one in city.mail.to(city.pack.units[UNIT].mailbox or "") if "虚假办结" in str(one.subject)]
    assert len(mails) == 1
    await city.officer(UNIT).handle(issue, "已实际更换灯头并夜间试亮，附照片。")
    assert await city.state(issue) == "handled"
    told = [one.type for one in await city.unit_topic(UNIT, issue)]
    assert "handled" in told[told.index("completion-voided") :], "the unit has its part again"


async def test_what_was_closed_and_was_never_done_comes_back_to_the_unit(city: City) -> None:
    issue = await handled(city)
    await caller(city).follow_up(issue)
    assert await city.state(issue) == "closed"
    await city.person("coordination_office").order(issue, "void", {"text": "现场查看，路灯仍不亮。"})
    records = [one.type for one in await city.unit_topic(UNIT, issue)]
    assert records[records.index("closed") + 1 :] == ["completion-voided", *records[records.index("closed") + 2 :]]
    await city.officer(UNIT).handle(issue, "已实际更换灯头并夜间试亮，附照片。")
    assert await city.state(issue) == "handled"


async def test_two_unsatisfied_rounds_are_marked_and_a_third_request_is_declined_with_words(city: City) -> None:
    issue = await handled(city)
    office = city.person("coordination_office")
    for number in (1, 2):
        await caller(city).follow_up(issue, "no", satisfied=1)
        seen = await office.sees(issue)
        assert seen is not None
        assert seen["unsatisfied"] == [*range(1, number + 1)]
        await office.order(issue, "reopen", {"reason": "当事人反映仍未修好。"})
        await city.officer(UNIT).acknowledge(issue)
        await city.officer(UNIT).contact(issue)
        await city.officer(UNIT).handle(issue, f"第{number + 1}次上门，已更换灯头并试亮。")
    await caller(city).follow_up(issue)
    operator = city.person("hotline_operator")
    await operator.order(issue, "request_reopen", {"reason": "又不亮了"})
    await office.order(issue, "reopen", {"reason": "属实"}, refused="no-more-rounds")
    await office.order(issue, "decline_reopen", {"reply": "该路段已列入下月线路改造，届时彻底解决。"})
    assert await city.state(issue) == "closed"
    assert "未予采纳" in city.sms.to(PHONE)[-1].text
    needs = [one.data["because"] for one in await city.of(issue, "follow-up-planned")]
    assert needs[1:] == ["reopened", "reopened"], "who was not content is called"


async def test_the_same_caller_nine_times_is_one_issue_with_eight_reminders_and_its_unit_hears_once_a_day(
    city: City,
) -> None:
    issue = await city.report("hotline", category="road-lamp")
    operator, office = city.person("hotline_operator"), city.person("coordination_office")
    for number in range(8):
        await operator.order(issue, "remind", {"text": f"第{number + 2}次来电，仍未修好"})
        if number == 4:
            await city.advance(days=1)
    seen = await office.sees(issue)
    assert seen is not None
    assert (seen["reminders"]["count"], seen["reminded"], len(seen["supplements"])) == (8, True, 8)
    about = [one for one in city.mail.to(city.pack.units[UNIT].mailbox or "") if "催办" in str(one.subject)]
    assert len(about) == 2, "once a day"
    assert [one.data["number"] for one in await city.of(issue, "reminder-added")] == [*range(1, 9)]
    units = [one.type for one in await city.unit_topic(UNIT, issue)]
    assert units.count("reminder-added") == 8


async def test_a_withdrawal_whose_party_says_that_it_was_asked_to_stops_no_clock_before_the_office_has_asked(
    city: City,
) -> None:
    issue = await handled(city)
    path = link(city)
    await city.officer(UNIT).order(issue, "withdraw", {}, refused="not-now")
    await says(city, path, "withdraw", asked_to="yes", reason="单位打电话让我撤")
    assert await city.state(issue) == "handled"
    assert "单位打电话" not in str([one.data for one in await city.unit_topic(UNIT, issue)])
    await city.person("coordination_office").order(issue, "confirm_withdrawal", {"reason": "已核实，确为本人意愿。"})
    [withdrawn] = await city.of(issue, "withdrawn")
    assert (withdrawn.data["by"]["role"], withdrawn.data["asked_to"]) == ("party", True)
    [copy] = [one for one in await city.unit_topic(UNIT, issue) if one.type == "withdrawn"]
    assert (copy.data["asked_to"], copy.data["reason"]) == (False, None), "the unit is not told what was said of it"
    assert (await city.of(issue, "closed"))[0].data["kind"] == "withdrawn"


async def test_after_a_partys_death_nothing_is_sent_to_it_and_somebody_looks_on_site(city: City) -> None:
    issue = await city.report("hotline", category="road-lamp")
    sent = len(city.sms.to(PHONE))
    await city.officer(UNIT).acknowledge(issue)
    await city.officer(UNIT).contact(issue, "failed")
    await city.person("coordination_office").order(issue, "party_deceased", {"source": "家属来电告知"})
    await city.officer(UNIT).handle(issue)
    [plan] = await city.of(issue, "follow-up-planned")
    assert (plan.data["need"], plan.data["because"]) == ("site", "party_deceased")
    await caller(city).looks(issue)
    assert await city.state(issue) == "closed"
    assert len(city.sms.to(PHONE)) == sent, "neither a link nor a closing"


async def test_an_anonymous_wall_crack_is_checked_on_site_with_a_photo(city: City) -> None:
    issue = await city.report(party=None, title="墙体开裂", text="围墙裂缝越来越大，请查看。")
    await city.person("reviewer").dispatch(issue, UNIT, "complex")
    await city.officer(UNIT).do_all(issue)
    office = caller(city)
    for said, problem in (
        ({"resolved": "yes"}, "invalid-input"),
        ({"resolved": "yes", "method": "call"}, "invalid-input"),
    ):
        await office.order(issue, "follow_up", said, refused=problem)
    await office.order(issue, "attempt", {"result": "no_answer"}, refused="nobody-to-ask")
    await office.looks(issue, "no")
    assert await city.state(issue) == "followed_up"


async def test_nobody_under_a_head_who_is_complained_of_follows_up(city: City) -> None:
    center = caller(city)
    home = city.pack.staff[center.id].unit
    issue = await city.report("hotline", category="road-lamp", complains_of=[home])
    await city.officer(UNIT).do_all(issue)
    await center.order(issue, "follow_up", {"resolved": "yes"}, refused="recused")
    others = [p for p in city.pack.staff.values() if "coordination_office" in p.roles and p.unit != home]
    await city.staff(others[0].id).follow_up(issue)
    assert await city.state(issue) == "closed"


@pytest.mark.parametrize("grade", ["simple", "complex"])
async def test_a_party_that_does_not_answer_in_five_days_lets_a_simple_issue_close_and_no_other(
    city: City, grade: str
) -> None:
    issue = await city.report("hotline", title="路灯不亮")
    await city.person("reviewer").dispatch(issue, UNIT, grade)
    await city.officer(UNIT).do_all(issue)
    [plan] = await city.of(issue, "follow-up-planned")
    if plan.data["because"] == "drawn":
        return
    assert plan.data["silent_at"] == instant(plan.at.replace(day=plan.at.day + 5))
    await city.advance(days=5, minutes=1)
    assert await city.lights(issue, "follow_up") == [], "while the party may answer nobody is late"
    assert await city.state(issue) == ("followed_up" if grade == "simple" else "handled")
