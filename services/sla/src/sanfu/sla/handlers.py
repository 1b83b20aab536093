"""Replanning: open clocks are reckoned anew by the pack in use, page by page, through the machine.

Nothing happens twice: each issue takes one command with the replan's own key, and how far it is gone through is noted
after each page. Whoever owns a partition goes through it; killed midway, the next owner goes on.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from sanfu.runtime.fold import Done
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.rules import Actor, Command, Refusal
from sanfu.runtime.store import Document, StoreDown
from sanfu.sla.domain.rules import SlaRules
from sanfu.sla.ports import Replan, Replans, Stretch

log = structlog.get_logger()

PAGE = 200
AT_ONCE = 0.010
"""Seconds that reckoning may hold the event loop: heartbeats share it."""
LOOKS_EVERY = 2.0
"""Seconds between two looks whether another process has begun a replan."""
ACTOR = Actor("replan", "system")

Pages = Callable[[int, str, int], Awaitable[Sequence[Document]]]
"""A partition's documents in order of their ids, behind one, so many at most."""


@dataclass(slots=True)
class Replanning:
    """Goes through the partitions of this process while a replan runs."""

    replans: Replans
    pages: Pages
    order: Callable[[str, Command], Awaitable[Done]]
    owned: Callable[[], Collection[int]]
    rules: Callable[[], SlaRules]
    now: Callable[[], datetime]
    page: int = PAGE
    _begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin(self, id: str, partitions: int) -> Replan:
        """Start a replan by the pack in use, or answer the one that runs."""
        replan = await self.replans.begin(Replan(id, self.rules().pack.version, self.now(), partitions))
        self._begun.set()
        return replan

    async def run(self) -> None:
        while True:
            try:
                moved = await self.step()
            except (StoreDown, Unavailable) as error:
                log.warning("replan_waits", why=str(error))
                moved = False
            if not moved:
                await self._rest()

    async def step(self) -> bool:
        """Go through one page. False if there is nothing to do here: no replan, none by the pack in use, or the
        partitions of this process are done."""
        replan = await self.replans.newest()
        if replan is None or not replan.runs or replan.pack != self.rules().pack.version:
            return False
        mine = sorted(set(self.owned()) - replan.done)
        if not mine:
            return False
        stretch = await self._gone_through(replan, mine[0])
        await self.replans.advance(replan.id, stretch, self.now())
        return True

    async def _gone_through(self, replan: Replan, partition: int) -> Stretch:
        after = replan.at.get(partition, "")
        page = await self.pages(partition, after, self.page)
        key = f"replan:{replan.id}"
        fates = await asyncio.gather(*[self._replan(one, key) async for one in self._concerned(page, key)])
        last = page[-1]["_id"] if len(page) == self.page else None
        return Stretch(partition, after, last, len(page), fates.count(True), fates.count(False))

    async def _concerned(self, page: Sequence[Document], key: str) -> AsyncIterator[Document]:
        """Yield the documents that this replan changes, or has changed before it was interrupted."""
        held = time.perf_counter()
        for document in page:
            if _done(document, key) or (document.get("open") and self.rules().replanned(document, self.now())):
                yield document
            if time.perf_counter() - held > AT_ONCE:
                await asyncio.sleep(0)
                held = time.perf_counter()

    async def _replan(self, document: Document, key: str) -> bool | None:
        """True: changed, now or before; False: it waits for an operator; None: somebody else's event was faster."""
        try:
            done = await self.order(document["_id"], Command("Replan", {}, ACTOR, key))
        except Refusal:
            return False
        return True if done.events or done.repeated else None

    async def _rest(self) -> None:
        self._begun.clear()
        try:
            async with asyncio.timeout(LOOKS_EVERY):
                await self._begun.wait()
        except TimeoutError:
            pass

    # ── looking before ───────────────────────────────────────────────────────────────────────────────────────────────

    async def changes(self, partitions: int) -> AsyncIterator[Mapping[str, Any]]:
        """Yield what a replan would change, clock by clock, and changes nothing; the counts come last."""
        rules, looked, issues, clocks = self.rules(), 0, 0, 0
        for partition in range(partitions):
            after: str | None = ""
            while after is not None:
                page = await self.pages(partition, after, self.page)
                looked += len(page)
                for document in page:
                    found = rules.replanned(document, self.now()) if document.get("open") else []
                    issues, clocks = issues + bool(found), clocks + len(found)
                    for one in found:
                        yield {"issue": document["_id"], **one.shown()}
                    await asyncio.sleep(0)
                after = page[-1]["_id"] if len(page) == self.page else None
        yield {"pack": rules.pack.version, "looked": looked, "issues": issues, "clocks": clocks}


def _done(document: Document, key: str) -> bool:
    return any(one["key"] == key for one in document.get("applied", ()))
