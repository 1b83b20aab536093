"""What notify keeps of an issue's story: `{facts, recent, told, nowhere}`.

`facts` are codes, instants and the last public reply, as they stand; `recent` the last events that somebody may have
to be told of, each with the facts as they stood then; `told` what became of the deliveries that were reported;
`nowhere` who was reported to have no address at all. No names, no addresses.
"""

import re
from collections.abc import Mapping
from typing import Any

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.contracts.free_texts import FREE_TEXTS
from sanfu.notify.domain.delivery import NOWHERE
from sanfu.notify.domain.ended import noted
from sanfu.runtime.rules import State

SERVICE = "notify"
SECRET = ("confidential", "sealed")
WITHHELD = "[withheld]"
"""Stands in an event where a confidential or sealed issue allows no text."""
RECENT = 20
"""Events kept: only what is younger than a template's `useful_for` is ever looked at again."""
REPORTS = 200
"""Reported deliveries kept: five media for each of the recent events, twice over."""
REPLY = 2000
"""Characters of a reply that a message quotes."""
WORDS = ("reply", "forwarded_to")
"""Facts in somebody's own words: kept once, in none of the tellings, and not of a confidential or sealed issue."""

Facts = Mapping[str, Any]
Telling = Mapping[str, Any]
"""{id, type, at, facts}: an event that somebody may have to be told of, its own body laid over the issue's facts."""

TELLING = frozenset(
    {
        names.ISSUE_SUBMITTED, names.ISSUE_ASSIGNED, names.ISSUE_DISPATCHED, names.URGENCY_CHANGED,
        names.LIGHT_CHANGED, names.ESCALATION_RAISED, names.ISSUE_HANDLED, names.ISSUE_CLOSED,
        names.ISSUE_ANSWERED, names.ISSUE_REFUSED, names.ISSUE_MERGED, names.HEAD_HANDLED, names.ISSUE_SEPARATED,
        names.SUPPLEMENT_ASKED, names.MEDIATION_OFFERED,
        names.SUPPLEMENT_REMINDED, names.FOLLOW_UP_PLANNED, names.COMPLETION_VOIDED, names.REMINDER_ADDED,
        names.ISSUE_REOPENED, names.REOPEN_DECLINED, names.EXTENSION_DECIDED,
        names.ASSIST_ASKED, names.HANDOVER_OFFERED, names.CONTACT_CORRECTED,
        names.COMPLETION_SUBMITTED, names.COMPLETION_SENT_BACK, names.PETITION_ADMITTED, names.PETITION_REVIEW_DECIDED,
        names.ISSUE_FORWARDED, names.ISSUE_SUSPENDED, names.ISSUE_REGISTERED, names.ISSUE_WITHDRAWN,
        names.RETURN_ADJUDICATED, names.REVIEW_REQUESTED, names.EXTENSION_ASKED, names.GRADE_CHANGE_ASKED,
        names.WITHDRAWAL_ASKED, names.ISSUE_RESUMED, names.REOPEN_REQUESTED,
    }
)  # fmt: skip
"""Events that a template may be for."""
HEARD = TELLING | {
    names.ISSUE_SUPPLEMENTED, names.ISSUE_HANDED_OVER, names.ISSUE_RETURNED, names.UNIT_SUCCEEDED,
    names.CATEGORY_SUCCEEDED, names.SECRECY_CHANGED, names.DEADLINE_SET, names.PARTY_DECEASED,
    names.GRADE_CHANGED, names.GRADE_CHANGE_DECLINED, names.WITHDRAWAL_DECLINED,
}  # fmt: skip
OWN = frozenset({names.PARTY_INFORMED, names.DELIVERY_FAILED})

ASSIGNMENTS = frozenset({names.ISSUE_ASSIGNED, names.ISSUE_DISPATCHED, names.ISSUE_HANDED_OVER})
ALARMED = ("emergency", "place")
"""Parts of units that are alarmed beside the one that leads."""

_TAKEN: Mapping[str, tuple[str, ...]] = {
    names.ISSUE_SUBMITTED: (
        *("receipt", "channel", "audience", "kind", "urgency", "secrecy", "party_kind", "language", "category"),
        "contact",
    ),
    names.ISSUE_ASSIGNED: ("unit", "grade", "urgency", "audience", "category", "round"),
    names.ISSUE_DISPATCHED: ("unit", "grade", "urgency", "audience", "category", "round"),
    names.ISSUE_HANDED_OVER: ("unit", "grade"),
    names.ISSUE_REOPENED: ("unit", "round"),
    names.URGENCY_CHANGED: ("urgency",),
    names.SECRECY_CHANGED: ("secrecy",),
    names.ISSUE_HANDLED: ("outcome", "reply"),
    names.ISSUE_CLOSED: ("reply",),
    names.ISSUE_ANSWERED: ("reply",),
    names.ISSUE_REFUSED: ("reply",),
    names.ISSUE_MERGED: ("reply",),
    names.ISSUE_FORWARDED: ("reply",),
    names.MEDIATION_OFFERED: ("reply",),
    names.REOPEN_DECLINED: ("reply",),
    names.PETITION_REVIEW_DECIDED: ("reply",),
    names.SUPPLEMENT_ASKED: ("answer_by",),
}
"""What each event says of the issue as it stands from then on; what it leaves empty stays as it was."""
_CODE = re.compile(r"[A-Za-z0-9_.:@+-]{1,80}")


