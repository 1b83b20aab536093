"""Every row of "Deadlines, settled", by name. In 2026 Spring Festival is off from 15 to 23 February; Saturday the
14th and the 28th are worked."""

from dataclasses import replace

import pytest

from sanfu.city.model.clocks import DayOverride, Frame, Limit, Service
from sanfu.sla.domain.deadlines import NoLimit
from tests.unit.sla.policies import (
    OFFICE,
    SERVICE,
    clock,
    deadline,
    limit_and_yellow,
    local,
    policy,
    shown,
    span,
)

WORKING = clock({"complex": Limit("working_days", 3), "simple": Limit("same_day")})
HOURS = clock({"complex": Limit("service_minutes", 240)})


# ── when do N days end ───────────────────────────────────────────────────────────────────────────────────────────────


def test_three_days_end_at_the_end_of_service_of_the_third_day_after_dispatch() -> None:
    assert limit_and_yellow(deadline("2026-03-10 09:15")) == ("2026-03-13 17:30", "2026-03-12 17:30")


def test_on_a_day_without_service_days_end_at_the_latest_end_of_an_ordinary_week() -> None:
    week = (OFFICE,) * 4 + ((Frame(510, 960),), (), ())
    of = policy(service=replace(SERVICE, week=week))
    assert shown(deadline("2026-03-10 09:15", of=of).limit) == "2026-03-13 16:00"  # a Friday, which is short
    assert shown(deadline("2026-03-11 09:15", of=of).limit) == "2026-03-14 17:30"  # a Saturday


def test_by_policy_days_end_at_the_same_time_of_day() -> None:
    found = deadline("2026-03-10 09:15", of=policy(days_end="same_time"))
    assert limit_and_yellow(found) == ("2026-03-13 09:15", "2026-03-12 09:15")


def test_by_policy_days_are_worth_their_service_minutes() -> None:
    # three days of 7.5 hours from Tuesday 16:30: one hour on Tuesday, two whole days, 6.5 hours on Friday
    found = deadline("2026-03-10 16:30", of=policy(days_end="service_minutes"))
    assert shown(found.limit) == "2026-03-13 16:30"


def test_a_dispatch_after_the_cut_off_or_on_a_day_off_is_day_0_as_it_stands() -> None:
    assert shown(deadline("2026-03-10 23:59").limit) == "2026-03-13 17:30"
    assert shown(deadline("2026-03-14 10:00").limit) == "2026-03-17 17:30"  # a Saturday
    assert shown(deadline("2026-03-14 10:00", on=WORKING).limit) == "2026-03-18 17:30"


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_calendar_days_that_end_on_a_day_off_stay() -> None:
    assert shown(deadline("2026-03-12 09:15").limit) == "2026-03-15 17:30"


def test_by_policy_calendar_days_that_end_on_a_day_off_roll_to_the_next_service_day() -> None:
    assert shown(deadline("2026-03-12 09:15", of=policy(day_off="rolls")).limit) == "2026-03-16 17:30"
    same_time = policy(day_off="rolls", days_end="same_time")
    assert shown(deadline("2026-03-12 09:15", of=same_time).limit) == "2026-03-16 09:15"


def test_working_days_skip_holidays_and_count_make_up_days() -> None:
    assert shown(deadline("2026-02-13 09:15", on=WORKING).limit) == "2026-02-25 17:30"  # 14 (make-up), 24, 25


def test_fifteen_days_run_through_the_holidays() -> None:
    assert shown(deadline("2026-02-13 09:15", "difficult").limit) == "2026-02-28 17:30"


# ── the same day ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_same_day_limit_ends_at_the_end_of_service() -> None:
    assert limit_and_yellow(deadline("2026-03-10 09:15", "simple")) == ("2026-03-10 17:30", "2026-03-10 15:30")


def test_exactly_at_the_cut_off_is_after_it() -> None:
    assert shown(deadline("2026-03-10 16:29", "simple").limit) == "2026-03-10 17:30"
    assert shown(deadline("2026-03-10 16:30", "simple").limit) == "2026-03-11 17:30"


def test_a_same_day_limit_on_a_day_without_service_ends_on_the_next_that_has_some() -> None:
    assert shown(deadline("2026-03-14 10:00", "simple").limit) == "2026-03-16 17:30"


