"""A check that only arithmetic can make: is a shorter grade ever due after a longer one, from the same start?"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sanfu.city.calendar import Calendar, Holidays, serving
from sanfu.city.model.clocks import Clock, Limit, limit_of
from sanfu.city.model.pack import Pack
from sanfu.city.problems import Problem
from sanfu.sla.domain.deadlines import Case, Reckoner, text_of

YEARS = 2
"""The last ones whose calendar is known: each has holidays of its own, and other weekdays for the same dates."""
DAY, LAST_MINUTE = timedelta(days=1), 24 * 60 - 1

Graded = tuple[str, Limit]


def first_inversion(pack: Pack, holidays: Holidays) -> Iterator[Problem]:
    """Name, for each clock, the first start from which a grade would be due after the next longer one.

    Looks at every day of the last known years, at its cut-off and its last minute: a limit only grows with its start.
    """
    zone = ZoneInfo(pack.zone)
    reckoner = Reckoner(pack.policy, zone, holidays)
    starts = [*_starts(serving(pack.policy, zone, holidays, None, always=False), holidays)]
    seen = set[tuple[Graded, ...]]()
    for clock in pack.policy.clocks.values():
        graded = [(grade, limit) for grade in pack.policy.grades if (limit := limit_of(clock.limits, _facts(grade)))]
        pairs = [pair for pair in pairwise(graded) if _may_invert(pair[0][1], pair[1][1]) and pair not in seen]
        seen.update(pairs)
        yield from (found for pair in pairs if (found := _inverted(reckoner, zone, clock, pair, starts)))


def _facts(grade: str) -> dict[str, str]:
    return {"grade": grade, "urgency": "normal"}


def _may_invert(short: Limit, long: Limit) -> bool:
    return short.kind != long.kind or short.n > long.n


def _starts(calendar: Calendar, holidays: Holidays) -> Iterator[datetime]:
    for year in sorted(holidays.years)[-YEARS:]:
        day = date(year, 1, 1)
        while day.year == year:
            yield from (calendar.cut_off(day), calendar.at(day, LAST_MINUTE))
            day += DAY


def _inverted(
    reckoner: Reckoner, zone: ZoneInfo, clock: Clock, pair: tuple[Graded, Graded], starts: list[datetime]
) -> Problem | None:
    (short, limit), (long, longer) = pair
    for start in starts:
        due, later = (reckoner.deadline(Case(clock, _facts(grade), start)).limit for grade in (short, long))
        if due > later:
            at, one, other = (f"{each.astimezone(zone):%Y-%m-%d %H:%M}" for each in (start, due, later))
            message = f"from {at}, {short} ({text_of(limit)}) is due {one}, and {long} ({text_of(longer)}) {other}"
            capped = f"set cap_same_day: {long}, or " if limit.kind == "same_day" else ""
            cure = f"{capped}give {long} a longer limit; leave it if that is meant"
            return Problem("policy.yaml", 0, f"clocks.{clock.code}.limits", message, cure, fatal=False)
    return None
