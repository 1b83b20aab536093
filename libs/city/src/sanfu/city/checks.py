"""Checks of a whole pack, after each file was found sound: remarks on what would leave somebody without an answer."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sanfu.city.calendar import Calendar
from sanfu.city.endings import ends
from sanfu.city.holders import Held, held, nobody_told
from sanfu.city.model.clocks import limit_of
from sanfu.city.model.pack import Pack
from sanfu.city.problems import Problem
from sanfu.city.rosters import on_duty
from sanfu.city.unheard import unheard

LOOKED_AHEAD = 14 * 24
"""Hours for which a roster is looked through."""
LEADS_NOTHING = ("external", "leading_group", "village")
"""Kinds of unit that are never given the lead."""


def remarks(pack: Pack, today: date) -> Iterable[Problem]:
    known = held(pack, today)
    yield from _nobody_on_duty(pack, known)
    yield from _gaps(pack, today)
    yield from _nobody_reviews(pack, known)
    yield from _errands_of_nothing(pack)
    yield from _follow_ups_of_nobody(pack)
    yield from _nobody_signs(pack, known, today)
    yield from nobody_told(pack, known, today)
    yield from _limits_that_are_missing(pack)
    yield from unheard(pack)
    yield from ends(pack, today)


def _nobody_on_duty(pack: Pack, known: Held) -> Iterable[Problem]:
    """An emergency goes to the emergency unit and the unit of the place: somebody there must be reached at night."""
    for code in (pack.emergency_unit, *pack.towns):
        if (code, "duty_officer") not in known and not pack.units[code].duty_phone:
            cure = f"add a person of {code} with the role duty_officer, or its duty_phone to units.csv"
            yield Problem("staff.csv", 0, "roles", f"nobody of {code!r} is on duty in an emergency", cure, fatal=False)


def _gaps(pack: Pack, today: date) -> Iterable[Problem]:
    """The first hour of the next two weeks for which a roster names nobody: that is no mistake, but should be meant."""
    for unit, shifts in pack.rosters.items():
        calendar = Calendar(
            ZoneInfo(pack.zone), pack.policy.service_of(unit), overrides=pack.policy.overrides, lenient=True
        )
        hours = (datetime.combine(today, time()) + timedelta(hours=hour) for hour in range(LOOKED_AHEAD))
        if gap := next((hour for hour in hours if not on_duty(shifts, hour, calendar.has_service)), None):
            message = f"nobody is on duty from {gap:%Y-%m-%d %H:%M}: the duty phone rings, or the head's"
            yield Problem("rosters.yaml", 0, unit, message, "add a shift, if that is not meant", fatal=False)


def _nobody_reviews(pack: Pack, known: Held) -> Iterable[Problem]:
    if (pack.office_unit, "reviewer") not in known:
        cure = f"add a person of {pack.office_unit} with the role reviewer"
        yield Problem("staff.csv", 0, "roles", "nobody reviews what no rule is sure of", cure, fatal=False)


def _errands_of_nothing(pack: Pack) -> Iterable[Problem]:
    for code in pack.policy.errands:
        if code not in pack.categories:
            message = f"there is no category {code!r}"
            yield Problem("policy.yaml", 0, f"errands.{code}", message, "name a code of categories.csv")


def _follow_ups_of_nobody(pack: Pack) -> Iterable[Problem]:
    """Who is asked whether it was solved has to be said for each channel, or it would be nobody, or somebody else."""
    for channel in pack.channels.values():
        if pack.policy.follow_up_of and channel.follow_up_of not in pack.policy.follow_up_of:
            message = (
                f"the follow-up of {channel.code!r} asks {channel.follow_up_of!r}, of which policy.yaml says nothing"
            )
            yield Problem("channels.csv", 0, "follow_up_of", message, "name a line of policy.yaml's follow_up_of")


def _nobody_signs(pack: Pack, known: Held, today: date) -> Iterable[Problem]:
    """Where the policy asks for a signature, every unit that may lead has a head, or one above it has."""
    if not pack.policy.sign_off:
        return
    for unit in pack.units.values():
        leads = unit.valid_on(today) and unit.kind not in LEADS_NOTHING
        if leads and not any((code, "unit_head") in known for code in _line(pack, unit.code)):
            message = f"nobody signs for {unit.code!r}: neither it nor a unit above it has a head"
            cure = f"add a person of {unit.code} with the role unit_head"
            yield Problem("staff.csv", 0, "roles", message, cure, fatal=False)


def _line(pack: Pack, code: str | None) -> Iterable[str]:
    seen = list[str]()
    while code is not None and code not in seen and code in pack.units:
        seen.append(code)
        code = pack.units[code].parent
    return seen


def _limits_that_are_missing(pack: Pack) -> Iterable[Problem]:
    """A clock that tells grades apart should know all of them; `handling` is the city's promise."""
    if "handling" not in pack.policy.clocks:
        message = "there is no clock `handling`: nothing is ever due"
        yield Problem("policy.yaml", 0, "clocks", message, "add a clock handling", fatal=False)
    for clock in pack.policy.clocks.values():
        if any(case.when.keys() - {"grade"} for case in clock.limits):
            continue
        for grade in pack.policy.grades:
            if limit_of(clock.limits, {"grade": grade}) is None:
                key, message = f"clocks.{clock.code}.limits", f"has no limit for the grade {grade!r}"
                cure = f"add - {{grade: {grade}, limit: …}}"
                yield Problem("policy.yaml", 0, key, message, cure, fatal=False)
