"""The case: what desk makes of an issue's story, event by event.

The state is plain data:

- what was received: receipt, title, text (never of a confidential or sealed issue: the story has none), place, …
- where it stands: state, open, round, unit (who leads), units (who take part), assignment, grade
- `rounds`: per round of handling its three ones (contact, handle, follow_up) and the limit it had
- `clocks`: code → {version, round, limit, yellow, level}; `light`, the reddest now; `reddest`, the reddest ever
- `limit`: the instant that matters now (NEVER if none); `order`: sort key: emergencies to be handled, red, yellow, none
- `history`: the last 50 entries
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.table import AFTER, CLOSED, IN_REVIEW, SUBMITTED

Case = Mapping[str, Any]
Change = dict[str, Any]

HISTORY: Final = 50
NEVER: Final = "9999-12-31T00:00:00.000Z"
LEVELS: Final = ("none", "yellow", "red")
_TAKEN: Final = (
    "receipt", "title", "text", "channel", "audience", "kind", "urgency", "secrecy", "flags", "party_kind",
    "party_code", "filer", "contact", "may_name_me", "language", "place", "category", "complains_of", "attachments",
    "reported_at", "answers",
)  # fmt: skip
_CLOCK_OF: Final = {
    "submitted": "review", "in_review": "review", "assigned": "handling", "acknowledged": "handling",
    "contacted": "handling", "returned": "handling", "handled": "follow_up",
}  # fmt: skip
"""State → the clock whose limit orders the lists: the one somebody is working against."""
_RACING: Final = ("submitted", "in_review", "assigned", "acknowledged", "contacted", "returned")
"""States in which an emergency's own clocks run: until it is handled."""
_TOLD: Final = (
    "unit", "result", "outcome", "resolved", "satisfied", "kind", "clock", "level", "skipped", "ground", "round", "why",
)  # fmt: skip


def evolve(case: Case, event: Event) -> Case:
    """Fold one event of the story. The same events in the same order always give the same case."""
    if not case and event.type != names.ISSUE_SUBMITTED:
        return case  # a case begins with its issue; the publishing rule lets nothing come before it
    change = _FOLDS[event.type](case, event)
    if change is None:
        return case
    fresh = {**case, **change}
    if event.type in AFTER:
        fresh |= {"state": AFTER[event.type], "open": AFTER[event.type] != CLOSED}
    fresh |= {"changed_at": instant(event.time), "history": [*case.get("history", ()), _entry(event)][-HISTORY:]}
    return {**fresh, **_standing(fresh)}


def this_round(case: Case) -> Mapping[str, Any]:
    """Return the round of handling that is under way: its three ones, as far as they were done."""
    found: Mapping[str, Any] = case["rounds"][-1] if case["rounds"] else {}
    return found


def _standing(case: Case) -> Change:
    """What follows from the rest: the light and the limit that count now."""
    level = max((LEVELS.index(clock["level"]) for clock in case["clocks"].values()), default=0) if case["open"] else 0
    racing = case["urgency"] == "emergency" and case["state"] in _RACING
    clock = (racing and _emergency_clock(case)) or _counting(case, level)
    limit = clock["limit"] if clock else NEVER
    reddest = max(level, LEVELS.index(case.get("reddest", "none")))
    order = f"{0 if racing else 3 - level}|{limit}"
    return {"light": LEVELS[level], "reddest": LEVELS[reddest], "limit": limit, "order": order}


def _counting(case: Case, level: int) -> Any:
    """Return the clock of the state the case is in; where another's light is worse, that one's: a light says by how
    much somebody is late."""
    clock = case["clocks"].get(_CLOCK_OF.get(case["state"], ""))
    if level == 0 or (clock and LEVELS.index(clock["level"]) == level):
        return clock
    return min((one for one in case["clocks"].values() if one["level"] == LEVELS[level]), key=lambda one: one["limit"])


