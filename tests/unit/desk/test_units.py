"""The list of units: for who writes a program, by its unit's own key."""

from typing import Any

import pytest

from tests.support.cases import ADMINISTRATOR, OFFICER, Desk, as_user
from tests.support.packs import shipped


async def walked(desk: Desk, user: str = OFFICER, **query: Any) -> list[dict[str, Any]]:
    found, cursor = list[dict[str, Any]](), dict[str, str]()
    while True:
        answer = await desk.get(user, "/v1/units", limit=50, **query, **cursor)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        assert len(found) <= len(shipped().units), "and it comes to an end"
        if answer.json()["next"] is None:
            return found
        cursor = {"cursor": answer.json()["next"]}


async def test_every_unit_is_listed_once_by_code_with_public_facts_alone(desk: Desk) -> None:
    found = await walked(desk)
    assert [one["code"] for one in found] == sorted(shipped().units)
    water = next(one for one in found if one["code"] == "water")
    assert water == {
        "code": "water", "names": {"zh": shipped().units["water"].name_zh, "en": shipped().units["water"].name_en},
        "kind": "department", "parent": None, "topic": True, "there": True, "valid_from": None, "valid_to": None,
        "succeeded_by": None,
    }  # fmt: skip


async def test_it_is_narrowed_by_kind_parent_and_topic(desk: Desk) -> None:
    units = shipped().units
    assert {one["code"] for one in await walked(desk, kind="town")} == {c for c, u in units.items() if u.kind == "town"}
    sections = await walked(desk, kind="section", parent="fotang")
    assert sections
    assert all((one["parent"], one["topic"]) == ("fotang", False) for one in sections)
    assert {one["code"] for one in await walked(desk, topic="true")} == {c for c, u in units.items() if u.has_topic}
    assert await walked(desk, parent="nobody") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [({"kind": "ministry"}, "query.kind"), ({"parent": "局"}, "query.parent"), ({"topic": "perhaps"}, "query.topic"),
     ({"limit": "0"}, "query.limit"), ({"cursor": "x"}, "query.cursor")],
)  # fmt: skip
async def test_a_wrong_filter_is_named(desk: Desk, query: dict[str, str], field: str) -> None:
    answer = await desk.get(OFFICER, "/v1/units", **query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert answer.json()["errors"][0]["expected"]


async def test_a_units_own_system_reads_it_and_who_is_nobody_does_not(desk: Desk) -> None:
    made = await desk.client.post("/v1/keys", json={"unit": "tax", "name": "oa"}, headers=as_user(ADMINISTRATOR))
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
    assert (await desk.client.get("/v1/units", headers=headers)).status_code == 200
    assert (await desk.client.get("/v1/units")).status_code == 401
