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
        indexed = {one.id: self._indexed(one, found[one.id]) for one in page}
        asked = {one.index for one in indexed.values() if isinstance(one, Address) and one.index}
        known = await self.shelf.get(asked) if asked else {}
        dead = {index: str(one["why"]) for index, one in known.items() if "erased" not in one}
        return {one.id: _unless_dead(one, indexed[one.id], dead) for one in page}

    def _indexed(self, one: Delivery, found: Found) -> Found:
        return replace(found, index=self.index(one.medium, found.to)) if isinstance(found, Address) else found

    async def forget(self, indices: Iterable[str]) -> None:
        """Know nothing of these any more, not even that they were known: one that is somebody else's too, or is given
        again, is learned anew from the next message that does not arrive there."""
        await self.shelf.drop(sorted({*indices}))

    async def lift(self, index: str) -> None:
        """Send there again."""
        await self.shelf.erase([index])


def _unless_dead(one: Delivery, found: Found, dead: Mapping[str, str]) -> Found:
    if one.critical or not isinstance(found, Address) or found.index not in dead:
        return found
    return Nobody(f"unreachable: {dead[found.index or '']}", found.index)
