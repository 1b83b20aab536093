"""Make the secrets of a deployment that are missing, a file each: python new_secrets.py DIRECTORY CITY-PACK

Run where any service is installed. What is there is never touched: a lost key ring is lost data. The three that only
you can know are made empty: the headers of your SMS gateway (`{"Authorization": "…"}`), the mail server's password, and
the providers, if a medium has several (`providers.example.json`).
"""

import json
import os
import secrets
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.runtime.sealing import generate_keys


def contents(pack: Pack) -> dict[str, Callable[[], str]]:
    """Return what each file is to hold, the key ring apart."""
    channels = [code for code, channel in pack.channels.items() if channel.keyed]
    people = [id for id, person in pack.staff.items() if person.active]
    return {
        "ops-token": lambda: secrets.token_urlsafe(32),
        **{f"{name}-key": lambda: secrets.token_urlsafe(32) for name in ("router", "sla", "notify")},
        "channel-keys": lambda: json.dumps({code: secrets.token_urlsafe(32) for code in channels}, indent=1),
        "user-tokens": lambda: json.dumps({id: secrets.token_urlsafe(32) for id in people}, indent=1),
        "sms-headers": lambda: "{}",
        "smtp-password": lambda: "",
        "providers": lambda: "",
    }


def provide(place: Path, pack: Pack) -> list[str]:
    """Make what is missing, readable by its owner only; return its names."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    missing = {name: make for name, make in contents(pack).items() if not (place / name).exists()}
    for name, make in missing.items():
        with os.fdopen(os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as file:
            file.write(make())
    if (place / "keys").exists():
        return list(missing)
    generate_keys(place / "keys")
    return ["keys", *missing]


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    loaded = load(Path(sys.argv[2]), datetime.now(UTC).date())
    if loaded.pack is None:
        sys.exit("this is no sound pack:\n" + "\n".join(str(problem) for problem in loaded.problems[:10]))
    print("made:", ", ".join(provide(Path(sys.argv[1]), loaded.pack)) or "nothing")


if __name__ == "__main__":
    main()
