"""One behaviour suite for every document store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import pytest

from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.store import Change, Documents, Entry, Mark, StoreDown
from sanfu.runtime.weighing import Unfit, weight
from tests.support.eventually import eventually
from tests.support.examined import examined

AT = datetime(2026, 3, 2, 8, 30, 0, 123000, tzinfo=UTC)


@pytest.fixture(params=["memory", "mongo"])
async def documents(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[Documents]:
    if request.param == "memory":
        yield MemoryDocuments()
        return
    client = connect(request.getfixturevalue("mongo"))
    store = MongoDocuments(client.get_database(f"{prefix}_suite"), "subjects")
    await store.prepare()
    yield store
    await client.drop_database(f"{prefix}_suite")
    client.close()


def new(id: str, p: int = 0, pushes: tuple[Entry, ...] = (), **sets: Any) -> Change:
    return Change(id, 0, {"ver": 1, "p": p, "seen": {}, "out": 0, **sets}, (), pushes)


def entry(ref: str, at: datetime = AT) -> Entry:
    return Entry(ref=ref, to="sanfu.story.v1", key="k", headers=[("ce_id", b"x")], value=b"{}", at=at)


async def test_a_new_document_comes_back_as_written(documents: Documents) -> None:
    assert await documents.write([new("a", 3, (entry("r1"),), due=AT, title="路灯不亮", nested={"x": [1, None]})])
    found = (await documents.read(["a", "b"]))["a"]
    assert found["due"] == AT
    assert found["title"] == "路灯不亮"
    assert found["nested"] == {"x": [1, None]}
    assert [(e["ref"], e["value"], dict(e["headers"])) for e in found["outbox"]] == [("r1", b"{}", {"ce_id": b"x"})]


async def test_names_that_mean_something_to_a_driver_come_back_as_written(documents: Documents) -> None:
    odd = {"$ref": "x", "$id": "y", "more": [{"$ref": "x", "$id": {"$ref": "z", "$id": 1}}], "a.b": {"$db": 1}}
    assert await documents.write([new("a", nested=odd, listed=[odd])])
    found = (await documents.read(["a"]))["a"]
    assert (found["nested"], found["listed"]) == (odd, [odd])


async def test_a_lost_compare_and_set_changes_nothing_and_the_others_hold(documents: Documents) -> None:
    assert await documents.write([new("a", n=1), new("b", n=1)])
    again = [new("a", n=2), Change("b", 1, {"ver": 2, "n": 2}), new("c", n=1), Change("d", 5, {"ver": 6})]
    assert not await documents.write(again)
    found = await documents.read(["a", "b", "c", "d"])
    assert {id: document["n"] for id, document in found.items()} == {"a": 1, "b": 2, "c": 1}


async def test_a_change_sets_unsets_and_pushes_at_once(documents: Documents) -> None:
    await documents.write([new("a", pushes=(entry("r1"),), due=AT, gone=1)])
    assert await documents.write([Change("a", 1, {"ver": 2, "n": 5}, ("due", "gone"), (entry("r2"),))])
    found = (await documents.read(["a"]))["a"]
    assert "due" not in found
    assert "gone" not in found
    assert (found["n"], [e["ref"] for e in found["outbox"]]) == (5, ["r1", "r2"])


async def test_clearing_takes_only_the_named_entries_and_moves_no_version(documents: Documents) -> None:
    await documents.write([new("a", pushes=(entry("r1"), entry("r2"))), new("b", pushes=(entry("r3"),))])
    await documents.clear({"a": ["r1", "never there"], "b": ["r3"]})

    async def left() -> dict[str, tuple[int, list[str]]]:
        found = await documents.read(["a", "b"])
        return {id: (document["ver"], [e["ref"] for e in document["outbox"]]) for id, document in found.items()}

    async def cleared() -> bool:
        return await left() == {"a": (1, ["r2"]), "b": (1, [])}

    await eventually(cleared)


async def test_due_comes_oldest_first_for_the_partitions_asked(documents: Documents) -> None:
    await documents.write([new(f"d{n}", n % 3, due=AT + timedelta(seconds=10 - n)) for n in range(9)] + [new("never")])
    found = await documents.due([0, 1], AT + timedelta(seconds=8), 3)
    assert [d["_id"] for d in found] == ["d7", "d6", "d4"]
    assert await documents.next_due([2]) == AT + timedelta(seconds=2)
    assert await documents.next_due([7]) is None


async def test_what_was_not_published_is_found_by_age(documents: Documents) -> None:
    await documents.write([new("old", 1, (entry("r1"),)), new("young", 1, (entry("r2", AT + timedelta(seconds=9)),))])
    await documents.write([new("clean", 1), new("elsewhere", 2, (entry("r3"),))])
    assert [d["_id"] for d in await documents.unsent([1], AT + timedelta(seconds=1), 10)] == ["old"]
    census = await documents.census([1])
    assert (census.unsent, census.oldest_unsent) == (2, AT)
    await documents.clear({"old": ["r1"], "young": ["r2"]})

    async def none_left() -> bool:
        return await documents.unsent([1], AT + timedelta(days=1), 10) == []

    await eventually(none_left)


async def test_what_waits_for_a_target_set_aside_is_not_found_again_and_again(documents: Documents) -> None:
    nowhere = {**entry("r1"), "to": "sanfu.nowhere.v1"}
    await documents.write([new("stuck", 0, (nowhere,)), new("both", 0, (nowhere, entry("r2")))])  # type: ignore[arg-type]
    found = await documents.unsent([0], AT + timedelta(seconds=1), 10, ["sanfu.nowhere.v1"])
    assert [d["_id"] for d in found] == ["both"]
    assert len(found[0]["outbox"]) == 2
    assert len(await documents.unsent([0], AT + timedelta(seconds=1), 10)) == 2


async def test_parked_subjects_are_counted(documents: Documents) -> None:
    await documents.write([new("a", parked={"since": AT, "reason": "x", "seen": {}}), new("b")])
    assert (await documents.census([0])).parked == 1


async def test_a_partition_can_be_paged_through(documents: Documents) -> None:
    await documents.write([new(f"s{n}", n % 2) for n in range(7)])
    first = await documents.page(0, "", 3)
    rest = await documents.page(0, first[-1]["_id"], 3)
    assert [d["_id"] for d in first + rest] == ["s0", "s2", "s4", "s6"]


async def test_an_insert_leaves_what_is_there(documents: Documents) -> None:
    await documents.insert("notes", [{"_id": "n1", "x": 1}])
    await documents.insert("notes", [{"_id": "n1", "x": 2}, {"_id": "n2", "x": 2}])
    if isinstance(documents, MemoryDocuments):
        found = documents.others["notes"]
    else:
        assert isinstance(documents, MongoDocuments)
        found = {d["_id"]: d async for d in documents.database.get_collection("notes").find()}
    assert {id: d["x"] for id, d in found.items()} == {"n1": 1, "n2": 2}


async def test_marks_and_settings_are_kept_and_wiping_leaves_settings(documents: Documents) -> None:
    assert await documents.mark("3") is None
    await documents.set_marks({"3": Mark(17, 40), "sanfu.contacts.v1:0": Mark(5)})
    assert await documents.mark("3") == Mark(17, 40)
    assert await documents.settle("partitions", 8) == 8
    assert await documents.settle("partitions", 64) == 8
    assert await documents.settle("schema", 1, [0]) == 1
    assert await documents.settle("schema", 2, [1]) == 2
    assert await documents.settle("schema", 3, [1]) == 2
    await documents.write([new("a")])
    await documents.wipe()
    assert await documents.mark("3") is None
    assert await documents.read(["a"]) == {}
    assert await documents.settle("partitions", 64) == 8
    assert await documents.settle("schema", 7) == 7, "an emptied store takes whatever form comes"


async def test_a_store_that_does_not_answer_says_so() -> None:
    client = connect("mongodb://127.0.0.1:9/?directConnection=true", timeout=0.2)
    gone = MongoDocuments(client.get_database("gone"), "subjects")
    for question in (gone.read(["a"]), gone.write([new("a")]), gone.mark("1"), gone.next_due([0])):
        with pytest.raises(StoreDown):
            await question
    client.close()


async def test_a_mark_never_goes_back(documents: Documents) -> None:
    await documents.set_marks({"1": Mark(17, 40), "2": Mark(5)})
    await documents.advance({"1": 20, "2": 3, "never met": 9})
    assert await documents.marks() == {"1": Mark(20, 40), "2": Mark(5)}
    await documents.set_marks({"1": Mark(18)})
    assert await documents.mark("1") == Mark(20), "what was live stays so"


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


MISFITS: dict[str, Any] = {
    "a number beyond 64 bits": {"n": 2**63},
    "a number below 64 bits": {"n": [-(2**63) - 1]},
    "a NUL in a key": {"extra": {"a\0b": 1}},
    "a lone surrogate": {"text": "\ud800"},
    "a lone surrogate in a key": {"extra": {"\ud800": 1}},
    "181 levels": {"deep": nested(181)},
    "very many levels": {"deep": nested(900)},
    "over 16 MB": {"text": "x" * (16 * 1024 * 1024)},
    "far over 16 MB": {"text": "x" * (20 * 1024 * 1024)},
    "a key that is no text": {"extra": {1: 2}},
    "a value that is no data": {"extra": {1, 2}},
}
FITS: dict[str, Any] = {
    "64 bits": {"n": [2**63 - 1, -(2**63)]},
    "operators and dots inside": {"extra": {"$set": {"$gt": 1}, "a.b": 2, "": 3}},
    "a NUL in a text": {"text": "a\0b"},
    "180 levels": {"deep": nested(180)},
    "nearly 16 MB": {"text": "x" * (16 * 1024 * 1024 - 200)},
}


@pytest.mark.parametrize("sets", MISFITS.values(), ids=MISFITS)
async def test_what_cant_be_held_is_named_and_the_others_can_be_written(
    documents: Documents, sets: dict[str, Any]
) -> None:
    await documents.write([new("old")])
    for bad in (new("bad", **sets), Change("old", 1, {"ver": 2, **sets})):
        with pytest.raises(Unfit) as raised:
            await documents.write([new("good"), bad])
        assert raised.value.whys.keys() == {bad.id}
        await documents.write([new("good")])
    found = await documents.read(["old", "bad", "good"])
    assert {id: document["ver"] for id, document in found.items()} == {"old": 1, "good": 1}


@pytest.mark.parametrize("sets", FITS.values(), ids=FITS)
async def test_whatever_fits_comes_back_as_it_was(documents: Documents, sets: dict[str, Any]) -> None:
    await documents.write([new("old")])
    assert await documents.write([new("new", **sets), Change("old", 1, {"ver": 2, **sets})])
    for document in (await documents.read(["new", "old"])).values():
        assert {name: document[name] for name in sets} == sets


async def test_an_outbox_that_outgrows_its_document_is_named(documents: Documents) -> None:
    full = tuple({**entry(f"r{n}"), "value": bytes(1024 * 1024)} for n in range(15))
    assert await documents.write([new("a", pushes=full)])  # type: ignore[arg-type]
    with pytest.raises(Unfit, match="a: "):
        await documents.write([Change("a", 1, {"ver": 2}, (), full[:1])])  # type: ignore[arg-type]


def test_a_weight_is_what_the_driver_makes_of_it() -> None:
    document = {
        "a": [1, 2**40, -1, True, None, 1.5], "文": "路灯", "e": entry("r"), "n": {"x": {}, "y": []}, "b": b"12",
        "many": list(range(120)),
    }  # fmt: skip
    assert weight(document) == len(bson.encode(document))


async def test_to_count_what_is_unsent_reads_it_once(mongo: str, prefix: str) -> None:
    client = connect(mongo)
    store = MongoDocuments(client[prefix], "subjects")
    try:
        await store.prepare()
        await store.write([new(f"u{n}", n % 4, (entry(f"r{n}", AT + timedelta(seconds=n)),)) for n in range(400)])
        assert await examined(client[prefix], store.census([0, 1, 2])) <= 310
        assert (await store.census([1, 2])).oldest_unsent == AT + timedelta(seconds=1)
    finally:
        await client.drop_database(prefix)
        client.close()
