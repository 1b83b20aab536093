"""One on duty was not reached: who of the others was not told, before the unit's duty phone rings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sanfu.notify.domain.delivery import Delivery, goes_in_place_of, to_all_of
from sanfu.notify.handlers.recipients import Address, Found, Waits
from sanfu.notify.ports import Deliveries


async def untold(deliveries: Deliveries, page: Sequence[Delivery], found: Mapping[str, Found]) -> dict[str, Found]:
    """Leave, of what is in place of those on duty, those of them for whom there is none of their own: they came on duty
    meanwhile, or were not reached either; and say where it was not taken before. While one of them is just being told,
    it waits for what comes of that."""
    asked = {one.id: (one, where) for one in page if one.for_place and isinstance(where := found[one.id], Address)}
    if not asked:
        return dict(found)
    before = {id: await _before(deliveries, one) for id, (one, _) in asked.items()}
    ids = {id: to_all_of(one, where.users) for id, (one, where) in asked.items()}
    theirs = {one.id: one for one in await deliveries.of(sorted({each for own in ids.values() for each in own}))}
    return {**found, **{id: _left(where, before[id], [theirs[own] for own in ids[id] if own in theirs])
                        for id, (_, where) in asked.items()}}  # fmt: skip


async def _before(deliveries: Deliveries, one: Delivery) -> list[Delivery]:
    """Those in whose place it goes, each in place of the next: a few at most."""
    found = list[Delivery]()
    while (id := goes_in_place_of(one)) and (above := await deliveries.of([id])):
        found.append(one := above[0])
    return found


def _left(where: Address, before: Sequence[Delivery], theirs: Sequence[Delivery]) -> Found:
    over = {one.id for one in before}  # of these it was known when this was put down, whatever stands there yet
    told = [one for one in theirs if one.state != "failed" and one.id not in over]
    if any(one.state == "sending" for one in told):
        return Waits("being_told")
    heard = {user for one in told for user in one.users[:1]}
    refused = {one.reached: f"{one.why}" for one in (*before, *theirs) if one not in told and one.reached}
    return replace(where, users=tuple(user for user in where.users if user not in heard), refused=refused)
