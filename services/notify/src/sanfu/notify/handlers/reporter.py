"""Tells the story what became of deliveries: each once, by a command whose key is the delivery and its state."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.digest import is_digest
from sanfu.notify.handlers.tools import real_now
from sanfu.notify.ports import Deliveries, Digests
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.rules import Actor, Command, Refusal
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()

declare("notify.after_reported", "the story has the reports, the deliveries are not marked as reported")

PAGE = 200
REST = 0.5
LATER = timedelta(seconds=60)
"""When a refused report is tried again: its subject is parked, and waits for an operator."""
SYSTEM = Actor("system", "system")


@dataclass(slots=True)
class Reporter:
    """Reports what has ended in the partitions of this process."""

    deliveries: Deliveries
    digests: Digests
    do: Callable[[str, Command], Awaitable[object]]
    partitions: Callable[[], Sequence[int]]
    _poked: asyncio.Event = field(default_factory=asyncio.Event)

    def poke(self) -> None:
        """Hear that something has ended."""
        self._poked.set()

    async def run(self) -> None:
        pause = REST
        while True:
            self._poked.clear()
            try:
                full = await self.turn() == PAGE
                pause = REST
            except (StoreDown, Unavailable) as error:
                log.warning("reporter_waiting", why=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause, full = min(pause * 2, 5.0), True
            if not full:
                await self._rest()

    async def turn(self) -> int:
        """Report one page; answer how many those were. Raises StoreDown, Unavailable: what was told is told once."""
        partitions = self.partitions()
        page = await self.deliveries.unreported(partitions, real_now(), PAGE) if partitions else []
        if not page:
            return 0
        answers = await asyncio.gather(*(self._report(one) for one in page), return_exceptions=True)
        crashpoint("notify.after_reported")
        refused = [one.id for one, answer in zip(page, answers, strict=True) if isinstance(answer, Refusal)]
        done = [one for one, answer in zip(page, answers, strict=True) if not isinstance(answer, BaseException)]
        if done:
            await self.deliveries.reported(done)
        if refused:
            log.warning("reports_refused", deliveries=refused[:10], count=len(refused))
            await self.deliveries.report_later(refused, real_now() + LATER)
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Refusal):
                raise answer
        return len(page)

    async def _report(self, delivery: Delivery) -> None:
        if is_digest(delivery):  # it stands in no story: what it took does
            if delivery.id == delivery.event:
                await self.digests.close(delivery, real_now())
            return
        if delivery.of != "issues":  # an affair's story does not say who was told of it: the record does
            return
        data = {
            "delivery": delivery.id, "event": delivery.event, "recipient": delivery.audience, "unit": delivery.unit,
            "medium": delivery.medium, "template": delivery.template, "state": delivery.state,
        }  # fmt: skip
        if delivery.why is not None:
            data["reason"] = delivery.why[:300]
        key = f"{delivery.id}:{delivery.state}"
        await self.do(delivery.subject, Command("ReportDelivery", data, SYSTEM, key))

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(REST):
                await self._poked.wait()
        except TimeoutError:
            return
