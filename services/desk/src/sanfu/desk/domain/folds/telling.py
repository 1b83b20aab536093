"""Who could not be told of a case, why, since when; and what has become of that. Folded from what notify tells.

- `informed`: delivery → {whom, event, medium, at, arrived}: the last messages that left
- `untold`: the last messages that did not reach somebody: {recipient, unit, medium, template, event, about, delivery,
  state, why, code, left, since, over}. `about` is the type of the event that it told of; `left`: when it had left,
  before it came back. `over` says since when it matters no more, and why: `told` (of the same event, by whatever
  medium), `reached` (a later message arrived by the same medium), `contact_corrected`
- `reached_anew`: since when the party is reached by something else
- `party_untold`: the party could not be told of something, and nothing has made up for it

No line of the history tells of it, and a case has not changed by it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.reading import UNFORESEEN
from sanfu.desk.domain.state import Case, Change, Fold

LEFT: Final = 8
"""Messages that left, kept of the party's and of all others': of a few events, for what came back may come late."""
KEPT: Final = 12
"""Messages that did not reach somebody."""
WISHED: Final = frozenset({"opted_out", "erased", "party_deceased", "nothing_to_do"})
"""Nobody is told because nobody wants to be, or is to be."""
_CODE: Final = re.compile(r"(?!.*\d{7})[A-Za-z0-9_.:/^-]{1,64}")
"""A code is shown; a sentence, or what may be a number of somebody, is not: providers write what they like."""

PARTY: Final = "party:"
"""Whom a message was for, as `_whom` writes it."""

Entry = Mapping[str, Any]


def party_untold(case: Case) -> bool:
    """Tell whether the party could not be told of something, and nothing has made up for it. Of what is `unknown`
    nobody can say so; and as whoever handles it sees this, it says nothing of what they are not to hear of."""
    return not case.get("deceased") and any(_counts(one) for one in case.get("untold", ()))


def _counts(one: Entry) -> bool:
    missed = one["over"] is None and one["state"] != "unknown" and one["why"] not in WISHED
    return missed and one["recipient"] == "party" and one["about"] not in UNFORESEEN


def reached_anew(case: Case, at: str) -> Change:
    """The party is reached by something else from now on: what it was not told of before is no matter of addresses any
    more."""
    over = {"at": at, "why": "contact_corrected"}

    def gone(one: Entry) -> bool:
        return one["recipient"] == "party" and _went(one) <= at

    return {"untold": [{**one, "over": over} if gone(one) else one for one in case.get("untold", ())],
            "reached_anew": at}  # fmt: skip


def _went(one: Entry) -> str:
    """Say when it went to where it did not arrive, or would have gone. Of the same instant is the order of the story:
    notify tells of a new address after desk."""
    return str(one["left"] or one["since"])


def _informed(case: Case, event: Event) -> Change:
    data, informed = event.data, case.get("informed", {})
    left = informed.get(data["delivery"], {}).get("at") or instant(event.time)
    arrived = data["state"] == "delivered"
    message = {"whom": _whom(data), "event": data["event"], "medium": data["medium"], "at": left, "arrived": arrived}
    others = {id: one for id, one in informed.items() if id != data["delivery"]}
    return {
        "informed": _last_left({**others, data["delivery"]: message}),
        "untold": [
            {**one, "over": one["over"] or _made_up(one, data["delivery"], message)} for one in case.get("untold", ())
        ],
    }


def _last_left(informed: Mapping[str, Entry]) -> Entry:
    """What is told to many of a unit does not push out what the party was told."""
    theirs = [id for id, one in informed.items() if one["whom"] == PARTY]
    others = [id for id, one in informed.items() if one["whom"] != PARTY]
    kept = {*theirs[-LEFT:], *others[-LEFT:]}
    return {id: one for id, one in informed.items() if id in kept}


def _made_up(one: Entry, delivery: str, message: Entry) -> Entry | None:
    """Say how a message that left makes up for one that did not arrive; None: it does not."""
    over = {"at": message["at"], "medium": message["medium"], "delivery": delivery}
    if message["whom"] != _whom(one):
        return None
    if message["event"] == one["event"]:
        return {**over, "why": "told"}
    later = message["arrived"] and message["medium"] == one["medium"] and message["at"] >= _went(one)
    return {**over, "why": "reached"} if later else None


def _failed(case: Case, event: Event) -> Change:
    """One that left, and came back, made up for nothing."""
    data, informed = event.data, case.get("informed", {})
    left = informed.get(data["delivery"], {}).get("at")
    others = {id: one for id, one in informed.items() if id != data["delivery"]}
    kept = [one for one in case.get("untold", ()) if one["delivery"] != data["delivery"]]
    kept = [{**one, "over": _over(case, others, one)} if _by(one, data["delivery"]) else one for one in kept]
    named = ("recipient", "unit", "medium", "template", "event", "delivery", "state")
    fresh = {
        **{name: data.get(name) for name in named},
        **_reason(data["state"], data["reason"]),
        "about": next((one["type"] for one in reversed(case["history"]) if one["id"] == data["event"]), None),
        "left": left,
        "since": instant(event.time),
    }
    return {"informed": others, "untold": _last([*kept, {**fresh, "over": _over(case, others, fresh)}])}


def _by(one: Entry, delivery: str) -> bool:
    return (one["over"] or {}).get("delivery") == delivery


def _over(case: Case, others: Mapping[str, Entry], fresh: Entry) -> Entry | None:
    """Whether it never mattered: it went where the party is no more, or somebody was told in another way."""
    anew = case.get("reached_anew")
    if anew is not None and fresh["recipient"] == "party" and _went(fresh) < anew:
        return {"at": anew, "why": "contact_corrected"}
    found = (_made_up(fresh, id, message) for id, message in others.items())
    return next((over for over in found if over), None)


def _last(untold: Sequence[Entry]) -> list[Entry]:
    """Keep as many as are kept: what matters no more goes first, then what is not the party's, the oldest of each. That
    it has no address notify says but once."""
    kept = [*untold]
    while len(kept) > KEPT:
        kept.remove(min(kept, key=lambda one: (one["over"] is None) + (_counts(one))))
    return kept


def _reason(state: str, reason: str) -> Change:
    """Take a reason apart: `unreachable: MBBLACK` is unreachable, with a code; one that is but a code was a refusal."""
    head, _, tail = reason.removeprefix("digest: ").partition(": ")
    why, code = (head, tail) if tail or state != "failed" else ("rejected", head)
    return {"why": why if _CODE.fullmatch(why) else state, "code": code if _CODE.fullmatch(code) else None}


def _whom(of: Mapping[str, Any]) -> str:
    return f"{of['recipient']}:{of.get('unit') or ''}"


FOLDS: Final[Mapping[str, Fold]] = {names.PARTY_INFORMED: _informed, names.DELIVERY_FAILED: _failed}
