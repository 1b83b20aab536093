"""Lists of clocks by looking at every document: for tests, and as what the real one is held to."""

from collections.abc import Callable, Sequence

from sanfu.runtime.paging import Page
from sanfu.runtime.store import Document, Documents
from sanfu.sla.ports import Row, Wanted, place

MOST = 100_000


class ScannedClocks:
    """`ports.Clocks` over any store of documents."""

    def __init__(self, documents: Documents, partitions: Callable[[], int]) -> None:
        self._documents, self._partitions = documents, partitions

    async def page(self, wanted: Wanted, page: Page) -> Sequence[Row]:
        after = (page.after.key, page.after.id) if page.after else ("", "")
        asked = wanted.conditions().items()
        rows = [{"issue": one["_id"], **clock} for one in await self._all() for clock in one.get("open", [])]
        found = [row for row in rows if all(row[name] == value for name, value in asked) and place(row) > after]
        return sorted(found, key=place)[: page.limit + 1]

    async def without_calendar(self) -> int:
        return sum(any(clock["unknown_year"] for clock in one.get("open", [])) for one in await self._all())

    async def _all(self) -> list[Document]:
        return [one for number in range(self._partitions()) for one in await self._documents.page(number, "", MOST)]
