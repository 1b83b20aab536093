"""Lists of orders, meetings, tasks and lists, in memory and on MongoDB."""

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sanfu.desk.adapters.memory_affairs import MemoryAffairs
from sanfu.desk.adapters.mongo_affairs import MongoAffairs
from sanfu.desk.domain.scope import Clause, covering
from sanfu.desk.ports import AffairsLists, AffairsWanted
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.paging import Cursor, Page
from tests.support.examined import examined

UNITS, KINDS = ("tax", "police", "fotang"), ("order", "meeting", "task", "list")
HOLDERS = ("city-leader", "tax-officer")
WHOLE = (Clause("supervisor", None, None, None, None, frozenset({"open", "internal"})),)
OFFICER = (Clause("officer", frozenset({"tax"}), None, None, None, frozenset({"internal"})),)
GROUP = (Clause("reviewer", None, None, frozenset({"resident"}), None, frozenset({"internal"})),)


def some(seed: int, count: int) -> dict[str, dict[str, Any]]:
    pick = random.Random(seed)
    found = {}
    for number in range(count):
        what = pick.choice(KINDS)
        id, open = f"{what}-{number}", pick.random() < 0.7
        found[id] = {
            "_id": id, "ver": 1, "what": what, "state": pick.choice(("raised", "replied")), "open": open,
            "unit": pick.choice(UNITS), "units": pick.sample(UNITS, 2), "town": None, "secrecy": "internal",
            "audience": None, "channel": None, "party_code": None, "filer": None,
            "kind": pick.choice(("visit", "checkup")),
            "concerns": [f"i-{pick.randint(1, 9)}"],
            "limit": f"2026-05-{pick.randint(1, 9):02d}T09:00:00.000Z",
        }  # fmt: skip
        if what == "list":
            found[id] |= {"filer": {"id": pick.choice(HOLDERS)}, "channel": found[id]["kind"]}
    return found


AFFAIRS = some(5, 300)


@pytest.fixture(params=["memory", "mongo"])
async def lists(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[AffairsLists]:
    if request.param == "memory":
        yield MemoryAffairs(AFFAIRS)
        return
    client = connect(request.getfixturevalue("mongo"))
    store = MongoAffairs(MongoDocuments(client[prefix], "affairs").collection)
    await client[prefix]["affairs"].insert_many(list(AFFAIRS.values()))
    await store.prepare()
    await store.prepare()
    yield store
    await client.drop_database(prefix)
    client.close()


async def every(lists: AffairsLists, scope: tuple[Clause, ...], wanted: AffairsWanted, size: int = 7) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        rows = await lists.page(scope, wanted, Page(size, after))
        found += [row["_id"] for row in rows[:size]]
        if len(rows) <= size:
            return found
        after = Cursor(rows[size - 1]["limit"], rows[size - 1]["_id"])


@pytest.mark.parametrize(
    "wanted",
    [
        AffairsWanted("order"), AffairsWanted("meeting", ended=True), AffairsWanted("task", unit="tax"),
        AffairsWanted("order", state="raised"), AffairsWanted("order", issue="i-3"),
        AffairsWanted("list", kind="visit"), AffairsWanted("list", holder="tax-officer"),
        AffairsWanted("list", kind="checkup", ended=True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scope", [WHOLE, OFFICER, GROUP])
async def test_a_list_holds_what_is_wanted_and_in_scope_by_what_is_due_first(
    lists: AffairsLists, wanted: AffairsWanted, scope: tuple[Clause, ...]
) -> None:
    expected = [
        one for one in AFFAIRS.values()
        if one["what"] == wanted.what and covering(scope, one)
        and (wanted.unit is None or wanted.unit in one["units"])
        and (wanted.kind is None or wanted.kind == one["kind"])
        and (wanted.holder is None or wanted.holder == (one["filer"] or {}).get("id"))
        and (wanted.state is None or one["state"] == wanted.state)
        and (wanted.issue in one["concerns"] if wanted.issue else one["open"] is not wanted.ended)
    ]  # fmt: skip
    expected.sort(key=lambda one: (one["limit"], one["_id"]))
    assert await every(lists, scope, wanted) == [one["_id"] for one in expected]
    assert bool(expected) is (scope != GROUP), "a group sees what its units have a part in, not the whole city's"


async def test_a_scope_without_clauses_sees_nothing(lists: AffairsLists) -> None:
    assert await lists.page((), AffairsWanted("order"), Page(5, None)) == []


async def test_a_holder_sees_their_own_and_a_head_of_the_units_lists_only_the_visits(lists: AffairsLists) -> None:
    own = Clause("holder", None, None, None, None, frozenset({"internal"}), filer="tax-officer")
    visits = Clause("unit_head", frozenset({"tax"}), None, None, frozenset({"visit"}), frozenset({"internal"}))
    for clause in (own, visits):
        expected = {id for id, one in AFFAIRS.items() if one["what"] == "list" and one["open"] and clause.holds(one)}
        assert set(await every(lists, (clause,), AffairsWanted("list"))) == expected
        assert expected


@pytest.mark.parametrize("scope", [WHOLE, OFFICER])
async def test_what_has_ended_is_read_by_what_is_shown_of_it(
    scope: tuple[Clause, ...], mongo: str, prefix: str
) -> None:
    client = connect(mongo)
    store = MongoAffairs(MongoDocuments(client[prefix], "affairs").collection)
    try:
        await store.prepare()
        await client[prefix]["affairs"].insert_many(list(some(6, 3000).values()))
        for what in KINDS:
            page = store.page(scope, AffairsWanted(what, ended=True), Page(5, None))
            assert await examined(client[prefix], page) <= 12
    finally:
        await client.drop_database(prefix)
        client.close()