def _emergency_clock(case: Case) -> Any:
    """Return the emergency's clock that is to be kept next; None where all were, or the city has none."""
    round, clocks = this_round(case), case["clocks"]
    if not round.get("acknowledged_at"):
        return clocks.get("emergency_acknowledge")
    if "scene" not in round:
        return clocks.get("emergency_on_scene")
    return None if "report" in round else clocks.get("emergency_report")


def _entry(event: Event) -> Change:
    told = {key: event.data[key] for key in _TOLD if event.data.get(key) not in {None, False}}
    by = event.data.get("by") or {"id": event.source, "role": "system", "unit": None}
    return {"at": instant(event.time), "id": event.id, "type": event.type, "by": dict(by), **told}


# ── what others tell ─────────────────────────────────────────────────────────────────────────────────────────────────


def _submitted(case: Case, event: Event) -> Change | None:
    if case:
        return None
    data = event.data
    return {
        **{key: data.get(key) for key in _TAKEN},
        "submitted_at": instant(event.time), "town": data["place"]["town"], "wished": data.get("unit"),
        "state": SUBMITTED, "open": True, "round": 1, "unit": None, "units": [], "assignment": 0, "grade": None,
        "returns": 0, "rounds": [], "clocks": {}, "suspected": [], "supplements": [], "review": None, "closed": None,
    }  # fmt: skip


def _supplemented(case: Case, event: Event) -> Change:
    data = event.data
    more: Change = {"text": data.get("text"), "at": data["reported_at"]}
    contact = data["contact"] if data["contact"] != "none" else case["contact"]
    return {
        "supplements": [*case["supplements"], more],
        "attachments": [*case["attachments"], *data["attachments"]],
        "contact": contact,
    }


def _assigned(case: Case, event: Event) -> Change | None:
    """Router's word counts if its number is higher than any seen: at equal ones desk's own stands."""
    if not case["open"] or event.data["assignment"] <= case["assignment"]:
        return None
    return {**_lead(case, event), "state": "assigned"}


def _review(case: Case, event: Event) -> Change | None:
    if case["state"] not in {SUBMITTED, "returned"}:
        return None
    data = event.data
    wanted = {"why": data["why"], "reason": data["reason"], "suggestions": data["suggestions"]}
    return {"state": IN_REVIEW, "review": wanted}


def _suspected(case: Case, event: Event) -> Change:
    found = {key: event.data[key] for key in ("other", "same_party", "score")}
    return {"suspected": [*case["suspected"], found][-20:]}


def _deadline(case: Case, event: Event) -> Change | None:
    data = event.data
    known = case["clocks"].get(data["clock"])
    if data["about"] or (known and known["version"] >= data["version"]):
        return None
    clock = {key: data[key] for key in ("version", "round", "unit", "limit", "yellow")}
    level = known["level"] if known and known["round"] == data["round"] else "none"
    change: Change = {"clocks": {**case["clocks"], data["clock"]: {**clock, "level": level}}}
    if data["clock"] == "handling":
        change["rounds"] = [{**r, "limit": data["limit"]} if r["round"] == data["round"] else r for r in case["rounds"]]
    return change


def _light(case: Case, event: Event) -> Change | None:
    data = event.data
    known = case["clocks"].get(data["clock"])
    if data["about"] or data["skipped"]:
        return {} if data["skipped"] else None
    if known is None or known["version"] > data["version"]:
        return None
    return {"clocks": {**case["clocks"], data["clock"]: {**known, "level": data["level"], "late_by": data["late_by"]}}}


# ── what desk told ───────────────────────────────────────────────────────────────────────────────────────────────────


def _dispatched(case: Case, event: Event) -> Change:
    return _lead(case, event)


