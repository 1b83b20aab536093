"""Personal data at rest and on its way: sealed with AES-GCM under a key that has a name, found by a blind index."""

import base64
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
"""AES-256, and as much for HMAC-SHA256."""
NONCE_BYTES = 12
"""What GCM is made for; at random, safe for 2^32 seals under one key: rotate long before."""


class Unsealable(Exception):
    """This box can't be opened: its key isn't in the ring, or box or context are not what was sealed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A locked box, and which key locks it. `written` and `read` are its form in JSON and in databases."""

    key_id: str
    nonce: bytes
    box: bytes

    def written(self) -> dict[str, str]:
        return {"key_id": self.key_id, "nonce": _b64(self.nonce), "box": _b64(self.box)}

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Sealed":
        """Raises Unsealable for what `written` never gave."""
        try:
            return cls(str(given["key_id"]), _bytes(given["nonce"]), _bytes(given["box"]))
        except (KeyError, TypeError, ValueError) as error:
            raise Unsealable("a sealed box is {key_id, nonce, box}, the last two in base64") from error


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """A ring of keys by id, the one that seals now, and the blind index's own."""

    current: str
    ring: Mapping[str, bytes]
    index: bytes

    def __post_init__(self) -> None:
        if self.current not in self.ring:
            raise ValueError(f"`current` names the key {self.current!r}, which is not among `keys`")
        for name, key in [*self.ring.items(), ("index_key", self.index)]:
            if len(key) != KEY_BYTES:
                raise ValueError(f"key {name!r} has {len(key)} bytes, not {KEY_BYTES}")

    @classmethod
    def parse(cls, text: str) -> "Keys":
        """Read `{"current": id, "keys": {id: base64}, "index_key": base64}`. Raises ValueError that shows no key."""
        try:
            given = orjson.loads(text)
            ring = {name: _bytes(key) for name, key in given["keys"].items()}
            return cls(given["current"], ring, _bytes(given["index_key"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("a key ring is {current, keys: {id: base64}, index_key}") from error
        except orjson.JSONDecodeError:
            raise ValueError("the key ring is no JSON") from None

    def rotated(self) -> "Keys":
        """Return a ring with one more key, which seals from now on; the old ones still open."""
        name = f"k{len(self.ring) + 1}"
        if name in self.ring:
            raise ValueError(f"key {name} exists: name keys k1, k2, … without holes")
        return Keys(name, {**self.ring, name: os.urandom(KEY_BYTES)}, self.index)

    def written(self) -> bytes:
        ring = {name: _b64(key) for name, key in self.ring.items()}
        given = {"current": self.current, "keys": ring, "index_key": _b64(self.index)}
        return orjson.dumps(given, option=orjson.OPT_INDENT_2)


def generate_keys(path: Path) -> Keys:
    """Make a new ring in a file that only its owner may read. Raises FileExistsError: a lost key loses data."""
    keys = Keys("k1", {"k1": os.urandom(KEY_BYTES)}, os.urandom(KEY_BYTES))
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(keys.written())
    return keys


class Sealer:
    """Seal and open with one ring of keys."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._ciphers = {name: AESGCM(key) for name, key in keys.ring.items()}

    def seal(self, data: bytes, context: bytes) -> Sealed:
        """Lock `data` with the current key. `context` (whose, which field) stays open, and must be the same again to
        open: a box moved to another document doesn't."""
        nonce = os.urandom(NONCE_BYTES)
        return Sealed(self._keys.current, nonce, self._ciphers[self._keys.current].encrypt(nonce, data, context))

    def open(self, sealed: Sealed, context: bytes) -> bytes:
        """Return what was sealed. Raises Unsealable."""
        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            raise Unsealable(f"key {sealed.key_id!r} is not in the ring")
        try:
            return cipher.decrypt(sealed.nonce, sealed.box, context)
        except (InvalidTag, ValueError) as error:
            raise Unsealable("box or context are not what was sealed") from error

    def blind_index(self, value: str, field: str) -> str:
        """Return the same 64 hex digits for the same value of the same field, which tell nothing without the key.

        The caller brings the value into one form first (digits only, say). Rotation leaves it as it is.
        """
        return hmac.digest(self._keys.index, f"{field}\0{value}".encode(), "sha256").hex()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("this is not base64") from None
