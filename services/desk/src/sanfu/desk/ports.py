"""What desk needs from a store beside the machine's documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from sanfu.desk.domain.scope import Scope
from sanfu.runtime.paging import Page

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for: all that is given must hold. `unit` the lead, `assisting` one with an open task,
    `inner` the reddest light of the open tasks, `sponsor` a leader, of what is on the register, `agent` who carries an
    errand, `due_before` an instant as written.

    `closed` False: open cases only; True: closed ones only; None: both. `by` names the sort key: `limit` or `order`,
    both rising. Of spans the beginning belongs to them, the end does not.
    """

    unit: str | None = None
    state: str | None = None
    light: str | None = None
    due_before: str | None = None
    audience: str | None = None
    channel: str | None = None
    town: str | None = None
    party_code: str | None = None
    kind: str | None = None
    category: str | None = None
    urgency: str | None = None
    grade: str | None = None
    flags: str | None = None
    due_after: str | None = None
    submitted_before: str | None = None
    submitted_after: str | None = None
    reminded: bool | None = None
    need: str | None = None
    assisting: str | None = None
    inner: str | None = None
    disputed: bool | None = None
    party_untold: bool | None = None
    sponsor: str | None = None
    agent: str | None = None
    closed: bool | None = False
    by: Literal["limit", "order"] = "limit"

    def conditions(self) -> dict[str, Any]:
        """Return what a case's fields must equal; of a list, one of its members."""
        given = {name: getattr(self, name) for name in _EQUAL} | {"errand.agent": self.agent}
        standing = {} if self.closed is None else {"open": not self.closed}
        return {**standing, **{name: value for name, value in given.items() if value is not None}}

    def spans(self) -> dict[str, tuple[str | None, str | None]]:
        """Return for each field that is bounded from where on and until just before what it has to be."""
        spans = {
            "limit": (self.due_after, self.due_before),
            "submitted_at": (self.submitted_after, self.submitted_before),
        }
        return {name: span for name, span in spans.items() if span != (None, None)}


