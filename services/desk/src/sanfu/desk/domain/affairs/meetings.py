"""Meetings: an agenda of issues, and a decision about each (domain.md, "Meetings", "Register").

Kinds: weekly joint consultation, coordination meeting, on-site session of the city in a town or of a town in a village,
weekly meeting on reforms. None is held with an undecided issue on its agenda.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, moment
from sanfu.desk.domain.affairs.state import NEVER, begun
from sanfu.desk.domain.affairs.table import CALLED, MEETING
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed, leader, refused, wrong
from sanfu.desk.domain.deeds.ending import closing
from sanfu.desk.domain.scope import line
from sanfu.desk.domain.state import Case, Change, Fold, standing
from sanfu.runtime.rules import Draft

BINDING: Final = frozenset({"task", "lead", "register"})
"""Kinds of decision that name the unit they bind."""
UNLED: Final = frozenset({"in_review", "returned"})
"""States in which it is open who leads: put on the register, the unit that the decision binds does."""
REGISTRABLE: Final = UNLED | {"assigned", "acknowledged", "contacted", "suspended", "unsigned"}
"""States in which an issue may go on the register: its party has said what it is about, and nobody has handled it."""
LED: Final = frozenset({"in_review", "assigned", "acknowledged", "contacted", "unsigned", "returned"})
"""States in which a meeting may give the lead to another unit."""
LONGEST_SILENCE: Final = 90
"""Days between two public reports about an issue on the register."""


def call(deed: Deed) -> list[Draft]:
    said, place = deed.said, deed.said["place"]
    if moment(said["at"]) <= deed.now and not said["held_already"]:
        raise wrong("at", "in_the_past", "an instant in the future; or `held_already: true` to put it on record")
    if said["kind"].startswith("onsite") != (place is not None):
        raise wrong("place", "not_fitting", "the town or village of an on-site session, and nothing for other meetings")
    if place is not None:
        _right_place(deed, place)
    if deed.by["role"] == "unit_head" and said["kind"] != "onsite_town":
        raise refused("not-yours", "A unit's head calls on-site sessions of the town; others are the office's.")
    for unit in said["units"]:
        if unit not in deed.pack.units:
            raise wrong("units", "unknown_unit", "units of the city")
    body = {name: said[name] for name in ("kind", "title", "at", "place", "chair", "units")}
    return [Draft(names.MEETING_CALLED, {"by": deed.by, **body, "concerns": said["issues"]})]


def _right_place(deed: Deed, place: str) -> None:
    unit = deed.pack.units.get(place)
    wanted = {"onsite_city": "town", "onsite_town": "village"}[deed.said["kind"]]
    if unit is None or unit.kind != wanted:
        raise wrong("place", "unknown_place", f"a {wanted} of the city")
    if deed.by["role"] == "unit_head" and deed.by["unit"] not in line(deed.pack.units, place):
        raise refused("not-yours", f"{place} does not lie in your town.")


def change_agenda(deed: Deed) -> list[Draft]:
    agenda, said = deed.case["concerns"], deed.said
    added = [one for one in said["add"] if one not in agenda]
    dropped = [one for one in said["drop"] if one in agenda]
    if not added and not dropped:
        raise refused("nothing-changed", "These issues stand on the agenda already, or never did.")
    body = {"by": deed.by, "added": added, "dropped": dropped, "concerns": [*added, *dropped]}
    return [Draft(names.AGENDA_CHANGED, body)]


def hold(deed: Deed) -> list[Draft]:
    """Put on record that it was held, and what was decided: about each issue on its agenda, and no other."""
    meeting, said = deed.case, deed.said
    decisions = [_decided(deed, number, each) for number, each in enumerate(said["decisions"], 1)]
    about = [each["issue"] for each in decisions]
    if missing := [one for one in meeting["concerns"] if one not in about]:
        detail = f"Not decided: {', '.join(missing)}. Decide about each, or take it off the agenda first."
        raise refused("undecided", detail, undecided=missing)
    if others := [one for one in about if one not in meeting["concerns"]]:
        raise refused("not-on-the-agenda", f"Not on the agenda: {', '.join(others)}.", issues=others)
    if moment(said["held_at"]) > deed.now:
        raise wrong("held_at", "in_the_future", "when it began")
    tasks = [each["task"] for each in decisions if each["task"]]
    kept = {name: meeting[name] for name in ("kind", "title", "place", "chair")}
    body = {
        "by": deed.by, **kept, "held_at": said["held_at"], "units": said["units"] or meeting["units_asked"],
        "decisions": decisions, "minutes": said["minutes"], "concerns": [*dict.fromkeys(about), *tasks],
    }  # fmt: skip
    return [Draft(names.MEETING_HELD, body)]


def _decided(deed: Deed, number: int, said: Mapping[str, Any]) -> dict[str, Any]:
    field, kind, unit = f"decisions[{number - 1}]", said["decision"], said["unit"]
    if kind in BINDING and (unit is None or unit not in deed.pack.units):
        raise wrong(f"{field}.unit", "unknown_unit", f"the unit that a decision of kind {kind} binds")
    limit = said["limit"]
    if kind == "task":
        limit = limit or deed.until("meeting_task")
        if limit is None or moment(limit) <= deed.now:
            raise wrong(f"{field}.limit", "in_the_past", "by when the task is to be done: an instant in the future")
    if kind == "register":
        _registrable(deed, field, said)
    case = deed.others.get(said["issue"], {})
    if kind == "lead":
        if case.get("state") not in LED:
            raise refused("not-led-now", f"{said['issue']} is {case.get('state')}: nobody can be given the lead now.")
        leader(deed, unit, f"{field}.unit", case)
    if kind == "close" and case.get("state") != "followed_up":
        raise refused("not-followed-up", f"{said['issue']} was not followed up: nothing closes without the three ones.")
    kept = {name: said[name] for name in ("issue", "decision", "text", "unit", "plan")}
    subject = deed.id.removeprefix("meeting-")
    return {**kept, "task": f"task-{subject}-{number}" if kind == "task" else None, "limit": limit}


def _registrable(deed: Deed, field: str, said: Mapping[str, Any]) -> None:
    case, plan = deed.others.get(said["issue"], {}), said["plan"]
    if plan is None:
        raise wrong(f"{field}.plan", "missing", "owner, cause, milestones and the next public report")
    if case.get("grade") != "difficult" or case.get("state") not in REGISTRABLE:
        detail = f"{said['issue']} can't go on the register: that is for difficult issues that are being worked on."
        raise refused("not-for-the-register", detail)
    if standing(case) in UNLED:
        leader(deed, said["unit"], f"{field}.unit", case)
    named = {"owner": plan["owner"], **{f"plan[{n}].unit": step["unit"] for n, step in enumerate(plan["plan"])}}
    for name, unit in named.items():
        if unit is not None and not (unit in deed.pack.units and deed.pack.units[unit].valid_on(deed.today)):
            raise wrong(f"{field}.plan.{name}", "unknown_unit", "a unit of the city")
    days = (moment(plan["report_by"]) - deed.now).total_seconds() / 86_400
    if not 0 < days <= LONGEST_SILENCE:
        raise wrong(f"{field}.plan.report_by", "too_far", f"within the next {LONGEST_SILENCE} days")
    limits = [moment(step["limit"]) for step in plan["plan"]]
    if limits[0] <= deed.now or limits != sorted(limits):
        raise wrong(f"{field}.plan.plan", "not_in_order", "milestones in the future, in the order of their limits")


# ── folding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _called(meeting: Case, event: Event) -> Change | None:
    if meeting:
        return None
    data = event.data
    units = [one for one in (data["by"]["unit"], *data["units"], data["place"]) if one]
    begin = begun(event, MEETING, CALLED, unit=None, units=units, limit=data["at"])
    kept = {name: data[name] for name in ("kind", "title", "at", "place", "chair")}
    return {**begin, **kept, "town": data["place"], "units_asked": data["units"], "decisions": []}


def _agenda(meeting: Case, event: Event) -> Change:
    data = event.data
    return {"concerns": [one for one in meeting["concerns"] if one not in data["dropped"]] + data["added"]}


def _held(meeting: Case, event: Event) -> Change:
    data = event.data
    units = list(dict.fromkeys([*meeting["units"], *data["units"]]))
    kept = {name: data[name] for name in ("held_at", "decisions", "minutes")}
    return {**kept, "state": "held", "open": False, "units": units, "limit": NEVER}


FOLDS: Final[Mapping[str, Fold]] = {
    names.MEETING_CALLED: _called,
    names.AGENDA_CHANGED: _agenda,
    names.MEETING_HELD: _held,
}
DEEDS: Final[Mapping[str, Callable[[Deed], list[Draft]]]] = {
    "call": call,
    "change_agenda": change_agenda,
    "hold": hold,
}


# ── what it does to an issue ─────────────────────────────────────────────────────────────────────────────────────────


def notes(event: Event, issue: str) -> Sequence[dict[str, Any]]:
    """Return the bodies by which an issue notes what a meeting did about it."""
    made = {"by": SYSTEM_BY, "affair": event.subject}
    match event.type:
        case names.MEETING_HELD:
            about = [each for each in event.data["decisions"] if each["issue"] == issue]
            return [
                {**made, "what": "meeting_held", "unit": each["unit"], "decision": each["decision"]} for each in about
            ]
        case names.AGENDA_CHANGED if issue in event.data["dropped"]:
            return [{**made, "what": "meeting_dropped"}]
    return [{**made, "what": "meeting_called"}]


def follows(event: Event, issue: str, case: Case, pack: Pack) -> list[Draft]:
    """Say what a meeting's decisions make of an issue, beside the notes: another lead, the register, the end.

    What the issue has outrun meanwhile changes nothing; that it was decided stands in the note.
    """
    if event.type != names.MEETING_HELD:
        return []
    by, told = dict(event.data["by"]), list[Draft]()
    for each in event.data["decisions"]:
        if each["issue"] != issue:
            continue
        match each["decision"]:
            case "register" if case["state"] in REGISTRABLE:
                if standing(case) in UNLED:
                    told.append(_led(case, {**each, "text": each["text"] or each["plan"]["cause"]}, by, pack))
                first = each["plan"]["plan"][0]["limit"]
                body = {"by": by, "meeting": event.subject, **each["plan"], "concerns": [], "milestone_by": first}
                told.append(Draft(names.ISSUE_REGISTERED, body))
            case "lead" if case["state"] in LED and each["unit"] != case["unit"]:
                told.append(_led(case, each, by, pack))
            case "close" if case["state"] == "followed_up":
                told.append(closing("explained", case, reply=each["text"], by=by))
    return told


def _led(case: Case, decided: Mapping[str, Any], by: Mapping[str, Any], pack: Pack) -> Draft:
    grade = case["grade"] or pack.policy.default_grade
    body = {
        "by": by, "unit": decided["unit"], "grade": grade, "urgency": case["urgency"],
        "audience": case["audience"], "category": case["category"], "assignment": case["assignment"] + 1,
        "round": case["round"], "decided_by": "group", "reason": decided["text"], "rule": None, "score": None,
        "pack": pack.version, "also": [],
    }  # fmt: skip
    return Draft(names.ISSUE_DISPATCHED, body)
