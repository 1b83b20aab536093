"""Numbers and mailboxes of people outside to which nothing more goes that can be refused, of whatever issue.

Each is known by its blind index, as one where nobody is (`unreachable`), and only for as long as it is refused.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sanfu.notify.domain import preferences
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.rules import OUTSIDE, STAFF
from sanfu.notify.handlers.people import opened
from sanfu.notify.handlers.recipients import Address, Found, Nobody
from sanfu.notify.handlers.unreachable import Unreachable
from sanfu.notify.ports import Deliveries, Shelf
from sanfu.runtime.sealing import Unsealable

Reached = Mapping[str, str]
"""Medium → what stands for the address by which somebody is reached by it."""


@dataclass(frozen=True, slots=True)
class OptingOut:
    """Every method may raise StoreDown, and may then be called again."""

    shelf: Shelf
    contacts: Shelf
    deliveries: Deliveries
    unreachable: Unreachable

    async def passed_over(
        self, page: Sequence[Delivery], found: Mapping[str, Found], bound: Callable[[Delivery], bool]
    ) -> dict[str, Found]:
        """Return where each of these goes: nowhere if its address wants nothing, unless nobody can refuse it."""
        asked = dict[str, str]()
        for one in page:
            where = found[one.id]
            if one.audience not in STAFF and isinstance(where, Address) and where.index and not bound(one):
                asked[one.id] = where.index
        refused = await self.refused(asked.values())
        return {**found, **{id: Nobody("opted_out", index) for id, index in asked.items() if index in refused}}

    async def refused(self, indices: Collection[str]) -> frozenset[str]:
        """Return those of these that want nothing."""
        return frozenset(await self.shelf.get(sorted(set(indices)))) if indices else frozenset()

    async def reached(self, whose: str, contact: int) -> Reached:
        """Say by what a recipient is reached, as preferences name it: of a list what it went to; of an issue's party or
        filer what they left, unless it is another by now than in that version of it. Nothing of who was erased."""
        if (digest := preferences.list_of(whose)) is not None:
            one = await self.deliveries.get(digest)
            return {one.medium: one.reached} if one is not None and one.reached is not None else {}
        part, _, issue = whose.partition(":")
        if part not in OUTSIDE:
            return {}
        records = [*(await self.contacts.get([f"{issue}/intake", f"{issue}/desk"])).values()]
        versions = {one.get("writer"): one["version"] for one in records}
        if any("erased" in one for one in records) or versions.get("desk", 0) != contact:
            return {}
        try:
            known = opened(self.unreachable.sealer, records, part)
        except Unsealable:
            return {}
        there = {medium: str(known.get(field) or "") for medium, field in preferences.CONTACT_FIELDS.items()}
        return {medium: self.unreachable.index(medium, to) for medium, to in there.items() if to}

    async def refuse(self, medium: str, index: str, version: int) -> None:
        """Send nothing more there that can be refused."""
        await self.shelf.put([{"_id": index, "version": version, "medium": medium}])

    async def forget(self, indices: Collection[str]) -> None:
        """Know nothing of these: whoever has them is told of all again."""
        await self.shelf.drop(sorted(set(indices)))
