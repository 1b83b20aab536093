"""The ports on MongoDB, through the collections that the runtime's parts hand over: no driver is imported here.

Indexes of lists are partial on open cases: closed ones, which are most, leave them, and come into a few of their own:
by what somebody may see. That of the search holds all: by what does not change with a case, so that a command never
touches it.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sanfu.desk.adapters import queries
from sanfu.desk.domain.scope import Scope
from sanfu.desk.ports import Document, Found, Row, Shelves, Sought, Wanted
from sanfu.runtime.mongo import behind, spoken
from sanfu.runtime.paging import Page
from sanfu.runtime.store import StoreDown

OPEN = {"open": True}
LISTS = {
    "city_by_limit": ["limit", "_id"],
    "city_by_order": ["order", "_id"],
    "unit_by_limit": ["units", "limit", "_id"],
    "unit_by_order": ["units", "order", "_id"],
    "lead_by_limit": ["unit", "limit", "_id"],
    "town_by_limit": ["town", "limit", "_id"],
    "town_by_order": ["town", "order", "_id"],
    "state_by_limit": ["state", "limit", "_id"],
    "light_by_limit": ["light", "limit", "_id"],
    "need_by_limit": ["need", "limit", "_id"],
    "reminded_by_limit": ["reminded", "limit", "_id"],
    "category_by_limit": ["category", "limit", "_id"],
    "counts": ["open", "secrecy", "light", "state", "unit"],
}
RAISED = ("filer.id", "filer.unit", "party_code")
"""What says who raised a case; most have no such thing, and are in no such index."""
CLOSED = {"open": False}
CLOSED_LISTS = {
    "closed": ["unit", "limit", "_id"],
    "closed_city": ["limit", "_id"],
    "closed_units": ["units", "limit", "_id"],
    "closed_town": ["town", "limit", "_id"],
}
ADDRESSED = ("errand.agent", "sponsor")
"""To whom something of a case is addressed; of most to nobody, and they are in no such index."""
FOUND, LEFT_OPEN = "found_by", "left_open"
RARE = 2000
"""A token is rare enough if fewer cases have it: no more are counted to find the rarest."""
DUPLICATE = 11000
JOURNALED = {"w": "majority", "j": True}


class MongoCases:
    """`ports.Cases` on the collection of the machine's documents."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Make all indexes in one command: of a large archive it is read through once."""
        command = {"createIndexes": self._collection.name, "indexes": list(_indexes())}
        async with spoken():
            await self._collection.database.command(command)

    async def page(self, scope: Scope, wanted: Wanted, page: Page) -> list[Document]:
        if not scope:
            return []
        async with spoken():
            found = self._collection.find(queries.listed(scope, wanted, page.after), queries.BRIEFLY)
            rows: list[Document] = await found.sort([(wanted.by, 1), ("_id", 1)]).limit(page.limit + 1).to_list(None)
        return rows

    async def search(self, scope: Scope, sought: Sought, most: int) -> list[Document]:
        if not scope:
            return []
        async with spoken():
            found = await self._recent(scope, sought, most)
            if len(found) < most and sought.wanted.closed is not True:
                old = queries.left_open(scope, sought)
                found += await self._newest(old, LEFT_OPEN, most - len(found))
        return found

    async def _recent(self, scope: Scope, sought: Sought, most: int) -> list[Document]:
        counts = await asyncio.gather(*(self._having(token, sought.since) for token in sought.tokens))
        if not all(counts):
            return []
        rarest = sought.tokens[counts.index(min(counts))]
        return await self._newest(queries.sought(scope, sought, rarest), FOUND, most)

    async def _newest(self, query: Mapping[str, Any], index: str, most: int) -> list[Document]:
        found = self._collection.find(query, queries.RANKING).hint(index)
        rows: list[Document] = await found.sort([("submitted_at", -1), ("_id", -1)]).limit(most).to_list(None)
        return rows

    async def _having(self, token: str, since: str) -> int:
        """Count the cases since then that have a token, up to so many that it is not rare."""
        asked = {"found_by": token, "submitted_at": {"$gte": since}}
        return int(await self._collection.count_documents(asked, hint=FOUND, limit=RARE))

    async def these(self, scope: Scope, ids: Sequence[str]) -> list[Document]:
        if not scope:
            return []
        asked = {"$and": [{"_id": {"$in": list(ids)}, "state": {"$exists": True}}, queries.seen(scope)]}
        async with spoken():
            rows: list[Document] = await self._collection.find(asked, queries.BRIEFLY).to_list(None)
        return rows

    async def numbered(self, receipt: str) -> Document | None:
        async with spoken():
            found: Document | None = await self._collection.find_one({"receipt": receipt})
        return found

    async def count(self, scope: Scope) -> list[Row]:
        if not scope:
            return []
        key = {"light": "$light", "state": "$state", "unit": "$unit"}
        steps = [{"$match": {**OPEN, **queries.seen(scope, Wanted())}}, {"$group": {"_id": key, "count": {"$sum": 1}}}]
        async with spoken():
            found = await self._collection.aggregate(steps).to_list(None)
        return [Row(r["_id"]["light"], r["_id"]["state"], r["_id"].get("unit"), r["count"]) for r in found]

    async def found_on(self, lists: Sequence[str]) -> list[Found]:
        key = {"affair": "$found_on.affair", "state": "$state"}
        steps = [{"$match": {"found_on.affair": {"$in": list(lists)}}}, {"$group": {"_id": key, "count": {"$sum": 1}}}]
        async with spoken():
            found = await self._collection.aggregate(steps).to_list(None)
        return [Found(r["_id"]["affair"], r["_id"]["state"], r["count"]) for r in found]


