"""How far lists have come, and which copy of intake has them: written down alike in memory and in MongoDB."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from sanfu.intake.adapters.memory import MemoryRecords
from sanfu.intake.adapters.mongo import MongoRecords
from sanfu.intake.ports import Import, ImportLog
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.mongo import MongoDocuments, connect

BEGUN = "2026-03-02T01:00:00.000Z"
ONE = Import("import-1", "hotline", "calls.csv", False, "waiting", {}, [], 9, BEGUN, copy="a", alive=10.0)
BAD = {3: [{"field": "$.text", "problem": "missing", "expected": "a text", "column": ""}]}


@pytest.fixture(params=["memory", "mongo"])
async def log(request: pytest.FixtureRequest) -> AsyncIterator[ImportLog]:
    if request.param == "memory":
        yield MemoryRecords(MemoryDocuments())
        return
    prefix, client = request.getfixturevalue("prefix"), connect(request.getfixturevalue("mongo"))
    try:
        records = MongoRecords(MongoDocuments(client.get_database(f"{prefix}_intake"), "subjects"))
        await records.prepare()
        yield records
        await client.drop_database(f"{prefix}_intake")
    finally:
        client.close()


async def test_one_copy_begins_it_and_it_alone_writes_how_far_it_is(log: ImportLog) -> None:
    assert await log.begin(ONE, None)
    assert not await log.begin(replace(ONE, copy="b"), None), "another copy was faster"
    further = replace(ONE, state="running", rows=200, bad=1)
    assert await log.note(further, BAD)
    assert not await log.note(replace(further, copy="b", rows=400), {})
    assert await log.known("import-1") == further
    assert [line for line, _ in await log.bad_rows("import-1", 0, 9)] == [3]


async def test_another_copy_goes_on_with_what_nobody_has_touched_since_it_looked(log: ImportLog) -> None:
    await log.begin(ONE, None)
    await log.note(replace(ONE, rows=200), BAD)
    known = await log.known("import-1")
    assert known is not None
    await log.stay(["import-1", "import-2"], "b", 99.0)
    assert await log.known("import-1") == known, "it is not that copy's"
    await log.stay(["import-1"], "a", 30.0)
    assert not await log.begin(replace(known, copy="b"), known), "its copy lives"
    known = replace(known, alive=30.0)
    assert await log.begin(replace(known, copy="b"), known)
    assert not await log.begin(replace(known, copy="c"), known)
    assert not await log.note(known, {})
    assert len(await log.bad_rows("import-1", 0, 9)) == 1, "it goes on"


async def test_what_begins_anew_has_no_bad_rows_any_more(log: ImportLog) -> None:
    await log.begin(ONE, None)
    done = replace(ONE, state="done", rows=200, bad=1)
    await log.note(done, BAD)
    assert await log.begin(replace(ONE, copy="b"), done)
    assert await log.bad_rows("import-1", 0, 9) == []


async def test_an_import_from_before_copies_were_told_apart_goes_on(log: ImportLog) -> None:
    if not isinstance(log, MongoRecords):
        await log.begin(replace(ONE, copy="", alive=0.0, pack=""), None)
    else:
        old = {"channel": "hotline", "name": "x", "dry": False, "state": "running", "columns": {}, "ignored": [],
               "expected": 9, "begun_at": BEGUN, "rows": 200, "taken": 200, "repeated": 0, "bad": 0, "problem": None,
               "ended_at": None}  # fmt: skip
        await log._imports.insert_one({"_id": "import-1", **old})
    known = await log.known("import-1")
    assert known is not None
    assert await log.begin(replace(known, copy="b", alive=10.0), known)
