"""The pages of an inbox, with a notify that answers as it is told: whose boxes, what is marked, what is said when it is
silent, and that no other page waits for it."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.desk.adapters.notify_inbox import NotifyInbox
from sanfu.desk.domain.boxes import boxes
from sanfu.desk.domain.people import viewer
from sanfu.desk.domain.scope import Grant, Viewer, scope, subtrees
from sanfu.desk.entrypoints.inbox_words import INBOX
from sanfu.desk.entrypoints.words import LIGHTS, STATES
from sanfu.desk.ports import InboxAway
from sanfu.notify.ports import LETTERS_KEPT_FOR
from sanfu.runtime.paging import Cursor, Page
from tests.support import cases
from tests.support.assembling import RING
from tests.support.cases import HEAD, LEADER, MORNING, OFFICER, OTHER, Desk, Story, assigned, submitted, token

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
KEY = "key-of-notify"
MINE, UNITS = f"user:{OFFICER}", "unit:urban-management"
TEXT = "【义乌三服务】红灯：YW-1已超期，请立即办理。"


def letter(id: str, hours: int = 0, **more: Any) -> dict[str, Any]:
    at = instant(MORNING + timedelta(hours=hours))
    return {"id": id, "at": at, "subject": None, "text": TEXT, "read": None, "about": "i-1", **more}


@dataclass(slots=True)
class Notify:
    """Answers what it is told; 404 to what it does not know. `fails`: an error, or status or body of all answers."""

    items: list[dict[str, Any]] = field(default_factory=list)
    next: str | None = None
    fails: Exception | int | bytes | None = None
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Bearer {KEY}"
        query = {name: " ".join(request.url.params.get_list(name)) for name in request.url.params}
        self.asked.append((request.method, request.url.path, query))
        if isinstance(self.fails, Exception):
            raise self.fails
        if isinstance(self.fails, int):
            return httpx.Response(self.fails)
        if isinstance(self.fails, bytes):
            return httpx.Response(200, content=self.fails)
        match request.method, request.url.path.removeprefix("/v1/inbox"):
            case "GET", "":
                return httpx.Response(200, json={"items": self.items, "next": self.next})
            case "GET", "/unread":
                return httpx.Response(200, json={"unread": 7, "more": False})
            case "POST", "/read":
                return httpx.Response(200, json={"read": 1})
            case "POST", path if any(path == f"/{one['id']}/read" for one in self.items):
                return httpx.Response(204)
            case "GET", path:
                for one in self.items:
                    if path == f"/{one['id']}":
                        return httpx.Response(200, json=one)
        return httpx.Response(404, json={"type": "no-such-letter"})

    @property
    def marked(self) -> list[str]:
        return [path for method, path, _ in self.asked if method == "POST"]


@pytest.fixture
def notify() -> Notify:
    return Notify([letter("d2", 1), letter("d1", read=instant(MORNING))])


def answering(notify: Notify) -> Desk:
    """A desk that asks this notify; start and stop are the caller's."""
    where = "http://notify.example/"
    return cases.desk(keys=RING, asking=httpx.MockTransport(notify), notify_url=where, notify_key=KEY)


@pytest.fixture
async def desk(notify: Notify) -> AsyncIterator[Desk]:
    made = answering(notify)
    await made.service.start()
    async with made.client:
        await made.tell(
            Story("i-1"), ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.ISSUE_ASSIGNED, assigned())
        )
        yield made
    await made.stop()


async def enter(desk: Desk, user: str = OFFICER) -> None:
    await desk.client.post("/login?lang=zh", content=f"token={token(user)}", headers=FORM)


async def form_token(desk: Desk, path: str = "/inbox") -> str:
    page = (await desk.client.get(path)).text
    return str(re.findall(r'name="form" value="([^"]*)"', page)[0])


