"""A slow, obvious reckoner of deadlines: lays the calendar out minute by minute, once, and counts.

It shares no code with the fast one. Everything is in whole minutes of local time without daylight saving; holidays
come from another library than the service's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache

import chinese_calendar

ONE_DAY = timedelta(days=1)
Frames = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Plain:
    """A case, as plainly as can be. Instants are local, without a zone."""

    start: datetime
    kind: str
    n: int = 0
    week: Sequence[Frames] = ()
    make_up: Frames = ()
    cut_off: int = 990
    keeps_holidays: bool = True
    weekends_off: frozenset[date] = frozenset()
    """Saturdays and Sundays that are holidays even where weekends have service. On these the libraries differ: one
    names the feast days only, the other also the weekend between two of them."""
    overrides: Mapping[date, Frames] = field(default_factory=dict)
    days_end: str = "end_of_service"
    rolls: bool = False
    cap_days: int | None = None
    pauses: Sequence[tuple[datetime, datetime]] = ()
    extension_days: int = 0
    """Days of the limit's own kind, where it is in days; else calendar days."""
    extension_other: int = 0
    """Days of the other kind than the limit's: calendar days on working days, and the other way round."""
    asked: datetime | None = None
    """A limit that holds where it is earlier than the bare one."""
    yellow_days: int | None = None
    yellow_same_day: int | None = None
    yellow_minutes: int | None = None


@cache
def _off(day: date) -> bool:
    return bool(chinese_calendar.is_holiday(day))


@cache
def _minutes(frames: Frames) -> bytes:
    minutes = bytearray(1440)
    for opens, shuts in frames:
        for minute in range(opens, shuts):
            minutes[minute] = 1
    return bytes(minutes)


class Laid:
    """The minutes of the days around a case's start: 1 in service, 0 out of it."""

    def __init__(self, case: Plain) -> None:
        self.case = case
        self.first = case.start.date() - timedelta(days=40)
        self.served = bytearray()
        for number in range(40 + 200):
            self.served += _minutes(self._frames(self.first + number * ONE_DAY))

    def _frames(self, day: date) -> Frames:
        case, ordinary = self.case, self.case.week[day.weekday()]
        if not case.keeps_holidays:
            return ordinary
        if day in case.overrides:
            return case.overrides[day]
        if day in case.weekends_off or (_off(day) and day.weekday() < 5):
            return ()
        worked_by_law = not _off(day) and day.weekday() >= 5
        return case.make_up if worked_by_law else ordinary

    def minute(self, at: datetime) -> int:
        return int((at - datetime.combine(self.first, time())).total_seconds()) // 60

    def at(self, minute: int) -> datetime:
        return datetime.combine(self.first, time()) + timedelta(minutes=minute)

    def day(self, number: int) -> bytearray:
        return self.served[number * 1440 : number * 1440 + 1440]

    def end_of_day(self, number: int) -> int:
        """The minute behind the last one of service; on a day off, the latest of the ordinary week."""
        for minute in range(1439, -1, -1):
            if self.day(number)[minute]:
                return number * 1440 + minute + 1
        return number * 1440 + max(shuts for frames in self.case.week for _, shuts in frames)

    def next_served(self, number: int, step: int = 1) -> int:
        number += step
        while not any(self.day(number)):
            number += step
        return number

    def after(self, minute: int, amount: int) -> int:
        """Walk on until so many minutes of service have gone by."""
        while amount > 0:
            amount -= self.served[minute]
            minute += 1
        return minute


def reckon(case: Plain) -> tuple[datetime, datetime | None]:
    """Return limit and yellow."""
    laid = Laid(case)
    found = _limit_and_yellow(laid, case.kind, case.n)
    if case.kind == "same_day" and case.cap_days is not None:
        capped = _limit_and_yellow(laid, "calendar_days", case.cap_days)
        found = capped if capped[0] < found[0] else found
    limit, yellow = found
    return laid.at(limit), None if yellow is None else laid.at(yellow)


