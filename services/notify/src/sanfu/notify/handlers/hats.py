"""One person in two capacities is told of an event once by a medium: by whichever message reaches it first.

What is critical is told in each capacity, twice to one phone, on purpose. That a provider took the first message is no
word that it rang: minutes later a receipt may say that its text was filtered or that nobody is there, and by then the
second would have ended as told. And of two messages it is the one to a duty officer that makes the unit's duty phone
ring where the number is dead; the one to a head rings nobody else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sanfu.notify.domain.affairs import AHEAD
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.rules import STAFF
from sanfu.notify.handlers.recipients import Address, Found, Nobody, People, Waits
from sanfu.notify.ports import Deliveries

Told = Mapping[tuple[str, str], bool]
"""(event, user) → whether it was told; False: is just being told."""


async def once_each(
    deliveries: Deliveries, medium: str, page: Sequence[Delivery], found: Mapping[str, Found], known: People
) -> dict[str, Found]:
    """Return where each goes. Who was told of its event already gets no second; while somebody is being told, the
    second waits for what comes of it, so that none is lost with the first. What is critical, what is told of a meeting
    to come (its reminder is of the same event) and what an operator sends again goes."""
    asked = [one for one in page if _may_be_second(one, found[one.id], known)]
    if not asked:
        return dict(found)
    subjects, events = sorted({one.subject for one in asked}), sorted({one.event for one in asked})
    kept = await deliveries.heard(medium, subjects, events)
    after = dict(found)
    for one in asked:
        others = [each for each in kept if each.id != one.id]
        told = {(each.event, each.users[0]): each.state != "sending" for each in others}
        address = after[one.id] = _for_one(one, after[one.id], told, known)
        if isinstance(address, Address):
            kept.append(replace(one, state="sending", users=address.users))
    return after


def _may_be_second(one: Delivery, found: Found, known: People) -> bool:
    if one.critical or one.type in AHEAD or one.again_of is not None or not isinstance(found, Address):
        return False
    return any(len(STAFF.intersection(known.users[user]["roles"])) > 1 for user in found.users if user in known.users)


def _for_one(one: Delivery, found: Found, told: Told, known: People) -> Found:
    """Begin with the first who is told by nothing else; the others get copies, which are asked about in their turn."""
    users = found.users if isinstance(found, Address) else ()
    free = next((user for user in users if (one.event, user) not in told), None)
    if free is None:
        return Nobody("told_already") if all(told[one.event, user] for user in users) else Waits("being_told")
    if free == users[0]:
        return found
    rest = (user for user in users if user != free)
    return known.find(replace(one, users=(free, *rest)), bound=True)  # who refuses is not among them any more
