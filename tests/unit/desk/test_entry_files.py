"""Entries come as a file: by the headers that such lists have, whole or not at all, and nothing twice."""

import asyncio
import io
import zipfile
from typing import Any

import pytest

from sanfu.contracts import names
from tests.support.cases import LEADER, OFFICE, OTHER, Desk, as_user
from tests.support.sheets import as_csv, as_xlsx
from tests.unit.desk.test_lists import VISITS, opened, shown

HEAD = ["序号", "走访对象", "对象类型", "统一社会信用代码", "镇街", "走访目的", "走访期限"]
FIRM = ["1", "某饰品有限公司", "企业", "91330782MA28D0000R", "佛堂镇", "查找问题", "2026-05-08"]
SITE = ["2", "某学校项目", "项目", "", "佛堂镇", "宣讲政策", "2026年5月9日"]
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def send(desk: Desk, id: str, content: bytes, user: str = LEADER, kind: str = CSV, **asked: Any) -> Any:
    headers = {**as_user(user), "Content-Type": kind}
    answer = await desk.client.post(f"/v1/lists/{id}/entries", content=content, headers=headers, params=asked)
    await desk.service.line(names.AFFAIRS).commands.drain()
    return answer


def added(desk: Desk) -> list[Any]:
    return [data for type, data in desk.published(names.AFFAIRS) if type == names.ENTRIES_ADDED]


FILES = {
    "csv": (as_csv(["五月走访联系清单"], [], HEAD, SITE), CSV),
    "csv of a Chinese Excel": (as_csv(HEAD, SITE, encoding="gb18030"), CSV),
    "xlsx": (as_xlsx(["五月走访联系清单"], [], HEAD, [*SITE[:6], "2026-05-09 00:00:00"]), XLSX),
}


@pytest.mark.parametrize("name", FILES)
async def test_a_file_as_people_keep_it_becomes_entries(desk: Desk, name: str) -> None:
    id, (content, kind) = await opened(desk), FILES[name]
    answer = (await send(desk, id, content, kind=kind)).json()
    assert (answer["rows"], answer["added"], answer["repeated"], answer["bad"]) == (1, 1, 0, [])
    assert (answer["ignored"], answer["columns"]["走访期限"]) == (["序号"], "due")
    _, entry = (await shown(desk, id))["entries"]
    assert (entry["what"], entry["title"], entry["town"], entry["purpose"]) == (
        "project", "某学校项目", "fotang", "explain_policy",
    )  # fmt: skip
    assert entry["due"] == "2026-05-09T16:00:00.000Z"


async def test_a_bad_row_takes_nothing_and_every_one_is_told_by_line_and_column(desk: Desk) -> None:
    id = await opened(desk)
    rows = [
        SITE, ["3", "某处", "宫殿", "", "佛堂镇", "", "2026-05-09"], ["4", "某厂", "企业", "9133", "某镇", "", "明天"],
        ["5", "张三家", "困难党员群众", "FT-0417", "", "", "2026-05-09"],
        ["6", "某" * 101, "项目", "", "", "", "2026-05-01"],
        ["7", "甲厂", "企业", "913307820000000000", "", "", "2026-05-09"],
    ]  # fmt: skip
    content = as_csv(HEAD, *rows)
    tried = (await send(desk, id, content, dry_run=True)).json()
    refused = await send(desk, id, content)
    assert (refused.status_code, refused.json()["errors"]) == (422, tried["bad"])
    assert [(one["line"], one["column"], one["problem"]) for one in tried["bad"]] == [
        (3, "对象类型", "can_not_be_read"), (4, "镇街", "can_not_be_read"), (4, "走访期限", "can_not_be_read"),
        (5, "走访对象", "personal_data"), (6, "走访对象", "string_too_long"),
        (7, "统一社会信用代码", "not_a_credit_code"),
    ]  # fmt: skip
    assert "张三" not in str(tried), "no cell is repeated"
    assert "明天" not in str(tried)
    assert added(desk) == []


async def test_a_file_that_is_only_tried_adds_nothing(desk: Desk) -> None:
    id = await opened(desk)
    answer = (await send(desk, id, as_csv(HEAD, SITE), dry_run=True)).json()
    assert (answer["added"], answer["dry_run"], answer["version"]) == (1, True, None)
    assert added(desk) == []


async def test_the_same_file_twice_and_a_longer_one_put_nothing_there_twice(desk: Desk) -> None:
    id = await opened(desk)
    answers = [(await send(desk, id, as_csv(HEAD, *rows))).json() for rows in ([SITE], [SITE], [SITE, SITE, FIRM])]
    assert [(one["added"], one["repeated"]) for one in answers] == [(1, 0), (0, 1), (1, 2)]
    assert [len(one["entries"]) for one in added(desk)] == [1, 1]
    renamed = (await send(desk, id, as_csv(HEAD, [*FIRM[:1], "改名后的公司", *FIRM[2:]]))).json()
    assert (renamed["added"], renamed["repeated"]) == (0, 1), "what has a code is known by it"


