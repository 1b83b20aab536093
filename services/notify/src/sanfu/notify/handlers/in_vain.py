"""Tries in an outage that surely left nothing: they count for nobody, and the copies beside them are taken back."""

from collections.abc import Sequence

from sanfu.notify.domain.delivery import Delivery, further
from sanfu.notify.ports import Deliveries


async def taken_back(deliveries: Deliveries, in_vain: Sequence[Delivery], is_down: bool) -> frozenset[str]:
    """Say which of these stand as before their try: what has no copies, an alarm, and, while nobody takes anything
    (`is_down`), also what has some that nobody has had in hand; those go. While somebody does, the others are told by
    their copies, whoever it is that can't be. May be called again."""
    copied = {one.id: [each.id for each in further(one)] for one in in_vain if not _keeps(one)}
    asked = [id for ids in copied.values() for id in ids] if is_down else []
    gone = await deliveries.withdraw(asked) if asked else frozenset[str]()
    return frozenset(one.id for one in in_vain if gone.issuperset(copied.get(one.id, ())))


def _keeps(one: Delivery) -> bool:
    """Tell whether its copies stay: an alarm's go at once; and somebody may have heard of it at an earlier try."""
    return one.critical or one.left_before is not None


async def further_again(deliveries: Deliveries, passed: Sequence[Delivery], back: frozenset[str]) -> None:
    """Put the copies of those down again that somebody else had in hand meanwhile."""
    await deliveries.insert([more for one in passed if one.id in back for more in further(one)])
