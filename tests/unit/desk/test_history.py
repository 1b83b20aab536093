"""A case's history: short in the case, whole for who asks."""

from datetime import timedelta
from typing import Any

from sanfu.contracts import names
from sanfu.desk.domain.case import HISTORY
from tests.support.cases import MORNING, OFFICE, OTHER, Desk, Story, assigned, deadline, light, submitted
from tests.support.eventually import eventually


async def told(desk: Desk, times: int) -> None:
    """A case with two entries and so many lights beside."""
    story, limit = Story("i-1"), MORNING + timedelta(hours=5)
    await desk.tell(story, ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.ISSUE_ASSIGNED, assigned()))
    for number in range(times):
        level = ("yellow", "red")[number % 2]
        lit = ("sla", names.LIGHT_CHANGED, light(level, limit, version=number + 1))
        await desk.tell(story, ("sla", names.DEADLINE_SET, deadline(limit, version=number + 1)), lit)


async def whole(desk: Desk, limit: int) -> list[dict[str, Any]]:
    found, cursor = list[dict[str, Any]](), dict[str, str]()
    while True:
        page = (await desk.get(OFFICE, "/v1/cases/i-1/history", limit=limit, **cursor)).json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def test_what_leaves_a_cases_history_is_kept_beside_it_and_read_page_by_page(desk: Desk) -> None:
    await told(desk, 40)
    case = desk.documents.documents["i-1"]
    assert (len(case["history"]), case["entries"]) == (HISTORY, 82)
    await eventually(lambda: len(desk.documents.others["history"]) == 82 - HISTORY)
    found = await whole(desk, 7)
    assert found[:2] == [
        {k: v for k, v in one.items() if k not in {"_id", "version", "case"}}
        for one in (desk.documents.others["history"][f"i-1/{n:09d}"] for n in (1, 2))
    ]
    assert [one["id"] for one in found][-HISTORY:] == [one["id"] for one in case["history"]]
    assert len({one["id"] for one in found}) == 82
    assert [one["id"] for one in found if one["id"].startswith("sla")] == [f"sla:i-1:{n}" for n in range(1, 81)]
    assert await whole(desk, 200) == found


async def test_a_short_history_is_all_in_the_case(desk: Desk) -> None:
    await told(desk, 1)
    assert await whole(desk, 3) == desk.documents.documents["i-1"]["history"]
    assert desk.documents.others["history"] == {}
    assert (await desk.get(OTHER, "/v1/cases/i-1/history")).status_code == 404
