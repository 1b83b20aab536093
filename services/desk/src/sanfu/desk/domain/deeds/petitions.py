"""Petitions: taken up, and reviewed once where the petitioner does not accept the answer. Their time is the law's."""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed, refused
from sanfu.desk.domain.deeds.following import impartial
from sanfu.desk.domain.rounds import this_round
from sanfu.desk.domain.state import Case
from sanfu.runtime.rules import Draft

PETITION: Final = "petition"
"""The channel by which petitions come."""


def admissible(case: Case) -> bool:
    """Tell whether it is a petition that nobody has taken up yet."""
    return bool(case["channel"] == PETITION and case["admitted"] is None)


def reviewable(case: Case) -> bool:
    return bool(case["channel"] == PETITION and "handle" in this_round(case))


def admit(deed: Deed) -> list[Draft]:
    """Take it up: from now on it has to be answered in the time that the law sets."""
    if deed.case["channel"] != PETITION:
        raise refused("no-petition", "Only a petition is admitted; anything else is dispatched.")
    if not admissible(deed.case):
        raise refused("admitted-already", f"It was admitted at {deed.case['admitted']['at']}.")
    return [admitted(deed)]


def admitted(deed: Deed) -> Draft:
    return Draft(names.PETITION_ADMITTED, {"by": deed.by, "round": deed.case["round"]})


def ask_review(deed: Deed) -> list[Draft]:
    """The petitioner does not accept the answer: inside its window, and as often as the policy says."""
    case, window = deed.case, deed.pack.policy.windows.get("petition_review")
    if not reviewable(case):
        raise refused("no-petition", "Only a petition that was handled is reviewed.")
    if window and window.times is not None and len(case["petition_reviews"]) >= window.times:
        raise refused("reviewed-already", "It was reviewed: what is new is a new petition.")
    until = deed.until("petition_review", moment(case["closed"]["at"]))
    if until is None or instant(deed.now) >= until:
        raise refused("window-closed", f"A review could be asked for until {until}.")
    body: dict[str, Any] = {"by": deed.by, "number": len(case["petition_reviews"]) + 1, "reason": deed.said["reason"]}
    return [Draft(names.PETITION_REVIEW_ASKED, {**body, "round": case["round"]})]


def decide_review(deed: Deed) -> list[Draft]:
    """The answer stands, and it stays closed; or it does not, and it is handled again in a new round."""
    impartial(deed)
    case, said = deed.case, deed.said
    decided = [_decided(case, deed.by, upheld=said["upheld"], reply=said["reply"])]
    if said["upheld"]:
        return decided
    again = {
        "by": deed.by, "round": case["round"] + 1, "unit": case["unit"], "reason": said["reply"],
        "because": "requested",
    }  # fmt: skip
    return [*decided, Draft(names.ISSUE_REOPENED, again)]


def overturned(case: Case, reply: str) -> Draft:
    """The answer stands no more, whoever would have decided: there is danger, and somebody has to act."""
    return _decided(case, SYSTEM_BY, upheld=False, reply=reply)


def _decided(case: Case, by: Mapping[str, Any], *, upheld: bool, reply: str) -> Draft:
    number = len(case["petition_reviews"]) + 1
    body = {"by": by, "number": number, "upheld": upheld, "reply": reply, "round": case["round"]}
    return Draft(names.PETITION_REVIEW_DECIDED, body)