async def test_what_no_column_says_is_said_for_all_rows(desk: Desk) -> None:
    id = await opened(desk)
    rows = as_csv(["企业名称", "所属镇街"], ["甲饰品厂", "佛堂镇"])
    assert [one["problem"] for one in (await send(desk, id, rows)).json()["errors"]] == ["unknown_code"]
    answer = await send(desk, id, rows, what="enterprise", due="2026-05-10")
    assert answer.json()["added"] == 1
    entry = (await shown(desk, id))["entries"][-1]
    assert (entry["what"], entry["due"]) == ("enterprise", "2026-05-10T16:00:00.000Z")


async def test_what_was_done_already_is_marked_in_the_same_write_by_the_holder_alone(desk: Desk) -> None:
    id = await opened(desk)
    done = as_csv([*HEAD, "走访日期", "走访情况"], [*SITE, "2026-05-05", "已宣讲。"])
    refused = await send(desk, id, done, OFFICE)
    assert refused.json()["errors"][0]["problem"] == "not_yours"
    assert (await send(desk, id, done)).json()["added"] == 1
    held = await shown(desk, id)
    assert [(one["result"], one["on"], one["text"]) for one in held["entries"]] == [
        (None, None, None), ("visited", "2026-05-05", "已宣讲。"),
    ]  # fmt: skip
    assert held["state"] == "open"


async def test_a_sheet_takes_themes_and_the_same_theme_on_another_day_is_another_entry(desk: Desk) -> None:
    sheet: dict[str, Any] = {"kind": "experience", "due": None, "entries": [{"theme": "c01-t02"}]}
    id = await opened(desk, holder=OTHER, **sheet)
    head, row = ["体验主题", "镇街", "体验日期"], ["c01-t01", "佛堂镇", "2026-05-05"]
    rows = as_csv(head, row, [*row[:2], "2026-05-04"])
    first, again = [(await send(desk, id, rows, OTHER)).json() for _ in range(2)]
    assert ((first["added"], first["repeated"]), (again["added"], again["repeated"])) == ((2, 0), (0, 2))


async def test_a_formula_is_the_text_that_was_written_and_a_number_of_a_person_is_masked(desk: Desk) -> None:
    id = await opened(desk)
    formula = '=HYPERLINK("http://x.example","y")'
    content = as_xlsx(HEAD, ["1", formula, *SITE[2:]], ["2", "项目部 13912345678", *SITE[2:]])
    assert (await send(desk, id, content, kind=XLSX)).json()["added"] == 2
    titles = [one["title"] for one in (await shown(desk, id))["entries"]]
    assert titles[1] == formula
    assert "13912345678" not in str(titles)
    assert (await send(desk, id, content, kind=XLSX)).json()["repeated"] == 2, "by what is kept of it"


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (64 * 1024 * 1024))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (bomb(), XLSX, 422),
        (b"PK\x03\x04 broken", XLSX, 422),
        (b"\xd0\xcf\x11\xe0", XLSX, 422),
        (b"", CSV, 422),
        (as_csv(["甲", "乙"], ["1", "2"]), CSV, 422),
        (as_csv(HEAD, *[SITE] * 1001), CSV, 422),
        (as_csv(HEAD, *[[str(n), f"项目{n}", *SITE[2:]] for n in range(100)]), CSV, 422),
        (b"x" * (1024 * 1024 + 1), CSV, 413),
        (b"{}", "application/json", 415),
    ],
    ids=["bomb", "broken", "old excel", "empty", "no head", "long", "too many entries", "large", "json"],
)
async def test_what_is_no_list_is_refused_and_adds_nothing(desk: Desk, content: bytes, kind: str, status: int) -> None:
    id = await opened(desk)
    assert (await send(desk, id, content, kind=kind)).status_code == status
    assert added(desk) == []


async def test_who_may_not_add_is_told_so_whatever_the_file_says(desk: Desk) -> None:
    id = await opened(desk)
    assert (await send(desk, id, as_csv(HEAD, SITE), OTHER)).status_code == 404
    await desk.make(LEADER, f"/v1/lists/{id}/end", {"reason": "另行安排"})
    for dry in (False, True):
        assert (await send(desk, id, as_csv(HEAD, SITE), dry_run=dry)).status_code == 409


async def test_two_files_at_once_put_what_both_say_there_once(desk: Desk) -> None:
    id = await opened(desk)
    rows = [as_csv(HEAD, SITE, FIRM), as_csv(HEAD, FIRM, SITE)]
    answers = await asyncio.gather(*(send(desk, id, one, who) for one, who in zip(rows, (LEADER, OFFICE), strict=True)))
    assert sorted(one.json()["added"] for one in answers) == [0, 2]
    assert len((await shown(desk, id))["entries"]) == len(VISITS["entries"]) + 2
