"""When a clock turns yellow and when it turns red: the table "Deadlines, settled" of the design, row by row.

The kind of a limit governs how pauses move it and when it turns yellow; `days_end` says only when N days end. Every
reckoning leaves a trail of steps, from which it can be explained.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from sanfu.city.calendar import Calendar, Holidays, YearUnknown, serving
from sanfu.city.model.clocks import Clock, Limit, Yellow, limit_of
from sanfu.city.model.policy import Policy
from sanfu.contracts.envelope import instant

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
BY_THE_CLOCK = ("calendar_days", "minutes")
"""Kinds of limit that a pause moves by all of its time; the others it moves by its service time."""


class NoLimit(Exception):
    """The policy has no limit for such a case: there is no such clock."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, half-open."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """What a deadline is reckoned from. `facts` are those a limit may depend on; `unit` whose service hours count,
    None: the city's. `fixed` is a limit that somebody set as an instant; `asked` one that holds where the policy's is
    later."""

    clock: Clock
    facts: Mapping[str, str]
    start: datetime
    unit: str | None = None
    pauses: tuple[Span, ...] = ()
    extensions: tuple[Limit, ...] = ()
    fixed: datetime | None = None
    asked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the arithmetic: what was done (`sanfu.sla.domain.explain` has the words), with what, and where that
    led."""

    code: str
    at: datetime | None = None
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Red from `limit` on, yellow from `yellow` on (None: never). `unknown_year`: the calendar of that year is not
    known, and the limit is what it would be if every date were a working day. An operator must see that."""

    limit: datetime
    yellow: datetime | None
    kind: str
    steps: tuple[Step, ...]
    unknown_year: int | None = None


