"""The ladder of the shipped pack: who hears of a red light, and when, while nobody reacts."""

import pytest

from sanfu.contracts import names
from sanfu.sla.domain.rules import SlaRules
from tests.support.packs import shipped
from tests.unit.sla.policies import holidays
from tests.unit.sla.telling import Telling, at, climbed, lights

RULES = SlaRules(shipped(), holidays())
GROUP = f"{shipped().audience_groups['resident']} unit_head"
LEADER = "leading-group leader"
DIRECTOR = f"{shipped().office_unit} duty_officer"
NIGHT = "2026-02-17 02:10"


@pytest.fixture
def told() -> Telling:
    """Red since Friday 17:30, three days after a dispatch on Tuesday."""
    told = Telling(RULES)
    told.submitted("2026-03-10 09:00")
    told.assigned("2026-03-10 09:15")
    told.wait("2026-03-13 17:30")
    return told


def test_while_nobody_reacts_the_light_climbs_at_set_times(told: Telling) -> None:
    assert climbed(told.wait("2026-03-16 13:59")) == []
    assert climbed(told.wait("2026-03-16 14:00")) == [(1, 1, "tax unit_head", False)]
    assert climbed(told.wait("2026-03-16 17:29")) == []
    assert climbed(told.wait("2026-03-16 17:30")) == [(1, 2, GROUP, False)]
    assert climbed(told.wait("2026-03-18 17:30")) == [(1, 3, LEADER, False)]
    assert climbed(told.wait("2027-01-01 00:00")) == []


def test_a_reaction_of_the_unit_gives_it_the_time_up_to_the_next_step_anew(told: Telling) -> None:
    told.wait("2026-03-16 14:00")
    told.did("2026-03-16 15:00")
    assert climbed(told.wait("2026-03-17 17:29")) == []
    assert climbed(told.wait("2026-03-17 17:30")) == [(1, 2, GROUP, False)]
    assert climbed(told.wait("2026-03-19 17:30")) == [(1, 3, LEADER, False)]


def test_what_somebody_else_does_is_no_reaction(told: Telling) -> None:
    told.did("2026-03-16 10:00", unit="police", type=names.ASSIST_DONE)
    told.tell(names.REMINDER_ADDED, "2026-03-16 10:01", by={"id": "party", "role": "party"}, number=1)
    told.tell(names.ISSUE_COPIED, "2026-03-16 10:02", by={"id": "system", "role": "system", "unit": "tax"})
    assert climbed(told.wait("2026-03-16 14:00")) == [(1, 1, "tax unit_head", False)]


def test_a_section_reacts_for_its_town(told: Telling) -> None:
    section = next(u for u in shipped().units.values() if u.kind in ("section", "village") and u.parent)
    of_town = Telling(RULES)
    of_town.submitted("2026-03-10 09:00")
    of_town.assigned("2026-03-10 09:15", unit=str(section.parent))
    of_town.wait("2026-03-13 17:30")
    of_town.did("2026-03-16 10:00", unit=section.code)
    assert climbed(of_town.wait("2026-03-16 14:29")) == []
    assert [step for _, step, *_ in climbed(of_town.wait("2026-03-16 15:30"))] == [1]


def test_handling_ends_the_climb(told: Telling) -> None:
    told.wait("2026-03-16 14:00")
    told.handled("2026-03-16 15:00")
    assert climbed(told.wait("2027-01-01 00:00")) == []


def test_a_new_version_climbs_from_its_own_limit(told: Telling) -> None:
    told.wait("2026-03-16 14:00")
    told.tell(names.EXTENSION_DECIDED, "2026-03-16 14:10", clock="handling", granted=True, until=at("2026-03-17 17:30"))
    assert climbed(told.wait("2026-03-18 13:59")) == []
    assert climbed(told.wait("2026-03-18 14:00")) == [(2, 1, "tax unit_head", False)]


def test_a_void_completion_climbs_from_when_it_was_found_out_not_from_the_limit_long_passed() -> None:
    told = Telling(RULES)
    told.assigned("2026-03-10 09:15")
    told.handled("2026-03-11 10:00")
    said = told.tell(names.COMPLETION_VOIDED, "2026-03-20 09:00", unit="tax", round=1)
    crossed = [(2, "yellow", "yellow_due", True), (2, "red", "stop_voided", False)]
    assert (lights(said), climbed(said)) == (crossed, [])
    assert climbed(told.wait("2026-03-20 14:29")) == []
    assert climbed(told.wait("2026-03-20 14:30")) == [(2, 1, "tax unit_head", False)]


def test_after_an_outage_the_steps_that_were_overtaken_are_on_the_record_and_only_the_last_is_told(
    told: Telling,
) -> None:
    said = climbed(told.wait("2026-03-17 09:00", now="2026-03-17 09:00"))
    assert said == [(1, 1, "tax unit_head", True), (1, 2, GROUP, False)]
    assert climbed(told.wait("2026-03-18 17:30")) == [(1, 3, LEADER, False)]


def test_a_red_that_comes_late_brings_its_steps_with_it_each_once() -> None:
    told = Telling(RULES)
    told.assigned("2026-03-10 09:15")
    said = told.wait("2026-03-20 09:00", now="2026-03-20 09:00")
    assert [light[1] for light in lights(said)] == ["yellow", "red"]
    assert [(step, skipped) for _, step, _, skipped in climbed(said)] == [(1, True), (2, True), (3, False)]


def test_while_a_red_case_is_suspended_nobody_climbs(told: Telling) -> None:
    told.tell(names.ISSUE_SUSPENDED, "2026-03-16 09:00", reason="rain")
    assert climbed(told.wait("2026-03-17 17:00")) == []
    told.tell(names.ISSUE_RESUMED, "2026-03-18 08:30")
    assert climbed(told.wait("2026-03-18 13:29")) == []
    assert climbed(told.wait("2026-03-18 14:00")) == [(1, 1, "tax unit_head", False)]


def test_an_emergency_that_nobody_acknowledges_climbs_every_fifteen_minutes() -> None:
    told = Telling(RULES)
    told.submitted(NIGHT, urgency="emergency")
    told.assigned("2026-02-17 02:11", unit="fotang", urgency="emergency")
    said = {minute: climbed(told.wait(minute), "emergency_acknowledge") for minute in (
        "2026-02-17 02:39", "2026-02-17 02:40", "2026-02-17 02:55", "2026-02-17 03:10", "2026-02-18 00:00",
    )}  # fmt: skip
    assert [step for steps in said.values() for step in steps] == [
        (2, 1, "fotang unit_head", False), (2, 2, DIRECTOR, False), (2, 3, "leading-group duty_officer", False),
    ]  # fmt: skip
    assert said["2026-02-17 02:39"] == said["2026-02-18 00:00"] == []


def test_a_rebuild_knows_which_steps_were_climbed(told: Telling) -> None:
    told.wait("2026-03-16 17:30")
    again = told.again()
    assert again.state == told.state
    assert climbed(again.settle("2026-03-16 18:00")) == []
    assert climbed(again.wait("2026-03-18 17:30")) == [(1, 3, LEADER, False)]
