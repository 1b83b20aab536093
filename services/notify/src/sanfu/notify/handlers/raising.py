"""What was held back of an issue goes at once when that becomes an emergency, whatever the hour."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sanfu.notify.ports import Digests, Shelf
from sanfu.runtime.again import again
from sanfu.runtime.crash import crashpoint, declare

declare("notify.raised", "what is held of an issue that became an emergency goes, that it became one still stands")

EVERY = 1.0
"""Seconds (real) between two looks: what somebody else put down waits no longer than that."""


@dataclass(slots=True)
class Raising:
    """Looks which issues became emergencies (`rules.RAISED`). `on_raised` hears that something is ripe now."""

    raised: Shelf
    digests: Digests
    partitions: Callable[[], Sequence[int]]
    now: Callable[[], datetime]
    on_raised: Callable[[], None]
    _poked: asyncio.Event = field(default_factory=asyncio.Event)

    def poke(self) -> None:
        """Hear that this process has put something down."""
        self._poked.set()

    async def run(self) -> None:
        await again(self.turn, EVERY, "raising_waits", self._poked)

    async def turn(self) -> None:
        """Let go what is held of them. Done twice, it does the same. Raises StoreDown."""
        found = await self.raised.having("p", [*self.partitions()])
        if not found:
            return
        await self.digests.let_go(sorted({one["subject"] for one in found}), self.now())
        crashpoint("notify.raised")
        await self.raised.drop([one["_id"] for one in found])
        self.on_raised()

    async def quiet(self) -> dict[str, int]:
        return {"raised": len(await self.raised.having("p", [*self.partitions()]))}
