"""The router's index of open issues: the same behaviour in memory and on MongoDB."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from sanfu.router.adapters.memory import MemorySketches
from sanfu.router.adapters.mongo import MongoSketches
from sanfu.router.domain.sketches import Sketch
from sanfu.router.ports import Asked, Sketches
from sanfu.runtime.mongo import connect

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LAMP = Sketch(
    "a", "2026-11-02T01:00:00.000Z", NOW, "resident", "road-lamp", "roads", "choucheng", 120.07, 29.31, "稠州北路",
    "路灯不亮", "路灯不亮", ("路灯", "不亮"), None, review=True,
)  # fmt: skip


@pytest.fixture(params=["memory", "mongo"])
async def sketches(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[Sketches]:
    if request.param == "memory":
        yield MemorySketches()
        return
    client = connect(request.getfixturevalue("mongo"))
    try:
        index = MongoSketches(client.get_database(f"{prefix}_router"))
        await index.prepare()
        await index.prepare()
        yield index
        await client.drop_database(f"{prefix}_router")
    finally:
        client.close()


def asked(sketch: Sketch = LAMP, **more: Any) -> Asked:
    return Asked(sketch.id, sketch.asks, NOW - 30 * DAY, NOW + 30 * DAY)._replace(**more)


async def near(sketches: Sketches, *, most: int = 10, **more: Any) -> list[str]:
    [found] = await sketches.near([asked(**more)], most)
    return [sketch.id for sketch in found]


async def test_a_sketch_comes_back_as_it_was_drawn_and_not_to_itself(sketches: Sketches) -> None:
    nowhere = replace(LAMP, id="b", lon=None, lat=None, party="V-1", category=None, group="?", review=False)
    await sketches.keep([LAMP, nowhere], ())
    assert await sketches.near([asked(), asked(nowhere)], 10) == [[nowhere], [LAMP]]


async def test_the_last_reported_come_first_and_no_more_than_asked_for(sketches: Sketches) -> None:
    await sketches.keep([replace(LAMP, id=f"b{n}", at=NOW + n * DAY) for n in range(4)], ())
    assert await near(sketches, most=3) == ["b3", "b2", "b1"]
    assert await near(sketches, id="b3", most=3) == ["b2", "b1", "b0"]


async def test_only_the_days_asked_for_are_looked_at_both_ends_among_them(sketches: Sketches) -> None:
    await sketches.keep([replace(LAMP, id=f"b{n}", at=NOW + n * DAY) for n in range(-2, 3)], ())
    assert await near(sketches, begin=NOW - DAY, end=NOW + DAY) == ["b1", "b0", "b-1"]


async def test_one_found_under_several_keys_comes_once(sketches: Sketches) -> None:
    await sketches.keep([replace(LAMP, id="b")], ())
    assert len(set(LAMP.asks) & set(LAMP.keys)) > 1
    assert await near(sketches) == ["b"]


async def test_a_newer_sketch_takes_the_place_of_the_older_and_what_is_gone_is_not_found(sketches: Sketches) -> None:
    await sketches.keep([replace(LAMP, id="b"), replace(LAMP, id="c")], ())
    await sketches.keep([replace(LAMP, id="b", lon=119.9, names=(), title="别处")], ["c", "never-there"])
    assert await near(sketches) == []
    elsewhere = replace(LAMP, lon=119.9)
    assert await near(sketches, keys=elsewhere.asks) == ["b"]


async def test_what_is_in_review_is_listed_in_order_page_by_page(sketches: Sketches) -> None:
    await sketches.keep([replace(LAMP, id=id, review=id != "c") for id in "dabc"], ())
    assert await sketches.in_review("", 2) == ["a", "b"]
    assert await sketches.in_review("b", 2) == ["d"]
    await sketches.keep([replace(LAMP, id="d", review=False)], ["a"])
    assert await sketches.in_review("", 9) == ["b"]


async def test_nothing_asked_nothing_kept_and_nothing_gone_is_no_trouble(sketches: Sketches) -> None:
    await sketches.keep([], ())
    assert await sketches.near([], 5) == []
    assert await sketches.near([asked(keys=[])], 5) == [[]]


async def test_many_who_ask_at_once_get_each_what_is_near_to_it_and_nothing_else(sketches: Sketches) -> None:
    """In some places are a few, in one many more than a query for several may bring."""
    chance = Random(5)
    issues = [
        replace(
            LAMP, id=f"i{n:04}", lon=120.0 if n % 2 else 120.1 + n / 100, town=f"t{n // 6}", at=NOW - n * 7 % 40 * DAY,
            group=chance.choice("xyz"),
        )
        for n in range(3000)
    ]  # fmt: skip
    await sketches.keep(issues, ())
    known = MemorySketches()
    await known.keep(issues, ())
    scattered = [one for one in issues if one.lon != 120.0]
    for some in (chance.sample(issues, 60), chance.sample(scattered, 60)):
        wanted = [Asked(one.id, one.asks, one.at - 9 * DAY, one.at + 9 * DAY) for one in some]
        assert await sketches.near(wanted, 5) == await known.near(wanted, 5)


async def test_both_ends_count_also_for_instants_finer_than_any_store_keeps(sketches: Sketches) -> None:
    await sketches.keep([replace(LAMP, id="b")], ())
    assert await near(sketches, begin=NOW + timedelta(microseconds=400), end=NOW + DAY) == ["b"]
