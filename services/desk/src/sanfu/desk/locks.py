"""What the key ring opens and signs. Without one nothing is sealed, and what is signed ends with the process."""

import hmac
import os
from dataclasses import dataclass

from pydantic import SecretStr

from sanfu.desk.domain.lots import NO_LOTS, Lots
from sanfu.desk.domain.secrecy import Seal
from sanfu.desk.texts import sealing
from sanfu.runtime.file_links import FileLinks
from sanfu.runtime.links import Links
from sanfu.runtime.sealing import Keys, Sealer


@dataclass(frozen=True, slots=True)
class Locks:
    """All that is made of the ring, each for one purpose."""

    keys: Keys | None
    sealer: Sealer | None
    seal: Seal | None
    lots: Lots

    @classmethod
    def of(cls, given: SecretStr | None) -> "Locks":
        keys = Keys.parse(given.get_secret_value()) if given else None
        if keys is None:
            return cls(None, None, None, NO_LOTS)
        sealer = Sealer(keys)
        return cls(keys, sealer, sealing(sealer), Lots(hmac.digest(keys.index, b"follow-up lots", "sha256")))

    def own(self, purpose: bytes) -> bytes:
        """Derive what signs for one purpose, the same in every process; without a ring it ends with this one."""
        return hmac.digest(self.keys.index, purpose, "sha256") if self.keys else os.urandom(32)

    def shared(self, purpose: bytes) -> FileLinks | None:
        """Make what signs links that intake and desk both know."""
        return FileLinks.of(self.keys, purpose) if self.keys else None

    def links(self) -> Links | None:
        """Make what signs parties' links."""
        return Links.of(self.keys) if self.keys else None
