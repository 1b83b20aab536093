"""The index of sketches on MongoDB: a collection of the router's own beside its subjects.

The database comes from the runtime's parts: no driver is imported here.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sanfu.contracts.envelope import truncated
from sanfu.router.domain.sketches import Sketch
from sanfu.router.ports import Asked
from sanfu.runtime.mongo import AS_WRITTEN, MAJORITY, spoken
from sanfu.runtime.store import StoreDown

JOURNALED = {"w": "majority", "j": True}
AT_ONCE = 8
"""Queries under way at a time: more only wait for each other."""
TOGETHER = 25
"""Looks that one query serves. Measured: of 10, a look costs client and database 0.30 ms, of 25 0.25, of 50 no less."""
ROOM = 40 * TOGETHER
"""Sketches that such a query may bring: ten times what is usual. What a crowded place brings in vain stays small."""
FIELDS = tuple(field.name for field in fields(Sketch) if field.name != "id")


class MongoSketches:
    """`ports.Sketches` on a collection `sketches`."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._collection: Any = database.get_collection("sketches", codec_options=AS_WRITTEN, write_concern=MAJORITY)

    async def prepare(self) -> None:
        async with spoken():
            await self._collection.create_index([("keys", 1), ("at", -1), ("_id", -1)], name="near")
            partial = {"review": True}
            await self._collection.create_index(
                [("review", 1), ("_id", 1)], name="in_review", partialFilterExpression=partial
            )

    async def keep(self, drawn: Sequence[Sketch], gone: Collection[str]) -> None:
        updates = [{"q": {"_id": sketch.id}, "u": _written(sketch), "upsert": True} for sketch in drawn]
        async with spoken():
            if updates:
                command = {"update": "sketches", "updates": updates, "ordered": False, "writeConcern": JOURNALED}
                answer = await self._database.command(command)
                if "writeErrors" in answer or "writeConcernError" in answer:
                    raise StoreDown("sketches: not all of them were written")
            if gone:
                await self._collection.delete_many({"_id": {"$in": list(gone)}})

    async def near(self, asked: Sequence[Asked], most: int) -> list[list[Sketch]]:
        """Ask for several at once: what they have near is read by one query, and told apart here. Where that is more
        than `ROOM`, somebody's place is crowded: then each is asked for alone, and the database picks the newest."""
        free = asyncio.Semaphore(AT_ONCE)

        async def some(them: Sequence[Asked]) -> list[list[Sketch]]:
            async with free:
                found = await self._all_near(them)
            if found is not None:
                return [_picked(found, it, most) for it in them]
            return list(await asyncio.gather(*(alone(it) for it in them)))

        async def alone(it: Asked) -> list[Sketch]:
            async with free:
                return await self._newest(it, most)

        parts = [asked[at : at + TOGETHER] for at in range(0, len(asked), TOGETHER)]
        return [each for part in await asyncio.gather(*map(some, parts)) for each in part]

    async def _all_near(self, them: Sequence[Asked]) -> dict[str, list[Sketch]] | None:
        """Read what any of them has near, by key; None: too much."""
        keys = list({key for it in them for key in it.keys})
        begin, end = min(it.begin for it in them), max(it.end for it in them)
        wanted = {"keys": {"$in": keys}, "at": {"$gte": begin, "$lte": end}}
        async with spoken():
            found = await self._collection.find(wanted, batch_size=ROOM + 2).limit(ROOM + 1).to_list(None)
        if len(found) > ROOM:
            return None
        by_key: dict[str, list[Sketch]] = defaultdict(list)
        for each in found:
            sketch = _read(each)
            for key in each["keys"]:
                by_key[key].append(sketch)
        return by_key

    async def _newest(self, it: Asked, most: int) -> list[Sketch]:
        wanted = {"keys": {"$in": list(it.keys)}, "at": {"$gte": it.begin, "$lte": it.end}}
        async with spoken():
            found = self._collection.find(wanted).sort([("at", -1), ("_id", -1)]).limit(most + 1)
            return [_read(each) for each in await found.to_list(None) if each["_id"] != it.id][:most]

    async def in_review(self, after: str, most: int) -> list[str]:
        async with spoken():
            found = self._collection.find({"review": True, "_id": {"$gt": after}}, {"_id": 1}).sort("_id", 1)
            return [each["_id"] for each in await found.limit(most).to_list(None)]


def _picked(found: Mapping[str, Sequence[Sketch]], it: Asked, most: int) -> list[Sketch]:
    """Pick what one has near, the last reported first."""
    begin, end = truncated(it.begin), truncated(it.end)
    near = {one.id: one for key in it.keys for one in found.get(key, ()) if begin <= one.at <= end and one.id != it.id}
    return sorted(near.values(), key=lambda one: (one.at, one.id), reverse=True)[:most]


def _written(sketch: Sketch) -> dict[str, Any]:
    return {**{name: getattr(sketch, name) for name in FIELDS}, "keys": sketch.keys}


def _read(document: Mapping[str, Any]) -> Sketch:
    found = {name: document[name] for name in FIELDS}
    return Sketch(id=document["_id"], **{**found, "names": tuple(found["names"])})
