"""Pre-review: who leads, or why nobody does."""

from collections.abc import Mapping
from typing import Any, Final

from sanfu.city.model.pack import Pack
from sanfu.city.succession import in_its_place
from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.desk.domain.deeds import petitions
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed, dispatched, leader, no_emergency, refused, wrong
from sanfu.desk.domain.deeds.ending import closing_of
from sanfu.desk.domain.rounds import this_round
from sanfu.desk.domain.scope import line
from sanfu.desk.domain.secrecy import SECRET, WITHHELD
from sanfu.desk.domain.state import Case
from sanfu.runtime.rules import Draft

TWO_PEOPLE: Final = frozenset({"enterprise_seat", "petition", "whistle"})
"""Channels whose issues one person alone can't refuse."""
SPAM: Final = "spam"
MALICIOUS: Final = "malicious"
"""Reasons that say something of who reported it, not of the matter: one person alone does not say that, but spam of
what came in as such."""
DONE_BEFORE: Final[Mapping[str, tuple[str, str, str]]] = {
    "no_facts": ("asked", "not-asked", "Ask the party for the facts first: that is done once before it is refused so."),
    "civil_dispute": (
        "mediation", "not-offered", "Offer the party mediation first: without that, no dispute is refused as one."
    ),
}  # fmt: skip
"""Reason for a refusal → the part of a case without which it does not hold, and what to say then."""


def dispatch(deed: Deed) -> list[Draft]:
    case, said, pack = deed.case, deed.said, deed.pack
    _somebody_else(deed)
    unit = leader(deed, said["unit"], "unit")
    _of_the_place(deed, unit)
    if said["grade"] not in pack.policy.grades:
        raise wrong("grade", "unknown_grade", f"one of {', '.join(pack.policy.grades)}")
    _there(deed, said["category"])
    about = {"audience": said["audience"] or case["audience"], "category": said["category"] or case["category"]}
    taken_up = [petitions.admitted(deed)] if petitions.admissible(case) else []  # whoever has it handled admits it
    return [*_adjudication(deed, unit), *taken_up, dispatched(deed, unit, **about)]


def _there(deed: Deed, code: str | None) -> None:
    known = deed.pack.categories
    if code is None or (code in known and known[code].valid_on(deed.today)):
        return
    if heir := in_its_place(known, code, deed.today):
        raise wrong("category", "gone", f"{heir}, which goes on in its place")
    raise wrong("category", "unknown_category", "a code of the pack's categories")


def _of_the_place(deed: Deed, code: str) -> None:
    """Of two towns the one of the place leads, unless a return on the ground of area says that it is not the place's.
    A whistle calls a section of the village's own town, and nobody else."""
    case, units = deed.case, deed.pack.units
    town = next((each for each in line(units, code) if each in deed.pack.towns), None)
    if case["town"] is None or town == case["town"]:
        return
    if case["channel"] == "whistle":
        raise refused("other-town", f"A whistle calls a section of {case['town']}, the village's own town.")
    disputed = case["returned"] is not None and case["returned"]["ground"] == "area"
    if town is not None and not disputed:
        raise refused(
            "place-leads", f"The place lies in {case['town']}: that town leads, and may ask {town} to assist."
        )


def _adjudication(deed: Deed, unit: str) -> list[Draft]:
    """Decide a return that is open. The second is decided by the group of the issue's audience, or the office in its
    place. A unit that had returned it and leads all the same is charged the time that this cost."""
    case, by, returned = deed.case, deed.by, deed.case["returned"]
    if returned is None or returned["decided_at"] is not None:
        return []
    group = deed.pack.audience_groups.get(case["audience"])
    if returned["number"] >= 2 and by["unit"] != group and by["role"] != "coordination_office":
        raise refused("for-the-group", f"It was returned twice: {group} decides who leads, or the coordination office.")
    body = {
        "by": by, "unit": unit, "number": returned["number"], "upheld": unit != returned["unit"],
        "charged": unit if unit in this_round(case)["returned_by"] else None,
        "reason": deed.said["reason"], "round": case["round"],
    }  # fmt: skip
    return [Draft(names.RETURN_ADJUDICATED, body)]


# ── answered, forwarded ──────────────────────────────────────────────────────────────────────────────────────────────


def answer(deed: Deed) -> list[Draft]:
    no_emergency(deed, "answered at the desk")
    _somebody_else(deed)
    if deed.case["kind"] not in {"consult", "thanks"}:
        raise refused("not-answerable", "Only a consult or thanks is answered at the desk; dispatch anything else.")
    until = None if deed.case["objections"] else deed.until("answer_objection")
    body = {"by": deed.by, "reply": deed.said["reply"], "article": deed.said["article"], "objection_until": until}
    body["concerns"] = deed.case["merged"]
    return [Draft(names.ISSUE_ANSWERED, body), closing_of(deed, "answered")]


def forward(deed: Deed) -> list[Draft]:
    """It belongs to a body outside the city: it goes there without a duty to report back."""
    no_emergency(deed, "forwarded")
    _somebody_else(deed)
    said = deed.said
    body = {"by": deed.by, "to": said["to"], "reason": said["reason"], "reply": said["reply"]}
    return [Draft(names.ISSUE_FORWARDED, body), closing_of(deed, "other_route")]


# ── refused ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def refuse(deed: Deed) -> list[Draft]:
    """Refuse it; where the channel or the reason asks for two people, propose to."""
    _refusable(deed)
    said = deed.said
    if not _takes_two(deed.case, said["reason"]):
        return _refusal(deed, deed.by, said, None)
    body = {"by": deed.by, "reason": said["reason"], "reply": said["reply"], "pack": deed.pack.version}
    return [Draft(names.REFUSAL_PROPOSED, body)]


