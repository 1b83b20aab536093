"""Until when something may be asked for: a window of the policy, counted from an instant."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.calendar import Calendar, Holidays, serving
from sanfu.city.model import Limit, Pack, limit_of
from sanfu.contracts.envelope import moment

FACTS = ("grade", "urgency", "channel", "audience", "unit", "kind")


def return_until(pack: Pack, holidays: Holidays, case: Mapping[str, Any]) -> datetime | None:
    """Return when the window closes in which who leads a case may return it; None: such a case never is."""
    return window_end(pack, holidays, case, "return", moment(case["rounds"][-1]["assigned_at"]))


def window_end(
    pack: Pack, holidays: Holidays, case: Mapping[str, Any], window: str, start: datetime
) -> datetime | None:
    """Return when a window of the policy closes that opened at `start`; None: there is none for such a case.

    Dates of years without calendar data count as working days: then it closes too early rather than too late.
    """
    limit = limit_for(pack, case, window)
    if limit is None:
        return None
    always = case.get("urgency") in pack.policy.always_in_service
    calendar = serving(pack.policy, ZoneInfo(pack.zone), holidays, case["unit"], always=always)
    return closes(replace(calendar, lenient=True), limit, start)


def limit_for(pack: Pack, case: Mapping[str, Any], window: str) -> Limit | None:
    found = pack.policy.windows.get(window)
    return limit_of(found.limits, {fact: case[fact] for fact in FACTS if case.get(fact)}) if found else None


def closes(calendar: Calendar, limit: Limit, start: datetime) -> datetime:
    """Return the instant at which a window of `limit` from `start` closes; in working days: with the last one's
    service."""
    day = calendar.day_of(start)
    match limit.kind:
        case "minutes":
            return start + timedelta(minutes=limit.n)
        case "calendar_days":
            return start + timedelta(days=limit.n)
        case "service_minutes":
            return calendar.after_service(start, timedelta(minutes=limit.n))
        case "working_days":
            return calendar.end_of_service(calendar.service_day(day, limit.n))
        case "same_day":
            over = not calendar.has_service(day) or start >= calendar.end_of_service(day)
            return calendar.end_of_service(calendar.service_day(day, 1) if over else day)
