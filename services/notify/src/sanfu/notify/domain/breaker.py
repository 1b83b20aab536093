"""When a provider that fails is left alone, and how it is taken up again. Pure: instants are seconds of a clock that
only rises.

After some failures in a row it rests; then one message goes out to it alone, and with each that it takes one more may
be under way: what has piled up meanwhile leaves without a burst.
"""

from dataclasses import dataclass, replace

FAILURES = 5
"""In a row: a message that happens to fail is none of it."""
FIRST_REST, LONGEST_REST = 2.0, 60.0
"""Seconds before the first probe, doubled after each that fails; the longest: who is back is found within a minute."""
PROVEN = 20
"""Taken in a row after a rest, the next rest begins at the shortest again."""
ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Breaker:
    """How a provider does. `most` messages may be under way to it, none before `until`."""

    failures: int = 0
    rests: int = 0
    until: float = 0.0
    most: int = ALL

    def rests_at(self, now: float) -> bool:
        return now < self.until

    @property
    def is_down(self) -> bool:
        """It was left alone, and has taken nothing since."""
        return self.rests > 0 and self.most == 1

    def failed(self, now: float, after: float = 0.0) -> "Breaker":
        """It did not take a message, for a reason of its own; not before `after` seconds, if it said so. What
        comes back of calls that were under way when it was left alone tells nothing new."""
        if self.rests_at(now):
            return replace(self, until=max(self.until, now + after))
        if self.rests == 0 and self.failures + 1 < FAILURES:
            return replace(self, failures=self.failures + 1, until=now + after if after else self.until)
        rest = max(after, min(FIRST_REST * 2.0 ** min(self.rests, 10), LONGEST_REST))
        return Breaker(rests=self.rests + 1, until=now + rest, most=1)

    def slowed(self, now: float, after: float) -> "Breaker":
        """It is well, but wants no more for so long."""
        return replace(self, until=max(self.until, now + after))

    def probed(self, now: float, most: int = 1) -> "Breaker":
        """Let so many messages go to it now, whatever rest was left; from there on it is taken up again as ever."""
        return Breaker(rests=max(self.rests, 1), until=now, most=most)

    def succeeded(self, now: float) -> "Breaker":
        if self.rests == 0:
            return self if self.failures == 0 else replace(self, failures=0)
        if self.rests_at(now):
            return self
        return Breaker() if self.most >= PROVEN else replace(self, failures=0, most=self.most + 1)
