"""When somebody is at work: the service hours of the pack, in steps, so that acts fall together."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sanfu.city.model import Frame, Pack

HOUR, HALF_DAY = timedelta(hours=1), timedelta(hours=4)
AT_ANY_TIME = timedelta(minutes=15)
"""The step of those who are always there."""
LONGEST = 60
"""Days without service after which somebody works all the same."""


def at_work(pack: Pack, unit: str, after: datetime, *, step: timedelta = HOUR, urgency: str = "normal") -> datetime:
    """Return the first instant, not before `after`, at which this unit looks at such an issue.

    It looks when its service begins, and then in these steps; at urgent issues at any time of the day.
    """
    if urgency in pack.policy.always_in_service:
        return _up(after, datetime(2000, 1, 1, tzinfo=UTC), AT_ANY_TIME)
    for opens, shuts in _service(pack, unit, after):
        looks = _up(max(after, opens), opens, step)
        if looks < shuts:
            return looks
    return after


def _service(pack: Pack, unit: str, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Give the stretches of service from that day on."""
    local = start.astimezone(ZoneInfo(pack.zone))
    for ahead in range(LONGEST):
        midnight = datetime.combine(local.date() + timedelta(days=ahead), time(), local.tzinfo)
        for frame in _frames(pack, unit, midnight):
            opens, shuts = (midnight + timedelta(minutes=at) for at in (frame.opens, frame.shuts))
            yield opens.astimezone(UTC), shuts.astimezone(UTC)


def _frames(pack: Pack, unit: str, day: datetime) -> tuple[Frame, ...]:
    service, override = pack.policy.service_of(unit), pack.policy.overrides.get(day.date())
    ordinary = service.week[day.weekday()]
    if override is None:
        return ordinary
    return (override.frames or ordinary or service.make_up) if override.service else ()


def _up(at: datetime, since: datetime, step: timedelta) -> datetime:
    """Round up to a whole number of steps since an instant."""
    return since + -((since - at) // step) * step