# ── what is seen ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_ones_own_messages_are_listed_with_how_their_issue_stands(desk: Desk, notify: Notify, lang: str) -> None:
    await enter(desk)
    answer = await desk.client.get(f"/inbox?lang={lang}")
    assert answer.status_code == 200
    assert notify.asked == [("GET", "/v1/inbox", {"of": MINE, "unread": "false", "limit": "50"})]
    assert [answer.text.count(words) for words in (TEXT, f'class="tag plain">{INBOX[lang]["unread"]}<')] == [2, 1]
    assert answer.text.index("/inbox/d2/read?") < answer.text.index("/inbox/d1?"), "what is read opens without a form"
    assert answer.text.count(f"YW-1 · {STATES[lang]['assigned']}") == 2
    assert INBOX[lang]["kept"] in answer.text
    assert re.findall(r"\d+", INBOX[lang]["kept"]) == [str(LETTERS_KEPT_FOR.days)], "as long as notify keeps them"
    assert answer.headers["cache-control"] == "no-store"


async def test_of_an_issue_that_is_over_no_light_and_no_limit_are_shown(desk: Desk) -> None:
    await enter(desk)

    async def shown(path: str) -> bool:
        page = (await desk.client.get(path)).text
        assert "YW-1" in page
        return LIGHTS["zh"]["none"] in page

    assert [await shown(path) for path in ("/inbox", "/inbox/d1")] == [True, True]
    desk.documents.documents["i-1"] |= {"state": "closed", "open": False}
    assert [await shown(path) for path in ("/inbox", "/inbox/d1")] == [False, False]


async def test_of_an_issue_that_its_reader_may_not_see_only_the_message_is_shown(desk: Desk) -> None:
    await enter(desk, OTHER)
    for path in ("/inbox", "/inbox/d1"):
        page = (await desk.client.get(path)).text
        assert (TEXT in page, "路灯不亮" in page, STATES["zh"]["assigned"] in page) == (True, False, False)


async def test_what_a_message_says_is_shown_and_not_obeyed(desk: Desk, notify: Notify) -> None:
    notify.items = [letter('"><script>', text="<script>alert(1)</script>", subject="<b>", about=None)]
    await enter(desk)
    for path in ("/inbox", "/inbox/%22%3E%3Cscript%3E"):
        page = (await desk.client.get(path)).text
        assert "&lt;script&gt;alert" in page
        assert "<script>alert" not in page
        assert '"><script>' not in page


async def test_further_messages_are_a_page_further(desk: Desk, notify: Notify) -> None:
    notify.next = str(Cursor(1, "d1"))
    await enter(desk)
    page = (await desk.client.get(f"/inbox?box={UNITS}&unread=true&limit=2")).text
    further = re.findall(r'href="(/inbox\?[^"]*cursor[^"]*)"', page)[0].replace("&amp;", "&")
    assert (await desk.client.get(further)).status_code == 200
    assert notify.asked[-1][2] == {"of": UNITS, "unread": "true", "limit": "50", "cursor": notify.next}
    assert (await desk.client.get("/inbox?cursor=nonsense")).status_code == 422


# ── whose boxes ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_nobody_opens_anothers_box(desk: Desk, notify: Notify) -> None:
    await enter(desk)
    form = await form_token(desk)
    notify.asked.clear()
    for box in (f"user:{HEAD}", "unit:tax", "unit:nowhere", "rehearsal", "user:", MINE.upper(), f"{MINE}&of=unit:tax"):
        query = {"box": box}
        for path in ("/inbox", "/inbox/d1"):
            answer = await desk.client.get(path, params=query)
            assert (answer.status_code, INBOX["zh"]["none_such"] in answer.text) == (404, True), box
        for path in ("/inbox/d1/read", "/inbox/read"):
            said = {"form": form, "until": instant(MORNING)}
            assert (await desk.client.post(path, params=query, data=said)).status_code == 404, box
    assert notify.asked == [], "notify is not even asked"


async def test_a_units_box_is_for_whoever_works_there(desk: Desk, notify: Notify) -> None:
    await enter(desk)
    page = (await desk.client.get(f"/inbox?box={UNITS}")).text
    assert notify.asked[-1][2]["of"] == UNITS
    assert re.findall(r'box=([^"&]*)" aria-current="page"', page)[:1] == ["unit%3Aurban-management"]
    await enter(desk, LEADER)
    page = (await desk.client.get("/inbox")).text
    assert "unit" not in "".join(re.findall(r"box=([^\"&]*)", page)), "who leads the city works for no unit"
    assert (await desk.client.get(f"/inbox?box={UNITS}")).status_code == 404


