"""A unit's own system reads for an officer whom it names: a purpose is a person's, and the record says whose."""

import time
from dataclasses import dataclass
from typing import Final

from limits import RateLimitItem
from limits.strategies import FixedWindowRateLimiter

from sanfu.desk.domain.accounts import SYSTEM, Account
from sanfu.desk.domain.on_behalf import read_for
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.handlers import Desk
from sanfu.desk.metrics import OnBehalfMetrics
from sanfu.runtime.rules import Refusal

LET: Final = "let"
"""What is counted where a system may read for whom it names; else the problem."""


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """Tells for whom a key reads. `rate`: how often one key may ask, counted per process: a stolen one empties no
    desk."""

    desk: Desk
    rate: RateLimitItem
    limiter: FixedWindowRateLimiter
    metrics: OnBehalfMetrics

    async def viewer(self, who: Viewer, officer: str) -> Viewer:
        """See this officer as the system that asks may read for them. What comes of it is counted.

        Raises Refusal: 403 for who is no system, for a key that was not given for this, and for anybody who is no
        officer of its unit; 429 for one who asks too often.
        """
        try:
            found = await self._viewer(who, officer)
        except Refusal as refusal:
            self.metrics.asked(refusal.slug)
            raise
        self.metrics.asked(LET)
        return found

    async def _viewer(self, who: Viewer, officer: str) -> Viewer:
        key = await self.desk.accounts.account(who.id)
        if key is None or key.kind != SYSTEM:
            raise Refusal(403, "not-a-system", "You read in your own name: leave On-Behalf-Of out.")
        self._check(key)
        self._hit(who.id)
        person = await self.desk.accounts.person(officer)
        return read_for(person, who, self.desk.city.tree, self.desk.clock.now())

    def _check(self, key: Account) -> None:
        """Raises Refusal 403 for a key that reads for nobody."""
        if not key.record.get("for_officers"):
            raise Refusal(
                403, "key-for-nobody",
                "This key reads for no officer: whoever keeps accounts makes one that does, with `for_officers`.",
            )  # fmt: skip
        pack = self.desk.city.pack
        unit = pack.units.get(key.unit)
        if unit is None or not unit.valid_on(pack.day(self.desk.clock.now())):
            raise Refusal(403, "unit-ended", f"{key.unit} does not work at this time: its key reads for nobody.")

    def _hit(self, key: str) -> None:
        if not self.limiter.hit(self.rate, key):
            wait = max(1, round(self.limiter.get_window_stats(self.rate, key).reset_time - time.time()))
            detail = f"One key reads for officers at most {self.rate}: go on in {wait} s."
            raise Refusal(429, "too-many-readings", detail, retry_after=wait)
