"""Writes down what came of calls to the providers of one medium, and does what follows from it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

import structlog

from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain.alarms import missed
from sanfu.notify.domain.delivery import Delivery, Outcome, Rejected
from sanfu.notify.handlers.carrier import Carrier
from sanfu.notify.handlers.in_vain import further_again, taken_back
from sanfu.notify.handlers.tools import Tools, real_now
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()
T = TypeVar("T")

declare("notify.after_sending", "the provider has them, the claims still stand")
declare("notify.after_sent", "outcomes are written, nothing is reported")


@dataclass(frozen=True, slots=True)
class Settling:
    """`on_ended` hears that deliveries have come to their end."""

    tools: Tools
    medium: str
    carrier: Carrier | None
    on_ended: Callable[[], None]

    async def settle(self, ended: Sequence[tuple[Delivery, Outcome]]) -> None:
        """Write what came of each of these that were being sent; it is tried until the store answers."""
        crashpoint("notify.after_sending")
        deliveries, real, mark = self.tools.stores.deliveries, real_now(), uuid4().hex
        in_vain = [one for one, outcome in ended if steps.nothing_left(one, outcome)]
        back = await self._patiently(lambda: taken_back(deliveries, in_vain, self._is_down()))
        after = [steps.settle(one, outcome, real) for one, outcome in ended]
        after = [steps.taken_back(one) if one.id in back else one for one in after]
        dead = [(one, outcome.reason) for one, outcome in ended if isinstance(outcome, Rejected) and outcome.dead]
        if dead:
            await self._patiently(lambda: self.tools.unreachable.note(dead, real))
        follow = [place for one, outcome in ended if (place := steps.in_place_after(one, outcome))]
        if places := {(one.event, one.unit, one.template): one for one in follow}:
            await self._patiently(lambda: deliveries.insert([*places.values()]))
        won = await self._patiently(lambda: deliveries.replace(after, mark))
        if passed := [one for one, _ in ended if one.id not in won]:
            said = {one.id: outcome for one, outcome in ended}
            await self._patiently(lambda: self.tools.erasing.settled(passed, said, real))
            await self._patiently(lambda: further_again(deliveries, passed, back))
        self.note(after)
        crashpoint("notify.after_sent")

    def note(self, after: Sequence[Delivery]) -> None:
        """Count those that have ended, and say so."""
        ended = [one for one in after if not one.is_open]
        for one in ended:
            self.tools.metrics.ended.labels(one.medium, one.state).inc()
            if one.is_unheard:
                self.tools.metrics.unheard.inc()
            if why := missed(one):
                self.tools.metrics.alarms_missed.labels(why).inc()
        if ended:
            self.on_ended()

    def _is_down(self) -> bool:
        return self.carrier is not None and self.carrier.is_down

    async def _patiently(self, act: Callable[[], Awaitable[T]]) -> T:
        return await patiently(self.medium, act)


async def patiently(medium: str, act: Callable[[], Awaitable[T]]) -> T:
    """Do what must be done once something was claimed or sent: try until the store answers."""
    pause = 0.1
    while True:
        try:
            return await act()
        except StoreDown as error:
            log.warning("courier_waiting", medium=medium, why=str(error), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)
