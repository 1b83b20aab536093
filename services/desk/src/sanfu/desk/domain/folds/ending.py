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
    rounds = [*case["rounds"], fresh]
    gone = ("closed", "request", "need", "returned", "head", "merging", "head_handled", "extension", "grade_asked")
    ended: Change = {**dict.fromkeys(gone), "waits": {}}
    return {"round": data["round"], "unit": data["unit"], "rounds": rounds, "returns": 0, **ended}


def _declined(case: Case, event: Event) -> Change:
    reply = {"at": instant(event.time), "reply": event.data["reply"], "round": event.data["round"]}
    return {"declined": [*case["declined"], event.data["round"]], "declining": reply}


def _withdrawn(case: Case, event: Event) -> Change:
    return {"withdrawal": {"at": instant(event.time), **event.data}}


def _closed(case: Case, event: Event) -> Change:
    return {"closed": {"at": instant(event.time), **event.data}, "waits": {}, "need": None, "completion": None}


FOLDS: Final[Mapping[str, Fold]] = {
    names.ISSUE_REOPENED: _reopened,
    names.REOPEN_DECLINED: _declined,
    names.ISSUE_WITHDRAWN: _withdrawn,
    names.ISSUE_CLOSED: _closed,
}
