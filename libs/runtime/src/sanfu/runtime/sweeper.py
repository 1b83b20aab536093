"""The sweeper: publishes what was written and never published, whoever wrote it."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from sanfu.runtime.outbox import Publisher
from sanfu.runtime.store import Documents, StoreDown

log = structlog.get_logger()

EVERY = 5.0
OLDER_THAN = timedelta(seconds=2)
"""Younger entries are most likely being published this moment by whoever wrote them."""
PAGE = 200


@dataclass(slots=True)
class Sweeper:
    """Works on the partitions this process was assigned. While the broker is away it is the only one that tries."""

    documents: Documents
    publisher: Publisher
    assigned: Callable[[], Collection[int]]
    _known: frozenset[int] = frozenset()

    async def run(self) -> None:
        while True:
            assigned = frozenset(self.assigned())
            fresh = assigned - self._known
            self._known = assigned
            try:
                await self.sweep(fresh or assigned, timedelta(0) if fresh else OLDER_THAN)
            except StoreDown as error:
                log.warning("sweeper_waiting", why=str(error))
            await self._wait(assigned)

    async def sweep(self, partitions: Collection[int], older_than: timedelta = OLDER_THAN) -> int:
        """Publish the outboxes that hold entries older than that; answer how many entries went out."""
        went = 0
        while partitions:
            page = await self.documents.unsent(partitions, datetime.now(UTC) - older_than, PAGE)
            out = await self.publisher.publish([(d["_id"], d["outbox"]) for d in page], trying=True)
            went += out
            if len(page) < PAGE or out == 0:
                break
        return went

    async def _wait(self, assigned: frozenset[int]) -> None:
        """Until the next round, or until partitions were assigned."""
        for _ in range(int(EVERY / 0.25)):
            await asyncio.sleep(0.25)
            if frozenset(self.assigned()) - assigned:
                return