def test_a_same_day_issue_before_service_opens_ends_that_day() -> None:
    assert shown(deadline("2026-03-10 03:00", "simple").limit) == "2026-03-10 17:30"


def test_a_half_day_ends_its_same_day_limits_though_the_cut_off_is_later() -> None:
    day = local("2026-03-10 12:00").date()
    of = policy(overrides={day: DayOverride(day, True, (Frame(510, 720),), "half a day")})
    assert shown(deadline("2026-03-10 11:59", "simple", of=of).limit) == "2026-03-10 12:00"
    assert shown(deadline("2026-03-10 14:00", "simple", of=of).limit) == "2026-03-11 17:30"


def test_a_same_day_issue_at_17_40_on_the_eve_of_spring_festival_ends_on_the_first_day_of_service() -> None:
    assert limit_and_yellow(deadline("2026-02-14 17:40", "simple")) == ("2026-02-24 17:30", "2026-02-24 15:30")


def test_by_policy_that_issue_is_never_due_after_a_complex_one_from_the_same_start() -> None:
    capped = deadline("2026-02-14 17:40", "simple", of=policy(cap_same_day="complex"))
    assert limit_and_yellow(capped) == limit_and_yellow(deadline("2026-02-14 17:40", "complex"))
    assert limit_and_yellow(capped) == ("2026-02-17 17:30", "2026-02-16 17:30")


def test_the_cap_changes_nothing_where_the_same_day_is_earlier() -> None:
    assert shown(deadline("2026-03-10 09:15", "simple", of=policy(cap_same_day="complex")).limit) == "2026-03-10 17:30"


# ── yellow ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_day_before_a_limit_in_working_days_is_one_working_day_at_the_same_time_of_day() -> None:
    assert limit_and_yellow(deadline("2026-03-11 09:15", on=WORKING)) == ("2026-03-16 17:30", "2026-03-13 17:30")


def test_one_day_before_a_limit_in_calendar_days_is_24_hours() -> None:
    assert limit_and_yellow(deadline("2026-03-13 09:15")) == ("2026-03-16 17:30", "2026-03-15 17:30")


def test_yellow_of_the_same_day_goes_by_the_clock_not_by_service_time() -> None:
    of = policy(service=replace(SERVICE, week=((Frame(510, 720), Frame(960, 1050)),) * 5 + ((), ())))
    assert shown(deadline("2026-03-10 09:15", "simple", of=of).yellow) == "2026-03-10 15:30"


def test_a_yellow_before_the_start_comes_at_the_start() -> None:
    assert limit_and_yellow(deadline("2026-03-10 16:20", "simple")) == ("2026-03-10 17:30", "2026-03-10 16:20")


def test_a_clock_without_a_rule_never_turns_yellow() -> None:
    assert deadline("2026-03-10 09:15", on=clock(yellow=None)).yellow is None


# ── pauses ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pause_moves_calendar_days_by_all_its_time_exactly() -> None:
    found = deadline("2026-03-10 09:15", pauses=(span("2026-03-11 10:00", "2026-03-12 11:20"),))
    assert limit_and_yellow(found) == ("2026-03-14 18:50", "2026-03-13 18:50")


def test_a_pause_moves_working_days_by_its_service_time_exactly() -> None:
    found = deadline("2026-03-10 09:15", on=WORKING, pauses=(span("2026-03-11 16:30", "2026-03-12 09:30"),))
    assert shown(found.limit) == "2026-03-16 10:30"  # one hour and one hour behind Friday 17:30


def test_a_pause_moves_a_same_day_limit_by_its_service_time() -> None:
    found = deadline("2026-03-10 09:15", "simple", pauses=(span("2026-03-10 11:00", "2026-03-10 14:30"),))
    assert limit_and_yellow(found) == ("2026-03-11 10:30", "2026-03-11 08:30")


def test_a_pause_over_a_holiday_moves_a_same_day_limit_by_nothing() -> None:
    found = deadline("2026-02-14 17:40", "simple", pauses=(span("2026-02-15 00:00", "2026-02-24 00:00"),))
    assert shown(found.limit) == "2026-02-24 17:30"


