"""What desk tells of the pre-review."""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.rounds import by_itself, led
from sanfu.desk.domain.state import Case, Change, Fold, waiting


def _dispatched(case: Case, event: Event) -> Change:
    waits = waiting(case, remind_supplement=None, close_incomplete=None)
    return {**led(case, event), **waits, "refusal": None, "question": None}


def _settled(what: str, until: str | None = None) -> Fold:
    """Answered, refused or forwarded: the reply is what the party gets. Keep who decided it: nobody of them decides
    about an objection."""

    def fold(case: Case, event: Event) -> Change:
        people = [event.data["by"]["id"], *([event.data["second"]] if event.data.get("second") else [])]
        more: dict[str, Any] = {"what": what, "until": event.data[until] if until else None, "people": people}
        told = {name: value for name, value in event.data.items() if name != "concerns"}
        return {"settled": {"at": instant(event.time), **told, **more}, "refusal": None, **by_itself(case)}

    return fold


def _proposed(case: Case, event: Event) -> Change:
    return {"refusal": {"at": instant(event.time), **event.data}}


def _mediation(case: Case, event: Event) -> Change:
    return {"mediation": {"at": instant(event.time), **event.data}}


def _declined(case: Case, event: Event) -> Change:
    return {"refusal": None}


def _asked(case: Case, event: Event) -> Change:
    data = event.data
    waits = waiting(case, remind_supplement=data["remind_at"], close_incomplete=data["answer_by"])
    question = {"at": instant(event.time), "question": data["question"], "fields": data["fields"]}
    return {**waits, "asked": data["number"], "question": question}


def _reminded(case: Case, event: Event) -> Change:
    return waiting(case, remind_supplement=None)


def _objected(case: Case, event: Event) -> Change:
    objection = {"objection": {"at": instant(event.time), **event.data}}
    return {**objection, "objections": event.data["number"], "closed": None, "review": None}


FOLDS: Final[Mapping[str, Fold]] = {
    names.ISSUE_DISPATCHED: _dispatched,
    names.ISSUE_ANSWERED: _settled("answer", "objection_until"),
    names.ISSUE_REFUSED: _settled("refusal", "appeal_until"),
    names.ISSUE_FORWARDED: _settled("forwarding"),
    names.MEDIATION_OFFERED: _mediation,
    names.REFUSAL_PROPOSED: _proposed,
    names.REFUSAL_DECLINED: _declined,
    names.SUPPLEMENT_ASKED: _asked,
    names.SUPPLEMENT_REMINDED: _reminded,
    names.OBJECTION_RAISED: _objected,
}
