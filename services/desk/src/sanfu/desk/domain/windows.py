"""Until when something may be asked for: a window of the policy, counted from an instant."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.calendar import Calendar, Holidays, serving
from sanfu.city.model.clocks import Clock, Limit, limit_of
from sanfu.city.model.pack import Pack
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
    return _end(pack, holidays, case, limit, start) if limit else None


def clock_end(
    pack: Pack, holidays: Holidays, facts: Mapping[str, Any], clock: Clock | None, start: datetime
) -> datetime | None:
    """Return until when somebody has who is given a clock of the policy at an instant, where the limit is told with
    what starts it; None: there is none for such facts."""
    limit = limit_of(clock.limits, _said(facts)) if clock else None
    return _end(pack, holidays, facts, limit, start) if limit else None


def limit_for(pack: Pack, case: Mapping[str, Any], window: str) -> Limit | None:
    found = pack.policy.windows.get(window)
    return limit_of(found.limits, _said(case)) if found else None


def _said(facts: Mapping[str, Any]) -> dict[str, str]:
    return {fact: facts[fact] for fact in (*FACTS, "level") if facts.get(fact)}


def _end(pack: Pack, holidays: Holidays, facts: Mapping[str, Any], limit: Limit, start: datetime) -> datetime:
    always = facts.get("urgency") in pack.policy.always_in_service
    calendar = serving(pack.policy, ZoneInfo(pack.zone), holidays, facts["unit"], always=always)
    return closes(replace(calendar, lenient=True), limit, start)


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
