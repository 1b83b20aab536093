"""Who is on duty when, by unit. Standard library only, as `sanfu.city.model`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sanfu.city.when import Times

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """Posts that are on duty at certain times. A shift across midnight belongs to the day on which it begins."""

    when: Times
    on_duty: tuple[str, ...]

    def holds(self, at: datetime, has_service: Callable[[date], bool]) -> bool:
        """Tell whether an instant, in the city's own time, lies in it."""
        minute = at.hour * 60 + at.minute
        days = replace(self.when, hours=())
        if not self.when.hours:
            return days.hold(at, has_service)
        for begin, end in self.when.hours:
            if begin <= minute < end or (begin > end and minute >= begin):
                begun = at
            elif begin > end and minute < end:
                begun = at - DAY
            else:
                continue
            if days.hold(begun, has_service):
                return True
        return False


def on_duty(shifts: Sequence[Shift], at: datetime, has_service: Callable[[date], bool]) -> tuple[str, ...]:
    """Name the posts of the first shift that an instant (the city's own time) lies in; none in a gap."""
    return next((shift.on_duty for shift in shifts if shift.holds(at, has_service)), ())
