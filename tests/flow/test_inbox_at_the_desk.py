"""An officer's messages on desk's own pages: from a light to the letter, seen, opened and read; over all services."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx
import pytest
from pydantic import SecretStr

from sanfu.desk import app
from sanfu.desk.adapters.notify_inbox import NotifyInbox
from sanfu.desk.entrypoints.inbox_words import INBOX
from tests.support.city import City, in_memory, local
from tests.support.people import Person, token

UNIT = "water"
KEY = SecretStr("key-that-desk-has-of-notify")


@pytest.fixture
async def city(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[City]:
    """A city whose desk shows the inbox, and waits for it longer than a machine stands still."""
    monkeypatch.setattr(app, "NotifyInbox", partial(NotifyInbox, within=10.0))
    async with in_memory() as city:
        await city.stop("notify", "desk")
        city.notify = {"notify_key": KEY}
        city.desk = {"notify_url": "http://notify", "notify_key": KEY}
        await city.start("notify", "desk")
        yield city


@asynccontextmanager
async def browsing(person: Person) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's browser, logged in at the desk."""
    client = person.city.client("desk")
    client.cookies.clear()
    assert (await client.post("/login", data={"token": token(person.id)})).status_code == 303
    yield client
    client.cookies.clear()


async def unread(client: httpx.AsyncClient) -> int | None:
    return (await client.get("/inbox/unread")).json()["unread"]  # type: ignore[no-any-return]


def texts(page: str) -> list[str]:
    return re.findall(r'<p class="text">([^<]*)</p>', page)


async def test_a_light_becomes_a_letter_that_its_officer_sees_at_the_desk_opens_and_has_read(city: City) -> None:
    issue = await city.report("hotline", category="drainage", text="下水道堵了，路面都是水。")
    await city.advance_to(local("2026-05-09 17:31"))
    async with browsing(city.officer(UNIT)) as client:
        assert await unread(client) == 3
        page = (await client.get("/inbox")).text
        told = [text.partition("（")[0] for text in texts(page)]
        assert told == [f"{what}{issue.receipt}" for what in ("红灯：", "黄灯：", "新交办")], "newest first"
        assert page.count(f"{issue.receipt} · 待签收") == 3
        form = re.findall(r'name="form" value="([^"]*)"', page)[0]
        newest = re.findall(r'action="(/inbox/[^"]*/read\?[^"]*)"', page)[0].replace("&amp;", "&")
        opened = await client.post(newest, data={"form": form}, follow_redirects=True)
        assert texts(opened.text)[0].startswith(f"红灯：{issue.receipt}（")
        assert issue.said["title"] in opened.text
        assert await unread(client) == 2

        await city.stop("notify")
        away = await client.get("/inbox")
        assert (away.status_code, INBOX["zh"]["away"] in away.text, await unread(client)) == (503, True, None)
        assert (await client.get("/board")).status_code == 200
        await city.start("notify")

        said = dict(re.findall(r'name="(form|until)" value="([^"]*)"', (await client.get("/inbox")).text))
        await client.post("/inbox/read", data=said)
        assert await unread(client) == 0
    async with browsing(city.head(UNIT)) as client:
        page = (await client.get("/inbox")).text
        assert page.count('class="panel letter new"') == 2, "what others read is read for them alone"
        order, red = texts(page)  # of yellow no head hears
        assert red.startswith(f"红灯：{issue.receipt}（")
        assert order.startswith("督办单已下达你单位")
        assert (await client.get(f"/inbox?box=user:{city.officer(UNIT).id}")).status_code == 404
    async with browsing(city.officer("tax")) as client:
        assert INBOX["zh"]["nothing"] in (await client.get("/inbox")).text


async def test_of_a_confidential_issue_a_letter_says_at_the_desk_no_more_than_elsewhere(city: City) -> None:
    issue = await city.report("hotline", category="drainage", secrecy="confidential", text="有人把污水倒进河里。")
    await city.person("reviewer").dispatch(issue, UNIT)
    category = city.pack.categories["drainage"].name("zh")
    async with browsing(city.officer(UNIT)) as client:
        [text] = texts((await client.get("/inbox")).text)
        assert text.startswith(f"新交办保密事项{issue.receipt}")
        assert category not in text
        assert "佛堂" not in text
