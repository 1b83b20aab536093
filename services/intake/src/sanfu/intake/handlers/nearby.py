"""Look for open issues that somebody who is writing may want to join."""

from dataclasses import dataclass
from datetime import timedelta

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import instant
from sanfu.intake.domain import nearby
from sanfu.intake.domain.nearby import Asked, Near
from sanfu.intake.ports import Records
from sanfu.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class Nearby:
    """Asks intake's own projection, within the window and the distance of the pack's policy on duplicates."""

    records: Records
    clock: Clock

    async def look(self, asked: Asked, pack: Pack) -> list[Near]:
        """Return what to offer, the nearest first. Raises StoreDown."""
        where = pack.atlas.where({"town": asked.town, "lon": asked.lon, "lat": asked.lat}, asked.address)
        asked = asked._replace(town=where.town)
        keys = nearby.asks(asked)
        if not keys:
            return []
        by = pack.policy.duplicates
        since = instant(self.clock.now() - timedelta(days=by.days))
        return nearby.chosen(asked, await self.records.near(keys, since, nearby.COMPARED), by.half_metres)

    async def joinable(self, id: str) -> bool:
        """Tell whether anybody may join this issue now. Raises StoreDown."""
        state = await self.records.issue(id)
        return state is not None and nearby.public(state)
