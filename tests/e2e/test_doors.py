"""The doors in a real browser: a password, the city's own login across sites, on a desktop and on a phone."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

from sanfu.desk.entrypoints.door_words import DOOR
from sanfu.runtime.serving import Server
from sanfu.stack.programs import free_port
from tests.support import cases
from tests.support.cases import ADMINISTRATOR, LEADER, Desk, as_user
from tests.support.identities import CLIENT, SECRET, Wanted, provider

NEW = "a long new password"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def served() -> AsyncIterator[tuple[Desk, str]]:
    """Give a desk whose city has a provider of its own, at another site."""
    port = free_port()
    at = f"http://127.0.0.1:{port}"
    with provider(Wanted(f"{at}/login/back")) as issuer:
        desk = cases.desk(oidc_issuer=issuer, oidc_client=CLIENT, oidc_secret=SECRET, oidc_redirect=f"{at}/login/back")
        server = Server(desk.service.app, "127.0.0.1", port, stop_within=1)
        await server.start()
        await desk.service.start()
        yield desk, at
        await server.stop()
        await desk.service.stop()
        await desk.client.aclose()


async def opened(browser: Browser, width: int) -> tuple[Page, list[str]]:
    page = await browser.new_page(viewport={"width": width, "height": 800})
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    return page, wrong


@pytest.mark.parametrize(("lang", "width"), [("zh", 1280), ("zh", 390), ("en", 1280), ("en", 390)])
async def test_a_first_password_is_changed_and_then_the_board_opens(
    served: tuple[Desk, str], browser: Browser, lang: str, width: int
) -> None:
    desk, at = served
    answer = await desk.client.post(f"/v1/users/{LEADER}/password", headers=as_user(ADMINISTRATOR))
    first = answer.json()["password"]
    page, wrong = await opened(browser, width)
    await page.goto(f"{at}/login?lang={lang}")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.fill("#account", LEADER)
    await page.fill("#password", first)
    await page.click("form:has(#password) button")
    await page.wait_for_selector(f"text={DOOR[lang]['first']}")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    for field, value in (("#old", first), ("#new", NEW), ("#again", NEW)):
        await page.fill(field, value)
    await page.click("form:has(#new) button")
    await page.wait_for_selector(f"text={DOOR[lang]['changed']}")
    await page.click(f"text={DOOR[lang]['back']}")
    await page.wait_for_selector(".cards")
    assert wrong == []
    await page.context.close()


async def test_the_citys_own_login_opens_the_board_though_it_is_another_site(
    served: tuple[Desk, str], browser: Browser
) -> None:
    desk, at = served
    said = {"subject": "he"}
    assert (
        await desk.client.patch(f"/v1/users/{LEADER}", json=said, headers=as_user(ADMINISTRATOR))
    ).status_code == 200
    page, _ = await opened(browser, 1280)
    await page.goto(f"{at}/login?lang=zh")
    await page.click(f"text={DOOR['zh']['provider']}")
    await page.wait_for_selector("input[name=login]")
    await page.fill("input[name=login]", "he")
    await page.fill("input[name=password]", "any")
    await page.click("button[type=submit]")
    await page.click("button[type=submit]")  # agrees that desk may know who it is
    await page.wait_for_url(f"{at}/board?lang=zh")
    await page.wait_for_selector(".live.on")
    cookies = {one["name"]: one for one in await page.context.cookies()}
    assert cookies["sanfu_desk"]["sameSite"] == "Strict"
    assert cookies["sanfu_desk"]["httpOnly"]
    assert "sanfu_desk_login" not in cookies
    await page.context.close()


async def test_after_too_many_tries_the_page_says_how_long_to_wait(served: tuple[Desk, str], browser: Browser) -> None:
    _, at = served
    page, _ = await opened(browser, 390)
    for _ in range(6):
        await page.goto(f"{at}/login?lang=zh")
        await page.fill("#account", LEADER)
        await page.fill("#password", "not the right one")
        await page.click("form:has(#password) button")
    said = await page.inner_text("#wrong")
    assert said.startswith("尝试次数过多，请在 "), said
    await page.context.close()
