"""The deliveries loop: what is ripe is claimed, sent, and settled, page by page. Nothing is loaded at start."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from uuid import uuid4

import structlog

from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain.alarms import missed
from sanfu.notify.domain.delivery import Delivery, Outcome, Rejected, Retry
from sanfu.notify.domain.digest import is_digest
from sanfu.notify.handlers.carrier import Carrier
from sanfu.notify.handlers.deciding import Deciding
from sanfu.notify.handlers.in_vain import further_again, taken_back
from sanfu.notify.handlers.tools import Tools, real_now
from sanfu.notify.ports import Message
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()
T = TypeVar("T")

declare("notify.before_sending", "deliveries are claimed, no provider was called")
declare("notify.after_sending", "the provider has them, the claims still stand")
declare("notify.after_sent", "outcomes are written, nothing is reported")

PAGE = 200
REST = 0.1
"""Seconds (real) an idle loop sleeps: what somebody else put down waits no longer than that."""
LEAST = 0.01
"""Seconds that it sleeps at least while all that the providers take is under way."""
SWEEP = 1.0
"""Seconds between two looks, while no provider has room, for what is of no use any more."""


@dataclass(slots=True)
class Courier:
    """Carries the messages of one medium. Compare-and-set decides who sends one, not ownership."""

    tools: Tools
    medium: str
    carrier: Carrier | None
    on_ended: Callable[[], None] = lambda: None
    _deciding: Deciding = field(init=False)
    _poked: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: "asyncio.Future[int] | None" = None
    _stopping: bool = False
    _swept: float = 0.0

    def __post_init__(self) -> None:
        self._deciding = Deciding(self.tools, self.medium, self.carrier is not None)

    def poke(self) -> None:
        """Hear that this process has put deliveries down."""
        self._poked.set()

    async def run(self) -> None:
        """Work for ever. When cancelled, finish the calls under way, so that none is lost track of, and hang up."""
        try:
            await self._work()
        finally:
            self._stopping = True
            if self._turn is not None:
                await asyncio.wait({self._turn})
            if self.carrier is not None:
                await self.carrier.close()

    async def _work(self) -> None:
        pause = REST
        while True:
            self._poked.clear()
            room = self._room()
            self._turn = asyncio.ensure_future(self.turn(room) if room else self.sweep())
            try:
                full, pause = await asyncio.shield(self._turn) == room, REST
            except StoreDown as error:
                log.warning("courier_waiting", medium=self.medium, why=str(error), seconds=pause)
                pause, full = min(pause * 2, 5.0), False
            if room:
                await self._rest(0 if full else pause if self.carrier else max(pause, SWEEP))
            else:
                await asyncio.sleep(self._patience())

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._poked.wait()

    def _room(self) -> int:
        """How many deliveries to take in hand: no more than the providers have room for, so that none is written twice
        for nothing and the most critical are sent, whenever that is."""
        return PAGE if self.carrier is None else min(PAGE, self.carrier.room())

    def _patience(self) -> float:
        """Seconds to sleep while no provider has room."""
        return SWEEP if self.carrier is None else min(max(self.carrier.wait(), LEAST), SWEEP)

    async def turn(self, room: int = PAGE) -> int:
        """Carry a page of what is ripe; answer how many that were. Raises StoreDown before anything is sent."""
        partitions = self.tools.partitions()
        if not partitions:
            return 0
        now, real, begun = self.tools.clock.now(), real_now(), time.monotonic()
        deliveries = self.tools.stores.deliveries
        page = await deliveries.ripe(self.medium, partitions, now=now, real=real, limit=room)
        if not page:
            return 0
        page.sort(key=lambda one: (not one.critical, not is_digest(one)))  # a list before what is new to its address
        prepared = await self._deciding.prepared(page, now, real)
        messages = prepared.messages
        await deliveries.insert(prepared.lists)
        won = await self._claimed(prepared.after)
        mine = [replace(one, ver=one.ver + 1) for one in prepared.after if one.id in won]
        await self._patiently(lambda: deliveries.insert([more for one in mine for more in steps.further(one)]))
        self._note(mine)
        if claimed := [one for one in mine if one.state == "sending"]:
            crashpoint("notify.before_sending")
            outcomes = await self._sent([messages[one.id] for one in claimed], begun + self.tools.timing.begin)
            crashpoint("notify.after_sending")
            await self._settled(claimed, outcomes)
            crashpoint("notify.after_sent")
        return len(page)

    async def sweep(self) -> int:
        """Send nothing, but end what is of no use any more or was left by a crash; answer how many those were."""
        partitions = self.tools.partitions()
        if not partitions or time.monotonic() - self._swept < SWEEP:
            return 0
        self._swept = time.monotonic()
        now, real = self.tools.clock.now(), real_now()
        page = await self.tools.stores.deliveries.ripe(self.medium, partitions, now=now, real=real, limit=PAGE)
        after = [steps.stale(steps.recovered(one, real), now, real) for one in page]
        moved = [one for one, before in zip(after, page, strict=True) if one is not before]
        won = await self._claimed(moved) if moved else frozenset()
        self._note([one for one in moved if one.id in won])
        return len(won)

    async def _claimed(self, after: Sequence[Delivery]) -> frozenset[str]:
        """Write; after an unknown outcome read back, so that no claim is left to its lease without need."""
        mark, deliveries = uuid4().hex, self.tools.stores.deliveries
        try:
            return await deliveries.replace(after, mark)
        except StoreDown as error:
            log.warning("claims_read_back", medium=self.medium, why=str(error))
            return await self._patiently(lambda: deliveries.marked([one.id for one in after], mark))

    # ── the call and after ───────────────────────────────────────────────────────────────────────────────────────────

    async def _sent(self, messages: Sequence[Message], begin_by: float) -> list[Outcome]:
        if self.carrier is None or not messages:
            return []
        places = asyncio.Semaphore(self.carrier.width)
        return await asyncio.gather(*(self._send(self.carrier, one, places, begin_by) for one in messages))

    async def _send(self, carrier: Carrier, message: Message, places: asyncio.Semaphore, begin_by: float) -> Outcome:
        async with places:
            if self._stopping or time.monotonic() > begin_by:
                return Retry("not_begun", counts=False)
            return await carrier.send(message)

    async def _settled(self, claimed: Sequence[Delivery], outcomes: Sequence[Outcome]) -> None:
        real, mark = real_now(), uuid4().hex
        after = [steps.settle(one, outcome, real) for one, outcome in zip(claimed, outcomes, strict=True)]
        in_vain = [one for one, outcome in zip(claimed, outcomes, strict=True) if steps.nothing_left(one, outcome)]
        back = await self._patiently(lambda: taken_back(self.tools.stores.deliveries, in_vain, self._is_down()))
        after = [steps.taken_back(one) if one.id in back else one for one in after]
        dead = [(a, b.reason) for a, b in zip(claimed, outcomes, strict=True) if isinstance(b, Rejected) and b.dead]
        if dead:
            await self._patiently(lambda: self.tools.unreachable.note(dead, real))
        follow = [place for a, b in zip(claimed, outcomes, strict=True) if (place := steps.in_place_after(a, b))]
        if places := {(one.event, one.unit, one.template): one for one in follow}:
            await self._patiently(lambda: self.tools.stores.deliveries.insert([*places.values()]))
        won = await self._patiently(lambda: self.tools.stores.deliveries.replace(after, mark))
        if passed := [one for one in claimed if one.id not in won]:
            said = {one.id: outcome for one, outcome in zip(claimed, outcomes, strict=True)}
            await self._patiently(lambda: self.tools.erasing.settled(passed, said, real))
            await self._patiently(lambda: further_again(self.tools.stores.deliveries, passed, back))
        self._note(after)

    def _is_down(self) -> bool:
        return self.carrier is not None and self.carrier.is_down

    def _note(self, after: Sequence[Delivery]) -> None:
        ended = [one for one in after if not one.is_open]
        for one in ended:
            self.tools.metrics.ended.labels(one.medium, one.state).inc()
            if one.is_unheard:
                self.tools.metrics.unheard.inc()
            if why := missed(one):
                self.tools.metrics.alarms_missed.labels(why).inc()
        if ended:
            self.on_ended()

    async def _patiently(self, act: Callable[[], Awaitable[T]]) -> T:
        """What was claimed or sent must be written down: try until the store answers."""
        pause = 0.1
        while True:
            try:
                return await act()
            except StoreDown as error:
                log.warning("courier_waiting", medium=self.medium, why=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
