"""Lists of clocks from the collection of the machine's documents, and replans; no driver is imported here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sanfu.runtime.mongo import spoken
from sanfu.runtime.paging import Page
from sanfu.sla.ports import Replan, Row, Stretch, Wanted, row

RUNNING = {"open.0": {"$exists": True}}
KEY = {
    "$cond": [
        "$open.about",
        {"$replaceOne": {"input": "$open.about", "find": "assist", "replacement": "$open.clock"}},
        "$open.clock",
    ]
}
_OF_CLOCK = {"input": {"$objectToArray": "$clocks"}, "as": "one", "cond": {"$eq": ["$$one.k", KEY]}}
KEPT = {"$let": {"vars": {"one": {"$first": {"$filter": _OF_CLOCK}}}, "in": "$$one.v"}}
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
        steps: list[dict[str, Any]] = [
            {"$match": {**RUNNING, "open": {"$elemMatch": asked}} if asked else RUNNING},
            {"$project": {"open": 1, "clocks": 1}},
            {"$unwind": "$open"},
            {"$match": {f"open.{name}": value for name, value in asked.items()}},
            {"$set": {"place": {"$concat": ["$_id", " ", "$open.clock", {"$ifNull": ["$open.about", ""]}]}}},
            *_behind(page),
            {"$sort": {"open.limit": 1, "place": 1}},
            {"$limit": page.limit + 1},
            {"$project": {"open": 1, "kept": KEPT}},
        ]
        # Without either of these MongoDB chooses no index by itself, and reads all that has stopped.
        hint = {} if "light" in asked or "unit" in asked else {"hint": "by_unit"}
        async with spoken():
            found = await self._collection.aggregate(steps, allowDiskUse=True, **hint).to_list(None)
        return [row(one["_id"], one["open"], one["kept"]) for one in found]

    async def without_calendar(self) -> int:
        async with spoken():
            return int(await self._collection.count_documents(UNKNOWN))


def _behind(page: Page) -> list[dict[str, Any]]:
    if page.after is None:
        return []
    key, id = page.after.key, page.after.id
    return [{"$match": {"$or": [{"open.limit": {"$gt": key}}, {"open.limit": key, "place": {"$gt": id}}]}}]


class MongoReplans:
    """`ports.Replans` on MongoDB: a small collection, the newest last."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    async def begin(self, replan: Replan) -> Replan:
        async with spoken():
            running = {"ended_at": None, "superseded": False}
            other = {**running, "pack": {"$ne": replan.pack}}
            await self._collection.update_many(other, {"$set": {"superseded": True}})
            fresh = {
                "started_at": replan.started_at, "partitions": replan.partitions, "at": {}, "done": [],
                "looked": 0, "changed": 0, "left": 0,
            }  # fmt: skip
            found = await self._collection.find_one_and_update(
                {**running, "pack": replan.pack}, {"$setOnInsert": {"_id": replan.id, **fresh}}, upsert=True,
                return_document=True,
            )  # fmt: skip
        return _replan(found)

    async def newest(self) -> Replan | None:
        async with spoken():
            found = await self._collection.find_one({}, sort=[("started_at", -1)])
        return _replan(found) if found else None

    async def advance(self, id: str, stretch: Stretch, now: datetime) -> bool:
        place = f"at.{stretch.partition}"
        mine = {"_id": id, "done": {"$ne": stretch.partition}, place: stretch.after or None}
        counts = {"looked": stretch.looked, "changed": stretch.changed, "left": stretch.left}
        noted: dict[str, Any] = {name: {"$add": [f"${name}", more]} for name, more in counts.items()}
        noted[place] = {"$literal": stretch.last or stretch.after}
        if stretch.last is None:
            noted["done"] = {"$setUnion": ["$done", [stretch.partition]]}
        over = {"$eq": [{"$size": "$done"}, "$partitions"]}
        ended = {"$cond": [over, {"$ifNull": ["$ended_at", now]}, "$ended_at"]}
        async with spoken():  # one write: a replan of which all is done, and that has no end, would run for ever
            was = await self._collection.find_one_and_update(mine, [{"$set": noted}, {"$set": {"ended_at": ended}}])
        return was is not None


def _replan(found: Mapping[str, Any]) -> Replan:
    plain = {name: found[name] for name in ("pack", "started_at", "partitions", "looked", "changed", "left")}
    return Replan(
        id=found["_id"], at={int(number): last for number, last in found["at"].items()}, done=frozenset(found["done"]),
        ended_at=found.get("ended_at"), superseded=found["superseded"], **plain,
    )  # fmt: skip
