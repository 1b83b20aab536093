"""What is done on the pages of lists: by a form of one's own session, said in words where it is wrong, never twice."""

import re
from typing import Any

import httpx
import pytest

from sanfu.contracts import names
from sanfu.desk.entrypoints.list_form_words import FORMS
from tests.support.cases import LEADER, OFFICER, OTHER, Desk, token
from tests.support.sheets import as_csv
from tests.unit.desk.test_entry_files import FIRM, HEAD, SITE
from tests.unit.desk.test_lists import opened, shown

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BAD = as_csv(HEAD, SITE, ["3", "某处", "宫殿", "", "佛堂镇", "", "2026-05-09"])


async def enter(desk: Desk, user: str = LEADER) -> None:
    await desk.client.post("/login?lang=zh", content=f"token={token(user)}", headers=FORM)


async def form_of(desk: Desk, path: str) -> dict[str, str]:
    """Return the hidden fields of a page's last form with a file."""
    page = (await desk.client.get(path)).text
    found = re.findall(r'name="(form|key)" value="([^"]*)"', page)
    return dict(found)


async def send(desk: Desk, path: str, said: dict[str, str], file: bytes | None = None, /, **headers: str) -> Any:
    more: dict[str, Any] = {"files": {"file": ("list.csv", file)}} if file is not None else {}
    answer: httpx.Response = await desk.client.post(path, data=said, headers=headers, **more)
    await desk.service.line(names.AFFAIRS).commands.drain()
    return answer


def told(desk: Desk, type: str) -> list[dict[str, Any]]:
    return [data for each, data in desk.published(names.AFFAIRS) if each == type]


async def test_a_holder_marks_an_entry_on_the_page(desk: Desk) -> None:
    id = await opened(desk)
    await enter(desk)
    hidden = await form_of(desk, f"/lists/{id}")
    said = {**hidden, "entry": "1", "result": "refused", "on": "2026-05-05", "text": "称无需走访"}
    first, again = [await send(desk, f"/lists/{id}/mark?lang=zh", said) for _ in range(2)]
    assert first.headers["location"] == again.headers["location"] == f"/lists/{id}?lang=zh&done=marked"
    assert len(told(desk, names.ENTRY_MARKED)) == 1, "a form that is sent twice marks once"
    page = (await desk.client.get(first.headers["location"])).text
    assert FORMS["zh"]["done"]["marked"] in page
    assert (await shown(desk, id))["entries"][0]["text"] == "称无需走访"


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_what_can_not_be_marked_is_said_in_the_pages_words(desk: Desk, lang: str) -> None:
    id = await opened(desk)
    await enter(desk)
    hidden, words = await form_of(desk, f"/lists/{id}"), FORMS[lang]
    for more, status, word in (
        ({"entry": "9", "result": "visited"}, 422, words["fields"]["entry"]),
        ({"entry": "1", "result": "refused"}, 422, words["problems"]["missing"]),
        ({"entry": "1", "result": "visited", "on": "2026-05-07"}, 422, words["problems"]["not_then"]),
        ({"entry": "1", "result": "eaten"}, 422, words["fields"]["result"]),
        ({"entry": "x" * 400}, 422, words["fields"]["entry"]),
    ):
        answer = await send(desk, f"/lists/{id}/mark?lang={lang}", {**hidden, **more})
        assert (answer.status_code, word in answer.text) == (status, True)
    assert told(desk, names.ENTRY_MARKED) == []


async def test_a_form_of_another_session_or_site_does_nothing(desk: Desk) -> None:
    id = await opened(desk)
    await enter(desk)
    hidden = await form_of(desk, f"/lists/{id}")
    mark = {"entry": "1", "result": "visited"}
    for said, headers in (
        (mark, {}), ({**mark, **hidden, "form": "0" * 64}, {}), ({**mark, **hidden}, {"origin": "https://evil.example"}),
        ({**mark, **hidden}, {"sec-fetch-site": "cross-site"}),
    ):  # fmt: skip
        assert (await send(desk, f"/lists/{id}/mark", said, None, **headers)).status_code == 403
        for path in (f"/lists/{id}/entries", "/lists/new"):
            assert (await send(desk, path, said, as_csv(HEAD, SITE), **headers)).status_code == 403
    desk.client.cookies.clear()
    assert (await send(desk, f"/lists/{id}/mark", {**mark, **hidden})).headers["location"] == "/login?lang=zh"
    assert [len(told(desk, type)) for type in (names.ENTRY_MARKED, names.ENTRIES_ADDED, names.LIST_OPENED)] == [0, 0, 1]


