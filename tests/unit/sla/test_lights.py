"""Lights: exactly once, at their instants, never false. All clocks are those of the shipped pack."""

import pytest

from sanfu.contracts import names
from sanfu.sla.domain.rules import SlaRules
from tests.support.packs import shipped
from tests.unit.sla.policies import holidays
from tests.unit.sla.telling import Telling, at, deadlines, lights, open_clocks

RULES = SlaRules(shipped(), holidays())


@pytest.fixture
def told() -> Telling:
    return Telling(RULES)


def test_an_issue_gets_its_deadline_when_it_is_dispatched(told: Telling) -> None:
    told.submitted("2026-03-10 09:00")
    assert deadlines(told.assigned("2026-03-10 09:15")) == [(1, "started", "2026-03-13 17:30")]


def test_the_citys_promise_and_the_units_own_clock_run_side_by_side(told: Telling) -> None:
    told.submitted("2026-03-10 09:00")
    said = told.assigned("2026-03-10 09:15", grade="simple")
    assert deadlines(said) == deadlines(said, "unit_handling") == [(1, "started", "2026-03-10 17:30")]
    by_clock = {one["clock"]: one["unit"] for one in told.state["open"]}
    assert (by_clock["handling"], by_clock["unit_handling"]) == (shipped().office_unit, "tax")


