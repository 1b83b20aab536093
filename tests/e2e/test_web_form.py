"""The public form in a real browser: with scripts and without, in both languages, on a phone and on a desktop; axe
finds nothing, and nothing is asked of anybody else."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from sanfu.intake.domain.hints import hints
from sanfu.intake.entrypoints.form_words import FORM
from sanfu.runtime.serving import Server
from tests.support.files import photo
from tests.unit.intake.world import CITY, NOW, World, pack, running

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [(lang, width) for lang in ("zh", "en") for width in (390, 1280)]
LAMP = {"town": "fotang", "address": "寺前街58号", "lon": 120.0243, "lat": 29.2053}
SEND = "#report > button"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def served() -> AsyncIterator[tuple[World, str]]:
    async with running() as world:
        server = Server(world.service.app, "127.0.0.1", 0, stop_within=1)
        await server.start()
        yield world, f"http://127.0.0.1:{server.port}"
        await server.stop()


class Sight:
    """A page, and what went wrong with it meanwhile."""

    def __init__(self, page: Page, at: str) -> None:
        self.page, self.at = page, at
        self.asked: list[str] = []
        self.wrong: list[str] = []
        page.set_default_timeout(15_000)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda said: self.wrong.append(said.text) if "Content Security" in said.text else None)

    async def is_sound(self) -> None:
        """Nothing for axe to find, nothing wider than the screen, nothing from elsewhere, no error."""
        found = await Axe().run(self.page, options={"runOnly": LEVELS})
        assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []
        width = self.page.viewport_size["width"]  # type: ignore[index]
        assert await self.page.evaluate("document.documentElement.scrollWidth") <= width
        assert all(url.startswith(self.at) for url in self.asked)
        assert self.wrong == []


async def opened(browser: Browser, at: str, width: int, *, scripts: bool = True, **more: Any) -> Sight:
    """Open a page. Without scripts the page's own is held back: axe is one, too, and would wait for ever."""
    context = await browser.new_context(viewport={"width": width, "height": 844}, **more)
    page = await context.new_page()
    if not scripts:
        await page.route("**/form.js", lambda route: route.abort())
    return Sight(page, at)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
