"""The files by which a stack's supervisor and the commands know of each other."""

import fcntl
import json
import os
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self


def write_json(path: Path, value: object) -> None:
    """Replace a file as a whole: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(value, ensure_ascii=False, indent=1))
    fresh.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return what the file holds; nothing where there is none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return found


class Lock:
    """A file that one living process holds. The kernel lets go of it when that process is gone, so it can't go stale;
    the pid in it is for people, and for `owner`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        """Take it. Raises BlockingIOError when another process has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a+")
        try:
            self._take(tries=5)
        except BlockingIOError:
            self._file.close()
            raise
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()
        return self

    def _take(self, tries: int) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # perhaps only somebody who looks whose it is
            if tries == 0:
                raise
            time.sleep(0.05)
            self._take(tries - 1)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.truncate(0)
        self._file.close()


def owner(lock: Path) -> int | None:
    """Return the pid of the process that holds the lock now; None when nobody does."""
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int(lock.read_text() or 0) or None


def start_of(pid: int) -> str | None:
    """Return when a process was started (clock ticks since boot); with its pid that names one process for ever.
    None when it is gone, or the system has no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if stat[0] == "Z" else stat[19]


def leftovers(state: Path) -> dict[str, int]:
    """Return the programs (name → pid) that still run although their supervisor, by this state file, is gone."""
    programs = read_json(state).get("programs", {})
    return {
        name: program["pid"]
        for name, program in programs.items()
        if program["pid"] and program["started"] and start_of(program["pid"]) == program["started"]
    }


def end_leftovers(state: Path, within: float = 15.0) -> None:
    """Stop what a supervisor that was killed left running, and forget its state. Call it with the lock held only."""
    for number, seconds in ((signal.SIGTERM, within), (signal.SIGKILL, 5.0)):
        for pid in leftovers(state).values():
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while leftovers(state) and time.monotonic() < deadline:
            time.sleep(0.1)
    state.unlink(missing_ok=True)
