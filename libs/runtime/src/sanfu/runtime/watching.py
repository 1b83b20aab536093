"""What a service knows of its own state: metrics that are measured, quiet, and the watchdog."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from sanfu.contracts.envelope import instant
from sanfu.runtime.broker import BrokerDown
from sanfu.runtime.consuming import Reader
from sanfu.runtime.store import StoreDown

if TYPE_CHECKING:
    from sanfu.runtime.service import Service

log = structlog.get_logger()

EVERY = 2.0
STALLED = 70
"""Exit code of a process whose consumer stalled (EX_SOFTWARE)."""


class Watcher:
    """Measures a service every two seconds, and ends the process if its consumer has stalled silently."""

    def __init__(
        self, service: "Service", quiet: Callable[[], Awaitable[Mapping[str, int]]] | None,
        next_due: Callable[[], Awaitable[datetime | None]] | None = None,
    ) -> None:  # fmt: skip
        self._service, self._quiet, self._next_due = service, quiet, next_due
        self.rebuilding = True
        """Until it is known that nothing is: a command on a document not yet rebuilt would tell its story anew."""
        self._lagging_since: float | None = None
        self._positions: dict[tuple[str, int], int] = {}
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
        timer; `read`, how much it has read of each story. All of it stood still from the first look to the last, which
        is at the stories' ends: so when all services say that they are quiet and have read the same of what several of
        them read, nothing was written between any two of these answers, and nothing is under way at the last one.
        """
        now, read = self._service.clock.now(), self._read()
        counts: dict[str, int] = {}
        try:
            dues = [await line.documents.next_due(line.reader.partitions) for line in self._service.lines]
            dues += [await self._next_due()] if self._next_due is not None else []
            due = min(filter(None, dues), default=None)
            async for more in self._under_way(due is not None and due <= now):
                counts |= more
                if any(more.values()):
                    break
        except (StoreDown, BrokerDown) as error:
            return {"quiet": False, "why": str(error)}
        counts["moving"] = sum(self._read().values()) - sum(read.values())
        told = {"now": instant(now), "next_due": None if due is None else instant(due), "read": read}
        return {"quiet": not any(counts.values()), **told, **counts}

    async def _under_way(self, due: bool) -> AsyncIterator[Mapping[str, int]]:
        """What costs nothing to know comes first, the story's end last."""
        service = self._service
        unassigned = service.settings.only != "api" and not all(line.reader.ready for line in service.lines)
        commands = sum(line.commands.pending for line in service.lines)
        yield {"commands": commands, "unassigned": int(unassigned), "due": int(due)}
        yield {"unread": sum(line.reader.unread for line in service.lines)}
        yield await self._unsent()
        if self._quiet is not None:
            yield await self._quiet()
            yield await self._unsent()  # what left an outbox for a collection of the service's own may come by again
        for table in service.tables:
            yield {table.table.topic: await table.lag()}
        yield {"lag": await self._lag()}

    def _read(self) -> dict[str, int]:
        return {line.topic: line.reader.read for line in self._service.lines}

    async def _unsent(self) -> Mapping[str, int]:
        now, lines = datetime.now(UTC), self._service.lines
        return {"outboxes": sum([len(await x.documents.unsent(x.reader.partitions, now, 1)) for x in lines])}

    async def _lag(self) -> int:
        if self._service.settings.only == "api":
            return 0
        return sum([await self._lag_of(line.reader) for line in self._service.lines])

    async def _lag_of(self, reader: Reader) -> int:
        ends, partitions = await reader.subscription.ends(), reader.partitions
        return sum(max(0, end - partitions[n].position) for n, end in ends.items() if n in partitions)

    async def _measure(self) -> None:
        service, metrics = self._service, self._service.metrics
        found = [await line.documents.census(list(line.reader.partitions)) for line in service.lines]
        metrics.outbox_documents.set(sum(census.unsent for census in found))
        metrics.outbox_oldest_seconds.set(_oldest((census.oldest_unsent for census in found), datetime.now(UTC)))
        metrics.parked_subjects.set(sum(census.parked for census in found))
        metrics.timers_oldest_overdue_seconds.set(_oldest((each.oldest_due for each in found), service.clock.now()))
        gaps = [since for line in service.lines for since in line.reader.gaps.values()]
        metrics.gaps.set(len(gaps))
        metrics.gap_oldest_seconds.set(time.monotonic() - min(gaps, default=time.monotonic()))
        await self.look()
        if service.settings.only != "api":
            self._watch(await self._lag())

    async def look(self) -> None:
        """See whether any partition, whosever it is, is being rebuilt, or was never met. Raises StoreDown."""
        self.rebuilding = await self._service.concerns.rebuilding()

    def _watch(self, lag: int) -> None:
        """A consumer that is behind and does not move, though store and broker answer, has stalled: end."""
        now, metrics = time.monotonic(), self._service.metrics
        readers = {line.topic: line.reader for line in self._service.lines}
        positions = {(topic, n): p.position for topic, it in readers.items() for n, p in it.partitions.items()}
        if lag == 0 or positions != self._positions:
            self._positions, self._moved = positions, now
        self._lagging_since = None if lag == 0 else self._lagging_since or now
        metrics.lag_records.set(lag)
        metrics.lag_seconds.set(0 if self._lagging_since is None else now - self._lagging_since)
        if now - self._moved > self._service.settings.stall_s:
            assigned = {topic: sorted(it.subscription.assigned) for topic, it in readers.items()}
            told = {topic: {n: p.position for n, p in it.partitions.items()} for topic, it in readers.items()}
            log.error("consumer_stalled", lag=lag, seconds=now - self._moved, positions=told, assigned=assigned)
            os._exit(STALLED)


def _oldest(instants: Iterable[datetime | None], now: datetime) -> float:
    """The age of the oldest, in seconds."""
    since = min(filter(None, instants), default=now)
    return max(0.0, (now - since).total_seconds())