@pytest.mark.parametrize(("lang", "width"), LOOKS)
async def test_every_page_on_the_way_to_a_receipt_is_sound(
    served: tuple[World, str], browser: Browser, lang: str, width: int, scripts: bool
) -> None:
    world, at = served
    await world.taken_up(place=LAMP, title="寺前街路灯不亮")
    sight = await opened(browser, at, width, scripts=scripts)
    page, words = sight.page, FORM[lang]
    await page.goto(f"{at}/report?lang={lang}")
    await sight.is_sound()
    await page.fill("#text", "寺前街路灯坏了三天")
    await page.set_input_files("#files", {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    await page.click(SEND)
    await page.wait_for_selector("#phone-fault")
    assert await page.inner_text("#phone-fault") == words["wrong"]["contact"]
    assert await page.input_value("#text") == "寺前街路灯坏了三天"
    await sight.is_sound()
    await page.check("#anonymous")
    assert await page.is_visible(".price")
    assert not await page.is_visible("#phone")
    await page.select_option("#category", "road-lamp")
    await page.select_option("#town", "fotang")
    await page.fill("#address", "寺前街60号")
    await page.press("#address", "Tab")
    if not scripts:
        await page.click(SEND)
    await page.wait_for_selector("#near section")
    await sight.is_sound()
    await page.check("#near [name=joins]:not([value=''])")
    await page.click(SEND)
    await page.wait_for_selector(".qr svg")
    await sight.is_sound()
    told = next(one for one in await world.told() if one.get("joins"))
    assert await page.inner_text(".big >> nth=0") == told["receipt"]
    assert len(told["attachments"]) == 1, "the photo of before"
    await page.goto(f"{at}/receipt?lang={lang}&number=12")
    await sight.is_sound()
    await page.context.close()


async def test_the_form_is_whole_in_a_browser_that_runs_no_scripts(served: tuple[World, str], browser: Browser) -> None:
    world, at = served
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = await context.new_page()
    await page.goto(f"{at}/report?lang=zh")
    await page.fill("#text", "厨房煤气味很重")
    await page.fill("#phone", "13800000001")
    await page.click(SEND)
    await page.wait_for_selector(".qr svg")
    assert "110、119、120" in await page.inner_text("[role=alert]")
    (told,) = await world.told()
    assert told["urgency"] == "emergency"
    await context.close()


@pytest.mark.parametrize(("lang", "width"), [("zh", 390), ("en", 1280)])
async def test_danger_is_warned_of_and_categories_are_suggested_while_one_writes_and_nothing_of_it_is_sent(
    served: tuple[World, str], browser: Browser, lang: str, width: int
) -> None:
    _, at = served
    sight = await opened(browser, at, width)
    page = sight.page
    await page.goto(f"{at}/report?lang={lang}")
    await page.wait_for_selector("[data-words=read]")
    before = len(sight.asked)
    await page.fill("#text", "楼道里有很重的煤气味")
    await page.wait_for_selector("#danger .danger")
    assert "110" in await page.inner_text("#danger")
    await sight.is_sound()
    await page.fill("#text", "路口的路灯坏了")
    await page.wait_for_selector("#danger:empty", state="attached")
    await sight.is_sound()
    await page.select_option("#category", "food-poisoning")
    await page.wait_for_selector("#danger .danger")
    await page.select_option("#category", "")
    await page.wait_for_selector("#danger:empty", state="attached")
    name = pack().categories["road-lamp"].name(lang)
    await page.click(f"#hints >> text={name}")
    assert await page.input_value("#category") == "road-lamp"
    assert [url for url in sight.asked[before:] if "/near" not in url] == []
    await page.context.close()


async def test_the_browser_warns_of_what_the_server_would_call_an_emergency_and_suggests_the_same(
    served: tuple[World, str], browser: Browser
) -> None:
    _, at = served
    lines = (CITY / "reports.jsonl").read_bytes().splitlines()[::3]
    texts = [orjson.loads(line)["text_body"] for line in lines] + ["SPARKS!", "sparkss", "Smell of GAS", "a live  wire"]
    page = (await opened(browser, at, 390)).page
    await page.goto(f"{at}/report?lang=zh")
    await page.wait_for_selector("[data-words=read]")
    found = await page.evaluate(
        """async (texts) => {
          const words = await (await fetch("/report/words?lang=zh")).json();
          const codes = (text) => suggested(text, words.categories).map((one) => one[1]);
          return texts.map((text) => [dangerous(text, words.danger), codes(text)]);
        }""",
        texts,
    )
    recall = pack().urgency_words["emergency"]
    expected = [
        [recall.first(text) is not None, [one.code for one in hints(pack(), text, NOW.date())]] for text in texts
    ]
    assert found == expected
    assert 2 < sum(danger for danger, _ in found) < len(texts), "some, and not all"
    await page.context.close()


async def test_the_point_is_set_by_where_one_is_by_keys_and_by_a_tap(
    served: tuple[World, str], browser: Browser
) -> None:
    world, at = served
    await world.taken_up(place=LAMP, title="寺前街路灯不亮")
    here = {"longitude": 120.0245, "latitude": 29.2052, "accuracy": 12}
    sight = await opened(browser, at, 390, permissions=["geolocation"], geolocation=here)
    page = sight.page
    await page.goto(f"{at}/report?lang=zh")
    await page.click("#locate")
    await page.wait_for_selector("#near >> text=寺前街路灯不亮")
    assert (await page.input_value("#lon"), await page.input_value("#lat")) == ("120.02450", "29.20520")
    assert "12 米" in await page.inner_text("#located")
    await page.focus("#map svg")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowUp")
    assert float(await page.input_value("#lon")) == pytest.approx(120.0250, abs=0.0002)
    assert float(await page.input_value("#lat")) > 29.2052
    await page.keyboard.press("+")
    box = await page.locator("#map svg").bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert float(await page.input_value("#lon")) == pytest.approx(120.0250, abs=0.0004), "the middle is where it was"
    await sight.is_sound()
    await page.context.close()
    away = await opened(
        browser, at, 390, permissions=["geolocation"], geolocation={"longitude": 116.4, "latitude": 39.9}
    )
    await away.page.goto(f"{at}/report?lang=zh")
    await away.page.click("#locate")
    await away.page.wait_for_selector("#located >> text=不在本市")
    assert await away.page.input_value("#lon") == ""
    await away.page.context.close()
