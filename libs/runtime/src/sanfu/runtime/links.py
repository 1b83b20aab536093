"""Links that prove what they open: signed, with an end on the business clock. Whoever holds one need say no more."""

import base64
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from sanfu.runtime.sealing import Keys

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
SIGNATURE_BYTES = 12
"""96 bits, 16 characters: a message has to hold it, and each guess is a request."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a link opens (`what`, of `number`), and until when (whole seconds). `contact`: the version of what the party
    is reached by, as whoever sends it knows it: after a correction it opens nothing."""

    number: str
    what: str
    until: datetime
    contact: int = 0


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads a link's token: `number.what.end.signature`, of letters that stand in an address as they are;
    behind `what`, where there is one, `-` and the contact's version."""

    secret: bytes

    @classmethod
    def of(cls, keys: Keys) -> "Links":
        """Derive from the key ring: every service that holds it makes the same token."""
        return cls(hmac.digest(keys.index, b"links", "sha256"))

    def token(self, link: Link) -> str:
        what = f"{link.what}-{link.contact}" if link.contact else link.what
        open = f"{link.number}.{what}.{_written(int(link.until.timestamp()))}"
        return f"{open}.{self._signature(open)}"

    def read(self, token: str, now: datetime) -> Link | None:
        """Return the link; None for one that nobody made, and for one that has ended."""
        open, dot, signature = token.rpartition(".")
        if not dot or not hmac.compare_digest(self._signature(open).encode(), signature.encode()):
            return None
        number, what, end = open.rsplit(".", 2)
        what, _, contact = what.partition("-")
        until = datetime.fromtimestamp(int(end, 36), UTC)
        return Link(number, what, until, int(contact or 0)) if now < until else None

    def _signature(self, open: str) -> str:
        digest = hmac.digest(self.secret, open.encode(), "sha256")[:SIGNATURE_BYTES]
        return base64.urlsafe_b64encode(digest).decode()


def _written(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits or "0"
