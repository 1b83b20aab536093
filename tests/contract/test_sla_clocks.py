"""sla's lists of clocks, on MongoDB and by looking at every document: one behaviour."""

import random
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.paging import Cursor, Page
from sanfu.runtime.store import Change
from sanfu.sla.adapters.memory import ScannedClocks
from sanfu.sla.adapters.mongo import MongoClocks
from sanfu.sla.domain.keeping import key
from sanfu.sla.ports import Clocks, Row, Wanted, place
from tests.support.examined import examined

KEPT = {"round": 1, "version": 2, "starts": "2026-05-01T01:00:00.000Z", "yellow": None}
"""What a document keeps of each deadline, beside what its list of running clocks says."""


def _kept(clock: Mapping[str, Any]) -> dict[str, Any]:
    return {**KEPT, "version": int(clock.get("about", ":2").rpartition(":")[2])}


def _changes() -> list[Change]:
    pick = random.Random(3)

    def clock(code: str) -> dict[str, Any]:
        limit = f"2026-05-0{pick.randint(1, 4)}T09:00:00.000Z"
        light, unit = pick.choice(["none", "yellow", "red"]), pick.choice(["tax", "police"])
        return {"clock": code, "unit": unit, "light": light, "limit": limit, "unknown_year": None}

    codes = ("handling", "unit_handling", "acknowledge")
    opened = [[clock(code) for code in codes[: pick.randint(0, 3)]] for _ in range(60)]
    opened[3] += [clock("assist") | {"about": f"assist:{number}"} for number in (1, 2)]
    opened[7] = [clock("handling") | {"unknown_year": 2041}]
    return [
        Change(
            f"i-{n}", 0, {"ver": 1, "p": n % 4, "open": one, "clocks": {key(each): _kept(each) for each in one}}, (), ()
        )
        for n, one in enumerate(opened)
    ]


CHANGES = _changes()
ROWS = sorted(
    (
        {"issue": change.id, "about": None, "resting": False, **_kept(one), **one}
        for change in CHANGES
        for one in change.sets["open"]
    ),
    key=place,
)


@pytest.fixture(params=["memory", "mongo"])
async def clocks(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[Clocks]:
    if request.param == "memory":
        documents = MemoryDocuments()
        assert await documents.write(CHANGES)
        yield ScannedClocks(documents, lambda: 4)
        return
    client = connect(request.getfixturevalue("mongo"))
    store = MongoDocuments(client[prefix], "subjects")
    assert await store.write(CHANGES)
    found = MongoClocks(store.collection)
    await found.prepare()
    yield found
    await client.drop_database(prefix)
    client.close()


async def _all(clocks: Clocks, wanted: Wanted, limit: int) -> list[Row]:
    found: list[Row] = []
    after: Cursor | None = None
    while True:
        rows = await clocks.page(wanted, Page(limit, after))
        found += rows[:limit]
        if len(rows) <= limit:
            return found
        after = Cursor(*place(rows[limit - 1]))


@pytest.mark.parametrize(
    "wanted",
    [Wanted(), Wanted(light="red"), Wanted(unit="tax"), Wanted("red", "tax"), Wanted("yellow", "police", "handling")],
    ids=str,
)
@pytest.mark.parametrize("limit", [3, 200])
async def test_every_clock_asked_for_comes_once_in_order_of_its_limit(
    clocks: Clocks, wanted: Wanted, limit: int
) -> None:
    asked = wanted.conditions().items()
    assert await _all(clocks, wanted, limit) == [row for row in ROWS if all(row[k] == v for k, v in asked)]


async def test_issues_without_a_calendar_are_counted(clocks: Clocks) -> None:
    assert await clocks.without_calendar() == 1


async def test_a_list_of_all_that_run_reads_nothing_of_what_has_stopped(mongo: str, prefix: str) -> None:
    client = connect(mongo)
    store = MongoDocuments(client[prefix], "subjects")
    try:
        stopped = [Change(f"o-{n}", 0, {"ver": 1, "p": 0, "open": [], "clocks": {}}) for n in range(2000)]
        assert await store.write([*CHANGES, *stopped])
        found = MongoClocks(store.collection)
        await found.prepare()
        for wanted in (Wanted(), Wanted(clock="handling")):
            assert await examined(client[prefix], found.page(wanted, Page(3, None))) <= len(ROWS)
    finally:
        await client.drop_database(prefix)
        client.close()
