"""What everybody may know of, in MongoDB: among the subject documents, by partial indexes of those that are shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from sanfu.intake.ports import Look
from sanfu.runtime.mongo import MongoDocuments, spoken

SHOWN = {"public.shown": True}
WANTED = {"submission": 1, "public": 1, "received_at": 1, "due_at": 1}
RECEIVED, UPDATED = "received_at", "public.updated"
INDEXES = {
    "public_state": [("public.key", 1), (RECEIVED, -1), ("_id", 1)],
    "public_category": [("public.category", 1), (RECEIVED, -1), ("_id", 1)],
    "public_updated": [(UPDATED, -1), ("_id", 1)],
    "public_updates": [("public.updates.at", 1)],
}
"""Each holds the open issues alone. The sort is part of it: a page costs what stands on it, not what is there."""

Issue = Mapping[str, Any]


class MongoPublicIssues:
    """`ports.PublicIssues`."""

    def __init__(self, documents: MongoDocuments) -> None:
        self._subjects = documents.collection

    async def prepare(self) -> None:
        async with spoken():
            for name, keys in INDEXES.items():
                await self._subjects.create_index(keys, name=name, partialFilterExpression=SHOWN)

    async def known(self, ids: Sequence[str]) -> list[Issue]:
        wanted = {"_id": {"$in": list(ids)}, "submission": {"$exists": True}}
        async with spoken():
            found = {
                one["_id"]: one for one in await self._subjects.find(wanted, WANTED | {"receipt": 1}).to_list(None)
            }
        return [found[id] for id in dict.fromkeys(ids) if id in found]

    async def look(self, look: Look) -> list[Issue]:
        first = UPDATED if look.updated else RECEIVED
        asked = self._subjects.find(_filter(look) | _spans(look), WANTED).sort([(first, -1), ("_id", 1)])
        async with spoken():
            found = await asked.skip(look.skip).limit(look.limit).hint(_index(look)).to_list(None)
        return [*found]

    async def updates(self, look: Look) -> list[tuple[Issue, Issue]]:
        begin, end = look.updated or ("", "~")
        span = {"$gte": begin, "$lte": end}
        steps: list[dict[str, Any]] = [
            {"$match": {**_filter(look), "public.updates": {"$elemMatch": {"at": span}}}},
            {"$project": {"update": "$public.updates"}},
            {"$unwind": "$update"},
            {"$match": {"update.at": span}},
            {"$sort": {"update.at": 1, "update.id": 1}},
            {"$skip": look.skip},
            {"$limit": look.limit},
        ]
        async with spoken():
            found = await self._subjects.aggregate(steps, hint="public_updates").to_list(None)
        return [({"_id": one["_id"]}, one["update"]) for one in found]


def _filter(look: Look) -> dict[str, Any]:
    wanted: dict[str, Any] = {**SHOWN, "public.key": {"$in": list(look.keys)}}
    if look.categories:
        wanted["public.category"] = {"$in": list(look.categories)}
    if look.town is not None:
        wanted["submission.place.town"] = look.town
    return wanted


def _spans(look: Look) -> dict[str, Any]:
    spans = {RECEIVED: look.received, UPDATED: look.updated}
    return {name: {"$gte": span[0], "$lte": span[1]} for name, span in spans.items() if span}


def _index(look: Look) -> str:
    """Name the index by which a look is cheapest: the planner would try them all on every new kind of question."""
    if look.updated:
        return "public_updated"
    return "public_category" if look.categories else "public_state"
