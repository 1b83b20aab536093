"""The deliveries loop: what is ripe is claimed and taken in hand, settled as it ends. Nothing is loaded at start."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4

import structlog

from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.digest import is_digest
from sanfu.notify.handlers.carrier import Carrier
from sanfu.notify.handlers.deciding import Deciding
from sanfu.notify.handlers.in_hand import InHand
from sanfu.notify.handlers.settling import Settling, patiently
from sanfu.notify.handlers.tools import Tools, real_now
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()

declare("notify.before_sending", "deliveries are claimed, no provider was called")

PAGE = 200
"""Deliveries in hand at once."""
SPARE = 50
"""Critical ones that may be so beside them."""
REST = 0.1
"""Seconds (real) an idle loop sleeps: what somebody else put down waits no longer than that."""
TOGETHER = 0.05
"""Seconds between two rounds while calls are under way: a few are settled, or decided about, at the price of many."""
SWEEP = 1.0
"""Seconds between two looks, while no provider has room, for what is of no use any more."""
ALARMS = 0.5
"""Seconds between two looks for what is critical, while all that may be is in hand."""


@dataclass(slots=True)
class Courier:
    """Carries the messages of one medium. Compare-and-set decides who sends one, not ownership."""

    tools: Tools
    medium: str
    carrier: Carrier | None
    on_ended: Callable[[], None] = lambda: None
    hand: InHand | None = field(init=False)
    _deciding: Deciding = field(init=False)
    _settling: Settling = field(init=False)
    _poked: asyncio.Event = field(default_factory=asyncio.Event)
    _going: "asyncio.Future[float] | None" = None
    _looked: float = 0.0
    _swept: float = 0.0

    def __post_init__(self) -> None:
        self.hand = InHand(self.carrier, self.poke, PAGE // 2) if self.carrier is not None else None
        self._deciding = Deciding(self.tools, self.medium, self.carrier is not None)
        self._settling = Settling(self.tools, self.medium, self.carrier, self.on_ended)

    def poke(self) -> None:
        """Hear that this process has put deliveries down, or that a call has ended."""
        self._poked.set()

    async def run(self) -> None:
        """Work for ever. When cancelled, finish the calls under way, so that none is lost track of, and hang up."""
        try:
            await self._work()
        finally:
            if self.hand is not None:
                self.hand.stop()
            if self._going is not None:
                await asyncio.wait({self._going})
            if self.hand is not None:
                await self.hand.finished()
                await self.settle()
                await self.hand.carrier.close()

    async def _work(self) -> None:
        pause = REST
        while True:
            self._poked.clear()
            self._going = asyncio.ensure_future(self.go_round())
            try:
                rest, pause = await asyncio.shield(self._going), REST
            except StoreDown as error:
                log.warning("courier_waiting", medium=self.medium, why=str(error), seconds=pause)
                rest = pause = min(pause * 2, 5.0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._poked.wait()
            if self.hand is not None and not self.hand.is_idle:
                await asyncio.sleep(TOGETHER)

    async def go_round(self) -> float:
        """Settle what has ended, and take more in hand. Answer after how many seconds to go on, if nothing is heard.
        Raises StoreDown; what was in hand is so still."""
        await self.settle()
        room = self._room()
        if room > 0:
            return 0.0 if await self.take(room) == room else REST if self.carrier else SWEEP
        if (spare := self._room_for_alarms()) > 0:
            await self.take(spare, alarms_only=True)
        await self.sweep()
        return min(self.carrier.wait() or ALARMS, SWEEP) if self.carrier else SWEEP

    def _room(self) -> int:
        """How many to take in hand: no more than the providers have room for, so that none is written twice for nothing
        and the most critical are sent, whenever that is. What waits for a place already is worth no look for a few."""
        if self.hand is None:
            return PAGE
        room = min(PAGE - len(self.hand), self.hand.carrier.room() - self.hand.waiting)
        return 0 if self.hand.waiting and room < PAGE // 2 else room

    def _room_for_alarms(self) -> int:
        """How many to look for that others, which wait for a place, can't keep waiting."""
        if self.hand is None or self.hand.carrier.room() <= 0 or time.monotonic() - self._looked < ALARMS:
            return 0
        return min(SPARE, PAGE + SPARE - len(self.hand))

    async def take(self, room: int = PAGE, alarms_only: bool = False) -> int:
        """Take so many in hand of what is ripe; answer how many were looked at. Raises StoreDown before anything of
        them is sent."""
        partitions = self.tools.partitions()
        if not partitions:
            return 0
        now, real = self.tools.clock.now(), real_now()
        self._looked = time.monotonic()
        deliveries = self.tools.stores.deliveries
        page = await deliveries.ripe(self.medium, partitions, now=now, real=real, limit=room)
        page = [one for one in page if one.critical or not alarms_only]
        if not page:
            return 0
        page.sort(key=lambda one: (not one.critical, not is_digest(one)))  # a list before what is new to its address
        prepared = await self._deciding.prepared(page, now, real)
        await deliveries.insert(prepared.lists)
        timing, begun = self.tools.timing, time.monotonic()
        until = real_now() + timedelta(seconds=timing.lease)
        after = [steps.leased(one, until) for one in prepared.after]
        won = await self._claimed(after)
        mine = [replace(one, ver=one.ver + 1) for one in after if one.id in won]
        await patiently(self.medium, lambda: deliveries.insert([more for one in mine for more in steps.further(one)]))
        self._settling.note(mine)
        claimed = [one for one in mine if one.state == "sending"]
        if claimed and self.hand is not None:
            crashpoint("notify.before_sending")
            self.hand.take(claimed, prepared.messages, begun + timing.begin)
        return len(page)

    async def settle(self) -> None:
        """Write down what came of the calls that have ended."""
        if self.hand is not None and (ended := self.hand.ended()):
            await self._settling.settle(ended)

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
        self._settling.note([one for one in moved if one.id in won])
        return len(won)

    async def _claimed(self, after: Sequence[Delivery]) -> frozenset[str]:
        """Write; after an unknown outcome read back, so that no claim is left to its lease without need."""
        mark, deliveries = uuid4().hex, self.tools.stores.deliveries
        try:
            return await deliveries.replace(after, mark)
        except StoreDown as error:
            log.warning("claims_read_back", medium=self.medium, why=str(error))
            return await patiently(self.medium, lambda: deliveries.marked([one.id for one in after], mark))
