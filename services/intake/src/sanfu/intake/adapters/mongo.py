"""Intake's records in MongoDB."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sanfu.intake.adapters.documents import correction, noted, read, written
from sanfu.intake.ports import ChannelKey, Correction, Import, Kept
from sanfu.runtime.mongo import MAJORITY, MongoDocuments, spoken

MOST = 1000


class MongoRecords:
    """`ports.Records`: the collections `contacts`, `corrections`, `channel_keys`, `imports` and `import_rows`; receipts
    are found in the subject documents."""

    def __init__(self, documents: MongoDocuments) -> None:
        self._documents = documents
        self._contacts = documents.database.get_collection("contacts", write_concern=MAJORITY)
        self._corrections = documents.database.get_collection("corrections", write_concern=MAJORITY)
        self._imports = documents.database.get_collection("imports", write_concern=MAJORITY)
        self._bad_rows = documents.database.get_collection("import_rows", write_concern=MAJORITY)
        self._keys = documents.database.get_collection("channel_keys", write_concern=MAJORITY)

    async def prepare(self) -> None:
        await self._documents.prepare()
        async with spoken():
            await self._documents.collection.create_index("receipt", name="receipt", sparse=True)
            await self._documents.collection.create_index(
                [("near", 1), ("received_at", -1)], name="near", partialFilterExpression={"near": {"$exists": True}}
            )
            await self._contacts.create_index("party", name="party")
            await self._contacts.create_index("filer", name="filer")
            await self._corrections.create_index("party", name="party")
            await self._bad_rows.create_index([("import", 1), ("line", 1)], name="line")

    async def by_receipt(self, number: str) -> Mapping[str, Any] | None:
        async with spoken():
            return await self._documents.collection.find_one({"receipt": number})

    async def issue(self, id: str) -> Mapping[str, Any] | None:
        async with spoken():
            return await self._documents.collection.find_one({"_id": id})

    async def near(self, keys: Sequence[str], since: str, most: int) -> list[tuple[str, Mapping[str, Any]]]:
        wanted = {"near": {"$in": list(keys)}, "received_at": {"$gte": since}}
        async with spoken():
            found = await self._documents.collection.find(wanted).sort("received_at", -1).limit(most).to_list(most)
        return [(one["_id"], one) for one in found]

    async def contacts_of(self, indexes: Sequence[str]) -> list[Kept]:
        wanted = {"$in": list(indexes)}
        async with spoken():
            noted = await self._corrections.find({"party": wanted}).to_list(MOST)
            corrected = {one["_id"]: one["party"] for one in noted}
            either = [{"party": wanted}, {"filer": wanted}, {"_id": {"$in": list(corrected)}}]
            found = await self._contacts.find({"$or": either}).to_list(MOST)
        kept = {one["_id"]: read(one) for one in found}
        bare = {issue: Kept(issue, 0, {}) for issue in corrected if issue not in kept}
        return [replace(one, corrected=corrected.get(issue, ())) for issue, one in (kept | bare).items()]

    async def contact(self, issue: str) -> Kept | None:
        async with spoken():
            found = await self._contacts.find_one({"_id": issue})
        return read(found) if found else None

    async def keep(self, contact: Kept) -> bool:
        async with spoken():
            if contact.version == 1:
                first = {"$setOnInsert": written(contact)}
                fresh = await self._contacts.update_one({"_id": contact.issue}, first, upsert=True)
                return fresh.upserted_id is not None
            before = {"_id": contact.issue, "version": contact.version - 1}
            return bool((await self._contacts.replace_one(before, written(contact))).matched_count)

    async def correction(self, issue: str) -> Correction | None:
        async with spoken():
            found = await self._corrections.find_one({"_id": issue})
        return correction(found) if found else None

    async def correct(self, corrections: Sequence[Correction]) -> None:
        async with spoken():
            for one in corrections:
                newer = {"$lt": [{"$ifNull": ["$version", 0]}, one.version]}
                step = {"$replaceWith": {"$cond": [newer, {"$literal": noted(one)}, "$$ROOT"]}}
                await self._corrections.update_one({"_id": one.issue}, [step], upsert=True)

    async def drop_corrections(self, issues: Sequence[str]) -> None:
        async with spoken():
            await self._corrections.delete_many({"_id": {"$in": list(issues)}})

    async def keys(self) -> list[ChannelKey]:
        async with spoken():
            found = await self._keys.find().to_list(None)
        return [
            ChannelKey(one["_id"], one["channel"], one["revoked"], one.get("party_code"), one.get("client", ""))
            for one in found
        ]

    async def add_key(self, key: ChannelKey) -> None:
        fresh = {
            "channel": key.channel, "revoked": key.revoked, "key": key.id, "party_code": key.party_code,
            "client": key.client,
        }  # fmt: skip
        async with spoken():
            await self._keys.update_one({"_id": key.digest}, {"$setOnInsert": fresh}, upsert=True)

    async def revoke_key(self, id: str) -> bool:
        async with spoken():
            found = await self._keys.update_one({"key": id}, {"$set": {"revoked": True}})
        return bool(found.matched_count)

    async def known(self, id: str) -> Import | None:
        async with spoken():
            found = await self._imports.find_one({"_id": id})
        return Import(id=id, **{name: value for name, value in found.items() if name != "_id"}) if found else None

    async def begin(self, one: Import, was: Import | None) -> bool:
        async with spoken():
            if was is None:
                fresh = await self._imports.update_one({"_id": one.id}, {"$setOnInsert": _kept(one)}, upsert=True)
                begun = fresh.upserted_id is not None
            else:
                begun = bool((await self._imports.replace_one(_as_it_was(was), _kept(one))).matched_count)
            if begun and one.rows == 0:
                await self._bad_rows.delete_many({"import": one.id})
        return begun

    async def note(self, one: Import, bad: Mapping[int, Sequence[Mapping[str, str]]]) -> bool:
        async with spoken():
            for line, errors in bad.items():
                row = {"import": one.id, "line": line, "errors": list(errors)}
                await self._bad_rows.replace_one({"_id": f"{one.id}:{line}"}, row, upsert=True)
            done = await self._imports.replace_one({"_id": one.id, "copy": one.copy}, _kept(one))
        return bool(done.matched_count)

    async def stay(self, ids: Sequence[str], copy: str, alive: float) -> None:
        async with spoken():
            await self._imports.update_many({"_id": {"$in": list(ids)}, "copy": copy}, {"$set": {"alive": alive}})

    async def bad_rows(self, id: str, after: int, limit: int) -> list[tuple[int, Sequence[Mapping[str, str]]]]:
        wanted = self._bad_rows.find({"import": id, "line": {"$gt": after}}).sort("line", 1).limit(limit)
        async with spoken():
            found = await wanted.to_list(limit)
        return [(each["line"], each["errors"]) for each in found]


def _kept(one: Import) -> dict[str, Any]:
    kept = asdict(one)
    del kept["id"]
    return kept


def _as_it_was(one: Import) -> dict[str, Any]:
    """Ask for an import that nobody has touched since; older documents do not say who has them."""
    return {
        "_id": one.id, "state": one.state, "rows": one.rows, "copy": one.copy or {"$in": ["", None]},
        "alive": one.alive or {"$in": [0.0, None]},
    }  # fmt: skip
