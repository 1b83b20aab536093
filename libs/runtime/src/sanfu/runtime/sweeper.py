"""The sweeper: publishes what was written and never published, whoever wrote it."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from sanfu.runtime.broker import BrokerDown
from sanfu.runtime.outbox import Publisher
from sanfu.runtime.store import Documents, StoreDown

log = structlog.get_logger()

EVERY = 5.0
LOOK = 0.25
OLDER_THAN = timedelta(seconds=2)
"""Younger entries are most likely being published this moment by whoever wrote them."""
PAGE = 200


@dataclass(slots=True)
class Sweeper:
    """Works on the partitions this process was assigned; `assigned` tells them, and since when (real time).

    What was there before the assignment nobody else will publish: it goes at once. While the broker is away this is
    the only one that tries.
    """

    documents: Documents
    publisher: Publisher
    assigned: Callable[[], Mapping[int, datetime]]
    _known: frozenset[int] = frozenset()

    async def run(self) -> None:
        while True:
            assigned = self.assigned()
            fresh = assigned.keys() - self._known
            self._known = frozenset(assigned)
            try:
                if fresh:
                    await self.sweep(fresh, min(assigned[number] for number in fresh))
                else:
                    await self.sweep(assigned.keys(), datetime.now(UTC) - OLDER_THAN)
            except StoreDown as error:
                log.warning("sweeper_waiting", why=str(error))
            await self._wait()

    async def sweep(self, partitions: Collection[int], before: datetime) -> int:
        """Publish the outboxes that hold entries written before that; answer how many entries went out."""
        went = 0
        while partitions:
            page = await self.documents.unsent(partitions, before, PAGE, await self._missing())
            out = await self.publisher.publish([(d["_id"], d["outbox"]) for d in page], trying=True)
            went += out
            if len(page) < PAGE or out == 0:
                break
        return went

    async def _missing(self) -> list[str]:
        """Topics that are still not there: what wants to go to them is set aside, and nothing else waits for it."""
        broker = self.publisher.broker
        with contextlib.suppress(BrokerDown):
            for topic in list(broker.missing):
                await broker.partitions(topic)
        return list(broker.missing)

    async def _wait(self) -> None:
        """Until the next round, or until partitions were assigned."""
        for _ in range(int(EVERY / LOOK)):
            await asyncio.sleep(LOOK)
            if self.assigned().keys() - self._known:
                return
