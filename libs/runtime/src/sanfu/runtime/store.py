"""The document store, as the machine sees it: one document per subject and service.

{_id: subject, p: partition, ver, seen: {service: sequence}, out, outbox: [entry], due?, applied?, heeded?, parked?,
…state}
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypedDict

Document = dict[str, Any]

MACHINE_KEYS = frozenset({"_id", "p", "ver", "seen", "out", "outbox", "due", "applied", "heeded", "parked"})
"""What belongs to the machine; the rest of a document is the service's state."""


FORM = "schema"
"""The setting that says in which form a database's documents are."""


class Entry(TypedDict):
    """One thing to publish. `to` is a topic, or `db:<collection>` for a document that goes into this store."""

    ref: str
    to: str
    key: str
    headers: list[tuple[str, bytes]]
    value: Any
    at: datetime


class Change(NamedTuple):
    """A compare-and-set: holds only if the document still has version `ver` (0: it does not exist)."""

    id: str
    ver: int
    sets: Mapping[str, Any]
    unsets: Sequence[str] = ()
    pushes: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a partition of the story has been folded into this store, and up to where without deciding."""

    position: int
    rebuild_until: int | None = None


@dataclass(frozen=True, slots=True)
class Census:
    """What the watchful want to know of the documents of some partitions."""

    unsent: int
    oldest_unsent: datetime | None
    parked: int
    oldest_due: datetime | None


class StoreDown(Exception):
    """The store can't be reached, or the outcome of a write is unknown. Read again before trying again."""


class Documents(Protocol):
    """One collection of subject documents. Every method may raise StoreDown.

    What `read`, `due`, `unsent` and `page` return a majority has: no crash takes it back.
    """

    def beside(self, collection: str) -> "Documents":
        """Another collection of the same database: marks of its own, the same settings and other collections."""
        ...

    async def prepare(self) -> None:
        """Make the indexes that the other methods need. Asked once at each start."""
        ...

    async def read(self, ids: Sequence[str]) -> dict[str, Document]: ...

    async def write(self, changes: Sequence[Change]) -> bool:
        """Apply each change wholly or not at all, journaled, by a majority. False if any was lost to another writer:
        the others hold all the same, so read again and fold again. Raises Unfit for documents that no store could
        hold."""
        ...

    async def clear(self, published: Mapping[str, Sequence[str]]) -> None:
        """Take the entries with these refs out of the outboxes of these documents; no version moves.
        May be lost in a crash, and be seen late: an entry that comes back is published again."""
        ...

    async def insert(self, collection: str, documents: Sequence[Mapping[str, Any]]) -> None:
        """Put documents into another collection; one whose `_id` is there already is left as it is."""
        ...

    async def due(self, partitions: Iterable[int], until: datetime, limit: int) -> list[Document]:
        """Documents with `due` at or before `until`, oldest first."""
        ...

    async def next_due(self, partitions: Iterable[int]) -> datetime | None: ...

    async def unsent(
        self, partitions: Iterable[int], before: datetime, limit: int, aside: Iterable[str] = ()
    ) -> list[Document]:
        """Documents that hold an entry written before an instant (real time), other than to the targets `aside`."""
        ...

    async def page(self, partition: int, after: str, limit: int) -> list[Document]:
        """A partition's documents in order of `_id`, behind `after`."""
        ...

    async def census(self, partitions: Iterable[int]) -> Census: ...

    async def mark(self, name: str) -> Mark | None:
        """How far a partition was read; `name` is its number, with the topic before it if that is not the story."""
        ...

    async def marks(self) -> dict[str, Mark]:
        """All marks of this store, by name."""
        ...

    async def set_marks(self, marks: Mapping[str, Mark]) -> None:
        """Write marks. A position never goes back: somebody who was away for long may bring an old one."""
        ...

    async def advance(self, positions: Mapping[str, int]) -> None:
        """Move the positions of marks that are there, and nothing else of them."""
        ...

    async def settle(self, name: str, value: Any, over: Iterable[Any] = ()) -> Any:
        """Write a setting of this database once and for all, or over one of these; return what stands there."""
        ...

    async def wipe(self) -> None:
        """Drop all subject documents and marks, for a rebuild, and with them the number of their form (`FORM`)."""
        ...
