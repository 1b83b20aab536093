"""Draws by lot that nobody can foresee or steer, and that anybody can check later.

Each month has a seed, derived from the key ring. Its seal (SHA-256) is told with every draw; the seed itself is opened
once the month is over. A ticket is drawn if the first 8 bytes of HMAC-SHA256(seed, ticket), as a fraction of 2^64, are
below the share. Handling something again gives no new ticket, so nobody can try twice.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Lots:
    """`secret` None: there is nothing to draw with, and every ticket counts as drawn."""

    secret: bytes | None = None

    def draw(self, ticket: str, period: str, share: float) -> dict[str, Any] | None:
        """Draw, as an event tells it; None where there is nothing to draw with."""
        if self.secret is None:
            return None
        seed = self.seed(period)
        return {
            "period": period, "seal": seal(seed), "ticket": ticket, "share": share,
            "drawn": drawn(seed, ticket, share),
        }  # fmt: skip

    def seed(self, period: str) -> bytes:
        """Return a month's seed: kept secret until it is over."""
        if self.secret is None:
            raise ValueError("there is no secret to derive seeds from")
        return hmac.digest(self.secret, f"draw {period}".encode(), "sha256")


NO_LOTS = Lots()


def seal(seed: bytes) -> str:
    return hashlib.sha256(seed).hexdigest()


def drawn(seed: bytes, ticket: str, share: float) -> bool:
    number = int.from_bytes(hmac.digest(seed, ticket.encode(), "sha256")[:8], "big")
    return number < share * 2**64