def test_a_unit_box_needs_a_grant_over_that_unit_which_leaves_nothing_out() -> None:
    pack = cases.packs().current
    tree = subtrees(pack.units)

    def held(*grants: Grant, unit: str = "tax") -> list[str]:
        who = Viewer("u", unit, grants)
        return list(boxes(who, scope(who, tree, MORNING), MORNING))

    whole = Grant("officer", unit="tax", ceiling="confidential")
    below = next(code for code, unit in pack.units.items() if unit.parent is not None)
    above = str(pack.units[below].parent)
    assert held(whole) == ["user:u", "unit:tax"]
    assert held(replace(whole, unit=below), whole) == ["user:u", "unit:tax", f"unit:{below}"], "one's own comes first"
    for less in (
        replace(whole, ceiling="internal"), replace(whole, ceiling="sealed"), replace(whole, until=MORNING),
        replace(whole, since=MORNING + timedelta(days=1)), replace(whole, audiences=frozenset({"enterprise"})),
        replace(whole, channels=frozenset({"hotline"})), replace(whole, unit=None), replace(whole, unit="nowhere"),
        replace(whole, role="system_administrator"), replace(whole, unit=None, raised_by="tax"),
        replace(whole, need="again"), replace(whole, town="fotang"), replace(whole, filer="u"),
        Grant("leader", town="fotang"), Grant("reviewer", ceiling="confidential"),
    ):  # fmt: skip
        assert held(less) == ["user:u"], less
    assert f"unit:{below}" not in held(replace(whole, unit=above)), "a section's box is the section's"
    stands_in = replace(whole, standing_for="another", standing_in="tax")
    assert held(stands_in, unit="health") == ["user:u", "unit:tax"], "never that person's own"
    officer = viewer(pack.staff[OFFICER], pack)
    assert list(boxes(officer, scope(officer, tree, MORNING), MORNING)) == [MINE, UNITS]


async def test_whoever_is_not_logged_in_is_shown_the_door_and_told_nothing(desk: Desk, notify: Notify) -> None:
    for path in ("/inbox", "/inbox/d1"):
        answer = await desk.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?lang=zh")
    for path in ("/inbox/read", "/inbox/d1/read"):
        assert (await desk.client.post(path)).status_code == 303
    assert (await desk.client.get("/inbox/unread")).status_code == 401
    assert notify.asked == []


# ── what is read ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_opening_a_message_marks_it_and_shows_it_with_its_issue(desk: Desk, notify: Notify) -> None:
    await enter(desk)
    form = await form_token(desk)
    assert notify.marked == [], "looking marks nothing"
    for _ in range(2):
        answer = await desk.client.post("/inbox/d2/read", params={"box": MINE, "lang": "en"}, data={"form": form})
        assert answer.status_code == 303
    page = (await desk.client.get(answer.headers["location"])).text
    assert notify.marked == ["/v1/inbox/d2/read"] * 2
    for shown in (TEXT, "路灯不亮", "YW-1", STATES["en"]["assigned"], INBOX["en"]["back"]):
        assert shown in page
    assert (await desk.client.post("/inbox/d9/read", data={"form": form})).status_code == 404
    assert (await desk.client.get("/inbox/d9")).status_code == 404


async def test_all_are_marked_that_were_there_when_the_page_was_shown(desk: Desk, notify: Notify) -> None:
    await enter(desk)
    page = (await desk.client.get("/inbox")).text
    said = dict(re.findall(r'name="(form|until)" value="([^"]*)"', page))
    answer = await desk.client.post("/inbox/read", data=said)
    assert notify.asked[-1] == ("POST", "/v1/inbox/read", {"of": MINE, "until": notify.items[0]["at"]})
    assert INBOX["zh"]["done"] in (await desk.client.get(answer.headers["location"])).text
    for until in ("", "yesterday", "2026-05-06T09:00:00", "昨天"):
        assert (await desk.client.post("/inbox/read", data={**said, "until": until})).status_code == 422
    assert len(notify.marked) == 1


