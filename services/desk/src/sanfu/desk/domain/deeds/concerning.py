"""What ties an issue to something else: merged into another, instructed by a leader, kept on the register."""

from dataclasses import replace
from typing import Any, Final

from sanfu.contracts import names
from sanfu.contracts.envelope import moment
from sanfu.desk.domain.deeds.deed import Deed, refused, wrong
from sanfu.desk.domain.deeds.voicing import askable
from sanfu.desk.domain.rounds import this_round
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.table import CLOSED
from sanfu.runtime.rules import Draft

MOST_MERGED: Final = 500
"""Issues that one may take in: each is 40 bytes of the case, and a concern when it is handled."""
LONGEST_SILENCE: Final = 90
"""Days between two public reports about an issue on the register."""
WITH_REPLY: Final = "enterprise_seat"
"""The channel whose issues are never merged without a written reply."""


def merge(deed: Deed) -> list[Draft]:
    """It is the same problem as another issue's, and goes on there; its party is followed up all the same."""
    case, said = deed.case, deed.said
    head = deed.others.get(said["head"])
    if head is None or said["head"] == deed.id:
        raise wrong("head", "unknown_case", "the id of another case that you may see")
    same = _same_party(deed, head)
    if why := _apart(case, head, same=same):
        raise refused("not-mergeable", why)
    if head["state"] == CLOSED:
        askable(replace(deed, case=head))
    if case["channel"] == WITH_REPLY and said["reply"] is None:
        raise wrong("reply", "missing", "the words by which the enterprise hears where its matter goes on")
    body = {
        "by": deed.by, "head": said["head"], "reason": said["reason"], "reply": said["reply"],
        "same_party": same, "party_code": case["party_code"], "concerns": [said["head"]],
        "party_marks": sorted(deed.marks.joining),
    }  # fmt: skip
    return [Draft(names.ISSUE_MERGED, body)]


def _same_party(deed: Deed, head: Case) -> bool:
    case = deed.case
    suspected = any(one["other"] == deed.said["head"] and one["same_party"] for one in case["suspected"])
    firm = case["party_code"] is not None and case["party_code"] == head.get("party_code")
    return suspected or deed.marks.same or firm


def _apart(case: Case, head: Case, *, same: bool) -> str | None:
    """Say why two issues can't be one (domain.md, "Merged never"). By the same party's new report what is closed is
    asked to be handled again."""
    if "petition" in {case["channel"], head["channel"]}:
        return "A petition is never merged: each petitioner is answered."
    if "sealed" in {case["secrecy"], head["secrecy"]}:
        return "What is sealed is never merged."
    if case["audience"] != head["audience"]:
        return "They are of different audiences: each is answered by its own group."
    if case["urgency"] == "emergency" and "contact" not in this_round(case):
        return "An emergency that nobody has met yet is not merged away."
    again = same and head["state"] == CLOSED
    if not again and not takes_in(head):
        return f"The other is {head['state']}: merge into one that is being handled."
    if len(head["merged"]) >= MOST_MERGED:
        return f"{MOST_MERGED} issues were merged into the other: take another for what comes now."
    if case["merged"]:
        return "Others were merged into this one: merge the other way round."
    return None


def takes_in(head: Case) -> bool:
    """Tell whether others may be merged into it: it has yet to be handled."""
    return bool(head["open"]) and head["state"] not in {"merged", "handled", "followed_up"}


def instruct(deed: Deed) -> list[Draft]:
    """A leader writes on the case what is to be done: a supervision order follows."""
    case = deed.case
    body = {
        "by": deed.by, "unit": case["unit"], "text": deed.said["text"], "number": case["instructions"] + 1,
        "round": case["round"],
    }  # fmt: skip
    return [Draft(names.INSTRUCTION_GIVEN, body)]


# ── on the register ──────────────────────────────────────────────────────────────────────────────────────────────────


def reach_milestone(deed: Deed) -> list[Draft]:
    register, number = deed.case["register"], deed.said["milestone"]
    if number > len(register["plan"]) or number in register["reached"]:
        raise wrong("milestone", "not_open", "the number of a milestone of the plan that is not done yet")
    left = [each["limit"] for n, each in enumerate(register["plan"], 1) if n not in {*register["reached"], number}]
    body: dict[str, Any] = {"by": deed.by, "milestone": number, "text": deed.said["text"]}
    return [Draft(names.MILESTONE_REACHED, {**body, "milestone_by": min(left, default=None)})]


def report_register(deed: Deed) -> list[Draft]:
    """Tell the public how far it has come, and by when it hears again."""
    said = deed.said
    days = (moment(said["report_by"]) - deed.now).total_seconds() / 86_400
    if not 0 < days <= LONGEST_SILENCE:
        raise wrong("report_by", "too_far", f"within the next {LONGEST_SILENCE} days")
    number = deed.case["register"]["reports"] + 1
    body = {"by": deed.by, "report": said["report"], "number": number, "report_by": said["report_by"]}
    return [Draft(names.REGISTER_REPORTED, body)]
