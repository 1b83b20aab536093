"""Send a message again, because an operator says so."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from sanfu.notify.domain.delivery import Delivery, delivery_id, fresh
from sanfu.notify.domain.digest import is_digest
from sanfu.notify.ports import Deliveries, Wanted
from sanfu.runtime.clock import Clock
from sanfu.runtime.paging import Page
from sanfu.runtime.rules import Refusal

log = structlog.get_logger()

USEFUL = timedelta(hours=24)
MOST_OF_EVENT = 1000
"""Deliveries of one event that are looked through for repeats: more than any city's event has."""
NEVER_AGAIN = ("erased", "party_deceased", "sealed")
"""Reasons for not sending that no operator overrules."""


@dataclass(frozen=True, slots=True)
class Resending:
    deliveries: Deliveries
    clock: Clock

    async def again(self, id: str, key: str, because: str) -> tuple[Delivery, bool]:
        """Put a delivery down once more, to the same recipient; the same key finds the same one. Say whether it was put
        down now. Raises Refusal."""
        one = await self.deliveries.get(id)
        if one is None:
            raise Refusal(404, "no-such-delivery", "There is no delivery with this id.")
        repeat = _repeat(one, key, because, self.clock.now())
        if (known := await self.deliveries.get(repeat.id)) is not None:
            return known, False
        if one.is_open:
            raise Refusal(409, "delivery-open", f"It is {one.state} and still goes by itself: look at it again later.")
        if is_digest(one):
            raise Refusal(409, "delivery-is-a-list", "Send what went with it again, one by one: ?reason=digest.")
        if one.why in NEVER_AGAIN:
            raise Refusal(409, "delivery-ended-for-good", f"Nothing is sent there any more: {one.why}.")
        await self.deliveries.insert([repeat])
        log.info("delivery_resent", delivery=id, again=repeat.id)
        return repeat, True

    async def repeats(self, one: Delivery) -> list[str]:
        """Name those that repeat a delivery, newest first."""
        of_event = await self.deliveries.page(Wanted(event=one.event), Page(MOST_OF_EVENT, None))
        return [each.id for each in of_event if each.again_of == one.id]


def _repeat(one: Delivery, key: str, because: str, now: datetime) -> Delivery:
    id = delivery_id(one.event, f"again {key} of {one.id}", one.medium, one.template)
    return replace(
        fresh(one), id=id, users=one.users[:1], due=now, useful_until=now + USEFUL, again_of=one.id, because=because
    )
