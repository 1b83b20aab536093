"""Keep the pack in use, and take a new one when the directory's contents have changed and are sound."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import structlog

from sanfu.city.loading import SUFFIXES, Check, load, read, version_of
from sanfu.city.model.pack import Pack
from sanfu.city.problems import Problem

log = structlog.get_logger()

Signature = tuple[tuple[str, int, int, int], ...]
LOGGED = 20
"""Problems of one pack that the log names at most."""


class BrokenPack(Exception):
    """There is no sound pack to begin with. `problems` says what is wrong."""

    def __init__(self, root: Path, problems: Sequence[Problem]) -> None:
        first = next((problem for problem in problems if problem.fatal), None)
        where = f"{first.file}:{first.line} {first.key}: {first.message}; {first.cure}" if first else "no problem named"
        super().__init__(f"the city pack in {root} can't be used: {where} ({len(problems)} problems in all)")
        self.problems = tuple(problems)


def _today() -> date:
    return datetime.now(UTC).date()


class PackHolder:
    """The pack a service works with. The caller calls `check` every ten seconds, between batches.

    `current` is always a sound pack; `problems` is what the last look found: empty, remarks on the pack in use, or why
    a changed directory was not taken, which the log says, too. Raises BrokenPack at construction if there is nothing
    sound to begin with.
    """

    def __init__(self, root: Path, *, today: Callable[[], date] = _today, further: Sequence[Check] = ()) -> None:
        self.root, self._today, self._further = root, today, further
        self._signature, self._day = _signature(root), today()
        loaded = load(root, self._day, further)
        if loaded.pack is None:
            raise BrokenPack(root, loaded.problems)
        self.current: Pack = loaded.pack
        self.problems: tuple[Problem, ...] = loaded.problems
        self.refused: str | None = None
        """Version of the contents that were looked at and not taken; None while the pack in use is what is there."""

    def check(self) -> Pack | list[Problem]:
        """Look at the directory: return the pack to work with, or the problems why a changed one was not taken.

        Cheap while nothing was touched: one stat per file. When something was, it computes for some 100 ms, so call it
        in a thread; the swap of `current` is one assignment. A new day is a reason to look again: units come and go.
        """
        signature, day = _signature(self.root), self._today()
        if (signature, day) != (self._signature, self._day):
            self._take(day)
            self._signature, self._day = signature, day
        return self.current if self.refused is None else list(self.problems)

    def _take(self, day: date) -> None:
        loaded = load(self.root, day, self._further)
        self.problems = loaded.problems
        if loaded.pack is not None:
            self.current, self.refused = loaded.pack, None
        else:
            self.refused = _version(self.root)
            log.warning("pack_refused", version=self.refused, problems=[_said(each) for each in self.problems[:LOGGED]])


def _said(problem: Problem) -> str:
    return f"{problem.file}:{problem.line} {problem.message}; {problem.cure}"


def _version(root: Path) -> str:
    try:
        return version_of(read(root))
    except OSError:
        return "unreadable"


def _signature(root: Path) -> Signature:
    """Tell contents apart without reading them: name, size, times and inode of every file."""
    found = []
    for path in sorted(root.rglob("*")):
        if path.suffix in SUFFIXES:
            try:
                stat = path.stat()
            except OSError:
                continue
            found.append((path.as_posix(), stat.st_size, stat.st_mtime_ns, stat.st_ino))
    return tuple(found)
