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


class Silent(Exception):
    """Nobody can say how near texts are in meaning, for now."""


class Meaning(Protocol):
    """Says how near texts are in meaning. Nothing of what it is asked is kept."""

    @property
    def up(self) -> bool:
        """Whether it is there to be asked."""
        ...

    async def near(self, text: str, others: Sequence[str]) -> Sequence[float]:
        """Say how near a text is to each of others, from -1 to 1; only the beginning of a long one counts. Raises
        Silent, after a bounded time, where no answer can be had: the same may be asked later."""
        ...

    async def stop(self) -> None:
        """Give back what it holds. It may be asked again after that."""
        ...
