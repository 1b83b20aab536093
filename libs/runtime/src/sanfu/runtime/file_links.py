"""Links by which files are got: signed, each for one purpose, and soon at their end."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sanfu.contracts.envelope import instant
from sanfu.runtime.rules import Refusal
from sanfu.runtime.sealing import Keys

LASTS: Final = timedelta(minutes=5)
"""Long enough to click, too short to pass on."""
PUBLIC_EVIDENCE: Final = "/v1/public-evidence"
"""Where desk gives out what was kept for everybody, by a link that intake makes: it shows what everybody may know."""
EVERYBODYS: Final = "evidence for everybody"
"""What such a link is signed for."""


@dataclass(frozen=True, slots=True)
class FileLink:
    """How a file is got: what proves that somebody may, and until when."""

    file: str
    until: str
    signature: str

    def under(self, path: str) -> str:
        """Return its address, for a route `<path>/{file}`."""
        return f"{path}/{self.file}?until={self.until}&signature={self.signature}"


@dataclass(frozen=True, slots=True)
class FileLinks:
    """Signs links, each for one purpose; `secret` is the same in every process that makes or reads them."""

    secret: bytes

    @classmethod
    def of(cls, keys: Keys, whose: bytes) -> "FileLinks":
        """Derive from the key ring: every service that holds it makes the same links to these files."""
        return cls(hmac.digest(keys.index, b"links to " + whose, "sha256"))

    def link(self, file: str, purpose: str, now: datetime) -> FileLink:
        """Make a link that lasts five minutes of business time."""
        until = instant(now + LASTS)
        return FileLink(file, until, self._signature(file, until, purpose))

    def purpose(self, link: FileLink, among: Sequence[str], now: datetime) -> str:
        """Return for which of these purposes a link was made. Raises Refusal 404 for none, and for one that ended."""
        signed = link.signature.encode("utf-8", "replace")
        found = [one for one in among if hmac.compare_digest(signed, self._signed(link, one))]
        if not found or instant(now) >= link.until:
            raise no_file()
        return found[0]

    def _signed(self, link: FileLink, purpose: str) -> bytes:
        return self._signature(link.file, link.until, purpose).encode()

    def _signature(self, file: str, until: str, purpose: str) -> str:
        return hmac.digest(self.secret, f"{purpose}/{file}/{until}".encode("utf-8", "replace"), "sha256").hex()


def no_file() -> Refusal:
    return Refusal(404, "file-unknown", "There is no such file, or the link to it has ended: make a new one.")
