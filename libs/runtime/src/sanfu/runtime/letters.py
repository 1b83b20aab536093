"""Records of a story as letters: what can be read of one before its body is, and in which order old ones are folded."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import NamedTuple

from sanfu.contracts.envelope import event_id
from sanfu.contracts.wire import BadEnvelope, Heads, peek
from sanfu.runtime.broker import Incoming


class Replay(Enum):
    """What a record is to whoever reads it. All three evolve."""

    LIVE = "news: decided on, and told"
    DOUBTFUL = "read again in a rebuild: not decided on; its copies go out again, for their outbox may have been lost"
    OLD = "read again in a rebuild: nothing follows"


class Letter(NamedTuple):
    """A record of the story whose subject, source and sequence can be read. `broken` says what else can't. `concerns`
    is another subject, beside whose parked records it was put away because it bears upon that."""

    heads: Heads
    record: Incoming
    broken: str | None = None
    concerns: str | None = None

    @property
    def place(self) -> str:
        """The subject among whose records it stands."""
        return self.concerns or self.heads.subject


class Unreadable(ValueError):
    """A record that can't be folded because of what it is, not of what the rules make of it."""


def read_letter(record: Incoming) -> Letter:
    """Read a record's envelope. One that is broken, but says whose story it belongs to and where, is a broken letter;
    raises BadEnvelope if it does not."""
    try:
        return Letter(peek(record.headers), record)
    except BadEnvelope as error:
        source, subject, sequence = error.source, error.subject, error.sequence
        if source is None or subject is None or sequence is None:
            raise
        nothing = datetime.fromtimestamp(0, UTC)
        heads = Heads(event_id(source, subject, sequence), "", source, subject, sequence, nothing, None, None, {})
        return Letter(heads, record, str(error))


def as_decided(letters: Sequence[Letter], service: str) -> list[Letter]:
    """Put a subject's old records into the order in which they were folded once: an own event right behind what it
    followed from, before anything that others published meanwhile. Own events keep their order among each other."""
    ordered: list[Letter] = []
    last = -1
    for letter in letters:
        place = len(ordered)
        if letter.heads.source == service:
            causes = (n for n, each in enumerate(ordered) if each.heads.id == letter.heads.causation)
            place = last = max(next(causes, place - 1), last) + 1
        ordered.insert(place, letter)
    return ordered
