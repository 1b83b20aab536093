"""A task's own clock as the desk shows it: inside the lead's, for the unit that has it and for those who gave it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from tests.support.cases import HELPER, MORNING, OFFICE, OFFICER, Desk, Story, assigned, deadline, light, submitted
from tests.unit.desk.test_assisting import EVENING, TASK, contacted, does, seen

NOON = MORNING + timedelta(hours=3)


async def asked(desk: Desk, **more: Any) -> Story:
    """Ask for an assist, due at noon; sla keeps a clock for it."""
    story = await contacted(desk)
    await does(desk, OFFICER, "ask_assist", **TASK, limit=instant(NOON), **more)
    about = {"clock": "assist", "about": "assist:1", "unit": "transport"}
    await desk.tell(story, ("sla", names.DEADLINE_SET, {**deadline(NOON), **about}))
    return story


async def of_grade(desk: Desk, grade: str, due: datetime) -> None:
    story = Story("i-1")
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, submitted()),
        ("router", names.ISSUE_ASSIGNED, assigned(grade=grade)),
        ("sla", names.DEADLINE_SET, deadline(due)),
    )
    await does(desk, OFFICER, "acknowledge")
    await does(desk, OFFICER, "contact", result="reached")


async def turned(desk: Desk, story: Story, level: str, version: int = 1) -> None:
    about = {"clock": "assist", "about": "assist:1", "unit": "transport", "version": version}
    await desk.tell(story, ("sla", names.LIGHT_CHANGED, {**light(level, NOON), **about}))


async def listed(desk: Desk, user: str, **asked: str) -> list[dict[str, Any]]:
    answer = await desk.get(user, "/v1/cases", **asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_tasks_light_stands_at_the_task_and_leaves_the_cases_own_alone(desk: Desk) -> None:
    await turned(desk, await asked(desk), "red")
    case = await seen(desk)
    assert case["assists"][0]["clocks"]["assist"]["level"] == "red"
    assert (case["light"], case["inner"], case["limit"]) == ("none", "red", instant(EVENING))
    shown = {"number": 1, "unit": "transport", "mandatory": True, "limit": instant(NOON), "light": "red"}
    [line] = await listed(desk, OFFICE)
    assert line["tasks"] == [shown]


async def test_a_unit_lists_its_own_tasks_and_who_gave_them_those_that_are_late(desk: Desk) -> None:
    story = await asked(desk)
    assert len(await listed(desk, HELPER, assisting="transport")) == 1
    assert await listed(desk, OFFICE, assisting="water") == []
    assert await listed(desk, OFFICER, inner="red") == []
    await turned(desk, story, "red")
    assert len(await listed(desk, OFFICER, unit="urban-management", inner="red")) == 1
    await does(desk, HELPER, "assist_done")
    assert await listed(desk, OFFICER, inner="red") == [] == await listed(desk, OFFICER, assisting="transport")
    assert (await seen(desk))["inner"] is None


async def test_a_light_of_an_older_deadline_or_of_an_unknown_task_changes_nothing(desk: Desk) -> None:
    story = await asked(desk)
    await turned(desk, story, "red", version=2)
    later = {"clock": "assist", "about": "assist:7", "unit": "transport"}
    await desk.tell(story, ("sla", names.DEADLINE_SET, {**deadline(NOON), **later}))
    assert [task["clocks"]["assist"]["level"] for task in (await seen(desk))["assists"]] == ["none"]


@pytest.mark.parametrize(("grade", "hours"), [("simple", 8.5), ("complex", 48)])
async def test_without_a_limit_a_task_has_the_citys_and_never_more_than_the_lead(
    desk: Desk, grade: str, hours: float
) -> None:
    await of_grade(desk, grade, due=MORNING + timedelta(days=9))
    await does(desk, OFFICER, "ask_assist", **TASK)
    [task] = (await seen(desk))["assists"]
    assert task["limit"] == instant(MORNING + timedelta(hours=hours))


async def test_when_the_lead_is_late_already_a_task_has_the_citys_limit(desk: Desk) -> None:
    await of_grade(desk, "complex", due=MORNING - timedelta(hours=1))
    await does(desk, OFFICER, "ask_assist", **TASK)
    await does(desk, OFFICER, "ask_assist", unit="water", task="关闭阀门", limit=instant(NOON))
    limits = [task["limit"] for task in (await seen(desk))["assists"]]
    assert limits == [instant(MORNING + timedelta(days=2)), instant(NOON)]
