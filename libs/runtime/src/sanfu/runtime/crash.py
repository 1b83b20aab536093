"""Named places at which a process kills itself when the environment asks for it.

`SANFU_CRASH=name` kills at the first passage, `SANFU_CRASH=name:7` at the seventh. Tests walk `CRASHPOINTS`: kill,
restart, and compare with a run without a crash.
"""

import os
import signal

CRASHPOINTS: dict[str, str] = {}
"""Every declared name, with what is on disk when the process dies there."""


def declare(name: str, on_disk: str) -> None:
    """Enter a crash point into the table, at import. Raises ValueError if the name has another meaning already."""
    if CRASHPOINTS.setdefault(name, on_disk) != on_disk:
        raise ValueError(f"crash point {name} is declared twice: {CRASHPOINTS[name]!r} and {on_disk!r}")


def asked(text: str) -> tuple[str, int]:
    """Split `name` or `name:hit`; hits count from 1. Raises ValueError for any other hit."""
    name, _, hit = text.partition(":")
    if hit and not (hit.isascii() and hit.isdigit() and int(hit) > 0):
        raise ValueError(f"SANFU_CRASH={text}: a hit is a number from 1")
    return name, int(hit or 1)


_name, _left = asked(os.environ.get("SANFU_CRASH", ""))


def crashpoint(name: str) -> None:
    """Die here by SIGKILL if this passage was asked for; costs one comparison otherwise.

    Raises LookupError, once any crash is asked for, on a name nobody declared.
    """
    if _name:
        _pass(name)


def _pass(name: str) -> None:
    global _left  # noqa: PLW0603 (one process dies once)
    if name not in CRASHPOINTS:
        raise LookupError(f"crash point {name} is not declared")
    if name == _name:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
