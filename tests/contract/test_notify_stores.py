"""Notify's collections: the same behaviour in memory and on MongoDB."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sanfu.notify.adapters.letters_mongo import MongoLetters
from sanfu.notify.adapters.memory import memory_stores
from sanfu.notify.adapters.mongo import mongo_stores
from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.holding import Recent
from sanfu.notify.ports import LETTERS_KEPT_FOR, Letter, Standing, Stores, Tally, Traces, Wanted
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.paging import Cursor, Page
from tests.support.examined import examined
from tests.unit.notify.test_delivery import NOW, queued, sending

PARTS = (0, 1)


@pytest.fixture(params=["memory", "mongo"])
async def stores(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[Stores]:
    if request.param == "memory":
        yield memory_stores({})
        return
    client = connect(request.getfixturevalue("mongo"))
    database = client.get_database(f"{prefix}_notify")
    stores = mongo_stores(MongoDocuments(database, "subjects"))
    await stores.deliveries.prepare()
    await stores.digests.prepare()
    await stores.directory.prepare("unit")
    yield stores
    await client.drop_database(database.name)
    client.close()


async def ripe(stores: Stores, **more: Any) -> list[str]:
    asked = {"now": NOW, "real": NOW, "limit": 10, **more}
    return [one.id for one in await stores.deliveries.ripe("sms", PARTS, **asked)]


async def test_what_is_there_already_stays_as_it_is(stores: Stores) -> None:
    await stores.deliveries.insert([queued()])
    await stores.deliveries.insert([queued(state="failed", why="x"), queued(id="d2")])
    assert await stores.deliveries.get("d1") == queued()
    assert await stores.deliveries.get("d2") == queued(id="d2")
    assert await stores.deliveries.get("d3") is None


async def test_ripe_is_what_is_open_and_due_on_both_clocks_in_the_partitions_asked_for(stores: Stores) -> None:
    second = timedelta(seconds=1)
    await stores.deliveries.insert(
        [
            queued(id="now"),
            queued(id="tomorrow", due=NOW + second),
            queued(id="retry", again=NOW + second),
            queued(id="elsewhere", p=2),
            queued(id="mail", medium="email"),
            steps.end(queued(id="over"), "sent", None, NOW),
            replace(sending(id="hanging"), again=NOW),
            replace(sending(id="under way"), again=NOW + second),
        ]
    )
    assert sorted(await ripe(stores)) == ["hanging", "now"]
    assert sorted(await ripe(stores, real=NOW + second)) == ["hanging", "now", "retry", "under way"]
    assert sorted(await ripe(stores, now=NOW + second)) == ["hanging", "now", "tomorrow"]
    assert await ripe(stores, limit=1) == ["now"]


async def test_what_is_critical_is_ripe_first_however_long_others_wait(stores: Stores) -> None:
    early, second = NOW - timedelta(hours=1), timedelta(seconds=1)
    others = [queued(id=f"old{n}", p=n % 2, again=early + n * second) for n in range(4)]
    await stores.deliveries.insert(
        [*others, *(queued(id=id, p=p, critical=True, again=NOW) for id, p in (("red", 0), ("fire", 1)))]
    )
    assert (await ripe(stores))[2:] == ["old0", "old1", "old2", "old3"]
    assert sorted(await ripe(stores, limit=2)) == ["fire", "red"]


async def test_deliveries_are_found_by_their_ids_and_by_those_that_their_provider_gave(stores: Stores) -> None:
    sent = [replace(steps.end(queued(id=id), "sent", None, NOW), provider=p, provider_id=t)
            for id, p, t in (("a", "x", "1"), ("b", "y", "1"), ("c", "x", "2"))]  # fmt: skip
    await stores.deliveries.insert([*sent, queued(id="d")])
    assert {one.id for one in await stores.deliveries.of(["a", "d", "none"])} == {"a", "d"}
    assert [one.id for one in await stores.deliveries.carried("x", ["1", "9"])] == ["a"]


async def test_what_is_being_sent_is_known_by_when_its_lease_ends(stores: Stores) -> None:
    assert not await stores.deliveries.under_way(NOW + timedelta(days=1))
    one = sending()
    assert one.again is not None
    await stores.deliveries.insert([one, queued(id="waits")])
    assert await stores.deliveries.under_way(one.again)
    assert not await stores.deliveries.under_way(one.again - timedelta(milliseconds=1))


async def test_what_users_heard_of_an_event_is_what_left_for_them_or_is_just_leaving(stores: Stores) -> None:
    told = [
        steps.end(queued(id="sent", users=("a", "b")), "sent", None, NOW),
        replace(sending(id="leaving"), users=("c",)),
        queued(id="waits", users=("a",)),
        steps.end(queued(id="failed", users=("a",)), "failed", "x", NOW),
        steps.end(queued(id="nobody's", users=()), "sent", None, NOW),
        steps.end(queued(id="mail", users=("a",), medium="email"), "sent", None, NOW),
        steps.end(queued(id="other event", users=("a",), event="e9"), "sent", None, NOW),
        steps.end(queued(id="other issue", users=("a",), subject="i9"), "sent", None, NOW),
    ]
    await stores.deliveries.insert(told)
    found = await stores.deliveries.heard("sms", [queued().subject], [queued().event])
    assert sorted(one.id for one in found) == ["leaving", "sent"]


async def test_a_box_holds_each_letter_once_newest_first_until_it_is_read(stores: Stores) -> None:
    second = timedelta(seconds=1)
    kept = [Letter(f"d{n}", "user:a", "inbox", NOW + n * second, {"box": f"{n}"}) for n in range(3)]
    for letter in (*kept, replace(kept[0], sealed={"box": "other"}), replace(kept[0], id="x", box="user:b")):
        await stores.letters.put(letter)
    first = await stores.letters.page("user:a", False, Page(2, None))
    assert [one.id for one in first] == ["d2", "d1", "d0"]
    assert first[2] == kept[0]
    after = Cursor(int(kept[1].at.timestamp() * 1000), "d1")
    assert [one.id for one in await stores.letters.page("user:a", False, Page(2, after))] == ["d0"]
    assert await stores.letters.mark("user:a", "d0", NOW)
    assert await stores.letters.mark("user:a", "d0", NOW + second), "the first reading stands"
    assert not await stores.letters.mark("user:b", "d0", NOW)
    assert [one.id for one in await stores.letters.page("user:a", True, Page(5, None))] == ["d2", "d1"]
    (read,) = (one for one in await stores.letters.page("user:a", False, Page(5, None)) if one.id == "d0")
    assert read.read == NOW
    assert await stores.letters.one("user:a", "d0") == read
    assert [await stores.letters.one(*other) for other in (("user:b", "d0"), ("user:a", "d9"))] == [None, None]


async def test_all_of_a_box_are_marked_that_came_until_then_and_those_that_were_read_stay_as_they_are(
    stores: Stores,
) -> None:
    finest, second = timedelta(microseconds=400), timedelta(seconds=1)
    for id, box, at in (
        ("d0", "user:a", NOW), ("d1", "user:a", NOW + second + finest), ("d2", "user:a", NOW + 2 * second),
        ("x", "user:b", NOW),
    ):  # fmt: skip
        await stores.letters.put(Letter(id, box, "inbox", at, {"box": id}))
    assert await stores.letters.mark("user:a", "d0", NOW)
    later = NOW + timedelta(hours=1)
    assert [await stores.letters.mark_all("user:a", NOW + second, later) for _ in range(2)] == [1, 0]
    found = {one.id: one.read for one in await stores.letters.page("user:a", False, Page(5, None))}
    assert found == {"d0": NOW, "d1": later, "d2": None}
    assert [one.id for one in await stores.letters.page("user:b", True, Page(5, None))] == ["x"]


async def test_letters_are_dropped_by_their_ids_and_so_is_what_lies_on_a_shelf(stores: Stores) -> None:
    for id in ("d1", "d2"):
        await stores.letters.put(Letter(id, "user:a", "inbox", NOW, {"box": id}))
        await stores.unreachable.put([{"_id": id, "version": 1}])
    await stores.letters.drop([])
    await stores.letters.drop(["d1", "none"])
    await stores.unreachable.drop([])
    await stores.unreachable.drop(["d1", "none"])
    assert [one.id for one in await stores.letters.page("user:a", False, Page(5, None))] == ["d2"]
    assert [*await stores.unreachable.get(["d1", "d2"])] == ["d2"], "not even its id"


async def test_a_store_on_disk_removes_letters_by_itself_after_so_long(mongo: str, prefix: str) -> None:
    client = connect(mongo)
    database = client.get_database(f"{prefix}_letters")
    letters = MongoLetters(MongoDocuments(database, "subjects"))
    for _ in range(2):
        await letters.prepare()
    indexes = await database.letters.index_information()
    kept = [(one["key"], one["expireAfterSeconds"]) for one in indexes.values() if "expireAfterSeconds" in one]
    assert kept == [([("at", 1)], LETTERS_KEPT_FOR.total_seconds())]
    await client.drop_database(database.name)
    client.close()


async def test_of_two_that_replace_the_same_version_one_wins(stores: Stores) -> None:
    await stores.deliveries.insert([queued(), queued(id="d2")])
    first = replace(queued(), state="held", why="contact")
    assert await stores.deliveries.replace([first], "m1") == {"d1"}
    assert await stores.deliveries.replace([replace(queued(), why="x"), queued(id="d2")], "m2") == {"d2"}
    assert await stores.deliveries.get("d1") == replace(first, ver=2)
    assert await stores.deliveries.marked(["d1", "d2"], "m1") == {"d1"}
    assert await stores.deliveries.replace([queued(id="d3")], "m3") == frozenset()
    assert await stores.deliveries.get("d3") is None


async def test_what_is_reported_is_not_reported_again_and_what_was_refused_comes_later(stores: Stores) -> None:
    ended = [steps.end(queued(id=id), "sent", None, NOW) for id in ("a", "b", "c")]
    await stores.deliveries.insert([*ended, queued(), steps.end(queued(id="e"), "skipped", "no_address", NOW)])
    later = NOW + timedelta(minutes=1)
    await stores.deliveries.report_later(["b"], later)
    await stores.deliveries.reported(await stores.deliveries.of(["c"]))
    await stores.deliveries.report_later(["c"], later)
    assert [one.id for one in await stores.deliveries.unreported(PARTS, NOW, 10)] == ["a"]
    assert [one.id for one in await stores.deliveries.unreported(PARTS, later, 10)] == ["a", "b"]
    assert await stores.deliveries.unreported((5,), later, 10) == []
    assert await stores.deliveries.unreported_count(PARTS) == 2


async def test_an_end_that_a_receipt_brought_while_the_one_before_was_reported_is_reported_too(stores: Stores) -> None:
    await stores.deliveries.insert([steps.end(queued(id=id), "sent", None, NOW) for id in ("a", "b", "c")])
    told = await stores.deliveries.unreported(PARTS, NOW, 10)
    await stores.deliveries.replace([steps.end(one, "delivered", None, NOW) for one in told if one.id != "b"], "m")
    await stores.deliveries.reported(told)
    left = await stores.deliveries.unreported(PARTS, NOW, 10)
    assert {(one.id, one.state) for one in left} == {("a", "delivered"), ("c", "delivered")}
    await stores.deliveries.reported(left)
    assert await stores.deliveries.unreported(PARTS, NOW, 10) == []


async def test_lists_are_newest_first_filtered_and_go_on_where_the_page_ended(stores: Stores) -> None:
    def at(n: int, **more: Any) -> Delivery:
        return queued(id=f"d{n}", at=NOW + timedelta(milliseconds=n // 2), **more)

    await stores.deliveries.insert([at(n, subject=f"i{n % 2}", medium="sms" if n < 6 else "email") for n in range(8)])

    async def walk(wanted: Wanted) -> list[str]:
        found, after = list[Delivery](), None
        while True:
            rows = await stores.deliveries.page(wanted, Page(3, after))
            found += rows[:3]
            if len(rows) <= 3:
                return [one.id for one in found]
            after = Cursor(int(rows[2].at.timestamp() * 1000), rows[2].id)

    assert await walk(Wanted()) == [f"d{n}" for n in range(7, -1, -1)]
    assert await walk(Wanted(subject="i1")) == ["d7", "d5", "d3", "d1"]
    assert await walk(Wanted(subject="i1", medium="sms", state="queued")) == ["d5", "d3", "d1"]
    assert await walk(Wanted(state="sent")) == []
    assert await walk(Wanted(provider="first")) == []
    ends = {"d2": "gave_up: http_503", "d4": "gave_up", "d6": "gave_upon"}
    await stores.deliveries.replace(
        [steps.end(one, "failed", ends[one.id], NOW) for one in await stores.deliveries.of([*ends])], "m"
    )
    assert await walk(Wanted(why="gave_up")) == ["d4", "d2"]
    assert await walk(Wanted(why="gave_up: http_503")) == ["d2"]
    assert await walk(Wanted(why="gave.up")) == []
    assert await walk(Wanted(critical=True)) == []
    assert len(await walk(Wanted(critical=False))) == 8


async def test_deliveries_are_counted_by_what_they_have_in_common_the_most_first(stores: Stores) -> None:
    hour = timedelta(hours=1)
    late = queued(id="late", at=NOW - hour, due=NOW - hour, useful_until=NOW + hour)
    sent = [replace(steps.end(queued(id=f"s{n}"), "sent", None, NOW), provider="first") for n in range(3)]
    skipped = steps.end(queued(id="gone", medium="email"), "skipped", "stale", NOW)
    await stores.deliveries.insert([queued(), late, *sent, skipped])
    useful = queued().useful_until
    all_sent = Tally("sms", "sent", None, "first", 3, NOW, None, useful)
    waiting = Tally("sms", "queued", None, None, 2, NOW - hour, NOW - hour, NOW + hour)
    stale = Tally("email", "skipped", "stale", None, 1, NOW, None, useful)
    tally = stores.deliveries.tally
    assert await tally(Wanted(), 10) == [all_sent, waiting, stale]
    assert await tally(Wanted(), 1) == [all_sent]
    assert await tally(Wanted(provider="first"), 10) == [all_sent]
    assert await tally(Wanted(medium="sms", since=NOW - hour), 10) == [all_sent, waiting]
    [fresh] = await tally(Wanted(state="queued", since=NOW), 10)
    assert (fresh.count, fresh.oldest) == (1, NOW)
    assert await tally(Wanted(subject="nobody's"), 10) == []


async def test_the_open_ones_are_counted_by_medium_and_state(stores: Stores) -> None:
    waits = steps.wait(queued(id="w"), "contact", NOW)
    old = queued(id="o", at=NOW - timedelta(days=1))
    over = steps.end(queued(id="e"), "sent", None, NOW)
    await stores.deliveries.insert([queued(), old, waits, sending(id="s"), over, queued(id="p", p=2)])
    found = sorted(await stores.deliveries.standing(PARTS), key=lambda one: one.state)
    assert found == [
        Standing("sms", "held", 1, NOW), Standing("sms", "queued", 2, old.at), Standing("sms", "sending", 1, NOW),
    ]  # fmt: skip
    waiting, second = stores.deliveries.waiting, timedelta(seconds=1)
    assert await waiting(PARTS, since=NOW - second, until=None) == 1
    assert await waiting(PARTS, since=NOW, until=None) == 0
    assert await waiting(PARTS, since=None, until=NOW) == 1
    assert await waiting(PARTS, since=None, until=NOW - second) == 0


async def test_a_shelf_keeps_the_highest_version_and_finds_by_a_field(stores: Stores) -> None:
    shelf = stores.directory
    await shelf.put([{"_id": "a", "version": 2, "unit": "tax"}, {"_id": "b", "version": 1, "unit": "tax"}])
    await shelf.put([{"_id": "a", "version": 1, "unit": "old"}, {"_id": "b", "version": 3, "unit": "police"}])
    assert await shelf.get(["a", "c"]) == {"a": {"_id": "a", "version": 2, "unit": "tax"}}
    assert sorted(d["_id"] for d in await shelf.having("unit", ["tax", "police"])) == ["a", "b"]
    assert await shelf.having("unit", ["old"]) == []


async def test_what_was_erased_leaves_nothing_and_older_versions_stay_away(stores: Stores) -> None:
    await stores.contacts.put([{"_id": "i1/intake", "version": 2, "party": {"sealed": "x"}}])
    await stores.contacts.erase(["i1/intake", "i2/intake"])
    await stores.contacts.put([{"_id": "i1/intake", "version": 1, "party": {"sealed": "x"}}])
    assert await stores.contacts.get(["i1/intake", "i2/intake"]) == {
        "i1/intake": {"_id": "i1/intake", "version": 2, "erased": True},
        "i2/intake": {"_id": "i2/intake", "version": 0, "erased": True},
    }


# ── digests ──────────────────────────────────────────────────────────────────────────────────────────────────────────

LATER = NOW + timedelta(minutes=10)
LIST = "digest:officer:tax:sms:1"


async def test_what_nobody_has_had_in_hand_is_withdrawn_and_again_says_the_same(stores: Stores) -> None:
    await stores.deliveries.insert([queued(id="new"), queued(id="had", ver=2), queued(id="held", state="held")])
    for _ in range(2):
        assert await stores.deliveries.withdraw(["new", "had", "held", "none"]) == {"new", "none"}
    assert {one.id for one in await stores.deliveries.of(["new", "had", "held"])} == {"had", "held"}
    assert await stores.deliveries.withdraw([]) == frozenset()


def member(id: str, **more: Any) -> Delivery:
    return steps.hold(queued(id=id, **more), "gathered", LATER, now=NOW, digest=LIST)


async def test_what_left_lately_is_counted_by_recipient_and_medium(stores: Stores) -> None:
    ago = [NOW - timedelta(hours=hours) for hours in (1, 2, 25)]
    left = [queued(id=f"d{n}", recipient="officer:tax", left=at) for n, at in enumerate(ago)]
    others = [queued(id="x", recipient="officer:tax", left=NOW, medium="email"), queued(id="y", recipient="unit:tax")]
    await stores.deliveries.insert([*left, *others])
    found = await stores.digests.recent("sms", ["officer:tax", "unit:tax"], NOW - timedelta(hours=24))
    assert found == {"officer:tax": Recent(2, ago[1], ago[0])}


async def test_when_something_left_for_an_address_outside_is_known_over_all_its_issues(stores: Stores) -> None:
    ago = [NOW - timedelta(hours=hours) for hours in (1, 2, 24)]
    party: dict[str, Any] = {"reached": "x", "audience": "party", "recipient": "party:i"}
    left = [queued(id=f"d{n}", left=at, subject=f"i{n}", **party) for n, at in enumerate(ago)]
    filer = queued(id="f", left=NOW, **{**party, "audience": "filer"})
    others = [
        queued(id="mail", left=NOW, medium="email", **party), queued(id="waits", **party),
        queued(id="staff", left=NOW, **{**party, "audience": "officer"}),
        queued(id="again", left=NOW, **{**party, "recipient": None}),
        queued(id="another", left=NOW, **{**party, "reached": "y"}),
    ]  # fmt: skip
    await stores.deliveries.insert([*left, filer, *others])
    assert await stores.digests.left("sms", ["x", "z"], NOW - timedelta(hours=24)) == {"x": [ago[1], ago[0], NOW]}


async def erase(stores: Stores, *subjects: str) -> None:
    await stores.deliveries.erasing(subjects)
    await stores.deliveries.forget(subjects)


async def test_who_has_one_in_hand_that_is_erased_has_it_no_more_and_never_writes_what_was_taken_from_it(
    stores: Stores,
) -> None:
    party: dict[str, Any] = {"audience": "party", "reached": "x", "provider_id": "p"}
    under_way = replace(sending(), **party)
    list_under_way = replace(sending(id="list", subject="list"), **{**party, "reached": "y"})
    member = queued(id="m", subject="i1", audience="party", digest="list")
    others = [queued(id="o", audience="officer", reached="z"), queued(id="i2", subject="i2", **party)]
    await stores.deliveries.insert([under_way, list_under_way, member, *others])
    traces = Traces(frozenset({"d1", "list", "m"}), frozenset({"x", "y"}))
    assert await stores.deliveries.erasing(["i1"]) == traces
    sent = replace(steps.end(under_way, "sent", None, NOW), provider_id="p")
    assert await stores.deliveries.replace([sent, replace(list_under_way, state="sent")], "m1") == frozenset()
    assert await stores.deliveries.erasing(["i1"]) == traces, "again, after a crash, it says the same"
    await stores.deliveries.forget(["i1"])
    found = await stores.deliveries.get("d1")
    assert found == replace(under_way, ver=2, erased=True, reached=None, provider_id=None)
    late = replace(found, state="sent", reached="x", provider_id="p")
    assert await stores.deliveries.replace([late], "m2") == {"d1"}
    assert await stores.deliveries.get("d1") == replace(found, state="sent", ver=3)
    assert [await stores.deliveries.get(one.id) for one in others] == others
    assert await stores.deliveries.erasing(["i1"]) == Traces(traces.ids, frozenset())


async def test_with_an_erased_issue_its_ended_lists_forget_the_address_and_open_ones_keep_it(stores: Stores) -> None:
    party: dict[str, Any] = {"audience": "party", "reached": "x", "provider_id": "p"}
    ended = replace(steps.end(queued(id="over", **{**party, "subject": "over"}), "sent", None, NOW), provider_id="p")
    open, other = (queued(id=id, **{**party, "subject": id}) for id in ("open", "other"))
    members = [queued(id=f"m{n}", subject="i1", audience="party", digest=id) for n, id in enumerate(("over", "open"))]
    await stores.deliveries.insert([ended, open, other, *members])
    await erase(stores, "i1")
    found = [await stores.deliveries.get(id) for id in ("over", "open", "other")]
    assert [(one.reached, one.provider_id) for one in found if one] == [(None, None), ("x", "p"), ("x", "p")]


async def test_a_digest_takes_what_is_held_for_it_and_nothing_else_sends_that(stores: Stores) -> None:
    held = [member("a", at=NOW), member("b", at=NOW - timedelta(hours=1)), member("c")]
    other = steps.hold(queued(id="other"), "gathered", LATER, now=NOW, digest="digest:another")
    await stores.deliveries.insert([*held, other, queued(id="free")])
    assert await ripe(stores) == ["free"]
    await stores.digests.take([LIST])
    assert sorted(await ripe(stores, now=LATER)) == ["free", "other"]
    assert await stores.deliveries.replace([held[0]], "m") == frozenset(), "who had it in hand before has it no more"
    await stores.deliveries.insert([member("late")])
    await stores.digests.take([LIST])
    taken = (await stores.digests.taken([LIST], 2))[LIST]
    assert (taken.count, taken.first[0].id) == (4, "b")


async def test_an_ended_digest_marks_what_it_took_and_leaves_what_came_too_late(stores: Stores) -> None:
    await stores.deliveries.insert([member("a"), member("b")])
    await stores.digests.take([LIST])
    await stores.deliveries.insert([member("late")])
    ended = steps.end(queued(id=LIST), "failed", "http_400", NOW)
    await stores.digests.close(ended, NOW)
    await stores.digests.close(ended, NOW)
    found = [await stores.deliveries.get(id) for id in ("a", "b", "late")]
    assert [(one.state, one.why) for one in found if one] == [
        ("failed", "digest: http_400"), ("failed", "digest: http_400"), ("held", "gathered"),
    ]  # fmt: skip
    assert {one.id for one in await stores.deliveries.unreported(PARTS, NOW, 10)} == {"a", "b"}
    assert "late" in await ripe(stores, now=LATER)


async def test_what_a_digest_told_follows_it_to_another_end_and_what_was_skipped_before_does_not(
    stores: Stores,
) -> None:
    await stores.deliveries.insert([member("a"), replace(member("s"), state="skipped", again=None)])
    await stores.digests.take([LIST])
    await stores.digests.close(steps.end(queued(id=LIST), "sent", None, NOW), NOW)
    await stores.deliveries.reported(await stores.deliveries.of(["a"]))
    await stores.digests.close(steps.end(queued(id=LIST), "sent", None, NOW), NOW)
    assert await stores.deliveries.unreported(PARTS, NOW, 10) == [], "the same end again is no news"
    await stores.digests.close(steps.end(queued(id=LIST), "failed", "unreachable: 5.1.1", NOW), NOW)
    found = [await stores.deliveries.get(id) for id in ("a", "s")]
    assert [(one.state, one.why) for one in found if one] == [
        ("failed", "digest: unreachable: 5.1.1"), ("skipped", "gathered"),
    ]  # fmt: skip
    assert [one.id for one in await stores.deliveries.unreported(PARTS, NOW, 10)] == ["a"]


async def test_what_is_let_go_waits_for_no_hour_and_no_list_and_whoever_had_it_in_hand_has_it_no_more(
    stores: Stores,
) -> None:
    night = steps.hold(queued(id="night"), "quiet_hours", LATER, now=NOW)
    waits = steps.wait(queued(id="waits"), "contact", NOW)
    ended = steps.end(queued(id="ended"), "sent", None, NOW)
    theirs = [member("listed"), night, waits, queued(id="queued"), sending(id="sending"), ended]
    other = member("other", subject="i2")
    await stores.deliveries.insert([*theirs, other, queued(id=LIST, subject=LIST, due=LATER, state="held")])
    before = {one.id: one for one in await stores.deliveries.of([one.id for one in theirs])}
    await stores.digests.let_go(["i1"], NOW)
    after = {one.id: one for one in await stores.deliveries.of([*before, "other"])}
    critical = {"listed", "night", "waits", "queued"}
    assert {id for id, one in after.items() if one.critical} == critical
    assert {one.id for one in await stores.deliveries.ripe("sms", PARTS, now=NOW, real=NOW, limit=10)} == {
        "listed", "night", "queued",
    }  # fmt: skip
    assert (after["listed"].digest, after["other"].digest) == (None, LIST)
    assert {id for id, one in before.items() if after[id].ver > one.ver} == critical
    assert after["waits"].again == waits.again, "what it waits for is not there yet"


async def test_what_a_list_took_is_let_go_by_itself_unless_the_list_is_just_being_sent(stores: Stores) -> None:
    leaving = "digest:leaving"
    lists = [queued(id=LIST, subject=LIST, due=LATER, state="held"), sending(id=leaving, subject=leaving)]
    members = [member("a"), member("b", subject="i2")]
    gone = steps.hold(queued(id="gone"), "gathered", LATER, now=NOW, digest=leaving)
    await stores.deliveries.insert([*lists, *members, gone])
    await stores.digests.take([LIST, leaving])
    await stores.digests.let_go(["i1"], NOW)
    found = {one.id: one for one in await stores.deliveries.of(["a", "b", "gone", LIST, leaving])}
    assert (found["a"].digest, found["a"].critical, found["a"].due) == (None, True, NOW)
    assert (found["b"].digest, found["gone"].digest) == (LIST, leaving)
    assert {one.id: found[one.id].ver - one.ver for one in lists} == {LIST: 1, leaving: 0}
    assert {id: one.count for id, one in (await stores.digests.taken([LIST, leaving], 9)).items()} == {
        LIST: 1, leaving: 1,
    }  # fmt: skip
    await stores.digests.let_go(["i1"], NOW)
    assert (await stores.deliveries.of(["gone"]))[0].digest == leaving


async def test_which_digests_are_open_and_when_what_is_held_goes_on(stores: Stores) -> None:
    waits = steps.wait(queued(id="w"), "contact", NOW)
    await stores.deliveries.insert([member("a"), waits, queued(id=LIST, due=LATER, state="held", again=NOW)])
    await stores.deliveries.insert([steps.end(queued(id="over"), "sent", None, NOW)])
    still_open = await stores.digests.still_open([LIST, "over", "none"])
    assert {id: (one.due, one.tries) for id, one in still_open.items()} == {LIST: (LATER, 0)}
    assert await stores.digests.next_due(PARTS, NOW) == LATER
    assert await stores.digests.next_due(PARTS, LATER) is None
    assert await stores.digests.next_due((7,), NOW) is None
    assert (await stores.digests.released(PARTS, NOW), await stores.digests.released(PARTS, LATER)) == (0, 2)


async def test_lists_are_filtered_by_unit_reason_and_since_and_what_a_provider_knew_is_forgotten(
    stores: Stores,
) -> None:
    later = NOW + timedelta(seconds=1)
    mine = [queued(id="u", unit="tax", audience="officer"), queued(id="w", why="contact"), queued(id="s", at=later)]
    sent = [replace(queued(id=id, audience=who), provider_id="p") for id, who in (("p", "party"), ("o", "officer"))]
    await stores.deliveries.insert([*mine, *sent])

    async def found(**asked: Any) -> list[str]:
        return sorted(one.id for one in await stores.deliveries.page(Wanted(**asked), Page(10, None)))

    assert (await found(unit="tax"), await found(why="contact"), await found(since=later)) == (["u"], ["w"], ["s"])
    await erase(stores, "i1")
    known = [await stores.deliveries.get(id) for id in ("p", "o")]
    assert [one.provider_id for one in known if one] == [None, "p"]


async def test_lists_are_filtered_by_account_template_event_and_the_end_of_a_span(stores: Stores) -> None:
    def at(n: int, **more: Any) -> Delivery:
        return queued(id=f"d{n}", at=NOW + timedelta(seconds=n), **more)

    first, both, second = at(0, users=("a",)), at(1, users=("a", "b")), at(2, users=("b",))
    await stores.deliveries.insert([first, both, second, at(3, template="other"), at(4, event="desk:i1:9")])

    async def found(**asked: Any) -> list[str]:
        rows = [one.id for one in await stores.deliveries.page(Wanted(**asked), Page(10, None))]
        tallies = await stores.deliveries.tally(Wanted(**asked), 10)
        assert sum(one.count for one in tallies) == len(rows), "counts are of the same"
        return rows

    assert (await found(user="a"), await found(user="b"), await found(user="c")) == (["d1", "d0"], ["d2"], [])
    assert (await found(template="other"), await found(event="desk:i1:9")) == (["d3"], ["d4"])
    assert await found(until=second.at) == ["d1", "d0"]
    assert await found(since=both.at, until=second.at) == ["d1"]
    assert await found(user="a", until=both.at) == ["d0"]
    after = Cursor(int(both.at.timestamp() * 1000), "d1")
    assert [one.id for one in await stores.deliveries.page(Wanted(user="a"), Page(10, after))] == ["d0"]


@asynccontextmanager
async def on_mongo(mongo: str, prefix: str) -> AsyncIterator[tuple[Stores, Any]]:
    """Yield the stores, and the database that they are in."""
    client = connect(mongo)
    database = client.get_database(f"{prefix}_notify")
    stores = mongo_stores(MongoDocuments(database, "subjects"))
    await stores.deliveries.prepare()
    await stores.digests.prepare()
    try:
        yield stores, database
    finally:
        await client.drop_database(database.name)
        client.close()


@pytest.mark.parametrize("asked", [{"user": "a"}, {"template": "rare"}, {"event": "desk:i1:9"}], ids=str)
async def test_a_list_of_few_among_many_reads_few(mongo: str, prefix: str, asked: dict[str, Any]) -> None:
    many = [queued(id=f"m{n}", at=NOW + timedelta(seconds=n), users=("b",)) for n in range(300)]
    few = [queued(id=f"f{n}", at=NOW, users=("a",), template="rare", event="desk:i1:9") for n in range(3)]
    wanted = {"$and": [Wanted(**asked).conditions(), {"at": {"$lt": NOW + timedelta(days=1)}}]}
    async with on_mongo(mongo, prefix) as (stores, database):
        await stores.deliveries.insert([*many, *few])
        plan = await database.deliveries.find(wanted).sort([("at", -1), ("_id", -1)]).limit(51).explain()
        assert (plan["executionStats"]["nReturned"], plan["executionStats"]["totalDocsExamined"]) == (3, 3)


LISTS, EACH = 200, 10
BEHIND = Cursor(int((NOW + timedelta(seconds=100)).timestamp() * 1000), "l99-1")
ASKED: dict[str, Callable[[Stores], Awaitable[Any]]] = {
    "ripe": lambda it: it.deliveries.ripe("sms", PARTS, now=NOW, real=NOW, limit=10),
    "unreported": lambda it: it.deliveries.unreported(PARTS, NOW, 10),
    "reported": lambda it: it.deliveries.reported([queued(id="l7-0")]),
    "carried": lambda it: it.deliveries.carried("p", ["theirs-7"]),
    "later_page": lambda it: it.deliveries.page(Wanted(), Page(10, BEHIND)),
    "under_way": lambda it: it.deliveries.under_way(NOW),
    "heard": lambda it: it.deliveries.heard("sms", ["i7"], ["e7"]),
    "erasing": lambda it: it.deliveries.erasing(["i7"]),
    "forget": lambda it: it.deliveries.forget(["i7"]),
    "recent": lambda it: it.digests.recent("sms", ["officer:u7"], NOW - timedelta(days=1)),
    "left": lambda it: it.digests.left("sms", ["index-7"], NOW - timedelta(days=1)),
    "take": lambda it: it.digests.take(["list-7"]),
    "taken": lambda it: it.digests.taken(["list-8"], 100),
    "close": lambda it: it.digests.close(queued(id="list-8", state="sent"), NOW),
    "still_open": lambda it: it.digests.still_open(["l7-0"]),
    "let_go": lambda it: it.digests.let_go(["i7"], NOW),
}


@pytest.mark.parametrize("asked", ASKED)
async def test_what_is_asked_of_a_storm_reads_no_more_than_it_is_about(mongo: str, prefix: str, asked: str) -> None:
    async with on_mongo(mongo, prefix) as (stores, database):
        await stores.deliveries.insert([one for n in range(LISTS) for one in of_a_list(n)])
        assert await examined(database, ASKED[asked](stores)) <= 6 * EACH


def of_a_list(n: int) -> list[Delivery]:
    """What one unit's officer is told of one issue: of every second one it is taken, of every third it left."""
    both = {
        "subject": f"i{n}", "event": f"e{n}", "unit": f"u{n}", "recipient": f"officer:u{n}", "digest": f"list-{n}",
        "reached": f"index-{n}", "users": (f"o{n}",), "due": NOW + timedelta(hours=1),
    }  # fmt: skip
    stands: dict[str, Any] = {"state": "held"}
    if n % 2 == 0:
        stands |= {"again": None, "due": None}
    elif n % 3 == 0:
        stands = {"state": "sent", "again": None, "due": None, "left": NOW, "provider": "p"}
        stands |= {"provider_id": f"theirs-{n}", "report_at": NOW + timedelta(hours=1)}
    return [queued(id=f"l{n}-{each}", at=NOW + timedelta(seconds=n + each), **both | stands) for each in range(EACH)]
