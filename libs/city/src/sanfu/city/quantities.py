"""How a pack writes lengths and times of day. Each reader raises ValueError that says what would be right."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from itertools import pairwise

from sanfu.city.model.clocks import Frame, Limit, LimitKind

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LIMIT = re.compile(r"(\d+) (calendar day|working day|service hour|service minute|hour|minute)s?")
_KINDS: dict[str, tuple[LimitKind, int]] = {
    "calendar day": ("calendar_days", 1),
    "working day": ("working_days", 1),
    "service hour": ("service_minutes", 60),
    "service minute": ("service_minutes", 1),
    "hour": ("minutes", 60),
    "minute": ("minutes", 1),
}


LONGEST = 3660
"""Days that anything may take: ten years."""


def limit(text: str) -> Limit:
    """Read `same day`, `3 calendar days`, `2 working days`, `4 service hours`, `15 minutes`."""
    if text == "same day":
        return Limit("same_day")
    found = _LIMIT.fullmatch(text)
    if not found or int(found[1]) == 0:
        raise ValueError(
            "write `same day`, or a number from 1 and calendar days, working days, service hours, service minutes, "
            "hours or minutes"
        )
    kind, factor = _KINDS[found[2]]
    n = int(found[1]) * factor
    if n > (LONGEST if kind.endswith("days") else LONGEST * 1440):
        raise ValueError(f"write {LONGEST} days at most")
    return Limit(kind, n)


def minutes(text: str) -> int:
    """Read a plain length of time, as `90 minutes`, `24 hours` or `14 calendar days`, in minutes."""
    try:
        length = limit(text)
    except ValueError:
        length = Limit("same_day")
    if length.kind == "minutes":
        return length.n
    if length.kind == "calendar_days":
        return length.n * 1440
    raise ValueError("write a number of minutes, hours or calendar days, as in `90 minutes`")


def time_of_day(text: str) -> int:
    """Read `08:30` as minutes since midnight; `24:00` is the end of the day."""
    found = re.fullmatch(r"(\d\d):([0-5]\d)", text)
    at = int(found[1]) * 60 + int(found[2]) if found else -1
    if not 0 <= at <= 1440:
        raise ValueError('write a time of day as "08:30", up to "24:00"')
    return at


def span_of_hours(text: str) -> tuple[int, int]:
    """Read `08:30-17:30`, or across midnight `18:00-08:00`."""
    begin, dash, end = text.partition("-")
    cure = 'write hours as "08:30-17:30", or across midnight as "18:00-08:00"'
    try:
        found = time_of_day(begin), time_of_day(end) if dash else -1
    except ValueError:
        raise ValueError(cure) from None
    if found[0] == found[1] or -1 in found:
        raise ValueError(cure)
    return found


def frame(text: str) -> Frame:
    """Read `08:30-12:00`."""
    opens, dash, shuts = text.partition("-")
    cure = 'write a frame as "08:30-12:00", the end after the beginning'
    if not dash:
        raise ValueError(cure)
    try:
        stretch = Frame(time_of_day(opens), time_of_day(shuts))
    except ValueError:
        raise ValueError(cure) from None
    if stretch.opens >= stretch.shuts:
        raise ValueError(cure)
    return stretch


def frames(texts: Iterable[str]) -> tuple[Frame, ...]:
    """Read a day's frames; they come in order and do not overlap."""
    day = tuple(frame(text) for text in texts)
    for earlier, later in pairwise(day):
        if later.opens < earlier.shuts:
            raise ValueError("put the frames in order, each beginning at or after the end of the one before")
    return day


def weekdays(text: str) -> tuple[int, ...]:
    """Read `mon`, `mon-fri`: days as 0 (Monday) … 6."""
    first, _, last = text.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise ValueError("write a day or a span of days, as in mon-fri or sat")
    start, end = DAYS.index(first), DAYS.index(last or first)
    if end < start:
        raise ValueError("write the earlier day first, as in mon-fri")
    return tuple(range(start, end + 1))


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("write a date as 2026-01-31") from None


def whole(least: int, most: int) -> Callable[[str], int]:
    """Make a reader of whole numbers between two."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"write a whole number from {least} to {most}")
        return int(text)

    return read


def word_set(text: str) -> tuple[str, ...]:
    """Read `出口+退税`: all of these words."""
    words = tuple(word.strip() for word in text.split("+"))
    if not all(words):
        raise ValueError("write words joined by +, none of them empty")
    return words


def count(text: str) -> int:
    """Read a whole number from 1."""
    if not text.isdecimal() or not 1 <= int(text) <= LONGEST:
        raise ValueError(f"write a whole number from 1 to {LONGEST}")
    return int(text)


def share(text: str) -> float:
    """Read a number from 0 to 1."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError("write a share from 0 to 1, such as 0.1")
    return share
