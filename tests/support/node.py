"""Programs of tests that run on Node: fetched once, each file held to the sum in its lock."""

import os
import shutil
import subprocess
from pathlib import Path

from sanfu.stack.places import Places, checkout
from sanfu.stack.system import NODE, provide


def fetched(here: Path, name: str, program: str | None = None) -> Path:
    """Return a directory of this name with what `here/package-lock.json` asks for, and a program of ours beside it."""
    provide([NODE])
    there = Places(checkout()).parts / name
    lock, known = here / "package-lock.json", there / "package-lock.json"
    if not known.is_file() or known.read_bytes() != lock.read_bytes():
        shutil.rmtree(there, ignore_errors=True)
        fresh = there.with_name(f"{name}.{os.getpid()}")
        shutil.copytree(here, fresh)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
        subprocess.run(command, cwd=fresh, check=True, capture_output=True)
        fresh.replace(there)
    if program is not None:
        shutil.copy(here / program, there)
    return there
