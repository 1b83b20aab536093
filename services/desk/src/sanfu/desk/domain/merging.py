"""What a head does to the issues that were merged into it, and they to their head. See `bearing`, decision 0021.

Whatever is merged has one of three ends by itself: its head is handled, and its party is asked as any other; its head
is answered, and so is it; its head ends otherwise, and it is in review again, as if it had not been merged. What turns
out an emergency goes on by itself at once (`deeds.levels`), and its head only hears of it.
"""

from dataclasses import replace
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.desk.domain.deeds import following, voicing
from sanfu.desk.domain.deeds.concerning import MOST_MERGED, takes_in
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed, separated
from sanfu.desk.domain.deeds.ending import EXEMPT, closing
from sanfu.desk.domain.rounds import content, this_round
from sanfu.desk.domain.secrecy import SECRET, WITHHELD
from sanfu.desk.domain.table import CLOSED, MERGED
from sanfu.runtime.rules import Draft

BEARS: Final = frozenset(
    {
        names.ISSUE_MERGED, names.AFFAIR_NOTED, names.ISSUE_HANDLED, names.COMPLETION_VOIDED, names.ISSUE_ANSWERED,
        names.ISSUE_CLOSED, names.REOPEN_DECLINED, names.URGENCY_CHANGED,
    }
)  # fmt: skip
"""Events of an issue that may bear upon its head, or upon what was merged into it."""
TOO_LATE: Final = "too_late"
REOPEN_DECLINED: Final = "reopen_declined"
ANSWERABLE: Final = frozenset({"consult", "thanks"})


def decided(deed: Deed, event: Event) -> list[Draft]:
    if event.type == names.ISSUE_MERGED:
        return _taken_in(deed, event)
    if event.type == names.URGENCY_CHANGED:  # its head hears of it, and is as urgent as it was: people say of it
        return [Draft(names.AFFAIR_NOTED, {"by": SYSTEM_BY, "affair": event.subject, "what": "merged_urgency"})]
    if deed.case["head"] != event.subject:
        return []
    match event.type:
        case names.COMPLETION_VOIDED:
            return _voided(deed)
        case _ if deed.case["state"] != MERGED:
            return []
        case names.ISSUE_HANDLED:
            return _handled(deed, event)
        case names.ISSUE_ANSWERED:
            return _answered(deed, event)
        case names.ISSUE_CLOSED if deed.case["head_handled"] is None:
            return _separated(deed, event.data["kind"])
        case names.REOPEN_DECLINED if deed.case["head_handled"] is None:
            return _separated(deed, REOPEN_DECLINED)
        case names.AFFAIR_NOTED:
            return _separated(deed, TOO_LATE)
    return []


def _taken_in(deed: Deed, event: Event) -> list[Draft]:
    """The head learns who was merged into it, and counts another party's voice: once, by whatever issue it comes. Has
    it been handled meanwhile, it says that it was too late."""
    case, data = deed.case, event.data
    again = case["state"] == CLOSED and data["same_party"] and case["round"] not in case["declined"]
    late = not again and (not takes_in(case) or len(case["merged"]) >= MOST_MERGED)
    body = {"by": SYSTEM_BY, "affair": event.subject, "what": "supporter_merged"}
    noted = Draft(names.AFFAIR_NOTED, {**body, "concerns": [event.subject] if late else []})
    if again:  # its own party's new report asks to have handled again what is closed
        return [noted, voicing.requested(case, data["reason"], data["by"])]
    code, marks = data["party_code"], data["party_marks"]
    known = event.subject in case["supporters"] or (code and code in {case["party_code"], *case["supporter_codes"]})
    if late or known or data["same_party"] or not set(marks).isdisjoint(case.get("supporter_marks", ())):
        return [noted]
    joining = {"issue": event.subject, "party_code": code, "party_marks": marks}
    return [noted, *voicing.supporter(case, joining, SYSTEM_BY, deed.pack)]


def _handled(deed: Deed, event: Event) -> list[Draft]:
    """Its party is asked as any other: a plan is made for it, by its own channel, grade and lot."""
    data = event.data
    body = {
        "by": SYSTEM_BY, "head": event.subject, "reply": data["reply"], "handled_by": data["by"]["id"],
        "unit": data["unit"], "round": deed.case["round"], "concerns": [event.subject],
    }  # fmt: skip
    asked = replace(deed, case={**deed.case, "head_handled": None})
    return [Draft(names.HEAD_HANDLED, body), *following.begin(asked)]


def _voided(deed: Deed) -> list[Draft]:
    """The head was not handled after all. Who was asked about that is asked again, but not who said it is resolved."""
    case = deed.case
    if case["head_handled"] is None or content(this_round(case).get("follow_up", EXEMPT)):
        return []
    return [Draft(names.HEAD_VOIDED, {"by": SYSTEM_BY, "head": case["head"], "round": case["round"]})]


def _answered(deed: Deed, event: Event) -> list[Draft]:
    """A question that was merged into another has its answer too, and may object to it in its own time. What is no
    question, or is confidential, waits for its head's closing: that sends it back."""
    case, data = deed.case, event.data
    told = data["reply"] != WITHHELD and case["secrecy"] not in SECRET
    if case["kind"] not in ANSWERABLE or case["urgency"] == "emergency" or not told:
        return []
    until = None if case["objections"] else deed.until("answer_objection")
    body = {"by": data["by"], "reply": data["reply"], "article": data["article"], "objection_until": until}
    return [Draft(names.ISSUE_ANSWERED, {**body, "concerns": []}), closing("answered", case)]


def _separated(deed: Deed, because: str) -> list[Draft]:
    return [separated(deed.case, because)]
