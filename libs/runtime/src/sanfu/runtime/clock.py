"""Business time. Limits, windows and timers run on it; sleeps, timeouts and backoff run on the real one."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import orjson
import structlog

from sanfu.contracts.envelope import instant, moment, truncated

LONGEST_SLEEP = 1.0
"""Real seconds after which a sleeper looks around again, whatever the clock says."""
LOOK_EVERY = 0.01
"""Real seconds between two looks at the anchor: 100 ms are promised, and a demo waits for each of its jumps."""


class Clock(Protocol):
    """Tell business time, and wait for it."""

    def now(self) -> datetime:
        """Return the instant: UTC, whole milliseconds, never before one already returned by this clock."""
        ...

    async def sleep_until(self, instant: datetime) -> None:
        """Return once `now() >= instant`, or one real second after the call, whichever comes first: callers loop.

        A past instant returns at once, after yielding to the loop.
        """
        ...


class SystemClock:
    """The machine's own time. When that is set back, `now` stands still until it has caught up."""

    def __init__(self) -> None:
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        self._last = max(self._last, truncated(datetime.now(UTC)))
        return self._last

    async def sleep_until(self, instant: datetime) -> None:
        left = (instant - self.now()).total_seconds()
        await asyncio.sleep(min(max(left, 0), LONGEST_SLEEP))


@dataclass(frozen=True, slots=True)
class Anchor:
    """At the real instant `real` it was `virtual`; from there business time runs `rate` times as fast (0 stands)."""

    virtual: datetime
    real: datetime
    rate: float = 1.0

    def at(self, real: datetime) -> datetime:
        return self.virtual + (real - self.real) * self.rate


def write_anchor(path: Path, anchor: Anchor) -> None:
    """Replace the anchor file as a whole: a reader sees the old one or the new one."""
    body = {"virtual": instant(anchor.virtual), "real": instant(anchor.real), "rate": anchor.rate}
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(orjson.dumps(body))
    fresh.replace(path)


def read_anchor(path: Path) -> Anchor:
    """Read the anchor file. Raises OSError when it can't be read, ValueError when it holds no anchor."""
    try:
        body: dict[str, Any] = orjson.loads(path.read_bytes())
        anchor = Anchor(moment(body["virtual"]), moment(body["real"]), float(body["rate"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: an anchor is {{virtual, real, rate}}") from error
    if not 0 <= anchor.rate < float("inf"):
        raise ValueError(f"{path}: the rate is 0 or more, not {anchor.rate}")
    return anchor


class AnchoredClock:
    """Business time as an anchor file says; every process that reads the same file tells the same time.

    The file is looked at again whenever it is asked and the last look is 10 ms old. One that is missing or garbled
    leaves the last anchor in force (there must be one at the start: OSError, ValueError). An anchor that would set
    the clock back makes it stand still until it is reached.
    """

    def __init__(self, path: Path, real: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path, self._real = path, real
        self._anchor, self._looked, self._readable = read_anchor(path), time.monotonic(), True
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        if time.monotonic() - self._looked >= LOOK_EVERY:
            self._look()
        self._last = max(self._last, truncated(self._anchor.at(self._real())))
        return self._last

    async def sleep_until(self, instant: datetime) -> None:
        """Look at the anchor every 10 ms, so that a jump wakes sleepers at once."""
        until = time.monotonic() + LONGEST_SLEEP
        await asyncio.sleep(0)
        while (left := (instant - self.now()).total_seconds()) > 0 and time.monotonic() < until:
            rate = self._anchor.rate
            await asyncio.sleep(min(LOOK_EVERY, left / rate) if rate else LOOK_EVERY)

    def _look(self) -> None:
        self._looked = time.monotonic()
        try:
            self._anchor, self._readable = read_anchor(self._path), True
        except (OSError, ValueError) as error:
            if self._readable:
                structlog.get_logger().warning("anchor_unreadable", path=str(self._path), error=str(error))
            self._readable = False


class ManualClock:
    """Stands still until a test moves it."""

    def __init__(self, start: datetime) -> None:
        self._now = truncated(start.astimezone(UTC))
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, instant: datetime) -> None:
        try:
            async with asyncio.timeout(LONGEST_SLEEP):
                await asyncio.sleep(0)
                while self._now < instant:
                    await self._moved.wait()
        except TimeoutError:
            return

    def set(self, instant: datetime) -> None:
        """Jump to an instant and wake whoever slept up to it. Raises ValueError for a jump back."""
        if instant < self._now:
            raise ValueError(f"a clock never goes back: {instant} is before {self._now}")
        self._now = truncated(instant.astimezone(UTC))
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def advance(self, span: timedelta) -> None:
        self.set(self._now + span)
