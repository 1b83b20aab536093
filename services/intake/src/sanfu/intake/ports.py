"""What intake needs of a store beside the subject documents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sanfu.intake.domain.attachments import Attachment, Claim


@dataclass(frozen=True, slots=True)
class Kept:
    """The contact that rests here for one issue. `party` and `filer` are blind indexes of phone and e-mail;
    `corrected` those of the party as desk has corrected it, kept apart."""

    issue: str
    version: int
    boxes: Mapping[str, Mapping[str, str]]
    party: Sequence[str] = ()
    filer: Sequence[str] = ()
    corrected: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """What desk has written about an issue's party, as it came: sealed. `party`: blind indexes of phone and e-mail."""

    issue: str
    version: int
    box: Mapping[str, str]
    party: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ChannelKey:
    """A channel's API key, of which only the SHA-256 is kept: a random key of 256 bits needs no slow hash.

    `id` is the first 16 hex digits of that, by which people name it. `party_code`: the one enterprise whose account it
    is; it sends in no other's name. `client`: the app, or other sender, whose key it is: the id of the first key that
    it had.
    """

    digest: str
    channel: str
    revoked: bool = False
    party_code: str | None = None
    client: str = ""
    id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", self.digest[:16])
        object.__setattr__(self, "client", self.client or self.id)


class Tables(Protocol):
    """Reads lists from files, in a thread of the caller's."""

    def rows(self, path: Path) -> Iterator[list[str]]:
        """Return the rows, blank ones too; every cell is a text. Raises NotATable, also on the way."""
        ...

    def expected(self, path: Path) -> int:
        """Guess how many rows there are. Raises NotATable."""
        ...


@dataclass(frozen=True, slots=True)
class Import:
    """A list that is taken in, or only tried (`dry`). `rows` counts those that are done with, below the head.

    `state`: waiting, running, done, failed (then `problem` says why). `bad` rows are listed beside it. `pack`: by which
    version it was read. `copy`: the copy of intake that has its file, which it says again until `alive` (seconds since
    1970, real time): a copy that said so no more is lost, and the file with it.
    """

    id: str
    channel: str
    name: str
    dry: bool
    state: str
    columns: Mapping[str, str]
    ignored: Sequence[str]
    expected: int
    begun_at: str
    rows: int = 0
    taken: int = 0
    repeated: int = 0
    bad: int = 0
    problem: str | None = None
    ended_at: str | None = None
    pack: str = ""
    copy: str = ""
    alive: float = 0.0

    @property
    def under_way(self) -> bool:
        """Tell whether there is more to come of it, if its copy of intake is not lost."""
        return self.state in ("waiting", "running")


class ImportLog(Protocol):
    """How far lists have come. Every method may raise StoreDown; what it has written is journaled by a majority."""

    async def known(self, id: str) -> Import | None: ...

    async def begin(self, one: Import, was: Import | None) -> bool:
        """Write an import down that begins, or goes on, in `one.copy`; one that begins anew (`rows` is 0) has no bad
        rows any more. `was`: what was known of it. False, and nothing is written, if another copy was faster."""
        ...

    async def note(self, one: Import, bad: Mapping[int, Sequence[Mapping[str, str]]]) -> bool:
        """Write down how far an import is, after what is wrong with rows, by their line in the file; again is the
        same. False, and how far it is is not written, if another copy has it by now."""
        ...

    async def stay(self, ids: Sequence[str], copy: str, alive: float) -> None:
        """Say until when a copy has these imports, those of them that are its own."""
        ...

    async def bad_rows(self, id: str, after: int, limit: int) -> list[tuple[int, Sequence[Mapping[str, str]]]]:
        """Return bad rows by line, in order, behind a line."""
        ...


