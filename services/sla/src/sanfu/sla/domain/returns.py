"""What a wrong return costs, and whom. Pure.

A unit that returns an issue, and is found to be the right one all the same, is charged the time that this cost: its
clock runs from when it first led in this round. The office is charged the time of its review and adjudication: from
each return until somebody leads again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sanfu.contracts import names
from sanfu.sla.domain import story

DECIDED = (*story.ASSIGNMENTS, names.RETURN_ADJUDICATED)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A unit's first time in charge in a round: by which event, since when, and what has since been the office's."""

    by: str
    starts: str
    away: tuple[tuple[str, str], ...]


def wrongly_returned(log: Sequence[story.Happening], facts: Mapping[str, Any]) -> Earlier | None:
    """Say since when a unit that leads again, by the last event of a log, has been charged; None where it did not
    return the issue before in this round."""
    unit, round_ = facts.get("unit"), facts.get("round", 1)
    of_round = [(told, after) for told, after in story.retold([*log]) if after.get("round", 1) == round_]
    led = next((told for told, after in of_round if _leads(told, after, unit)), None)
    returned = any(told["type"] == names.ISSUE_RETURNED and told["data"].get("unit") == unit for told, _ in of_round)
    if led is None or not returned:
        return None
    return Earlier(led["id"], led["at"], tuple(_with_the_office([told for told, _ in of_round])))


def _leads(told: story.Happening, facts: Mapping[str, Any], unit: str | None) -> bool:
    starts = (*DECIDED, names.ISSUE_REOPENED)
    return told["type"] in starts and not told.get("void") and facts.get("unit") == unit


def _with_the_office(log: Sequence[story.Happening]) -> Iterator[tuple[str, str]]:
    since: str | None = None
    for told in log:
        if told["type"] == names.ISSUE_RETURNED:
            since = since or told["at"]
        elif since is not None and told["type"] in DECIDED and not told.get("void"):
            yield since, told["at"]
            since = None
