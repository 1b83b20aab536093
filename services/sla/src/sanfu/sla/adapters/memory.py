"""Lists of clocks by looking at every document, and replans in memory: for tests, and what the real are held to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sanfu.runtime.paging import Page
from sanfu.runtime.store import Document, Documents
from sanfu.sla.domain.keeping import key
from sanfu.sla.ports import Replan, Row, Stretch, Wanted, place, row

MOST = 100_000


class ScannedClocks:
    """`ports.Clocks` over any store of documents."""

    def __init__(self, documents: Documents, partitions: Callable[[], int]) -> None:
        self._documents, self._partitions = documents, partitions

    async def page(self, wanted: Wanted, page: Page) -> Sequence[Row]:
        after = (page.after.key, page.after.id) if page.after else ("", "")
        asked = wanted.conditions().items()
        running = ((one, clock) for one in await self._all() for clock in one.get("open", []))
        rows = [row(one["_id"], clock, one["clocks"][key(clock)]) for one, clock in running]
        found = [one for one in rows if all(one[name] == value for name, value in asked) and place(one) > after]
        return sorted(found, key=place)[: page.limit + 1]

    async def without_calendar(self) -> int:
        return sum(any(clock.get("unknown_year") for clock in one.get("open", [])) for one in await self._all())

    async def _all(self) -> list[Document]:
        return [one for number in range(self._partitions()) for one in await self._documents.page(number, "", MOST)]


class RememberedReplans:
    """`ports.Replans` of one process."""

    def __init__(self) -> None:
        self._known: list[Replan] = []

    async def begin(self, replan: Replan) -> Replan:
        newest = await self.newest()
        if newest is not None and newest.runs:
            if newest.pack == replan.pack:
                return newest
            self._known[-1] = replace(newest, superseded=True)
        self._known.append(replan)
        return replan

    async def newest(self) -> Replan | None:
        return self._known[-1] if self._known else None

    async def advance(self, id: str, stretch: Stretch, now: datetime) -> bool:
        was = await self.newest()
        number = stretch.partition
        if was is None or was.id != id or number in was.done or was.at.get(number, "") != stretch.after:
            return False
        done = was.done if stretch.last is not None else was.done | {number}
        self._known[-1] = replace(
            was, at={**was.at, number: stretch.last or stretch.after}, done=done, looked=was.looked + stretch.looked,
            changed=was.changed + stretch.changed, left=was.left + stretch.left,
            ended_at=now if len(done) == was.partitions else None,
        )  # fmt: skip
        return True
