"""Limits and what moves them: pauses, extensions, the grade; exemptions from the three ones."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed, no_emergency, refused, wrong
from sanfu.desk.domain.deeds.following import handled_at_its_head
from sanfu.desk.domain.rounds import this_round
from sanfu.desk.domain.table import ACKNOWLEDGED, CONTACTED, SUSPENDED, UNSIGNED
from sanfu.desk.domain.windows import limit_for
from sanfu.runtime.rules import Draft

EXTENSIONS: Final = {"handling": "extension", "petition_handle": "petition_extension"}
"""Clock → the window of the policy that says whether more time may be asked for, how often and how much."""
BY_ITSELF: Final = timedelta(days=1)
"""What is granted where nobody decided (domain, "Clocks and lights")."""
RUNNING: Final = frozenset({"assigned", "acknowledged", CONTACTED, SUSPENDED, UNSIGNED})
"""States in which more time is of use."""


def may_suspend(case: Mapping[str, Any], pack: Pack) -> bool:
    """Tell whether the policy lets such a case rest at all."""
    return limit_for(pack, {**case, "grade": case["grade"] or pack.policy.default_grade}, "suspension") is not None


def may_ask_extension(case: Mapping[str, Any], pack: Pack) -> bool:
    """Tell whether the policy has more time for such a case, in this round, and nobody waits for an answer."""
    return not case["extension"] and any(
        clock in case["clocks"] and limit_for(pack, case, window) is not None and _times_left(case, pack, clock)
        for clock, window in EXTENSIONS.items()
    )


# ── pauses ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def suspend(deed: Deed) -> list[Draft]:
    """Let the clocks rest, for a reason that lies outside the unit; all pauses together no longer than the policy has
    for the grade, before it has one for the city's default. It ends by itself. What awaits its party rests already,
    what was returned waits for router alone, and of what is handled nothing is left to do but to ask."""
    case, said = deed.case, deed.said
    no_emergency(deed, "suspended")
    reasons = suspension_reasons(deed.pack)
    if said["reason"] not in reasons:
        raise wrong("reason", "unknown_reason", f"a reason code of the pack: {', '.join(reasons) or 'it has none'}")
    graded = replace(deed, case={**case, "grade": case["grade"] or deed.pack.policy.default_grade})
    longest = graded.until("suspension", deed.now - timedelta(milliseconds=case["rested_ms"]))
    if longest is None:
        raise refused("no-suspension", f"A case of grade {graded.case['grade']} is never suspended.")
    if longest <= instant(deed.now):
        raise refused("suspension-used-up", "It was suspended for as long as it may be, all pauses together.")
    until = said["until"] or longest
    if not instant(deed.now) < until <= longest:
        raise wrong("until", "not_then", f"an instant in the future, not later than {longest}")
    body = {"by": deed.by, "reason": said["reason"], "text": said["text"], "until": until, "approved_by": None}
    return [Draft(names.ISSUE_SUSPENDED, body)]


def suspension_reasons(pack: Pack) -> list[str]:
    """Name the reasons for a pause that the pack knows: its notices called `suspension.<reason>`."""
    return sorted(key.removeprefix("suspension.") for key in pack.notices if key.startswith("suspension."))


def resume(deed: Deed) -> list[Draft]:
    """The clocks run on: somebody says so, or it has rested for as long as it was to."""
    return [Draft(names.ISSUE_RESUMED, {"by": deed.by, "reason": None})]


# ── more time ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ask_extension(deed: Deed) -> list[Draft]:
    """Ask for more time before the limit. Undecided, one day is granted by itself."""
    case, said = deed.case, deed.said
    no_emergency(deed, "given more time")
    if case["extension"]:
        raise refused("asked-already", "More time was asked for already: the office has to decide first.")
    clock = case["clocks"].get(said["clock"])
    longest = clock and deed.until(EXTENSIONS[said["clock"]], moment(clock["limit"]))
    if clock is None or longest is None:
        instead = "; ask_grade asks for another grade, suspend for a pause" if said["clock"] == "handling" else ""
        none = f"No more time is given on {said['clock']} to a case of grade {case['grade']}"
        raise refused("no-extension", f"{none}{instead}.")
    if instant(deed.now) >= clock["limit"]:
        raise refused("too-late", f"More time is asked for before the limit: that was {clock['limit']}.")
    if not _times_left(case, deed.pack, said["clock"]):
        times = deed.pack.policy.windows[EXTENSIONS[said["clock"]]].times
        raise refused("no-more-extensions", f"More time may be asked for {times} times in a round.")
    until = said["until"] or longest
    if not clock["limit"] < until <= longest:
        raise wrong("until", "not_then", f"an instant after the limit, {clock['limit']}, and not later than {longest}")
    body = {
        "by": deed.by, "clock": said["clock"], "until": until, "decide_by": deed.until("extension_decision"),
        "reason": deed.said["reason"], "number": len(_asked(case)) + 1,
        "round": case["round"],
    }  # fmt: skip
    return [Draft(names.EXTENSION_ASKED, body)]


def _asked(case: Mapping[str, Any]) -> list[Any]:
    return [one for one in case["extensions"] if one["round"] == case["round"]]


def _times_left(case: Mapping[str, Any], pack: Pack, clock: str) -> bool:
    times = pack.policy.windows[EXTENSIONS[clock]].times
    return times is None or sum(one["clock"] == clock for one in _asked(case)) < times


def decide_extension(deed: Deed) -> list[Draft]:
    said, asked = deed.said, _pending(deed, "extension")
    if said["granted"]:
        no_emergency(deed, "given more time")
    limit = deed.case["clocks"][asked["clock"]]["limit"]
    until = (said["until"] or asked["until"]) if said["granted"] else None
    if until is not None and not limit < until <= asked["until"]:
        raise wrong("until", "not_then", f"an instant after {limit}, not later than was asked for: {asked['until']}")
    if not said["granted"] and said["reason"] is None:
        raise wrong("reason", "missing", "why no more time is given")
    return [_extension(deed, deed.by, until, said["reason"])]


def extend_by_itself(deed: Deed) -> list[Draft]:
    """Nobody decided in time: one day is granted, once in a round, if the case is still being handled."""
    asked = deed.case["extension"]
    once = not any(one["granted"] and one["by"]["role"] == "system" for one in _asked(deed.case))
    limit = deed.case["clocks"][asked["clock"]]["limit"]
    until = min(instant(moment(limit) + BY_ITSELF), asked["until"])
    lasting = deed.case["urgency"] != "emergency" and deed.case["state"] in RUNNING
    useful = lasting and once and until > limit
    return [_extension(deed, SYSTEM_BY, until if useful else None, None)]


def _extension(deed: Deed, by: Any, until: str | None, reason: str | None) -> Draft:
    asked = deed.case["extension"]
    body = {
        "by": by, "clock": asked["clock"], "granted": until is not None, "until": until, "number": asked["number"],
        "reason": reason, "round": asked["round"],
    }  # fmt: skip
    return Draft(names.EXTENSION_DECIDED, body)


def _pending(deed: Deed, what: str) -> Any:
    asked = deed.case[what]
    if asked is None:
        raise refused("nothing-asked", "Nobody asked for it.")
    if asked["by"]["id"] == deed.by["id"]:
        raise refused("own-request", "You asked for it yourself: somebody else decides.")
    return asked


# ── the grade ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ask_grade(deed: Deed) -> list[Draft]:
    """Say that it is of another grade, once in a round. A shorter one holds at once; a longer one needs the office."""
    case, said, grades = deed.case, deed.said, deed.pack.policy.grades
    if said["grade"] not in grades or said["grade"] == case["grade"]:
        others = ", ".join(grade for grade in grades if grade != case["grade"])
        raise wrong("grade", "unknown_grade", f"another grade than it is: {others}")
    if case["grade_asked"]:
        raise refused("asked-already", "Another grade was asked for already: the office has to decide first.")
    if this_round(case).get("grade_changed"):
        raise refused("once-a-round", "The grade changed in this round already: it stays.")
    reason = deed.said["reason"]
    longer = grades.index(said["grade"]) > grades.index(case["grade"])
    if longer and deed.by["role"] != "coordination_office":
        body = {"by": deed.by, "grade": said["grade"], "reason": reason, "round": case["round"]}
        return [Draft(names.GRADE_CHANGE_ASKED, body)]
    return [_graded(deed, said["grade"], reason)]


def decide_grade(deed: Deed) -> list[Draft]:
    asked = _pending(deed, "grade_asked")
    reason = deed.said["reason"]
    if deed.said["granted"]:
        return [_graded(deed, asked["grade"], reason)]
    body = {"by": deed.by, "grade": asked["grade"], "reason": reason, "round": deed.case["round"]}
    return [Draft(names.GRADE_CHANGE_DECLINED, body)]


def _graded(deed: Deed, grade: str, reason: str) -> Draft:
    case = deed.case
    body = {"by": deed.by, "before": case["grade"], "grade": grade, "reason": reason, "round": case["round"]}
    return Draft(names.GRADE_CHANGED, body)


# ── exemptions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def exempt(deed: Deed) -> list[Draft]:
    """Let one of the three ones be missing, for a reason that the office answers for."""
    said, case = deed.said, deed.case
    handled_at_its_head(deed)
    next_one = "contact" if case["state"] == ACKNOWLEDGED else "follow_up"
    if said["of"] != next_one:
        raise wrong("of", "not_now", f"{next_one}: that is what is to be done next")
    body = {
        "by": deed.by, "of": said["of"], "granted": True, "reason": deed.said["reason"],
        "evidence": said["evidence"], "round": case["round"],
    }  # fmt: skip
    return [Draft(names.EXEMPTION_DECIDED, body)]
