"""A list comes in row by row: by its own headers, each report once, every bad row told with what would be right."""

import asyncio
import tempfile
import zipfile
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from sanfu.intake.adapters.memory import MemoryRecords
from sanfu.intake.domain.lists import Reader
from sanfu.intake.entrypoints.imports import plain
from sanfu.intake.handlers.imports import Imports
from sanfu.intake.handlers.submissions import Received, Sender, Submissions
from sanfu.runtime import sheets as tables
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.sheets import NotATable
from tests.support.eventually import eventually
from tests.support.sheets import as_csv, as_xlsx
from tests.unit.intake.world import HOTLINE, NOW, World, pack, running

HEAD = [
    "工单编号",
    "来电时间",
    "诉求类型",
    "来电人",
    "联系电话",
    "所属镇街",
    "标题",
    "诉求内容",
    "类别",
    "来电性质",
    "备注",
]
GOOD = ["T-1", "2026/2/27 9:05", "群众", "王小明", "13800000001", "佛堂镇", "路灯不亮", "寺前街的路灯坏了。",
        "road-lamp", "投诉举报", "无"]  # fmt: skip
CSV = {"content-type": "text/csv"}
XLSX = {"content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
VISIT = {"X-Api-Key": "visit-key-visit-key-visit-key-visit-key"}


def with_(**cells: str) -> list[str]:
    return [cells.get(header, cell) for header, cell in zip(HEAD, GOOD, strict=True)]


async def sent(world: World, content: bytes, more: str = "", **headers: str) -> dict[str, Any]:
    """Send a list and wait until it is done with."""
    answer = await world.client.post(f"/v1/imports?{more}", content=content, headers=HOTLINE | CSV | headers)
    assert answer.status_code == 202, answer.text
    url, found = f"/v1/imports/{answer.json()['id']}", dict[str, Any]()

    async def ended() -> bool:
        found.update((await world.client.get(url, headers=HOTLINE)).json())
        return found["state"] in ("done", "failed")

    await eventually(ended)
    return found


async def bad(world: World, one: dict[str, Any]) -> list[tuple[int, str, str]]:
    rows = (await world.client.get(one["bad_rows"], headers=HOTLINE)).json()["items"]
    return [(row["line"], error["field"], error["column"]) for row in rows for error in row["errors"]]


@pytest.mark.parametrize(
    "content",
    [
        as_csv(["热线工单月报"], [], HEAD, GOOD, with_(工单编号="T-2")),
        as_csv(HEAD, GOOD, with_(工单编号="T-2"), encoding="gb18030"),
        as_xlsx(["热线工单月报"], [], HEAD, GOOD, with_(工单编号="T-2")),
    ],
    ids=["csv with a name above", "csv of a Chinese Excel", "xlsx"],
)
async def test_a_list_with_its_own_headers_becomes_reports_with_a_receipt_each(world: World, content: bytes) -> None:
    done = await sent(world, content, "name=calls.csv")
    assert (done["taken"], done["bad"], done["ignored"], done["name"]) == (2, 0, ["备注"], "calls.csv")
    assert done["columns"]["来电时间"] == "reported_at"
    first, _ = await world.told()
    assert (first["external_id"], first["reported_at"]) == ("T-1", "2026-02-27T01:05:00.000Z")
    assert (first["audience"], first["place"]["town"], first["category"]) == ("resident", "fotang", "road-lamp")
    assert first["answers"] == {"call_kind": "complaint"}
    assert "王小明" not in str(await world.told())
    assert len(await world.contacts()) == 2


async def test_a_list_says_in_a_column_what_map_its_points_are_of(world: World) -> None:
    head, row = [*HEAD, "经度", "纬度", "坐标系"], [*GOOD, "120.0351644", "29.2083658", "BD-09"]
    done = await sent(world, as_csv(head, row))
    assert (done["taken"], done["bad"]) == (1, 0)
    (told,) = await world.told()
    assert (round(told["place"]["lon"], 4), round(told["place"]["lat"], 4)) == (120.024, 29.205)


async def test_a_workbooks_own_dates_and_numbers_are_read_as_what_they_show(world: World) -> None:
    row: list[Any] = [*GOOD]
    row[1], row[4] = datetime(2026, 2, 27, 9, 5), 13800000001  # noqa: DTZ001 (a workbook has no zones)
    assert (await sent(world, as_xlsx(HEAD, row)))["taken"] == 1
    (told,) = await world.told()
    assert told["reported_at"] == "2026-02-27T01:05:00.000Z"


async def test_a_dry_run_tells_every_bad_row_and_takes_nothing(world: World) -> None:
    rows = [
        GOOD,
        with_(来电时间="上周三"),
        with_(所属镇街="蓬莱镇", 来电性质="闲聊"),
        with_(诉求内容=""),
        [],
        with_(联系电话="打不通"),
        with_(工单编号="T-7", 来电时间="2027-01-01"),
        with_(工单编号="T-8", 来电时间="0001-01-01"),
    ]
    tried = await sent(world, as_csv(HEAD, *rows), "dry_run=true")
    assert (tried["dry_run"], tried["rows"], tried["taken"], tried["bad"]) == (True, 8, 1, 6)
    assert await bad(world, tried) == [
        (3, "$.reported_at", "来电时间"),
        (4, "$.place.town", "所属镇街"),
        (4, "$.answers.call_kind", "来电性质"),
        (5, "$.text", "诉求内容"),
        (7, "$.party.phone", "联系电话"),
        (8, "$.reported_at", "来电时间"),
        (9, "$.reported_at", "来电时间"),
    ]
    assert not (await world.told()) and not world.documents.documents
    assert "打不通" not in (await world.client.get(tried["bad_rows"], headers=HOTLINE)).text, "no cell is repeated"


async def test_the_same_list_again_and_a_mended_one_make_no_report_twice(world: World) -> None:
    unnumbered = [with_(工单编号="", 标题=title) for title in ("路灯不亮", "井盖缺失")]
    broken = as_csv(HEAD, *unnumbered, with_(工单编号="", 标题="积水", 来电时间="上周三"))
    first = await sent(world, broken)
    assert (first["taken"], first["bad"]) == (2, 1)
    assert (await sent(world, broken))["id"] == first["id"]
    mended = as_csv(HEAD, with_(工单编号="", 标题="积水"), *unnumbered)
    again = await sent(world, mended)
    assert (again["taken"], again["repeated"], again["bad"]) == (1, 2, 0)
    assert len(await world.told()) == 3


@dataclass
class Taking:
    """Stands for `Submissions`: notes what it is given, and at one report the process is lost."""

    lost_at: int
    got: list[str] = field(default_factory=list)

    async def submit(self, report: Any, sender: Sender, key: str | None, prefix: str = "") -> Received:
        if len(self.got) == self.lost_at:
            raise asyncio.CancelledError
        self.got.append(report["external_id"])
        return Received("i", {}, repeated=False)


def _over(work: "asyncio.Future[Any]", imports: Imports) -> bool:
    return work.done() or not imports.waiting


async def test_a_list_whose_process_was_lost_goes_on_where_it_was_noted() -> None:
    content = as_csv(["月报"], HEAD, *(with_(工单编号=f"T-{number}") for number in range(500)))
    log, sender = MemoryRecords(MemoryDocuments()), Sender("hotline", keyed=True)
    got = list[str]()
    for lost_at in (450, -1):
        file = tempfile.TemporaryFile()  # noqa: SIM115 (imports close it)
        file.write(content)
        file.flush()
        taking = Taking(lost_at)
        imports = Imports(log, cast("Submissions", taking), tables, ManualClock(NOW), plain)
        one = await imports.begin(pack(), file, "", sender, dry=False)
        work = asyncio.ensure_future(imports.work())
        await eventually(partial(_over, work, imports))
        work.cancel()
        file.close()
        got += taking.got
    ended = await log.known(one.id)
    assert ended is not None
    assert (ended.state, ended.rows, ended.taken) == ("done", 500, 500)
    assert got[450:] == [f"T-{number}" for number in range(400, 500)], "the batch that was not noted comes again"


async def test_a_list_that_nobody_foresaw_fails_by_itself_and_the_next_one_is_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Reader, "report", lambda *_: 1 / 0)
        failed = await sent(world, as_csv(HEAD, GOOD))
    assert (failed["state"], failed["taken"]) == ("failed", 0)
    assert "ExceptionGroup" in failed["problem"], failed
    assert (await sent(world, as_csv(HEAD, GOOD)))["taken"] == 1


