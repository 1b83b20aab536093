"""Parking: a subject whose record can't be folded waits, and its records are put away until an operator has them folded
again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sanfu.contracts.names import dead_letter_topic
from sanfu.runtime.letters import Letter
from sanfu.runtime.outcomes import Setting
from sanfu.runtime.store import Entry


def mark(error: Exception, now: datetime, seen: dict[str, int]) -> dict[str, Any]:
    """The mark on a document: since when, why, and up to which record of each source all were put away."""
    reason = f"{type(error).__name__}: {error}"[:500].encode(errors="backslashreplace").decode()
    return {"since": now, "reason": reason, "seen": seen}


def away(of: Setting, subject: str, parked: Mapping[str, Any], letter: Letter) -> Entry:
    """A record on its way to the dead-letter topic, as it came, with the reason."""
    headers = [*letter.record.headers, ("sanfu_reason", parked["reason"].encode())]
    return of.entry(dead_letter_topic(of.rules.service), subject, letter.heads.id, headers, letter.record.value)
