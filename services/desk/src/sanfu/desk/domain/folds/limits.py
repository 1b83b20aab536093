"""What desk tells of pauses, extensions, grade, urgency, secrecy, exemptions."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant, moment
from sanfu.desk.domain.rounds import in_round, reached
from sanfu.desk.domain.secrecy import SECRET, WITHHELD, hushed
from sanfu.desk.domain.state import Case, Change, Fold, standing, waiting
from sanfu.desk.domain.table import CONTACTED, FOLLOWED_UP, IN_REVIEW


def _suspended(case: Case, event: Event) -> Change:
    data = event.data
    suspension = {"at": instant(event.time), **{key: data[key] for key in ("by", "reason", "text", "until")}}
    suspension |= {"left": case["state"] if case["state"] == IN_REVIEW else None}
    return {"suspension": suspension, **waiting(case, resume=data["until"])}


def _resumed(case: Case, event: Event) -> Change:
    """It goes on from where it stood; where a unit leads, from where that has come."""
    return {**rested(case, event), "state": IN_REVIEW if standing(case) == IN_REVIEW else reached(case)}


def rested(case: Case, event: Event) -> Change:
    """It rests no longer."""
    rested = (event.time - moment(case["suspension"]["at"])) // timedelta(milliseconds=1)
    return {"suspension": None, "rested_ms": case["rested_ms"] + rested, **waiting(case, resume=None)}


def _extension_asked(case: Case, event: Event) -> Change:
    data = event.data
    return {"extension": {"at": instant(event.time), **data}, **waiting(case, decide_extension=data["decide_by"])}


def _extension_decided(case: Case, event: Event) -> Change:
    data = event.data
    decided = {key: data[key] for key in ("clock", "granted", "until", "number", "round", "by")}
    past = [*case["extensions"], {"at": instant(event.time), **decided}]
    return {"extension": None, "extensions": past, **waiting(case, decide_extension=None)}


def _grade_asked(case: Case, event: Event) -> Change:
    return {"grade_asked": {"at": instant(event.time), **event.data}}


def _grade_changed(case: Case, event: Event) -> Change:
    return {"grade": event.data["grade"], "grade_asked": None, **in_round(case, grade_changed=True)}


def _grade_kept(case: Case, event: Event) -> Change:
    return {"grade_asked": None}


def _urgency(case: Case, event: Event) -> Change:
    return {"urgency": event.data["urgency"], "spoken": None}


def _flags(case: Case, event: Event) -> Change:
    return {"flags": event.data["flags"]}


def _secrecy(case: Case, event: Event) -> Change:
    """Of what becomes confidential nothing is left here that anybody wrote: the original rests with the contact, the
    rest on the shelf."""
    data = event.data
    now = {"secrecy": data["secrecy"], "confided": None}
    if data["secrecy"] not in SECRET or case["secrecy"] in SECRET:
        return now
    place = {**case["place"], "address": None}
    bare = {"title": data["title"] or WITHHELD, "text": None, "answers": {}, "place": place}
    return {**hushed(case), **bare, **now}


def _exempted(case: Case, event: Event) -> Change:
    data = event.data
    if not data["granted"]:
        return {}
    exempt = {**case["rounds"][-1].get("exempt", {}), data["of"]: {"at": instant(event.time), **data}}
    if data["of"] == "contact":
        return {"state": CONTACTED, **in_round(case, exempt=exempt)}
    return {"state": FOLLOWED_UP, **in_round(case, exempt=exempt), **waiting(case, silence=None), "need": None}


FOLDS: Final[Mapping[str, Fold]] = {
    names.ISSUE_SUSPENDED: _suspended,
    names.ISSUE_RESUMED: _resumed,
    names.EXTENSION_ASKED: _extension_asked,
    names.EXTENSION_DECIDED: _extension_decided,
    names.GRADE_CHANGE_ASKED: _grade_asked,
    names.GRADE_CHANGED: _grade_changed,
    names.GRADE_CHANGE_DECLINED: _grade_kept,
    names.URGENCY_CHANGED: _urgency,
    names.SECRECY_CHANGED: _secrecy,
    names.FLAGS_CHANGED: _flags,
    names.EXEMPTION_DECIDED: _exempted,
}
