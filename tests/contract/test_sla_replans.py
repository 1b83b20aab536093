"""How far a replan is: the same in memory and in MongoDB."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sanfu.runtime.mongo import connect
from sanfu.sla.adapters.memory import RememberedReplans
from sanfu.sla.adapters.mongo import MongoReplans
from sanfu.sla.ports import Replan, Replans, Stretch

NOW = datetime(2026, 3, 10, 1, 15, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


class Counted:
    """A collection that counts what is asked of it."""

    def __init__(self, collection: Any) -> None:
        self.collection, self.asked = collection, 0

    def __getattr__(self, name: str) -> Any:
        self.asked += 1
        return getattr(self.collection, name)


@pytest.fixture
async def collection(mongo: str, prefix: str) -> AsyncIterator[Counted]:
    client = connect(mongo)
    yield Counted(client[prefix]["replans"])
    await client.drop_database(prefix)
    client.close()


@pytest.fixture(params=["memory", "mongo"])
def replans(request: pytest.FixtureRequest) -> Replans:
    if request.param == "memory":
        return RememberedReplans()
    return MongoReplans(request.getfixturevalue("collection"))


async def test_a_replan_ends_with_the_last_page_of_its_last_partition(replans: Replans) -> None:
    await replans.begin(Replan("r-1", "p", NOW, 2))
    assert await replans.advance("r-1", Stretch(0, "", "issue-4", looked=4, changed=3, left=1), NOW)
    assert not await replans.advance("r-1", Stretch(0, "", "issue-4", looked=4), NOW), "somebody else was there before"
    assert await replans.advance("r-1", Stretch(1, "", None), NOW)
    found = await replans.newest()
    assert found is not None
    assert (found.runs, found.done, dict(found.at)) == (True, frozenset({1}), {0: "issue-4", 1: ""})
    assert (await replans.begin(Replan("r-2", "p", LATER, 2))).id == "r-1", "one runs"
    assert await replans.advance("r-1", Stretch(0, "issue-4", None, looked=2, changed=2), LATER)
    found = await replans.newest()
    assert found is not None
    assert (found.runs, found.ended_at, found.done) == (False, LATER, frozenset({0, 1}))
    assert (found.looked, found.changed, found.left) == (6, 5, 1)
    assert (await replans.begin(Replan("r-2", "p", LATER, 2))).id == "r-2", "it is over"


async def test_the_last_page_and_the_end_are_one_write_so_that_no_kill_comes_between(collection: Counted) -> None:
    replans = MongoReplans(collection)
    await replans.begin(Replan("r-1", "p", NOW, 1))
    before = collection.asked
    assert await replans.advance("r-1", Stretch(0, "", None), NOW)
    assert collection.asked == before + 1
    found = await replans.newest()
    assert found is not None
    assert not found.runs
