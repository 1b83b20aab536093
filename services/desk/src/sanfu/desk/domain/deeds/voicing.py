"""What parties say of their own accord: they remind, ask again, take it back, join in; and that one has died."""

from collections.abc import Mapping
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.city.vocabulary import SECRECIES
from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.asking import missing
from sanfu.desk.domain.deeds import planning
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed, refused, wrong
from sanfu.desk.domain.deeds.ending import closing_of
from sanfu.desk.domain.deeds.levels import secrecy_changed
from sanfu.desk.domain.hearing import raises
from sanfu.desk.domain.rounds import handled
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.table import CLOSED, HANDLED, MERGED, REVIEW
from sanfu.desk.domain.urgency import ALARM
from sanfu.runtime.rules import Draft

GROUP = "group"
"""Flag of an issue that so many distinct parties have that it is theirs together."""
AFTER_HANDLING = frozenset({"resolved", "explained", "planned", "other_route", "unverifiable", "merged"})
"""Closings after which the party may ask that it be handled again."""


# ── reminders, supporters ────────────────────────────────────────────────────────────────────────────────────────────


def remind(deed: Deed) -> list[Draft]:
    """The party asks again. What is closed it asks to have handled again; else its words are added and counted."""
    case, said = deed.case, deed.said
    _another_issue(deed)
    if case["state"] == CLOSED:
        return [_request(deed, _as_reported(deed))]
    known = case["reminders"]
    again = deed.by["role"] == "party" and known["party"] and deed.day(moment(known["party"])) == deed.today
    if again and not raises(case, deed.heard):
        raise refused("reminded-today", "You asked today already: the unit was told. Add what is new as a supplement.")
    number = known["count"] + 1
    body = {
        "by": deed.by, "number": number, "text": said["text"], "issue": said["issue"], "channel": None,
        "first_today": not known["last"] or deed.day(moment(known["last"])) != deed.today,
        "for_office": number >= deed.pack.policy.reminders_for_office,
    }  # fmt: skip
    return [Draft(names.REMINDER_ADDED, body)]


def _as_reported(deed: Deed) -> str | None:
    """Return the party's words. A reviewer has them from another report of the same party, and names that."""
    said, text = deed.said, deed.said["text"]
    if deed.by["role"] in REVIEW and said["issue"] is None:
        raise wrong("issue", "missing", "the new report by which the party itself asks again")
    return None if text is None else str(text)


def support(deed: Deed) -> list[Draft]:
    """Another party has the same problem: its own issue says so. The same party's is a reminder."""
    case, other = deed.case, deed.said["issue"]
    _another_issue(deed)
    if other in case["supporters"]:
        raise refused("supports-already", "This issue's party is counted among the supporters.")
    suspected = any(one["other"] == other and one["same_party"] for one in case["suspected"])
    if suspected or deed.marks.same or not deed.marks.joining.isdisjoint(case.get("supporter_marks", ())):
        raise refused("same-party", "The same party reported it before: that is a reminder.")
    return supporter(case, {"issue": other, "party_marks": sorted(deed.marks.joining)}, deed.by, deed.pack)


def _another_issue(deed: Deed) -> None:
    """An issue is not its own supporter, nor the report by which its party reminds: it would count itself."""
    if deed.said["issue"] == deed.id:
        raise wrong("issue", "same_issue", "the id of another issue than this one")


def supporter(case: Case, joining: Mapping[str, Any], by: Mapping[str, Any], pack: Pack) -> list[Draft]:
    """Count another party that has the same problem; with it there may be so many that they are a group, whose matter
    is confidential. `joining`: its issue, and what it is known by."""
    number = len(case["supporters"]) + 1
    grouped = number + 1 >= pack.policy.group_parties and GROUP not in case["flags"]
    body = {"by": by, "supporters": number, "flags": [GROUP] if grouped else [], "party_code": None, **joining}
    told = [Draft(names.SUPPORTER_ADDED, body)]
    if not grouped or SECRECIES.index(case["secrecy"]) >= SECRECIES.index("confidential"):
        return told
    return [*told, secrecy_changed(case, "confidential", f"{GROUP}: {number + 1}", SYSTEM_BY, pack)]


