"""The index of sketches on MongoDB: a collection of the router's own beside its subjects.

The database comes from the runtime's parts: no driver is imported here.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sanfu.router.domain.sketches import Sketch
from sanfu.router.ports import Asked
from sanfu.runtime.mongo import AS_WRITTEN, MAJORITY, spoken
from sanfu.runtime.store import StoreDown

JOURNALED = {"w": "majority", "j": True}
AT_ONCE = 8
"""Look-ups under way at a time: more only wait for each other."""
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
        free = asyncio.Semaphore(AT_ONCE)

        async def one(it: Asked) -> list[Sketch]:
            wanted = {"keys": {"$in": list(it.keys)}, "at": {"$gte": it.begin, "$lte": it.end}}
            async with free, spoken():
                found = self._collection.find(wanted).sort([("at", -1), ("_id", -1)]).limit(most + 1)
                return [_read(each) for each in await found.to_list(None) if each["_id"] != it.id][:most]

        return list(await asyncio.gather(*(one(it) for it in asked)))

    async def in_review(self, after: str, most: int) -> list[str]:
        async with spoken():
            found = self._collection.find({"review": True, "_id": {"$gt": after}}, {"_id": 1}).sort("_id", 1)
            return [each["_id"] for each in await found.limit(most).to_list(None)]


def _written(sketch: Sketch) -> dict[str, Any]:
    return {**{name: getattr(sketch, name) for name in FIELDS}, "keys": sketch.keys}


def _read(document: Mapping[str, Any]) -> Sketch:
    found = {name: document[name] for name in FIELDS}
    return Sketch(id=document["_id"], **{**found, "names": tuple(found["names"])})
