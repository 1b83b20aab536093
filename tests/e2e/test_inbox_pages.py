"""The pages of an inbox in a real browser: the number in the frame, opening, marking: axe finds nothing."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from sanfu.contracts import names
from sanfu.desk.entrypoints.inbox_words import INBOX
from sanfu.runtime.serving import Server
from tests.e2e.test_board import browser, enter
from tests.e2e.test_web_form import LOOKS, Sight
from tests.support.cases import LEADER, Desk, Story, assigned, submitted
from tests.unit.desk.test_inbox import Notify, answering, letter

__all__ = ["browser"]


@pytest.fixture
async def served() -> AsyncIterator[tuple[Desk, str, Notify]]:
    notify = Notify([letter("d2", 1), letter("d1", read="2026-05-06T01:00:00.000Z", subject="红灯：YW-1")])
    desk = answering(notify)
    server = Server(desk.service.app, "127.0.0.1", 0, stop_within=1)
    await server.start()
    await desk.service.start()
    yield desk, f"http://127.0.0.1:{server.port}", notify
    await server.stop()
    await desk.service.stop()
    await desk.client.aclose()


@pytest.mark.parametrize(("lang", "width"), LOOKS)
async def test_a_message_is_found_by_the_frames_number_opened_and_marked(
    served: tuple[Desk, str, Notify], browser: Browser, lang: str, width: int
) -> None:
    desk, at, notify = served
    await desk.tell(
        Story("i-1"), ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.ISSUE_ASSIGNED, assigned())
    )
    context = await browser.new_context(viewport={"width": width, "height": 844})
    page = await context.new_page()
    sight, words = Sight(page, at), INBOX[lang]
    await enter(page, at, lang)
    await page.wait_for_selector(".bell .unread:visible >> text=7")
    await sight.is_sound()
    await page.click(".bell")
    assert await page.locator(".letter.new").count() == 1
    await sight.is_sound()
    await page.click(".letter.new button")
    await page.wait_for_selector("#issue")
    await sight.is_sound()
    await page.click(".ways a")
    await page.click(".read-all button")
    await page.wait_for_selector(f"[role=status] >> text={words['done']}")
    assert notify.marked == ["/v1/inbox/d2/read", "/v1/inbox/read"]
    assert {query["of"] for method, _, query in notify.asked if method == "POST"} == {f"user:{LEADER}"}
    notify.fails = 500
    await page.reload()
    assert words["away"] in await page.inner_text("main")
    await sight.is_sound()
    await page.goto(f"{at}/lists?lang={lang}")
    await page.wait_for_selector(".bell .unread", state="hidden")
    await sight.is_sound()
    await context.close()
