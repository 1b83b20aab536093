"""The envelope as Kafka headers: CloudEvents 1.0, binary content mode, written by hand because it is on the hot path.

The source is `router` in an Event and `/sanfu/router` on the wire; the sequence is a number here and text there.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sanfu.contracts.envelope import Event, instant, truncated

Headers = Iterable[tuple[str, bytes]]
Found = Mapping[str, bytes | None]

SOURCE = "/sanfu/"
_SOURCE = re.compile(re.escape(SOURCE) + "([a-z0-9-]{1,40})")
LONGEST_SUBJECT = 255
"""Bytes: it is a key everywhere, and stands in every entry of an outbox."""
LONGEST_SEQUENCE = 18
"""Digits: what a store's 64-bit number holds."""

_FIRST = [("ce_specversion", b"1.0"), ("content-type", b"application/json")]


class BadEnvelope(ValueError):
    """A record whose headers are no envelope of ours. `header` is the first one at fault.

    `source`, `subject` and `sequence` are what could be read all the same, else None: with the latter two one knows
    whose story the record belongs to.
    """

    def __init__(self, header: str, wrong: str, found: Found) -> None:
        super().__init__(f"{header} {wrong}")
        self.header = header
        self.source: str | None = _or_none(_source, found.get("ce_source"))
        self.subject: str | None = _or_none(_subject, found.get("ce_subject"))
        self.sequence: int | None = _or_none(_sequence, found.get("ce_sequence"))


class Heads(NamedTuple):
    """What a record's headers say, without its body. `more` holds the headers that are not the envelope's."""

    id: str
    type: str
    source: str
    subject: str
    sequence: int
    time: datetime
    causation: str | None
    traceparent: str | None
    more: Mapping[str, str]

    def event(self, data: Mapping[str, Any]) -> Event:
        id, type, source, subject, sequence, time, causation, traceparent, _ = self
        return Event(id, type, source, subject, sequence, time, data, causation, traceparent)


def to_headers(event: Event, more: Mapping[str, str] | None = None) -> list[tuple[str, bytes]]:
    """Write an event's envelope, and `more` headers (`ce_unitsequence`, say) behind it."""
    headers = [
        *_FIRST,
        ("ce_id", event.id.encode()),
        _type_header(event.type),
        _source_header(event.source),
        ("ce_subject", event.subject.encode()),
        ("ce_sequence", b"%d" % event.sequence),
        _time_header(event.time),
    ]
    if event.causation is not None:
        headers.append(("ce_causationid", event.causation.encode()))
    if event.traceparent is not None:
        headers.append(("traceparent", event.traceparent.encode()))
    if more:
        headers += [(name, value.encode()) for name, value in more.items()]
    return headers


@lru_cache(maxsize=1024)
def _type_header(type: str) -> tuple[str, bytes]:
    return "ce_type", type.encode()


@lru_cache(maxsize=1024)
def _source_header(source: str) -> tuple[str, bytes]:
    return "ce_source", (SOURCE + source).encode()


@lru_cache(maxsize=1024)  # all events of a batch share their instant
def _time_header(time: datetime) -> tuple[str, bytes]:
    return "ce_time", instant(time).encode()


def from_headers(headers: Headers, data: Mapping[str, Any]) -> Event:
    """Read an event back, given its decoded body. Raises BadEnvelope."""
    return peek(headers).event(data)


def peek(headers: Headers) -> Heads:
    """Read the envelope, not the body. Raises BadEnvelope, which names the first header that is missing or wrong."""
    found: dict[str, bytes | None] = dict(headers)
    try:
        _version(found["ce_specversion"])
        return Heads(
            _text(found["ce_id"]),
            _type(found["ce_type"]),
            _source(found["ce_source"]),
            _subject(found["ce_subject"]),
            _sequence(found["ce_sequence"]),
            _time(found["ce_time"]),
            _text(found["ce_causationid"]) if "ce_causationid" in found else None,
            _text(found["traceparent"]) if "traceparent" in found else None,
            _more(found),
        )
    except (KeyError, ValueError) as error:
        raise _blame(found) from error


def _version(value: bytes | None) -> None:
    if value != b"1.0":
        raise ValueError("must be 1.0")


def _content(value: bytes | None) -> None:
    if value is None or not value.startswith(b"application/json"):
        raise ValueError("must be application/json")


def _text(value: bytes | None) -> str:
    if not value:
        raise ValueError("must not be empty")
    return value.decode()


@lru_cache(maxsize=1024)
def _type(value: bytes | None) -> str:
    return _text(value)


def _subject(value: bytes | None) -> str:
    if value and len(value) > LONGEST_SUBJECT:
        raise ValueError(f"must have at most {LONGEST_SUBJECT} bytes")
    return _text(value)


@lru_cache(maxsize=1024)
def _source(value: bytes | None) -> str:
    found = _SOURCE.fullmatch(_text(value))
    if not found:
        raise ValueError(f"must be {SOURCE}<service>")
    return found[1]


def _sequence(value: bytes | None) -> int:
    if not value or not value.isdigit() or len(value) > LONGEST_SEQUENCE or (number := int(value)) == 0:
        raise ValueError(f"must be a number from 1, of at most {LONGEST_SEQUENCE} digits")
    return number


def _time(value: bytes | None) -> datetime:
    try:
        time = datetime.fromisoformat(_text(value))
        if time.tzinfo is UTC and time.microsecond % 1000 == 0:
            return time
        if time.tzinfo is not None:
            return truncated(time.astimezone(UTC))
    except (ValueError, OverflowError):
        pass
    raise ValueError("must be an RFC 3339 instant")


_ENVELOPE: dict[str, Callable[[bytes | None], Any]] = {
    "ce_specversion": _version,
    "ce_id": _text,
    "ce_type": _text,
    "ce_source": _source,
    "ce_subject": _subject,
    "ce_sequence": _sequence,
    "ce_time": _time,
}
_OPTIONAL = {"content-type": _content, "ce_causationid": _text, "traceparent": _text}
_KNOWN = _ENVELOPE.keys() | _OPTIONAL.keys()


def _more(found: Found) -> Mapping[str, str]:
    if "content-type" in found:
        _content(found["content-type"])
    if found.keys() <= _KNOWN:
        return {}
    return {name: (value or b"").decode(errors="replace") for name, value in found.items() if name not in _KNOWN}


def _blame(found: Found) -> BadEnvelope:
    """Find the first header at fault, in the envelope's order."""
    for header, check in {**_ENVELOPE, **_OPTIONAL}.items():
        if header not in found:
            if header in _ENVELOPE:
                return BadEnvelope(header, "is missing", found)
            continue
        try:
            check(found[header])
        except UnicodeDecodeError:
            return BadEnvelope(header, "must be UTF-8", found)
        except ValueError as error:
            return BadEnvelope(header, str(error), found)
    raise AssertionError("an envelope without a fault was blamed")


def _or_none(read: Callable[[bytes | None], Any], value: bytes | None) -> Any:
    try:
        return read(value)
    except ValueError:
        return None
