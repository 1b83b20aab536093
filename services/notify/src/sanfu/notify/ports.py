"""What notify needs from outside: providers that send, and its own collections."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sanfu.notify.domain.delivery import Delivery, DeliveryState, Outcome
from sanfu.notify.domain.digest import Taken
from sanfu.notify.domain.holding import Recent
from sanfu.notify.domain.pace import Rate
from sanfu.notify.hook_ports import HookStore
from sanfu.runtime.paging import Page

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """What a provider gets. Never logged: it names somebody. `id` is the same on every try.

    `critical` messages are not held to what a recipient may get in a while. `avoid` names the provider that was silent
    about it before. `html` is the same words for an e-mail. `approved` has the codes of providers that send nothing
    but texts they approved, and `variables` what belongs into those. `way_out`: where further mails may be refused.
    `about` and `neutral`, for what keeps it here: as in `wording.Text`.
    """

    id: str
    to: str
    subject: str | None
    text: str
    critical: bool = False
    avoid: str | None = None
    html: str | None = None
    approved: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    way_out: str | None = None
    about: str | None = None
    neutral: str | None = None


class Sender(Protocol):
    """One provider of one medium."""

    @property
    def width(self) -> int:
        """How many messages it takes at once."""
        ...

    async def send(self, message: Message) -> Outcome:
        """Hand over a message; raises nothing but what the caller's cancellation brings.

        Sent: the provider has it. Retry: it surely has not, and may later. Rejected: it never will. Lost: it was
        handed over and nobody knows. What is said of why is a code, without the address.
        """
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, repr=False)
class Receipts:
    """Where a provider's receipts come in: the secret of their path (none: there is no such path), their format, which
    of its codes mean that nobody is at an address, and with which keys it may sign them instead."""

    secret: str | None
    kind: str
    dead: frozenset[str] = frozenset()
    keys: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """A sender by its name, and what it may be given at most: altogether, and for each recipient by itself."""

    name: str
    sender: Sender
    rates: Sequence[Rate] = ()
    each: Sequence[Rate] = ()
    place: Callable[[str], str] = str
    """Who a recipient is to the provider, where several share a robot."""
    places: Sequence[str] = ()
    """Robots or endpoints of which each does well or badly by itself: what one says is nothing about the others."""
    receipts: "Receipts | None" = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of deliveries is asked for: all that is given must hold."""

    subject: str | None = None
    state: str | None = None
    medium: str | None = None
    unit: str | None = None
    why: str | None = None
    """The whole reason, or what of it stands before a colon."""
    since: datetime | None = None
    """Of events at this instant or later."""
    provider: str | None = None
    critical: bool | None = None
    user: str | None = None
    """The account that it went to: of a delivery's users the first."""
    template: str | None = None
    event: str | None = None
    until: datetime | None = None
    """Of events before this instant."""

    def conditions(self) -> dict[str, str | bool]:
        """What a document's fields must be; `why`, `since` and `until` come beside them."""
        given = {
            "subject": self.subject, "state": self.state, "medium": self.medium, "unit": self.unit,
            "provider": self.provider, "critical": self.critical, "users.0": self.user, "template": self.template,
            "event": self.event,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Standing:
    """How many open deliveries of a medium stand so, and since when (business time) the oldest does."""

    medium: str
    state: str
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How many deliveries of a medium stand so, for this reason, at this provider; of when the oldest's event is, when
    the first of those that are held goes on, and when the first is of no use any more."""

    medium: str
    state: DeliveryState
    why: str | None
    provider: str | None
    count: int
    oldest: datetime
    due: datetime | None
    useful_until: datetime


@dataclass(frozen=True, slots=True)
class Traces:
    """By what else somebody is known whom deliveries went to: the deliveries' ids, and what stands for addresses."""

    ids: frozenset[str]
    reached: frozenset[str]


class Deliveries(Protocol):
    """The deliveries. Every method may raise StoreDown; what it has written is journaled by a majority."""

    async def prepare(self) -> None: ...

    async def insert(self, deliveries: Sequence[Delivery]) -> None:
        """Put those in that are not there yet; what is there stays as it is."""
        ...

    async def withdraw(self, ids: Sequence[str]) -> frozenset[str]:
        """Take those away that nobody has had in hand yet; return those of these that are not there now."""
        ...

    async def ripe(
        self, medium: str, partitions: Iterable[int], *, now: datetime, real: datetime, limit: int
    ) -> list[Delivery]:
        """Open deliveries with `due` by now and `again` by the real instant: critical ones first, then those that
        may go longest."""
        ...

    async def replace(self, deliveries: Sequence[Delivery], mark: str) -> frozenset[str]:
        """Put each in place of the stored one if that still has its version, which rises by one. Return the ids of
        those that were put. `mark` is used once: `marked` finds what was written with it after an unknown outcome."""
        ...

    async def marked(self, ids: Sequence[str], mark: str) -> frozenset[str]: ...

    async def unreported(self, partitions: Iterable[int], real: datetime, limit: int) -> list[Delivery]:
        """Deliveries with `report_at` by this instant, oldest first."""
        ...

    async def reported(self, deliveries: Sequence[Delivery]) -> None:
        """Mark as reported those that still stand as they do here: of one that a receipt brought to another end
        meanwhile, that end is to be reported too."""
        ...

    async def report_later(self, ids: Sequence[str], at: datetime) -> None: ...

    async def get(self, id: str) -> Delivery | None: ...

    async def erasing(self, subjects: Sequence[str]) -> Traces:
        """Mark what went to parties and filers of these subjects, by itself or in a list, as erased, and say by what
        they are known until `forget`. Who had one in hand before has it no more (the version rises), and what `forget`
        takes away is never written again. A list that waits is not marked: it goes on for who else is in it, or ends
        without. Again, it says the same."""
        ...

    async def forget(self, subjects: Sequence[str]) -> None:
        """Leave of what is marked as erased of these subjects nothing by which its recipients would be known: neither
        the provider's id nor what stands for the address."""
        ...

    async def of(self, ids: Sequence[str]) -> list[Delivery]:
        """Those that are there, in any order."""
        ...

    async def heard(self, medium: str, subjects: Sequence[str], events: Sequence[str]) -> list[Delivery]:
        """What users were given by this medium of these events of these subjects, or are just being given."""
        ...

    async def carried(self, provider: str, ids: Sequence[str]) -> list[Delivery]:
        """Those that this provider took under these ids of its own."""
        ...

    async def under_way(self, until: datetime) -> bool:
        """Tell whether one is just being sent whose lease ends by this instant (real time)."""
        ...

    async def page(self, wanted: Wanted, page: Page) -> list[Delivery]:
        """Up to `page.limit + 1` of those wanted, newest first, by (milliseconds of `at`, id)."""
        ...

    async def tally(self, wanted: Wanted, limit: int) -> list[Tally]:
        """Count those wanted, the most first, by medium, state, reason and provider: up to so many groups."""
        ...

    async def standing(self, partitions: Iterable[int]) -> list[Standing]: ...

    async def waiting(self, partitions: Iterable[int], *, since: datetime | None, until: datetime | None) -> int:
        """How many are held waiting, begun (real time) after `since` and by `until`."""
        ...

    async def unreported_count(self, partitions: Iterable[int]) -> int: ...


class Digests(Protocol):
    """What digests ask of the deliveries. Every method may raise StoreDown; what is written is journaled."""

    async def prepare(self) -> None: ...

    async def recent(self, medium: str, recipients: Sequence[str], since: datetime) -> dict[str, Recent]:
        """What left (business time) for these after that instant; who is missing got nothing."""
        ...

    async def left(self, medium: str, reached: Sequence[str], since: datetime) -> dict[str, list[datetime]]:
        """When (business time) something left for these addresses of somebody outside after that instant, oldest
        first; who is missing got nothing. What counts for nobody (`recipient`) is not among it."""
        ...

    async def take(self, digests: Sequence[str]) -> None:
        """Take what is held for these digests: nobody else sends it. Again, it takes what came since."""
        ...

    async def taken(self, digests: Sequence[str], limit: int) -> dict[str, Taken]:
        """What each of these took, with its first so many, oldest event first."""
        ...

    async def close(self, digest: Delivery, real: datetime) -> None:
        """Mark what an ended digest took as it ended; each is to be reported. Again: what it told is marked anew where
        the digest came to another end since."""
        ...

    async def still_open(self, ids: Sequence[str]) -> dict[str, Delivery]:
        """Those of these lists that are to be sent yet."""
        ...

    async def let_go(self, subjects: Sequence[str], now: datetime) -> None:
        """Hold nothing of these back any more, and have it leave first. Who has one in hand decides about it anew; what
        a list took goes with that if it is just being sent, else by itself."""
        ...

    async def next_due(self, partitions: Iterable[int], now: datetime) -> datetime | None:
        """The first instant after now at which something held is to go on."""
        ...

    async def released(self, partitions: Iterable[int], now: datetime) -> int:
        """How many were held until an instant that has come."""
        ...


class Shelf(Protocol):
    """A small collection of whole documents by `_id`, each with a `version`. Every method may raise StoreDown."""

    async def prepare(self, *fields: str) -> None:
        """Create an index for each field that `having` will be asked for. May be called again."""
        ...

    async def put(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Put whole documents, journaled by a majority. One whose stored `version` is as high or higher stays."""
        ...

    async def erase(self, ids: Sequence[str]) -> None:
        """Leave nothing of these but `_id`, `version` and `erased: True`: older versions stay away."""
        ...

    async def drop(self, ids: Sequence[str]) -> None:
        """Leave nothing of these, where the ids themselves tell something."""
        ...

    async def get(self, ids: Iterable[str]) -> dict[str, Document]: ...

    async def having(self, field: str, values: Iterable[str | int]) -> list[Document]: ...


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """A message that is kept here: whose it is, when it came (real time), and the rest sealed."""

    id: str
    box: str
    medium: str
    at: datetime
    sealed: Mapping[str, str]
    read: datetime | None = None


LETTERS_KEPT_FOR = timedelta(days=180)
"""Longer than anything that a letter asks for takes; what happened stands in the issue's own history for good."""


class Letters(Protocol):
    """Messages that are kept, read or not, for `LETTERS_KEPT_FOR` after they came: a store on disk then removes them by
    itself. Every method may raise StoreDown."""

    async def prepare(self) -> None: ...

    async def put(self, letter: Letter) -> None:
        """Keep it, journaled by a majority; one that is there stays as it is."""
        ...

    async def drop(self, ids: Sequence[str]) -> None:
        """Leave nothing of these."""
        ...

    async def page(self, box: str, unread: bool, page: Page) -> list[Letter]:
        """Up to `page.limit + 1` of a box, newest first, by (milliseconds of `at`, id)."""
        ...

    async def one(self, box: str, id: str) -> Letter | None:
        """A letter of a box; None for one that is not there and for one of another box alike."""
        ...

    async def mark(self, box: str, id: str, at: datetime) -> bool:
        """Note that it was read, unless it was before; tell whether it is there."""
        ...

    async def mark_all(self, box: str, until: datetime, at: datetime) -> int:
        """Note that all of a box were read that came until then, to the millisecond; tell how many were unread."""
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    deliveries: Deliveries
    digests: Digests
    contacts: Shelf
    directory: Shelf
    preferences: Shelf
    unreachable: Shelf
    opted_out: Shelf
    """Addresses of people outside that want nothing which can be refused, by blind index."""
    letters: Letters
    hooks: HookStore
    aside: Shelf
    """Providers that operators put aside."""
    raised: Shelf
    """Issues that became emergencies, until what was held of them goes."""