def _limit_and_yellow(laid: Laid, kind: str, n: int) -> tuple[int, int | None]:
    start = laid.minute(laid.case.start)
    limit = _moved(laid, kind, start, _longer(laid, kind, _first(laid, kind, n, start)))
    yellow = _yellow(laid, kind, limit)
    return limit, None if yellow is None else max(yellow, start)


def _first(laid: Laid, kind: str, n: int, start: int) -> int:
    """The limit with what was granted in its own kind; one that was asked for is moved to the same time of day."""
    granted = laid.case.extension_days
    in_days = kind in ("calendar_days", "working_days")
    bare = _bare(laid, kind, n, start)
    asked = None if laid.case.asked is None else laid.minute(laid.case.asked)
    if asked is not None and asked < bare:
        day = asked // 1440
        for _ in range(granted):
            day = laid.next_served(day) if kind == "working_days" else day + 1
        return day * 1440 + asked % 1440
    return _days(laid, kind, n + granted, start) if in_days else bare + 1440 * granted


def _bare(laid: Laid, kind: str, n: int, start: int) -> int:
    case, day = laid.case, start // 1440
    if kind in ("calendar_days", "working_days"):
        return _days(laid, kind, n, start)
    if kind == "service_minutes":
        limit = laid.after(start, n)
    elif kind == "minutes":
        limit = start + n
    elif any(laid.day(day)) and start % 1440 < case.cut_off and start < laid.end_of_day(day):
        limit = laid.end_of_day(day)
    else:
        limit = laid.end_of_day(laid.next_served(day))
    return limit


def _longer(laid: Laid, kind: str, limit: int) -> int:
    """Move a limit by days of another kind than its own, to the same time of day."""
    day = limit // 1440
    for _ in range(laid.case.extension_other):
        day = laid.next_served(day) if kind == "calendar_days" else day + 1
    return day * 1440 + limit % 1440


def _days(laid: Laid, kind: str, n: int, start: int) -> int:
    case, day = laid.case, start // 1440
    if case.days_end == "service_minutes":
        worked = [frames for frames in case.week if frames]
        return laid.after(
            start, n * (sum(shuts - opens for frames in worked for opens, shuts in frames) // len(worked))
        )
    for _ in range(n):
        day = laid.next_served(day) if kind == "working_days" else day + 1
    if kind == "calendar_days" and case.rolls and not any(laid.day(day)):
        day = laid.next_served(day)
    return day * 1440 + start % 1440 if case.days_end == "same_time" else laid.end_of_day(day)


def _moved(laid: Laid, kind: str, start: int, limit: int) -> int:
    """Go through the paused minutes one by one; each stretch of them moves the limit, if it had not passed."""
    paused = {
        minute
        for begins, ends in laid.case.pauses
        for minute in range(max(start, laid.minute(begins)), laid.minute(ends))
    }
    counts = False
    begins_at, amount = -1, 0
    for minute in sorted(paused):
        if minute - 1 not in paused:
            limit, amount = _push(laid, kind, limit, amount), 0
            begins_at = minute
            counts = begins_at < limit
        amount += (1 if kind in ("calendar_days", "minutes") else laid.served[minute]) if counts else 0
    return _push(laid, kind, limit, amount)


def _push(laid: Laid, kind: str, limit: int, amount: int) -> int:
    return limit + amount if kind in ("calendar_days", "minutes") else laid.after(limit, amount)


def _yellow(laid: Laid, kind: str, limit: int) -> int | None:
    case = laid.case
    if kind == "same_day":
        return None if case.yellow_same_day is None else limit - case.yellow_same_day
    if kind in ("service_minutes", "minutes"):
        return None if case.yellow_minutes is None else limit - case.yellow_minutes
    if case.yellow_days is None:
        return None
    day = limit // 1440
    for _ in range(case.yellow_days):
        day = laid.next_served(day, -1) if kind == "working_days" else day - 1
    return day * 1440 + limit % 1440
