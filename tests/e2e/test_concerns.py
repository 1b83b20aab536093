"""Two stories whose subjects bear upon each other, on a real Kafka and a real MongoDB: kill -9, and a lost database."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from sanfu.runtime.crash import CRASHPOINTS
from sanfu.runtime.mongo import MongoDocuments, connect
from sanfu.runtime.store import Mark
from tests.support import toy_pair as pair
from tests.support.eventually import eventually
from tests.support.toy_world import SLOW, World, opened

MATTERS = 12
OWN = [name for name in CRASHPOINTS if name.startswith("concerns.")]
OTHERS = [name for name in CRASHPOINTS if name.startswith("machine.")]


@dataclass(slots=True)
class Pair(World):
    """Matters and orders, their database, and what must hold of them."""

    topics: Mapping[str, int] = field(default_factory=lambda: pair.TOPICS)
    program: str = "tests.support.toy_pair_process"

    def both(self, client: Any) -> tuple[MongoDocuments, MongoDocuments]:
        matters = MongoDocuments(client.get_database(f"{self.prefix}_toy"), "subjects")
        return matters, matters.beside("orders")

    async def met(self) -> None:
        client = connect(self.mongo)
        for documents, topic in zip(self.both(client), (pair.MATTERS, pair.ORDERS), strict=True):
            await documents.set_marks({str(number): Mark(0) for number in range(pair.TOPICS[topic])})
        client.close()

    async def forget(self) -> None:
        client = connect(self.mongo)
        for documents in self.both(client):
            await documents.wipe()
        client.close()

    async def do(self, path: str, key: str, **data: Any) -> None:
        """Give a command until it is done; what it is given to may not be there yet."""

        async def done() -> bool:
            url = f"http://127.0.0.1:{self.copies[0].port}/v1/{path}"
            try:
                return (await self.client.post(url, json={"key": key, "data": data})).is_success
            except httpx.TransportError:
                return False

        await eventually(done, within=SLOW)

    async def lights(self) -> None:
        """Each matter wishes two orders, one to be replied to, one to run out; then another."""
        for wave, rounds, within in ((1, (1,), 3600), (2, (2,), 1), (3, (3,), 3600)):
            await self.ask([pair.lit(f"m-{n}", wave, *rounds, within=within) for n in range(MATTERS)])

    async def deeds(self) -> None:
        for n in range(MATTERS):
            await self.do(f"orders/order:m-{n}:red:1", f"reply-{n}", text="on our way")
            await self.do(f"matters/m-{n}", f"merge-{n}", into=[f"m-{(n + 1) % MATTERS}", f"nobody-{n}"])

    async def ended(self) -> dict[str, Any]:
        """Wait until nothing moves; tell the documents without what depends on when and in which order."""

        async def still() -> bool:
            if len(await self.orders()) < 3 * MATTERS or await self.running_out():
                return False
            return bool((await self.get("/ops/quiet")).json()["quiet"])

        await eventually(still, within=SLOW)
        client = connect(self.mongo)
        matters, orders = self.both(client)
        found = [*await matters.collection.find().to_list(None), *await orders.collection.find().to_list(None)]
        client.close()
        assert not [each["outbox"] for each in found if each["outbox"]]
        return {each["_id"]: _settled(each) for each in found}

    async def orders(self) -> list[dict[str, Any]]:
        client = connect(self.mongo)
        found = await self.both(client)[1].collection.find().to_list(None)
        client.close()
        return found

    async def running_out(self) -> list[str]:
        return [each["_id"] for each in await self.orders() if each["_id"].endswith(":2") and "overdue" not in each]

    async def tale(self) -> Counter[tuple[str, str, int]]:
        """Each own event's type and subject, with how many of them there are: a record may come again, by its id."""
        records = [*await self.broker.read(pair.MATTERS), *await self.broker.read(pair.ORDERS)]
        heads = [{name: value.decode() for name, value in record.headers} for record in records]
        ids = {one["ce_id"]: (one["ce_type"], one["ce_subject"]) for one in heads if one["ce_source"] == "/sanfu/toy"}
        bodies = {(dict(r.headers)["ce_id"], r.value) for r in records}
        assert len(bodies) == len({id for id, _ in bodies}), "an id has one content"
        return Counter((type, subject, 1) for type, subject in ids.values())


def _settled(document: Mapping[str, Any]) -> dict[str, Any]:
    left_out = ("ver", "outbox", "until", "due", "applied")
    kept = {name: value for name, value in document.items() if name not in left_out}
    return {**kept, "log": sorted(map(str, kept.get("log", []))), "heeded": sorted(kept.get("heeded", []))}


async def without_a_crash(world: Pair) -> tuple[dict[str, Any], Counter[tuple[str, str, int]]]:
    async with opened(world):
        await world.met()
        world.start()
        await world.ready()
        await world.lights()
        await world.deeds()
        return await world.ended(), await world.tale()


@pytest.fixture(scope="module")
def calm(kafka: str, mongo: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    prefix = f"t{uuid.uuid4().hex[:10]}"
    return asyncio.run(without_a_crash(Pair(kafka, mongo, prefix, tmp_path_factory.mktemp("calm"))))


@pytest.fixture
async def world(kafka: str, mongo: str, prefix: str, tmp_path: Path) -> AsyncIterator[Pair]:
    it = Pair(kafka, mongo, prefix, tmp_path)
    async with opened(it):
        yield it


def hits() -> list[Any]:
    own = [
        pytest.param(f"{point}:{hit}", marks=[] if hit == 1 else pytest.mark.full) for point in OWN for hit in (1, 2)
    ]
    return own + [pytest.param(f"{point}:{hit}", marks=pytest.mark.full) for point in OTHERS for hit in (2, 3, 5)]


def test_what_is_calm_is_what_was_asked_for(calm: Any) -> None:
    documents, told = calm
    assert len(documents) == 4 * MATTERS, "nobody-… leaves no trace"
    for n in range(MATTERS):
        assert documents[f"m-{n}"]["wished"] == {f"order:m-{n}:red:{each}": True for each in (1, 2, 3)}
        assert len(documents[f"m-{n}"]["log"]) == 7, (
            "it is merged, another joins it, and of its orders it hears five times"
        )
        assert told[pair.RAISED, f"order:m-{n}:red:1", 1] == 1


@pytest.mark.parametrize("point", hits())
async def test_a_process_killed_between_what_bears_and_what_is_borne_leaves_no_trace(
    world: Pair, calm: Any, point: str
) -> None:
    await world.met()
    world.start(crash=point)
    await world.lights()
    await world.killed()
    world.start()
    await world.ready()
    await world.deeds()
    assert (await world.ended(), await world.tale()) == calm


async def test_a_lost_database_is_rebuilt_in_both_stories_to_the_same_and_nothing_is_told_again(
    world: Pair, calm: Any
) -> None:
    await world.met()
    copy = world.start()
    await world.lights()
    await world.ready()
    await world.deeds()
    assert (await world.ended(), await world.tale()) == calm
    records = len([*await world.broker.read(pair.MATTERS), *await world.broker.read(pair.ORDERS)])
    copy.stop()
    await world.forget()
    world.start()
    await world.ready()
    documents, told = calm
    found = await world.ended()
    assert {id: {**each, "heeded": None} for id, each in found.items()} == {
        id: {**each, "heeded": None} for id, each in documents.items()
    }
    assert await world.tale() == told
    assert len([*await world.broker.read(pair.MATTERS), *await world.broker.read(pair.ORDERS)]) == records
