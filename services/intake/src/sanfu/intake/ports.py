"""What intake needs of a store beside the subject documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


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
    is; it sends in no other's name.
    """

    digest: str
    channel: str
    revoked: bool = False
    party_code: str | None = None
    id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", self.digest[:16])


class Records(Protocol):
    """Intake's own collections. Every method may raise StoreDown; what it has written is journaled by a majority."""

    async def prepare(self) -> None:
        """Create what is needed before the first request: indexes."""
        ...

    async def by_receipt(self, number: str) -> Mapping[str, Any] | None:
        """Return the state of the issue with this receipt number."""
        ...

    async def contacts_of(self, indexes: Sequence[str]) -> list[Kept]:
        """Return the contacts that have any of these blind indexes, of party or filer, as received or as corrected; at
        most 1000. Version 0: nothing was received, but desk wrote something down."""
        ...

    async def contact(self, issue: str) -> Kept | None:
        """Return the contact that rests here for an issue."""
        ...

    async def keep(self, contact: Kept) -> None:
        """Replace an issue's contact by this one."""
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
