"""Limits and what moves them: pauses, extensions, the grade; exemptions from the three ones."""

from datetime import timedelta
from typing import Any, Final

from sanfu.city.model import Pack
from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.deeds.order import SYSTEM_BY, Order, keep_secret, no_emergency, refused, words, wrong
from sanfu.desk.domain.rounds import this_round
from sanfu.desk.domain.table import CONTACTED, SUSPENDED
from sanfu.runtime.rules import Draft

EXTENSIONS: Final = {"handling": "extension", "petition_handle": "petition_extension"}
"""Clock → the window of the policy that says whether more time may be asked for, how often and how much."""
BY_ITSELF: Final = timedelta(days=1)
"""What is granted where nobody decided (domain, "Clocks and lights")."""
RUNNING: Final = frozenset({"assigned", "acknowledged", CONTACTED, SUSPENDED})
"""States in which more time is of use."""


# ── pauses ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def suspend(order: Order) -> list[Draft]:
    """Let the clocks rest, for a reason that lies outside the unit; all pauses together no longer than the policy has
    for the grade. It ends by itself."""
    case, said = order.case, order.said
    no_emergency(order, "suspended")
    reasons = suspension_reasons(order.pack)
    if said["reason"] not in reasons:
        raise wrong("reason", "unknown_reason", f"a reason code of the pack: {', '.join(reasons) or 'it has none'}")
    keep_secret(order, "text")
    longest = order.until("suspension", order.now - timedelta(milliseconds=case["rested_ms"]))
    if longest is None:
        raise refused("no-suspension", f"A case of grade {case['grade']} is never suspended.")
    if longest <= instant(order.now):
        raise refused("suspension-used-up", "It was suspended for as long as it may be, all pauses together.")
    until = said["until"] or longest
    if not instant(order.now) < until <= longest:
        raise wrong("until", "not_then", f"an instant in the future, not later than {longest}")
    body = {"by": order.by, "reason": said["reason"], "text": said["text"], "until": until, "approved_by": None}
    return [Draft(names.ISSUE_SUSPENDED, body)]


def suspension_reasons(pack: Pack) -> list[str]:
    """Name the reasons for a pause that the pack knows: its notices called `suspension.<reason>`."""
    return sorted(key.removeprefix("suspension.") for key in pack.notices if key.startswith("suspension."))


def resume(order: Order) -> list[Draft]:
    """The clocks run on: somebody says so, or it has rested for as long as it was to."""
    return [Draft(names.ISSUE_RESUMED, {"by": order.by, "reason": None})]


# ── more time ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ask_extension(order: Order) -> list[Draft]:
    """Ask for more time before the limit. Undecided, one day is granted by itself."""
    case, said = order.case, order.said
    no_emergency(order, "given more time")
    if case["extension"]:
        raise refused("asked-already", "More time was asked for already: the office has to decide first.")
    clock = case["clocks"].get(said["clock"])
    longest = clock and order.until(EXTENSIONS[said["clock"]], moment(clock["limit"]))
    if clock is None or longest is None:
        raise refused("no-extension", f"No more time is given on {said['clock']} to a case of grade {case['grade']}.")
    if instant(order.now) >= clock["limit"]:
        raise refused("too-late", f"More time is asked for before the limit: that was {clock['limit']}.")
    _times_left(order)
    until = said["until"] or longest
    if not clock["limit"] < until <= longest:
        raise wrong("until", "not_then", f"an instant after the limit, not later than {longest}")
    body = {
        "by": order.by, "clock": said["clock"], "until": until, "decide_by": order.until("extension_decision"),
        "reason": words(order, "reason", "why more time is needed"), "number": len(_asked(order)) + 1,
        "round": case["round"],
    }  # fmt: skip
    return [Draft(names.EXTENSION_ASKED, body)]


def _asked(order: Order) -> list[Any]:
    return [one for one in order.case["extensions"] if one["round"] == order.case["round"]]


def _times_left(order: Order) -> None:
    clock = order.said["clock"]
    window = order.pack.policy.windows[EXTENSIONS[clock]]
    asked = [one for one in _asked(order) if one["clock"] == clock]
    if window.times is not None and len(asked) >= window.times:
        raise refused("no-more-extensions", f"More time may be asked for {window.times} times in a round.")


