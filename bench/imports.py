"""Lists: 100,000 rows of CSV and of XLSX into receipts, against reading the same file row by row and nothing else."""

import asyncio
import csv
import json
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import httpx
from xlsxwriter import Workbook

from bench.intake import KEY, _drop, _settings
from bench.parts import broker, place, reports
from bench.processes import answers, resident, service
from bench.result import Result, Target
from sanfu.runtime import sheets as tables
from sanfu.runtime.sealing import generate_keys
from tests.support.eventually import eventually

ROWS = 100_000
HEAD = ["工单编号", "来电时间", "诉求类型", "来电人", "联系电话", "所属镇街", "标题", "诉求内容", "来电性质"]
TARGETS = (
    Target("csv_seconds", most=120), Target("xlsx_seconds", most=120), Target("rss_mb", most=250),
    Target("lost", most=0),
)  # fmt: skip


async def run() -> Result:
    """Take both lists in, one after the other, with intake and its servers as they run anywhere."""
    with place() as bench, tempfile.TemporaryDirectory(prefix="sanfu-bench-") as scratch:
        folder = Path(scratch)
        (folder / "channels").write_text(json.dumps({"hotline": KEY}))
        generate_keys(folder / "keys")
        lists = {"csv": _csv(folder / "list.csv"), "xlsx": _xlsx(folder / "list.xlsx")}
        figures = {"rss_mb": 0.0, "lost": 0.0}
        async with broker(bench):
            with service("intake", bench, folder, **_settings(folder)) as (url, pid):
                await eventually(lambda: answers(f"{url}/health/ready"), within=60)
                figures["rss_before_mb"] = resident(pid)
                for name, path in lists.items():
                    seconds, peak, taken = await _taken(url, pid, path)
                    figures |= {f"{name}_seconds": seconds, f"{name}_rows_per_second": ROWS / seconds}
                    figures["rss_mb"] = max(figures["rss_mb"], peak)
                    figures["lost"] += ROWS - taken
        _drop(bench)
        floor = {f"reading_{name}_seconds": _read(path) for name, path in lists.items()}
    return Result("imports", figures, floor, floor["reading_xlsx_seconds"] / figures["xlsx_seconds"], TARGETS)


def _rows(numbers: str) -> Iterator[list[str]]:
    yield HEAD
    said = cycle([one for one in reports() if one["channel"] == "hotline"])
    audiences = {"enterprise": "企业", "resident": "群众", "grassroots": "基层"}
    for number, one in enumerate(islice(said, ROWS)):
        yield [
            f"{numbers}-{number}", one["reported_at"][:16].replace("T", " "), audiences[one["audience"]], "王小明",
            f"138000{number % 100_000:05d}", one["town"], one["text_title"], f"{one['text_body']} 第{number}件。",
            "投诉举报",
        ]  # fmt: skip


def _csv(path: Path) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(_rows("C"))
    return path


def _xlsx(path: Path) -> Path:
    """As Excel writes it: every text stands in the one table that a reader has to hold in memory."""
    with Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(_rows("X")):
            sheet.write_row(place, 0, row)
    return path


async def _taken(url: str, pid: int, path: Path) -> tuple[float, float, int]:
    """Send a list and wait for its end: seconds, the largest resident memory seen, reports taken."""
    headers, peak = {"X-Api-Key": KEY, "Content-Type": "application/octet-stream"}, 0.0
    began = time.perf_counter()
    async with httpx.AsyncClient(timeout=60) as client:
        one = (await client.post(f"{url}/v1/imports", content=path.read_bytes(), headers=headers)).json()  # noqa: ASYNC240
        while one["state"] in ("waiting", "running"):
            await asyncio.sleep(0.2)
            peak = max(peak, resident(pid))
            one = (await client.get(f"{url}/v1/imports/{one['id']}", headers=headers)).json()
    return time.perf_counter() - began, peak, one["taken"]


def _read(path: Path) -> float:
    began = time.perf_counter()
    assert sum(1 for _ in tables.rows(path)) == ROWS + 1
    return time.perf_counter() - began
