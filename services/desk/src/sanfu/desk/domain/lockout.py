"""Guessing is made slow: after some wrong tries an account, and an address, has to wait; each time longer. Pure.

A try is noted before the password is looked at, and taken back if it was right: so many guesses at one instant are
as many tries. Times are seconds of the real clock: what waits here is a machine, not a city.
"""

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Patience:
    """`free` tries; after them the first wait, doubled with each further one up to the longest. All is forgotten after
    so long without a try."""

    free: int
    first: float = 30.0
    longest: float = 3600.0
    forgets: float = 86_400.0


ACCOUNT: Final = Patience(free=5)
"""A person who mistypes has five tries; a guesser of one password has then some 30 a day."""
ADDRESS: Final = Patience(free=50)
"""A whole office may come from one address."""


NUMBER: Final = Patience(free=5)
"""Four digits are soon guessed: five tries for a receipt number, and from an address."""


@dataclass(frozen=True, slots=True)
class Tries:
    """How many were made in vain, when the last one was, and until when nobody may try."""

    count: int = 0
    last: float = 0.0
    until: float = 0.0


def waits(tries: Tries, now: float) -> float:
    """Return for how many seconds nobody may try; 0 if one may now."""
    return max(0.0, tries.until - now)


def noted(tries: Tries, patience: Patience, now: float) -> Tries:
    """Note one more try."""
    count = (0 if now - tries.last > patience.forgets else tries.count) + 1
    over = count - patience.free
    wait = 0.0 if over < 0 else min(patience.longest, patience.first * 2.0 ** min(over, 30))
    return Tries(count, now, now + wait if wait else 0.0)


def taken_back(tries: Tries) -> Tries:
    """Undo one try, which was right: of an address the others stand."""
    return replace(tries, count=max(0, tries.count - 1), until=0.0)
