"""Service time: which minutes of which days a city or a unit serves.

All arithmetic goes by days, never by minutes; intervals are half-open. What is asked for in local time (an end of
service, the same time of day) is local to the zone; every instant that goes in or comes out is in UTC.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sanfu.city.model.clocks import DayOverride, Frame, Service
from sanfu.city.model.policy import Policy

DAY = timedelta(days=1)
MIDNIGHT = 24 * 60
FURTHEST = 1_000
"""Days that a search goes before it gives up: a service without a single day of service would search for ever."""
ROUND_THE_CLOCK = Service(
    week=((Frame(0, MIDNIGHT),),) * 7, make_up=(Frame(0, MIDNIGHT),), cut_off=MIDNIGHT, holidays=False
)


class YearUnknown(Exception):
    """A date lies in a year whose holidays and make-up days are not known."""

    def __init__(self, year: int) -> None:
        super().__init__(f"no holidays and make-up working days are known for {year}")
        self.year = year


@dataclass(frozen=True, slots=True)
class Holidays:
    """The national calendar: public holidays and make-up working days of the years in `years`, whole years only."""

    off: frozenset[date] = frozenset()
    make_up: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Calendar:
    """When one service (a city's, a unit's) is there.

    Raises YearUnknown where a day is asked for of which only the national calendar could tell, and does not know.
    """

    zone: tzinfo
    service: Service
    holidays: Holidays = Holidays()
    overrides: Mapping[date, DayOverride] = field(default_factory=dict)
    every_day: bool = False
    """Every date is a working day: the bound that holds where the true calendar is not known."""
    lenient: bool = False
    """Dates of years that are not known are working days, instead of an error."""
    known: dict[date, tuple[Frame, ...]] = field(default_factory=dict, compare=False, repr=False)
    """Days already asked for."""

    # ── days ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def frames(self, day: date) -> tuple[Frame, ...]:
        """Return the day's frames in order, none on a day off."""
        found = self.known.get(day)
        if found is None:
            found = self.known[day] = self._frames(day)
        return found

    def _frames(self, day: date) -> tuple[Frame, ...]:
        ordinary = self.service.week[day.weekday()]
        worked = ordinary or self.service.make_up
        override = self.overrides.get(day) if self.service.holidays else None
        if override and override.service:
            return override.frames or worked
        if self.every_day:
            return worked
        if override:
            return ()
        if not self.service.holidays:
            return ordinary
        if day.year not in self.holidays.years:
            if self.lenient:
                return worked
            raise YearUnknown(day.year)
        if day in self.holidays.off:
            return ()
        return (self.service.make_up or ordinary) if day in self.holidays.make_up else ordinary

    def has_service(self, day: date) -> bool:
        return bool(self.frames(day))

    def service_day(self, day: date, nth: int) -> date:
        """Return the nth day with service after `day`; before it where nth is negative. 0 is the day itself."""
        step = DAY if nth > 0 else -DAY
        for _ in range(abs(nth)):
            day = self._next(day, step)
        return day

    def _next(self, day: date, step: timedelta) -> date:
        for _ in range(FURTHEST):
            day += step
            if self.has_service(day):
                return day
        raise ValueError(f"no day of service within {FURTHEST} days of {day}")

    def end_of_service(self, day: date) -> datetime:
        """Return when service ends that day; on a day off, the latest that it ends in an ordinary week."""
        frames = self.frames(day)
        return self.at(day, frames[-1].shuts if frames else max(f[-1].shuts for f in self.service.week if f))

    def minutes_of_a_day(self) -> int:
        """Return what one day of service is worth: the ordinary week's mean, over its days with service."""
        worked = [frames for frames in self.service.week if frames]
        return sum(f.shuts - f.opens for frames in worked for f in frames) // len(worked)

    # ── instants ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)

    def day_of(self, instant: datetime) -> date:
        return self.local(instant).date()

    def at(self, day: date, minute: int) -> datetime:
        """Return the instant so many minutes after local midnight, by the clock on the wall."""
        if minute == MIDNIGHT:
            day, minute = day + DAY, 0
        return self.on(day, time(minute // 60, minute % 60))

    def on(self, day: date, time_of_day: time) -> datetime:
        return datetime.combine(day, time_of_day, self.zone).astimezone(UTC)

    def same_time(self, instant: datetime, day: date) -> datetime:
        """Return `instant`'s local time of day on another day."""
        return self.on(day, self.local(instant).time())

    def cut_off(self, day: date) -> datetime:
        """Return from when on a same-day limit no longer ends that day; never after the end of service."""
        return min(self.at(day, self.service.cut_off), self.end_of_service(day))

    # ── service time ─────────────────────────────────────────────────────────────────────────────────────────────────

    def service_between(self, begin: datetime, end: datetime) -> timedelta:
        """Return the service time in [begin, end); nothing where end is not after begin."""
        total = timedelta()
        day, last = self.day_of(begin), self.day_of(end)
        while day <= last:
            for opens, shuts in self._stretches(day):
                total += max(min(shuts, end) - max(opens, begin), timedelta())
            day += DAY
        return total

    def after_service(self, begin: datetime, amount: timedelta) -> datetime:
        """Return the earliest instant by which `amount` of service time has passed since `begin`."""
        day, left = self.day_of(begin), amount
        if left <= timedelta():
            return begin
        while True:
            for opens, shuts in self._stretches(day):
                came = max(opens, begin)
                if shuts - came >= left:
                    return came + left
                left -= max(shuts - came, timedelta())
            day = self._next(day, DAY)

    def _stretches(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        return ((self.at(day, frame.opens), self.at(day, frame.shuts)) for frame in self.frames(day))


def serving(policy: Policy, zone: tzinfo, holidays: Holidays, unit: str | None, *, always: bool) -> Calendar:
    """Make the calendar of a unit (None: the city's); `always`: every minute of every day is service time."""
    service = policy.service_of(unit)
    if always:
        service = replace(ROUND_THE_CLOCK, cut_off=service.cut_off)
    return Calendar(zone, service, holidays, policy.overrides)
