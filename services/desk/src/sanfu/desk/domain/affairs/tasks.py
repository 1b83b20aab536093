"""Tasks: what a meeting's decision gives a unit to do, by when."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.desk.domain.affairs.state import NEVER, begun
from sanfu.desk.domain.affairs.table import DONE, SET, TASK
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed
from sanfu.desk.domain.state import Case, Change, Fold
from sanfu.runtime.rules import Draft


def set_by(event: Event, task: str) -> list[Draft]:
    """Set the task that a meeting decided on under this id."""
    each = next((one for one in event.data["decisions"] if one["task"] == task), None)
    if each is None:
        return []
    body = {
        "by": dict(event.data["by"]), "unit": each["unit"], "text": each["text"], "limit": each["limit"],
        "meeting": event.subject, "issue": each["issue"], "concerns": [each["issue"]],
    }  # fmt: skip
    return [Draft(names.TASK_SET, body)]


def finish(deed: Deed) -> list[Draft]:
    return [_done(deed, "done", deed.said["text"], deed.said["evidence"])]


def drop(deed: Deed) -> list[Draft]:
    return [_done(deed, "dropped", deed.said["reason"], [])]


def _done(deed: Deed, result: str, text: str, evidence: list[Any]) -> Draft:
    task = deed.case
    body = {"by": deed.by, "unit": task["unit"], "result": result, "text": text, "evidence": evidence}
    return Draft(names.TASK_DONE, {**body, "concerns": task["concerns"]})


def _set(task: Case, event: Event) -> Change | None:
    if task:
        return None
    data = event.data
    begin = begun(event, TASK, SET, unit=data["unit"], units=(data["unit"],), limit=data["limit"])
    return {**begin, **{name: data[name] for name in ("text", "meeting", "issue")}, "result": None}


def _finished(task: Case, event: Event) -> Change:
    kept = {name: event.data[name] for name in ("result", "evidence")}
    return {**kept, "state": DONE, "open": False, "outcome": event.data["text"], "limit": NEVER}


FOLDS: Final[Mapping[str, Fold]] = {names.TASK_SET: _set, names.TASK_DONE: _finished}
DEEDS: Final[Mapping[str, Callable[[Deed], list[Draft]]]] = {"finish": finish, "drop": drop}
NOTED: Final[Mapping[str, str]] = {names.TASK_SET: "task_set", names.TASK_DONE: "task_done"}


def note(event: Event) -> dict[str, Any]:
    return {"by": SYSTEM_BY, "affair": event.subject, "what": NOTED[event.type], "unit": event.data["unit"]}
