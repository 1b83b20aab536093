"""What a service is to the machine: pure rules over one subject's state.

Standard library only (and the envelope), so that a service's domain may import it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol, runtime_checkable

from sanfu.contracts.envelope import Event

State = Mapping[str, Any]
"""A subject's state in one service: plain data (str, int, float, bool, None, list, dict, datetime), under names that
the rules choose. Never changed in place: `evolve` returns a new mapping, and shares what did not change."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who gives a command: a person (id, role, unit) or a system that acts for a unit."""

    id: str
    role: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody wants done to one subject. `key` makes it idempotent; `digest` tells the same key with another
    body apart; `if_match` is the document version the sender saw, where they care."""

    name: str
    data: Mapping[str, Any]
    actor: Actor
    key: str
    digest: str = ""
    if_match: int | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """The subject's timer went off. `at` is the instant it was armed for, never later than now.

    `heard` is the instant up to which the story is known to have been read: what was due by then is certain. None:
    only `at` is.
    """

    at: datetime
    heard: datetime | None = None


Input = Event | Command | Due


@dataclass(frozen=True, slots=True)
class Concern:
    """An event of another subject that says of this one, `subject`, that it bears upon it. See `Bearing`."""

    event: Event
    subject: str


class Named(NamedTuple):
    """A subject that an event bears upon. `story` is the topic of its story; None: the one the event stands in."""

    subject: str
    story: str | None = None


class Draft(NamedTuple):
    """An event of this service's own that is decided but not yet numbered."""

    type: str
    data: Mapping[str, Any]


class Relay(NamedTuple):
    """A copy of the event in hand for another topic: same envelope, `headers` added, `data` as its readers may see."""

    topic: str
    data: Mapping[str, Any]
    headers: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Insert:
    """A document for another collection of this service, put there once: an existing `_id` is left as it is. One that
    has none gets the id of the event that was decided just before it."""

    collection: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Publish:
    """A record for a topic of state, where the newest value of a key is the whole truth; None is a tombstone.

    `id` is unique in the subject's outbox, and the same for the same content.
    """

    topic: str
    key: str
    value: bytes | None
    id: str
    headers: Mapping[str, str] = field(default_factory=dict)


Outcome = Draft | Publish | Insert
"""What may follow from an input: an event, and what no event may tell (a contact, a record of the service's own)."""


class Refusal(Exception):
    """A command that can't be done. Rendered as problem+json; nothing was changed.

    `status` is 4xx, `slug` the stable last part of the problem's URN, `detail` what was wrong and what would be right.
    """

    def __init__(self, status: int, slug: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.slug, self.detail, self.more = status, slug, detail, more


@runtime_checkable
class Rules(Protocol):
    """The pure heart of a service. Nothing here does I/O, reads a clock, or makes an id.

    Whatever `decide`, `due`, `relay` and `outstanding` need from outside (a city pack, say) the object holds; it is
    immutable, and the machine swaps it for a newer one between batches.
    """

    @property
    def service(self) -> str:
        """The service's name: source of its events, name of its sequence."""
        ...

    @property
    def knows(self) -> frozenset[str]:
        """The types of event that `evolve` looks at. All others only advance `seen`."""
        ...

    def evolve(self, state: State, event: Event) -> State:
        """Fold one event, somebody else's or an own one, into the state.

        The first event finds `{}`. The same events in the same order give the same state, with whatever rules: what
        depends on a pack or a clock belongs into `decide`, and its outcome into the event. Whatever this raises parks
        the subject.
        """
        ...

    def decide(self, state: State, given: Input, now: datetime) -> Sequence[Outcome]:
        """Say what follows from an event of another service (already evolved), a command or a due timer.

        The drafts are evolved at once, one after the other, in the write that puts all of it into the outbox, in this
        order. Raises Refusal for a command that can't be done.
        """
        ...

    def due(self, state: State) -> datetime | None:
        """The next instant at which `decide` wants a Due, or None. After a Due it must have moved or gone."""
        ...

    def relay(self, before: State, after: State, event: Event) -> Sequence[Relay | Insert]:
        """What one event, just evolved, sends elsewhere. Asked again during a rebuild, for what may have been lost
        with an outbox: of that only copies go out, and what is `remade`. The same states and event give the same."""
        ...

    def outstanding(self, state: State, now: datetime) -> Sequence[Outcome]:
        """After a rebuild: what should have been announced by now, and was not."""
        ...


@runtime_checkable
class Bearing(Rules, Protocol):
    """Rules of subjects that bear upon each other, within one story or across the stories that a service runs.

    Nothing writes two documents for one decision. What one subject does to others its event says (`concerns: [ids]` in
    its data); `concerned` reads it there. When the record of such an event is read from the story, an own one as well
    as another service's, the machine asks the rules of each named subject's story to decide on `Concern(event)`: once
    for each event and named subject. What follows is told in the named subject's own stream, with the event as its
    cause, and only that changes its state: there is nothing to evolve in a concern.

    A named subject may not be there yet: its state is `{}`, and the first event that is told makes its document. So
    ids of what is raised by rule are derived, and a repeat makes none. Where nothing is told of a subject that is not
    there, nothing is written: an id that names nobody leaves no trace.

    In a rebuild nothing is decided: what followed once comes from the named subject's own stream. What a lost store
    never announced is `outstanding`'s; of a subject that was never made, that of the one who would have made it, which
    tells its wish anew until it has heard back (the effect in turn bears upon its cause).
    """

    @property
    def bears(self) -> frozenset[str]:
        """The types of event, among those it `knows`, that may bear upon other subjects."""
        ...

    def concerned(self, event: Event) -> Sequence[Named]:
        """Name the subjects that an event of one of these types bears upon; its own is left out. By the event alone:
        what depends on a pack belongs into `decide`. What this raises parks the event's subject, or refuses the
        command that would have told it."""
        ...

    def decide(self, state: State, given: Input | Concern, now: datetime) -> Sequence[Outcome]:
        """As in Rules; what is raised on a Concern parks the named subject, and the event is put away with its
        records."""
        ...


def borne(rules: Rules) -> frozenset[str]:
    """The types of event that bear upon others, by these rules."""
    found: frozenset[str] = getattr(rules, "bears", frozenset())  # asking for the protocol takes as long as a fold
    return found


def lasting(rules: Rules) -> Callable[[str], bool]:
    """Tell which commands are known by their key as long as their subject is there (`lasts`), and not only for a while:
    those of senders that send again whenever they like. Known is known: beyond a bound no more of these are taken."""
    found: Callable[[str], bool] = getattr(rules, "lasts", _none)
    return found


def _none(_: str) -> bool:
    return False


def remade(rules: Rules) -> frozenset[str]:
    """The collections that hold nothing but what `relay` makes of the story: lost with the database, a rebuild fills
    them again. All others hold records, which come from a backup."""
    found: frozenset[str] = getattr(rules, "remade", frozenset())
    return found
