"""Nobody was at the address of one on duty: who of the others was not told, before the unit's duty phone rings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sanfu.notify.domain.delivery import Delivery, to_all_of
from sanfu.notify.handlers.recipients import Address, Found
from sanfu.notify.ports import Deliveries


async def untold(deliveries: Deliveries, page: Sequence[Delivery], found: Mapping[str, Found]) -> dict[str, Found]:
    """Leave, of what is in place of those on duty, those of them for whom there is none of their own: they came on duty
    meanwhile, or nobody was at their address either."""
    asked = {one.id: (one, where) for one in page if one.for_place and isinstance(where := found[one.id], Address)}
    if not asked:
        return dict(found)
    ids = {id: to_all_of(one, where.users) for id, (one, where) in asked.items()}
    theirs = {one.id: one for one in await deliveries.of(sorted({each for own in ids.values() for each in own}))}
    after = dict(found)
    for id, (_, where) in asked.items():
        told = {user for own in ids[id] if (one := theirs.get(own)) and one.state != "failed" for user in one.users[:1]}
        after[id] = replace(where, users=tuple(user for user in where.users if user not in told))
    return after
