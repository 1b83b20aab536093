"""Takes receipts in: each changes its delivery once, whatever else is done to that meanwhile."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from sanfu.notify.domain.bounces import bounced
from sanfu.notify.domain.delivery import Delivery, in_place
from sanfu.notify.domain.receipts import Receipt, received
from sanfu.notify.handlers.tools import real_now
from sanfu.notify.handlers.unreachable import Unreachable
from sanfu.notify.metrics import NotifyMetrics
from sanfu.notify.ports import Deliveries
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.store import StoreDown

declare("notify.dead_noted", "nobody is at an address, the delivery that went there stands as before")
declare("notify.receipt_kept", "a delivery has come to its end by a receipt, the provider has no answer")

EARLY = 2.0
"""Seconds (real) to wait for the delivery of a receipt that is faster than the answer to the call it is about."""
SOON = 10
"""Seconds after which a provider says again what may be about a call that has no answer yet."""
LOOK = 0.1
TRIES = 10


@dataclass(slots=True)
class Receipts:
    """`on_ended` hears that a delivery came to another end. `lease`: seconds for which one is in hand."""

    deliveries: Deliveries
    unreachable: Unreachable
    metrics: NotifyMetrics
    on_ended: Callable[[], None] = lambda: None
    lease: float = 30.0
    early: float = EARLY

    async def take(self, provider: str, receipts: Sequence[Receipt]) -> None:
        """Take in what a provider says. What is of no delivery of ours is counted, and passed over. Raises StoreDown,
        and Unavailable where the answer to a call may yet tell whose it is: then the provider has to say it again, and
        nothing of it counts twice."""
        todo, until = [*receipts], time.monotonic() + self.early
        in_hand = real_now() + timedelta(seconds=self.lease)
        while todo:
            found = await self._found(provider, todo)
            known = [(one, delivery) for one in todo if (delivery := _of(one, found)) is not None]
            await self._settled(provider, known)
            todo = [one for one in todo if _of(one, found) is None]
            if time.monotonic() >= until or all(one.delivery for one in todo):
                break
            await asyncio.sleep(LOOK)
        if any(one.provider_id and not one.delivery for one in todo) and await self.deliveries.under_way(in_hand):
            raise Unavailable("Calls that began before this are not answered yet; one may be what this is about.", SOON)
        self.metrics.receipts.labels(provider, "unknown").inc(len(todo))

    async def bounced(self, provider: str, raw: bytes, dead: frozenset[str]) -> None:
        """Take in a mail that came back. One that says nothing of a delivery of ours is counted, and so is one that
        says that it is still tried; nothing of any is kept. Raises StoreDown, as `take` does."""
        found = await asyncio.to_thread(bounced, raw)
        if found is None or found.said != "failed":
            self.metrics.receipts.labels(provider, "no_report" if found is None else found.said).inc()
        elif found.delivery is None:
            self.metrics.receipts.labels(provider, "unknown").inc()
        else:
            gone = found.dead or found.code in dead
            await self.take(provider, [Receipt(False, found.code, gone, found.delivery)])

    async def _found(self, provider: str, receipts: Sequence[Receipt]) -> dict[str, Delivery]:
        ids = [one.delivery for one in receipts if one.delivery]
        theirs = [one.provider_id for one in receipts if one.provider_id and not one.delivery]
        found = await self.deliveries.of(ids) if ids else []
        carried = await self.deliveries.carried(provider, theirs) if theirs else []
        return {one.id: one for one in found} | {f"{one.provider_id}": one for one in carried}

    async def _settled(self, provider: str, known: Sequence[tuple[Receipt, Delivery]]) -> None:
        for receipt, delivery in known:
            await self._settle(provider, receipt, delivery)
        if known:
            self.on_ended()

    async def _settle(self, provider: str, receipt: Receipt, delivery: Delivery) -> None:
        news = received(delivery, receipt, provider, real_now()) is not delivery
        if (
            receipt.dead and news and not delivery.erased
        ):  # said again, it takes nothing back that an operator did meanwhile
            await self.unreachable.note([(delivery, f"{receipt.why}")], real_now())
            crashpoint("notify.dead_noted")
            if (place := in_place(delivery)) is not None:
                await self.deliveries.insert([place])
        for _ in range(TRIES):
            after = received(delivery, receipt, provider, real_now())
            if after is delivery:
                self.metrics.receipts.labels(provider, "repeated").inc()
                return
            if await self.deliveries.replace([after], uuid4().hex):
                crashpoint("notify.receipt_kept")
                self.metrics.receipts.labels(provider, after.state).inc()
                return
            before, (delivery,) = delivery, await self.deliveries.of([delivery.id])
            if delivery.erased and before.reached:
                await self.unreachable.forget([before.reached])
        raise StoreDown("a delivery changes all the time")


def _of(receipt: Receipt, found: dict[str, Delivery]) -> Delivery | None:
    return found.get(receipt.delivery or receipt.provider_id or "")
