"""Positions: how far a story is folded into a store, and what has to be rebuilt before anything is decided."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from sanfu.contracts.envelope import truncated
from sanfu.runtime.broker import Subscription
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.letters import Replay
from sanfu.runtime.machine import Machine
from sanfu.runtime.store import Mark

log = structlog.get_logger()

declare("machine.after_commit", "offset committed")

PAGE = 500
IN_DOUBT = 10_000
"""Records before the committed offset whose copies may have stood in a lost outbox: what is under way is a batch or
two, a producer that fails for minutes adds the rest."""
REMEMBER_EVERY = 1.0
"""Seconds between two notes of the position: after a kill so much is folded again, and known as seen."""


@dataclass(slots=True)
class Partition:
    """How this process stands with one partition that it was assigned."""

    position: int
    rebuild_until: int | None = None
    repeat_from: int = 0
    """In a rebuild: from where on copies for other topics are sent again, as their outbox may have been lost."""
    asked: tuple[float, datetime] | None = None
    """A moment (real, business) for which it is to be proven that the partition was read to its end."""
    heard: float | None = None
    """When the first fetch after `asked` came back. Only the next one was surely sent after it."""
    caught_up_at: datetime | None = None
    noted: int = -1
    first: bool = False
    """Nobody of this group has ever read it: nothing that follows from it was ever done."""
    met: datetime = field(default_factory=lambda: truncated(datetime.now(UTC)))

    def replay(self, offset: int) -> Replay:
        """Say what the record at an offset is to this process."""
        if self.rebuild_until is None or offset >= self.rebuild_until:
            return Replay.LIVE
        return Replay.DOUBTFUL if offset >= self.repeat_from else Replay.OLD


@dataclass(slots=True)
class Positions:
    """The partitions that this process was assigned. Every method may raise StoreDown or BrokerDown."""

    machine: Machine
    subscription: Subscription
    partitions: dict[int, Partition] = field(default_factory=dict)
    _noted_at: float = 0.0

    @property
    def rebuilding(self) -> int:
        """How many partitions are being rebuilt."""
        return sum(p.rebuild_until is not None for p in self.partitions.values())

    async def meet(self, new: Iterable[int]) -> None:
        """Learn where to start in each newly assigned partition, and whether it has to be rebuilt first."""
        ends, beginnings = await self.subscription.ends(), await self.subscription.beginnings()
        for number in new:
            if number in ends:
                self.partitions[number] = await self._met(number, beginnings[number], ends[number])

    async def _met(self, number: int, beginning: int, end: int) -> Partition:
        committed = await self.subscription.committed(number)  # first: whoever gives it up notes, then commits
        mark = await self.machine.documents.mark(str(number))
        start = max(mark.position, beginning) if mark is not None else beginning
        until = mark.rebuild_until if mark is not None else None
        older = mark is not None and committed is not None and committed > mark.position
        if until is None and end > start and (mark is None or older):
            until = end
            log.info("rebuild_begins", topic=self.machine.topic, partition=number, begin=start, until=until)
        await self.machine.documents.set_marks({str(number): Mark(start, until)})
        await self.subscription.position(number, start)
        in_doubt = (end if committed is None else committed) - IN_DOUBT
        return Partition(start, until, in_doubt, first=mark is None and committed is None)

    async def go_live(self) -> None:
        """In each partition that is rebuilt up to its end, ask each subject what a lost outbox never announced, and go
        live."""
        for number, partition in self.partitions.items():
            if partition.rebuild_until is not None and partition.position >= partition.rebuild_until:
                announced = await self._settled(number)
                await self.machine.documents.set_marks({str(number): Mark(partition.position)})
                partition.rebuild_until, partition.noted = None, -1
                log.info("rebuild_ended", topic=self.machine.topic, partition=number, announced=announced)

    async def _settled(self, number: int) -> int:
        after, announced = "", 0
        while page := await self.machine.documents.page(number, after, PAGE):
            announced += await self.machine.settle(page)
            after = page[-1]["_id"]
        return announced

    async def go_back(self) -> None:
        """Read again from where everything is folded."""
        for number, partition in self.partitions.items():
            await self.subscription.position(number, partition.position)

    async def note(self, *, force: bool = False) -> None:
        """Write the positions into the store, then commit them: so the store never lags behind the broker's hint,
        unless it was put back from a backup. Nothing is committed in a rebuild: what stands there says how far the
        store had come that was lost."""
        if not force and time.monotonic() - self._noted_at < REMEMBER_EVERY:
            return
        self._noted_at = time.monotonic()
        moved = {n: p.position for n, p in self.partitions.items() if p.position != p.noted}  # a batch in hand goes on
        if not moved:
            return
        await self.machine.documents.advance({str(n): position for n, position in moved.items()})
        live = {n: at for n, at in moved.items() if n in self.partitions and self.partitions[n].rebuild_until is None}
        if live:
            await self.subscription.commit(live)
        for number in moved.keys() & self.partitions.keys():
            self.partitions[number].noted = moved[number]
        crashpoint("machine.after_commit")
