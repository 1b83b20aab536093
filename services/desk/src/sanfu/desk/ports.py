"""What desk needs from a store beside the machine's documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sanfu.desk.domain.scope import Scope
from sanfu.runtime.paging import Page

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for: all that is given must hold. `units` the lead, `due_before` an instant as written.

    `closed` False: open cases only; True: closed ones only. `by` names the sort key: `limit` or `order`, both rising.
    """

    unit: str | None = None
    state: str | None = None
    light: str | None = None
    due_before: str | None = None
    audience: str | None = None
    channel: str | None = None
    town: str | None = None
    closed: bool = False
    by: Literal["limit", "order"] = "limit"

    def conditions(self) -> dict[str, Any]:
        """Return what a case's fields must equal."""
        names = ("unit", "state", "light", "audience", "channel", "town")
        given = {name: getattr(self, name) for name in names}
        return {"open": not self.closed, **{name: value for name, value in given.items() if value is not None}}


@dataclass(frozen=True, slots=True)
class Row:
    """How many open cases have this light, state and leading unit."""

    light: str
    state: str
    unit: str | None
    count: int


class Cases(Protocol):
    """Lists and counts over the cases. Every method may raise StoreDown, and sees only what the scope does."""

    async def prepare(self) -> None:
        """Create what the queries need. May be called again."""
        ...

    async def page(self, scope: Scope, wanted: Wanted, page: Page) -> list[Document]:
        """Return up to `page.limit + 1` cases after the page's cursor, by (sort key, id)."""
        ...

    async def count(self, scope: Scope) -> list[Row]:
        """Count the open cases."""
        ...


class Shelf(Protocol):
    """A small collection of whole documents by `_id`, each with a `version` from 1. Any method may raise StoreDown."""

    async def prepare(self, *fields: str) -> None:
        """Create an index for each field that `having` will be asked for. May be called again."""
        ...

    async def get(self, ids: Sequence[str]) -> dict[str, Document]: ...

    async def all(self) -> list[Document]: ...

    async def having(self, field: str, value: str) -> list[Document]: ...

    async def put(self, documents: Sequence[Document]) -> None:
        """Put whole documents, journaled by a majority. One whose stored `version` is as high or higher stays."""
        ...

    async def drop(self, ids: Sequence[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Shelves:
    """Desk's own records. `users`: who has which token (its hash). `contacts`: sealed boxes, as they came.
    `readings`: who read whose contact, when, what for. `directory`: each record as last published or to be."""

    users: Shelf
    contacts: Shelf
    readings: Shelf
    directory: Shelf