def _lead(case: Case, event: Event) -> Change:
    """A unit leads from this instant. A round begins with its first lead, and keeps what was done in it."""
    data, at = event.data, instant(event.time)
    rounds = list(case["rounds"])
    led = {"unit": data["unit"], "assigned_at": at, "acknowledged_at": None, "acknowledged_by": None}
    if rounds and rounds[-1]["round"] == case["round"]:
        rounds[-1] = {**rounds[-1], **led}
    else:
        rounds.append({"round": case["round"], "dispatched_at": at, "limit": _limit(case), **led})
    beside = [told["unit"] for told in data["also"]]
    return {
        "unit": data["unit"], "units": list(dict.fromkeys([data["unit"], *beside])), "grade": data["grade"],
        "urgency": data["urgency"], "audience": data["audience"], "category": data["category"] or case["category"],
        "assignment": data["assignment"], "assigned_because": data["reason"], "rounds": rounds, "review": None,
    }  # fmt: skip


def _limit(case: Case) -> str | None:
    clock = case["clocks"].get("handling")
    return clock["limit"] if clock and clock["round"] == case["round"] else None


def _in_round(case: Case, **more: Any) -> Change:
    return {"rounds": [*case["rounds"][:-1], {**case["rounds"][-1], **more}]}


def _acknowledged(case: Case, event: Event) -> Change:
    return _in_round(case, acknowledged_at=instant(event.time), acknowledged_by=event.data["by"]["id"])


def _one(name: str) -> Callable[[Case, Event], Change]:
    """Keep one of the three ones with its round: who, when, how, what came of it, evidence."""

    def fold(case: Case, event: Event) -> Change:
        return _in_round(case, **{name: {"at": instant(event.time), **event.data}})

    return fold


def _adjudicated(case: Case, event: Event) -> Change:
    return {"returned": {**case["returned"], "upheld": event.data["upheld"], "decided_at": instant(event.time)}}


def _returned(case: Case, event: Event) -> Change:
    data = event.data
    ground = {key: data[key] for key in ("unit", "ground", "proposed_unit", "text", "number")}
    return {"returns": data["number"], "returned": {"at": instant(event.time), "round": data["round"], **ground}}


def _reopened(case: Case, event: Event) -> Change:
    data, at = event.data, instant(event.time)
    led = {"unit": data["unit"], "assigned_at": at, "acknowledged_at": None, "acknowledged_by": None}
    fresh = {"round": data["round"], "dispatched_at": at, "limit": None, **led}
    return {"round": data["round"], "unit": data["unit"], "rounds": [*case["rounds"], fresh], "returns": 0}


def _settled(case: Case, event: Event) -> Change:
    """Answered or refused: the reply is what the party gets."""
    return {"settled": {"at": instant(event.time), **event.data}}


def _closed(case: Case, event: Event) -> Change:
    return {"closed": {"at": instant(event.time), **event.data}}


_FOLDS: Final[Mapping[str, Callable[[Case, Event], Change | None]]] = {
    names.ISSUE_SUBMITTED: _submitted,
    names.ISSUE_SUPPLEMENTED: _supplemented,
    names.ISSUE_ASSIGNED: _assigned,
    names.REVIEW_REQUESTED: _review,
    names.DUPLICATE_SUSPECTED: _suspected,
    names.DEADLINE_SET: _deadline,
    names.LIGHT_CHANGED: _light,
    names.ISSUE_DISPATCHED: _dispatched,
    names.ISSUE_ANSWERED: _settled,
    names.ISSUE_REFUSED: _settled,
    names.ISSUE_ACKNOWLEDGED: _acknowledged,
    names.ISSUE_CONTACTED: _one("contact"),
    names.SCENE_REACHED: _one("scene"),
    names.SITUATION_REPORTED: _one("report"),
    names.ISSUE_HANDLED: _one("handle"),
    names.ISSUE_FOLLOWED_UP: _one("follow_up"),
    names.ISSUE_RETURNED: _returned,
    names.RETURN_ADJUDICATED: _adjudicated,
    names.ISSUE_REOPENED: _reopened,
    names.ISSUE_CLOSED: _closed,
}
KNOWN: Final = frozenset(_FOLDS)