def test_a_light_is_never_early_and_red_at_the_instant_of_the_limit(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    assert lights(told.wait("2026-03-12 17:29")) == []
    assert lights(told.wait("2026-03-12 17:30")) == [(1, "yellow", "yellow_due", False)]
    assert lights(told.wait("2026-03-13 17:29")) == []
    assert lights(told.wait("2026-03-13 17:30")) == [(1, "red", "limit_passed", False)]
    assert lights(told.wait("2027-01-01 00:00")) == []


def test_both_overdue_after_an_outage_yellow_is_skipped_then_red(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    said = told.wait("2026-03-16 09:00", now="2026-03-16 09:00")
    assert lights(said) == [(1, "yellow", "yellow_due", True), (1, "red", "limit_passed", False)]
    red = next(d for d in said if d.data["level"] == "red")
    assert red.data["late_by"] == (2 * 24 * 60 + 15 * 60 + 30) * 60


def test_red_waits_until_the_story_was_read_up_to_its_instant(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    early = told.wait("2026-03-13 17:00", now="2026-03-16 09:00")
    assert lights(early) == [(1, "yellow", "yellow_due", True)]
    assert lights(told.wait("2026-03-13 17:30", now="2026-03-16 09:00")) == [(1, "red", "limit_passed", False)]


def test_a_stop_in_time_that_is_heard_of_late_leaves_no_red(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.wait("2026-03-12 17:30")
    said = told.handled("2026-03-13 17:29", heard="2026-03-16 09:00")
    assert lights(said) == [(1, "none", "stopped_in_time", False)]
    assert lights(told.wait("2027-01-01 00:00")) == []


def test_a_red_that_was_wrong_is_taken_back(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.wait("2026-03-13 17:30")
    said = told.handled("2026-03-13 17:29", heard="2026-03-13 17:45")
    assert lights(said) == [(1, "none", "stopped_in_time", False)]


def test_a_stop_at_the_very_instant_of_the_limit_is_late(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.wait("2026-03-13 17:29")
    assert lights(told.handled("2026-03-13 17:30")) == [
        (1, "red", "limit_passed", True),
        (1, "none", "stopped_late", False),
    ]


def test_what_desk_received_before_the_limit_is_in_time_whenever_it_is_published(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.wait("2026-03-13 17:30")
    said = told.handled("2026-03-13 18:00", received_at=at("2026-03-13 17:20"))
    assert lights(said) == [(1, "none", "stopped_in_time", False)]


def test_a_late_stop_puts_the_light_out_and_says_by_how_much_it_was_late(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.wait("2026-03-13 17:30")
    said = told.handled("2026-03-13 18:30")
    assert lights(said) == [(1, "none", "stopped_late", False)]
    assert next(d for d in said if d.data.get("level") == "none").data["late_by"] == 3600


def test_what_was_crossed_during_an_outage_before_a_late_stop_is_on_the_record(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    assert lights(told.handled("2026-03-13 18:30", heard="2026-03-14 09:00")) == [
        (1, "yellow", "yellow_due", True),
        (1, "red", "limit_passed", True),
        (1, "none", "stopped_late", False),
    ]


def test_after_a_stop_nothing_fires(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    assert lights(told.handled("2026-03-10 10:00")) == []
    assert lights(told.wait("2027-01-01 00:00")) == []
    assert not {"handling", "unit_handling"} & open_clocks(told.state).keys()


def test_a_second_stop_changes_nothing(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.handled("2026-03-10 10:00")
    assert lights(told.tell(names.ISSUE_CLOSED, "2026-03-20 10:00", kind="resolved")) == []


# ── new versions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_another_grade_is_reckoned_from_the_original_start(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    said = told.tell(names.GRADE_CHANGED, "2026-03-11 09:00", before="complex", grade="difficult")
    assert deadlines(said) == [(2, "grade_changed", "2026-03-25 17:30")]


def test_a_new_version_voids_the_older_ones_timers(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.tell(names.GRADE_CHANGED, "2026-03-11 09:00", before="complex", grade="difficult")
    assert lights(told.wait("2026-03-24 17:29")) == []
    assert lights(told.wait("2026-03-24 17:30")) == [(2, "yellow", "yellow_due", False)]


def test_the_new_version_may_light_again_what_the_older_had_lit(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.wait("2026-03-12 17:30")
    said = told.tell(
        names.EXTENSION_DECIDED, "2026-03-13 09:00", clock="handling", granted=True, until=at("2026-03-16 17:30")
    )
    assert lights(said) == [(1, "none", "deadline_moved", False)]
    assert deadlines(said) == [(2, "extended", "2026-03-16 17:30")]
    assert lights(told.wait("2026-03-16 17:30")) == [
        (2, "yellow", "yellow_due", False),
        (2, "red", "limit_passed", False),
    ]


def test_a_refused_extension_stops_nothing(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    assert told.tell(names.EXTENSION_DECIDED, "2026-03-11 09:00", clock="handling", granted=False) == []


def test_an_extension_is_kept_when_the_grade_changes(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.tell(names.EXTENSION_DECIDED, "2026-03-11 09:00", clock="handling", granted=True, until=at("2026-03-16 17:30"))
    said = told.tell(names.GRADE_CHANGED, "2026-03-12 09:00", before="complex", grade="difficult")
    assert deadlines(said) == [(3, "grade_changed", "2026-03-28 17:30")]


def test_raised_urgency_makes_hours_run_round_the_clock(told: Telling) -> None:
    told.assigned("2026-03-10 17:00")
    said = told.tell(names.URGENCY_CHANGED, "2026-03-10 17:10", before="normal", urgency="urgent")
    assert deadlines(said, "acknowledge") == [(2, "urgency_changed", "2026-03-10 21:00")]


def test_a_new_round_starts_the_clock_again(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.handled("2026-03-11 10:00")
    told.tell(names.ISSUE_CLOSED, "2026-03-12 10:00", kind="resolved")
    said = told.tell(names.ISSUE_REOPENED, "2026-03-17 09:00", round=2, unit="tax", because="requested")
    assert deadlines(said) == [(2, "started", "2026-03-20 17:30")]
    assert lights(told.wait("2026-03-20 17:30")) == [
        (2, "yellow", "yellow_due", False),
        (2, "red", "limit_passed", False),
    ]


def test_the_citys_promise_does_not_restart_when_another_unit_leads(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.tell(names.ISSUE_RETURNED, "2026-03-10 10:00", unit="tax", ground="duties", number=1, assignment=1)
    said = told.assigned("2026-03-11 09:00", unit="market-regulation", assignment=2)
    assert deadlines(said) == []
    assert deadlines(said, "unit_handling") == [(2, "started", "2026-03-14 17:30")]


def test_an_assignment_that_is_outranked_starts_nothing(told: Telling) -> None:
    told.tell(
        names.ISSUE_DISPATCHED, "2026-03-10 09:15", unit="police", grade="complex", urgency="normal", assignment=1,
        audience="resident",
    )  # fmt: skip
    assert told.assigned("2026-03-10 09:16", unit="tax") == []
    assert told.state["facts"]["unit"] == "police"


def test_a_void_stop_sets_the_light_at_once(told: Telling) -> None:
    told.assigned("2026-03-10 09:15", grade="simple")
    told.handled("2026-03-10 11:00")
    said = told.tell(names.COMPLETION_VOIDED, "2026-03-12 10:00", unit="tax", round=1)
    assert deadlines(said) == [(2, "stop_voided", "2026-03-10 17:30")]
    assert lights(said) == [(2, "yellow", "yellow_due", True), (2, "red", "stop_voided", False)]
    assert lights(told.wait("2027-01-01 00:00")) == []


def test_a_void_stop_before_the_limit_lets_the_clock_run_on(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.handled("2026-03-10 11:00")
    said = told.tell(names.COMPLETION_VOIDED, "2026-03-11 10:00", unit="tax", round=1)
    assert (deadlines(said), lights(said)) == ([(2, "stop_voided", "2026-03-13 17:30")], [])
    assert [light[1] for light in lights(told.wait("2026-03-13 17:30"))] == ["yellow", "red"]


# ── rests ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_suspended_issue_turns_no_light_on_and_runs_on_when_it_resumes(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.tell(names.ISSUE_SUSPENDED, "2026-03-12 10:00", reason="rain")
    assert lights(told.wait("2026-03-14 09:00")) == []
    said = told.tell(names.ISSUE_RESUMED, "2026-03-14 10:00")
    assert deadlines(said) == [(2, "resumed", "2026-03-15 17:30")]
    assert lights(told.wait("2026-03-14 17:30")) == [(2, "yellow", "yellow_due", False)]


def test_a_suspension_ends_by_itself_when_it_said_until_when(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.tell(names.ISSUE_SUSPENDED, "2026-03-12 10:00", reason="rain", until=at("2026-03-13 10:00"))
    said = told.wait("2026-03-13 10:00")
    assert deadlines(said) == [(2, "resumed", "2026-03-14 17:30")]


def test_a_suspension_is_capped(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.tell(names.ISSUE_SUSPENDED, "2026-03-12 10:00", reason="rain")
    said = told.wait("2026-03-17 10:00")
    assert deadlines(said) == [(2, "resumed", "2026-03-18 17:30")]
    assert told.tell(names.ISSUE_RESUMED, "2026-03-18 10:00") == []


def test_a_suspension_of_a_limit_that_has_passed_changes_nothing(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.wait("2026-03-13 17:30")
    told.tell(names.ISSUE_SUSPENDED, "2026-03-16 10:00", reason="rain")
    assert told.tell(names.ISSUE_RESUMED, "2026-03-17 10:00") == []


def test_a_clock_that_does_not_list_a_state_does_not_rest_in_it(told: Telling) -> None:
    told.assigned("2026-03-10 09:15")
    told.tell(names.ISSUE_SUSPENDED, "2026-03-10 10:00", reason="rain")
    assert lights(told.wait("2026-03-10 14:45"), "acknowledge") == [(1, "red", "limit_passed", False)]


# ── other clocks of the pack, by data alone ──────────────────────────────────────────────────────────────────────────


def test_an_emergency_at_02_10_on_spring_festivals_day_turns_red_after_fifteen_minutes(told: Telling) -> None:
    said = told.submitted("2026-02-17 02:10", urgency="emergency")
    assert deadlines(said, "emergency_acknowledge") == [(1, "started", "2026-02-17 02:25")]
    assert deadlines(said, "emergency_on_scene") == [(1, "started", "2026-02-17 03:10")]
    assert deadlines(said, "emergency_report") == [(1, "started", "2026-02-17 04:10")]
    assert lights(told.wait("2026-02-17 02:25"), "emergency_acknowledge") == [(1, "red", "limit_passed", False)]


def test_the_emergency_unit_is_in_charge_until_somebody_leads(told: Telling) -> None:
    told.submitted("2026-02-17 02:10", urgency="emergency")
    assert told.state["clocks"]["emergency_acknowledge"]["unit"] == shipped().emergency_unit
    said = told.assigned("2026-02-17 02:11", unit="fotang", urgency="emergency")
    assert deadlines(said, "emergency_acknowledge") == [(2, "handed_over", "2026-02-17 02:25")]
    assert told.state["clocks"]["emergency_acknowledge"]["unit"] == "fotang"


def test_a_whistle_needs_both_acknowledgement_and_contact(told: Telling) -> None:
    told.submitted("2026-03-10 09:00", channel="whistle")
    told.assigned("2026-03-10 09:15")
    told.tell(names.ISSUE_ACKNOWLEDGED, "2026-03-10 09:20", unit="tax", assignment=1)
    assert "whistle" in open_clocks(told.state)
    told.tell(names.ISSUE_CONTACTED, "2026-03-10 09:30", unit="tax", result="failed", method="phone")
    assert "whistle" not in open_clocks(told.state)


def test_a_same_day_issue_at_17_40_on_the_eve_of_spring_festival(told: Telling) -> None:
    told.submitted("2026-02-14 17:39")
    said = told.assigned("2026-02-14 17:40", grade="simple")
    assert deadlines(said) == [(1, "started", "2026-02-17 17:30")]
    assert [light[1] for light in lights(told.wait("2026-02-17 17:30"))] == ["yellow", "red"]
