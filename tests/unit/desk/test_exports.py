"""Lists taken out as files: what is in them, what is not, and that it is on record."""

import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.desk.adapters.memory import memory_shelves
from sanfu.desk.entrypoints.sheets import HEADS, as_csv, as_xlsx
from sanfu.desk.exports import ROWS
from sanfu.runtime.spreadsheets import harmless
from tests.support.cases import MORNING, OFFICE, OFFICER, OTHER, Desk, Story, assigned, deadline, packs, submitted

FORMULAS = ("=1+1", "+86 138", "-1", "@SUM(A1)", "\tx", "＝1+1")


async def led(desk: Desk, subject: str, unit: str = "urban-management", **more: Any) -> None:
    story = Story(subject)
    told = (("intake", names.ISSUE_SUBMITTED, submitted(**more)), ("router", names.ISSUE_ASSIGNED, assigned(unit)))
    await desk.tell(story, *told)
    await desk.tell(story, ("sla", names.DEADLINE_SET, deadline(MORNING + timedelta(hours=5))))


async def table(desk: Desk, user: str = OFFICE, **query: Any) -> list[list[str]]:
    answer = await desk.get(user, "/v1/exports/cases.csv", **query)
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def test_a_list_is_taken_out_in_the_readers_language_and_local_time(desk: Desk) -> None:
    await led(desk, "i-1", title="路灯不亮")
    zh, en = await table(desk), await table(desk, lang="en")
    assert (tuple(zh[0]), tuple(en[0])) == (HEADS["zh"], HEADS["en"])
    line = dict(zip(*zh, strict=True))
    assert {name: line[name] for name in ("编号", "事项", "环节", "时限", "灯")} == {
        "编号": "YW-1", "事项": "路灯不亮", "环节": "待签收", "时限": "2026-05-06 14:00:00", "灯": "正常",
    }  # fmt: skip
    assert dict(zip(*en, strict=True))["Stage"] == "Assigned"


async def test_what_is_taken_out_is_what_the_list_shows_the_asker(desk: Desk) -> None:
    await led(desk, "i-1", receipt="YW-1")
    await led(desk, "i-2", "tax", receipt="YW-2", urgency="urgent")
    assert [line[0] for line in (await table(desk))[1:]] == ["YW-1", "YW-2"]
    assert [line[0] for line in (await table(desk, unit="tax"))[1:]] == ["YW-2"]
    assert [line[0] for line in (await table(desk, OTHER))[1:]] == ["YW-2"]
    assert (await desk.get(OFFICE, "/v1/exports/cases.csv", light="green")).status_code == 422


async def test_no_word_of_a_confidential_case_leaves_in_a_file(desk: Desk) -> None:
    await led(
        desk, "i-1", secrecy="confidential", title="拖欠工资", place={"town": "fotang", "address": "某厂"}, text=None
    )
    for form in ("csv", "xlsx"):
        answer = await desk.get(OFFICE, f"/v1/exports/cases.{form}")
        content = answer.content.decode("utf-8-sig") if form == "csv" else sheet(answer.content)
        assert "YW-1" in content
        assert "保密事项" in content
        assert "工资" not in content
        assert "某厂" not in content


@pytest.mark.parametrize("title", FORMULAS)
async def test_a_title_is_no_formula(desk: Desk, title: str) -> None:
    await led(desk, "i-1", title=title)
    assert (await table(desk))[1][1] == f"'{title}" == harmless(title)
    xml = sheet((await desk.get(OFFICE, "/v1/exports/cases.xlsx")).content)
    assert "<f>" not in xml
    assert 't="inlineStr"' in xml


async def test_who_took_what_is_on_record_and_an_auditor_lists_it(desk: Desk) -> None:
    await led(desk, "i-1")
    await table(desk, OFFICER, light="none")
    (record,) = await memory_shelves(desk.documents.others).exports.all()
    told = {name: record[name] for name in ("user", "form", "query", "rows")}
    assert told == {"user": OFFICER, "form": "csv", "query": {"light": "none", "sort": "due"}, "rows": 1}
    assert (await desk.get(OFFICER, "/v1/exports")).status_code == 403


async def test_a_list_of_several_pages_comes_whole_and_in_order(desk: Desk) -> None:
    await led(desk, "i-0")
    first = desk.documents.documents["i-0"]
    for number in range(1, ROWS + 5):
        desk.documents.documents[f"i-{number:05d}"] = {**first, "_id": f"i-{number:05d}", "receipt": f"N{number}"}
    lines = await table(desk)
    assert [line[0] for line in lines[1:]] == ["YW-1", *(f"N{number}" for number in range(1, ROWS + 5))]
    xml = sheet((await desk.get(OFFICE, "/v1/exports/cases.xlsx")).content)
    assert xml.count("<row ") == ROWS + 6


async def test_an_empty_list_is_a_table_without_rows(desk: Desk) -> None:
    assert await table(desk) == [list(HEADS["zh"])]
    assert "编号" in sheet((await desk.get(OFFICE, "/v1/exports/cases.xlsx")).content)


async def test_a_page_is_written_before_the_next_is_read(desk: Desk) -> None:
    await led(desk, "i-1")
    case, read = desk.documents.documents["i-1"], list[int]()

    async def pages() -> AsyncIterator[Sequence[dict[str, Any]]]:
        for number in range(3):
            read.append(number)
            yield [case] * 10

    stream = as_csv(pages(), packs().current, "zh")
    await anext(stream)
    assert read == []
    assert (await anext(stream)).count(b"\r\n") == 10
    assert read == [0]
    whole = b"".join([chunk async for chunk in as_xlsx(pages(), packs().current, "zh")])
    assert sheet(whole).count("<row ") == 31


def sheet(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return re.sub(r"&amp;", "&", book.read("xl/worksheets/sheet1.xml").decode())
