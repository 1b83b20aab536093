"""Hypothesis holds the fast arithmetic to the slow one: 300 cases by default, SANFU_ORACLE_CASES of them if set."""

import os
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanfu.city.model.clocks import Clock, DayOverride, Frame, Limit, Service, Yellow
from sanfu.city.model.policy import Policy
from sanfu.sla.domain.deadlines import Case, Reckoner, Span
from tests.unit.sla import policies
from tests.unit.sla.oracle import Frames, Plain, reckon

CASES = int(os.environ.get("SANFU_ORACLE_CASES", "300"))
FIRST, LAST = datetime(2022, 3, 1), datetime(2026, 6, 1)  # noqa: DTZ001  # local, without a zone
MINUTES = int((LAST - FIRST).total_seconds()) // 60

FRAMES = st.sampled_from(
    [
        ((510, 720), (810, 1050)),
        ((510, 1050),),
        ((480, 660), (780, 1020), (1140, 1260)),
        ((0, 1440),),
        ((540, 601), (602, 720)),
        ((510, 690),),
    ]
)
WEEKENDS_OFF = frozenset(day for day in policies.holidays().off if day.weekday() >= 5)
INSTANTS = st.integers(0, MINUTES).map(lambda minute: FIRST + timedelta(minutes=minute))


@st.composite
def weeks(draw: st.DrawFn) -> tuple[Frames, ...]:
    ordinary = draw(FRAMES)
    days = [draw(st.sampled_from([ordinary, ordinary, ordinary, draw(FRAMES)])) for _ in range(5)]
    return (*days, draw(st.sampled_from([(), (), ordinary])), draw(st.sampled_from([(), (), ordinary])))


@st.composite
def cases(draw: st.DrawFn) -> Plain:
    week, start = draw(weeks()), draw(INSTANTS)
    near = st.integers(-3 * 1440, 25 * 1440).map(lambda minute: start + timedelta(minutes=minute))
    days = draw(st.dictionaries(st.integers(-2, 20), st.one_of(st.just(()), FRAMES), max_size=3))
    kind = draw(
        st.sampled_from(["same_day", "same_day", "calendar_days", "working_days", "service_minutes", "minutes"])
    )
    return Plain(
        start=start,
        kind=kind,
        n=0 if kind == "same_day" else draw(st.integers(1, 15)) * (1 if kind.endswith("days") else 45),
        week=week,
        make_up=draw(FRAMES),
        cut_off=draw(st.integers(500, 1050)),
        keeps_holidays=draw(st.sampled_from([True, True, True, False])),
        weekends_off=WEEKENDS_OFF,
        overrides={start.date() + timedelta(days=n): frames for n, frames in days.items()},
        days_end=draw(st.sampled_from(["end_of_service", "end_of_service", "same_time", "service_minutes"])),
        rolls=draw(st.booleans()),
        cap_days=draw(st.sampled_from([None, 3])),
        pauses=draw(st.lists(st.tuples(near, near).map(lambda pair: (min(pair), max(pair))), max_size=4)),
        extension_days=draw(st.sampled_from([0, 0, 1, 3])),
        extension_other=draw(st.sampled_from([0, 0, 1, 2])) if kind.endswith("days") else 0,
        asked=draw(st.one_of(st.none(), st.none(), near)),
        yellow_days=draw(st.sampled_from([None, 1, 2])),
        yellow_same_day=draw(st.sampled_from([None, 120])),
        yellow_minutes=draw(st.sampled_from([None, 30])),
    )


