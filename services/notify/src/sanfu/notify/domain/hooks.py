"""What is posted to a unit's hook: the records of its topic, each until it is taken or parked. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

HookRecordState = Literal["waiting", "done", "parked"]

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=30)
"""Before a record is tried again, doubled each time: some 50 tries in a day."""
TRIED_FOR = timedelta(hours=24)
"""From when it was read, or an operator had it sent again."""


@dataclass(frozen=True, slots=True)
class HookRecord:
    """A record of a unit's topic. Instants are of the machine's own clock: the endpoint lives by that.

    `order` counts within issue and unit. `again` stands in the first waiting one of its issue alone: what follows it
    is behind it.
    """

    unit: str
    event: str
    issue: str
    type: str
    order: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    since: datetime
    state: HookRecordState = "waiting"
    again: datetime | None = None
    tries: int = 0
    why: str | None = None

    @property
    def id(self) -> str:
        return f"{self.unit}/{self.event}"


def done(record: HookRecord) -> HookRecord:
    """It was taken: nothing is kept of it but that."""
    return replace(record, state="done", again=None, why=None, headers={}, body=b"")


def failed(record: HookRecord, why: str, now: datetime) -> HookRecord:
    """It was tried, and not taken: later again, or parked when it was tried for long enough."""
    if now - record.since >= TRIED_FOR:
        return replace(record, state="parked", again=None, tries=record.tries + 1, why=why)
    pause = min(FIRST_PAUSE * 2 ** min(record.tries, 16), LONGEST_PAUSE)
    return replace(record, tries=record.tries + 1, why=why, again=now + pause)


def put_off(record: HookRecord, why: str, until: datetime) -> HookRecord:
    """The endpoint wants nothing for a while: no try of this record's, unless it has been told so for long enough."""
    if until - record.since >= TRIED_FOR:
        return replace(record, state="parked", again=None, why=why)
    return replace(record, why=why, again=until)
