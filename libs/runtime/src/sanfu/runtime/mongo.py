"""The document store on MongoDB. The only module that imports motor (and the driver under it)."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from bson.codec_options import CodecOptions, TypeDecoder, TypeRegistry
from bson.dbref import DBRef
from bson.errors import BSONError
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
    AsyncIOMotorGridFSBucket,
)
from pymongo import ASCENDING, IndexModel, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from sanfu.runtime.store import FORM, Census, Change, Document, Mark, StoreDown
from sanfu.runtime.weighing import Unfit, misfit

Database = AsyncIOMotorDatabase[dict[str, Any]]
Collection = AsyncIOMotorCollection[dict[str, Any]]

MAJORITY = WriteConcern(w="majority", j=True)
DUPLICATE_KEY = 11000
UNFIT = frozenset({2, 15, 52, 56, 57, 10334, 17419})
"""The server's codes for a document that is too long, too deep, or has names that it does not take."""
UNSENT = (BSONError, OverflowError, UnicodeError, RecursionError, OperationFailure)
"""What is raised for a batch with something in it that can't be sent, or not be read at the other end."""
INDEXES = [
    IndexModel([("p", ASCENDING), ("due", ASCENDING)], partialFilterExpression={"due": {"$type": "date"}}, name="due"),
    IndexModel(
        [("p", ASCENDING), ("outbox.at", ASCENDING)],
        partialFilterExpression={"outbox.at": {"$exists": True}},
        name="unsent",
    ),
    IndexModel([("p", ASCENDING), ("_id", ASCENDING)], name="partition"),
    IndexModel([("parked.since", ASCENDING)], sparse=True, name="parked"),
]
OLDEST = {"$min": {"$min": "$outbox.at"}}
"""Over documents, of the entries of each. A sort would read all that wait once more, several partitions at a time."""


class _Plainly(TypeDecoder):
    """What the driver takes for a reference is what somebody wrote: names beginning with `$` mean nothing here."""

    bson_type = DBRef

    def transform_bson(self, value: Any) -> dict[str, Any]:
        return dict(value.as_doc())


AS_WRITTEN: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True, tzinfo=UTC, type_registry=TypeRegistry([_Plainly()])
)


@asynccontextmanager
async def spoken() -> AsyncIterator[None]:
    """Turn the driver's errors into the port's."""
    try:
        yield
    except PyMongoError as error:
        raise StoreDown(f"{type(error).__name__}: {error}"[:300]) from error


_spoken = spoken


def connect(url: str, *, timeout: float = 5.0) -> AsyncIOMotorClient[dict[str, Any]]:
    """A client that reads from the primary what a majority has, with aware instants, and answers within `timeout`."""
    return AsyncIOMotorClient(
        url, tz_aware=True, tzinfo=UTC, serverSelectionTimeoutMS=int(timeout * 1000),
        socketTimeoutMS=int(timeout * 4000), connectTimeoutMS=int(timeout * 1000), readConcernLevel="majority",
        w="majority", journal=True, retryWrites=True, appname="sanfu",
    )  # fmt: skip


def bucket(database: Database, name: str) -> AsyncIOMotorGridFSBucket:
    """The GridFS bucket that an attachment store writes into."""
    return AsyncIOMotorGridFSBucket(database, bucket_name=name)


