"""Which files there are, in MongoDB."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sanfu.intake.adapters.documents import attachment, filed
from sanfu.intake.domain.attachments import Attachment, Claim
from sanfu.runtime.mongo import MAJORITY, Database, spoken

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
FREE = {"received": {"$exists": True}, "issue": {"$exists": False}, "going": {"$exists": False}}


class MongoAttachmentLog:
    """`ports.AttachmentLog`: the collection `attachments`."""

    def __init__(self, database: Database) -> None:
        self._all = database.get_collection("attachments", write_concern=MAJORITY)

    async def prepare(self) -> None:
        some: dict[str, Any] = {"partialFilterExpression": {"due": {"$exists": True}}}
        async with spoken():
            await self._all.create_index("due", name="due", **some)
            await self._all.create_index("holder", name="unbound", **some)
            await self._all.create_index("issue", name="issue", sparse=True)

    async def note(self, one: Attachment) -> None:
        async with spoken():
            await self._all.replace_one({"_id": one.id}, filed(one), upsert=True)

    async def get(self, ids: Sequence[str]) -> dict[str, Attachment]:
        return {one.id: one for one in await self._found({"_id": {"$in": list(ids)}})}

    async def of(self, issue: str) -> list[Attachment]:
        return await self._found({"issue": issue})

    async def count(self, issue: str) -> int:
        async with spoken():
            return await self._all.count_documents({"issue": issue})

    async def unbound(self, holder: str) -> int:
        async with spoken():
            return await self._all.count_documents({"holder": holder, "due": {"$exists": True}})

    async def claim(self, ids: Sequence[str], claim: Claim, due: datetime) -> int:
        ours = {"issue": claim.issue, "command": claim.command, "claim": claim.token, "due": due}
        async with spoken():
            done = await self._all.update_many({"_id": {"$in": list(ids)}, **FREE}, {"$set": ours})
        return done.modified_count

    async def release(self, ids: Sequence[str], claim: Claim) -> None:
        ours = {"_id": {"$in": list(ids)}, "claim": claim.token}
        async with spoken():
            await self._all.update_many(ours, {"$unset": {"issue": "", "command": "", "claim": ""}})

    async def settle(self, ids: Sequence[str], issue: str, command: str) -> None:
        standing = {"_id": {"$in": list(ids)}, "going": {"$exists": False}}
        bound = {"$set": {"issue": issue, "command": command}, "$unset": {"due": ""}}
        async with spoken():
            await self._all.update_many(standing, bound)

    async def due(self, now: datetime, limit: int) -> list[Attachment]:
        return await self._found({"due": {"$lte": now, "$exists": True}}, limit)

    async def condemn(self, id: str, due: datetime | None = None) -> bool:
        wanted = {"_id": id} if due is None else {"_id": id, "due": due}
        going = [{"$set": {"going": True, "due": {"$ifNull": ["$due", LONG_AGO]}}}]
        async with spoken():
            done = await self._all.update_one(wanted, going)
        return bool(done.matched_count)

    async def drop(self, ids: Sequence[str]) -> None:
        async with spoken():
            await self._all.delete_many({"_id": {"$in": list(ids)}})

    async def _found(self, wanted: dict[str, Any], limit: int = 0) -> list[Attachment]:
        async with spoken():
            found = await self._all.find(wanted).sort("due", 1).limit(limit).to_list(None)
        return [attachment(one) for one in found]
