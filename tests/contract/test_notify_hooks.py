"""The records on their way to hooks: the same behaviour in memory and on MongoDB."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from sanfu.notify.adapters.hooks_memory import MemoryHooks
from sanfu.notify.adapters.hooks_mongo import KEPT_FOR, MongoHooks
from sanfu.notify.domain import hooks as steps
from sanfu.notify.hook_ports import HookSeen, HookStanding, HookStore
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.paging import Cursor, Page
from tests.unit.notify.test_hooks import DAY, NOW, SECOND, kept


@pytest.fixture(params=["memory", "mongo"])
async def store(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[HookStore]:
    if request.param == "memory":
        yield MemoryHooks()
        return
    client = connect(request.getfixturevalue("mongo"))
    database = client.get_database(f"{prefix}_notify")
    hooks = MongoHooks(MongoDocuments(database, "subjects"))
    await hooks.prepare()
    yield hooks
    found = await database.hook_records.index_information()
    assert found["kept"]["expireAfterSeconds"] == KEPT_FOR.total_seconds()
    await client.drop_database(database.name)
    client.close()


async def ripe(store: HookStore, until: timedelta = timedelta(0), limit: int = 10) -> list[str]:
    return [one.event for one in await store.ripe("tax", NOW + until, limit)]


async def test_of_an_issue_the_first_may_go_and_what_is_there_stays_as_it_is(store: HookStore) -> None:
    await store.keep([kept(order=2), kept(order=10), kept("i-2"), kept("i-3", unit="water")], NOW)
    await store.keep([kept(order=2, body=b"other")], NOW)
    assert sorted(await ripe(store)) == ["e-i-1-2", "e-i-2-1"]
    first = (await store.ripe("tax", NOW, 1))[0]
    assert first == kept(first.issue, first.order, again=NOW)
    await store.settle(steps.done(first))
    following = await store.next_of("tax", "i-1", NOW)
    assert following is not None
    assert following.order == (10 if first.issue == "i-1" else 2)
    assert await store.next_of("tax", "i-none", NOW) is None


async def test_what_is_put_off_comes_later_or_when_it_is_hurried(store: HookStore) -> None:
    await store.keep([kept(order=1), kept(order=2)], NOW)
    (first,) = await store.ripe("tax", NOW, 5)
    await store.settle(steps.failed(first, "http_500", NOW))
    assert await ripe(store) == []
    assert await store.next_of("tax", "i-1", NOW) is None, "what follows waits behind it"
    assert await store.ripe_count(["tax"], NOW) == 0
    assert await ripe(store, 5 * SECOND) == ["e-i-1-1"]
    await store.hurry("tax", NOW)
    (again,) = await store.ripe("tax", NOW, 5)
    assert (again.tries, again.why) == (1, "http_500")
    assert await store.ripe_count(["tax", "water"], NOW) == 1


async def test_what_waits_for_long_enough_is_parked_and_waits_again(store: HookStore) -> None:
    await store.keep([kept("i-1"), kept("i-2", since=NOW + SECOND), kept("i-3", unit="water")], NOW)
    assert await store.park("tax", "http_410", NOW) == 1
    assert await ripe(store) == ["e-i-2-1"]
    assert await store.park("tax", "http_410", NOW + DAY) == 1
    assert await store.standing(["tax", "water"]) == {
        "tax": HookStanding(0, None, 2), "water": HookStanding(1, NOW, 0),
    }  # fmt: skip
    page = await store.parked("tax", Page(1, None))
    assert [one.event for one in page] == ["e-i-1-1", "e-i-2-1"]
    assert page[0].body == b""
    assert [one.event for one in await store.parked("tax", Page(1, Cursor(None, "e-i-1-1")))] == ["e-i-2-1"]
    assert await store.unpark("tax", NOW + DAY, 1) == 1
    (again,) = await store.ripe("tax", NOW + DAY, 5)
    assert (again.event, again.since, again.tries, again.body) == ("e-i-1-1", NOW + DAY, 0, b"{}")


async def test_what_became_of_a_parked_one_is_not_written_any_more(store: HookStore) -> None:
    await store.keep([kept()], NOW)
    (first,) = await store.ripe("tax", NOW, 5)
    await store.park("tax", "gone", NOW)
    await store.settle(steps.failed(first, "x", NOW))
    assert (await store.standing(["tax"]))["tax"].parked == 1


async def test_what_was_sent_again_waits_whatever_becomes_of_the_call_before_but_taken_is_taken(
    store: HookStore,
) -> None:
    await store.keep([kept(), kept("i-2"), kept("i-3")], NOW)
    before = await store.ripe("tax", NOW, 5)
    await store.park("tax", "unreachable", NOW)
    taken = next(one for one in before if one.issue == "i-2")
    await store.settle(steps.done(taken))
    assert await store.unpark("tax", NOW + DAY, 5) == 2
    for one in before:
        await store.settle(steps.failed(one, "http_500", NOW + DAY))
    again = await store.ripe("tax", NOW + DAY, 5)
    assert [(one.since, one.tries) for one in again] == [(NOW + DAY, 0)] * 2
    assert (await store.standing(["tax"]))["tax"].parked == 0
    for one in before:
        await store.settle(steps.done(one))
    assert await store.standing(["tax"]) == {"tax": HookStanding(0, None, 0)}


async def test_that_it_is_gone_is_not_written_over_by_how_it_did_before(store: HookStore) -> None:
    well, gone = HookSeen(NOW, "well", "http_200"), HookSeen(NOW, "gone", "http_410", "m")
    await store.claim("tax", "a", NOW, NOW + SECOND)
    assert await store.show("tax", well, "m")
    await store.see("tax", gone)
    assert not await store.show("tax", well, "m")
    assert await store.seen(["tax"]) == {"tax": gone}
    assert await store.show("tax", well, "another")
    assert await store.seen(["tax"]) == {"tax": well}


async def test_one_holds_a_hook_until_its_time_is_over(store: HookStore) -> None:
    assert await store.claim("tax", "a", NOW, NOW + SECOND)
    assert await store.claim("tax", "a", NOW, NOW + 2 * SECOND)
    assert not await store.claim("tax", "b", NOW + SECOND, NOW + 9 * SECOND)
    assert await store.claim("water", "b", NOW, NOW + SECOND)
    assert await store.claim("tax", "b", NOW + 2 * SECOND, NOW + 9 * SECOND)
    assert not await store.claim("tax", "a", NOW + 3 * SECOND, NOW + 9 * SECOND)


async def test_how_a_hook_does_is_seen_by_all(store: HookStore) -> None:
    seen = HookSeen(NOW, "gone", "http_410", "m")
    await store.see("tax", seen)
    assert await store.seen(["tax"]) == {}
    assert await store.claim("tax", "a", NOW, NOW)
    await store.see("tax", seen)
    assert await store.seen(["tax", "water"]) == {"tax": seen}