class MongoDocuments:
    """`store.Documents` on one collection of one database; marks and settings in two small ones beside it."""

    def __init__(self, database: Database, collection: str) -> None:
        self.database = database
        self.collection: Collection = database.get_collection(
            collection, codec_options=AS_WRITTEN, read_concern=ReadConcern("majority"), write_concern=MAJORITY
        )
        self._lax: Collection = self.collection.with_options(write_concern=WriteConcern(w=1))
        self._marks: Collection = database.get_collection(f"{collection}_marks", write_concern=MAJORITY)
        self._settings: Collection = database.get_collection("settings", write_concern=MAJORITY)

    def beside(self, collection: str) -> "MongoDocuments":
        return MongoDocuments(self.database, collection)

    async def prepare(self) -> None:
        async with spoken():
            await self.collection.create_indexes(INDEXES)

    async def read(self, ids: Sequence[str]) -> dict[str, Document]:
        if not ids:
            return {}
        async with spoken():
            found = await self.collection.find({"_id": {"$in": list(ids)}}).to_list(None)
        return {document["_id"]: document for document in found}

    async def write(self, changes: Sequence[Change]) -> bool:
        try:
            result = await self.collection.bulk_write([_operation(c) for c in changes], ordered=False)
        except BulkWriteError as error:
            wrongs = error.details["writeErrors"]
            if unfit := {changes[e["index"]].id: e["errmsg"][:300] for e in wrongs if e["code"] in UNFIT}:
                raise Unfit(unfit) from error
            if all(e["code"] == DUPLICATE_KEY for e in wrongs) and not error.details["writeConcernErrors"]:
                return False
            raise StoreDown(str(error.details)[:300]) from error
        except UNSENT as error:
            if unfit := _unfit(changes):
                raise Unfit(unfit) from error
            raise StoreDown(f"{type(error).__name__}: {error}"[:300]) from error
        except PyMongoError as error:
            raise StoreDown(f"{type(error).__name__}: {error}"[:300]) from error
        return result.matched_count + result.inserted_count == len(changes)

    async def clear(self, published: Mapping[str, Sequence[str]]) -> None:
        refs = [ref for each in published.values() for ref in each]
        pull = {"$pull": {"outbox": {"ref": {"$in": refs}}}}
        async with spoken():
            await self._lax.update_many({"_id": {"$in": list(published)}}, pull)

    async def insert(self, collection: str, documents: Sequence[Mapping[str, Any]]) -> None:
        target: Collection = self.database.get_collection(collection, write_concern=MAJORITY)
        try:
            await target.bulk_write([InsertOne(dict(document)) for document in documents], ordered=False)
        except BulkWriteError as error:
            if any(e["code"] != DUPLICATE_KEY for e in error.details["writeErrors"]):
                raise StoreDown(str(error.details)[:300]) from error
        except PyMongoError as error:
            raise StoreDown(f"{type(error).__name__}: {error}"[:300]) from error

    async def due(self, partitions: Iterable[int], until: datetime, limit: int) -> list[Document]:
        wanted = {"p": {"$in": list(partitions)}, "due": {"$lte": until, "$type": "date"}}
        async with spoken():
            return await self.collection.find(wanted).sort("due", ASCENDING).limit(limit).to_list(None)

    async def next_due(self, partitions: Iterable[int]) -> datetime | None:
        wanted = {"p": {"$in": list(partitions)}, "due": {"$type": "date"}}
        async with spoken():
            found = await self.collection.find(wanted, {"due": 1}).sort("due", ASCENDING).limit(1).to_list(None)
        return _instant(found[0]["due"]) if found else None

    async def unsent(
        self, partitions: Iterable[int], before: datetime, limit: int, aside: Iterable[str] = ()
    ) -> list[Document]:
        wanted: dict[str, Any] = {"p": {"$in": list(partitions)}, "outbox.at": {"$lte": before, "$exists": True}}
        if away := list(aside):
            wanted["outbox"] = {"$elemMatch": {"at": {"$lte": before}, "to": {"$nin": away}}}
        async with spoken():
            return await self.collection.find(wanted).limit(limit).to_list(None)

    async def page(self, partition: int, after: str, limit: int) -> list[Document]:
        wanted = {"p": partition, "_id": {"$gt": after}}
        async with spoken():
            return await self.collection.find(wanted).sort("_id", ASCENDING).limit(limit).to_list(None)

    async def census(self, partitions: Iterable[int]) -> Census:
        mine = list(partitions)
        waiting = {"p": {"$in": mine}, "outbox.at": {"$exists": True}}
        steps: list[Document] = [
            {"$match": waiting},
            {"$group": {"_id": None, "unsent": {"$sum": 1}, "oldest": OLDEST}},
        ]
        async with spoken():
            outboxes = await self.collection.aggregate(steps).to_list(1)
            parked = await self.collection.count_documents({"parked.since": {"$exists": True}, "p": {"$in": mine}})
        unsent, oldest = (outboxes[0]["unsent"], outboxes[0]["oldest"]) if outboxes else (0, None)
        return Census(unsent, oldest, parked, await self.next_due(mine))

    async def mark(self, name: str) -> Mark | None:
        async with spoken():
            found = await self._marks.find_one({"_id": name})
        return None if found is None else Mark(found["position"], found.get("rebuild_until"))

    async def marks(self) -> dict[str, Mark]:
        async with spoken():
            found = await self._marks.find().to_list(None)
        return {each["_id"]: Mark(each["position"], each.get("rebuild_until")) for each in found}

    async def set_marks(self, marks: Mapping[str, Mark]) -> None:
        if not marks:
            return
        updates = [
            UpdateOne(
                {"_id": name},
                {"$max": {"position": mark.position}, "$set": {"rebuild_until": mark.rebuild_until}},
                upsert=True,
            )
            for name, mark in marks.items()
        ]
        async with spoken():
            await self._marks.bulk_write(updates, ordered=False)

    async def advance(self, positions: Mapping[str, int]) -> None:
        if positions:
            updates = [UpdateOne({"_id": name}, {"$max": {"position": at}}) for name, at in positions.items()]
            async with spoken():
                await self._marks.bulk_write(updates, ordered=False)

    async def settle(self, name: str, value: Any, over: Iterable[Any] = ()) -> Any:
        async with spoken():
            old = {"_id": name, "value": {"$in": list(over)}}
            await self._settings.update_one(old, {"$set": {"value": value}})
            await self._settings.update_one({"_id": name}, {"$setOnInsert": {"value": value}}, upsert=True)
            found = await self._settings.find_one({"_id": name})
        return found["value"] if found else value

    async def wipe(self) -> None:
        async with spoken():
            await self.collection.delete_many({})
            await self._marks.delete_many({})
            await self._settings.delete_one({"_id": FORM})


def _instant(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is no instant")
    return value


def _unfit(changes: Sequence[Change]) -> dict[str, str]:
    whys = {change.id: misfit({**change.sets, "outbox": change.pushes}) for change in changes}
    return {id: why for id, why in whys.items() if why}


def _operation(change: Change) -> InsertOne[dict[str, Any]] | UpdateOne:
    """A new document goes in by an insert: it loses by its `_id` just as an upsert on version 0 would, and costs a
    tenth of one."""
    if change.ver == 0:
        return InsertOne({"_id": change.id, **change.sets, "outbox": list(change.pushes)})
    update: dict[str, Any] = {"$set": dict(change.sets)}
    if change.unsets:
        update["$unset"] = dict.fromkeys(change.unsets, "")
    if change.pushes:
        update["$push"] = {"outbox": {"$each": list(change.pushes)}}
    return UpdateOne({"_id": change.id, "ver": change.ver}, update)


def behind(key: str, value: Any, id: str, *, newest: bool = False) -> list[Document]:
    """Say what stands behind (value, id) in a list by (key, `_id`), rising or, with `newest`, falling. What bounds the
    index stands by itself: with an `$or` alone each page reads all those before it, or sorts them."""
    up_to, beyond = ("$lte", "$lt") if newest else ("$gte", "$gt")
    return [{key: {up_to: value}}, {"$or": [{key: {beyond: value}}, {key: value, "_id": {beyond: id}}]}]