def evolve(state: State, event: Event) -> State:
    """Fold one event. Own events and others' touch different parts, so their order among each other is the same."""
    if event.type in OWN:
        told = {**state.get("told", {}), event.data["delivery"]: event.data["state"]}
        after = {**state, "told": dict([*told.items()][-REPORTS:])}
        return after if event.data.get("reason") != NOWHERE else {**after, "nowhere": _with(state, event.data)}
    before: Facts = state.get("facts", {})
    if _outranked(before, event):
        return state
    facts = _after(before, event)
    after = {**state, "facts": facts}
    if event.type in TELLING:
        after["recent"] = [*state.get("recent", []), telling(facts, event)][-RECENT:]
    return after


def _with(state: State, report: Mapping[str, Any]) -> list[str]:
    return sorted({*state.get("nowhere", ()), report["recipient"]})


def telling(facts: Facts, event: Event) -> Telling:
    plain = {name: value for name, value in facts.items() if name not in WORDS and not isinstance(value, dict)}
    free = FREE_TEXTS.get(event.type, {})
    body = {name: value for name, value in event.data.items() if name not in free and _is_plain(value)}
    alone = {"by_itself": True} if (event.data.get("by") or {}).get("role") == "system" else {}
    return {"id": event.id, "type": event.type, "at": instant(event.time), "facts": {**plain, **body, **alone}}


def _after(before: Facts, event: Event) -> Facts:
    data = event.data
    taken = {name: value for name in _TAKEN.get(event.type, ()) if (value := data.get(name)) is not None}
    if taken.get("reply") == WITHHELD:
        del taken["reply"]
    if "reply" in taken:
        taken["reply"] = taken["reply"][:REPLY]
    match event.type:
        case names.ISSUE_SUBMITTED:
            filer = data.get("filer") or {}
            more = {"town": (data.get("place") or {}).get("town"), "filer": filer.get("kind"), "user": filer.get("id")}
            taken |= {name: value for name, value in more.items() if value}
        case names.ISSUE_SUPPLEMENTED if isinstance(data.get("contact"), int):
            known = before.get("contact")
            taken["contact"] = max(data["contact"], known if isinstance(known, int) else 0)
        case names.ISSUE_RETURNED if data.get("interim"):
            taken["unit"] = data["interim"]
        case names.UNIT_SUCCEEDED:
            taken |= _succeeded(before, data["from_unit"], data["unit"])
        case names.CATEGORY_SUCCEEDED if before.get("category") == data["from_category"]:
            taken["category"] = data["category"]
        case names.CONTACT_CORRECTED:
            taken["corrected"] = data["version"]
        case names.ISSUE_REGISTERED:
            taken |= {"unit": data["owner"], "sponsor": data.get("sponsor"), "sponsored": bool(data.get("sponsor"))}
            taken["resting"] = False
        case names.ISSUE_FORWARDED:
            taken |= {"forwarded": True, **({"forwarded_to": data["to"]} if data["to"] != WITHHELD else {})}
        case names.ISSUE_ANSWERED | names.ISSUE_REFUSED:
            taken["may_object"] = bool(data.get("objection_until") or data.get("appeal_until"))
            taken["settled"] = {"type": event.type, "at": instant(event.time)}
        case names.ISSUE_SUSPENDED:
            taken |= {"rested": event.id, "resting": True}
        case names.ISSUE_RESUMED:
            taken["resting"] = False
        case names.PARTY_DECEASED:
            taken["deceased"] = not data["mistaken"]
        case names.DEADLINE_SET if data.get("about") is None:
            limits = before.get("limits", {})
            taken["limits"] = {**limits, data["clock"]: {"at": data["limit"], "unit": data["unit"]}}
            if data.get("grade"):
                taken["grade"] = data["grade"]
        case type if type in ASSIGNMENTS:
            taken["assignment"], taken["by_desk"] = _rank(event)
            taken["alarmed"] = [one["unit"] for one in data.get("also", ()) if one["part"] in ALARMED]
        case names.SECRECY_CHANGED if data["secrecy"] in SECRET:
            before = {name: value for name, value in before.items() if name not in WORDS}
    return {**before, **taken, **noted(before, event)}


def _succeeded(facts: Facts, former: str, heir: str) -> dict[str, Any]:
    alarmed = [heir if unit == former else unit for unit in facts.get("alarmed", ())]
    lead = {"unit": heir} if facts.get("unit") == former else {}
    return {"alarmed": alarmed, "heirs": heirs(facts, former, heir), **lead}


def heirs(facts: Facts, former: str, heir: str) -> dict[str, str]:
    """Name who goes on for each unit that is no more, now that one follows on another."""
    followed = {**facts.get("heirs", {}), former: former}
    after = {unit: heir if last == former else last for unit, last in followed.items()}
    return {unit: last for unit, last in after.items() if unit != last}


def _outranked(facts: Facts, event: Event) -> bool:
    """Tell whether an assignment says nothing new: the higher number counts, at equal numbers desk's."""
    if event.type not in ASSIGNMENTS:
        return False
    return _rank(event) <= (facts.get("assignment", 0), facts.get("by_desk", False))


def _rank(event: Event) -> tuple[int, bool]:
    return event.data["assignment"], event.type != names.ISSUE_ASSIGNED


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int) or (isinstance(value, str) and _CODE.fullmatch(value) is not None)
