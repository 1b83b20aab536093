"""Lists of affairs on MongoDB."""

from collections.abc import Mapping, Sequence
from typing import Any

from sanfu.desk.adapters.queries import BRIEFLY, after_of, seen
from sanfu.desk.domain.scope import Scope
from sanfu.desk.ports import AffairsWanted, Document
from sanfu.runtime.mongo import spoken
from sanfu.runtime.paging import Page

OPEN, ENDED = {"open": True}, {"open": False}
LISTS = {
    "city_by_limit": ["what", "limit", "_id"],
    "units_by_limit": ["units", "what", "limit", "_id"],
    "issue_by_limit": ["concerns", "limit", "_id"],
    "holders_by_limit": ["filer.id", "what", "limit", "_id"],
}
ENDED_BY_LIMIT = {
    "ended_of_city": ["what", "limit", "_id"],
    "ended_of_units": ["units", "what", "limit", "_id"],
}
A_LIST = {"what": "list"}
ENDED_LISTS = {
    "lists_by_kind": ["open", "kind", "limit", "_id"],
    "lists_of_a_holder": ["filer.id", "open", "limit", "_id"],
    "lists_of_a_unit": ["units", "open", "limit", "_id"],
}
"""Lists are many, and most have ended: those are looked at, too."""


class MongoAffairs:
    """`ports.AffairsLists` on the collection of the affairs' documents."""

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        async with spoken():
            await self._index(LISTS, OPEN)
            await self._index(ENDED_BY_LIMIT, ENDED)
            await self._index(ENDED_LISTS, A_LIST)
            await self._collection.create_index([("concerns", 1), ("limit", 1), ("_id", 1)], name="all_of_an_issue")

    async def page(self, scope: Scope, wanted: AffairsWanted, page: Page) -> list[Document]:
        if not scope:
            return []
        asked = {"$and": [wanted.conditions(), seen(scope), *after_of("limit", page.after)]}
        async with spoken():
            found = self._collection.find(asked, BRIEFLY)
            rows: list[Document] = await found.sort([("limit", 1), ("_id", 1)]).limit(page.limit + 1).to_list(None)
        return rows

    async def _index(self, lists: Mapping[str, Sequence[str]], some: Document) -> None:
        for name, fields in lists.items():
            keys = [(field, 1) for field in fields]
            await self._collection.create_index(keys, name=name, partialFilterExpression=some)
