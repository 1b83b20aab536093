"""What the router needs from outside, beside the machine's own ports."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sanfu.router.domain.sketches import Sketch


class Asked(NamedTuple):
    """Which sketches are wanted: other issues than `id`, under one of these keys, reported from `begin` to `end`."""

    id: str
    keys: Sequence[str]
    begin: datetime
    end: datetime


class Sketches(Protocol):
    """The index of open issues, by the keys of their sketches. Every method may raise StoreDown.

    It may be behind the issues' documents after a crash, never for long; whoever acts on it looks at these again. What
    `keep` has put there, every later `near` finds, in whichever process.
    """

    async def prepare(self) -> None:
        """Make the indexes. Asked once at each start."""
        ...

    async def keep(self, drawn: Sequence[Sketch], gone: Collection[str]) -> None:
        """Put sketches in the place of earlier ones of the same issues, and take those of other issues out."""
        ...

    async def near(self, asked: Sequence[Asked], most: int) -> list[list[Sketch]]:
        """For each that is asked: the sketches, the last reported first, `most` at most. The time that takes does not
        grow with the number of issues."""
        ...

    async def in_review(self, after: str, most: int) -> list[str]:
        """The issues of which a person still has to say who leads, in order, behind an id."""
        ...
