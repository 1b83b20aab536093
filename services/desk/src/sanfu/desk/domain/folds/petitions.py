"""What desk tells of petitions."""

from collections.abc import Mapping
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.state import Case, Change, Fold


def _admitted(case: Case, event: Event) -> Change:
    return {"admitted": {"at": instant(event.time), "by": event.data["by"]}}


def _asked(case: Case, event: Event) -> Change:
    return {"review_asked": {"at": instant(event.time), **event.data}}


def _decided(case: Case, event: Event) -> Change:
    decided = {"at": instant(event.time), **event.data}
    return {"review_asked": None, "petition_reviews": [*case["petition_reviews"], decided]}


FOLDS: Final[Mapping[str, Fold]] = {
    names.PETITION_ADMITTED: _admitted,
    names.PETITION_REVIEW_ASKED: _asked,
    names.PETITION_REVIEW_DECIDED: _decided,
}
