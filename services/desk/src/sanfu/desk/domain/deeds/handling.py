"""What the unit that leads does: acknowledge, contact, handle; an emergency's scene and reports; a return."""

from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.deeds import signing
from sanfu.desk.domain.deeds.assisting import first_lead, no_offer_open, no_task_open
from sanfu.desk.domain.deeds.deed import Deed, leader, refused, wrong
from sanfu.desk.domain.rounds import handlings, this_round
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.windows import return_until
from sanfu.runtime.rules import Draft

EMPTY_WORDS: Final = frozenset(
    [
        "done",
        "ok",
        "okay",
        "handled",
        "finished",
        "resolved",
        "已办",
        "办结",
        "已办结",
        "已处理",
        "已解决",
        "已完成",
        "完成",
        "处理完毕",
    ]
)
SHORTEST_REPLY: Final = 8


def to_acknowledge(case: Case) -> bool:
    """Tell whether the unit that leads has not acknowledged yet that it does."""
    return this_round(case).get("acknowledged_at") is None


def to_contact(case: Case) -> bool:
    """Tell whether the party may be spoken with: by a unit that has acknowledged."""
    return not to_acknowledge(case)


def acknowledge(deed: Deed) -> list[Draft]:
    case = deed.case
    if not to_acknowledge(case):
        raise refused("acknowledged-already", "Your unit has acknowledged it.")
    body = {"by": deed.by, "unit": case["unit"], "assignment": case["assignment"], "round": case["round"]}
    return [Draft(names.ISSUE_ACKNOWLEDGED, body)]


def contact(deed: Deed) -> list[Draft]:
    said, case = deed.said, deed.case
    if not to_contact(case):
        raise refused("not-acknowledged", "Acknowledge it first.")
    at = said["contacted_at"] or instant(deed.now)
    if not this_round(case)["assigned_at"] <= at <= instant(deed.now):
        raise wrong("contacted_at", "not_then", "an instant after this unit got the lead, and not in the future")
    body = {
        "by": deed.by, "result": said["result"], "method": said["method"], "unit": case["unit"], "contacted_at": at,
        "summary": said["summary"], "evidence": said["evidence"], "round": case["round"],
    }  # fmt: skip
    return [Draft(names.ISSUE_CONTACTED, body)]


def reach_scene(deed: Deed) -> list[Draft]:
    """The unit's people are there: this stops an emergency's second clock."""
    at = deed.said["reached_at"] or instant(deed.now)
    _of_emergency(deed)
    if not this_round(deed.case)["dispatched_at"] <= at <= instant(deed.now):
        raise wrong("reached_at", "not_then", "an instant after it was dispatched, and not in the future")
    return [Draft(names.SCENE_REACHED, {"by": deed.by, "unit": deed.case["unit"], "reached_at": at})]


def report(deed: Deed) -> list[Draft]:
    """What is the case, and what is being done: this stops an emergency's third clock."""
    _of_emergency(deed)
    number = this_round(deed.case).get("report", {}).get("number", 0) + 1
    body = {"by": deed.by, "unit": deed.case["unit"], "number": number, "text": deed.said["text"]}
    return [Draft(names.SITUATION_REPORTED, {**body, "evidence": deed.said["evidence"]})]


def _of_emergency(deed: Deed) -> None:
    if deed.case["urgency"] != "emergency":
        raise refused("no-emergency", "Only an emergency has a scene to reach and a situation to report.")


def handle(deed: Deed) -> list[Draft]:
    said, case = deed.said, deed.case
    _spoken_with(deed)
    _own_words(deed, said["reply"])
    no_task_open(deed)
    no_offer_open(deed)
    planned = said["planned_for"]
    if planned is not None and moment(planned) <= deed.now:
        raise wrong("planned_for", "in_the_past", "an instant in the future")
    body = {
        "by": deed.by, "unit": case["unit"], "outcome": said["outcome"], "reply": said["reply"],
        "internal": said["internal"], "evidence": said["evidence"], "planned_for": planned,
        "legal_ground": said["legal_ground"], "received_at": instant(deed.now),
        "assignment": case["assignment"], "round": case["round"],
    }  # fmt: skip
    return signing.completed(deed, body)


def _spoken_with(deed: Deed) -> None:
    """What went on the register before its party was contacted is handled only after that."""
    round = this_round(deed.case)
    if "contact" not in {*round, *round.get("exempt", {})}:
        raise refused("not-contacted", "Contact the party first: a failed attempt counts, too.")


def _own_words(deed: Deed, reply: str) -> None:
    """A public reply is written for this issue: not a mere word, not a copy of the last one."""
    bare = reply.strip().strip("。.!！ ").casefold()
    if len(bare) < SHORTEST_REPLY or bare in EMPTY_WORDS:
        expected = f"what was done, in words for the party: at least {SHORTEST_REPLY} characters"
        raise wrong("reply", "says_nothing", expected)
    if any(was["reply"] == reply for was in handlings(deed.case)):
        raise wrong("reply", "copy_of_the_last", "a reply of its own for this round")


def give_back(deed: Deed) -> list[Draft]:
    """The command `return`."""
    case, said = deed.case, deed.said
    if case["urgency"] == "emergency":
        raise refused("emergency", "An emergency can't be returned: hand it over to a unit that accepts it.")
    if case["returns"] >= 2:
        raise refused("decided", "It was returned twice: the decision about the second return binds.")
    until = return_until(deed.pack, deed.holidays, case)
    if until is None or deed.now >= until:
        window = f"was open until {instant(until)}" if until else "does not exist for this grade"
        raise refused("window-closed", f"The window for returns {window}: handle it, or ask the office.")
    proposed = leader(deed, said["proposed_unit"], "proposed_unit")
    if proposed == case["unit"]:
        raise wrong("proposed_unit", "same_unit", "another unit than the one that leads")
    no_offer_open(deed)
    disputed = case["returns"] > 0
    body = {
        "interim": first_lead(deed) if disputed else None,
        "by": deed.by, "unit": case["unit"], "ground": said["ground"], "proposed_unit": proposed,
        "text": said["text"], "number": case["returns"] + 1, "assignment": case["assignment"], "round": case["round"],
    }  # fmt: skip
    return [Draft(names.ISSUE_RETURNED, body)]