def _indexes() -> Iterator[Document]:
    for name, keys in LISTS.items():
        yield _index(name, keys, partialFilterExpression=OPEN)
    on_lists = {"found_on.affair": {"$gt": ""}}
    yield _index("found_on_lists", ["found_on.affair", "state"], partialFilterExpression=on_lists)
    helped = {**OPEN, "assisting": {"$gt": ""}}  # of most cases nobody has a task: they are in no such index
    yield _index("assisting_by_limit", ["assisting", "limit", "_id"], partialFilterExpression=helped)
    for field in ADDRESSED:
        yield _index(
            f"addressed_{field}", [field, "limit", "_id"], partialFilterExpression={**OPEN, field: {"$gt": ""}}
        )
    untold = {**OPEN, "party_untold": True}
    yield _index("party_untold", ["party_untold", "limit", "_id"], partialFilterExpression=untold)
    for field in RAISED:
        some = {**OPEN, field: {"$exists": True}}
        yield _index(f"raised_{field}", [field, "limit", "_id"], partialFilterExpression=some)
        ended = {**CLOSED, field: {"$gt": ""}}
        yield _index(f"closed_{field}", [field, "limit", "_id"], partialFilterExpression=ended)
    for name, keys in CLOSED_LISTS.items():
        yield _index(name, keys, partialFilterExpression=CLOSED)
    yield _index("receipt", ["receipt"])
    yield {"name": LEFT_OPEN, "key": {"submitted_at": -1, "_id": -1}, "partialFilterExpression": OPEN}
    yield {"name": FOUND, "key": {"found_by": 1, "submitted_at": -1, "_id": -1}}


def _index(name: str, keys: Sequence[str], **more: Any) -> Document:
    return {"name": name, "key": dict.fromkeys(keys, 1), **more}


class MongoShelf:
    """`ports.Shelf` on one collection."""

    def __init__(self, database: Any, name: str) -> None:
        self._database, self._name = database, name
        self._collection = database[name]

    async def prepare(self, *fields: str) -> None:
        async with spoken():
            for field in fields:
                names = field.split("+")
                await self._collection.create_index([(name, 1) for name in names], name=field)

    async def get(self, ids: Sequence[str]) -> dict[str, Document]:
        return {found["_id"]: found for found in await self._find({"_id": {"$in": list(ids)}})}

    async def all(self) -> list[Document]:
        return await self._find({})

    async def having(self, field: str, *values: str) -> list[Document]:
        return await self._find({field: {"$in": list(values)}})

    async def put(self, documents: Sequence[Document]) -> None:
        if not documents:
            return
        updates = [{"q": {"_id": one["_id"]}, "u": [_unless_older(one)], "upsert": True} for one in documents]
        command = {"update": self._name, "updates": updates, "ordered": False, "writeConcern": JOURNALED}
        async with spoken():
            answer = await self._database.command(command)
        if "writeErrors" in answer or "writeConcernError" in answer:
            raise StoreDown(f"{self._name}: not all documents were written")

    async def swap(self, document: Document) -> bool:
        id, version = document["_id"], document["version"]
        update = {"q": {"_id": id, "version": version - 1}, "u": document}
        command = {"update": self._name, "updates": [update], "writeConcern": JOURNALED}
        if version == 1:
            command = {"insert": self._name, "documents": [document], "writeConcern": JOURNALED}
        async with spoken():
            answer = await self._database.command(command)
        errors = answer.get("writeErrors", [])
        if "writeConcernError" in answer or any(error["code"] != DUPLICATE for error in errors):
            raise StoreDown(f"{self._name}: it is not known whether {id} was written")
        return bool(answer["n"] == 1)

    async def page(self, wanted: Mapping[str, str], page: Page, *, newest: bool = False) -> list[Document]:
        key, way = ("at", -1) if newest else ("_id", 1)
        asked: list[Document] = [dict(wanted)]
        if page.after is not None and newest:
            asked += behind(key, page.after.key, page.after.id, newest=True)
        elif page.after is not None:
            asked.append({key: {"$gt": page.after.id}})
        async with spoken():
            found = self._collection.find({"$and": asked}).sort([(key, way), ("_id", way)][: 2 if newest else 1])
            rows: list[Document] = await found.limit(page.limit + 1).to_list(None)
        return rows

    async def drop(self, ids: Sequence[str]) -> None:
        async with spoken():
            await self._collection.delete_many({"_id": {"$in": list(ids)}})

    async def _find(self, wanted: Document) -> list[Document]:
        async with spoken():
            found: list[Document] = await self._collection.find(wanted).to_list(None)
        return found


def _unless_older(document: Document) -> Document:
    """Replace what is stored by the document, unless what is stored has its version or a higher one."""
    stands = {"$gte": [{"$ifNull": ["$version", 0]}, document["version"]]}
    return {"$replaceWith": {"$cond": [stands, "$$ROOT", {"$literal": document}]}}


def mongo_shelves(database: Any) -> Shelves:
    return Shelves(*(MongoShelf(database, each.name) for each in fields(Shelves)))
