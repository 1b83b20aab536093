"""What desk tells of what parties say of their own accord."""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.folds.following import dissatisfied
from sanfu.desk.domain.folds.telling import reached_anew
from sanfu.desk.domain.state import Case, Change, Fold, waiting
from sanfu.desk.domain.table import AWAITING, IN_REVIEW


def _reminded(case: Case, event: Event) -> Change:
    data, at = event.data, instant(event.time)
    party = at if data["by"]["role"] == "party" else case["reminders"]["party"]
    change: Change = {
        "reminders": {"count": data["number"], "last": at, "party": party},
        "reminded": case["reminded"] or data["for_office"],
    }
    if data["text"]:
        change["supplements"] = [*case["supplements"], {"text": data["text"], "at": at}]
    return change


def _supported(case: Case, event: Event) -> Change:
    """A party's code is kept, so that it is counted once, by whatever issue it comes."""
    data = event.data
    codes = [code for code in (data.get("party_code"),) if code]
    return {
        "supporters": [*case["supporters"], data["issue"]],
        "supporter_codes": [*case["supporter_codes"], *codes],
        "supporter_marks": [*case.get("supporter_marks", ()), *data.get("party_marks", ())],
        "flags": [*case["flags"], *(flag for flag in data.get("flags", ()) if flag not in case["flags"])],
    }


def _requested(case: Case, event: Event) -> Change:
    return {"request": {"at": instant(event.time), **event.data}, **dissatisfied(case)}


def _asked_back(case: Case, event: Event) -> Change:
    return {"withdrawal": {"at": instant(event.time), **event.data}}


def _goes_on(case: Case, event: Event) -> Change:
    return {"withdrawal": None}


def _deceased(case: Case, event: Event) -> Change:
    """Nobody waits any more for what a dead party was asked."""
    gone: dict[str, Any] = {"deceased": not event.data["mistaken"]}
    if case["state"] == AWAITING and gone["deceased"]:
        gone |= {"state": IN_REVIEW, "question": None, **waiting(case, remind_supplement=None, close_incomplete=None)}
    return gone


def _corrected(case: Case, event: Event) -> Change:
    """There is a contact from now on, also where none came in."""
    known = case["contact"] if case["contact"] != "none" else 0
    whose = case.get("contact_of")
    reached = {} if whose is None else {"contact_of": list(dict.fromkeys(("party", *whose)))}
    anew = reached_anew(case, instant(event.time)) if {"phone", "email"} & {*event.data["fields"]} else {}
    return {"corrected": event.data["version"], "contact": known, **reached, **anew}


FOLDS: Final[Mapping[str, Fold]] = {
    names.REMINDER_ADDED: _reminded,
    names.SUPPORTER_ADDED: _supported,
    names.REOPEN_REQUESTED: _requested,
    names.WITHDRAWAL_ASKED: _asked_back,
    names.WITHDRAWAL_DECLINED: _goes_on,
    names.PARTY_DECEASED: _deceased,
    names.CONTACT_CORRECTED: _corrected,
}
