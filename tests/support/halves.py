"""Two processes for one run (`-n 2`): one has all tests of real servers, the other what only computes.

pytest-xdist's own groups (`--dist loadgroup`) do not hold with pytest 9.2: its issue 1386.
"""

import os
from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling

PARTS: Final = "parts"
COMPUTES: Final = frozenset({"unit", "flow"})
"""Folders of tests that start no server of their own."""


def half_of(nodeid: str) -> str:
    """Name the group of tests that stay in one process: those of real servers, or else each file by itself."""
    file = nodeid.partition("::")[0]
    return file if file.split("/")[1] in COMPUTES else PARTS


class Halves(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Hands the tests of real servers, the largest group, to the first process, and files to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        return half_of(nodeid)


class Yielding:
    """Lets tests of real servers, which have to be in time, go before those that wait for nobody."""

    def __init__(self) -> None:
        self.yields = False

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if not self.yields and half_of(item.nodeid) != PARTS:
            os.nice(10)
            self.yields = True
