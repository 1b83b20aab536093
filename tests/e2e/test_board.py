"""The board in a real browser: live without a reload, whole without scripts, on a desktop and on a phone."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, async_playwright

from sanfu.contracts import names
from sanfu.runtime.serving import Server
from tests.support import cases
from tests.support.cases import LEADER, MORNING, Desk, Story, assigned, deadline, light, submitted, token


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def served() -> AsyncIterator[tuple[Desk, str]]:
    desk = cases.desk()
    server = Server(desk.service.app, "127.0.0.1", 0, stop_within=1)
    await server.start()
    await desk.service.start()
    yield desk, f"http://127.0.0.1:{server.port}"
    await server.stop()
    await desk.service.stop()
    await desk.client.aclose()


async def overdue(desk: Desk, subject: str) -> None:
    limit = MORNING - timedelta(hours=3)
    await desk.tell(
        Story(subject),
        ("intake", names.ISSUE_SUBMITTED, submitted(title=f"路灯不亮 {subject}", place={"town": "fotang"})),
        ("router", names.ISSUE_ASSIGNED, assigned()),
        ("sla", names.DEADLINE_SET, deadline(limit)),
        ("sla", names.LIGHT_CHANGED, light("red", limit)),
    )


async def enter(page: Page, at: str, lang: str) -> None:
    await page.goto(f"{at}/login?lang={lang}")
    await page.click("summary")
    await page.fill("#token", token(LEADER))
    await page.click("details button")
    await page.wait_for_selector(".cards")


@pytest.mark.parametrize(("lang", "width"), [("zh", 1280), ("en", 390)])
async def test_a_red_light_shows_without_a_reload(
    served: tuple[Desk, str], browser: Browser, lang: str, width: int
) -> None:
    desk, at = served
    page = await browser.new_page(viewport={"width": width, "height": 800})
    requests: list[str] = []
    violations: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: violations.append(message.text) if message.type == "error" else None)
    await enter(page, at, lang)
    await page.wait_for_selector(".live.on")
    assert await page.inner_text(".card.red .figure") == "0"
    loads = sum(url.endswith(f"/board?lang={lang}") for url in requests)
    await overdue(desk, "i-1")
    await page.wait_for_selector("tr.red .matter >> text=路灯不亮 i-1", timeout=15_000)
    assert await page.inner_text(".card.red .figure") == "1"
    assert sum(url.endswith(f"/board?lang={lang}") for url in requests) == loads
    assert all(url.startswith(at) for url in requests), "nothing is fetched from elsewhere"
    assert violations == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.context.close()


async def test_the_board_is_whole_without_scripts(served: tuple[Desk, str], browser: Browser) -> None:
    desk, at = served
    await overdue(desk, "i-1")
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await enter(page, at, "zh")
    assert await page.inner_text(".card.red .figure") == "1"
    assert "路灯不亮 i-1" in await page.inner_text("table")
    await context.close()
