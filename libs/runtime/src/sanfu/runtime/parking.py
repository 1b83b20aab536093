"""Parking: a subject whose record can't be folded waits, and its records are put away until an operator has them folded
again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sanfu.contracts.names import dead_letter_topic
from sanfu.runtime.broker import Incoming
from sanfu.runtime.letters import Letter, read_letter
from sanfu.runtime.outcomes import Setting
from sanfu.runtime.store import Entry

STORY = "sanfu_story"
"""The header that names the story in which a dead letter's place is."""
CONCERNS = "sanfu_concerns"
"""The header that names the subject beside whose records it was put away, where that is not its own."""


def mark(error: Exception, now: datetime, seen: dict[str, int]) -> dict[str, Any]:
    """The mark on a document: since when, why, and up to which record of each source all were put away."""
    reason = f"{type(error).__name__}: {error}"[:500].encode(errors="backslashreplace").decode()
    return {"since": now, "reason": reason, "seen": seen}


def away(of: Setting, subject: str, parked: Mapping[str, Any], letter: Letter) -> Entry:
    """A record on its way to the dead-letter topic, as it came, with the reason."""
    told = [("sanfu_reason", parked["reason"].encode()), (STORY, of.topic.encode())]
    id = letter.heads.id
    if letter.concerns is not None:
        told.append((CONCERNS, subject.encode()))
        id = f"{id}>{subject}"  # beside each subject that it concerns it is an entry of its own
    headers = [*letter.record.headers, *told]
    return of.entry(dead_letter_topic(of.rules.service), subject, id, headers, letter.record.value)


def put_away(record: Incoming) -> tuple[str | None, Letter]:
    """Read a record that was put away: in the story of which topic its place is, if that is told, and the letter.
    Raises BadEnvelope."""
    told = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    return told.get(STORY), read_letter(record)._replace(concerns=told.get(CONCERNS))
