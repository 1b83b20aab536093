"""Finding cases: by words, by a number, by whose matter it is; and what no search may tell."""

from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.desk.domain.finding import TOKENS, by_number, found_by
from tests.support.cases import MORNING, OFFICE, OFFICER, OTHER, Desk, Story, as_user, assigned, review, submitted


async def tell(desk: Desk, subject: str, at: timedelta = timedelta(), **more: Any) -> Story:
    story = Story(subject, MORNING + at)
    await desk.tell(
        story, ("intake", names.ISSUE_SUBMITTED, submitted(**more)), ("router", names.ISSUE_ASSIGNED, assigned())
    )
    return story


async def search(desk: Desk, user: str = OFFICE, **query: Any) -> list[str]:
    answer = await desk.get(user, "/v1/search", **query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_words_are_found_in_title_place_and_text_the_title_first(desk: Desk) -> None:
    await tell(desk, "i-text", title="夜里很暗", text="稠州北路的路灯不亮")
    await tell(desk, "i-place", title="夜里很暗", place={"town": "fotang", "address": "路灯厂宿舍"})
    await tell(desk, "i-title", title="路灯不亮")
    await tell(desk, "i-other", title="水管漏水", text="没有水")
    assert await search(desk, words="路灯") == ["i-title", "i-place", "i-text"]
    assert await search(desk, words="路灯 稠州") == ["i-text"]
    assert await search(desk, words="路灯", town="fotang", unit="tax") == []


async def test_words_are_found_however_they_were_typed(desk: Desk) -> None:
    await tell(desk, "i-1", title="ＡＴＭ机 吞卡, Main Street")
    assert await search(desk, words="atm") == await search(desk, words="ＡＴＭ") == ["i-1"]
    assert await search(desk, words="main STREET") == ["i-1"]


async def test_a_case_is_found_by_any_piece_of_its_number(desk: Desk) -> None:
    await tell(desk, "i-1", receipt="YW-7K3T-09RW-51XY-8204")
    await tell(desk, "i-2", receipt="YW-0000-09RX-51XY-8204")
    assert await search(desk, number="YW-7K3T-09RW-51XY-8204") == ["i-1"]
    assert await search(desk, number="3t09") == ["i-1"]
    assert set(await search(desk, number="8204")) == {"i-1", "i-2"}
    assert await search(desk, number="7k309r") == [], "pieces of it that don't stand together"


async def test_of_equals_the_newer_comes_first_and_pages_join(desk: Desk) -> None:
    for number in range(7):
        await tell(desk, f"i-{number}", timedelta(hours=number))
    found, cursor = list[str](), dict[str, str]()
    while True:
        page = (await desk.get(OFFICE, "/v1/search", words="路灯", limit=3, **cursor)).json()
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == [f"i-{number}" for number in range(6, -1, -1)]
    assert page["more_than"] is None


async def test_what_is_closed_is_looked_for_ninety_days_back_and_farther_if_asked(desk: Desk) -> None:
    story, received = Story("i-old"), submitted(kind="consult")
    await desk.tell(story, ("intake", names.ISSUE_SUBMITTED, received), ("router", names.REVIEW_REQUESTED, review()))
    closed = await desk.order(OFFICE, "i-old", "answer", {"reply": "路灯已于昨日修复，谢谢您的来电。"})
    assert closed.json()["state"] == "closed"
    assert await search(desk, words="路灯") == ["i-old"]
    desk.advance(days=91)
    assert await search(desk, words="路灯") == []
    assert await search(desk, words="路灯", since=instant(MORNING)) == ["i-old"]


async def test_of_a_confidential_case_only_its_number_is_a_way_to_it(desk: Desk) -> None:
    await tell(desk, "i-1", secrecy="confidential", title="拖欠工资", text=None, receipt="YW-7K3T-09RW-51XY-8204")
    assert await search(desk, words="工资") == []
    assert await search(desk, number="7K3T") == ["i-1"]
    assert [token for token in desk.documents.documents["i-1"]["found_by"] if not token.startswith("#")] == []


async def test_a_search_shows_what_the_asker_may_see(desk: Desk) -> None:
    await tell(desk, "i-1")
    assert await search(desk, OFFICER, words="路灯") == ["i-1"]
    assert await search(desk, OTHER, words="路灯") == []
    assert await search(desk, OTHER, number="YW-1") == []


@pytest.mark.parametrize("query", [{}, {"words": "灯"}, {"words": "- -"}, {"number": "7K"}, {"since": "lately"}])
async def test_what_is_too_short_to_find_anything_is_told_by_its_field(desk: Desk, query: dict[str, str]) -> None:
    answer = await desk.get(OFFICE, "/v1/search", **query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"query.{next(iter(query), 'words')}"


def test_of_a_long_text_sixty_pairs_are_kept_the_titles_first() -> None:
    long = "".join(chr(0x4E00 + n) for n in range(200))
    case = {"secrecy": "open", "title": "路灯不亮", "text": long, "place": None, "receipt": "YW-1234"}
    kept = [token for token in found_by(case) if not token.startswith("#")]
    assert len(kept) == TOKENS
    assert kept[:3] == ["路灯", "灯不", "不亮"]
    assert by_number("YW-1234")[-1] == "#234"


async def test_a_filter_is_kept_by_its_owner_and_checked_as_a_list_would(desk: Desk) -> None:
    kept = {"name": "红灯", "query": {"light": "red", "unit": "urban-management"}}
    put = await desk.client.put("/v1/filters/red", json=kept, headers=as_user(OFFICE))
    assert (put.status_code, put.json()) == (200, {"code": "red", **kept, "version": 1})
    assert (await desk.get(OFFICE, "/v1/filters")).json()["items"] == [put.json()]
    assert (await desk.get(OTHER, "/v1/filters")).json()["items"] == []
    for query, field in (({"light": "green"}, "$.query.light"), ({"colour": "red"}, "$.query.colour")):
        wrong = await desk.client.put("/v1/filters/x", json={"name": "x", "query": query}, headers=as_user(OFFICE))
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, field)
    assert (await desk.client.delete("/v1/filters/red", headers=as_user(OFFICE))).status_code == 204
    assert (await desk.get(OFFICE, "/v1/filters")).json()["items"] == []


async def test_nobody_keeps_more_than_fifty_filters(desk: Desk) -> None:
    answers = [
        await desk.client.put(f"/v1/filters/f-{n}", json={"name": "x", "query": {}}, headers=as_user(OFFICE))
        for n in range(51)
    ]
    assert [answer.status_code for answer in answers] == [200] * 50 + [409]


async def test_one_command_for_many_cases_answers_for_each(desk: Desk) -> None:
    for subject in ("i-1", "i-2", "i-3"):
        await tell(desk, subject)
    await desk.order(OFFICER, "i-2", "acknowledge")
    body = {"command": "acknowledge", "cases": ["i-1", "i-2", "i-3", "i-9", "i-1"]}

    async def bulk() -> list[tuple[str, int, Any]]:
        headers = {**as_user(OFFICER), "Idempotency-Key": "all"}
        answer = await desk.client.post("/v1/cases/bulk", json=body, headers=headers)
        await desk.service.commands.drain()
        return [(item["id"], item["status"], item.get("repeated")) for item in answer.json()["items"]]

    assert await bulk() == [("i-1", 200, False), ("i-2", 409, None), ("i-3", 200, False), ("i-9", 404, None)]
    assert await bulk() == [("i-1", 200, True), ("i-2", 409, None), ("i-3", 200, True), ("i-9", 404, None)]
    assert [type for type, _ in desk.published()].count(names.ISSUE_ACKNOWLEDGED) == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"command": "dance", "cases": ["i-1"]}, "$.command"),
        ({"command": "contact", "cases": ["i-1"], "said": {"result": "perhaps"}}, "$.said.result"),
        ({"command": "acknowledge", "cases": []}, "$.cases"),
        ({"command": "acknowledge", "cases": [f"i-{n}" for n in range(101)]}, "$.cases"),
    ],
)
async def test_a_bulk_command_is_checked_as_a_whole_first(desk: Desk, body: dict[str, Any], field: str) -> None:
    headers = {**as_user(OFFICER), "Idempotency-Key": "all"}
    answer = await desk.client.post("/v1/cases/bulk", json=body, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
