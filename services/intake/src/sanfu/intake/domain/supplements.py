"""More about an issue that was received: masked like it, counted, and told of while the issue is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import instant, moment
from sanfu.contracts.masking import Mask
from sanfu.contracts.names import ISSUE_SUPPLEMENTED
from sanfu.intake.domain import contact, secrecy, urgency
from sanfu.intake.domain.secrecy import HIDDEN
from sanfu.runtime.rules import Draft, Outcome, Refusal, State

OVERTAKEN: Final = "overtaken"
"""The refusal after which one looks again and tries again."""
MOST: Final = 50
"""Supplements of one issue: who has more to say calls."""
MERGED: Final = "merged"
"""Danger alone is added: it takes the issue out of the one that it was merged into."""
OVER: Final = frozenset({"answered", "refused", "forwarded", MERGED, "withdrawn", "closed", "reopen_requested"})
"""States in which nothing is added: the way on is an objection, a wish to have it handled again, or a new report."""


@dataclass(frozen=True, slots=True)
class Rest:
    """How what was really written would rest with the contact: the whole record's boxes, in its next version."""

    version: int
    boxes: Mapping[str, Mapping[str, str]]


def number(state: State) -> int:
    """Return the number that the next supplement has."""
    return int(state.get("supplements", 0)) + 1


def told(state: State, data: Mapping[str, Any], now: datetime, pack: Pack) -> list[Outcome]:
    """Say what follows from a supplement: `{issue, said, earlier, people, rest}`. How urgent it is, and who may read
    it, its own words say, before any of them is masked or told: desk raises what is less. Raises Refusal 409 where
    nothing can be added, or somebody was faster."""
    said, rest = data["said"], data["rest"]
    spoken = urgency.added(pack, said["text"] or "", data["earlier"])
    if state["state"] in OVER and not (state["state"] == MERGED and spoken == urgency.EMERGENCY):
        detail = (
            f"It is {state['state']}: nothing is added to it any more. Ask to have it handled again, or report anew."
        )
        raise Refusal(409, "is-over", detail, state=state["state"])
    if number(state) > MOST:
        raise Refusal(409, "too-much-added", f"It has {MOST} supplements: call the office.")
    if said["number"] != number(state):
        raise Refusal(409, OVERTAKEN, "Something else was added at the same instant.")
    text = said["text"] or ""
    masked = pack.abuse.masked(Mask.of(data["people"]).text(text))
    kept_from = secrecy.added(pack, text, data["earlier"])
    hidden = not HIDDEN.isdisjoint({state["secrecy"], state.get("secrecy_spoken"), kept_from})
    rests = rest is not None and (hidden or masked != text)
    at = min(moment(said["reported_at"]), now) if said["reported_at"] else now
    body = {
        "number": number(state), "text": None if hidden else masked or None, "answers": {},
        "attachments": [] if hidden else said["attachments"],
        "contact": rest.version if rest and rests else "none",
        "answers_question": state["state"] == "awaiting_party", "reported_at": instant(at),
        "urgency": spoken, "secrecy": kept_from,
    }  # fmt: skip
    event = Draft(ISSUE_SUPPLEMENTED, body)
    return [contact.record(data["issue"], rest.version, rest.boxes, now), event] if rest and rests else [event]
