"""When somebody is at work: the service hours of the pack, on a grid, so that acts fall together."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sanfu.city.model import Frame, Pack

GRID = timedelta(minutes=30)
SHORT = timedelta(minutes=5)
LONGEST = 60
"""Days without service after which somebody works all the same."""


def at_work(pack: Pack, unit: str, urgency: str, after: datetime) -> datetime:
    """Return the first instant of the grid, not before `after`, at which this unit works on such an issue."""
    if urgency in pack.policy.always_in_service:
        return _up(after, SHORT)
    local = _up(after, GRID).astimezone(ZoneInfo(pack.zone))
    for ahead in range(LONGEST):
        midnight = datetime.combine(local.date() + timedelta(days=ahead), time(), local.tzinfo)
        for frame in _frames(pack, unit, midnight):
            opens, shuts = (midnight + timedelta(minutes=at) for at in (frame.opens, frame.shuts))
            if local < shuts:
                return _up(max(local, opens), GRID)
    return after


def _frames(pack: Pack, unit: str, day: datetime) -> tuple[Frame, ...]:
    service, override = pack.policy.service_of(unit), pack.policy.overrides.get(day.date())
    ordinary = service.week[day.weekday()]
    if override is None:
        return ordinary
    return (override.frames or ordinary or service.make_up) if override.service else ()


def _up(at: datetime, step: timedelta) -> datetime:
    """Round up to a multiple of the step since midnight UTC."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + -((midnight - at) // step) * step
