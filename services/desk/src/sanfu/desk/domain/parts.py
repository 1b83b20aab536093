"""Who has a part in a case: the unit that leads, those told beside it, those with a task, those that read along."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sanfu.desk.domain.state import Case, standing
from sanfu.desk.domain.table import FOR_AGAIN, FOR_ASSIST, FOR_LEAD, FOR_NOBODY, FOR_OFFERED

Task = Mapping[str, Any]

LEVELS: Final = ("none", "yellow", "red")
LOUD: Final = frozenset({"emergency", "place"})
"""Parts of units that are told beside the lead and outlive its assignment; the others end with it."""
DISPUTED: Final = frozenset({"returned", "in_review"})
"""States in which it is still open who leads."""


def open_tasks(case: Case) -> list[Task]:
    """Return the tasks of assisting units that are not done yet."""
    return [task for task in case["assists"] if task["done"] is None]


def light_of(task: Task) -> str:
    """Return the reddest light that is on of a task's clocks."""
    return max((clock["level"] for clock in task.get("clocks", {}).values()), key=LEVELS.index, default="none")


def disputed(case: Case) -> bool:
    """Tell whether it was returned twice and the group of its audience has not yet said who leads."""
    returned = case["returned"]
    open_ = returned is not None and returned["number"] >= 2 and returned["decided_at"] is None
    return open_ and standing(case) in DISPUTED


def involved(case: Case) -> list[str]:
    """Name the units that have a part now: they see the case."""
    return list(dict.fromkeys(unit for unit in _parts(case) if unit is not None))


def _parts(case: Case) -> Iterator[str | None]:
    yield case["unit"]
    if case["returned"] and standing(case) in DISPUTED:
        yield case["returned"]["unit"]
    yield from (unit for unit, _ in case["beside"])
    yield from (task["unit"] for task in open_tasks(case))
    if case["offer"]:
        yield case["offer"]["unit"]
    yield from case["copies"]


def handling_units(case: Case) -> list[str]:
    """Name the units that had a hand in it, or have: who follows up is of none of them."""
    helped = [task["unit"] for task in case["assists"] if task["done"] is None or task["done"]["result"] == "done"]
    led = [round["unit"] for round in case["rounds"] if round["unit"]]
    head = [case["head_handled"]["unit"]] if case["head_handled"] else []
    return list(dict.fromkeys([*led, *head, *(unit for unit, _ in case["beside"]), *helped]))


def standings(case: Case, units: frozenset[str] | None, need: str | None = None) -> set[str]:
    """Say for which of a case's units somebody acts who stands for these units; None: for none. `need`: who has to do
    with it only while it waits to be followed up so."""
    if need is not None:
        return {FOR_AGAIN}
    found = {FOR_NOBODY}
    if units is None:
        return found
    if case["unit"] in units:
        found.add(FOR_LEAD)
    if any(task["unit"] in units for task in open_tasks(case)):
        found.add(FOR_ASSIST)
    if case["offer"] and case["offer"]["unit"] in units:
        found.add(FOR_OFFERED)
    return found
