"""Who else has a part: assisting units with tasks of their own, units that read along, a lead that is offered."""

from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.deeds.deed import NOT_ORDERED, Deed, leader, refused, wrong
from sanfu.desk.domain.parts import Task, involved, open_tasks
from sanfu.desk.domain.scope import line
from sanfu.desk.domain.windows import clock_end
from sanfu.runtime.rules import Draft

LEADING: Final = frozenset({"assigned", "acknowledged", "contacted", "unsigned"})
"""States in which the unit that leads is at work."""
MOST_TASKS: Final = 20
"""Open tasks of one case: a case is a document, and a lead that asks more units than there are bureaus asks nobody."""


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def ask_assist(deed: Deed) -> list[Draft]:
    """Give a unit a task of its own: due when the lead is, or before. Inside a town this is how the town dispatches
    down, to its sections and villages."""
    case, said = deed.case, deed.said
    unit = deed.pack.units.get(said["unit"])
    if unit is None or not unit.valid_on(deed.today) or unit.kind in NOT_ORDERED or unit.code == case["unit"]:
        raise wrong("unit", "unknown_unit", "a unit of the city, other than the one that leads")
    if any(task["unit"] == unit.code and task["task"].strip() == said["task"].strip() for task in open_tasks(case)):
        raise refused("asked-already", f"{unit.code} has this very task already: say what else it is to do.")
    if len(open_tasks(case)) >= MOST_TASKS:
        raise refused("too-many-tasks", f"{MOST_TASKS} tasks are open already.")
    body = {
        "by": deed.by, "unit": unit.code, "task": deed.said["task"],
        "mandatory": said["mandatory"], "limit": _task_limit(deed, unit.code), "number": len(case["assists"]) + 1,
    }  # fmt: skip
    return [Draft(names.ASSIST_ASKED, body)]


def _task_limit(deed: Deed, unit: str) -> str | None:
    """Return the limit that was asked for, else the city's for such a task; never later than the lead's own, as long as
    that has not passed."""
    own = _leads_limit(deed)
    outer = own if own and moment(own) > deed.now else None
    asked: str | None = deed.said["limit"]
    if asked is not None and (moment(asked) <= deed.now or (outer and asked > outer)):
        raise wrong("limit", "not_then", f"an instant in the future, not later than the lead's own limit {outer or ''}")
    return asked or min((at for at in (outer, _inner_limit(deed, unit)) if at), default=own)


def _leads_limit(deed: Deed) -> str | None:
    """Return the lead's own limit: if the case rests, as late as if it went on now."""
    case = deed.case
    clocks = [case["clocks"].get(code) for code in ("unit_handling", "handling")]
    limit = min((clock["limit"] for clock in clocks if clock and clock["round"] == case["round"]), default=None)
    since = case["suspension"]["at"] if case["suspension"] else None
    if limit is None or since is None or limit <= since:
        return limit
    return instant(moment(limit) + (deed.now - moment(since)))


def _inner_limit(deed: Deed, unit: str) -> str | None:
    clock = next((one for one in deed.pack.policy.clocks.values() if one.per == "assist" and one.limit_field), None)
    end = clock_end(deed.pack, deed.holidays, {**deed.case, "unit": unit}, clock, deed.now)
    return instant(end) if end else None


def assist_done(deed: Deed) -> list[Draft]:
    return [_ended(deed, _own_task(deed), "done")]


def not_ours(deed: Deed) -> list[Draft]:
    """The unit says that the task is none of its own, and why: inside a town, a return up."""
    return [_ended(deed, _own_task(deed), "not_ours")]


def cancel_assist(deed: Deed) -> list[Draft]:
    return [_ended(deed, _task(deed, open_tasks(deed.case)), "cancelled")]


def _own_task(deed: Deed) -> Task:
    own = [task for task in open_tasks(deed.case) if deed.by["unit"] in line(deed.pack.units, task["unit"])]
    return _task(deed, own)


def _task(deed: Deed, tasks: list[Task]) -> Task:
    """Return the task that is meant: the only one there is, or the one named."""
    number = deed.said["number"]
    found = [task for task in tasks if number in (None, task["number"])]
    if len(found) != 1:
        numbers = ", ".join(str(task["number"]) for task in tasks)
        raise wrong("number", "which_task", f"the number of an open task: {numbers or 'there is none'}")
    return found[0]


def _ended(deed: Deed, task: Task, result: str) -> Draft:
    body = {
        "by": deed.by, "unit": task["unit"], "number": task["number"], "result": result, "text": deed.said["text"],
        "evidence": deed.said["evidence"],
    }  # fmt: skip
    return Draft(names.ASSIST_DONE, body)