def test_overlapping_pauses_count_each_minute_once() -> None:
    twice = (span("2026-03-11 10:00", "2026-03-11 12:00"), span("2026-03-11 11:00", "2026-03-11 13:00"))
    assert shown(deadline("2026-03-10 09:15", pauses=twice).limit) == "2026-03-13 20:30"


def test_a_pause_that_begins_when_the_limit_has_passed_changes_nothing() -> None:
    late = (span("2026-03-13 17:30", "2026-03-14 17:30"),)
    assert shown(deadline("2026-03-10 09:15", pauses=late).limit) == "2026-03-13 17:30"


def test_a_pause_that_begins_inside_an_earlier_ones_gain_counts() -> None:
    both = (span("2026-03-13 10:00", "2026-03-13 12:00"), span("2026-03-13 18:00", "2026-03-13 19:00"))
    assert shown(deadline("2026-03-10 09:15", pauses=both).limit) == "2026-03-13 20:30"


def test_a_pause_counts_from_the_start_of_the_clock() -> None:
    early = (span("2026-03-09 09:15", "2026-03-10 10:15"),)
    assert shown(deadline("2026-03-10 09:15", pauses=early).limit) == "2026-03-13 18:30"


# ── extensions, grades, urgency, units ───────────────────────────────────────────────────────────────────────────────


def test_an_extension_adds_its_days() -> None:
    more = (Limit("calendar_days", 3),)
    assert shown(deadline("2026-03-10 09:15", extensions=more).limit) == "2026-03-16 17:30"


def test_an_extension_granted_before_a_grade_change_is_kept() -> None:
    more = (Limit("calendar_days", 3),)
    assert shown(deadline("2026-03-10 09:15", "difficult", extensions=more).limit) == "2026-03-28 17:30"
    assert shown(deadline("2026-03-10 09:15", "simple", extensions=more).limit) == "2026-03-13 17:30"


def test_urgent_issues_have_service_every_day_and_hour() -> None:
    assert shown(deadline("2026-02-16 23:00", on=HOURS, urgency="urgent").limit) == "2026-02-17 03:00"
    assert shown(deadline("2026-02-16 23:00", on=HOURS).limit) == "2026-02-24 14:00"


def test_a_clock_round_the_clock_knows_no_holiday() -> None:
    on = clock({"complex": Limit("minutes", 15)}, round_the_clock=True)
    assert shown(deadline("2026-02-17 02:10", on=on).limit) == "2026-02-17 02:25"


def test_a_unit_may_have_hours_of_its_own() -> None:
    market = Service(week=((Frame(510, 1050),),) * 7, make_up=(Frame(510, 1050),), cut_off=990, holidays=False)
    of = policy(unit_service={"market-group": market})
    assert shown(deadline("2026-02-16 10:00", "simple", of=of, unit="market-group").limit) == "2026-02-16 17:30"
    assert shown(deadline("2026-02-16 10:00", "simple", of=of).limit) == "2026-02-24 17:30"


def test_a_limit_that_somebody_set_is_taken_as_it_is() -> None:
    found = deadline("2026-03-10 09:15", fixed=local("2026-03-20 12:00"))
    assert limit_and_yellow(found) == ("2026-03-20 12:00", "2026-03-19 12:00")


def test_a_grade_without_a_limit_has_no_clock() -> None:
    with pytest.raises(NoLimit):
        deadline("2026-03-10 09:15", "simple", on=HOURS)


# ── a year without data ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_year_without_data_is_told_and_every_date_counts_as_a_working_day() -> None:
    found = deadline("2041-02-08 09:15", on=WORKING)  # a Friday
    assert found.unknown_year == 2041
    assert found.steps[0].code == "year_unknown"
    assert shown(found.limit) == "2041-02-11 17:30"


def test_days_that_reach_into_a_year_without_data_are_told_too() -> None:
    found = deadline("2026-12-30 09:15", on=WORKING)
    assert found.unknown_year == 2027
    assert shown(found.limit) == "2027-01-02 17:30"


def test_a_case_that_ends_before_the_unknown_year_is_not_disturbed() -> None:
    assert deadline("2026-12-28 09:15", on=WORKING).unknown_year is None
