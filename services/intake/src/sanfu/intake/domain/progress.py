"""How far an issue has come, for its receipt: a state and dates, read from the story. No unit, no text."""

from collections.abc import Mapping
from typing import Any

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.intake.domain.secrecy import HIDDEN

State = Mapping[str, Any]

PATH = ("submitted", "in_review", "assigned", "acknowledged", "contacted", "handled", "followed_up", "closed")

ONWARD: Mapping[str, str] = {
    names.REVIEW_REQUESTED: "in_review",
    names.ISSUE_ACKNOWLEDGED: "acknowledged",
    names.ISSUE_CONTACTED: "contacted",
}
"""Steps on the path. An assisting unit's acknowledgement, coming later, leads nobody back."""

TURNS: Mapping[str, str] = {
    names.ISSUE_ASSIGNED: "assigned",
    names.ISSUE_DISPATCHED: "assigned",
    names.ISSUE_HANDED_OVER: "assigned",
    names.ISSUE_RETURNED: "in_review",
    names.ISSUE_HANDLED: "handled",
    names.ISSUE_FOLLOWED_UP: "followed_up",
    names.SUPPLEMENT_ASKED: "awaiting_party",
    names.ISSUE_ANSWERED: "answered",
    names.ISSUE_REFUSED: "refused",
    names.ISSUE_FORWARDED: "forwarded",
    names.ISSUE_MERGED: "merged",
    names.HEAD_HANDLED: "handled",
    names.HEAD_VOIDED: "merged",
    names.ISSUE_SEPARATED: "in_review",
    names.ISSUE_SUSPENDED: "suspended",
    names.ISSUE_REGISTERED: "registered",
    names.OBJECTION_RAISED: "in_review",
    names.COMPLETION_VOIDED: "assigned",
    names.ISSUE_CLOSED: "closed",
    names.ISSUE_WITHDRAWN: "withdrawn",
    names.REOPEN_REQUESTED: "reopen_requested",
    names.REOPEN_DECLINED: "closed",
    names.PETITION_REVIEW_ASKED: "petition_review",
    names.PETITION_REVIEW_DECIDED: "closed",
    names.ISSUE_REOPENED: "assigned",
}
"""What sets the state, wherever the issue stood."""

BACK = frozenset({names.ISSUE_RESUMED, names.ISSUE_SUPPLEMENTED})
"""What ends a rest: the issue stands again where it stood."""
RESTS = frozenset({"suspended", "awaiting_party"})
AGAIN = frozenset({names.ISSUE_REOPENED, names.COMPLETION_VOIDED, names.OBJECTION_RAISED, names.HEAD_VOIDED})
UNDONE = ("handled", "followed_up", "answered", "refused", "closed")
"""Steps that are then as if they had not been: their dates go."""

KNOWN = frozenset(
    {
        *(*ONWARD, *TURNS, *BACK),
        *(names.DEADLINE_SET, names.SECRECY_CHANGED, names.URGENCY_CHANGED, names.CONTACT_CORRECTED),
        names.CATEGORY_SUCCEEDED,
    }
)


def moved(state: State, event: Event) -> State:
    """Fold one event of the issue's life into its state and dates."""
    match event.type:
        case names.DEADLINE_SET:
            handling = event.data["clock"] == "handling"
            return {**state, "due_at": event.data["limit"]} if handling else state
        case names.SECRECY_CHANGED:
            return {**state, **_hidden(state, event), "secrecy": event.data["secrecy"], "secrecy_spoken": None}
        case names.URGENCY_CHANGED:
            return {**state, "urgency": event.data["urgency"]}
        case names.CONTACT_CORRECTED:
            return {**state, "corrected": event.data["version"]}
        case names.ISSUE_SUPPLEMENTED:
            rests = {"contact": event.data["contact"]} if event.data["contact"] != "none" else {}
            heard = event.data.get("secrecy")  # until desk has heard it, too, nothing else is told either
            spoken = {"secrecy_spoken": heard} if heard in HIDDEN else {}
            return {**_stepped(state, event), "supplements": event.data["number"], **rests, **spoken}
        case names.CATEGORY_SUCCEEDED:
            return state
        case _:
            return _stepped(state, event)


def _hidden(state: State, event: Event) -> dict[str, Any]:
    """Of what becomes confidential no word is kept here: the original rests with the contact, or on desk's shelf."""
    data, said = event.data, state.get("submission")
    if said is None or data["secrecy"] not in HIDDEN or state["secrecy"] in HIDDEN:
        return {}
    place = {**said["place"], "address": None}
    bare: dict[str, Any] = {
        "title": data["title"] or "—",
        "text": None,
        "answers": {},
        "place": place,
        "attachments": [],
    }
    return {"submission": {**said, **bare}}


def _stepped(state: State, event: Event) -> State:
    before: str = state["state"]
    if event.type in BACK:
        return {**state, "state": state.get("rested_from", before)} if before in RESTS else state
    if event.type in ONWARD:
        step = ONWARD[event.type]
        if before in RESTS and "rested_from" in state:  # what is done meanwhile is how it stands when it goes on
            gone = _stepped({**state, "state": state["rested_from"]}, event)
            return {**gone, "state": before, "rested_from": gone["state"]}
        if before not in PATH or PATH.index(step) <= PATH.index(before):
            return state
    else:
        step = TURNS[event.type]
    dates = {name: at for name, at in state["dates"].items() if event.type not in AGAIN or name not in UNDONE}
    dates[step] = dates.get(step, instant(event.time)) if step == "assigned" else instant(event.time)
    rested = {"rested_from": before} if step in RESTS and before not in RESTS else {}
    return {**state, "state": step, "dates": dates, **rested}


def shown(state: State) -> dict[str, Any]:
    """Return what the bearer of a receipt number may know: of a sealed issue, that it was handed over."""
    receipt = {"receipt": state["receipt"], "received_at": state["received_at"]}
    if state["secrecy"] == "sealed":
        return {**receipt, "state": "handed_over", "dates": {}, "due_at": None}
    return {**receipt, "state": state["state"], "dates": state["dates"], "due_at": state.get("due_at")}
