"""When somebody is at work: the service hours of the city, in steps, so that acts fall together."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sanfu.city.calendar import Calendar, Holidays, serving
from sanfu.city.model.pack import Pack

HOUR, HALF_DAY = timedelta(hours=1), timedelta(hours=4)
AT_ANY_TIME = timedelta(minutes=15)
"""The step of those who are always there."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST = 60
"""Days without service after which somebody works all the same."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The working hours of a city's units, holidays and make-up working days included."""

    pack: Pack
    holidays: Holidays
    _calendars: dict[str, Calendar] = field(default_factory=dict, compare=False)

    def looks(self, unit: str, after: datetime, *, step: timedelta = HOUR, urgency: str = "normal") -> datetime:
        """Return the first instant, not before `after`, at which this unit looks at such an issue.

        It looks when its service begins, and then in these steps; at urgent issues at any time of the day.
        """
        if urgency in self.pack.policy.always_in_service:
            return _up(after, EPOCH, AT_ANY_TIME)
        for opens, shuts in self._service(unit, after):
            at = _up(max(after, opens), opens, step)
            if at < shuts:
                return at
        return after

    def _service(self, unit: str, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Give the stretches of service from that day on."""
        calendar, zone = self._calendar(unit), ZoneInfo(self.pack.zone)
        local = start.astimezone(zone)
        for ahead in range(LONGEST):
            midnight = datetime.combine(local.date() + timedelta(days=ahead), time(), zone)
            for frame in calendar.frames(midnight.date()):
                opens, shuts = (midnight + timedelta(minutes=at) for at in (frame.opens, frame.shuts))
                yield opens.astimezone(UTC), shuts.astimezone(UTC)

    def _calendar(self, unit: str) -> Calendar:
        if unit not in self._calendars:
            zone = ZoneInfo(self.pack.zone)
            strict = serving(self.pack.policy, zone, self.holidays, unit, always=False)
            self._calendars[unit] = replace(strict, lenient=True)
        return self._calendars[unit]


def _up(at: datetime, since: datetime, step: timedelta) -> datetime:
    """Round up to a whole number of steps since an instant."""
    return since + -((since - at) // step) * step
