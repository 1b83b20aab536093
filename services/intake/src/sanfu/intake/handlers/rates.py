"""How often somebody may come; counted per process."""

import time
from dataclasses import dataclass

from limits import RateLimitItem
from limits.strategies import FixedWindowRateLimiter

from sanfu.runtime.rules import Refusal


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts by whose."""

    limiter: FixedWindowRateLimiter

    def hit(self, rate: RateLimitItem, what: str, *whose: str) -> None:
        """Count one of `what`. Raises Refusal 429 with the seconds to wait."""
        if self.limiter.hit(rate, *whose):
            return
        wait = max(1, round(self.limiter.get_window_stats(rate, *whose).reset_time - time.time()))
        raise Refusal(429, "too-many-reports", f"At most {rate} {what}; go on in {wait} s.", retry_after=wait)
