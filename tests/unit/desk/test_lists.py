"""Lists over HTTP and as pages: what they take, what they show of findings, and to whom."""

from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.desk.entrypoints.list_words import KINDS, LISTS, STANDINGS
from tests.support.cases import DUTY, HEAD, LEADER, OFFICE, OFFICER, OTHER, Desk, Story, assigned, submitted, token
from tests.support.eventually import eventually

PROJECT = {"what": "project", "title": "某学校项目", "purpose": "find", "town": "fotang"}
VISITS: dict[str, Any] = {"kind": "visit", "title": "五月走访联系清单", "due": "2026-05-08", "entries": [PROJECT]}


async def opened(desk: Desk, user: str = OFFICE, **said: Any) -> str:
    made = await desk.make(user, "/v1/lists", {**VISITS, "holder": LEADER, **said})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def shown(desk: Desk, id: str, user: str = LEADER) -> dict[str, Any]:
    found: dict[str, Any] = (await desk.get(user, f"/v1/lists/{id}")).json()
    return found


async def found(desk: Desk, held: str, subject: str, **more: Any) -> None:
    said = submitted(channel="visit", receipt=f"YW-{subject}", found_on={"affair": held, "entry": 1}, **more)
    await desk.tell(
        Story(subject), ("intake", names.ISSUE_SUBMITTED, said), ("router", names.ISSUE_ASSIGNED, assigned())
    )

    async def noted() -> bool:
        return bool(desk.documents.documents[subject]["found_on"])

    await eventually(noted)


async def look(desk: Desk, path: str, user: str = LEADER) -> tuple[int, str]:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    await desk.client.post("/login?lang=zh", content=f"token={token(user)}", headers=form)
    page = await desk.client.get(path)
    return page.status_code, page.text


async def test_a_list_that_is_sent_twice_is_one_and_another_under_its_key_is_a_conflict(desk: Desk) -> None:
    first = await desk.make(OFFICE, "/v1/lists", VISITS, **{"Idempotency-Key": "k-one"})
    again = await desk.make(OFFICE, "/v1/lists", VISITS, **{"Idempotency-Key": "k-one"})
    other = await desk.make(OFFICE, "/v1/lists", {**VISITS, "title": "六月"}, **{"Idempotency-Key": "k-one"})
    assert (first.json()["id"], again.json()["repeated"], other.status_code) == (again.json()["id"], True, 409)
    assert len(desk.published(names.AFFAIRS)) == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "tour"}, "kind"),
        ({"entries": []}, "entries"),
        ({"entries": [PROJECT] * 101}, "entries"),
        ({"entries": [{**PROJECT, "title": "某" * 101}]}, "entries[0].title"),
        ({"entries": [{**PROJECT, "phone": "13900001111"}]}, "entries[0].phone"),
        ({"due": "8.5.2026"}, "due"),
        ({"title": "\u202e清单"}, "title"),
        ({"holder": "nobody-here"}, "holder"),
    ],
)
async def test_a_list_that_is_not_as_it_should_be_is_told_by_its_field(
    desk: Desk, more: dict[str, Any], field: str
) -> None:
    answer = await desk.make(OFFICE, "/v1/lists", {**VISITS, **more})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == f"$.{field}"
    assert desk.published(names.AFFAIRS) == []


async def test_whoever_has_no_part_in_a_list_is_told_that_there_is_none(desk: Desk) -> None:
    id = await opened(desk)
    for user in (OFFICER, HEAD, OTHER):
        assert (await desk.get(user, f"/v1/lists/{id}")).status_code == 404
        assert (await desk.get(user, "/v1/lists")).json()["items"] == []
        answer = await desk.make(user, f"/v1/lists/{id}/mark", {"entry": 1, "result": "visited"})
        assert answer.status_code == 404
    own = await opened(desk, holder=OFFICER)
    assert [(await desk.get(user, f"/v1/lists/{own}")).status_code for user in (HEAD, DUTY)] == [200, 404]
    for other in ("orders", "meetings", "tasks"):
        assert (await desk.get(OFFICE, f"/v1/{other}/{id}")).status_code == 404, "a list is no other affair"


