"""Conditions on time and on answers, as a rule states them. Standard library only, as `sanfu.city.model`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Value = str | int | bool
"""What a field of an event, or an answer, may be compared with."""


@dataclass(frozen=True, slots=True)
class Times:
    """Hours, days, a stretch of dates: each that is named must hold, of several hours or days one.

    `hours` are half-open, in minutes since midnight; one that ends before it begins goes on behind midnight. `weekdays`
    are 0 (Monday) … 6; `kinds` workday or day_off, by the city's calendar. `since` and `until` are both included.
    """

    hours: tuple[tuple[int, int], ...] = ()
    weekdays: frozenset[int] = frozenset()
    kinds: frozenset[str] = frozenset()
    since: date | None = None
    until: date | None = None

    def hold(self, at: datetime, has_service: Callable[[date], bool]) -> bool:
        """Tell whether an instant, in the city's own time, is one of them."""
        day, minute = at.date(), at.hour * 60 + at.minute
        if (self.since and day < self.since) or (self.until and day > self.until):
            return False
        if self.hours and not any(_within(minute, *hours) for hours in self.hours):
            return False
        if not (self.weekdays or self.kinds):
            return True
        kind = ("workday" if has_service(day) else "day_off") if self.kinds else None
        return day.weekday() in self.weekdays or kind in self.kinds


def _within(minute: int, begin: int, end: int) -> bool:
    return begin <= minute < end if begin < end else minute >= begin or minute < end


@dataclass(frozen=True, slots=True)
class AnswerIs:
    """What the answer to a channel's own question must be: one of `values`, in one of `spans` (ends included, None is
    open), or a text that holds one of `words`, without regard to case."""

    question: str
    values: tuple[Value, ...] = ()
    spans: tuple[tuple[Value | None, Value | None], ...] = ()
    words: tuple[str, ...] = ()

    def holds(self, answers: Mapping[str, Any]) -> bool:
        given = answers.get(self.question)
        if given is None:
            return False
        if self.words:
            return isinstance(given, str) and any(word in given.casefold() for word in self.words)
        if any(given == value and type(given) is type(value) for value in self.values):
            return True
        return any(_between(given, *span) for span in self.spans)


def _between(given: Any, least: Value | None, most: Value | None) -> bool:
    """Dates are compared as they are written, year first."""
    if any(end is not None and type(end) is not type(given) for end in (least, most)):
        return False
    return (least is None or least <= given) and (most is None or given <= most)
