"""When a message waits for decency's sake, until when, and whether it then comes in a list. Pure.

On the business clock, by the pack: quiet hours and days off in the city's own time, a unit's own calendar, one message
in so many minutes, a cap a day. What is critical, as all is of an emergency, never waits. What is urgent waits, where a
unit's people are told, for no hour, digest or cap, but comes in the list of what followed within those minutes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sanfu.city.calendar import Calendar, Holidays, serving
from sanfu.city.model.pack import Pack
from sanfu.city.rosters import on_duty
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.rules import STAFF

DAY = timedelta(hours=24)
SILENT = ("webhook", "inbox")
"""Media that disturb nobody: a program takes one after the other, a person looks when there is time."""
ASLEEP = ("quiet_hours", "day_off")
"""Why nobody is told now, whatever else was told lately."""
FURTHEST = 400
"""Steps from one hour in which nobody is told to the next, until an hour is taken as it is."""


@dataclass(frozen=True, slots=True)
class Recent:
    """What left for a unit's people in one capacity by one medium in the last 24 hours."""

    count: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def and_one(self, now: datetime) -> "Recent":
        return Recent(self.count + 1, self.first or now, now)


@dataclass(frozen=True, slots=True)
class Hold:
    """Why it waits, until when, and whether it is told in a list then."""

    why: str
    until: datetime
    listed: bool


@dataclass(frozen=True, slots=True)
class Manner:
    """What a template says of its message. `listed`: it has a line of its own for a list, and needs no link."""

    urgency: str
    statutory: bool = False
    listed: bool = False