async def test_numbers_of_people_are_masked_in_all_that_is_written_on_a_list(desk: Desk) -> None:
    entry = {**PROJECT, "title": "项目部 13912345678"}
    id = await opened(desk, title="问 13912345678", entries=[entry, PROJECT])
    await desk.make(LEADER, f"/v1/lists/{id}/mark", {"entry": 1, "result": "visited", "text": "电话13912345678"})
    await desk.make(LEADER, f"/v1/lists/{id}/end", {"reason": "找13912345678"})
    assert "13912345678" not in str(desk.published(names.AFFAIRS))
    assert "13912345678" not in str(await shown(desk, id))


async def test_a_list_shows_of_findings_what_their_secrecy_allows(desk: Desk) -> None:
    id = await opened(desk)
    for subject, secrecy in (("i-open", "internal"), ("i-hidden", "confidential"), ("i-sealed", "sealed")):
        text = "厂门口路灯不亮" if secrecy == "internal" else None
        await found(desk, id, subject, secrecy=secrecy, text=text, title="路灯不亮")
    seen = await shown(desk, id)
    by = [(one["receipt"], one["title"], one["unit"]) for one in seen["entries"][0]["findings"]]
    assert by == [("YW-i-open", "路灯不亮", "urban-management"), ("YW-i-hidden", None, None), (None, None, None)]
    ids = [one["issue"] for one in seen["entries"][0]["findings"]]
    assert ids == ["i-open", None, None], "a leader sees no confidential case"
    assert seen["progress"]["findings"] == 3


async def test_what_is_written_of_an_entry_where_something_confidential_was_found_goes_onto_the_shelf(
    desk: Desk,
) -> None:
    id = await opened(desk, entries=[PROJECT, PROJECT])
    await desk.make(LEADER, f"/v1/lists/{id}/mark", {"entry": 1, "result": "visited", "text": "老板说孩子生病"})
    await found(desk, id, "i-1", secrecy="confidential", text=None)

    async def withheld() -> bool:
        return str((await shown(desk, id))["entries"][0]["text"]) == "[withheld]"

    await eventually(withheld)
    await desk.make(LEADER, f"/v1/lists/{id}/mark", {"entry": 1, "result": "visited", "text": "病情加重"})
    assert "病情加重" not in str(desk.published(names.AFFAIRS))
    shelf = desk.documents.others["sealed_texts"].values()
    assert [one["type"] for one in shelf] == [names.AFFAIR_HUSHED, names.ENTRY_MARKED]


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_the_pages_show_lists_and_entries_by_name_and_nothing_as_markup(desk: Desk, lang: str) -> None:
    household = {"what": "household", "code": "FT-0417", "town": "fotang"}
    id = await opened(desk, title="<b>五月</b>", entries=[{**PROJECT, "due": "2026-05-06"}, household])
    await found(desk, id, "i-1", title="<script>路灯")
    desk.advance(days=1)
    status, every = await look(desk, f"/lists?lang={lang}")
    assert (status, "<b>五月" in every, "&lt;b&gt;五月" in every) == (200, False, True)
    _, page = await look(desk, f"/lists/{id}?lang={lang}")
    assert ("<script>路灯" in page, "YW-i-1" in page, "FT-0417" in page) == (False, True, True)
    for word in (STANDINGS[lang]["overdue"], STANDINGS[lang]["open"], KINDS[lang]["visit"], "05-06", "05-08"):
        assert word in page
    assert page.count(f">{LISTS[lang]['all']}<") == 1


async def test_the_pages_are_for_those_who_see_the_list(desk: Desk) -> None:
    id = await opened(desk)
    assert (await desk.client.get(f"/lists/{id}")).headers["location"] == "/login?lang=zh"
    assert (await desk.client.get("/lists")).headers["location"] == "/login?lang=zh"
    status, page = await look(desk, f"/lists/{id}", OTHER)
    assert (status, LISTS["zh"]["none_such"] in page, "五月" in page) == (404, True, False)
    assert LISTS["zh"]["nothing"] in (await look(desk, "/lists?kind=visit&ended=true"))[1]


async def test_the_pages_speak_both_languages_alike() -> None:
    for words in (LISTS, KINDS, STANDINGS):
        assert words["zh"].keys() == words["en"].keys()
