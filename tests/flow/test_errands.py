"""Errands: an agent at a window carries a matter through its steps, and is on leave sometimes."""

from tests.support.city import City
from tests.support.people import Issue

AGENT = "fotang-window-officer"
DEPUTY = "service-centre-officer"


async def errand(city: City, **more: object) -> Issue:
    filer = {"id": AGENT, "unit": "fotang-window"}
    said = {
        "title": "代办营业执照变更",
        "text": "请代办。",
        "category": "business-registration",
        "filer": filer,
        **more,
    }
    return await city.report("window", audience="enterprise", **said)


async def test_an_agent_on_leave_with_three_errands_is_stood_in_for_by_dates_and_their_parties_see_every_step(
    city: City,
) -> None:
    issues = [await errand(city) for _ in range(3)]
    agent, deputy = city.staff(AGENT), city.staff(DEPUTY)
    for issue in issues:
        await agent.order(issue, "plan_errand", {})
        await agent.order(issue, "step_errand", {"step": 1})
    assert [await deputy.sees(issue) for issue in issues] == [None, None, None]
    away = {"since": "2026-05-07T00:00:00.000Z", "until": "2026-05-14T00:00:00.000Z"}
    await city.person("system_administrator").make("substitutions", {"for": AGENT, "user": DEPUTY, **away})
    await city.advance(days=1)
    listed = (await deputy.reads("cases?channel=window"))["items"]
    assert {one["id"] for one in listed} == {issue.id for issue in issues}
    for issue in issues:
        await deputy.order(issue, "step_errand", {"step": 2})
    await deputy.order(issues[0], "step_errand", {"step": 3, "result": "blocked", "text": "需法人到场签字"})
    await city.advance(days=8)
    assert await deputy.sees(issues[0]) is None, "the agent is back"
    await agent.order(issues[0], "step_errand", {"step": 3})
    seen = await agent.sees(issues[0])
    assert seen is not None
    assert (seen["errand"]["agent"], [one["state"] for one in seen["errand"]["steps"]]) == (
        AGENT, ["done", "done", "done", "open"],
    )  # fmt: skip
    assert [one["by"] for one in seen["errand"]["steps"]][:3] == [AGENT, DEPUTY, AGENT]
    told = await city.of(issues[0], "errand-stepped")
    assert [(one.data["step"], one.data["result"], one.data["left"]) for one in told] == [
        (1, "done", 3), (2, "done", 2), (3, "blocked", 2), (3, "done", 1),
    ]  # fmt: skip


async def test_the_party_sees_the_steps_of_its_errand_on_its_own_page(city: City) -> None:
    issue = await errand(city)
    agent = city.staff(AGENT)
    await agent.order(issue, "plan_errand", {"steps": ["核对材料", "约13911112222到场签字"]})
    await agent.order(issue, "step_errand", {"step": 1})
    entered = await city.client("desk").post("/my", data={"number": issue.receipt, "digits": "2222"})
    page = (await city.client("desk").get(entered.headers["location"])).text
    assert "代办进度" in page
    assert "核对材料 · 已完成" in page
    assert "13911112222" not in page


async def test_what_came_by_no_window_is_no_errand_and_a_step_is_done_once(city: City) -> None:
    issue = await errand(city, category="truck-access")
    agent = city.staff(AGENT)
    await agent.order(issue, "step_errand", {"step": 1}, refused="nothing-planned")
    await agent.order(issue, "plan_errand", {}, refused="invalid-input")
    await agent.order(issue, "plan_errand", {"steps": ["核对材料"]})
    await agent.order(issue, "plan_errand", {"steps": ["核对材料"]}, refused="planned-already")
    await agent.order(issue, "step_errand", {"step": 1, "result": "blocked"}, refused="invalid-input")
    await agent.order(issue, "step_errand", {"step": 1})
    await agent.order(issue, "step_errand", {"step": 1}, refused="invalid-input")
    await city.person("officer", "housing-construction").order(issue, "plan_errand", {}, refused="case-unknown")