def decide_extension(order: Order) -> list[Draft]:
    said, asked = order.said, _pending(order, "extension")
    limit = order.case["clocks"][asked["clock"]]["limit"]
    until = (said["until"] or asked["until"]) if said["granted"] else None
    if until is not None and not limit < until <= asked["until"]:
        raise wrong("until", "not_then", f"an instant after {limit}, not later than was asked for: {asked['until']}")
    keep_secret(order, "reason")
    if not said["granted"]:
        words(order, "reason", "why no more time is given")
    return [_extension(order, order.by, until, said["reason"])]


def extend_by_itself(order: Order) -> list[Draft]:
    """Nobody decided in time: one day is granted, once in a round, if the case is still being handled."""
    asked = order.case["extension"]
    once = not any(one["granted"] and one["by"]["role"] == "system" for one in _asked(order))
    limit = order.case["clocks"][asked["clock"]]["limit"]
    until = min(instant(moment(limit) + BY_ITSELF), asked["until"])
    useful = order.case["state"] in RUNNING and once and until > limit
    return [_extension(order, SYSTEM_BY, until if useful else None, None)]


def _extension(order: Order, by: Any, until: str | None, reason: str | None) -> Draft:
    asked = order.case["extension"]
    body = {
        "by": by, "clock": asked["clock"], "granted": until is not None, "until": until, "number": asked["number"],
        "reason": reason, "round": asked["round"],
    }  # fmt: skip
    return Draft(names.EXTENSION_DECIDED, body)


def _pending(order: Order, what: str) -> Any:
    asked = order.case[what]
    if asked is None:
        raise refused("nothing-asked", "Nobody asked for it.")
    if asked["by"]["id"] == order.by["id"]:
        raise refused("own-request", "You asked for it yourself: somebody else decides.")
    return asked


# ── the grade ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ask_grade(order: Order) -> list[Draft]:
    """Say that it is of another grade, once in a round. A shorter one holds at once; a longer one needs the office."""
    case, said, grades = order.case, order.said, order.pack.policy.grades
    if said["grade"] not in grades or said["grade"] == case["grade"]:
        others = ", ".join(grade for grade in grades if grade != case["grade"])
        raise wrong("grade", "unknown_grade", f"another grade than it is: {others}")
    if case["grade_asked"]:
        raise refused("asked-already", "Another grade was asked for already: the office has to decide first.")
    if this_round(case).get("grade_changed"):
        raise refused("once-a-round", "The grade changed in this round already: it stays.")
    reason = words(order, "reason", "why it is of that grade")
    longer = grades.index(said["grade"]) > grades.index(case["grade"])
    if longer and order.by["role"] != "coordination_office":
        body = {"by": order.by, "grade": said["grade"], "reason": reason, "round": case["round"]}
        return [Draft(names.GRADE_CHANGE_ASKED, body)]
    return [_graded(order, said["grade"], reason)]


def decide_grade(order: Order) -> list[Draft]:
    asked = _pending(order, "grade_asked")
    reason = words(order, "reason", "why, or why not")
    if order.said["granted"]:
        return [_graded(order, asked["grade"], reason)]
    body = {"by": order.by, "grade": asked["grade"], "reason": reason, "round": order.case["round"]}
    return [Draft(names.GRADE_CHANGE_DECLINED, body)]


def _graded(order: Order, grade: str, reason: str) -> Draft:
    case = order.case
    body = {"by": order.by, "before": case["grade"], "grade": grade, "reason": reason, "round": case["round"]}
    return Draft(names.GRADE_CHANGED, body)


# ── exemptions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def exempt(order: Order) -> list[Draft]:
    """Let one of the three ones be missing, for a reason that the office answers for."""
    said, case = order.said, order.case
    next_one = "follow_up" if case["state"] == "handled" else "contact"
    if said["of"] != next_one:
        raise wrong("of", "not_now", f"{next_one}: that is what is to be done next")
    body = {
        "by": order.by, "of": said["of"], "granted": True, "reason": words(order, "reason", "why it may be missing"),
        "evidence": said["evidence"], "round": case["round"],
    }  # fmt: skip
    return [Draft(names.EXEMPTION_DECIDED, body)]
