"""The secrets of an embedded stack: made once, readable by their owner only, gone with `--reset`."""

import os
import secrets
from pathlib import Path

from sanfu.runtime.sealing import generate_keys
from sanfu.stack.places import Places


def provide(places: Places) -> None:
    """Make what is not there yet: the key ring for personal data, and the token that opens /ops."""
    places.keys.parent.mkdir(parents=True, exist_ok=True)
    places.keys.parent.chmod(0o700)
    if not places.keys.exists():
        generate_keys(places.keys)
    if not places.ops_token.exists():
        _write(places.ops_token, secrets.token_urlsafe(32))


def _write(path: Path, text: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w") as out:
        out.write(text)
