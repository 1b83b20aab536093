"""Edits that break a pack, and what its check must say of each."""

from dataclasses import dataclass
from pathlib import Path

from sanfu.city.loading import Loaded, load
from sanfu.city.problems import Problem
from tests.support.packs import A_DAY, copied, edited


@dataclass(frozen=True)
class Broken:
    """An edit, and what must be said: at the edited line unless `below` counts further down."""

    file: str
    old: str
    new: str
    key: str
    message: str
    cure: str
    below: int = 0
    fatal: bool = True


def loaded(broken: Broken, folder: Path) -> Loaded:
    """Load the shipped pack with this edit, and hold what is said of it against what must be."""
    root = copied(folder)
    line = edited(root, broken.file, broken.old, broken.new) + broken.below
    found = load(root, A_DAY)
    assert [told for told in found.problems if _says(told, broken, line)], found.problems
    return found


def _says(problem: Problem, broken: Broken, line: int) -> bool:
    return (
        problem.fatal == broken.fatal
        and (problem.file, problem.line) == (broken.file, line)
        and problem.key.endswith(broken.key)
        and broken.message in problem.message
        and broken.cure in problem.cure
    )
