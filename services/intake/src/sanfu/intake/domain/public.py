"""What everybody may know of an issue that is open to all: kept beside its receipt's state, from the same story.

Nothing is kept here of what is confidential or sealed; and what was so once is never shown again, for what was said of
it meanwhile was not said to everybody.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.intake.domain.progress import AGAIN
from sanfu.intake.domain.secrecy import HIDDEN

State = Mapping[str, Any]

MOST: Final = 20
"""Updates that are kept of one issue, the newest: its document has 256 KiB, and its text is in it."""
LONGEST_REPLY: Final = 4000
LONGEST_UPDATE: Final = 1000
"""Characters of a reply: of the last one, and of each in the list of updates."""

LEADS: Final = frozenset({names.ISSUE_ASSIGNED, names.ISSUE_DISPATCHED, names.ISSUE_HANDED_OVER})
REPLIES: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *(names.ISSUE_HANDLED, names.HEAD_HANDLED, names.ISSUE_ANSWERED, names.ISSUE_REFUSED),
            *(names.ISSUE_FORWARDED, names.ISSUE_MERGED, names.ISSUE_CLOSED, names.REOPEN_DECLINED),
            names.PETITION_REVIEW_DECIDED,
        ),
        "reply",
    ),
    names.REGISTER_REPORTED: "report",
}
"""What is told of an issue to everybody, and in which field."""
VOID: Final = frozenset({names.COMPLETION_VOIDED, names.HEAD_VOIDED})
"""After these, what was replied when it was handled last was never so."""
OVERTAKEN: Final = frozenset({*AGAIN, names.ISSUE_SEPARATED})
"""After these, the last reply says no more how it stands."""
FURTHER: Final = frozenset({names.UNIT_SUCCEEDED, names.REGISTER_REPORTED})
"""What changes nothing for a receipt, and something here."""
PICTURED: Final = frozenset({names.ISSUE_CONTACTED, names.ISSUE_HANDLED, names.ISSUE_FOLLOWED_UP})
"""What is told with evidence, of which everybody may see what an officer kept for everybody."""
MOST_PICTURES: Final = 10
"""Of one thing that was told."""
WORTH_TELLING: Final = ("unit", "category")
HOW: Final[Mapping[str, str]] = {names.ISSUE_CLOSED: "kind", names.ISSUE_REFUSED: "reason"}
"""Events that say how a state came about."""


def begun(submission: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Return what is known when it was submitted."""
    if submission["secrecy"] in HIDDEN:
        return withheld()
    return {
        "shown": _shown(submission["secrecy"], submission),
        "key": "submitted",
        "category": submission.get("category"),
        "unit": None,
        "rank": [0, False],
        "updated": at,
        "reply": None,
        "updates": [],
        "pictures": [],
    }


def pictures(known: State, keys: Sequence[str]) -> list[str]:
    """Return the pictures that everybody may see, of an issue whose state is one of these, and of such updates."""
    if known["key"] not in keys:
        return []
    told = [known, *(one for one in known["updates"] if one["key"] in keys)]
    return [file for one in told for file in one.get("pictures", ())]


def withheld() -> dict[str, Any]:
    """Return what is kept of what is, or was once, confidential: that it is never shown."""
    return {"shown": False}


def followed(before: State, after: State, event: Event) -> State:
    """Return `after` (the receipt's state once the event is folded) with what everybody may know of it."""
    known = before.get("public")
    if known is None:  # from before this was kept: what the submission says, and what comes from now on
        if "submission" not in before:
            return after
        known = {**begun(before["submission"], before["received_at"]), "key": before["state"]}
    if after["secrecy"] in HIDDEN or "key" not in known:
        return {**after, "public": withheld()}
    told = {**known, **_led(known, event), "shown": _shown(after["secrecy"], after["submission"])}
    key, due = _key(known["key"], after, event), after.get("due_at") != before.get("due_at")
    reply = event.data.get(REPLIES[event.type]) if event.type in REPLIES else None
    if event.type in OVERTAKEN:
        unsaid = _unsaid(known["updates"]) if event.type in VOID else known["updates"]
        told |= {"reply": None, "updates": unsaid, "pictures": []}
    seen = _pictures(event)
    told |= {"pictures": seen} if seen else {}
    if key != known["key"] or reply:
        at = instant(event.time)
        said = reply[:LONGEST_UPDATE] if reply and told["shown"] else None
        fresh = {"id": event.id, "at": at, "key": key, "reply": said, **({"pictures": seen} if seen else {})}
        told |= {"key": key, "updated": at, "updates": [*told["updates"], fresh][-MOST:]}
        told["reply"] = reply[:LONGEST_REPLY] if reply and told["shown"] else told["reply"]
    elif [told[name] for name in WORTH_TELLING] != [known[name] for name in WORTH_TELLING] or due:
        told["updated"] = instant(event.time)
    return {**after, "public": told if told["shown"] else {**told, "reply": None, "updates": [], "pictures": []}}


def _pictures(event: Event) -> list[str]:
    """Return the pictures that an officer kept for everybody: those that came with the report nobody has looked
    through for faces, number plates and homes."""
    if event.type not in PICTURED:
        return []
    files = [one for one in event.data.get("evidence", ()) if one.get("public") and one["owner"] == "desk"]
    return [one["id"] for one in files if one["media_type"].startswith("image/")][:MOST_PICTURES]


def _led(known: Mapping[str, Any], event: Event) -> dict[str, Any]:
    """Who leads, and what it was decided to be: of two assignments the higher number counts, at equal ones desk's."""
    data = event.data
    unit = data.get("unit")
    if event.type == names.ISSUE_REOPENED or (
        event.type == names.UNIT_SUCCEEDED and data["from_unit"] == known["unit"]
    ):
        return {"unit": unit}
    if event.type == names.CATEGORY_SUCCEEDED and data["from_category"] == known["category"]:
        return {"category": data["category"]}
    rank = [data.get("assignment", 0), event.type != names.ISSUE_ASSIGNED]
    if event.type in LEADS and rank > known["rank"]:
        return {"unit": unit, "category": data.get("category") or known["category"], "rank": rank}
    return {}


def _key(known: str, after: State, event: Event) -> str:
    """Return the state with how it came about, as the pack's table has it: `closed.resolved`."""
    state: str = after["state"]
    if how := event.data.get(HOW.get(event.type, "")):
        return f"{state}.{how}"
    return known if known.partition(".")[0] == state else state


def _shown(secrecy: str, submission: Mapping[str, Any]) -> bool:
    return secrecy == "open" and submission.get("kind") != "spam"


def _unsaid(updates: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Take back what was said when it was handled last."""
    last = max((at for at, one in enumerate(updates) if one["key"] == "handled"), default=None)
    return [{**one, "reply": None, "pictures": []} if at == last else one for at, one in enumerate(updates)]
