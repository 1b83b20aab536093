"""What the router keeps of an issue's story: `{said, standing, track, waiting?, suspected?}`.

`said` is what routing and a unit's first record need of the report itself; `standing` who has which part (see
`standing`); `waiting` what is not answered yet (see `waiting`); `suspected` the issues that it was found to repeat;
`track` what the router said of it, and what came of that (see `track`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.router.domain import track as tracks
from sanfu.router.domain import waiting as open_questions
from sanfu.router.domain.standing import NEW, Move, Standing, fold
from sanfu.router.domain.withheld import MARK
from sanfu.runtime.rules import State

SERVICE = "router"
SECRET = ("confidential", "sealed")
MOST_SUSPECTED = 50
MOST_ANSWERED, SHORT_ANSWER = 2000, 100
"""Characters kept of all answers, and of one of them where all are more."""
ROOM = 60_000
"""Bytes of text kept of the report and its supplements: the state stays below 64 KiB."""

SAID = (
    *("receipt", "channel", "reported_at", "limit_asked", "audience", "kind", "flags", "party_kind", "language"),
    *("title", "text", "place", "category", "unit", "complains_of", "answers", "attachments", "party_code", "joins"),
)
"""Of IssueSubmitted; nothing that names a person. The code of a firm or village is compared, and told to no unit."""
TEXTS = ("text", "answers", "attachments", "supplements")

READ = frozenset(
    {
        names.ISSUE_SUBMITTED, names.ISSUE_SUPPLEMENTED, names.ISSUE_DISPATCHED, names.ISSUE_ANSWERED,
        names.ISSUE_REFUSED, names.ISSUE_FORWARDED, names.ISSUE_MERGED, names.SUPPORTER_ADDED, names.REMINDER_ADDED,
        names.SUPPLEMENT_ASKED, names.SUPPLEMENT_REMINDED, names.MEDIATION_OFFERED, names.REFUSAL_PROPOSED,
        names.REFUSAL_DECLINED, names.OBJECTION_RAISED, names.ISSUE_ACKNOWLEDGED, names.ISSUE_CONTACTED,
        names.SCENE_REACHED, names.SITUATION_REPORTED, names.ISSUE_HANDLED, names.ISSUE_RETURNED,
        names.RETURN_ADJUDICATED, names.ASSIST_ASKED, names.ASSIST_DONE, names.ISSUE_COPIED, names.ISSUE_HANDED_OVER,
        names.REPLY_REFUSED, names.UNIT_SUCCEEDED, names.CATEGORY_SUCCEEDED,
        names.HANDOVER_OFFERED, names.HANDOVER_DECLINED, names.COMPLAINT_NOTED,
        names.COMPLETION_SUBMITTED, names.COMPLETION_SENT_BACK,
        names.GRADE_CHANGE_DECLINED,
        names.ISSUE_SUSPENDED, names.ISSUE_RESUMED, names.ISSUE_REGISTERED, names.EXTENSION_ASKED,
        names.EXTENSION_DECIDED, names.GRADE_CHANGE_ASKED, names.GRADE_CHANGED, names.URGENCY_CHANGED,
        names.SECRECY_CHANGED, names.EXEMPTION_DECIDED, names.ISSUE_FOLLOWED_UP, names.COMPLETION_VOIDED,
        names.ISSUE_CLOSED, names.ISSUE_WITHDRAWN, names.REOPEN_REQUESTED, names.ISSUE_REOPENED,
        names.ERRAND_PLANNED, names.ERRAND_STEPPED,
        names.PETITION_ADMITTED, names.PETITION_REVIEW_ASKED, names.PETITION_REVIEW_DECIDED,
        names.REOPEN_DECLINED, names.PARTY_DECEASED, names.CONTACT_CORRECTED, names.FLAGS_CHANGED, names.AFFAIR_NOTED,
        names.INSTRUCTION_GIVEN, names.MILESTONE_REACHED,
        names.REGISTER_REPORTED, names.HEAD_HANDLED, names.HEAD_VOIDED, names.ISSUE_SEPARATED,
        names.DEADLINE_SET, names.LIGHT_CHANGED, names.ESCALATION_RAISED,
    }
)  # fmt: skip
"""Other services' events of an issue that a unit may hear of, or that change who hears of them."""
WRITTEN = frozenset({names.ISSUE_ASSIGNED, names.REVIEW_REQUESTED, names.DUPLICATE_SUSPECTED})
ENDS = frozenset(
    {names.ISSUE_ANSWERED, names.ISSUE_REFUSED, names.ISSUE_FORWARDED, names.ISSUE_MERGED, names.ISSUE_WITHDRAWN}
)
"""After these nothing is routed any more; the parts last until it is closed."""


