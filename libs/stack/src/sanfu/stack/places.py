"""Where a stack keeps its things, and which ports it takes. Everything lies under `.sanfu/` of the checkout."""

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

FIRST_PORT = 8700
BLOCK = 100
KNOWN = {"main": 0, "demo": 1}
"""The named stacks that have their block of ports by right; every other name gets one from its checksum."""

OFFSETS = {
    "intake": 1,
    "router": 2,
    "sla": 3,
    "notify": 4,
    "desk": 5,
    "insight": 6,
    "sinks": 10,
    "smtp": 25,
    "mongo": 17,
    "kafka": 92,
    "kafka-controller": 93,
}


def checkout() -> Path:
    """Return the directory that holds `requirements.lock`: SANFU_ROOT, or the one this package was installed from."""
    named = os.environ.get("SANFU_ROOT")
    if named:
        return Path(named).resolve()
    for directory in (Path.cwd(), *Path.cwd().parents, *Path(__file__).resolve().parents):
        if (directory / "requirements.lock").is_file() and (directory / "libs" / "stack").is_dir():
            return directory
    raise FileNotFoundError("no checkout of Sanfu around the current directory: set SANFU_ROOT to it")


def first_port(name: str) -> int:
    """Return the first of the hundred ports that belong to the stack of this name: main 8700, demo 8800."""
    block = KNOWN.get(name, len(KNOWN) + zlib.crc32(name.encode()) % 100)
    return FIRST_PORT + block * BLOCK


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one named stack, and its ports. Creates nothing."""

    root: Path
    name: str = "main"
    base: int | None = None

    def port(self, of: str) -> int:
        """Return the port of a service or part, counted from the stack's first port."""
        return (first_port(self.name) if self.base is None else self.base) + OFFSETS[of]

    @property
    def parts(self) -> Path:
        """What was fetched, shared by all stacks of this checkout."""
        return self.root / ".sanfu" / "parts"

    @property
    def run(self) -> Path:
        return self.root / ".sanfu" / "run" / self.name

    @property
    def logs(self) -> Path:
        return self.run / "logs"

    @property
    def data(self) -> Path:
        return self.run / "data"

    @property
    def state(self) -> Path:
        return self.run / "state.json"

    @property
    def lock(self) -> Path:
        return self.run / "lock"

    @property
    def held(self) -> Path:
        """One empty file here for every service that must stay down."""
        return self.run / "held"

    @property
    def secrets(self) -> Path:
        return self.run / "secrets"

    @property
    def keys(self) -> Path:
        """The key ring for personal data. Lost, that data is lost."""
        return self.secrets / "keys.json"

    @property
    def ops_token(self) -> Path:
        return self.secrets / "ops-token"

    @property
    def notify_key(self) -> Path:
        """Opens notify's log and inbox; desk asks by it."""
        return self.secrets / "notify-key"

    @property
    def channel_keys(self) -> Path:
        return self.secrets / "channel-keys.json"

    @property
    def user_tokens(self) -> Path:
        return self.secrets / "user-tokens.json"

    @property
    def clock(self) -> Path:
        """The anchor of the business clock, for a stack that has one of its own."""
        return self.run / "clock.json"
