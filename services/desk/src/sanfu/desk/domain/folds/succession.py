"""What it changes in a case that a unit is no more: its parts are its successor's, what it did it did. And that a
category is, or a post."""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.desk.domain.state import Case, Change, Fold

_NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "returned": ("unit", "proposed_unit"), "offer": ("unit", "from_unit"), "completion": ("unit",),
    "register": ("owner",),
}  # fmt: skip
"""Parts of a case that name units by these fields."""


def _succeeded(case: Case, event: Event) -> Change:
    former, heir = event.data["from_unit"], event.data["unit"]

    def now(unit: Any) -> Any:
        return heir if unit == former else unit

    def moved(part: Mapping[str, Any], *fields: str) -> dict[str, Any]:
        return {**part, **{field: now(part[field]) for field in fields if field in part}}

    rounds = [*case["rounds"]]
    if rounds:
        last = moved(rounds[-1], "unit", "first")
        rounds[-1] = {**last, **({"returned_by": [*map(now, last["returned_by"])]} if "returned_by" in last else {})}
    return {
        **{name: moved(case[name], *fields) for name, fields in _NAMED.items() if case[name]},
        "unit": now(case["unit"]), "rounds": rounds,
        "beside": [[now(unit), part] for unit, part in case["beside"]],
        "assists": [moved(task, "unit") if task["done"] is None else task for task in case["assists"]],
        "copies": list(dict.fromkeys(map(now, case["copies"]))),
        "complains_of": list(dict.fromkeys(map(now, case["complains_of"]))),
    }  # fmt: skip


def _recast(case: Case, event: Event) -> Change:
    """Router may have said another meanwhile: that stays."""
    return {"category": event.data["category"]} if case["category"] == event.data["from_category"] else {}


def _passed_on(case: Case, event: Event) -> Change:
    former, heir = event.data["from_user"], event.data["user"]

    def moved(part: Any, field: str) -> Any:
        return {**part, field: heir} if part and part[field] == former else part

    sponsor = heir if case["sponsor"] == former else case["sponsor"]
    register = moved(case["register"], "sponsor")
    return {"errand": moved(case["errand"], "agent"), "register": register, "sponsor": sponsor}


FOLDS: Final[Mapping[str, Fold]] = {
    names.UNIT_SUCCEEDED: _succeeded, names.CATEGORY_SUCCEEDED: _recast, names.POST_SUCCEEDED: _passed_on,
}  # fmt: skip
