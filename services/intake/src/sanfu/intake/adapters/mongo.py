"""Intake's records in MongoDB."""

from collections.abc import Mapping, Sequence
from typing import Any

from sanfu.intake.adapters.documents import read, written
from sanfu.intake.ports import ChannelKey, Kept
from sanfu.runtime.mongo import MAJORITY, MongoDocuments, spoken

MOST = 1000


class MongoRecords:
    """`ports.Records`: the collections `contacts` and `channel_keys`; receipts are found in the subject documents."""

    def __init__(self, documents: MongoDocuments) -> None:
        self._documents = documents
        self._contacts = documents.database.get_collection("contacts", write_concern=MAJORITY)
        self._keys = documents.database.get_collection("channel_keys", write_concern=MAJORITY)

    async def prepare(self) -> None:
        await self._documents.prepare()
        async with spoken():
            await self._documents.collection.create_index("receipt", name="receipt", sparse=True)
            await self._contacts.create_index("party", name="party")
            await self._contacts.create_index("filer", name="filer")

    async def by_receipt(self, number: str) -> Mapping[str, Any] | None:
        async with spoken():
            return await self._documents.collection.find_one({"receipt": number})

    async def contacts_of(self, indexes: Sequence[str]) -> list[Kept]:
        wanted = {"$in": list(indexes)}
        async with spoken():
            found = await self._contacts.find({"$or": [{"party": wanted}, {"filer": wanted}]}).to_list(MOST)
        return [read(document) for document in found]

    async def contact(self, issue: str) -> Kept | None:
        async with spoken():
            found = await self._contacts.find_one({"_id": issue})
        return read(found) if found else None

    async def keep(self, contact: Kept) -> None:
        async with spoken():
            await self._contacts.replace_one({"_id": contact.issue}, written(contact), upsert=True)

    async def keys(self) -> list[ChannelKey]:
        async with spoken():
            found = await self._keys.find().to_list(None)
        return [ChannelKey(each["_id"], each["channel"], each["revoked"]) for each in found]

    async def add_key(self, key: ChannelKey) -> None:
        fresh = {"channel": key.channel, "revoked": key.revoked, "key": key.id}
        async with spoken():
            await self._keys.update_one({"_id": key.digest}, {"$setOnInsert": fresh}, upsert=True)

    async def revoke_key(self, id: str) -> bool:
        async with spoken():
            found = await self._keys.update_one({"key": id}, {"$set": {"revoked": True}})
        return bool(found.matched_count)
