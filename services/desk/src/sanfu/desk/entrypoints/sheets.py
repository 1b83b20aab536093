"""Cases as rows of a table: CSV that a spreadsheet opens as it is, and XLSX. Both are written as they are read."""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import moment
from sanfu.desk.domain.finding import READ
from sanfu.desk.entrypoints.views import brief
from sanfu.desk.entrypoints.words import LIGHTS, STATES, unit_name
from sanfu.desk.ports import Document
from sanfu.runtime.spreadsheets import BOM, harmless

Pages = AsyncIterable[Sequence[Document]]
Row = list[str]

HEADS: Final = {
    "zh": (
        "编号", "事项", "环节", "承办单位", "所在镇街", "渠道", "诉求类别", "事项类别", "紧急程度", "难度", "灯",
        "时限", "收到时间", "办理轮次", "销号时间", "销号类型", "按时", "诉求人未获告知",
    ),
    "en": (
        "Number", "Issue", "Stage", "Unit", "Town", "Channel", "Audience", "Category", "Urgency", "Grade", "Light",
        "Limit", "Received", "Round", "Closed", "Closed as", "In time", "Party not told",
    ),
}  # fmt: skip
SECRET: Final = {"zh": "保密事项", "en": "Confidential"}
CODES: Final[dict[str, dict[str, str]]] = {
    "zh": {
        "enterprise": "企业", "resident": "群众", "grassroots": "基层", "normal": "一般", "urgent": "紧急",
        "emergency": "危急", "simple": "简单", "complex": "复杂", "difficult": "疑难", "resolved": "已解决",
        "explained": "已解释", "planned": "列入计划", "other_route": "其他途径", "unverifiable": "无法核实",
        "withdrawn": "已撤回", "answered": "直接答复", "refused": "不予受理", "merged": "并案",
        "incomplete": "材料不全",
    },
    "en": {},
}  # fmt: skip
"""What stands for codes; English shows them as they are."""
YES_NO: Final = {"zh": ("否", "是"), "en": ("no", "yes")}
SHEET: Final = 1_048_575
"""Rows of one sheet below its head: the format's own limit."""
CHUNK: Final = 256 * 1024


async def as_csv(pages: Pages, pack: Pack, language: str) -> AsyncIterator[bytes]:
    """Write CSV in UTF-8 with a BOM, a chunk per page, off the loop."""
    yield (BOM + _lines([list(HEADS[language])])).encode()
    async for page in pages:
        if page:
            yield await asyncio.to_thread(lambda cases: _lines(_rows(cases, pack, language)).encode(), page)


async def as_xlsx(pages: Pages, pack: Pack, language: str) -> AsyncIterator[bytes]:
    """Write XLSX: rows go to a file as they come, off the loop, and the file is sent when it is whole."""
    with tempfile.TemporaryDirectory(prefix="sanfu-export-") as folder:
        file = Path(folder) / "cases.xlsx"
        book = _Book(file, language)
        async for page in pages:
            await asyncio.to_thread(lambda cases: book.add(_rows(cases, pack, language)), page)
        await asyncio.to_thread(book.close)
        with file.open("rb") as whole:
            while chunk := await asyncio.to_thread(whole.read, CHUNK):
                yield chunk


class _Book:
    """Every cell is a text: nothing is ever taken for a formula, a number or a link."""

    def __init__(self, file: Path, language: str) -> None:
        self._book = Workbook(str(file), {"constant_memory": True, "tmpdir": str(file.parent)})
        self._head, self._next = HEADS[language], 0
        self._sheet: Any = None

    def add(self, rows: Sequence[Row]) -> None:
        for one in rows:
            if self._sheet is None or self._next > SHEET:
                self._begin()
            self._write(one)

    def close(self) -> None:
        if self._sheet is None:
            self._begin()
        self._book.close()

    def _begin(self) -> None:
        self._sheet, self._next = self._book.add_worksheet(), 0
        self._sheet.freeze_panes(1, 0)
        self._write(self._head)

    def _write(self, cells: Sequence[str]) -> None:
        for column, cell in enumerate(cells):
            self._sheet.write_string(self._next, column, cell)
        self._next += 1


def row(case: Document, pack: Pack, language: str) -> Row:
    """Show a case as a line: names instead of codes, local times. Of a confidential one no word of what it is about."""
    line, zone = brief(case), ZoneInfo(pack.zone)
    category, channel = pack.categories.get(line["category"] or ""), pack.channels.get(line["channel"])
    named = {"zh": channel.name_zh, "en": channel.name_en} if channel else {}
    kinds = {"zh": category.name_zh, "en": category.name_en} if category else {}
    said = CODES[language]
    no, yes = YES_NO[language]
    return [
        line["receipt"], line["title"] if line["secrecy"] in READ else SECRET[language],
        STATES[language].get(line["state"], line["state"]), unit_name(pack, line["unit"], language),
        unit_name(pack, line["town"], language) if line["town"] else "",
        named.get(language, line["channel"]), said.get(line["audience"], line["audience"]),
        kinds.get(language, line["category"] or ""), said.get(line["urgency"], line["urgency"]),
        said.get(line["grade"] or "", line["grade"] or ""),
        LIGHTS[language][line["light"]], _local(line["limit"], zone), _local(line["submitted_at"], zone),
        str(line["round"]), _local(line["closed_at"], zone), said.get(line["closed_as"] or "", line["closed_as"] or ""),
        "" if line["in_time"] is None else yes if line["in_time"] else no, yes if line["party_untold"] else no,
    ]  # fmt: skip


def _rows(cases: Sequence[Document], pack: Pack, language: str) -> list[Row]:
    return [row(case, pack, language) for case in cases]


def _lines(rows: Sequence[Row]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([[harmless(cell) for cell in one] for one in rows])
    return out.getvalue()


def _local(at: str | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{moment(at).astimezone(zone):%Y-%m-%d %H:%M:%S}"
