"""What everybody may know of: found alike in memory and in MongoDB, there by indexes alone."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

import pytest

from sanfu.intake.adapters.public_memory import MemoryPublicIssues
from sanfu.intake.adapters.public_mongo import MongoPublicIssues, _filter, _index, _spans
from sanfu.intake.ports import Look, PublicIssues
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.mongo import MongoDocuments, connect

OPEN = ["submitted", "assigned"]


class Store(Protocol):
    issues: PublicIssues

    async def put(self, *documents: dict[str, Any]) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self.documents = MemoryDocuments()
        self.issues: PublicIssues = MemoryPublicIssues(self.documents)

    async def put(self, *documents: dict[str, Any]) -> None:
        self.documents.documents |= {one["_id"]: one for one in documents}


class InMongo:
    def __init__(self, documents: MongoDocuments) -> None:
        self.collection = documents.collection
        self.issues: PublicIssues = MongoPublicIssues(documents)

    async def put(self, *documents: dict[str, Any]) -> None:
        await self.collection.insert_many([{**one} for one in documents])


@pytest.fixture(params=["memory", "mongo"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield InMemory()
        return
    prefix, client = request.getfixturevalue("prefix"), connect(request.getfixturevalue("mongo"))
    try:
        found = InMongo(MongoDocuments(client.get_database(f"{prefix}_intake"), "subjects"))
        await found.issues.prepare()
        await found.issues.prepare()
        yield found
        await client.drop_database(f"{prefix}_intake")
    finally:
        client.close()


def at(day: int, hour: int = 0) -> str:
    return f"2026-05-{day:02}T{hour:02}:00:00.000Z"


def issue(id: str, day: int = 1, **known: Any) -> dict[str, Any]:
    public = {"shown": True, "key": "assigned", "category": "road-lamp", "updated": at(day), "updates": []}
    said = {"place": {"town": known.pop("town", None)}}
    return {"_id": id, "p": 0, "ver": 1, "received_at": at(day), "submission": said, "public": {**public, **known}}


def update(of: str, number: int, day: int, hour: int = 0) -> dict[str, Any]:
    return {"id": f"desk:{of}:{number}", "at": at(day, hour), "key": "assigned", "reply": None}


async def found(store: Store, keys: list[str] | None = None, **more: Any) -> list[str]:
    return [one["_id"] for one in await store.issues.look(Look(keys or OPEN, **more))]


async def test_the_newest_come_first_page_by_page_and_those_of_one_instant_by_their_ids(store: Store) -> None:
    await store.put(issue("a", 1), issue("c", 2), issue("b", 2), issue("d", 3))
    assert await found(store) == ["d", "b", "c", "a"]
    assert await found(store, limit=2) == ["d", "b"]
    assert await found(store, limit=2, skip=2) == ["c", "a"]
    assert await found(store, received=(at(2), at(2))) == ["b", "c"], "ends included"


async def test_only_what_everybody_may_know_of_is_found(store: Store) -> None:
    await store.put(issue("a"), issue("b", shown=False), {**issue("c"), "public": {"shown": False}})
    await store.put({"_id": "old", "p": 0, "ver": 1, "received_at": at(1)})
    assert await found(store) == ["a"]
    assert [one["_id"] for one in await store.issues.known(["c", "none", "a", "c", "old"])] == ["c", "a"]
    assert [told["id"] for _, told in await store.issues.updates(Look(OPEN, updated=(at(1), at(9))))] == []


async def test_state_category_and_town_narrow_it(store: Store) -> None:
    await store.put(issue("a", 1, key="closed.resolved"), issue("b", 2, category="noise"), issue("c", 3, town="fotang"))
    assert await found(store, ["closed.resolved", "closed"]) == ["a"]
    assert await found(store, categories=["noise", "gas"]) == ["b"]
    assert await found(store, town="fotang") == ["c"]
    assert await found(store, town="choucheng") == []


async def test_by_its_last_update_the_last_updated_comes_first(store: Store) -> None:
    await store.put(issue("a", 1, updated=at(9)), issue("b", 2, updated=at(5)), issue("c", 3))
    assert await found(store, updated=(at(4), at(9))) == ["a", "b"]
    assert await found(store, updated=(at(4), at(9)), received=(at(2), at(3))) == ["b"]


async def test_updates_of_a_span_come_the_oldest_first_each_with_its_issue(store: Store) -> None:
    await store.put(issue("a", updates=[update("a", 1, 2), update("a", 2, 5)]))
    await store.put(issue("b", updates=[update("b", 1, 3), update("b", 2, 8)]))

    async def told(*span: str, **more: Any) -> list[str]:
        pairs = await store.issues.updates(Look(OPEN, updated=(span[0], span[1]), **more))
        assert all(one["_id"] == update["id"].split(":")[1] for one, update in pairs)
        return [update["id"] for _, update in pairs]

    assert await told(at(1), at(9)) == ["desk:a:1", "desk:b:1", "desk:a:2", "desk:b:2"]
    assert await told(at(3), at(5)) == ["desk:b:1", "desk:a:2"], "none of what came before or after"
    assert await told(at(1), at(9), skip=1, limit=2) == ["desk:b:1", "desk:a:2"]


LOOKS = {
    "everything": Look(OPEN, limit=5),
    "a span": Look(OPEN, received=(at(1), at(28)), limit=5),
    "a category": Look(OPEN, ["road-lamp"], received=(at(1), at(28)), limit=5),
    "by update": Look(OPEN, updated=(at(1), at(28)), limit=5),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_a_page_reads_what_stands_on_it_and_not_what_is_there(look: Look, mongo: str, prefix: str) -> None:
    client = connect(mongo)
    try:
        store = InMongo(MongoDocuments(client.get_database(f"{prefix}_intake"), "subjects"))
        await store.issues.prepare()
        await store.put(*(issue(f"i{n:04}", 1 + n % 28, key=OPEN[n % 2]) for n in range(1000)))
        first = "public.updated" if look.updated else "received_at"
        asked = store.collection.find(_filter(look) | _spans(look)).sort([(first, -1), ("_id", 1)])
        plan = await asked.limit(look.limit).hint(_index(look)).explain()
        read = plan["executionStats"]
        assert (read["nReturned"], read["totalDocsExamined"] <= 2 * look.limit) == (5, True), read["totalDocsExamined"]
        assert "SORT_MERGE" in str(read) or "'stage': 'SORT'" not in str(read), (
            "nothing is sorted that was not asked for"
        )
    finally:
        await client.drop_database(f"{prefix}_intake")
        client.close()
