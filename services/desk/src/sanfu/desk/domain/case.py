"""The case: what desk makes of an issue's story, event by event.

The state is plain data:

- what was received: receipt, title, text (never of a confidential or sealed issue: the story has none), place, …
- where it stands: state, open, round, unit (who leads), units (who take part), assignment, grade
- `rounds`: per round of handling its three ones (contact, handle, follow_up) and the limit it had
- `clocks`: code → {version, round, limit, yellow, level}; `light`, the reddest now; `reddest`, the reddest ever
- `disputed`: it was returned twice, and its audience's group has not decided
- `assisting`: units with a task that is open; `inner`: the reddest light of these tasks, None if there are none
- `limit`: the instant that matters now (NEVER if none); `order`: sort key: emergencies to be handled, red, yellow, none
- `history`: the last 50 entries, of `entries` in all: those before have a collection of their own (`gone`)
- `informed`, `untold`, `party_untold`: who was told, and who could not be (see `folds.telling`)
- `found_by`: by which pieces of its words and number a search finds it (see `finding`)
"""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.finding import found_by
from sanfu.desk.domain.folds import (
    assisting,
    concerning,
    ending,
    errands,
    following,
    handling,
    limits,
    others,
    petitions,
    replying,
    reviewing,
    succession,
    telling,
    voicing,
)  # fmt: skip
from sanfu.desk.domain.hearing import bare, kept
from sanfu.desk.domain.parts import LEVELS, disputed, involved, light_of, open_tasks
from sanfu.desk.domain.rounds import handled, this_round
from sanfu.desk.domain.state import Case, Change, Fold, standing
from sanfu.desk.domain.table import AFTER, CLOSED, MERGED

HISTORY: Final = 50
NEVER: Final = "9999-12-31T00:00:00.000Z"
_CLOCK_OF: Final = {
    "submitted": "review", "in_review": "review", "assigned": "handling", "acknowledged": "handling",
    "contacted": "handling", "unsigned": "handling", "suspended": "handling", "returned": "handling",
    "handled": "follow_up", "followed_up": "reopen_decision", "reopen_requested": "reopen_decision",
    "merged": "follow_up",
    "petition_review": "petition_review",
}  # fmt: skip
"""State → the clock whose limit orders the lists: the one somebody is working against."""
_ON_REGISTER: Final = ("register_milestone", "register_report")
RACING: Final = (
    "submitted",
    "in_review",
    "assigned",
    "acknowledged",
    "contacted",
    "suspended",
    "unsigned",
    "returned",
)
"""States in which an emergency's own clocks run: until it is handled."""
_TOLD: Final = (
    "unit", "result", "outcome", "resolved", "satisfied", "kind", "clock", "level", "skipped", "ground", "round", "why",
    "step", "to_unit", "from_unit", "of", "need", "because", "method", "number", "mistaken", "signed_by", "upheld",
    "added", "dropped", "category", "from_category", "user", "from_user", "command", "problem",
)  # fmt: skip
_FOLDS: Final[Mapping[str, Fold]] = {
    **others.FOLDS,
    **reviewing.FOLDS,
    **handling.FOLDS,
    **assisting.FOLDS,
    **following.FOLDS,
    **voicing.FOLDS,
    **concerning.FOLDS,
    **limits.FOLDS,
    **succession.FOLDS,
    **petitions.FOLDS,
    **errands.FOLDS,
    **replying.FOLDS,
    **ending.FOLDS,
    **telling.FOLDS,
}
KNOWN: Final = frozenset(_FOLDS)


def evolve(case: Case, event: Event) -> Case:
    """Fold one event of the story. The same events in the same order always give the same case."""
    if not case and event.type != names.ISSUE_SUBMITTED:
        return case  # a case begins with its issue; the publishing rule lets nothing come before it
    change = _FOLDS[event.type](case, bare(event))
    if change is None:
        return case
    fresh = {**case, **change}
    if event.type in telling.FOLDS:
        return {**fresh, "party_untold": telling.party_untold(fresh)}
    if event.type in AFTER:
        state = change.get("state", AFTER[event.type])
        fresh |= {"state": state, "open": state != CLOSED}
    fresh |= kept(fresh, event.type, event.data)
    fresh |= {"units": involved(fresh)}
    history = [*case.get("history", ()), _entry(event)]
    fresh |= {"changed_at": instant(event.time), "history": history[-HISTORY:], "entries": case.get("entries", 0) + 1}
    if case.get("secrecy") != fresh["secrecy"]:
        fresh["found_by"] = found_by(fresh)
    return {**fresh, **_standing(fresh)}


