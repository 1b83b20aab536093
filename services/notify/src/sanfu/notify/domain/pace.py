"""How fast messages may go out: so many in any so many seconds. Pure: instants are seconds of a rising clock."""

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
UNDERWAY = 1 / 16
"""Seconds by which a window is longer than its rate says. Providers count what arrives, and what was slow on its way
comes in together with what left after it: of 500/s, 509 were measured in one second."""
_WRITTEN = re.compile(r"([1-9]\d{0,5})/(s|min|h|d)")


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `seconds`."""

    count: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Read `100/s`, `20/min`, `5/h`, `50/d`. Raises ValueError that says what would be right."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError("write a number and s, min, h or d: 100/s, 20/min")
        return cls(int(found[1]), SECONDS[found[2]])


@dataclass(slots=True)
class Window:
    """What went out of late, held against one rate: exact in any window, as providers count, where a bucket of tokens
    would let twice as much through in the first one."""

    rate: Rate
    _taken: deque[float] = field(default_factory=deque)

    @property
    def _span(self) -> float:
        return self.rate.seconds + UNDERWAY

    def room(self, now: float) -> int:
        """How many more may go now."""
        self._forget(now)
        return self.rate.count - len(self._taken)

    def wait(self, now: float) -> float:
        """Seconds until one more may go; 0: now."""
        return 0.0 if self.room(now) > 0 else self._taken[0] + self._span - now

    def take(self, now: float) -> None:
        self._forget(now)
        self._taken.append(now)

    def is_idle(self, now: float) -> bool:
        self._forget(now)
        return not self._taken

    def _forget(self, now: float) -> None:
        while self._taken and self._taken[0] <= now - self._span:
            self._taken.popleft()


@dataclass(slots=True)
class Each:
    """The same rates for each recipient by itself. Only those are kept to whom something went within a window."""

    rates: tuple[Rate, ...] = ()
    _windows: dict[str, tuple[Window, ...]] = field(default_factory=dict)
    _swept: float = 0.0

    def wait(self, to: str, now: float) -> float:
        """Seconds until one more may go to this recipient; 0: now."""
        return longest(self._windows.get(to, ()), now)

    def take(self, to: str, now: float) -> None:
        if not self.rates:
            return
        self._sweep(now)
        for window in self._windows.setdefault(to, tuple(Window(rate) for rate in self.rates)):
            window.take(now)

    def _sweep(self, now: float) -> None:
        if now - self._swept < SECONDS["min"]:
            return
        self._swept = now
        for to in [to for to, windows in self._windows.items() if all(one.is_idle(now) for one in windows)]:
            del self._windows[to]


def longest(windows: Iterable[Window], now: float) -> float:
    return max((window.wait(now) for window in windows), default=0.0)