class Holding:
    """The holds of one pack."""

    def __init__(self, pack: Pack, holidays: Holidays) -> None:
        self.pack, self._holidays, self._zone = pack, holidays, ZoneInfo(pack.zone)
        self._calendars: dict[str | None, Calendar] = {}

    def of(
        self, one: Delivery, manner: Manner, urgency: str | None, recent: Recent | Sequence[datetime], now: datetime
    ) -> Hold | None:
        """Say what it waits for; None: nothing. `urgency` is the issue's as it stands. `recent`: of who is outside the
        instants at which something left for the same address in the last 24 hours, oldest first."""
        if one.medium in SILENT or one.critical:
            return None
        listed = one.audience in STAFF and not one.users
        wakes = self._wakes(one, urgency)
        if not wakes and (later := self._asleep(one, now)):
            why, until = later
            return Hold(why, until, listed)
        if one.users or one.left is not None or one.digest is not None:
            return None  # a try more, or a copy, of what has had its turn: it must not be kept waiting by itself
        if isinstance(recent, Recent):
            found = self._gathered(recent) if wakes else self._staff(manner, recent, now)
        else:
            found = self._outside(manner, recent)
        if found is None or found.until <= now:
            return None
        awake = None if wakes else self._asleep(one, found.until)
        return replace(found, until=awake[1]) if awake else found

    def of_list(self, digest: Delivery, told: Iterable[tuple[Delivery, str | None]], now: datetime) -> Hold | None:
        """Say what a list waits for that is due, or tried again: nothing, if one of what it tells may be told now.
        `told`: that, each with its issue's urgency."""
        if digest.medium in SILENT or digest.critical:
            return None
        first: Hold | None = None
        for one, urgency in told:
            later = None if self._wakes(one, urgency) else self._asleep(one, now)
            if later is None:
                return None
            if first is None or later[1] < first.until:
                first = Hold(*later, listed=False)
        return first

    def ends(self, one: Delivery, recent: Recent) -> tuple[datetime, ...]:
        """Name the instants for one of which the list was gathered that is next for its recipient: overdue, that list
        may still wait for its turn, and what comes meanwhile belongs into it instead of leaving beside it."""
        told = one.medium in SILENT or one.critical or bool(one.users) or one.left is not None
        gathered = None if told or one.audience not in STAFF else self._gathered(recent)
        if gathered is None:
            return ()
        awake = self._asleep(one, gathered.until)
        return (gathered.until, awake[1]) if awake else (gathered.until,)

    def _wakes(self, one: Delivery, urgency: str | None) -> bool:
        """Tell whether hours and days do not count for it: its issue is urgent, and a unit's people have to act."""
        return one.critical or (one.audience in STAFF and urgency in self.pack.policy.always_in_service)

    def _staff(self, manner: Manner, recent: Recent, now: datetime) -> Hold | None:
        decency = self.pack.decency
        if manner.urgency == "digestible" and decency.digest_at:
            return Hold("digest", self._digest_after(now), listed=True)
        if not manner.statutory and 0 < decency.caps.get("staff", 0) <= recent.count:
            return Hold("cap", self._digest_after(now), listed=True)
        return self._gathered(recent)

    def _gathered(self, recent: Recent) -> Hold | None:
        gather = self.pack.decency.gather
        if not gather or recent.last is None:
            return None
        return Hold("gathered", recent.last + timedelta(minutes=gather), listed=True)

    def _outside(self, manner: Manner, left: Sequence[datetime]) -> Hold | None:
        """Over the cap it waits until that opens again, and comes in a list; what asks for something by a link of its
        own comes alone then."""
        cap = self.pack.decency.caps.get("party", 0)
        if manner.statutory or not 0 < cap <= len(left):
            return None
        return Hold("cap", left[-cap] + DAY, listed=manner.listed)

    def on_duty(self, unit: str, now: datetime) -> tuple[str, ...] | None:
        """Name the posts that a unit's roster has on duty, none in a gap; None: it has no roster."""
        shifts = self.pack.rosters.get(unit)
        calendar = self._calendar(unit)
        return None if shifts is None else on_duty(shifts, calendar.local(now), calendar.has_service)

    # ── hours and days ───────────────────────────────────────────────────────────────────────────────────────────────

    def _asleep(self, one: Delivery, at: datetime) -> tuple[str, datetime] | None:
        """Why nobody is told at an instant, and from when on somebody is."""
        why, until = None, at
        for _ in range(FURTHEST):
            later = self._quiet(one.medium, until) or self._day_off(one, until)
            if later is None:
                break
            why, until = why or later[0], later[1]
        return (why, until) if why else None

    def _quiet(self, medium: str, at: datetime) -> tuple[str, datetime] | None:
        decency = self.pack.decency
        if decency.quiet is None or medium not in decency.quiet_media:
            return None
        begin, end = decency.quiet
        local = at.astimezone(self._zone)
        minute = local.hour * 60 + local.minute
        if not (begin <= minute < end if begin < end else minute >= begin or minute < end):
            return None
        day = local.date() + timedelta(days=1) if begin >= end and minute >= begin else local.date()
        return "quiet_hours", self._calendar(None).at(day, end)

    def _day_off(self, one: Delivery, at: datetime) -> tuple[str, datetime] | None:
        decency = self.pack.decency
        if one.type not in decency.day_off_events or one.medium not in decency.day_off_media:
            return None
        calendar = self._calendar(one.unit)
        day = calendar.day_of(at)
        if calendar.has_service(day):
            return None
        return "day_off", calendar.at(calendar.service_day(day, 1), decency.morning)

    def _digest_after(self, now: datetime) -> datetime:
        """The next time at which lists are told: on a day of service, in the city's own time."""
        calendar, times = self._calendar(None), self.pack.decency.digest_at
        today = calendar.day_of(now)
        days = [today] if calendar.has_service(today) else []
        ats = (calendar.at(day, minute) for day in (*days, calendar.service_day(today, 1)) for minute in times)
        return next(at for at in ats if at > now)

    def _calendar(self, unit: str | None) -> Calendar:
        if unit not in self._calendars:
            whole = serving(self.pack.policy, self._zone, self._holidays, unit, always=False)
            self._calendars[unit] = replace(whole, lenient=True, known={})
        return self._calendars[unit]
