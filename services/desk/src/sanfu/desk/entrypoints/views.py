"""Cases and counts as the API shows them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.desk.domain.asking import missing
from sanfu.desk.domain.case import NEVER
from sanfu.desk.domain.parts import Task, light_of, open_tasks
from sanfu.desk.domain.reading import UNFORESEEN, filer_named
from sanfu.desk.domain.rules import offered
from sanfu.desk.domain.scope import Scope, covering
from sanfu.desk.domain.table import FROM_OUTSIDE
from sanfu.desk.entrypoints.untold import untold
from sanfu.desk.ports import Document, Row
from sanfu.runtime.paging import Cursor, Page

BRIEF = (
    "receipt", "title", "channel", "audience", "kind", "urgency", "secrecy", "category", "town", "state", "round",
    "unit", "units", "grade", "light", "reddest", "submitted_at", "changed_at", "flags",
    "reminders", "reminded", "unsatisfied", "inner", "disputed", "sponsor", "party_untold",
)  # fmt: skip
WHOLE = (
    *BRIEF, "text", "place", "party_kind", "language", "reported_at", "limit_asked", "complains_of", "attachments",
    "supplements",
    "wished", "assignment", "assigned_because", "review", "suspected", "rounds", "returns", "returned", "clocks",
    "settled", "closed", "history", "question", "mediation", "refusal", "objection", "assists", "copies", "offer",
    "supporters", "request", "declining", "deceased", "merged", "head", "merging", "head_handled", "affairs",
    "instructions", "register",
    "suspension", "extension", "extensions", "grade_asked", "completion", "admitted",
    "review_asked", "petition_reviews", "errand",
)  # fmt: skip


PLANS = frozenset({"plan", "attempts", "answers", "undone"})


def unforeseen(clauses: Scope) -> frozenset[str]:
    """Name what is told of a case that whoever sees it under these clauses does not hear."""
    return frozenset() if any(clause.role in FROM_OUTSIDE for clause in clauses) else UNFORESEEN


def brief(case: Document) -> dict[str, Any]:
    """Show a case as a line of a list."""
    shown = {key: case.get(key) for key in BRIEF} | {"party_untold": bool(case.get("party_untold"))}
    closed = {} if case["open"] else case.get("closed") or {}
    ended = {"closed_at": closed.get("at"), "closed_as": closed.get("kind"), "in_time": in_time(case)}
    more = {"limit": _limit(case), "tasks": [*map(_task, open_tasks(case))], **ended}
    return {"id": case["_id"], "version": case["ver"], **shown, **more}


def _task(task: Task) -> dict[str, Any]:
    """Show a task that is open, as a line of a list does."""
    limit = min((clock["limit"] for clock in task.get("clocks", {}).values()), default=task["limit"])
    told = {name: task[name] for name in ("number", "unit", "mandatory")}
    return {**told, "limit": limit, "light": light_of(task)}


def whole(case: Document, scope: Scope, who: str, pack: Pack) -> dict[str, Any]:
    """Show all of a case to somebody, with the commands it offers them. A filer who vouches is not named to units."""
    clauses = covering(scope, case)
    named = filer_named(clauses, case)
    shown = {key: case.get(key) for key in WHOLE}
    if not unforeseen(clauses):
        shown |= {"withdrawal": case["withdrawal"], **_yet_to_be_asked(case)}
    else:
        shown |= _unforeseen(case)
    whose = {name: case.get(name) if named else None for name in ("filer", "found_on")}
    whose["found_on_no_list"] = _unknown_origin(case) if named else None
    shown["untold"] = untold(case, clauses, unforeseen(clauses), named=named)
    more = {**whose, "has_contact": case["contact"] != "none", "guardian": "guardian" in (case.get("contact_of") or ())}
    return {**brief(case), **shown, **more, "allowed": list(offered(case, scope, who, pack))}


def _unknown_origin(case: Document) -> Mapping[str, Any] | None:
    """Return the list and entry that a report names and no list knows of: misspelt, of another channel, or another's.
    A list that is there says so within a moment."""
    return None if case.get("found_on") else case.get("says_found_on")


def _yet_to_be_asked(case: Document) -> dict[str, Any]:
    """Show who has yet to answer; `need`: by what the first of them is asked, None once nobody is any more."""
    left = missing(case) if case["need"] else []
    return {"need": left[0]["need"] if left else None, "missing": left}


def _unforeseen(case: Document) -> dict[str, Any]:
    """Who handles it does not see whether it was drawn, who was called, or that the party was asked to withdraw."""
    rounds = [_without(PLANS, one) for one in case["rounds"]]
    rounds = [
        {**one, "voided": [_without(PLANS, each) for each in one["voided"]]} if "voided" in one else one
        for one in rounds
    ]
    return {"rounds": rounds, "history": [one for one in case["history"] if one["type"] not in UNFORESEEN]}


def _without(left_out: frozenset[str], of: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in of.items() if name not in left_out}


def in_time(case: Document) -> bool | None:
    """Tell whether every round was handled, or put on the register, before its limit; None while one is open, or has
    none yet."""
    ends = [(_ended(case, one), one["limit"]) for one in case["rounds"]]
    if not ends or any(end is None or limit is None for end, limit in ends):
        return None
    return all(end < limit for end, limit in ends)


def _ended(case: Document, round: Mapping[str, Any]) -> str | None:
    """Say when a round that was handled kept the city's promise: what went on the register before that had a plan
    instead of it."""
    if "handle" not in round:
        return None
    handled, register = str(round["handle"]["received_at"]), case["register"]
    planned = register and round["dispatched_at"] <= register["at"] < handled
    return str(register["at"]) if planned else handled


def listed(rows: list[Document], page: Page, by: str) -> dict[str, Any]:
    answer = page.of(rows, lambda case: Cursor(case[by], case["_id"]))
    return {**answer, "items": [brief(case) for case in answer["items"]]}


def counted(rows: Sequence[Row]) -> dict[str, Any]:
    """Show the open cases by light, by state, by unit, and by unit and light. Those without a lead are under `-`."""
    light, state, unit = Counter[str](), Counter[str](), dict[str, Counter[str]]()
    for row in rows:
        light[row.light] += row.count
        state[row.state] += row.count
        unit.setdefault(row.unit or "-", Counter())[row.light] += row.count
    by_unit = {code: {"open": each.total(), **_lights(each)} for code, each in sorted(unit.items())}
    return {
        "open": light.total(),
        "by_light": _lights(light),
        "by_state": dict(sorted(state.items())),
        "by_unit": by_unit,
    }


def _lights(counts: Counter[str]) -> dict[str, int]:
    return {level: counts[level] for level in ("red", "yellow", "none")}


def _limit(case: Document) -> str | None:
    return None if case["limit"] == NEVER else str(case["limit"])
