"""Lists of clocks from the collection of the machine's documents; no driver is imported here."""

from collections.abc import Sequence
from typing import Any

from sanfu.runtime.mongo import spoken
from sanfu.runtime.paging import Page
from sanfu.sla.ports import Row, Wanted

RUNNING = {"open.0": {"$exists": True}}
UNKNOWN = {"open.unknown_year": {"$gt": 0}}


class MongoClocks:
    """`ports.Clocks` on MongoDB. Stopped clocks, which are most, leave the indexes."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        by_light = [("open.light", 1), ("open.unit", 1), ("open.limit", 1)]
        by_unit = [("open.unit", 1), ("open.limit", 1)]
        async with spoken():
            await self._collection.create_index(by_light, name="by_light", partialFilterExpression=RUNNING)
            await self._collection.create_index(by_unit, name="by_unit", partialFilterExpression=RUNNING)
            await self._collection.create_index(
                [("open.unknown_year", 1)], name="unknown_year", partialFilterExpression=UNKNOWN
            )

    async def page(self, wanted: Wanted, page: Page) -> Sequence[Row]:
        asked: dict[str, Any] = dict(wanted.conditions())
        if page.after is not None:
            asked["limit"] = {"$gte": page.after.key}
        each = {"$and": [{f"open.{name}": value for name, value in asked.items()}, *_behind(page)]}
        steps: list[dict[str, Any]] = [
            {"$match": {**RUNNING, "open": {"$elemMatch": asked}} if asked else RUNNING},
            {"$project": {"open": 1}},
            {"$unwind": "$open"},
            {"$set": {"place": {"$concat": ["$_id", " ", "$open.clock"]}}},
            {"$match": each},
            {"$sort": {"open.limit": 1, "place": 1}},
            {"$limit": page.limit + 1},
        ]
        async with spoken():
            found = await self._collection.aggregate(steps, allowDiskUse=True).to_list(None)
        return [{"issue": one["_id"], **one["open"]} for one in found]

    async def without_calendar(self) -> int:
        async with spoken():
            return int(await self._collection.count_documents(UNKNOWN))


def _behind(page: Page) -> list[dict[str, Any]]:
    if page.after is None:
        return []
    key, id = page.after.key, page.after.id
    return [{"$or": [{"open.limit": {"$gt": key}}, {"open.limit": key, "place": {"$gt": id}}]}]
