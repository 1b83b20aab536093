"""The pages of lists in a real browser: a list is made from a file, and its entries are marked; axe finds nothing."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from sanfu.desk.entrypoints.list_form_words import FORMS
from sanfu.desk.entrypoints.list_words import STANDINGS
from tests.e2e.test_board import browser, enter, served
from tests.e2e.test_web_form import LOOKS, Sight
from tests.support.cases import Desk
from tests.support.sheets import as_csv
from tests.unit.desk.test_entry_files import HEAD, SITE

__all__ = ["browser", "served"]


@pytest.mark.parametrize(("lang", "width"), LOOKS)
async def test_a_list_is_made_from_a_file_and_gone_through_on_its_page(
    served: tuple[Desk, str], browser: Browser, tmp_path: Path, lang: str, width: int
) -> None:
    _, at = served
    words, file = FORMS[lang], tmp_path / "list.csv"
    context = await browser.new_context(viewport={"width": width, "height": 844})
    page = await context.new_page()
    sight = Sight(page, at)
    await enter(page, at, lang)
    await page.goto(f"{at}/lists?lang={lang}")
    await sight.is_sound()
    await page.click(f"text={words['new']}")
    await sight.is_sound()
    await page.check("input[name=kind][value=visit]")
    await page.fill("#title", "五月走访联系清单")
    file.write_bytes(as_csv(HEAD, SITE, ["3", "某处", "宫殿", "", "佛堂镇", "", "2026-05-09"]))
    await page.set_input_files("#file", file)
    await page.click(".fill button")
    assert words["line"].format(n=3) in await page.inner_text("[role=alert]")
    await sight.is_sound()
    file.write_bytes(as_csv(HEAD, SITE, [*SITE[:1], "某物流园", *SITE[2:]]))
    await page.set_input_files("#file", file)
    await page.click(".fill button")
    await page.wait_for_selector("[role=status]")
    await page.click(".entries details >> nth=0")
    await page.check(".entries details[open] input[value=visited]")
    await sight.is_sound()
    await page.click(".entries details[open] button")
    await page.wait_for_selector(f"[role=status] >> text={words['done']['marked']}")
    assert STANDINGS[lang]["visited"] in await page.inner_text(".entries > li >> nth=0")
    await sight.is_sound()
    await context.close()