class AttachmentLog(Protocol):
    """Which files there are, and whose they are. Every method may raise StoreDown; what it has written is journaled by
    a majority."""

    async def prepare(self) -> None:
        """Create what is needed before the first request: indexes."""
        ...

    async def note(self, one: Attachment) -> None:
        """Write a file down, over what stood there."""
        ...

    async def get(self, ids: Sequence[str]) -> dict[str, Attachment]: ...

    async def of(self, issue: str) -> list[Attachment]:
        """Return the files that an issue has, or is about to have."""
        ...

    async def count(self, issue: str) -> int:
        """Count them."""
        ...

    async def unbound(self, holder: str) -> int:
        """Count one sender's files that no report has yet."""
        ...

    async def claim(self, ids: Sequence[str], claim: Claim, due: datetime) -> int:
        """Take those of these files that are whole, belong to nobody and are not going, until `due`; answer how many
        they were. Of two at one instant one gets a file."""
        ...

    async def release(self, ids: Sequence[str], claim: Claim) -> None:
        """Undo this claim; another's stays."""
        ...

    async def settle(self, ids: Sequence[str], issue: str, command: str) -> None:
        """Note that this command has these files: they go no more by themselves."""
        ...

    async def due(self, now: datetime, limit: int) -> list[Attachment]:
        """Return files whose time has come, the oldest first."""
        ...

    async def condemn(self, id: str, due: datetime | None = None) -> bool:
        """Mark a file as going, if its time is still `due`, where that is given. False if it is not."""
        ...

    async def drop(self, ids: Sequence[str]) -> None: ...


class Records(ImportLog, Protocol):
    """Intake's own collections. Every method may raise StoreDown; what it has written is journaled by a majority."""

    async def prepare(self) -> None:
        """Create what is needed before the first request: indexes."""
        ...

    async def by_receipt(self, number: str) -> Mapping[str, Any] | None:
        """Return the state of the issue with this receipt number."""
        ...

    async def issue(self, id: str) -> Mapping[str, Any] | None:
        """Return the state of an issue."""
        ...

    async def near(self, keys: Sequence[str], since: str, most: int) -> list[tuple[str, Mapping[str, Any]]]:
        """Return id and state of issues listed under any of these keys (`domain.nearby`) and received since an
        instant, at most so many, the newest first."""
        ...

    async def contacts_of(self, indexes: Sequence[str]) -> list[Kept]:
        """Return the contacts that have any of these blind indexes, of party or filer, as received or as corrected; at
        most 1000. Version 0: nothing was received, but desk wrote something down."""
        ...

    async def contact(self, issue: str) -> Kept | None:
        """Return the contact that rests here for an issue."""
        ...

    async def keep(self, contact: Kept) -> bool:
        """Put an issue's contact in place of the version before it; tell whether that stood there. Version 1 stands in
        place of none."""
        ...

    async def correction(self, issue: str) -> Correction | None:
        """Return what desk has written about an issue's party."""
        ...

    async def correct(self, corrections: Sequence[Correction]) -> None:
        """Keep corrections; one whose version is there, or a higher one, is left out."""
        ...

    async def drop_corrections(self, issues: Sequence[str]) -> None: ...

    async def keys(self) -> list[ChannelKey]: ...

    async def add_key(self, key: ChannelKey) -> None:
        """Add a key; one that is there already, revoked or not, stays as it is."""
        ...

    async def revoke_key(self, id: str) -> bool:
        """Revoke a key for ever. False if there is none of this id."""
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """Which issues are looked for among those that everybody may know of. `keys`: states (`closed.resolved`) of which
    one has to be it. Spans are instants, ends included. What comes is the newest first: by when it was received, or,
    where a span of its updates is given, by when it was updated."""

    keys: Sequence[str]
    categories: Sequence[str] = ()
    town: str | None = None
    received: tuple[str, str] | None = None
    updated: tuple[str, str] | None = None
    skip: int = 0
    limit: int = 1000


class PublicIssues(Protocol):
    """Finds what everybody may know of among the subject documents, by indexes alone. Every method may raise
    StoreDown."""

    async def prepare(self) -> None: ...

    async def known(self, ids: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return the issues with these ids, in their order, also such as nobody may know of."""
        ...

    async def look(self, look: Look) -> list[Mapping[str, Any]]: ...

    async def updates(self, look: Look) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Return the updates within `look.updated`, each with its issue, the oldest first; `look.received` is not
        regarded."""
        ...