# ── handled again ────────────────────────────────────────────────────────────────────────────────────────────────────


def request_reopen(deed: Deed) -> list[Draft]:
    """The party is not content with how it ended; the office decides."""
    return [_request(deed, deed.said["reason"])]


def _request(deed: Deed, reason: str | None) -> Draft:
    askable(deed)
    return requested(deed.case, reason, deed.by)


def requested(case: Case, reason: str | None, by: Mapping[str, Any]) -> Draft:
    return Draft(names.REOPEN_REQUESTED, {"by": by, "reason": reason, "attachments": [], "round": case["round"]})


def askable(deed: Deed) -> None:
    """Raise Refusal where a closed issue's party can't ask to have it handled again, or no longer."""
    case, closed = deed.case, deed.case["closed"]
    if closed["kind"] not in AFTER_HANDLING or not handled(case):
        raise refused("not-handled", f"It was closed as {closed['kind']}: object to that, or report it anew.")
    if case["round"] in case["declined"]:
        raise refused("decided", "The office has decided about this round: what is new is a new report.")
    until = deed.until("reopen", moment(closed["at"]))
    if until is None or instant(deed.now) >= until:
        raise refused("window-closed", f"It could be asked for until {until}: report it anew.")


# ── taken back ───────────────────────────────────────────────────────────────────────────────────────────────────────


def withdraw(deed: Deed) -> list[Draft]:
    """The party takes it back. Where it says that it was asked to, in an emergency, and in words of danger, the office
    looks first: until it has decided, nobody can have the party take it back without saying so."""
    case, said = deed.case, deed.said
    if case["withdrawal"] is not None:
        raise refused("asked-already", "The office knows, and will call.")
    body = {"by": deed.by, "reason": said["reason"], "asked_to": said["asked_to"]}
    if not said["asked_to"] and ALARM not in {case["urgency"], deed.heard.urgency}:
        return [Draft(names.ISSUE_WITHDRAWN, body), closing_of(deed, "withdrawn")]
    return [Draft(names.WITHDRAWAL_ASKED, body)]


def confirm_withdrawal(deed: Deed) -> list[Draft]:
    """The office has spoken with the party, which does want it back."""
    asked = _withdrawal(deed)
    body = {"by": asked["by"], "reason": asked["reason"], "asked_to": asked["asked_to"]}
    closed = closing_of(deed, "withdrawn", reason=deed.said["reason"], by=deed.by)
    return [Draft(names.ISSUE_WITHDRAWN, body), closed]


def decline_withdrawal(deed: Deed) -> list[Draft]:
    """The office has spoken with the party: it goes on."""
    _withdrawal(deed)
    return [Draft(names.WITHDRAWAL_DECLINED, {"by": deed.by, "reason": deed.said["reason"]})]


def _withdrawal(deed: Deed) -> Any:
    if deed.case["withdrawal"] is None:
        raise refused("nothing-asked", "The party did not ask to take it back.")
    return deed.case["withdrawal"]


# ── died ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def party_deceased(deed: Deed) -> list[Draft]:
    """The party has died, or has not after all. A follow-up that is still to come looks instead of asking."""
    case, said = deed.case, deed.said
    if case["deceased"] is not said["mistaken"]:
        known = "That is known already." if case["deceased"] else "Nobody said that the party had died."
        raise refused("known-already", known)
    body = {"by": deed.by, "mistaken": said["mistaken"], "source": said["source"]}
    told = [Draft(names.PARTY_DECEASED, body)]
    asked = case["state"] == HANDLED or (case["state"] == MERGED and handled(case))
    left = missing(case) if asked else []
    for one in left:
        if one["of"] == "party" and not said["mistaken"]:
            return [*told, planning.planned_again(deed, "party", planning.DECEASED)]
        if one["because"] == "party_deceased" and said["mistaken"]:
            called = {"of": "party", "need": "call", "because": "policy"}
            return [*told, planning.planned_again(deed, one["of"], called)]
    return told
