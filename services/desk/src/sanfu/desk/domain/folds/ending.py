"""What desk tells of the end, and of beginning again."""

from collections.abc import Mapping
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.state import Case, Change, Fold


def _reopened(case: Case, event: Event) -> Change:
    data, at = event.data, instant(event.time)
    led = {"unit": data["unit"], "assigned_at": at, "acknowledged_at": None, "acknowledged_by": None}
    fresh = {"round": data["round"], "first": data["unit"], "dispatched_at": at, "limit": None, **led}
    return {
        "round": data["round"],
        "unit": data["unit"],
        "rounds": [*case["rounds"], fresh],
        "returns": 0,
        "returned": None,
    }


def _closed(case: Case, event: Event) -> Change:
    return {"closed": {"at": instant(event.time), **event.data}, "waits": {}}


FOLDS: Final[Mapping[str, Fold]] = {
    names.ISSUE_REOPENED: _reopened,
    names.ISSUE_CLOSED: _closed,
}