def evolve(state: State, event: Event) -> State:
    """Fold one event. The order of the router's own events among the others does not matter, their causes do."""
    if event.type == names.DUPLICATE_SUSPECTED:  # a matter of the review: no unit hears of it, nothing was asked
        found = [*state.get("suspected", ()), event.data["other"]][-MOST_SUSPECTED:]
        return {**state, "suspected": found, "track": tracks.evolve(state.get("track", {}), event)}
    standing: Standing = state.get("standing", NEW)
    waiting: open_questions.Waiting | None = state.get("waiting")
    move = _move(event)
    if event.source == SERVICE:
        after, left = open_questions.answered(waiting, standing, event.causation, move)
    else:
        after = fold(standing, move)
        left = open_questions.heard(waiting, standing, event.id, move, _question(event))
    told: dict[str, Any] = {"said": _said(state.get("said", {}), event), "standing": after}
    if track := tracks.evolve(state.get("track", {}), event):
        told["track"] = track
    if suspected := state.get("suspected"):
        told["suspected"] = suspected
    return told if left is None else {**told, "waiting": left}


# ── what calls for an answer ─────────────────────────────────────────────────────────────────────────────────────────


def _question(event: Event) -> open_questions.Question | None:
    """Say what an event may ask of the router; whether it does depends on where the issue stands."""
    data = event.data
    match event.type:
        case names.ISSUE_SUBMITTED:
            return {"cause": event.id, "what": "submitted"}
        case names.ISSUE_RETURNED:
            asked = {name: data[name] for name in ("unit", "proposed_unit", "number", "assignment")}
            return {"cause": event.id, "what": "returned", **asked}
        case names.URGENCY_CHANGED if data["urgency"] == "emergency":
            return {"cause": event.id, "what": "alarmed"}
    return None


# ── what was said ────────────────────────────────────────────────────────────────────────────────────────────────────


def _said(said: Mapping[str, Any], event: Event) -> Mapping[str, Any]:
    data = event.data
    match event.type:
        case names.ISSUE_SUBMITTED:
            return {**_report(data), "submitted_at": instant(event.time)}
        case names.ISSUE_SUPPLEMENTED:
            return _supplemented(said, data)
        case names.COMPLAINT_NOTED:
            return {**said, "complains_of": [*said.get("complains_of", ()), *data["units"]]}
        case names.FLAGS_CHANGED:
            return {**said, "flags": data["flags"]}
        case names.SECRECY_CHANGED if data["secrecy"] in SECRET:
            if data["before"] in SECRET:
                return said
            kept = {name: value for name, value in said.items() if name not in TEXTS}
            place = {"place": {**said["place"], "address": None}} if said.get("place") else {}
            return {**kept, **place, "title": data.get("title") or MARK}
    return said


def _report(data: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: value for name in SAID if (value := data.get(name))}
    if len(str(said.get("answers", ""))) > MOST_ANSWERED:
        said["answers"] = _briefly(said["answers"])
    if "text" in said:
        said["text"] = _cut(said["text"], ROOM)
    return said