def no_task_open(deed: Deed) -> None:
    """Nothing is handled or closed while a task is open that has to be done."""
    if owed := [task for task in open_tasks(deed.case) if task["mandatory"]]:
        tasks = [{"number": task["number"], "unit": task["unit"]} for task in owed]
        whose = ", ".join(task["unit"] for task in owed)
        raise refused(
            "task-open", f"A task is open that has to be done: {whose}. Wait for it, or cancel it.", tasks=tasks
        )


# ── reading along ────────────────────────────────────────────────────────────────────────────────────────────────────


def copy(deed: Deed) -> list[Draft]:
    unit = deed.pack.units.get(deed.said["unit"])
    if unit is None or not unit.valid_on(deed.today) or unit.kind == "external":
        raise wrong("unit", "unknown_unit", "a unit of the city")
    if unit.code in involved(deed.case):
        raise refused("has-a-part", f"{unit.code} has a part in it already, and sees it.")
    return [_copied(deed, ends=False)]


def end_copy(deed: Deed) -> list[Draft]:
    if deed.said["unit"] not in deed.case["copies"]:
        raise refused("no-copy", f"{deed.said['unit']} does not read along.")
    return [_copied(deed, ends=True)]


def _copied(deed: Deed, *, ends: bool) -> Draft:
    body = {"by": deed.by, "unit": deed.said["unit"], "ends": ends, "reason": deed.said["reason"]}
    return Draft(names.ISSUE_COPIED, body)


# ── the lead is offered ──────────────────────────────────────────────────────────────────────────────────────────────


def offer_handover(deed: Deed) -> list[Draft]:
    """Offer the lead to another unit. Nothing changes until that one accepts; then no limit moves."""
    case = deed.case
    no_offer_open(deed)
    unit = leader(deed, deed.said["unit"], "unit")
    if unit == case["unit"]:
        raise wrong("unit", "same_unit", "another unit than the one that leads")
    reason = deed.said["reason"]
    body = {"by": deed.by, "unit": unit, "from_unit": case["unit"], "reason": reason, "round": case["round"]}
    return [Draft(names.HANDOVER_OFFERED, body)]


def accept_handover(deed: Deed) -> list[Draft]:
    case, offer = deed.case, deed.case["offer"]
    leader(deed, offer["unit"], "unit")  # it may have been complained of meanwhile, or be no more
    body = {
        "by": deed.by, "from_unit": case["unit"], "unit": offer["unit"], "grade": case["grade"],
        "assignment": case["assignment"] + 1, "why": "accepted", "reason": offer["reason"], "round": case["round"],
    }  # fmt: skip
    return [Draft(names.ISSUE_HANDED_OVER, body)]


def decline_handover(deed: Deed) -> list[Draft]:
    """The unit does not accept, or the one that leads takes the offer back."""
    offer: Any = deed.case["offer"]
    if offer is None:
        raise refused("nothing-offered", "The lead is offered to nobody.")
    reason = deed.said["reason"]
    return [
        Draft(
            names.HANDOVER_DECLINED,
            {"by": deed.by, "unit": offer["unit"], "reason": reason, "round": deed.case["round"]},
        )
    ]


def recuse(deed: Deed) -> list[Draft]:
    """Put on record that it complains of units. If the one that leads is of them, another leads from now on: the one
    that is named, with every limit as it was."""
    case, said = deed.case, deed.said
    if not deed.pack.units.keys() >= set(said["units"]):
        raise wrong("units", "unknown_unit", "units of the city")
    fresh = [unit for unit in dict.fromkeys(said["units"]) if unit not in case["complains_of"]]
    noted = [Draft(names.COMPLAINT_NOTED, {"by": deed.by, "units": fresh, "reason": said["reason"]})] if fresh else []
    goes = case["unit"] in said["units"] and case["state"] in LEADING
    if not noted and not goes:
        raise refused("known-already", "It is on record already that it complains of them.")
    if not goes:
        return noted
    if said["to"] is None or said["to"] in said["units"]:
        raise wrong("to", "missing", "the unit that leads instead, of which it does not complain")
    body = {
        "by": deed.by, "from_unit": case["unit"], "unit": leader(deed, said["to"], "to"), "grade": case["grade"],
        "assignment": case["assignment"] + 1, "why": "recusal", "reason": said["reason"], "round": case["round"],
    }  # fmt: skip
    return [*noted, Draft(names.ISSUE_HANDED_OVER, body)]


def no_offer_open(deed: Deed) -> None:
    if offer := deed.case["offer"]:
        raise refused(
            "offer-open", f"The lead is offered to {offer['unit']}: wait for its answer, or withdraw the offer."
        )


def first_lead(deed: Deed) -> str:
    """Say who leads while it is in dispute who should: who had the issue first in this round, or, where that one can't,
    the group of the issue's audience."""
    case, pack = deed.case, deed.pack
    first: str = case["rounds"][-1]["first"]
    unit = pack.units.get(first)
    fit = unit is not None and unit.valid_on(deed.today) and first not in case["complains_of"]
    return first if fit else pack.audience_groups.get(case["audience"], pack.office_unit)
