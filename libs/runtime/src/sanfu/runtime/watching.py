"""What a service knows of its own state: metrics that are measured, quiet, and the watchdog."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from sanfu.contracts.envelope import instant
from sanfu.runtime.broker import BrokerDown
from sanfu.runtime.store import StoreDown

if TYPE_CHECKING:
    from sanfu.runtime.service import Service

log = structlog.get_logger()

EVERY = 2.0
STALLED = 70
"""Exit code of a process whose consumer stalled (EX_SOFTWARE)."""


class Watcher:
    """Measures a service every two seconds, and ends the process if its consumer has stalled silently."""

    def __init__(self, service: "Service", quiet: Callable[[], Awaitable[Mapping[str, int]]] | None) -> None:
        self._service, self._quiet = service, quiet
        self.rebuilding = True
        """Until it is known that nothing is: a command on a document not yet rebuilt would tell its story anew."""
        self._lagging_since: float | None = None
        self._positions: dict[int, int] = {}
        self._moved = time.monotonic()

    async def run(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(EVERY)
            self._service.metrics.loop_lag_seconds.set(max(0.0, time.monotonic() - began - EVERY))
            try:
                await self._measure()
            except (StoreDown, BrokerDown) as error:
                log.warning("not_measured", why=str(error))
                self._moved = time.monotonic()  # nobody stalls who has nothing to work with

    async def quiet(self) -> dict[str, Any]:
        """Whether nothing is on its way: everything folded, published, and no timer due. Counts of what is, as far as
        the first that is not 0.

        For who drives the business clock, with it: `now`, the instant this service works at; `next_due`, its earliest
        timer; `read`, how much of the story it has read. All of it stood still from the first look to the last, which
        is at the story's end: so when all services say that they are quiet and have read the same, nothing was
        written between any two of these answers, and nothing is under way at the last one.
        """
        now, read = self._service.clock.now(), self._service.reader.read
        counts: dict[str, int] = {}
        try:
            due = await self._service.documents.next_due(self._service.reader.partitions)
            async for more in self._under_way(due is not None and due <= now):
                counts |= more
                if any(more.values()):
                    break
        except (StoreDown, BrokerDown) as error:
            return {"quiet": False, "why": str(error)}
        counts["moving"] = self._service.reader.read - read
        told = {"now": instant(now), "next_due": None if due is None else instant(due), "read": read}
        return {"quiet": not any(counts.values()), **told, **counts}

    async def _under_way(self, due: bool) -> AsyncIterator[Mapping[str, int]]:
        """What costs nothing to know comes first, the story's end last."""
        service = self._service
        unassigned = service.settings.only != "api" and not service.reader.ready
        yield {"commands": service.commands.pending, "unassigned": int(unassigned), "due": int(due)}
        yield {"unread": service.reader.unread}
        yield await self._unsent()
        if self._quiet is not None:
            yield await self._quiet()
            yield await self._unsent()  # what left an outbox for a collection of the service's own may come by again
        for table in service.tables:
            yield {table.table.topic: await table.lag()}
        yield {"lag": await self._lag()}

    async def _unsent(self) -> Mapping[str, int]:
        partitions = self._service.reader.partitions
        return {"outboxes": len(await self._service.documents.unsent(partitions, datetime.now(UTC), 1))}

    async def _lag(self) -> int:
        if self._service.settings.only == "api":
            return 0
        ends = await self._service.reader.subscription.ends()
        partitions = self._service.reader.partitions
        return sum(max(0, end - partitions[n].position) for n, end in ends.items() if n in partitions)

    async def _measure(self) -> None:
        service, metrics = self._service, self._service.metrics
        reader = service.reader
        census = await service.documents.census(list(reader.partitions))
        metrics.outbox_documents.set(census.unsent)
        metrics.outbox_oldest_seconds.set(_age(census.oldest_unsent, datetime.now(UTC)))
        metrics.parked_subjects.set(census.parked)
        metrics.timers_oldest_overdue_seconds.set(_age(census.oldest_due, service.clock.now()))
        metrics.gaps.set(len(reader.gaps))
        oldest = min(reader.gaps.values(), default=time.monotonic())
        metrics.gap_oldest_seconds.set(time.monotonic() - oldest)
        await self.look()
        if service.settings.only != "api":
            self._watch(await self._lag())

    async def look(self) -> None:
        """See whether any partition, whosever it is, is being rebuilt, or was never met. Raises StoreDown."""
        marks = await self._service.documents.marks()
        found = [marks.get(str(number)) for number in range(self._service.machine.partitions)]
        self.rebuilding = any(mark is None or mark.rebuild_until is not None for mark in found)

    def _watch(self, lag: int) -> None:
        """A consumer that is behind and does not move, though store and broker answer, has stalled: end."""
        now, metrics = time.monotonic(), self._service.metrics
        positions = {n: p.position for n, p in self._service.reader.partitions.items()}
        if lag == 0 or positions != self._positions:
            self._positions, self._moved = positions, now
        self._lagging_since = None if lag == 0 else self._lagging_since or now
        metrics.lag_records.set(lag)
        metrics.lag_seconds.set(0 if self._lagging_since is None else now - self._lagging_since)
        if now - self._moved > self._service.settings.stall_s:
            assigned = sorted(self._service.reader.subscription.assigned)
            log.error("consumer_stalled", lag=lag, seconds=now - self._moved, positions=positions, assigned=assigned)
            os._exit(STALLED)


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