async def test_a_formula_is_the_text_that_was_written(world: World) -> None:
    hostile = '=HYPERLINK("http://evil.example","点我")'
    assert (await sent(world, as_xlsx(HEAD, with_(标题=hostile)), **XLSX))["taken"] == 1
    (told,) = await world.told()
    assert told["title"] == hostile


async def test_a_list_is_its_channels_own(world: World) -> None:
    done = await sent(world, as_csv(HEAD, GOOD))
    for path in (f"/v1/imports/{done['id']}", done["bad_rows"]):
        assert (await world.client.get(path, headers=VISIT)).status_code == 404
        assert (await world.client.get(path)).status_code == 401
    assert (await world.client.post("/v1/imports", content=b"x", headers=CSV)).status_code == 401


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (as_csv(["a", "b"], ["1", "2"]), 422),
        (b"\x00\x01\x02\x03" * 100, 422),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, 422),
        (b"PK\x03\x04" + b"x" * 100, 422),
        (as_xlsx(["a"], ["b"])[:-40], 422),
    ],
    ids=["nothing", "no known header", "binary", "old Excel", "broken archive", "cut off"],
)
async def test_what_is_no_list_is_refused_at_once_and_leaves_nothing(
    world: World, content: bytes, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    answer = await world.client.post("/v1/imports", content=content, headers=HOTLINE | CSV)
    assert (answer.status_code, answer.json()["errors"][0]["problem"]) == (status, "not_a_list")
    assert [*tmp_path.iterdir()] == []  # noqa: ASYNC240


async def test_another_kind_of_file_is_a_415(world: World) -> None:
    headers = HOTLINE | {"content-type": "application/pdf"}
    assert (await world.client.post("/v1/imports", content=b"%PDF", headers=headers)).status_code == 415


def zipped(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return path


def test_a_zip_bomb_is_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "bomb.xlsx", xl__worksheets__sheet1=b" " * (32 * 1024 * 1024))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(NotATable, match="too large"):
        next(tables.rows(bomb))


def test_an_entity_that_grows_is_no_list(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(as_xlsx(HEAD, GOOD))
    lines = [b'<!ENTITY e0 "' + b"x" * 1000 + b'">']
    lines += [b'<!ENTITY e%d "' % n + b"&e%d;" % (n - 1) * 20 + b'">' for n in range(1, 8)]
    sheet = (
        b'<?xml version="1.0"?><!DOCTYPE w [' + b"".join(lines) + b"]>"
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        b'<c r="A1" t="inlineStr"><is><t>&e7;</t></is></c></row></sheetData></worksheet>'
    )
    changed = tmp_path / "laughs.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else old.read(name))
    with pytest.raises(NotATable):
        list(tables.rows(changed))


def test_a_list_is_never_too_long_or_too_wide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    path = tmp_path / "long.csv"
    path.write_bytes(as_csv(HEAD, GOOD, GOOD, GOOD))
    with pytest.raises(NotATable, match="at most 3 rows"):
        list(tables.rows(path))
    path.write_bytes(as_csv(["x"] * 101))
    with pytest.raises(NotATable, match="columns"):
        list(tables.rows(path))


def test_every_column_that_a_form_names_finds_its_field() -> None:
    for channel, form in pack().forms.items():
        headers = ["内容", *form.columns, *(question.title["zh"] for question in form.questions.values())]
        reader = Reader.of(pack(), channel, [headers])
        assert reader is not None
        assert len(reader.head.fields) + len(reader.head.ignored) == len(headers)
        assert {f"answers.{code}" for code in form.questions} <= {*reader.head.names}


async def test_a_name_is_what_has_it_on_that_day_and_what_is_gone_names_its_successor(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lamp = pack().categories["road-lamp"]
    gone = replace(lamp, valid_to=NOW.date(), succeeded_by="street-works")
    heir = replace(lamp, code="street-works", valid_from=NOW.date(), name_en="Street works")
    now = replace(pack(), categories={**pack().categories, "road-lamp": gone, "street-works": heir})
    rows = ["road-lamp", lamp.name_zh, lamp.name_en, "Street works"]
    for day, read in (
        (NOW.date(), ["road-lamp", "street-works", "road-lamp", "street-works"]),
        (NOW.date() - timedelta(days=1), ["road-lamp", "road-lamp", "road-lamp", "street-works"]),
    ):
        reader = Reader.of(now, "hotline", [HEAD])
        assert reader is not None
        assert [reader.report(with_(类别=cell), day)[0]["category"] for cell in rows] == read
    monkeypatch.setattr("tests.unit.intake.world.pack", lambda: now)
    async with running() as later:
        done = await sent(later, as_csv(HEAD, *(with_(工单编号=str(n), 类别=cell) for n, cell in enumerate(rows))))
        assert (done["taken"], done["bad"]) == (2, 2)
        [first, _] = (await later.client.get(done["bad_rows"], headers=HOTLINE)).json()["items"]
        assert first["errors"] == [
            {"field": "$.category", "problem": "gone", "column": "类别",
             "expected": "street-works, which goes on in the place of road-lamp"}
        ]  # fmt: skip