def fast(case: Plain) -> tuple[str | None, str | None]:
    limits = {"simple": Limit(case.kind, case.n), "complex": Limit("calendar_days", case.cap_days or 3)}  # type: ignore[arg-type]
    clock = policies.clock(limits, yellow=Yellow(case.yellow_days, case.yellow_same_day, case.yellow_minutes))
    policy = policy_of(case)
    theirs = policies.policy(
        service=ELSEWHERE, unit_service={"theirs": policy.service}, overrides=policy.overrides,
        days_end=policy.days_end, day_off=policy.day_off, cap_same_day=policy.cap_same_day,
    )  # fmt: skip
    found = [
        Reckoner(each, policies.ZONE, policies.holidays()).deadline(_case(case, clock, unit))
        for each, unit in ((policy, None), (policy, "another"), (theirs, "theirs"))
    ]
    assert {(one.limit, one.yellow, one.unknown_year) for one in found} == {(found[0].limit, found[0].yellow, None)}
    return policies.limit_and_yellow(found[0])


ELSEWHERE = Service(week=((Frame(0, 60),),) * 7, make_up=(), cut_off=30, holidays=False)
"""Hours of a city, where the unit has those of the case."""


def policy_of(case: Plain) -> Policy:
    service = Service(
        week=tuple(_frames(day) for day in case.week),
        make_up=_frames(case.make_up),
        cut_off=case.cut_off,
        holidays=case.keeps_holidays,
    )
    overrides = {
        day: DayOverride(day, bool(frames), _frames(frames) or None, "") for day, frames in case.overrides.items()
    }
    return policies.policy(
        service=service,
        overrides=overrides,
        days_end=case.days_end,
        day_off="rolls" if case.rolls else "stays",
        cap_same_day="complex" if case.cap_days else None,
    )


def _case(case: Plain, clock: Clock, unit: str | None) -> Case:
    own = case.kind if case.kind.endswith("days") else "calendar_days"
    other = "working_days" if own == "calendar_days" else "calendar_days"
    granted = (Limit(own, case.extension_days), Limit(other, case.extension_other))  # type: ignore[arg-type]
    return Case(
        clock=clock,
        unit=unit,
        facts={"grade": "simple", "urgency": "normal"},
        start=_utc(case.start),
        asked=_utc(case.asked) if case.asked else None,
        pauses=tuple(Span(_utc(begins), _utc(ends)) for begins, ends in case.pauses),
        extensions=tuple(extension for extension in granted if extension.n),
    )


def _frames(frames: Frames) -> tuple[Frame, ...]:
    return tuple(Frame(opens, shuts) for opens, shuts in frames)


def _utc(local: datetime) -> datetime:
    return policies.local(local.isoformat(" "))


def slow(case: Plain) -> tuple[str, str | None]:
    limit, yellow = reckon(case)
    return f"{limit:%Y-%m-%d %H:%M}", None if yellow is None else f"{yellow:%Y-%m-%d %H:%M}"


@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_the_fast_arithmetic_agrees_with_counting_minutes(case: Plain) -> None:
    assert fast(case) == slow(case)


@pytest.mark.full
@settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_the_fast_arithmetic_agrees_with_counting_minutes_20_000_times(case: Plain) -> None:
    assert fast(case) == slow(case)


def test_the_oracle_can_disagree() -> None:
    """An oracle that agrees with everything would prove nothing."""
    start = datetime(2026, 3, 10, 9, 15)  # noqa: DTZ001
    week: tuple[Frames, ...] = (((510, 1050),),) * 5 + ((), ())
    case = Plain(start=start, kind="calendar_days", n=3, week=week, make_up=((510, 1050),))
    assert slow(case) == fast(case)
    assert slow(case) != fast(Plain(**{**vars(case), "n": 4}))


def test_working_days_are_those_of_the_state_councils_orders() -> None:
    import chinese_calendar  # noqa: PLC0415

    from sanfu.city.calendar import Calendar  # noqa: PLC0415

    calendar = Calendar(policies.ZONE, policies.SERVICE, policies.holidays())
    days = [date(2022, 1, 1) + timedelta(days=n) for n in range(5 * 365 + 1)]
    assert days[-1] == date(2026, 12, 31)
    assert [d for d in days if calendar.has_service(d)] == [d for d in days if chinese_calendar.is_workday(d)]
