"""`hook_ports.HookStore` on MongoDB."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sanfu.notify.adapters.hook_documents import hook_read, hook_written
from sanfu.notify.domain.hooks import HookRecord
from sanfu.notify.hook_ports import HookSeen, HookStanding
from sanfu.runtime.mongo import MAJORITY, MongoDocuments, spoken
from sanfu.runtime.paging import Page

Document = dict[str, Any]

KEPT_FOR = timedelta(days=30)
"""As long as the unit's topic keeps a record: by then it is not found there, either."""
IN_TURN = [("order", 1), ("since", 1), ("event", 1)]


class MongoHooks:
    """Records in `hook_records`, by unit and event; who posts to a hook, and how it does, in `hooks`."""

    def __init__(self, documents: MongoDocuments) -> None:
        self._documents = documents
        self._records: Any = documents.database.get_collection("hook_records", write_concern=MAJORITY)
        self._hooks: Any = documents.database.get_collection("hooks", write_concern=MAJORITY)

    async def prepare(self) -> None:
        """Of records that were taken nothing is in an index but how long they are kept."""
        waiting, parked = {"state": "waiting"}, {"state": "parked"}
        to_go = {"again": {"$type": "date"}}
        async with spoken():
            create = self._records.create_index
            await create([("unit", 1), ("again", 1), ("since", 1)], name="to_go", partialFilterExpression=to_go)
            await create([("unit", 1), ("issue", 1), *IN_TURN], name="in_turn", partialFilterExpression=waiting)
            await create([("unit", 1), ("since", 1)], name="waiting", partialFilterExpression=waiting)
            await create([("unit", 1), ("event", 1)], name="parked", partialFilterExpression=parked)
            await create([("kept", 1)], name="kept", expireAfterSeconds=int(KEPT_FOR.total_seconds()))

    async def keep(self, records: Sequence[HookRecord], now: datetime) -> None:
        if not records:
            return
        await self._documents.insert("hook_records", [{**hook_written(one), "kept": now} for one in records])
        for unit, issue in dict.fromkeys((record.unit, record.issue) for record in records):
            await self._promote(unit, issue, now)

    async def ripe(self, unit: str, until: datetime, limit: int) -> list[HookRecord]:
        wanted = {"unit": unit, "again": {"$type": "date", "$lte": until}}
        return await self._find(wanted, [("again", 1), ("since", 1)], limit)

    async def settle(self, record: HookRecord) -> None:
        put = {name: value for name, value in hook_written(record).items() if name != "_id"}
        gone = {name: "" for name in ("again", "why") if name not in put}
        change = {"$set": put, **({"$unset": gone} if gone else {})}
        as_it_was: Document = {"_id": record.id, "state": "waiting", "since": record.since}
        if record.state == "done":
            as_it_was = {"_id": record.id, "state": {"$ne": "done"}}
        async with spoken():
            await self._records.update_one(as_it_was, change)

    async def next_of(self, unit: str, issue: str, now: datetime) -> HookRecord | None:
        found = await self._promote(unit, issue, now)
        return found if found is not None and found.again is not None and found.again <= now else None

    async def promote(self, unit: str, now: datetime) -> None:
        steps: list[Document] = [
            {"$match": {"unit": unit, "state": "waiting"}},
            {"$sort": {"unit": 1, "issue": 1, **dict(IN_TURN)}},
            {"$group": {"_id": "$issue", "again": {"$first": "$again"}}},
            {"$match": {"again": None}},
        ]
        async with spoken():
            found = [one["_id"] async for one in self._records.aggregate(steps, allowDiskUse=True)]
        for issue in found:
            await self._promote(unit, issue, now)

    async def hurry(self, unit: str, now: datetime) -> None:
        wanted = {"unit": unit, "again": {"$type": "date", "$gt": now}}
        async with spoken():
            await self._records.update_many(wanted, {"$set": {"again": now}})

    async def park(self, unit: str, why: str, since: datetime) -> int:
        change = {"$set": {"state": "parked", "why": why}, "$unset": {"again": ""}}
        wanted = {"unit": unit, "state": "waiting", "since": {"$lte": since}}
        async with spoken():
            return int((await self._records.update_many(wanted, change)).modified_count)

    async def unpark(self, unit: str, now: datetime, limit: int) -> int:
        wanted = {"unit": unit, "state": "parked"}
        async with spoken():
            found = (
                await self._records.find(wanted, {"since": 1})
                .sort([("since", 1), ("event", 1)])
                .limit(limit)
                .to_list(None)
            )
            again = {"_id": {"$in": [one["_id"] for one in found]}, "state": "parked"}
            change = {"$set": {"state": "waiting", "since": now, "tries": 0}}
            count = int((await self._records.update_many(again, change)).modified_count)
        await self.promote(unit, now)
        return count

    async def parked(self, unit: str, page: Page) -> list[HookRecord]:
        wanted: Document = {"unit": unit, "state": "parked"}
        if page.after is not None:
            wanted["event"] = {"$gt": page.after.id}
        return await self._find(wanted, [("event", 1)], page.limit + 1, {"headers": 0, "body": 0})

    async def standing(self, units: Sequence[str]) -> Mapping[str, HookStanding]:
        found = {}
        for unit in units:
            async with spoken():
                waiting = await self._records.count_documents({"unit": unit, "state": "waiting"})
                parked = await self._records.count_documents({"unit": unit, "state": "parked"})
            first = await self._find({"unit": unit, "state": "waiting"}, [("since", 1)], 1, {"headers": 0, "body": 0})
            found[unit] = HookStanding(waiting, first[0].since if first else None, parked)
        return found

    async def ripe_count(self, units: Sequence[str], now: datetime) -> int:
        async with spoken():
            wanted = {"unit": {"$in": list(units)}, "again": {"$type": "date", "$lte": now}}
            return int(await self._records.count_documents(wanted))

    async def claim(self, unit: str, holder: str, now: datetime, until: datetime) -> bool:
        """Whoever holds it has said so in the one document; an unknown outcome is asked for anew by the same holder."""
        async with spoken():
            await self._hooks.update_one(
                {"_id": unit}, {"$setOnInsert": {"holder": holder, "until": until}}, upsert=True
            )
            mine_or_free = {"_id": unit, "$or": [{"holder": holder}, {"until": {"$lte": now}}]}
            done = await self._hooks.update_one(mine_or_free, {"$set": {"holder": holder, "until": until}})
        return bool(done.matched_count)

    async def see(self, unit: str, seen: HookSeen) -> None:
        async with spoken():
            await self._hooks.update_one({"_id": unit}, {"$set": {"seen": asdict(seen)}})

    async def show(self, unit: str, seen: HookSeen, mark: str) -> bool:
        async with spoken():
            there = {"_id": unit, "seen.gone": {"$ne": mark}}
            done = await self._hooks.update_one(there, {"$set": {"seen": asdict(seen)}})
        return bool(done.matched_count)

    async def seen(self, units: Sequence[str]) -> Mapping[str, HookSeen]:
        async with spoken():
            found = await self._hooks.find({"_id": {"$in": list(units)}, "seen": {"$exists": True}}).to_list(None)
        return {one["_id"]: HookSeen(**one["seen"]) for one in found}

    async def _promote(self, unit: str, issue: str, now: datetime) -> HookRecord | None:
        wanted = {"unit": unit, "issue": issue, "state": "waiting"}
        change = [{"$set": {"again": {"$ifNull": ["$again", now]}}}]
        async with spoken():
            found = await self._records.find_one_and_update(wanted, change, sort=IN_TURN, return_document=True)
        return hook_read(found) if found else None

    async def _find(
        self, wanted: Document, order: list[tuple[str, int]], limit: int, shown: Document | None = None
    ) -> list[HookRecord]:
        async with spoken():
            found = await self._records.find(wanted, shown).sort(order).limit(limit).to_list(None)
        return [hook_read(document) for document in found]
