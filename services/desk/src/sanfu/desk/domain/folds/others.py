"""What intake, router and sla tell."""

from collections.abc import Mapping
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.folds.assisting import lit, timed
from sanfu.desk.domain.rounds import led
from sanfu.desk.domain.secrecy import SECRET
from sanfu.desk.domain.state import Case, Change, Fold, waiting
from sanfu.desk.domain.table import AWAITING, IN_REVIEW, SUBMITTED

_TAKEN: Final = (
    "receipt", "title", "text", "channel", "audience", "kind", "urgency", "secrecy", "flags", "party_kind",
    "party_code", "filer", "contact", "contact_of", "may_name_me", "language", "place", "category", "complains_of",
    "attachments", "reported_at", "limit_asked", "answers",
)  # fmt: skip


def _submitted(case: Case, event: Event) -> Change | None:
    if case:
        return None
    data = event.data
    return {
        **{key: data.get(key) for key in _TAKEN},
        "submitted_at": instant(event.time), "town": data["place"]["town"], "wished": data.get("unit"),
        "state": SUBMITTED, "open": True, "round": 1, "unit": None, "units": [], "assignment": 0, "grade": None,
        "returns": 0, "returned": None, "beside": [], "assists": [], "copies": [], "offer": None, "rounds": [],
        "suspension": None, "rested_ms": 0, "extension": None, "extensions": [], "grade_asked": None,
        "completion": None, "clocks": {}, "suspected": [], "supplements": [], "review": None, "closed": None,
        "waits": {}, "asked": 0, "question": None, "refusal": None, "settled": None, "objections": 0, "objection": None,
        "need": None, "unsatisfied": [], "declined": [], "request": None, "withdrawal": None, "deceased": False,
        "reminders": {"count": 0, "last": None, "party": None}, "reminded": False, "supporters": [],
        "supporter_codes": [], "supporter_marks": [], "admitted": None, "review_asked": None, "petition_reviews": [],
        "errand": None, "mediation": None, "corrected": 0,
        "merged": [], "head": None, "merging": None, "head_handled": None, "affairs": {}, "instructions": 0,
        "found_on": None, "says_found_on": data.get("found_on"),
        "register": None, "sponsor": None, "informed": {}, "untold": [],
    }  # fmt: skip


def _supplemented(case: Case, event: Event) -> Change:
    """What was added while intake did not know yet that it is confidential is not kept either."""
    data = event.data
    text = None if case["secrecy"] in SECRET else data.get("text")
    files = [one["id"] for one in data["attachments"]]
    more: Change = {"text": text, "at": data["reported_at"], **({"attachments": files} if files else {})}
    contact = data["contact"] if data["contact"] != "none" else case["contact"]
    answered = {"state": IN_REVIEW, "question": None} if case["state"] == AWAITING else {}
    return {
        **waiting(case, remind_supplement=None, close_incomplete=None),
        **answered,
        "supplements": [*case["supplements"], more],
        "attachments": [*case["attachments"], *data["attachments"]],
        "contact": contact,
    }


def _assigned(case: Case, event: Event) -> Change | None:
    """Router's word counts if its number is higher than any seen: at equal ones desk's own stands."""
    if not case["open"] or event.data["assignment"] <= case["assignment"]:
        return None
    waits = waiting(case, remind_supplement=None, close_incomplete=None)
    return {**led(case, event), **waits, "question": None, "state": "assigned"}


def _review(case: Case, event: Event) -> Change | None:
    if case["state"] not in {SUBMITTED, "returned"}:
        return None
    data = event.data
    wanted = {**{key: data[key] for key in ("why", "reason", "suggestions")}, "place": data.get("place")}
    return {"state": IN_REVIEW, "review": wanted}


def _suspected(case: Case, event: Event) -> Change:
    found = {key: event.data[key] for key in ("other", "same_party", "score", "parts", "reason")}
    return {"suspected": [*case["suspected"], found][-20:]}


def _deadline(case: Case, event: Event) -> Change | None:
    data = event.data
    if data["about"]:
        return timed(case, data)
    known = case["clocks"].get(data["clock"])
    if known and known["version"] >= data["version"]:
        return None
    clock = {key: data[key] for key in ("version", "round", "unit", "limit", "yellow")}
    level = known["level"] if known and known["round"] == data["round"] else "none"
    change: Change = {"clocks": {**case["clocks"], data["clock"]: {**clock, "level": level}}}
    if data["clock"] == "handling":
        change["rounds"] = [{**r, "limit": data["limit"]} if r["round"] == data["round"] else r for r in case["rounds"]]
    return change


def _light(case: Case, event: Event) -> Change | None:
    data = event.data
    if data["skipped"]:
        return {}
    if data["about"]:
        return lit(case, data)
    known = case["clocks"].get(data["clock"])
    if known is None or known["version"] > data["version"]:
        return None
    return {"clocks": {**case["clocks"], data["clock"]: {**known, "level": data["level"], "late_by": data["late_by"]}}}


def _climbed(case: Case, event: Event) -> Change:
    """The history says who heard of it."""
    return {}


FOLDS: Final[Mapping[str, Fold]] = {
    names.ISSUE_SUBMITTED: _submitted,
    names.ISSUE_SUPPLEMENTED: _supplemented,
    names.ISSUE_ASSIGNED: _assigned,
    names.REVIEW_REQUESTED: _review,
    names.DUPLICATE_SUSPECTED: _suspected,
    names.DEADLINE_SET: _deadline,
    names.LIGHT_CHANGED: _light,
    names.ESCALATION_RAISED: _climbed,
}
