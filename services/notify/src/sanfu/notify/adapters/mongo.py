"""The ports on MongoDB, through the database that the runtime's parts hand over: no driver is imported here."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sanfu.notify.adapters.digests_mongo import MongoDigests
from sanfu.notify.adapters.hooks_mongo import MongoHooks
from sanfu.notify.adapters.letters_mongo import MongoLetters
from sanfu.notify.domain.delivery import HEARD, OPEN, TRACES, Delivery
from sanfu.notify.domain.records import read, written
from sanfu.notify.domain.rules import OUTSIDE, RAISED
from sanfu.notify.ports import Document, Standing, Stores, Tally, Traces, Wanted
from sanfu.runtime.mongo import MAJORITY, MongoDocuments, behind, spoken
from sanfu.runtime.paging import Page
from sanfu.runtime.store import StoreDown

JOURNALED = {"w": "majority", "j": True}
RIPE = [("critical", -1), ("again", 1)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MongoDeliveries:
    """`ports.Deliveries` on the collection that the machine's inserts go to."""

    def __init__(self, documents: MongoDocuments) -> None:
        self._documents = documents
        self._collection: Any = documents.database.get_collection("deliveries", write_concern=MAJORITY)

    async def prepare(self) -> None:
        """Only open deliveries are in the indexes of the loop; lists have their own."""
        is_open = {"again": {"$type": "date"}}
        unreported = {"report_at": {"$type": "date"}}
        async with spoken():
            create = self._collection.create_index
            first = [("medium", 1), ("p", 1), ("critical", -1), ("again", 1), ("due", 1)]
            await create(first, name="ripe_critical_first", partialFilterExpression=is_open)
            await create([("p", 1), ("report_at", 1)], name="unreported", partialFilterExpression=unreported)
            by_theirs = {"provider_id": {"$type": "string"}}
            await create([("provider_id", 1)], name="provider_id", partialFilterExpression=by_theirs)
            await create([("at", -1), ("_id", -1)], name="newest")
            await create([("subject", 1), ("at", -1), ("_id", -1)], name="subject")
            await create([("unit", 1), ("at", -1), ("_id", -1)], name="unit")
            await create([("state", 1), ("at", -1), ("_id", -1)], name="state")
            await create([("template", 1), ("at", -1), ("_id", -1)], name="template")
            await create([("event", 1), ("at", -1), ("_id", -1)], name="event")
            went = {"users.0": {"$exists": True}}
            await create([("users.0", 1), ("at", -1), ("_id", -1)], name="user", partialFilterExpression=went)

    async def insert(self, deliveries: Sequence[Delivery]) -> None:
        if deliveries:
            await self._documents.insert("deliveries", [written(delivery) for delivery in deliveries])

    async def withdraw(self, ids: Sequence[str]) -> frozenset[str]:
        if not ids:
            return frozenset()
        async with spoken():
            await self._collection.delete_many({"_id": {"$in": list(ids)}, "state": "queued", "ver": 1})
        return frozenset(ids) - {one.id for one in await self.of(ids)}

    async def ripe(
        self, medium: str, partitions: Iterable[int], *, now: datetime, real: datetime, limit: int
    ) -> list[Delivery]:
        wanted = {"medium": medium, "p": {"$in": list(partitions)}, "due": {"$lte": now}}
        return await self._find({**wanted, "again": {"$lte": real, "$type": "date"}}, RIPE, limit)

    async def replace(self, deliveries: Sequence[Delivery], mark: str) -> frozenset[str]:
        if not deliveries:
            return frozenset()
        updates = [
            {"q": {"_id": d.id, "ver": d.ver}, "u": {**written(d), "ver": d.ver + 1, "mark": mark}} for d in deliveries
        ]
        command = {"update": "deliveries", "updates": updates, "ordered": False, "writeConcern": JOURNALED}
        async with spoken():
            answer = await self._documents.database.command(command)
        if "writeErrors" in answer or "writeConcernError" in answer:
            raise StoreDown("deliveries: not all documents were written")
        ids = [delivery.id for delivery in deliveries]
        return frozenset(ids) if answer["n"] == len(ids) else await self.marked(ids, mark)

    async def marked(self, ids: Sequence[str], mark: str) -> frozenset[str]:
        async with spoken():
            found = await self._collection.find({"_id": {"$in": list(ids)}, "mark": mark}, {"_id": 1}).to_list(None)
        return frozenset(document["_id"] for document in found)

    async def unreported(self, partitions: Iterable[int], real: datetime, limit: int) -> list[Delivery]:
        wanted = {"p": {"$in": list(partitions)}, "report_at": {"$lte": real, "$type": "date"}}
        return await self._find(wanted, [("report_at", 1)], limit)

    async def reported(self, deliveries: Sequence[Delivery]) -> None:
        async with spoken():
            for state in sorted({one.state for one in deliveries}):
                as_told = {"_id": {"$in": [one.id for one in deliveries if one.state == state]}, "state": state}
                await self._collection.update_many(as_told, {"$unset": {"report_at": ""}})

    async def report_later(self, ids: Sequence[str], at: datetime) -> None:
        wanted = {"_id": {"$in": list(ids)}, "report_at": {"$exists": True}}
        async with spoken():
            await self._collection.update_many(wanted, {"$set": {"report_at": at}})

    async def get(self, id: str) -> Delivery | None:
        async with spoken():
            found = await self._collection.find_one({"_id": id})
        return read(found) if found else None

    async def erasing(self, subjects: Sequence[str]) -> Traces:
        begun = {"$or": [{"again": {"$exists": False}}, {"state": "sending"}]}
        async with spoken():
            theirs = await self._theirs(subjects, begun)
            mark = {"$set": {"erased": True}, "$inc": {"ver": 1}}
            await self._collection.update_many({"$and": [theirs, {"erased": {"$exists": False}}]}, mark)
            marked = await self._theirs(subjects, {"erased": True})
            found = await self._collection.find(marked, {"reached": 1}).to_list(None)
        return Traces(frozenset(d["_id"] for d in found), frozenset(d["reached"] for d in found if "reached" in d))

    async def forget(self, subjects: Sequence[str]) -> None:
        async with spoken():
            theirs = await self._theirs(subjects, {"erased": True})
            gone = {"$unset": dict.fromkeys(TRACES, "")}
            await self._collection.update_many({"$and": [theirs, {"erased": True}]}, gone)

    async def _theirs(self, subjects: Sequence[str], lists_that: Document) -> Document:
        """What is of these subjects' parties and filers, and such lists as hold something of that."""
        wanted = {"subject": {"$in": list(subjects)}, "audience": {"$in": [*OUTSIDE]}}
        lists = await self._collection.distinct("digest", {**wanted, "digest": {"$type": "string"}})
        return {"$or": [wanted, {"_id": {"$in": lists}, **lists_that}]} if lists else wanted

    async def of(self, ids: Sequence[str]) -> list[Delivery]:
        return await self._find({"_id": {"$in": list(ids)}}, [("_id", 1)], len(ids))

    async def heard(self, medium: str, subjects: Sequence[str], events: Sequence[str]) -> list[Delivery]:
        wanted = {"subject": {"$in": list(subjects)}, "event": {"$in": list(events)}, "medium": medium}
        return await self._find({**wanted, "state": {"$in": [*HEARD]}, "users.0": {"$exists": True}}, [("at", 1)], 0)

    async def carried(self, provider: str, ids: Sequence[str]) -> list[Delivery]:
        wanted = {"provider_id": {"$in": list(ids), "$type": "string"}, "provider": provider}
        return await self._find(wanted, [("_id", 1)], len(ids))

    async def under_way(self, until: datetime) -> bool:
        async with spoken():
            return bool(await self._collection.find_one({"state": "sending", "again": {"$lte": until}}, {"_id": 1}))

    async def page(self, wanted: Wanted, page: Page) -> list[Delivery]:
        asked = _asked(wanted)
        if page.after is not None:
            key = page.after.key
            at = EPOCH + timedelta(milliseconds=key if isinstance(key, int) else 0)
            asked += behind("at", at, page.after.id, newest=True)
        return await self._find({"$and": asked}, [("at", -1), ("_id", -1)], page.limit + 1)

    async def tally(self, wanted: Wanted, limit: int) -> list[Tally]:
        key = {name: {"$ifNull": [f"${name}", None]} for name in ("medium", "state", "why", "provider")}
        figures = {
            "count": {"$sum": 1}, "oldest": {"$min": "$at"}, "due": {"$min": "$due"},
            "useful_until": {"$min": "$useful_until"},
        }  # fmt: skip
        order = {"count": -1, "_id": 1}
        steps = [
            {"$match": {"$and": _asked(wanted)}}, {"$group": {"_id": key, **figures}}, {"$sort": order},
            {"$limit": limit},
        ]  # fmt: skip
        async with spoken():
            found = await self._collection.aggregate(steps).to_list(None)
        return [Tally(**one.pop("_id"), **one) for one in found]

    async def standing(self, partitions: Iterable[int]) -> list[Standing]:
        mine = {"p": {"$in": list(partitions)}, "again": {"$type": "date"}, "state": {"$in": list(OPEN)}}
        key = {"medium": "$medium", "state": "$state"}
        steps = [{"$match": mine}, {"$group": {"_id": key, "count": {"$sum": 1}, "oldest": {"$min": "$at"}}}]
        async with spoken():
            found = await self._collection.aggregate(steps).to_list(None)
        return [Standing(r["_id"]["medium"], r["_id"]["state"], r["count"], r["oldest"]) for r in found]

    async def waiting(self, partitions: Iterable[int], *, since: datetime | None, until: datetime | None) -> int:
        begun: Document = {"$type": "date"}
        begun |= {} if since is None else {"$gt": since}
        begun |= {} if until is None else {"$lte": until}
        mine = {"p": {"$in": list(partitions)}, "again": {"$type": "date"}, "state": "held", "waits_since": begun}
        async with spoken():
            return int(await self._collection.count_documents(mine))

    async def unreported_count(self, partitions: Iterable[int]) -> int:
        mine = {"p": {"$in": list(partitions)}, "report_at": {"$type": "date"}}
        async with spoken():
            return int(await self._collection.count_documents(mine))

    async def _find(self, wanted: Document, order: list[tuple[str, int]], limit: int) -> list[Delivery]:
        async with spoken():
            found = await self._collection.find(wanted).sort(order).limit(limit).to_list(None)
        return [read(document) for document in found]


