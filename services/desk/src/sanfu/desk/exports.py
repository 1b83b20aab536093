"""Taking a list out: page by page, on record, so that a million rows need no more memory than one page."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final

from sanfu.contracts.envelope import instant
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Document, Wanted
from sanfu.runtime.paging import Cursor, Page

ROWS: Final = 500
"""Cases read at once: a MB or two."""


@dataclass(frozen=True, slots=True)
class Exports:
    desk: Desk

    async def begin(self, who: Viewer, form: str, query: Mapping[str, Any]) -> Document:
        """Keep on record that somebody takes a list out, before the first row is read; return the record."""
        now = instant(self.desk.clock.now())
        record: Document = {
            "_id": f"{who.id}/{now}/{token_hex(4)}", "version": 1, "user": who.id, "unit": who.unit, "at": now,
            "form": form, "query": dict(query), "rows": None,
        }  # fmt: skip
        await self.desk.shelves.exports.put([record])
        return record

    async def pages(self, who: Viewer, wanted: Wanted, record: Document) -> AsyncIterator[Sequence[Document]]:
        """Give the cases that somebody may see at the beginning, page by page in the list's order; after the last one
        the record says how many there were. What moves in the list meanwhile may be missing or come twice."""
        scope, after, rows = self.desk.query_scope(who, wanted), None, 0
        while True:
            found = await self.desk.cases.page(scope, wanted, Page(ROWS, after))
            page = found[:ROWS]
            yield page
            rows += len(page)
            if len(found) <= ROWS:
                break
            after = Cursor(page[-1][wanted.by], page[-1]["_id"])
        await self.desk.shelves.exports.put([{**record, "version": 2, "rows": rows}])
