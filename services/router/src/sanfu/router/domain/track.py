"""What the router said of an issue, and what came of it: to explain it, to learn from it, to try other rules on it.

`{asked, answers, leads, returns, rulings, alike, closed?}`, all but the first only where there is something in it. Each
list holds what one service told, in its order, so the same story gives the same track wherever the router's own events
stand in it. No text, and nobody's name: features that a decision went by are `asked` and what the state has in `said`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant

Track = Mapping[str, Any]

MOST = 12
"""Entries kept of each list: the first, and the newest."""
ASKED = ("urgency", "secrecy", "category", "complains_of")
ASSIGNED = (
    *("unit", "grade", "category", "decided_by", "reason", "rule", "score", "model", "pack", "assignment", "round"),
    "also",
)
REVIEWED = ("why", "reason", "model", "pack")
SUGGESTED = ("unit", "category", "score", "rule")
LED = ("unit", "category", "grade", "decided_by", "assignment", "round")
RETURNED = ("unit", "proposed_unit", "ground", "number", "assignment", "round")
RULED = ("unit", "number", "upheld", "charged", "round")
ALIKE = ("other", "score", "same_party", "parts")
HANDLED = frozenset({"resolved", "explained", "planned", "other_route", "unverifiable"})
"""Kinds of closing that somebody's handling led to."""


def evolve(track: Track, event: Event) -> Track:
    """Note what an event says of who leads; the same object where it says nothing of it."""
    note = _NOTES.get(event.type)
    return track if note is None else note(track, event)


def final(track: Track) -> Mapping[str, Any] | None:
    """Tell who was the right one: who led when it was closed as handled, or whom the adjudication of a return named.
    `{unit, known_by}`; None: nobody knows yet, or nobody ever led."""
    lead = last_lead(track)
    if lead and track.get("closed") in HANDLED:
        return {"unit": lead["unit"], "known_by": "handled"}
    if rulings := track.get("rulings"):
        return {"unit": rulings[-1]["unit"], "known_by": "adjudicated"}
    return None


def first_answer(track: Track) -> Mapping[str, Any] | None:
    """What the router said when the report came in."""
    answers: Sequence[Mapping[str, Any]] = track.get("answers", ())
    return answers[0] if answers else None


def last_lead(track: Track) -> Mapping[str, Any] | None:
    """The assignment that held last: the higher number counts, at equal ones desk's."""
    ours = [each for each in track.get("answers", ()) if each["what"] == "assigned"]
    both = [*((each["assignment"], 0, each) for each in ours), *_numbered(track)]
    return max(both, key=lambda each: each[:2])[2] if both else None


def returns_of(track: Track, answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The returns of what the router assigned by one answer."""
    return [
        each
        for each in track.get("returns", ())
        if each["assignment"] == answer.get("assignment") and each["unit"] == answer.get("unit")
    ]


def _numbered(track: Track) -> list[tuple[int, int, Mapping[str, Any]]]:
    return [(each["assignment"], 1 + at, each) for at, each in enumerate(track.get("leads", ()))]


# ── what each event says ─────────────────────────────────────────────────────────────────────────────────────────────


def _submitted(track: Track, event: Event) -> Track:
    return {**track, "asked": _picked(event.data, ASKED)}


def _closed(track: Track, event: Event) -> Track:
    return {**track, "closed": event.data["kind"]}


def _opened(track: Track, event: Event) -> Track:
    return {name: value for name, value in track.items() if name != "closed"}


def _entry(list_name: str, fields: Sequence[str], **more: Any) -> Callable[[Track, Event], Track]:
    def note(track: Track, event: Event) -> Track:
        return _added(track, list_name, {**more, "at": instant(event.time), **_picked(event.data, fields)})

    return note


def _review(track: Track, event: Event) -> Track:
    suggested = [_picked(each, SUGGESTED) for each in event.data.get("suggestions", ())]
    entry = {"what": "review", "at": instant(event.time), **_picked(event.data, REVIEWED), "suggestions": suggested}
    return _added(track, "answers", entry)


def _added(track: Track, list_name: str, entry: Mapping[str, Any]) -> Track:
    entries = [*track.get(list_name, ()), entry]
    return {**track, list_name: entries if len(entries) <= MOST else [entries[0], *entries[2:]]}


def _picked(data: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    return {name: value for name in fields if (value := data.get(name)) not in (None, [], {})}


_NOTES: Mapping[str, Callable[[Track, Event], Track]] = {
    names.ISSUE_SUBMITTED: _submitted,
    names.ISSUE_ASSIGNED: _entry("answers", ASSIGNED, what="assigned"),
    names.REVIEW_REQUESTED: _review,
    names.DUPLICATE_SUSPECTED: _entry("alike", ALIKE),
    names.ISSUE_DISPATCHED: _entry("leads", LED),
    names.ISSUE_HANDED_OVER: _entry("leads", LED, decided_by="hand_over"),
    names.ISSUE_RETURNED: _entry("returns", RETURNED),
    names.RETURN_ADJUDICATED: _entry("rulings", RULED),
    names.ISSUE_CLOSED: _closed,
    names.ISSUE_REOPENED: _opened,
    names.ISSUE_SEPARATED: _opened,
}
