"""The demo's business clock: it stands, until everything is quiet, and then jumps; or runs free, for a show."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from sanfu.contracts.envelope import instant, moment
from sanfu.runtime import clock
from sanfu.runtime.clock import Anchor, read_anchor, write_anchor
from sanfu.stack.doors import Doors, Json
from sanfu.stack.programs import PartError

LOOK_EVERY = 0.02
"""Real seconds between two looks at services that are not quiet."""
WAIT = 5.0
"""Real seconds for which a service may wait until it is quiet, before it says what keeps it."""
PATIENCE = 120.0
"""Real seconds: what the services have not done with one instant's acts by then, something keeps them from."""


class Pace(Protocol):
    """How business time goes on between two acts."""

    async def settle(self) -> None:
        """Wait until what was done has had its effects everywhere."""
        ...

    async def reach(self, at: datetime) -> datetime:
        """Let it become that instant, and return it; all that is due before has happened then."""
        ...


class Jumping:
    """Stop – act – wait until quiet – jump. Never past a timer: so each goes off at its instant, on any machine."""

    def __init__(self, anchor: Path, doors: Doors, start: datetime) -> None:
        self._anchor, self._doors, self._now = anchor, doors, start
        self._next_due: datetime | None = None
        self._settled = False

    async def settle(self) -> None:
        """Wait until all services say that they are quiet at this instant, and have read the story equally far."""
        now, until = instant(self._now), time.monotonic() + PATIENCE
        while True:
            found = await self._doors.quiet(within=WAIT, at=now)
            if all(_calm(one, now) for one in found.values()) and _abreast(found.values()):
                break
            if time.monotonic() > until:
                raise PartError(f"not quiet for {PATIENCE:.0f} s: {_busy(found)}")
        self._settled = True
        self._next_due = min((moment(one["next_due"]) for one in found.values() if one["next_due"]), default=None)

    async def reach(self, at: datetime) -> datetime:
        if not self._settled:
            await self.settle()
        while self._next_due is not None and self._next_due <= at:
            self._jump(self._next_due)
            await self.settle()
        if at > self._now:  # nothing is due: it is enough that nobody's last look at the clock is from before
            self._jump(at)
            await asyncio.sleep(2 * clock.LOOK_EVERY)
        return self._now

    def _jump(self, at: datetime) -> None:
        self._now = max(at.astimezone(UTC), self._now)
        write_anchor(self._anchor, Anchor(self._now, datetime.now(UTC), 0))


class Running:
    """The clock runs at a rate and waits for nobody: acts come when they can. For looking at, not for figures."""

    def __init__(self, anchor: Path, doors: Doors, start: datetime, rate: float) -> None:
        self._anchor, self._doors, self._rate = anchor, doors, rate
        write_anchor(anchor, Anchor(start, datetime.now(UTC), rate))

    async def settle(self) -> None:
        """Everything read and published; timers may be due at any moment."""
        until = time.monotonic() + PATIENCE
        while any(one.get(what) != 0 for one in (await self._doors.quiet()).values() for what in ("lag", "outboxes")):
            if time.monotonic() > until:
                raise PartError("the services do not keep up: choose a slower --speed")
            await asyncio.sleep(LOOK_EVERY)

    async def reach(self, at: datetime) -> datetime:
        await asyncio.sleep(max(0.0, (at - self.now()).total_seconds() / self._rate))
        return max(at, self.now())

    def now(self) -> datetime:
        return read_anchor(self._anchor).at(datetime.now(UTC))

    async def stop(self) -> Jumping:
        """Let the clock stand, so that the figures can be read: a little ahead, for nobody's clock goes back."""
        now = moment(instant(self.now() + timedelta(seconds=self._rate)))
        write_anchor(self._anchor, Anchor(now, datetime.now(UTC), 0))
        return Jumping(self._anchor, self._doors, now)


def _calm(said: Json, now: str) -> bool:
    return bool(said["quiet"]) and said["now"] == now


def _abreast(found: Iterable[Json]) -> bool:
    """Whether all have read the same of what several of them read."""
    read: dict[str, set[int]] = defaultdict(set)
    for one in found:
        for story, count in one["read"].items():
            read[story].add(count)
    return all(len(counts) == 1 for counts in read.values())


def _busy(found: Mapping[str, Json]) -> str:
    """Say what is on its way where."""
    kept = {"quiet", "next_due", "read"}
    about = {name: {k: v for k, v in said.items() if v and k not in kept} for name, said in found.items()}
    return "; ".join(f"{name}: {said}" for name, said in about.items())