_EQUAL = (
    "unit", "state", "light", "audience", "channel", "town", "party_code", "kind", "category", "urgency", "grade",
    "flags", "reminded", "need", "assisting", "inner",
    "disputed", "party_untold", "sponsor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sought:
    """What a search is asked for: cases with all these tokens, that are open or came in at or after `since`."""

    tokens: Sequence[str]
    since: str
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Row:
    """How many open cases have this light, state and leading unit."""

    light: str
    state: str
    unit: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """How many cases that were found on this list are in this state."""

    affair: str
    state: str
    count: int


class Cases(Protocol):
    """Lists and counts over the cases. Every method may raise StoreDown, and sees only what the scope does."""

    async def prepare(self) -> None:
        """Create what the queries need. May be called again."""
        ...

    async def page(self, scope: Scope, wanted: Wanted, page: Page) -> list[Document]:
        """Return up to `page.limit + 1` cases after the page's cursor, by (sort key, id)."""
        ...

    async def search(self, scope: Scope, sought: Sought, most: int) -> list[Document]:
        """Return the newest cases that were sought, up to `most`: by when they came in, the last first. Of each at
        least what it is ranked by (`finding.weight`): of the text, its beginning."""
        ...

    async def these(self, scope: Scope, ids: Sequence[str]) -> list[Document]:
        """Return those of these cases that the scope shows, in no order."""
        ...

    async def numbered(self, receipt: str) -> Document | None:
        """Return the case with this receipt number, whoever may see it."""
        ...

    async def count(self, scope: Scope) -> list[Row]:
        """Count the open cases."""
        ...

    async def found_on(self, lists: Sequence[str]) -> list[Found]:
        """Count the cases that were found on these lists, whoever may see them."""
        ...


@dataclass(frozen=True, slots=True)
class AffairsWanted:
    """What a list of affairs is asked for: of one kind; open ones, unless `ended` ones or all of one `issue`. `kind` of
    meetings and lists, `holder` of lists."""

    what: str
    unit: str | None = None
    state: str | None = None
    issue: str | None = None
    ended: bool = False
    kind: str | None = None
    holder: str | None = None

    def conditions(self) -> dict[str, Any]:
        """Return what an affair's fields must equal, or hold."""
        given = {"units": self.unit, "state": self.state, "concerns": self.issue, "kind": self.kind}
        given |= {"filer.id": self.holder}
        open = {} if self.issue is not None else {"open": not self.ended}
        return {"what": self.what, **open, **{name: value for name, value in given.items() if value is not None}}


class AffairsLists(Protocol):
    """Lists of affairs. Every method may raise StoreDown, and sees only what the scope does."""

    async def prepare(self) -> None:
        """Create what the queries need. May be called again."""
        ...

    async def page(self, scope: Scope, wanted: AffairsWanted, page: Page) -> list[Document]:
        """Return up to `page.limit + 1` affairs after the page's cursor, by (limit, id)."""
        ...


class Shelf(Protocol):
    """A small collection of whole documents by `_id`, each with a `version` from 1. Any method may raise StoreDown."""

    async def prepare(self, *fields: str) -> None:
        """Create an index for each field that `having` or `page` will be asked for; of several, joined by `+`. For
        pages with `newest` it ends in `at+_id`: else all are read to find the last. May be called again."""
        ...

    async def get(self, ids: Sequence[str]) -> dict[str, Document]: ...

    async def all(self) -> list[Document]: ...

    async def having(self, field: str, *values: str) -> list[Document]:
        """Return the documents whose field is one of these values, or a list that holds one."""
        ...

    async def put(self, documents: Sequence[Document]) -> None:
        """Put whole documents, journaled by a majority. One whose stored `version` is as high or higher stays."""
        ...

    async def swap(self, document: Document) -> bool:
        """Put one document, journaled by a majority, if what is stored has exactly the version before its own (for
        version 1: if there is none). Tell whether it was put: of several who try at once, one wins."""
        ...

    async def page(self, wanted: Mapping[str, str], page: Page, *, newest: bool = False) -> list[Document]:
        """Return up to `page.limit + 1` documents that have these values, after the page's cursor: by `_id`, or with
        `newest` by (`at`, `_id`), the last first. The cursor's key is then `at`; else it is not looked at."""
        ...

    async def drop(self, ids: Sequence[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Shelves:
    """Desk's own records. `users`: accounts, and what opens them (hashed). `contacts`: sealed boxes, as they came.
    `readings`: who read whose contact, when, what for. `directory`: each record as last published or to be.
    `sessions`: who is logged in. `tries`: passwords tried in vain. `audit`: every change of an account. `filters`: what
    somebody looks for again and again. `exports`: who took out which list, when. `evidence`: which file
    belongs to which case. `history`: what has left a case's own history, which is short. `sealed_texts`: what people
    wrote about confidential and sealed cases, sealed, by the event that it was written for."""

    users: Shelf
    contacts: Shelf
    readings: Shelf
    directory: Shelf
    sessions: Shelf
    tries: Shelf
    audit: Shelf
    filters: Shelf
    exports: Shelf
    evidence: Shelf
    history: Shelf
    sealed_texts: Shelf


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to somebody who works here. `about`: the issue or affair that it tells of; None: several."""

    id: str
    at: datetime
    subject: str | None
    text: str
    read: bool
    about: str | None


class InboxAway(Exception):
    """Notify can't be asked now, or answers what nobody understands: nothing is known of what lies there."""


class Inbox(Protocol):
    """What notify keeps for those who work here. Whoever calls has checked that a box is theirs.

    Every method returns within a second, or raises InboxAway; then it may have happened, or not. All may be repeated.
    """

    async def page(self, box: str, page: Page, *, unread: bool) -> tuple[Sequence[Letter], str | None]:
        """Return letters of a box, newest first, and the cursor of what comes next."""
        ...

    async def unread(self, boxes: Sequence[str]) -> tuple[int, bool]:
        """Count what was not read, up to a hundred in each; and tell whether there is more."""
        ...

    async def one(self, box: str, id: str) -> Letter | None: ...

    async def read(self, box: str, id: str) -> bool:
        """Note that one was read; tell whether it is there."""
        ...

    async def read_all(self, box: str, until: datetime) -> None:
        """Note that all were read that came until then."""
        ...


class Hasher(Protocol):
    """Hashes passwords slowly, off the loop."""

    async def hash(self, password: str) -> str: ...

    async def fits(self, held: str | None, password: str) -> bool:
        """Tell whether a password is the one that was hashed. Without a hash: no, after the same time."""
        ...

    def stale(self, held: str) -> bool:
        """Tell whether it was hashed with less care than is taken now."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider has proven: the subject; the e-mail address, where it says that it has verified it."""

    subject: str
    email: str | None


class NotProven(Exception):
    """What came back from the provider proves nobody: it was tampered with, is too old, or is of another login."""


class ProviderAway(Exception):
    """The provider can't be asked now, or is not what it was set up to be."""


class Provider(Protocol):
    """The city's own provider of identities. Every method may raise ProviderAway."""

    async def begin(self, state: str) -> str:
        """Return where to send the browser. `state` is a secret of this login; what else it needs follows from it."""
        ...

    async def finish(self, state: str, code: str, issuer: str | None) -> Identity:
        """Turn the code that came back into an identity. `issuer`: who says that it answers. Raises NotProven."""
        ...
