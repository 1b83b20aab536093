"""`ports.Digests` on the collection of the deliveries, through the database that the runtime's parts hand over."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sanfu.notify.domain.delivery import AT_ONCE, Delivery
from sanfu.notify.domain.digest import Taken, why_of
from sanfu.notify.domain.holding import Recent
from sanfu.notify.domain.records import read
from sanfu.notify.domain.rules import OUTSIDE
from sanfu.runtime.mongo import MAJORITY, spoken

Document = dict[str, Any]
HELD = {"state": "held", "again": {"$type": "date"}, "waits_since": {"$exists": False}}
"""Held until an instant, not for something to come."""
NAMED = {"$type": "string"}
"""What an index of some documents only says of them stands in each question, too: MongoDB does not conclude that a text
is one, and asked without it reads all there is."""


class MongoDigests:
    def __init__(self, database: Any) -> None:
        self._collection: Any = database.get_collection("deliveries", write_concern=MAJORITY)

    async def prepare(self) -> None:
        left = {"left": {"$type": "date"}}
        of_digest = {"digest": NAMED}
        async with spoken():
            create = self._collection.create_index
            await create([("recipient", 1), ("medium", 1), ("left", 1)], name="left", partialFilterExpression=left)
            reached = {**left, "reached": {"$type": "string"}}
            await create([("reached", 1), ("medium", 1), ("left", 1)], name="reached", partialFilterExpression=reached)
            await create([("digest", 1), ("at", 1)], name="digest", partialFilterExpression=of_digest)

    async def recent(self, medium: str, recipients: Sequence[str], since: datetime) -> dict[str, Recent]:
        wanted = {"recipient": {"$in": list(recipients)}, "medium": medium, "left": {"$gt": since, "$type": "date"}}
        counted = {"count": {"$sum": 1}, "first": {"$min": "$left"}, "last": {"$max": "$left"}}
        found = await self._grouped([{"$match": wanted}, {"$group": {"_id": "$recipient", **counted}}])
        return {one["_id"]: Recent(one["count"], one["first"], one["last"]) for one in found}

    async def left(self, medium: str, reached: Sequence[str], since: datetime) -> dict[str, list[datetime]]:
        wanted = {
            "reached": {"$in": list(reached), "$type": "string"}, "medium": medium,
            "left": {"$gt": since, "$type": "date"}, "audience": {"$in": [*OUTSIDE]}, "recipient": {"$exists": True},
        }  # fmt: skip
        found: dict[str, list[datetime]] = {}
        async with spoken():
            async for one in self._collection.find(wanted, {"reached": 1, "left": 1}).sort([("left", 1)]):
                found.setdefault(one["reached"], []).append(one["left"])
        return found

    async def take(self, digests: Sequence[str]) -> None:
        wanted = {"digest": {"$in": list(digests), **NAMED}, "state": "held", "again": {"$type": "date"}}
        async with spoken():
            await self._collection.update_many(wanted, {"$unset": {"again": ""}, "$inc": {"ver": 1}})

    async def taken(self, digests: Sequence[str], limit: int) -> dict[str, Taken]:
        found = {}
        for digest in dict.fromkeys(digests):
            wanted = {"digest": {"$eq": digest, **NAMED}, "again": {"$exists": False}}
            async with spoken():
                count = await self._collection.count_documents(wanted)
                first = await self._collection.find(wanted).sort([("at", 1)]).limit(limit).to_list(None)
            found[digest] = Taken(count, [read(one) for one in first])
        return found

    async def close(self, digest: Delivery, real: datetime) -> None:
        """One update, whatever the number."""
        sets: Mapping[str, Any] = {"state": digest.state, "why": why_of(digest), "ended": real, "report_at": real}
        gone = dict.fromkeys(("due", "again", "waits_since"), "")
        other = {"$nin": [digest.state, "skipped"]}
        wanted = {"digest": {"$eq": digest.id, **NAMED}, "state": other, "again": {"$exists": False}}
        async with spoken():
            await self._collection.update_many(wanted, {"$set": sets, "$unset": gone, "$inc": {"ver": 1}})

    async def still_open(self, ids: Sequence[str]) -> dict[str, Delivery]:
        wanted = {"_id": {"$in": list(ids)}, "again": {"$type": "date"}}
        async with spoken():
            found = await self._collection.find(wanted).to_list(None)
        return {one["_id"]: read(one) for one in found}

    async def let_go(self, subjects: Sequence[str], now: datetime) -> None:
        """First the versions rise, so that nobody holds one by what was known before."""
        theirs = {"subject": {"$in": list(subjects)}, "state": {"$in": ["queued", "held"]}}
        one_more, waits = {"$inc": {"ver": 1}}, {"again": {"$type": "date"}}
        first: Document = {"critical": True}
        goes: Document = {"$set": {**first, "due": now, "again": AT_ONCE}, "$unset": {"digest": ""}, **one_more}
        taken = {**theirs, "digest": NAMED, "again": {"$exists": False}}
        async with spoken():
            await self._collection.update_many({**theirs, **waits}, {"$set": first, **one_more})
            await self._collection.update_many({**theirs, **HELD, "due": {"$gt": now}}, goes)
            takers = await self._collection.distinct("digest", taken)
            lists = {"_id": {"$in": takers}, "state": theirs["state"], **waits}
            await self._collection.update_many(lists, one_more)
            still = await self._collection.distinct("_id", lists)
            await self._collection.update_many({**taken, "digest": {"$in": still}}, goes)

    async def next_due(self, partitions: Iterable[int], now: datetime) -> datetime | None:
        wanted = {"p": {"$in": list(partitions)}, **HELD, "due": {"$gt": now}}
        found = await self._grouped([{"$match": wanted}, {"$group": {"_id": None, "due": {"$min": "$due"}}}])
        due: datetime | None = found[0]["due"] if found else None
        return due

    async def released(self, partitions: Iterable[int], now: datetime) -> int:
        async with spoken():
            return int(
                await self._collection.count_documents({"p": {"$in": list(partitions)}, **HELD, "due": {"$lte": now}})
            )

    async def _grouped(self, steps: list[Document]) -> list[Document]:
        async with spoken():
            found: list[Document] = await self._collection.aggregate(steps).to_list(None)
        return found
