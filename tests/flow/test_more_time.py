"""What moves a limit, and what does not: pauses, more time, another grade, a higher urgency."""

from tests.support.city import City, local
from tests.support.people import Issue

UNIT = "housing-construction"


async def contacted(city: City, grade: str = "complex") -> Issue:
    issue = await city.report("hotline", title="路面沉降", text="人行道沉降。")
    await city.person("reviewer").dispatch(issue, UNIT, grade)
    await city.officer(UNIT).acknowledge(issue)
    await city.officer(UNIT).contact(issue)
    return issue


async def test_more_time_moves_the_citys_promise_and_the_units_limit_and_the_party_is_told(city: City) -> None:
    issue = await contacted(city)
    before = await city.limit(issue, "handling")
    await city.officer(UNIT).order(issue, "ask_extension", {"reason": "等待配件"})
    assert await city.limit(issue, "handling") == before, "asking moves nothing"
    await city.person("coordination_office").order(issue, "decide_extension", {"granted": True})
    assert await city.limit(issue, "handling") == await city.limit(issue) == local("2026-05-12 17:30")
    [*_, last] = city.sms.to(issue.said["party"]["phone"])
    assert "5月12日 17:30" in last.text


async def test_an_extension_that_is_pending_while_the_office_sleeps_is_granted_for_one_day(city: City) -> None:
    issue = await contacted(city)
    await city.advance_to(local("2026-05-09 11:00"))  # the limit is at 17:30, on a Saturday
    await city.officer(UNIT).order(issue, "ask_extension", {"reason": "等待配件"})
    await city.advance_to(local("2026-05-12 09:00"))
    [decided] = await city.of(issue, "extension-decided")
    assert (decided.data["granted"], decided.data["by"]["role"]) == (True, "system")
    assert await city.limit(issue, "handling") == local("2026-05-10 17:30")


async def test_more_time_asked_for_too_late_stops_nothing(city: City) -> None:
    issue = await contacted(city)
    await city.advance_to(local("2026-05-09 17:30"))
    await city.officer(UNIT).order(issue, "ask_extension", {"reason": "等待配件"}, refused="too-late")
    assert [level for level, _ in await city.lights(issue, "handling")] == ["yellow", "red"]


async def test_a_pause_over_a_holiday_ends_at_its_cap_and_the_limit_moves_by_what_it_rested(city: City) -> None:
    await city.advance_to(local("2026-09-30 09:00"))
    issue = await contacted(city)
    before = await city.limit(issue, "handling")
    await city.officer(UNIT).order(issue, "suspend", {"reason": "weather"})
    assert await city.state(issue) == "suspended"
    await city.advance_to(local("2026-10-05 09:00"))
    assert await city.state(issue) == "contacted"
    assert await city.limit(issue, "handling") == before.replace(month=10, day=before.day + 5)
    await city.officer(UNIT).order(issue, "suspend", {"reason": "weather"}, refused="suspension-used-up")


async def test_a_grade_made_longer_without_approval_moves_nothing_and_a_shorter_one_counts_from_the_start(
    city: City,
) -> None:
    issue = await contacted(city)
    before = await city.limit(issue, "handling")
    await city.officer(UNIT).order(issue, "ask_grade", {"grade": "difficult", "reason": "涉及多部门"})
    assert await city.limit(issue, "handling") == before
    office = city.person("coordination_office")
    await office.order(issue, "decide_grade", {"granted": False, "reason": "单部门可办"})
    await city.officer(UNIT).order(issue, "ask_grade", {"grade": "simple", "reason": "当天可办"})
    assert await city.limit(issue, "handling") < before


async def test_an_operator_makes_an_open_issue_an_emergency_and_units_and_clocks_hear_of_it_at_once(
    city: City,
) -> None:
    issue = await contacted(city)
    await city.officer(UNIT).order(issue, "suspend", {"reason": "weather"})
    operator = city.officer("city-management-centre")
    await operator.order(issue, "raise_urgency", {"urgency": "emergency", "reason": "路面塌陷，有人坠入"})
    assert await city.state(issue) in {"assigned", "contacted"}
    assert (await city.limit(issue, "emergency_acknowledge")) == local("2026-05-06 09:15")
    assert city.sms.to(city.phone("duty_officer", "emergency")) != []
    await city.officer(UNIT).order(issue, "suspend", {"reason": "weather"}, refused="emergency")
    await city.person("coordination_office").order(
        issue, "lower_urgency", {"urgency": "normal", "reason": "系误报，现场无险情"}
    )
    await city.advance(hours=3)
    assert [level for level, _ in await city.lights(issue, "emergency_report")].count("red") == 0


async def test_a_review_that_waits_for_a_court_rests_with_its_clock_and_goes_on_where_it_was(city: City) -> None:
    issue = await city.report("web", title="邻里纠纷", text="两家为院墙争执，想请政府评评理。", category=None)
    assert await city.state(issue) == "in_review"
    before = await city.limit(issue, "review")
    office = city.person("coordination_office")
    await office.order(issue, "suspend", {"reason": "court"})
    assert (await city.receipt(issue))["state"] == "suspended"
    await city.advance(days=2)
    assert await city.lights(issue, "review") == []
    await office.order(issue, "resume", {})
    assert (await city.state(issue), (await city.receipt(issue))["state"]) == ("in_review", "in_review")
    assert await city.limit(issue, "review") > before, "by the service time in which it rested"
    await city.person("reviewer").dispatch(issue, UNIT)
    assert await city.state(issue) == "assigned"
