"""Timers: documents whose `due` has come, oldest first, through the machine. Nothing is loaded at start."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from sanfu.runtime.broker import BrokerDown
from sanfu.runtime.clock import Clock
from sanfu.runtime.machine import Contended, Machine
from sanfu.runtime.outbox import Beside
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()

PAGE = 500
TOGETHER = timedelta(seconds=1)
"""Partitions read to their end within so much of each other are asked in one query."""
PROVE_EVERY = 0.1
"""Real seconds between two questions how far the story goes, while a timer is due and waits for that."""
NAP = timedelta(seconds=1)
"""The longest sleep: whoever else armed an earlier timer is heard after it."""


@dataclass(slots=True)
class Timers:
    """Fires the timers of the partitions this process was assigned.

    A timer is never early, and goes off only once its partition has been read to its end at some moment at or after
    its instant: what would have stopped it must have been heard first (no false red after a backlog). Compare-and-set
    decides, not ownership: two processes that both fire it make one event.
    """

    machine: Machine
    clock: Clock
    caught_up: Callable[[], Mapping[int, datetime]]
    prove: Callable[[], Awaitable[None]]
    """Ask how far the story goes: what was read to its end is caught up now. Raises BrokerDown."""
    _proved: float = 0.0
    _poked: asyncio.Event = field(default_factory=asyncio.Event)
    _wakes: datetime | None = None
    """The instant this loop sleeps until; None while a due timer waits for its partition to be read to the end."""
    _crowd: bool = False
    """The last page was full."""
    _stopping: bool = False
    _beside: Beside = field(init=False)

    def __post_init__(self) -> None:
        self._beside = Beside(self.machine.publisher)

    def armed(self, due: datetime) -> None:
        """Hear that this process armed a timer."""
        if self._wakes is not None and due < self._wakes:
            self._poked.set()

    def read_to_end(self) -> None:
        """Hear that a partition was read to its end."""
        if self._wakes is None:
            self._poked.set()

    def stop(self) -> None:
        self._stopping = True
        self._poked.set()

    async def run(self) -> None:
        pause = 0.1
        while not self._stopping:
            self._poked.clear()
            try:
                # Between two pages the consumers get their turn; at rest, the next instant is waited for.
                await (asyncio.sleep(0) if await self.fire_page() else self._rest())
                pause = 0.1
            except (StoreDown, Contended) as error:
                log.warning("timers_waiting", why=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    async def fire_page(self) -> bool:
        """Fire one page of what may go off now, in a crowd two at once. True if there may be more: a subject whose next
        timer is due as well comes again with the next page."""
        asked = self._asked(self.clock.now())
        fired = await asyncio.gather(*(self._fire(partitions, until) for partitions, until in asked))
        self._crowd = max(fired, default=0) == PAGE
        if not any(fired):
            await self._beside.ended()
        return any(fired)

    async def _fire(self, partitions: list[int], until: datetime) -> int:
        page = await self.machine.documents.due(partitions, until, PAGE)
        if page:
            await self._beside.publish(await self.machine.fire(page, until))
        now = self.clock.now()
        for document in page:
            self.machine.metrics.timer_lateness_seconds.observe(max(0.0, (now - document["due"]).total_seconds()))
        return len(page)

    def _asked(self, now: datetime) -> list[tuple[list[int], datetime]]:
        """Which partitions to ask, up to which instant: those abreast together, or in two halves in a crowd, so that
        one page is folded while the store works on the other; each straggler by itself."""
        caught_up = self.caught_up()
        if not caught_up:
            return []
        newest = max(caught_up.values())
        abreast = {n: at for n, at in caught_up.items() if newest - at <= TOGETHER}
        until, ordered = min(now, *abreast.values()), sorted(abreast)
        halves = [ordered[::2], ordered[1::2]] if self._crowd and len(ordered) > 1 else [ordered]
        return [(half, until) for half in halves] + [
            ([n], min(now, at)) for n, at in caught_up.items() if n not in abreast
        ]

    async def _rest(self) -> None:
        caught_up = self.caught_up()
        self._wakes = self.clock.now() + NAP  # who arms one while the store is asked may be too late for its answer
        next_due = await self.machine.documents.next_due(list(caught_up)) if caught_up else None
        now = self.clock.now()
        if next_due is None or next_due > now:
            self._wakes = min(next_due or now + NAP, now + NAP)
            wait = self.clock.sleep_until(self._wakes)
        else:
            self._wakes = None
            wait = self._proof()
        poked, slept = asyncio.ensure_future(self._poked.wait()), asyncio.ensure_future(wait)
        _, pending = await asyncio.wait(
            {poked, slept}, return_when=asyncio.FIRST_COMPLETED, timeout=NAP.total_seconds()
        )
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _proof(self) -> None:
        """Don't wait for two fetches to come back, ask: but not for every timer of a crowd."""
        await asyncio.sleep(self._proved + PROVE_EVERY - time.monotonic())
        self._proved = time.monotonic()
        with contextlib.suppress(BrokerDown):
            await self.prove()
