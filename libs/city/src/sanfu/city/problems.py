"""What is wrong with a pack, where, and what would be right."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a pack: file (relative to the pack), line from 1 (0: the file as a whole), key or column."""

    file: str
    line: int = 0
    key: str = ""

    def at(self, key: str) -> "Place":
        return Place(self.file, self.line, f"{self.key}.{key}" if self.key else key)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. A pack with a fatal one is not used; the others are reported."""

    file: str
    line: int
    key: str
    message: str
    cure: str
    fatal: bool = True


@dataclass(slots=True)
class Findings:
    """Collects problems, so that one look tells all of them. `unreadable`: those of files from which nothing could be
    read, whose consequences elsewhere are no problems of their own."""

    problems: list[Problem] = field(default_factory=list)
    unreadable: list[Problem] = field(default_factory=list)

    def add(self, place: Place, message: str, cure: str, *, fatal: bool = True) -> None:
        self.problems.append(Problem(place.file, place.line, place.key, message, cure, fatal))

    def broken(self, place: Place, message: str, cure: str) -> None:
        """Note that nothing of a file can be read."""
        self.add(place, message, cure)
        self.unreadable.append(self.problems[-1])

    @property
    def fatal(self) -> bool:
        return any(problem.fatal for problem in self.problems)


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, or which there are."""
    words = list(known)
    close = get_close_matches(word, words, n=1)
    if close:
        return f"write {close[0]}"
    shown = ", ".join(words[:12])
    return f"write one of: {shown}{', …' if len(words) > 12 else ''}" if words else "remove it"
