"""Open issues nearby, as intake's records find them: the same in memory and on MongoDB, there by an index."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from sanfu.intake.adapters.memory import MemoryRecords
from sanfu.intake.adapters.mongo import MongoRecords
from sanfu.intake.ports import Records
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.mongo import MongoDocuments, connect

Put = Callable[[dict[str, Any]], Awaitable[None]]


@pytest.fixture(params=["memory", "mongo"])
async def store(request: pytest.FixtureRequest, prefix: str) -> AsyncIterator[tuple[Records, Put]]:
    if request.param == "memory":
        held = MemoryDocuments()

        async def keep(one: dict[str, Any]) -> None:
            held.documents[one["_id"]] = one

        yield MemoryRecords(held), keep
        return
    client = connect(request.getfixturevalue("mongo"))
    documents = MongoDocuments(client.get_database(f"{prefix}_intake"), "subjects")
    records = MongoRecords(documents)
    await records.prepare()
    await records.prepare()

    async def insert(one: dict[str, Any]) -> None:
        await documents.collection.insert_one(one)

    yield records, insert
    await client.drop_database(f"{prefix}_intake")
    client.close()


def issue(number: int, *keys: str, day: int = 2) -> dict[str, Any]:
    listed = {"near": list(keys)} if keys else {}
    return {"_id": f"i-{number}", "p": 0, "ver": 1, "received_at": f"2026-03-{day:02}T01:{number:02}:00.000Z", **listed}


async def test_those_under_any_of_the_keys_are_found_the_newest_first_and_no_more_than_asked(
    store: tuple[Records, Put],
) -> None:
    records, put = store
    for one in (issue(1, "a|lamp", "a|*"), issue(2, "b|*"), issue(3, "a|*"), issue(4), issue(5, "a|lamp", day=1)):
        await put(one)
    found = await records.near(["a|lamp", "a|*"], "2026-03-02T00:00:00.000Z", 60)
    assert [id for id, _ in found] == ["i-3", "i-1"], "each once, none too old"
    assert [id for id, _ in await records.near(["a|*", "b|*"], "2026-03-01", 2)] == ["i-3", "i-2"]
    assert await records.near([], "2026-03-01", 60) == []
    state = await records.issue("i-1")
    assert state is not None
    assert state["near"] == ["a|lamp", "a|*"]
    assert await records.issue("i-9") is None


async def test_among_many_that_are_not_public_a_look_reads_only_what_it_may_show(mongo: str, prefix: str) -> None:
    client = connect(mongo)
    documents = MongoDocuments(client.get_database(f"{prefix}_intake"), "subjects")
    await MongoRecords(documents).prepare()
    try:
        near = [issue(number, "a|*", f"a|{number % 7}") for number in range(50)]
        far = [{**issue(number % 60, "b|*"), "_id": f"b-{number}"} for number in range(3_000)]
        bare = [{**issue(number % 60), "_id": f"n-{number}"} for number in range(3_000)]
        await documents.collection.insert_many([*near, *far, *bare])
        wanted = {"near": {"$in": ["a|*", "c|*"]}, "received_at": {"$gte": "2026-03-01"}}
        plan = await documents.collection.find(wanted).sort("received_at", -1).limit(60).explain()
        assert plan["executionStats"]["totalDocsExamined"] == 50
        assert plan["executionStats"]["totalKeysExamined"] <= 60
        indexes = await documents.collection.index_information()
        assert indexes["near"]["partialFilterExpression"] == {"near": {"$exists": True}}, "it holds what is listed"
    finally:
        await client.drop_database(f"{prefix}_intake")
        client.close()