async def test_a_form_of_another_session_or_site_marks_nothing(desk: Desk, notify: Notify) -> None:
    await enter(desk)
    form = await form_token(desk)
    for said, headers in (
        ({}, {}), ({"form": "0" * 64}, {}), ({"form": form}, {"origin": "https://evil.example"}),
        ({"form": form}, {"sec-fetch-site": "cross-site"}),
    ):  # fmt: skip
        for path in ("/inbox/d2/read", "/inbox/read"):
            answer = await desk.client.post(path, data={**said, "until": instant(MORNING)}, headers=headers)
            assert answer.status_code == 403
    assert notify.marked == []


# ── how many ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_frame_leads_to_the_inbox_and_asks_for_the_number_by_itself(desk: Desk, notify: Notify) -> None:
    await enter(desk)
    for path in ("/board", "/lists"):
        page = (await desk.client.get(path)).text
        assert ('href="/inbox?lang=zh" data-unread="/inbox/unread"' in page, "/board/bell.js" in page) == (True, True)
    assert notify.asked == [], "no other page asks notify"
    assert (await desk.client.get("/inbox/unread")).json() == {"unread": 7, "more": False}
    [(_, _, query)] = notify.asked
    assert query == {"of": f"{MINE} {UNITS}"}
    for name in ("bell.js", "inbox.css"):
        assert (await desk.client.get(f"/board/{name}")).status_code == 200


# ── when notify is silent ────────────────────────────────────────────────────────────────────────────────────────────


TROUBLE = (
    httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), 500, 403, 302, b"<html>", b"[]",
    b'{"items": [{}], "next": null}', b'{"items": 3}',
)  # fmt: skip


async def test_where_notify_is_silent_the_page_says_so_and_no_other_notices(desk: Desk, notify: Notify) -> None:
    await enter(desk)
    form, paths = await form_token(desk), ("/inbox/d1/read", "/inbox/read")
    for notify.fails in TROUBLE:
        for lang in ("zh", "en"):
            for path in ("/inbox", "/inbox/d1"):
                answer = await desk.client.get(path, params={"lang": lang})
                assert (answer.status_code, INBOX[lang]["away"] in unescape(answer.text)) == (503, True), notify.fails
        assert (await desk.client.get("/inbox/unread")).json() == {"unread": None, "more": False}
        for path in () if isinstance(notify.fails, bytes) else paths:
            answer = await desk.client.post(path, data={"form": form, "until": instant(MORNING)})
            assert (answer.status_code, INBOX["zh"]["away"] in answer.text) == (503, True), notify.fails
        for path in ("/board", "/lists"):
            assert (await desk.client.get(path)).status_code == 200


async def test_a_notify_that_takes_its_time_is_not_waited_for() -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    inbox = NotifyInbox("http://notify.example", KEY, httpx.MockTransport(never), within=0.01)
    async with asyncio.timeout(5):
        with pytest.raises(InboxAway):
            await inbox.page(MINE, Page(5, None), unread=False)
        with pytest.raises(InboxAway):
            await inbox.unread([MINE])
    assert NotifyInbox("http://notify.example", KEY).within == 1.0


async def test_where_none_is_set_up_the_page_says_so_and_the_frame_shows_nothing() -> None:
    made = cases.desk(keys=RING)
    await made.service.start()
    async with made.client:
        assert (await made.client.get("/inbox")).status_code == 303
        await enter(made)
        for lang in ("zh", "en"):
            answer = await made.client.get(f"/inbox?lang={lang}")
            assert (answer.status_code, INBOX[lang]["not_set_up"] in answer.text) == (200, True)
        for path in ("/board", "/lists"):
            assert "/inbox" not in (await made.client.get(path)).text
        assert (await made.client.get("/inbox/unread")).status_code == 404
    await made.stop()


@pytest.mark.parametrize("half", [{"notify_url": "http://notify"}, {"notify_key": KEY}])
def test_half_of_what_an_inbox_needs_is_named(half: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="notify_url, notify_key: set both"):
        cases.settings([OFFICER], **half)
