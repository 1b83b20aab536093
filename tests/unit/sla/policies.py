"""Policies and cases for tests, in local time of Shanghai."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.calendar import Holidays
from sanfu.city.holidays_cn import national_calendar
from sanfu.city.model.clocks import Clock, Frame, Limit, LimitCase, Service, Yellow
from sanfu.city.model.policy import Policy
from sanfu.sla.domain.deadlines import Case, Deadline, Reckoner, Span

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = (Frame(510, 720), Frame(810, 1050))
SERVICE = Service(week=(OFFICE,) * 5 + ((), ()), make_up=OFFICE, cut_off=990)
GRADES = {"simple": Limit("same_day"), "complex": Limit("calendar_days", 3), "difficult": Limit("calendar_days", 15)}


@cache
def holidays() -> Holidays:
    return national_calendar()


def local(text: str) -> datetime:
    """Read `2026-02-13 17:40` as it is meant in Yiwu."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def shown(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def span(begins: str, ends: str) -> Span:
    return Span(local(begins), local(ends))


def policy(**switches: Any) -> Policy:
    plain: dict[str, Any] = {
        "grades": ("simple", "complex", "difficult"), "default_grade": "complex", "service": SERVICE,
        "unit_service": {}, "overrides": {},
    }  # fmt: skip
    return Policy(**(plain | switches))


def clock(limits: Mapping[str, Limit] | None = None, **more: Any) -> Clock:
    cases = tuple(LimitCase({"grade": (grade,)}, limit) for grade, limit in (limits or GRADES).items())
    plain: dict[str, Any] = {
        "code": "handling", "name": {}, "applies": {}, "starts": (), "restarts": "each_round", "stops": (),
        "stops_together": False, "pauses": (), "in_charge": "city", "round_the_clock": False, "limits": cases,
        "limit_field": None, "yellow": Yellow(days=1, same_day_minutes=120, minutes=30), "ladder": (),
    }  # fmt: skip
    return Clock(**(plain | more))


def deadline(
    start: str, grade: str = "complex", *, of: Policy | None = None, on: Clock | None = None, **more: Any
) -> Deadline:
    """Reckon one case; `urgency`, `unit`, `pauses`, `extensions`, `fixed` may be given."""
    facts = {"grade": grade, "urgency": more.pop("urgency", "normal")}
    case = Case(clock=on or clock(), facts=facts, start=local(start), **more)
    return Reckoner(of or policy(), ZONE, holidays()).deadline(case)


def limit_and_yellow(found: Deadline) -> tuple[str | None, str | None]:
    return shown(found.limit), shown(found.yellow)
