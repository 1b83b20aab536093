"""What desk tells of the pre-review."""

from collections.abc import Mapping
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.rounds import led
from sanfu.desk.domain.state import Case, Change, Fold


def _dispatched(case: Case, event: Event) -> Change:
    return led(case, event)


def _settled(case: Case, event: Event) -> Change:
    """Answered or refused: the reply is what the party gets."""
    return {"settled": {"at": instant(event.time), **event.data}}


FOLDS: Final[Mapping[str, Fold]] = {
    names.ISSUE_DISPATCHED: _dispatched,
    names.ISSUE_ANSWERED: _settled,
    names.ISSUE_REFUSED: _settled,
}
