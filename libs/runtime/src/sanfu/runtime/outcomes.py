"""What follows from an input, as an outbox takes it: own events numbered and evolved, copies, records, documents."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

import orjson

from sanfu.contracts.envelope import MAX_BODY, Event, event_id
from sanfu.contracts.names import dead_letter_topic
from sanfu.contracts.wire import LONGEST_SUBJECT, Headers, to_headers
from sanfu.runtime.codec import Codec
from sanfu.runtime.letters import Letter, Unreadable
from sanfu.runtime.rules import Bearing, Draft, Insert, Outcome, Publish, Relay, Rules
from sanfu.runtime.store import Entry


@dataclass(frozen=True, slots=True)
class Setting:
    """What every fold of a batch shares."""

    rules: Rules
    codec: Codec
    topic: str
    now: datetime
    real_now: datetime
    careful: Collection[str] = ()
    """Subjects of which the store could not hold what became of them: each of their inputs is tried for it first."""
    stories: Collection[str] = ()
    """The topics of all stories that this service runs."""
    bears: Collection[str] = ()
    """Types of event that bear upon other subjects."""
    lasts: Callable[[str], bool] = lambda _: False
    """Which commands are known by their key for ever."""
    again: Collection[str] = ()
    """Where, as an entry says it, the documents go that a story alone makes."""

    def event(self, letter: Letter) -> Event:
        """Read a record's body. Raises Unreadable, or what the codec does."""
        heads = letter.heads
        if letter.broken is not None:
            raise Unreadable(letter.broken)
        data = self.codec.decode(heads.type, letter.record.value or b"")
        return Event(
            heads.id, heads.type, heads.source, heads.subject, heads.sequence, heads.time, data, heads.causation,
            heads.traceparent,
        )  # fmt: skip

    def entry(self, to: str, key: str, id: str, headers: list[tuple[str, bytes]], value: Any) -> Entry:
        """Raises Unkept for what is too long for a topic; dead letters are as long as they came."""
        if isinstance(value, bytes) and len(value) > MAX_BODY and to != dead_letter_topic(self.rules.service):
            raise Unkept(f"{id} for {to} would have {len(value)} bytes, at most {MAX_BODY} are allowed")
        return Entry(ref=f"{to}#{id}", to=to, key=key, headers=headers, value=value, at=self.real_now)


class Unkept(ValueError):
    """An input that brings about more, or other, than a document or a topic can hold."""


class Told(NamedTuple):
    """An own event, if there is one, the state after it, and what the outbox takes for it."""

    event: Event | None
    state: Mapping[str, Any]
    entries: list[Entry]


class Cause(NamedTuple):
    """What own events follow from."""

    id: str | None
    trace: str | None = None


def told(
    of: Setting, subject: str, state: Mapping[str, Any], outcomes: Sequence[Outcome], *, out: int, cause: Cause
) -> list[Told]:
    """Number the drafts from behind `out`, and evolve each at once."""
    found, number, last = list[Told](), out, ""
    for draft in outcomes:
        if not isinstance(draft, Draft):
            found.append(Told(None, state, [_silent(of, subject, draft, last)]))
            continue
        number += 1
        body = of.codec.encode(draft.type, draft.data)
        data = orjson.loads(body)  # as every reader, and a rebuild, will see it: defaults filled in
        service = of.rules.service
        id = event_id(service, subject, number)
        event = Event(id, draft.type, service, subject, number, of.now, data, cause.id, cause.trace)
        after = of.rules.evolve(state, event)
        if draft.type in of.bears:
            concerned(of, event)
        headers = to_headers(event)
        own = of.entry(of.topic, subject, event.id, headers, body)
        last = id
        found.append(Told(event, after, [own, *copies(of, state, after, event, headers)]))
        state = after
    return found


def concerned(of: Setting, event: Event) -> dict[tuple[str, str], None]:
    """The subjects that an event bears upon, each once and by its story. Raises Unkept for one that no record can
    name, or of a story that this service does not run."""
    rules = cast("Bearing", of.rules)  # `bears` is of its rules; to ask for the protocol takes as long as a fold
    found = {(named.story or of.topic, named.subject): None for named in rules.concerned(event)}
    for story, subject in found:
        if story not in of.stories:
            raise Unkept(f"it concerns {subject!r:.80} of {story}, a story that is not run here")
        if not 0 < len(subject.encode()) <= LONGEST_SUBJECT:
            raise Unkept(f"it concerns {subject!r:.80}: an id has 1 to {LONGEST_SUBJECT} bytes")
    found.pop((of.topic, event.subject), None)
    return found


def copies(
    of: Setting, before: Mapping[str, Any], after: Mapping[str, Any], event: Event, envelope: Headers | None = None
) -> list[Entry]:
    """What the rules send elsewhere of an event. `envelope`: its headers, where they are written already."""
    entries = []
    for sent in of.rules.relay(before, after, event):
        match sent:
            case Relay(topic, data, more):
                envelope = envelope or to_headers(event)
                headers = [*envelope, *((k, v.encode()) for k, v in more.items())]
                entries.append(of.entry(topic, event.subject, event.id, headers, orjson.dumps(data)))
            case Insert():
                entries.append(_silent(of, event.subject, sent, event.id))
    return entries


def _silent(of: Setting, subject: str, sent: Publish | Insert, about: str) -> Entry:
    """The entry of what is no event; `about`: the event it goes with."""
    match sent:
        case Insert(collection, document):
            kept = {"_id": about, **document}
            return of.entry(f"db:{collection}", subject, kept["_id"], [], kept)
        case Publish(topic, key, value, id, more):
            return of.entry(topic, key, id, [(k, v.encode()) for k, v in more.items()], value)
