"""The envelope of every event: CloudEvents 1.0, as plain data.

Standard library only, so that a service's domain may import it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

MAX_BODY = 512 * 1024
"""Bytes an event's JSON body may have."""


class Event(NamedTuple):
    """One fact about one subject, as one service told it.

    `id` is `<service>:<subject>:<sequence>`; `sequence` counts that service's events on that subject from 1 without
    holes. `data` is the decoded JSON body. `causation` is the id of the event or command that brought this one about.
    """

    id: str
    type: str
    source: str
    subject: str
    sequence: int
    time: datetime
    data: Mapping[str, Any]
    causation: str | None = None
    traceparent: str | None = None


def event_id(service: str, subject: str, sequence: int) -> str:
    return f"{service}:{subject}:{sequence}"


def instant(moment: datetime) -> str:
    """Write an instant the way every event, document and API does: UTC, milliseconds, `…Z`.

    Raises ValueError for a moment without a zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """Read an instant back. Raises ValueError for anything that is not an ISO 8601 instant with a zone."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return truncated(parsed.astimezone(UTC))


def truncated(moment: datetime) -> datetime:
    """Drop what is finer than a millisecond: no store here keeps it, and a finer timer would fire early."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
