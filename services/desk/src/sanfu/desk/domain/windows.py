"""Until when something may be asked for: a window of the policy, counted from an instant.

Counts by the week's table of the unit that leads and by the pack's own overrides. The national calendar of holidays
and make-up days is sla's; a window that spans one of those is counted as if it were an ordinary day.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sanfu.city.model import Frame, Limit, Policy, Service

FURTHEST = 400
"""Days looked ahead: a service without a single day of service would otherwise be searched for ever."""


def closes(policy: Policy, zone: str, unit: str, limit: Limit, start: datetime, *, always: bool) -> datetime:
    """Return the instant at which a window of `limit` from `start` closes; `always`: every minute is service time.

    A limit in working days ends with the service of its last day. Raises ValueError if no service is found.
    """
    if limit.kind == "minutes" or (always and limit.kind == "service_minutes"):
        return start + timedelta(minutes=limit.n)
    if limit.kind == "calendar_days":
        return start + timedelta(days=limit.n)
    frames = _frames(policy, policy.service_of(unit), start.astimezone(ZoneInfo(zone)))
    if limit.kind == "service_minutes":
        return _after_minutes(frames, start, timedelta(minutes=limit.n))
    return _end_of_day(frames, start, limit.n)


def _after_minutes(frames: Iterator[tuple[datetime, datetime]], start: datetime, left: timedelta) -> datetime:
    for opens, shuts in frames:
        begin = max(opens, start)
        if begin + left <= shuts:
            return begin + left
        left -= max(shuts - begin, timedelta(0))
    raise ValueError("no hours of service were found")


def _end_of_day(frames: Iterator[tuple[datetime, datetime]], start: datetime, days: int) -> datetime:
    """Return the end of the day's service after so many further days with service; 0: of the first that has any."""
    ends: dict[object, datetime] = {}
    for opens, shuts in frames:
        if days and opens.date() == start.astimezone(opens.tzinfo).date():
            continue
        ends[opens.date()] = shuts
        if len(ends) > max(days, 1):
            return list(ends.values())[-2]
    raise ValueError("no hours of service were found")


def _frames(policy: Policy, service: Service, local: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Give the frames of service from the start of that day on, as instants."""
    for ahead in range(FURTHEST):
        day = local.date() + timedelta(days=ahead)
        override = policy.overrides.get(day)
        ordinary: tuple[Frame, ...] = service.week[day.weekday()]
        if override is not None:
            ordinary = (override.frames or ordinary or service.make_up) if override.service else ()
        midnight = datetime.combine(day, time(), local.tzinfo)
        for frame in ordinary:
            yield midnight + timedelta(minutes=frame.opens), midnight + timedelta(minutes=frame.shuts)
