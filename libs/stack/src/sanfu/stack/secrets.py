"""The secrets of an embedded stack: made once, readable by their owner only, gone with `--reset`.

A file each, so that a service is given no more than it needs.
"""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sanfu.city.loading import load
from sanfu.runtime.sealing import generate_keys
from sanfu.stack.places import Places
from sanfu.stack.programs import PartError
from sanfu.stack.state import read_json


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """What opens a stack's doors: API keys by channel, tokens by user, and the token of /ops."""

    channels: Mapping[str, str]
    users: Mapping[str, str]
    ops_token: str


def provide(places: Places, city: Path) -> None:
    """Make what is missing: the key ring for personal data, the token of /ops, notify's key, a key for each channel of
    the pack that needs one, a token for each of its staff. Raises PartError where the pack is broken."""
    places.secrets.mkdir(parents=True, exist_ok=True)
    places.secrets.chmod(0o700)
    if not places.keys.exists():
        generate_keys(places.keys)
    for path in (places.ops_token, places.notify_key):
        if not path.exists():
            _write(path, secrets.token_urlsafe(32))
    loaded = load(city, datetime.now(UTC).date())
    if loaded.pack is None:
        raise PartError("the city pack is broken:\n" + "\n".join(str(problem) for problem in loaded.problems[:10]))
    _complete(places.channel_keys, (code for code, channel in loaded.pack.channels.items() if channel.keyed))
    _complete(places.user_tokens, (id for id, person in loaded.pack.staff.items() if person.active))


def read(places: Places) -> Secrets:
    """Return a stack's secrets. Raises FileNotFoundError before it was up for the first time."""
    return Secrets(read_json(places.channel_keys), read_json(places.user_tokens), places.ops_token.read_text())


def _complete(path: Path, names: Iterable[str]) -> None:
    known = read_json(path)
    whole = {**{name: secrets.token_urlsafe(32) for name in names}, **known}
    if whole != known:
        _write(path, json.dumps(whole, ensure_ascii=False, indent=1))


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as out:
        out.write(text)
    fresh.replace(path)
