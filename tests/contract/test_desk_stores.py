"""What desk's stores do, in memory and on MongoDB: lists and counts in scope, and shelves of small documents."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from sanfu.desk.adapters.memory import MemoryCases, MemoryShelf
from sanfu.desk.adapters.mongo import MongoCases, MongoShelf, mongo_shelves
from sanfu.desk.domain.scope import Clause, Scope, covering
from sanfu.desk.ports import Cases, Found, Shelf, Sought, Wanted
from sanfu.desk.stores import prepare_records
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.paging import Cursor, Page
from tests.support.examined import examined

RAISERS = ("tax", "beilei", None)
UNITS, TOWNS = ("tax", "police", "fotang", "water"), ("fotang", "chengxi", None)
SECRECIES = ("open", "internal", "confidential", "sealed")
AUDIENCES, CHANNELS, LIGHTS = ("enterprise", "resident"), ("hotline", "web"), ("none", "yellow", "red")
CATEGORIES, FLAGS, TOKENS = ("water", "road"), ("media", "group"), ("路灯", "灯不", "不亮", "#7k3", "#k3t", "水管")
STATES = ("in_review", "assigned", "handled", "closed")
HELD = ("list-1", "list-2", "list-3")


def some_cases(seed: int, count: int) -> dict[str, dict[str, Any]]:
    pick = random.Random(seed)
    found = {}
    for number in range(count):
        state, light = pick.choice(STATES), pick.choice(LIGHTS)
        unit = None if state == "in_review" else pick.choice(UNITS)
        limit = f"2026-05-{pick.randint(1, 9):02d}T09:00:00.000Z"
        found[f"i-{number}"] = {
            "_id": f"i-{number}", "ver": 1, "state": state, "open": state != "closed", "light": light, "unit": unit,
            "units": [unit, pick.choice(UNITS)] if unit else [], "town": pick.choice(TOWNS),
            "secrecy": pick.choice(SECRECIES), "audience": pick.choice(AUDIENCES), "channel": pick.choice(CHANNELS),
            "submitted_at": f"2026-0{pick.randint(1, 4)}-{pick.randint(1, 9):02d}T01:00:00.000Z",
            "kind": "issue", "category": pick.choice(CATEGORIES), "urgency": "normal", "grade": "simple",
            "flags": pick.sample(FLAGS, pick.randint(0, 2)), "found_by": pick.sample(TOKENS, pick.randint(1, 5)),
            "limit": limit, "order": f"{2 - LIGHTS.index(light)}|{limit}", "party_code": pick.choice(RAISERS),
            "assisting": pick.sample(UNITS[:2], pick.randint(0, 2)), "inner": pick.choice([None, *LIGHTS]),
            "need": pick.choice([None, [], ["call"], ["again"], ["site", "again"]]),
            "party_untold": pick.choice([None, False, True]), "disputed": pick.random() < 0.3,
            "sponsor": pick.choice([None, "city-leader"]),
            "errand": pick.choice([None, {"agent": "a-1"}, {"agent": "a-2"}]),
            "filer": pick.choice([None, {"id": "m-1", "unit": None}, {"id": "m-2", "unit": "tax"}, {"unit": "beilei"}]),
            "found_on": pick.choice([None, *({"affair": held, "entry": 1} for held in HELD)]),
        }  # fmt: skip
    return found


def held(case: dict[str, Any], name: str) -> Any:
    outer, _, inner = name.partition(".")
    return (case[outer] or {}).get(inner) if inner else case[outer]


def _is(found: Any, value: Any, *, several: bool) -> bool:
    return bool(value in found if several else found == value)


def some_scope(pick: random.Random) -> Scope:
    def maybe(values: Any, size: int) -> Any:
        return None if pick.random() < 0.5 else frozenset(pick.sample([v for v in values if v], size))

    return tuple(
        Clause(
            "officer", maybe(UNITS, 2), pick.choice(TOWNS), maybe(AUDIENCES, 1), maybe(CHANNELS, 1),
            frozenset(pick.sample(SECRECIES, 3)), raised_by=maybe(RAISERS, 1) if pick.random() < 0.3 else None,
            filer=pick.choice(["m-1", "m-2", "nobody"]) if pick.random() < 0.2 else None,
            need="again" if (need := pick.random() < 0.2) else None,
            apart=frozenset(pick.sample(UNITS, 2)) if need else frozenset(),
        )
        for _ in range(pick.randint(0, 3))
    )  # fmt: skip


CASES = some_cases(7, 400)
LISTS = ("flags", "assisting")


@pytest.fixture(params=["memory", "mongo"])
async def cases(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[Cases]:
    if request.param == "memory":
        yield MemoryCases(CASES)
        return
    client = connect(request.getfixturevalue("mongo"))
    store = MongoCases(MongoDocuments(client[prefix], "subjects").collection)
    await client[prefix]["subjects"].insert_many(list(CASES.values()))
    await store.prepare()
    await store.prepare()
    yield store
    await client.drop_database(prefix)
    client.close()


@pytest.fixture(params=["memory", "mongo"])
async def shelf(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[Shelf]:
    if request.param == "memory":
        yield MemoryShelf()
        return
    client = connect(request.getfixturevalue("mongo"))
    store = MongoShelf(client[prefix], "users")
    await store.prepare("token", "user+at")
    yield store
    await client.drop_database(prefix)
    client.close()


async def every(cases: Cases, scope: Scope, wanted: Wanted, size: int = 7) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        rows = await cases.page(scope, wanted, Page(size, after))
        found += [row["_id"] for row in rows[:size]]
        if len(rows) <= size:
            return found
        after = Cursor(rows[size - 1][wanted.by], rows[size - 1]["_id"])


async def test_what_was_found_on_lists_is_counted_by_state_and_of_no_other_list(cases: Cases) -> None:
    wanted = HELD[:2]
    states = [(case["found_on"]["affair"], case["state"]) for case in CASES.values() if case["found_on"]]
    expected = {Found(*one, states.count(one)) for one in states if one[0] in wanted}
    assert set(await cases.found_on(wanted)) == expected
    assert expected
    assert await cases.found_on(["list-9"]) == []


async def test_lists_and_counts_hold_exactly_what_the_scope_covers(cases: Cases) -> None:
    pick = random.Random(11)
    for _ in range(40):
        scope = some_scope(pick)
        for closed in (False, True):
            expected = {id for id, case in CASES.items() if case["open"] is not closed and covering(scope, case)}
            assert set(await every(cases, scope, Wanted(closed=closed), 200)) == expected
        counted = {(row.light, row.state, row.unit): row.count for row in await cases.count(scope)}
        assert sum(counted.values()) == sum(case["open"] and bool(covering(scope, case)) for case in CASES.values())
        for (light, state, unit), count in counted.items():
            same = [c for c in CASES.values() if (c["light"], c["state"], c["unit"]) == (light, state, unit)]
            assert count == sum(bool(covering(scope, c)) and c["open"] for c in same)


WHOLE = (Clause("leader", None, None, None, None, frozenset(SECRECIES)),)


@pytest.mark.parametrize("by", ["limit", "order"])
async def test_pages_join_into_one_list_in_order_without_holes_or_repeats(cases: Cases, by: Any) -> None:
    found = await every(cases, WHOLE, Wanted(by=by))
    expected = sorted((c for c in CASES.values() if c["open"]), key=lambda c: (c[by], c["_id"]))
    assert found == [case["_id"] for case in expected]


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(unit="tax"), Wanted(state="assigned", light="red"), Wanted(town="fotang", channel="web"),
        Wanted(audience="enterprise"), Wanted(due_before="2026-05-04T09:00:00.000Z"),
        Wanted(state="closed", closed=True), Wanted(flags="media"), Wanted(category="water", party_code="tax"),
        Wanted(due_after="2026-05-04T09:00:00.000Z", due_before="2026-05-06T09:00:00.000Z"),
        Wanted(submitted_before="2026-02-01T00:00:00.000Z", urgency="normal"),
        Wanted(assisting="tax"), Wanted(unit="tax", inner="red"), Wanted(assisting="police", inner="none"),
        Wanted(disputed=True, sponsor="city-leader"), Wanted(party_untold=True), Wanted(party_untold=True, unit="tax"),
        Wanted(agent="a-1"), Wanted(agent="a-2", town="fotang"),
        Wanted(submitted_after="2026-03-01T00:00:00.000Z", kind="issue", grade="simple", closed=None),
    ],
)  # fmt: skip
async def test_filters_hold_together(cases: Cases, wanted: Wanted) -> None:
    found, equal = await every(cases, WHOLE, wanted, 200), wanted.conditions()
    expected = {
        id for id, case in CASES.items()
        if all(_is(held(case, name), value, several=name in LISTS) for name, value in equal.items())
        and (wanted.due_before or "~") > case["limit"] >= (wanted.due_after or "")
        and (wanted.submitted_before or "~") > case["submitted_at"] >= (wanted.submitted_after or "")
    }  # fmt: skip
    assert expected
    assert set(found) == expected


async def test_a_search_gives_the_newest_in_scope_that_have_all_tokens(cases: Cases) -> None:
    pick = random.Random(12)
    for _ in range(40):
        scope, tokens = some_scope(pick), pick.sample(TOKENS, pick.randint(1, 3))
        since, wanted = f"2026-0{pick.randint(1, 4)}-05", Wanted(closed=None, light=pick.choice([None, "red"]))
        matching = [
            case for case in CASES.values()
            if {*tokens} <= {*case["found_by"]} and (case["open"] or case["submitted_at"] >= since)
            and covering(scope, case) and wanted.light in {None, case["light"]}
        ]  # fmt: skip
        matching.sort(key=lambda case: (case["submitted_at"], case["_id"]), reverse=True)
        for most in (5, 500):
            found = await cases.search(scope, Sought(tokens, since, wanted), most)
            assert [case["_id"] for case in found] == [case["_id"] for case in matching[:most]]
    assert await cases.search(WHOLE, Sought(["nowhere"], "2026", Wanted(closed=None)), 5) == []


async def test_of_cases_asked_for_by_id_those_in_scope_are_given(cases: Cases) -> None:
    pick = random.Random(13)
    for _ in range(20):
        scope, ids = some_scope(pick), [*pick.sample(list(CASES), 30), "nowhere"]
        found = {case["_id"] for case in await cases.these(scope, ids)}
        assert found == {id for id in ids if id in CASES and covering(scope, CASES[id])}


async def test_a_scope_without_clauses_sees_nothing(cases: Cases) -> None:
    assert await cases.page((), Wanted(), Page(5, None)) == []
    assert await cases.count(()) == []
    assert await cases.search((), Sought(["路灯"], "2026", Wanted(closed=None)), 5) == []
    assert await cases.these((), list(CASES)) == []


async def test_a_document_is_replaced_by_a_higher_version_only(shelf: Shelf) -> None:
    await shelf.put(
        [{"_id": "a", "version": 2, "token": "t2", "more": {"x": "$not a path"}}, {"_id": "b", "version": 1}]
    )
    await shelf.put([{"_id": "a", "version": 1, "token": "t1"}, {"_id": "a", "version": 2, "token": "t3"}])
    assert (await shelf.get(["a", "c"])) == {
        "a": {"_id": "a", "version": 2, "token": "t2", "more": {"x": "$not a path"}}
    }
    await shelf.put([{"_id": "a", "version": 3, "token": "t3"}])
    assert await shelf.having("token", "t3") == [{"_id": "a", "version": 3, "token": "t3"}]
    assert await shelf.having("token", "t2") == []


async def test_a_document_is_had_by_a_member_of_a_list(shelf: Shelf) -> None:
    await shelf.put([{"_id": "a", "version": 1, "token": ["x", "y"]}, {"_id": "b", "version": 1, "token": "y"}])
    assert {found["_id"] for found in await shelf.having("token", "y")} == {"a", "b"}
    assert {found["_id"] for found in await shelf.having("token", "x", "z", "y")} == {"a", "b"}
    assert await shelf.having("token", "z") == []


async def test_of_several_who_change_one_document_at_once_one_wins(shelf: Shelf) -> None:
    first = await asyncio.gather(*(shelf.swap({"_id": "a", "version": 1, "by": n}) for n in range(8)))
    assert sum(first) == 1
    second = await asyncio.gather(*(shelf.swap({"_id": "a", "version": 2, "by": n}) for n in range(8)))
    assert sum(second) == 1
    assert not await shelf.swap({"_id": "a", "version": 2, "by": "late"})
    assert not await shelf.swap({"_id": "a", "version": 4, "by": "early"})
    assert (await shelf.get(["a"]))["a"] == {"_id": "a", "version": 2, "by": second.index(True)}


@pytest.mark.parametrize("newest", [False, True])
async def test_pages_of_a_shelf_join_in_order_without_holes_or_repeats(shelf: Shelf, newest: bool) -> None:
    documents = [
        {"_id": f"r-{n:02d}", "version": 1, "at": f"2026-05-{n % 4 + 1:02d}", "user": "ab"[n % 2]} for n in range(23)
    ]
    await shelf.put(documents)
    mine = [one for one in documents if one["user"] == "a"]
    found: list[str] = []
    after = None
    while rows := await shelf.page({"user": "a"}, Page(5, after), newest=newest):
        found += [row["_id"] for row in rows[:5]]
        if len(rows) <= 5:
            break
        after = Cursor(rows[4]["at"] if newest else None, rows[4]["_id"])
    expected = sorted(mine, key=lambda one: (one["at"] if newest else "", one["_id"]), reverse=newest)
    assert found == [one["_id"] for one in expected]


async def test_what_was_dropped_is_gone(shelf: Shelf) -> None:
    await shelf.put([{"_id": id, "version": 1} for id in "abc"])
    await shelf.drop(["a", "c", "unknown"])
    assert await shelf.all() == [{"_id": "b", "version": 1}]


MINE = Clause("clerk", frozenset({"tax"}), None, None, None, frozenset({"internal"}))
RAISED_HERE = Clause("clerk", None, None, None, None, frozenset({"internal"}), raised_by=frozenset({"tax"}))


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize(
    "scope",
    [(MINE,), (RAISED_HERE,), (MINE, RAISED_HERE), (replace(WHOLE[0], town="fotang"),), WHOLE],
    ids=["unit", "raised", "unit or raised", "town", "city"],
)
async def test_a_list_reads_of_many_cases_no_more_than_it_shows(
    scope: Scope, closed: bool, mongo: str, prefix: str
) -> None:
    rare = {"unit": "tax", "units": ["tax"], "town": "fotang", "party_code": "tax", "secrecy": "internal"}
    many = [
        {**case, "_id": f"{case['_id']}-{n}", "unit": "police", "units": ["police"], "town": None, "party_code": None,
         "filer": None}
        for n in range(5) for case in CASES.values()
    ]  # fmt: skip
    few = [{**case, **rare} for case in list(CASES.values())[:60]]
    client = connect(mongo)
    try:
        store = MongoCases(MongoDocuments(client[prefix], "subjects").collection)
        await store.prepare()
        await client[prefix]["subjects"].insert_many([*many, *few])
        wanted = Wanted(closed=closed)
        assert await examined(client[prefix], store.page(scope, wanted, Page(5, None))) <= 60
        [*_, last] = await store.page(scope, wanted, Page(5, None))
        after = Cursor(last["limit"], last["_id"])
        assert await examined(client[prefix], store.page(scope, wanted, Page(5, after))) <= 120
    finally:
        await client.drop_database(prefix)
        client.close()


@pytest.mark.parametrize("wanted", [{}, {"user": "a"}], ids=["all", "one's own"])
async def test_the_newest_of_a_shelf_are_read_without_those_before(
    wanted: dict[str, str], mongo: str, prefix: str
) -> None:
    client = connect(mongo)
    try:
        shelf = mongo_shelves(client[prefix]).exports
        await prepare_records(mongo_shelves(client[prefix]))
        kept = [
            {"_id": f"r-{n:04d}", "version": 1, "at": f"2026-05-01T{n // 100:02d}", "user": "ab"[n % 2]}
            for n in range(2000)
        ]
        await shelf.put(kept)
        for after in (None, Cursor("2026-05-01T10", "r-1050")):
            assert await examined(client[prefix], shelf.page(wanted, Page(5, after), newest=True)) <= 120
    finally:
        await client.drop_database(prefix)
        client.close()