async def test_a_file_of_entries_is_uploaded_and_a_bad_row_is_told_by_line_and_column(desk: Desk) -> None:
    id = await opened(desk)
    await enter(desk)
    hidden = await form_of(desk, f"/lists/{id}")
    refused = await send(desk, f"/lists/{id}/entries?lang=zh", hidden, BAD)
    assert (refused.status_code, "第 3 行" in refused.text, "对象类型：无法识别" in refused.text) == (422, True, True)
    assert "宫殿" not in refused.text
    for content, word in ((None, "no_file"), (b"x", "no_file"), (b"x" * (1024 * 1024 + 1), "large")):
        answer = await send(desk, f"/lists/{id}/entries?lang=zh", hidden, content if content is not None else b"")
        assert FORMS["zh"][word] in answer.text
    assert told(desk, names.ENTRIES_ADDED) == []
    done = await send(desk, f"/lists/{id}/entries?lang=en", hidden, as_csv(HEAD, SITE, FIRM))
    assert done.headers["location"] == f"/lists/{id}?lang=en&done=added"
    assert len((await shown(desk, id))["entries"]) == 3


async def test_somebody_makes_a_list_of_their_own_from_a_file_once(desk: Desk) -> None:
    await enter(desk, OFFICER)
    hidden = await form_of(desk, "/lists/new?lang=zh")
    said = {**hidden, "kind": "visit", "title": "六月走访联系清单"}
    wrong = await send(desk, "/lists/new?lang=zh", said, BAD)
    assert (wrong.status_code, "第 3 行" in wrong.text, 'value="六月走访联系清单"' in wrong.text) == (422, True, True)
    assert told(desk, names.LIST_OPENED) == []
    first, again = [await send(desk, "/lists/new?lang=zh", said, as_csv(HEAD, SITE, FIRM)) for _ in range(2)]
    assert first.headers["location"] == again.headers["location"]
    [made] = told(desk, names.LIST_OPENED)
    assert (made["holder"], made["title"], len(made["entries"])) == (OFFICER, "六月走访联系清单", 2)
    page = (await desk.client.get(first.headers["location"])).text
    assert FORMS["zh"]["done"]["opened"] in page
    others = {**said, "key": "another-key", "holder": OTHER}
    foreign = await send(desk, "/lists/new?lang=zh", others, as_csv(HEAD, SITE))
    assert (foreign.status_code, FORMS["zh"]["not_now"] in foreign.text) == (409, True)


async def test_a_holder_leaves_the_rest_undone_and_then_no_form_is_offered(desk: Desk) -> None:
    id = await opened(desk)
    await enter(desk)
    hidden = await form_of(desk, f"/lists/{id}")
    assert (await send(desk, f"/lists/{id}/end", hidden)).status_code == 422, "it says why"
    await send(desk, f"/lists/{id}/end", {**hidden, "reason": "另行安排"})
    page = (await desk.client.get(f"/lists/{id}")).text
    assert [word for word in ("/mark", "/entries", "/end") if word in page] == []
    late = await send(desk, f"/lists/{id}/mark", {**hidden, "key": "k2", "entry": "1", "result": "visited"})
    assert (late.status_code, FORMS["zh"]["not_now"] in late.text) == (409, True)


async def test_whoever_only_sees_a_list_is_offered_no_mark_and_a_stranger_no_list(desk: Desk) -> None:
    id = await opened(desk)
    await enter(desk, "office-duty")
    page = (await desk.client.get(f"/lists/{id}")).text
    assert ("/mark" in page, "/entries" in page) == (False, True)
    hidden = await form_of(desk, f"/lists/{id}")
    await enter(desk, OTHER)
    assert (await send(desk, f"/lists/{id}/mark", {**hidden, "entry": "1", "result": "visited"})).status_code == 403
    own = await form_of(desk, "/lists/new")
    assert (await send(desk, f"/lists/{id}/mark", {**own, "entry": "1", "result": "visited"})).status_code == 404


def test_the_forms_speak_both_languages_alike() -> None:
    zh, en = FORMS["zh"], FORMS["en"]
    assert zh.keys() == en.keys()
    assert [name for name in ("done", "fields", "problems") if zh[name].keys() != en[name].keys()] == []