def _asked(wanted: Wanted) -> list[Document]:
    bounds = (("$gte", wanted.since), ("$lt", wanted.until))
    begins = [] if wanted.why is None else [{"why": {"$regex": f"^{re.escape(wanted.why)}(: |$)"}}]
    return [wanted.conditions(), *begins, *({"at": {bound: at}} for bound, at in bounds if at is not None)]


class MongoShelf:
    """`ports.Shelf` on one collection."""

    def __init__(self, database: Any, name: str) -> None:
        self._database, self._name = database, name
        self._collection = database.get_collection(name, write_concern=MAJORITY)

    async def prepare(self, *fields: str) -> None:
        async with spoken():
            for field in fields:
                await self._collection.create_index([(field, 1)], name=field)

    async def put(self, documents: Sequence[Mapping[str, Any]]) -> None:
        await self._update([(one["_id"], _unless_older(one)) for one in documents])

    async def erase(self, ids: Sequence[str]) -> None:
        left = {"version": {"$ifNull": ["$version", 0]}, "_id": "$_id", "erased": {"$literal": True}}
        await self._update([(id, {"$replaceWith": left}) for id in ids])

    async def drop(self, ids: Sequence[str]) -> None:
        if ids:
            async with spoken():
                await self._collection.delete_many({"_id": {"$in": list(ids)}})

    async def get(self, ids: Iterable[str]) -> dict[str, Document]:
        return {found["_id"]: found for found in await self._find({"_id": {"$in": list(ids)}})}

    async def having(self, field: str, values: Iterable[str | int]) -> list[Document]:
        return await self._find({field: {"$in": list(values)}})

    async def _update(self, steps: Sequence[tuple[str, Document]]) -> None:
        if not steps:
            return
        updates = [{"q": {"_id": id}, "u": [step], "upsert": True} for id, step in steps]
        command = {"update": self._name, "updates": updates, "ordered": False, "writeConcern": JOURNALED}
        async with spoken():
            answer = await self._database.command(command)
        if "writeErrors" in answer or "writeConcernError" in answer:
            raise StoreDown(f"{self._name}: not all documents were written")

    async def _find(self, wanted: Document) -> list[Document]:
        async with spoken():
            found: list[Document] = await self._collection.find(wanted).to_list(None)
        return found


def _unless_older(document: Mapping[str, Any]) -> Document:
    """Replace what is stored by the document, unless what is stored has its version or a higher one."""
    stands = {"$gte": [{"$ifNull": ["$version", -1]}, document["version"]]}
    return {"$replaceWith": {"$cond": [stands, "$$ROOT", {"$literal": dict(document)}]}}


def mongo_stores(documents: MongoDocuments) -> Stores:
    contacts, directory, preferences, unreachable, opted_out, aside, raised = (
        MongoShelf(documents.database, name)
        for name in ("contacts", "directory", "preferences", "unreachable", "opted_out", "aside", RAISED)
    )
    return Stores(
        MongoDeliveries(documents), MongoDigests(documents.database), contacts, directory, preferences, unreachable,
        opted_out, MongoLetters(documents), MongoHooks(documents), aside, raised,
    )  # fmt: skip
