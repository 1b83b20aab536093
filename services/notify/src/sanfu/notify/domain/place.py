"""One of a provider's robots or endpoints, and what an outcome says of whoever it came from. Pure: instants are seconds
of a clock that only rises."""

from dataclasses import dataclass, field

from sanfu.notify.domain.breaker import Breaker
from sanfu.notify.domain.delivery import Lost, Outcome, Retry

SLOWER = 1.0
"""Seconds that one is left alone which wants no more and does not say for how long."""
LOOK = 2.0
"""Seconds after which who finds that nothing may be given looks again."""


@dataclass(frozen=True, slots=True)
class Vain:
    """Tries in a row of which a provider took none: how many, and since when."""

    tries: int = 0
    since: float | None = None

    def after(self, outcome: Outcome, now: float) -> "Vain":
        """Also one that was answered by silence may have been taken; it counts, as it does for the breaker."""
        match outcome:
            case Lost() | Retry(about="provider"):
                return Vain(self.tries + 1, now if self.since is None else self.since)
            case Retry(about="pace"):
                return self
            case _:
                return Vain()


@dataclass(slots=True)
class Place:
    """One of a provider's robots or endpoints, and how it does."""

    breaker: Breaker = field(default_factory=Breaker)
    why: str | None = None
    under_way: int = 0
    since: float | None = None
    """Since when it has not been well."""

    def room(self, now: float) -> int:
        return 0 if self.breaker.rests_at(now) else max(0, self.breaker.most - self.under_way)

    def noted(self, before: Breaker, now: float) -> None:
        """Remember since when it is as it is, by how it did before."""
        if said_of(self.breaker, now) == "well":
            self.since = None
        elif self.since is None or said_of(before, now) == "well":
            self.since = now

    def wait(self, now: float) -> float:
        """Seconds until another look, where there is no room now."""
        return max(self.breaker.until - now, LOOK)


def heard(before: Breaker, outcome: Outcome, now: float) -> Breaker:
    """How one does after this outcome."""
    match outcome:
        case Lost():
            return before.failed(now)
        case Retry(_, after, about="provider"):
            return before.failed(now, after)
        case Retry(_, after, about="pace"):
            return before.slowed(now, after or SLOWER)
        case _:
            return before.succeeded(now)


def said_of(breaker: Breaker, now: float) -> str:
    """How one does that nobody put aside, in a word."""
    if breaker.rests:
        return "rests" if breaker.rests_at(now) else "probed"
    return "slowed" if breaker.rests_at(now) else "well"