class Reckoner:
    """Reckons deadlines by one policy in one zone. Immutable but for what it remembers of days already asked for."""

    def __init__(self, policy: Policy, zone: tzinfo, holidays: Holidays) -> None:
        self._policy, self._zone, self._holidays = policy, zone, holidays
        self._calendars: dict[tuple[str | None, bool], Calendar] = {}

    def deadline(self, case: Case) -> Deadline:
        """Reckon. Raises NoLimit where the policy has none for these facts."""
        limit = limit_of(case.clock.limits, case.facts)
        if limit is None and case.fixed is None:
            raise NoLimit(case.clock.code)
        calendar = self.calendar(case.clock, case.facts, case.unit)
        try:
            return self._capped(calendar, case, limit or Limit("calendar_days"))
        except YearUnknown as unknown:
            every_day = replace(calendar, every_day=True, known={})
            found = self._capped(every_day, case, limit or Limit("calendar_days"))
            told = Step("year_unknown", values={"year": unknown.year})
            return replace(found, steps=(told, *found.steps), unknown_year=unknown.year)

    def after(self, calendar: Calendar, start: datetime, limit: Limit) -> datetime:
        """Return when so much has passed since an instant, by a calendar that answers for every date."""
        return self._ends(calendar, start, limit, [])

    def lenient(self, clock: Clock | None, facts: Mapping[str, str], unit: str | None) -> Calendar:
        """Return the calendar that counts for a clock, as one that answers for every date: unknown ones work."""
        return replace(self.calendar(clock, facts, unit), lenient=True, known={})

    def calendar(self, clock: Clock | None, facts: Mapping[str, str], unit: str | None) -> Calendar:
        """Return the calendar that counts for a clock: a unit's, the city's, or one without any pause."""
        always = bool(clock and clock.round_the_clock) or facts.get("urgency") in self._policy.always_in_service
        key = (unit, always)
        if key not in self._calendars:
            self._calendars[key] = serving(self._policy, self._zone, self._holidays, unit, always=always)
        return self._calendars[key]

    def _capped(self, calendar: Calendar, case: Case, limit: Limit) -> Deadline:
        """Reckon one limit; one of the same day is never later than that of the policy's `cap_same_day`."""
        own = self._reckoned(calendar, case, limit)
        grade = self._policy.cap_same_day
        cap = limit_of(case.clock.limits, {**case.facts, "grade": grade}) if grade else None
        if limit.kind != "same_day" or case.fixed or cap is None or cap.kind == "same_day":
            return own
        other = self._reckoned(calendar, case, cap)
        if other.limit >= own.limit:
            return own
        told = Step("capped", other.limit, {"grade": grade or "", "limit": text_of(cap)})
        return replace(other, steps=(*own.steps, told, *other.steps[1:]))

    def _asked(self, calendar: Calendar, case: Case, limit: Limit) -> datetime | None:
        """Return the limit that was asked for, where it is earlier than the policy's."""
        if case.asked is None or case.fixed is not None:
            return None
        return case.asked if case.asked < self._ends(calendar, case.start, limit, []) else None

    def _reckoned(self, calendar: Calendar, case: Case, limit: Limit) -> Deadline:
        steps = [Step("start", case.start, {"limit": text_of(limit) if case.fixed is None else "fixed"})]
        if (asked := self._asked(calendar, case, limit)) is not None:
            case = replace(case, fixed=asked)
            steps.append(Step("asked", asked))
        longer, others = _extended(limit, case.extensions)
        at = case.fixed
        if at is None:
            at = self._ends(calendar, case.start, longer, steps)
        for extension in others if case.fixed is None else case.extensions:
            at = _later(calendar, at, extension)
            steps.append(Step("extended", at, {"limit": text_of(extension)}))
        at = _paused(calendar, case, limit, at, steps)
        steps.append(Step("limit", at))
        return Deadline(at, _yellow(calendar, case, limit, at, steps), limit.kind, tuple(steps))

    # ── where a limit ends ───────────────────────────────────────────────────────────────────────────────────────────

    def _ends(self, calendar: Calendar, start: datetime, limit: Limit, steps: list[Step]) -> datetime:
        match limit.kind:
            case "same_day":
                return _same_day(calendar, start, steps)
            case "minutes":
                return _told(steps, "minutes", start + limit.n * MINUTE, n=limit.n)
            case "service_minutes":
                return _told(steps, "service_minutes", calendar.after_service(start, limit.n * MINUTE), n=limit.n)
            case "calendar_days" | "working_days":
                return self._days(calendar, start, limit, steps)

    def _days(self, calendar: Calendar, start: datetime, limit: Limit, steps: list[Step]) -> datetime:
        """End N days; the day of `start` is day 0 as it stands, whatever its hour and whether it has service."""
        if self._policy.days_end == "service_minutes":
            worth = limit.n * calendar.minutes_of_a_day()
            return _told(steps, "days_worth", calendar.after_service(start, worth * MINUTE), n=limit.n, minutes=worth)
        first = calendar.day_of(start)
        if limit.kind == "working_days":
            day = calendar.service_day(first, limit.n)
            steps.append(Step("nth_working_day", values={"n": limit.n, "day": day.isoformat()}))
        else:
            day = first + limit.n * DAY
            steps.append(Step("nth_day", values={"n": limit.n, "day": day.isoformat()}))
            if self._policy.day_off == "rolls" and not calendar.has_service(day):
                day = calendar.service_day(day, 1)
                steps.append(Step("rolls", values={"day": day.isoformat()}))
        if self._policy.days_end == "same_time":
            return _told(steps, "same_time", calendar.same_time(start, day))
        code = "end_of_service" if calendar.has_service(day) else "end_of_ordinary_week"
        return _told(steps, code, calendar.end_of_service(day))


def _same_day(calendar: Calendar, start: datetime, steps: list[Step]) -> datetime:
    day = calendar.day_of(start)
    if calendar.has_service(day):
        if start < calendar.cut_off(day):
            return _told(steps, "same_day", calendar.end_of_service(day))
        steps.append(Step("after_cut_off", calendar.cut_off(day)))
    else:
        steps.append(Step("day_off", values={"day": day.isoformat()}))
    return _told(steps, "next_service_day", calendar.end_of_service(calendar.service_day(day, 1)))