def _briefly(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the short answers, which rules ask for; the channel has them all, and a state has no room for any length."""
    short = {code: answer for code, answer in answers.items() if len(str(answer)) <= SHORT_ANSWER}
    return short if len(str(short)) <= MOST_ANSWERED else {}


def _supplemented(said: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    earlier = said.get("supplements", [])
    used = sum(len(each["text"].encode()) for each in (said, *earlier) if each.get("text"))
    text = _cut(data.get("text") or "", max(0, ROOM - used))
    more = {"number": data["number"], "reported_at": data["reported_at"], "text": text}
    if data.get("attachments"):
        more["attachments"] = data["attachments"]
    return {**said, "supplements": [*earlier, more][-50:]}


def _cut(text: str, room: int) -> str:
    if len(text) * 4 <= room:
        return text
    whole = text.encode()
    return text if len(whole) <= room else whole[:room].decode(errors="ignore") + "…"


# ── what it changes ──────────────────────────────────────────────────────────────────────────────────────────────────

NOTED: Move = {"do": "note"}


def _move(event: Event) -> Move:
    make = _MOVES.get(event.type)
    return NOTED if make is None else make(event.data)


def _led(data: Mapping[str, Any], *, desk: bool) -> Move:
    return {
        "do": "lead", "unit": data["unit"], "assignment": data["assignment"], "desk": desk,
        "round": data.get("round", 1), "grade": data["grade"], "category": data.get("category"),
        "urgency": data["urgency"], "also": [[told["unit"], told["part"]] for told in data.get("also", ())],
    }  # fmt: skip


def _changed(*fields: str, **more: Any) -> Callable[[Mapping[str, Any]], Move]:
    return lambda data: {"do": "change", "to": {**{name: data.get(name) for name in fields}, **more}}


def _copied(data: Mapping[str, Any]) -> Move:
    return {"do": "leave" if data.get("ends") else "part", "unit": data["unit"], "part": "copy"}


_HANDED = ("unit", "assignment", "grade", "round")

_MOVES: dict[str, Callable[[Mapping[str, Any]], Move]] = {
    names.ISSUE_SUBMITTED: _changed("urgency", "secrecy", "category"),
    names.ISSUE_ASSIGNED: lambda data: _led(data, desk=False),
    names.ISSUE_DISPATCHED: lambda data: _led(data, desk=True),
    names.ISSUE_HANDED_OVER: lambda data: {"do": "lead", "desk": True, **{n: data[n] for n in _HANDED}},
    names.UNIT_SUCCEEDED: lambda data: {"do": "succeed", "from": data["from_unit"], "unit": data["unit"]},
    names.CATEGORY_SUCCEEDED: lambda data: {"do": "rename", "from": data["from_category"], "to": data["category"]},
    names.ISSUE_REOPENED: lambda data: {"do": "lead", "unit": data["unit"], "round": data["round"]},
    names.COMPLETION_VOIDED: lambda data: {"do": "lead", "unit": data["unit"], "round": data["round"]},
    names.ISSUE_RETURNED: lambda data: {"do": "return", "unit": data["unit"], "interim": data.get("interim")},
    names.ASSIST_ASKED: lambda data: {"do": "part", "unit": data["unit"], "part": f"assist:{data['number']}"},
    names.ASSIST_DONE: lambda data: {"do": "leave", "unit": data["unit"], "part": f"assist:{data['number']}"},
    names.HANDOVER_OFFERED: lambda data: {"do": "part", "unit": data["unit"], "part": "offer"},
    names.HANDOVER_DECLINED: lambda data: {"do": "leave", "unit": data["unit"], "part": "offer"},
    names.ISSUE_COPIED: _copied,
    names.REPLY_REFUSED: lambda data: {"do": "tell", "unit": data["unit"]},
    names.ISSUE_CLOSED: lambda _: {"do": "close"},
    names.OBJECTION_RAISED: _changed(over=False),
    names.ISSUE_SEPARATED: _changed(over=False),
    names.GRADE_CHANGED: _changed("grade"),
    names.URGENCY_CHANGED: _changed("urgency"),
    names.SECRECY_CHANGED: _changed("secrecy"),
    **{type: _changed(over=True) for type in ENDS},
}