def _takes_two(case: Case, reason: str) -> bool:
    unfounded = reason == MALICIOUS or (reason == SPAM and case["kind"] != SPAM)
    return unfounded or case["channel"] in TWO_PEOPLE


def confirm_refusal(deed: Deed) -> list[Draft]:
    """The second person agrees: with the reason and the words that were proposed."""
    proposal = _proposal(deed)
    no_emergency(deed, "refused")
    _no_accusation(deed, proposal["reason"])
    if proposal["reply"] == WITHHELD and deed.case["secrecy"] not in SECRET:
        raise refused("words-are-sealed", "It was proposed while it was confidential: decline it, and propose it anew.")
    return _refusal(deed, proposal["by"], proposal, deed.by["id"])


def decline_refusal(deed: Deed) -> list[Draft]:
    """It is not refused: the second person says why, or who proposed it thinks again."""
    if deed.case["refusal"] is None:
        raise refused("nothing-proposed", "Nobody proposed to refuse it.")
    return [Draft(names.REFUSAL_DECLINED, {"by": deed.by, "reason": deed.said["reason"]})]


def _proposal(deed: Deed) -> Mapping[str, Any]:
    proposal: Mapping[str, Any] | None = deed.case["refusal"]
    if proposal is None:
        raise refused("nothing-proposed", "Nobody proposed to refuse it: propose it with `refuse`.")
    if proposal["by"]["id"] == deed.by["id"]:
        raise refused("second-person-needed", "You proposed it yourself: a second person has to agree.")
    return proposal


def _refusable(deed: Deed) -> None:
    reasons = refusal_reasons(deed.pack)
    if deed.said["reason"] not in reasons:
        raise wrong("reason", "unknown_reason", f"a reason code of the pack: {', '.join(reasons) or 'it has none'}")
    no_emergency(deed, "refused")
    _somebody_else(deed)
    _no_accusation(deed, deed.said["reason"])
    before = DONE_BEFORE.get(deed.said["reason"])
    if before and not deed.case.get(before[0]):
        raise refused(*before[1:])


def _no_accusation(deed: Deed, reason: str) -> None:
    if reason == MALICIOUS and deed.case["complains_of"]:
        detail = "It complains of units of the city: that is looked into, and never called malicious."
        raise refused("accusation", detail)


def _refusal(deed: Deed, by: Mapping[str, Any], said: Mapping[str, Any], second: str | None) -> list[Draft]:
    until = None if deed.case["objections"] else deed.until("refusal_appeal")
    body = {
        "by": by, "reason": said["reason"], "reply": said["reply"], "second": second, "appeal_until": until,
        "pack": deed.pack.version,
    }  # fmt: skip
    return [Draft(names.ISSUE_REFUSED, body), closing_of(deed, "refused")]


def refusal_reasons(pack: Pack) -> list[str]:
    """Name the reasons for which the pack has a text: its notices called `refusal.<reason>`."""
    return sorted(key.removeprefix("refusal.") for key in pack.notices if key.startswith("refusal."))


# ── the party is asked, the party objects ────────────────────────────────────────────────────────────────────────────


def ask_more(deed: Deed) -> list[Draft]:
    """Ask the party for what is missing; its clock rests until it says so, or until it has waited too long."""
    no_emergency(deed, "kept waiting")
    _reachable(deed)
    body = {
        "by": deed.by, "question": deed.said["question"], "number": deed.case["asked"] + 1,
        "remind_at": deed.until("supplement_reminder"), "answer_by": deed.until("supplement_answer"),
        "attachments": [], "fields": deed.said["fields"],
    }  # fmt: skip
    return [Draft(names.SUPPLEMENT_ASKED, body)]


def _reachable(deed: Deed) -> None:
    if deed.case["contact"] == "none":
        raise refused("nobody-to-ask", "It came without a contact: nobody can be asked. Decide by what there is.")


def offer_mediation(deed: Deed) -> list[Draft]:
    """Offer the party of a dispute between citizens that somebody mediates; what it makes of that is its own affair."""
    no_emergency(deed, "left to a mediator")
    _reachable(deed)
    body = {"by": deed.by, "mediator": deed.said["mediator"], "reply": deed.said["reply"]}
    return [Draft(names.MEDIATION_OFFERED, body)]


def remind_supplement(deed: Deed) -> list[Draft]:
    return [Draft(names.SUPPLEMENT_REMINDED, {"by": SYSTEM_BY, "number": deed.case["asked"]})]


def close_incomplete(deed: Deed) -> list[Draft]:
    return [closing_of(deed, "incomplete")]


def object_to(deed: Deed) -> list[Draft]:
    """The command `object`: once, inside its window, to an answer or a refusal; somebody else looks again."""
    case, settled = deed.case, deed.case["settled"]
    until = settled and settled["until"]
    if until is None or instant(deed.now) >= until:
        window = f"was possible until {until}" if until else "is possible once, to an answer or a refusal"
        raise refused("window-closed", f"An objection {window}. A new matter is a new report.")
    body = {"by": deed.by, "of": settled["what"], "number": case["objections"] + 1, "reason": deed.said["reason"]}
    return [Draft(names.OBJECTION_RAISED, body)]


def _somebody_else(deed: Deed) -> None:
    """What the party objected to is decided by nobody who had a hand in it."""
    if deed.case["objections"] and deed.by["id"] in deed.case["settled"]["people"]:
        raise refused("decided-it", "The party objects to what you decided: somebody else has to look at it.")