def gone(subject: str, before: Case, after: Case) -> list[Change]:
    """Return the entries that left the history of a case with its last event, as they are kept: numbered from 1."""
    left = before["history"][: -(HISTORY - 1)] if before and after["entries"] > max(before["entries"], HISTORY) else []
    first = before["entries"] - len(before["history"]) + 1 if left else 0
    return [{"_id": place(subject, first + n), "version": 1, "case": subject, **one} for n, one in enumerate(left)]


def numbered(subject: str, case: Case) -> list[Change]:
    """Return the history that a case still has, each entry with its place."""
    first = case["entries"] - len(case["history"]) + 1
    return [{"_id": place(subject, first + n), **one} for n, one in enumerate(case["history"])]


def place(subject: str, number: int) -> str:
    """Return the id of an entry: in the order of their numbers."""
    return f"{subject}/{number:09d}"


def _standing(case: Case) -> Change:
    """What follows from the rest: the light and the limit that count now."""
    level = max((LEVELS.index(clock["level"]) for clock in case["clocks"].values()), default=0) if case["open"] else 0
    racing = case["urgency"] == "emergency" and case["state"] in RACING
    clock = (racing and _emergency_clock(case)) or _counting(case, level)
    limit = clock["limit"] if clock else NEVER
    tasks = open_tasks(case) if case["open"] else []
    inner = max(map(light_of, tasks), key=LEVELS.index, default=None)
    reddest = max(level, LEVELS.index(case.get("reddest", "none")))
    order = f"{0 if racing else 3 - level}|{limit}"
    flags = {"disputed": case["open"] and disputed(case), "party_untold": telling.party_untold(case)}
    assisting = {"assisting": list(dict.fromkeys(task["unit"] for task in tasks)), "inner": inner}
    return {"light": LEVELS[level], "reddest": LEVELS[reddest], "limit": limit, "order": order, **assisting, **flags}


def _counting(case: Case, level: int) -> Any:
    """Return the clock of the state the case is in; where another's light is worse, that one's: a light says by how
    much somebody is late."""
    clock = min(_worked_against(case), key=lambda one: one["limit"], default=None)
    if level == 0 or (clock and LEVELS.index(clock["level"]) == level):
        return clock
    return min((one for one in case["clocks"].values() if one["level"] == LEVELS[level]), key=lambda one: one["limit"])


def _worked_against(case: Case) -> list[Any]:
    """Return the clocks that somebody is working against as the case stands: one, or on the register the next step of
    the plan and the next report."""
    codes: tuple[str, ...] = (_CLOCK_OF.get(standing(case), ""),)
    if disputed(case):
        codes = ("adjudication",)
    elif case["state"] == "registered":
        codes = _ON_REGISTER
    elif case["state"] == MERGED and not handled(case):
        codes = ()
    return [case["clocks"][code] for code in codes if code in case["clocks"]]


def _emergency_clock(case: Case) -> Any:
    """Return the emergency's clock that is to be kept next; None where all were, or the city has none."""
    round, clocks = this_round(case), case["clocks"]
    if not round.get("acknowledged_at"):
        return clocks.get("emergency_acknowledge")
    if "scene" not in round:
        return clocks.get("emergency_on_scene")
    return None if "report" in round else clocks.get("emergency_report")


def _entry(event: Event) -> Change:
    told = {key: event.data[key] for key in _TOLD if event.data.get(key) not in (None, False, [])}
    by = event.data.get("by") or {"id": event.source, "role": "system", "unit": None}
    return {"at": instant(event.time), "id": event.id, "type": event.type, "by": dict(by), **told}
