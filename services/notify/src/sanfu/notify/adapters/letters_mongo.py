"""`ports.Letters` on MongoDB."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sanfu.notify.adapters.letter_records import letter_read, letter_written
from sanfu.notify.ports import LETTERS_KEPT_FOR, Document, Letter
from sanfu.runtime.mongo import MAJORITY, MongoDocuments, behind, spoken
from sanfu.runtime.paging import Page

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MongoLetters:
    """`ports.Letters` on a collection of its own."""

    def __init__(self, documents: MongoDocuments) -> None:
        self._documents = documents
        self._collection: Any = documents.database.get_collection("letters", write_concern=MAJORITY)

    async def prepare(self) -> None:
        """How many are unread is asked with every page of desk: what was read is not walked through for that."""
        kept = int(LETTERS_KEPT_FOR.total_seconds())
        newest = [("at", -1), ("_id", -1)]
        async with spoken():
            create = self._collection.create_index
            await create([("box", 1), *newest], name="box")
            await create([("box", 1), ("read", 1), *newest], name="unread")
            await create([("at", 1)], name="kept", expireAfterSeconds=kept)

    async def put(self, letter: Letter) -> None:
        await self._documents.insert("letters", [letter_written(letter)])

    async def drop(self, ids: Sequence[str]) -> None:
        if ids:
            async with spoken():
                await self._collection.delete_many({"_id": {"$in": list(ids)}})

    async def page(self, box: str, unread: bool, page: Page) -> list[Letter]:
        asked: list[Document] = [{"box": box}]
        if unread:
            asked.append({"read": None})
        if page.after is not None:
            key = page.after.key
            at = EPOCH + timedelta(milliseconds=key if isinstance(key, int) else 0)
            asked += behind("at", at, page.after.id, newest=True)
        order = [("at", -1), ("_id", -1)]
        async with spoken():
            found = await self._collection.find({"$and": asked}).sort(order).limit(page.limit + 1).to_list(None)
        return [letter_read(document) for document in found]

    async def one(self, box: str, id: str) -> Letter | None:
        async with spoken():
            found = await self._collection.find_one({"_id": id, "box": box})
        return None if found is None else letter_read(found)

    async def mark(self, box: str, id: str, at: datetime) -> bool:
        async with spoken():
            await self._collection.update_one({"_id": id, "box": box, "read": None}, {"$set": {"read": at}})
            return bool(await self._collection.count_documents({"_id": id, "box": box}))

    async def mark_all(self, box: str, until: datetime, at: datetime) -> int:
        before = until + timedelta(milliseconds=1)
        asked = {"box": box, "at": {"$lt": before}, "read": None}
        async with spoken():
            return int((await self._collection.update_many(asked, {"$set": {"read": at}})).modified_count)
