"""Addresses to which nothing is sent any more, because a provider said that nobody is there. Known by a blind index."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.receipts import plain
from sanfu.notify.handlers.recipients import Address, Found, Nobody
from sanfu.notify.ports import Shelf
from sanfu.runtime.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Keeps them, until an operator lifts one."""

    shelf: Shelf
    sealer: Sealer

    def index(self, medium: str, to: str) -> str:
        """What stands for an address in deliveries and here: it tells nothing without the key."""
        return self.sealer.blind_index(plain(to), f"notify.{medium}")

    async def note(self, found: Iterable[tuple[Delivery, str]], at: datetime) -> None:
        """Send nothing more to where these deliveries went, each for its reason, from this instant (real time) on."""
        version = int(at.timestamp() * 1000)
        marks = {
            one.reached: {"_id": one.reached, "version": version, "medium": one.medium, "why": why[:80], "since": at}
            for one, why in found
            if one.reached is not None
        }
        await self.shelf.put([*marks.values()])

    async def looked_up(self, page: Sequence[Delivery], found: Mapping[str, Found]) -> dict[str, Found]:
        """Return where each of these goes, addresses with their index; Nobody, with the reason, where nothing is sent
        any more, unless it is critical."""
        there = {one.id: (one, where) for one in page if isinstance(where := found[one.id], Address)}
        asked = {self.index(one.medium, to) for one, where in there.values() for to in _all(where)}
        known = await self.shelf.get(asked) if asked else {}
        dead = {index: str(one["why"]) for index, one in known.items() if "erased" not in one}
        return {**found, **{id: self._unless_dead(*each, dead) for id, each in there.items()}}

    def _unless_dead(self, one: Delivery, found: Address, dead: Mapping[str, str]) -> Found:
        """Of duty officers: the place of those who are on duty, where none of them is there any more."""

        def indexed(where: Address) -> Address:
            return replace(where, index=self.index(one.medium, where.to))

        def reached(where: Iterable[Address]) -> list[Address]:
            return [each for each in map(indexed, where) if each.index not in dead]

        dead = {**found.refused, **dead}
        on_duty, places, found = reached(found.on_duty), reached(found.instead), indexed(found)
        gone = Nobody(f"unreachable: {dead.get(found.index or '')}", found.index)
        if one.for_place:
            if untold := [each for each in on_duty if each.users[0] in found.users]:
                return replace(untold[0], users=tuple(each.users[0] for each in untold))
            return Nobody("told_already") if on_duty else places[0] if places else gone
        if found.index not in dead:
            return found
        if places and not on_duty:
            return places[0]
        return found if one.critical else gone

    async def forget(self, indices: Iterable[str]) -> None:
        """Know nothing of these any more, not even that they were known: one that is somebody else's too, or is given
        again, is learned anew from the next message that does not arrive there."""
        await self.shelf.drop(sorted({*indices}))

    async def lift(self, index: str) -> None:
        """Send there again."""
        await self.shelf.erase([index])


def _all(where: Address) -> list[str]:
    return [one.to for one in (where, *where.on_duty, *where.instead)]
