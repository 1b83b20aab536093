"""What desk tells of the handling: the three ones, an emergency's scene and reports, returns."""

from collections.abc import Mapping
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.rounds import in_round, this_round
from sanfu.desk.domain.state import Case, Change, Fold
from sanfu.desk.domain.table import REGISTERED, SUSPENDED


def _acknowledged(case: Case, event: Event) -> Change:
    done = in_round(case, acknowledged_at=instant(event.time), acknowledged_by=event.data["by"]["id"])
    return {**done, **_rests(case)}


def _contacted(case: Case, event: Event) -> Change:
    return {**in_round(case, contact={"at": instant(event.time), **event.data}), **_rests(case)}


def _rests(case: Case) -> Change:
    """What rests, or is on the register, stays so, whatever its unit does meanwhile."""
    return {"state": case["state"]} if case["state"] in {SUSPENDED, REGISTERED} else {}


def _one(name: str) -> Fold:
    """Keep one of the three ones with its round: who, when, how, what came of it, evidence."""

    def fold(case: Case, event: Event) -> Change:
        return in_round(case, **{name: {"at": instant(event.time), **event.data}})

    return fold


def _handled(case: Case, event: Event) -> Change:
    return {"completion": None, **in_round(case, handle={"at": instant(event.time), **event.data})}


def _submitted(case: Case, event: Event) -> Change:
    return {"completion": {"at": instant(event.time), "before": case["state"], **event.data}}


def _sent_back(case: Case, event: Event) -> Change:
    """Back to where it stood; what was missing is kept with the round."""
    data = event.data
    sent = {"at": instant(event.time), "by": data["by"], "reason": data["reason"]}
    back = [*this_round(case).get("sent_back", ()), sent]
    return {"state": case["completion"]["before"], "completion": None, **in_round(case, sent_back=back[-20:])}


def _adjudicated(case: Case, event: Event) -> Change:
    return {"returned": {**case["returned"], "upheld": event.data["upheld"], "decided_at": instant(event.time)}}


def _returned(case: Case, event: Event) -> Change:
    data = event.data
    ground = {key: data[key] for key in ("unit", "ground", "proposed_unit", "text", "number", "round")}
    by = in_round(case, returned_by=[*case["rounds"][-1].get("returned_by", ()), data["unit"]])
    returned = {"at": instant(event.time), **ground, "decided_at": None}
    return {"returns": data["number"], "returned": returned, "unit": data["interim"] or data["unit"], **by}


FOLDS: Final[Mapping[str, Fold]] = {
    names.ISSUE_ACKNOWLEDGED: _acknowledged,
    names.ISSUE_CONTACTED: _contacted,
    names.SCENE_REACHED: _one("scene"),
    names.SITUATION_REPORTED: _one("report"),
    names.ISSUE_HANDLED: _handled,
    names.COMPLETION_SUBMITTED: _submitted,
    names.COMPLETION_SENT_BACK: _sent_back,
    names.ISSUE_RETURNED: _returned,
    names.RETURN_ADJUDICATED: _adjudicated,
}