# ── extensions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _extended(limit: Limit, extensions: Sequence[Limit]) -> tuple[Limit, tuple[Limit, ...]]:
    """Add the days that were granted in the limit's own kind to it; return also those of other kinds."""
    if limit.kind not in ("calendar_days", "working_days"):
        return limit, tuple(extensions)
    same = sum(extension.n for extension in extensions if extension.kind == limit.kind)
    return Limit(limit.kind, limit.n + same), tuple(e for e in extensions if e.kind != limit.kind)


def _later(calendar: Calendar, at: datetime, extension: Limit) -> datetime:
    """Move a limit by an extension of another kind than its own: days keep its time of day."""
    match extension.kind:
        case "calendar_days":
            return calendar.same_time(at, calendar.day_of(at) + extension.n * DAY)
        case "working_days":
            return calendar.same_time(at, calendar.service_day(calendar.day_of(at), extension.n))
        case "service_minutes":
            return calendar.after_service(at, extension.n * MINUTE)
        case "minutes":
            return at + extension.n * MINUTE
        case "same_day":
            raise ValueError("an extension has a length: `same day` has none")


# ── pauses ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _paused(calendar: Calendar, case: Case, limit: Limit, at: datetime, steps: list[Step]) -> datetime:
    """Move a limit by its pauses, in order: each minute once, and none that began when it had passed."""
    for span in merged(case.pauses, since=case.start):
        if span.begins >= at:
            steps.append(Step("pause_too_late", span.begins))
            continue
        if limit.kind in BY_THE_CLOCK:
            moved = span.ends - span.begins
            at += moved
        else:
            moved = calendar.service_between(span.begins, span.ends)
            at = calendar.after_service(at, moved)
        code = "paused_by_the_clock" if limit.kind in BY_THE_CLOCK else "paused_by_service"
        _told(steps, code, at, seconds=int(moved.total_seconds()), begins=instant(span.begins), ends=instant(span.ends))
    return at


def merged(spans: Iterable[Span], *, since: datetime) -> list[Span]:
    """Return the spans in order, cut to what lies after `since`, those that overlap or touch as one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.begins):
        begins = max(span.begins, since)
        if span.ends <= begins:
            continue
        if found and begins <= found[-1].ends:
            found[-1] = Span(found[-1].begins, max(found[-1].ends, span.ends))
        else:
            found.append(Span(begins, span.ends))
    return found


# ── yellow ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _yellow(calendar: Calendar, case: Case, limit: Limit, at: datetime, steps: list[Step]) -> datetime | None:
    yellow = _before(calendar, case.clock.yellow, limit, at)
    if yellow is None:
        return None
    if yellow < case.start:
        return _told(steps, "yellow_at_start", case.start)
    return _told(steps, f"yellow_{limit.kind}", yellow, n=_ahead(case.clock.yellow, limit) or 0)


def _ahead(rule: Yellow | None, limit: Limit) -> int | None:
    """Return how long before the limit it turns yellow, in days or in minutes."""
    match rule, limit.kind:
        case None, _:
            return None
        case Yellow(same_day_minutes=n), "same_day":
            return n
        case Yellow(days=n), "calendar_days" | "working_days":
            return n
        case Yellow(minutes=n), _:
            return n


def _before(calendar: Calendar, rule: Yellow | None, limit: Limit, at: datetime) -> datetime | None:
    ahead = _ahead(rule, limit)
    if ahead is None:
        return None
    match limit.kind:
        case "calendar_days":
            return at - ahead * DAY
        case "working_days":
            return calendar.same_time(at, calendar.service_day(calendar.day_of(at), -ahead))
        case "same_day" | "service_minutes" | "minutes":
            return at - ahead * MINUTE


# ── small words ──────────────────────────────────────────────────────────────────────────────────────────────────────


def text_of(limit: Limit) -> str:
    """Write a limit as a pack does."""
    return "same day" if limit.kind == "same_day" else f"{limit.n} {limit.kind.replace('_', ' ')}"


def _told(steps: list[Step], code: str, at: datetime, **values: str | int) -> datetime:
    steps.append(Step(code, at, values))
    return at
