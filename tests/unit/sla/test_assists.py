"""Each assist has a clock of its own: kept for one task, by the unit that has it. All are those of the shipped pack."""

from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.runtime.rules import Draft
from sanfu.sla.domain.keeping import clocks_of
from sanfu.sla.domain.rules import SlaRules
from tests.support.packs import shipped
from tests.unit.sla.policies import holidays
from tests.unit.sla.telling import Telling, at, climbed, deadlines, lights

RULES = SlaRules(shipped(), holidays())


@pytest.fixture
def told() -> Telling:
    """A town leads a complex issue from Tuesday morning on, until Friday evening."""
    told = Telling(RULES)
    told.submitted("2026-03-10 09:00")
    told.assigned("2026-03-10 09:15", unit="fotang")
    return told


def asked(told: Telling, when: str, number: int, unit: str, limit: str | None) -> list[Draft]:
    said: dict[str, Any] = {"unit": unit, "task": "清运", "mandatory": True, "number": number}
    return told.tell(names.ASSIST_ASKED, when, **said, limit=at(limit) if limit else None)


def done(told: Telling, when: str, number: int, unit: str) -> list[Draft]:
    return told.tell(names.ASSIST_DONE, when, unit=unit, number=number, result="done")


def of(drafts: list[Draft], number: int) -> list[Draft]:
    return [draft for draft in drafts if draft.data.get("about") == f"assist:{number}"]


def test_a_task_is_due_when_it_says_and_turns_yellow_a_day_before_and_red_for_the_unit_that_has_it(
    told: Telling,
) -> None:
    said = asked(told, "2026-03-10 10:00", 1, "fotang-enforcement", "2026-03-12 16:00")
    assert deadlines(said, "assist") == [(1, "started", "2026-03-12 16:00")]
    assert (said[0].data["unit"], said[0].data["about"]) == ("fotang-enforcement", "assist:1")
    assert lights(told.wait("2026-03-11 15:59"), "assist") == []
    assert lights(told.wait("2026-03-11 16:00"), "assist") == [(1, "yellow", "yellow_due", False)]
    red = told.wait("2026-03-12 16:00")
    assert lights(red, "assist") == [(1, "red", "limit_passed", False)]
    assert {draft.data["unit"] for draft in of(red, 1)} == {"fotang-enforcement"}
    assert lights(told.wait("2026-03-12 17:00"), "unit_handling") == [], "the town itself is not late"


def test_two_tasks_run_side_by_side_and_each_is_stopped_by_its_own_end_only(told: Telling) -> None:
    asked(told, "2026-03-10 10:00", 1, "fotang-enforcement", "2026-03-11 10:00")
    asked(told, "2026-03-10 10:00", 2, "fotang-construction", "2026-03-11 12:00")
    told.wait("2026-03-10 17:30")
    assert lights(done(told, "2026-03-11 09:00", 1, "fotang-enforcement"), "assist") == [
        (1, "none", "stopped_in_time", False)
    ]
    later = told.wait("2026-03-11 12:00")
    assert lights(of(later, 1), "assist") == []
    assert lights(of(later, 2), "assist") == [(1, "red", "limit_passed", False)]
    assert lights(done(told, "2026-03-11 13:00", 2, "fotang-construction"), "assist") == [
        (1, "none", "stopped_late", False)
    ]


def test_a_task_without_a_limit_has_the_policys_by_the_hours_of_the_unit_that_has_it(told: Telling) -> None:
    said = asked(told, "2026-03-10 10:00", 1, "market-group", None)
    assert deadlines(said, "assist") == [(1, "started", "2026-03-12 17:30")]
    said = asked(told, "2026-03-10 10:00", 2, "police", None)
    assert deadlines(said, "assist") == [(1, "started", "2026-03-13 00:00")], "there is always somebody there"
    said = asked(told, "2026-03-12 10:00", 3, "police", None)
    assert deadlines(said, "assist") == [(1, "started", "2026-03-13 17:30")], "no later than the lead's"


def test_a_task_rests_with_the_case_and_ends_with_it(told: Telling) -> None:
    asked(told, "2026-03-10 10:00", 1, "fotang-enforcement", "2026-03-12 16:00")
    told.tell(names.ISSUE_SUSPENDED, "2026-03-11 08:30", reason="rain")
    said = told.tell(names.ISSUE_RESUMED, "2026-03-11 10:30")
    assert deadlines(said, "assist") == [(2, "resumed", "2026-03-12 18:00")]
    told.tell(names.ISSUE_WITHDRAWN, "2026-03-11 11:00", round=1)
    assert lights(told.wait("2027-01-01 00:00")) == []


@pytest.mark.parametrize("until", [None, "2026-03-14 11:00"])
def test_a_task_that_is_given_while_the_case_rests_rests_from_its_start_as_the_lead_does(
    told: Telling, until: str | None
) -> None:
    told.tell(names.ISSUE_SUSPENDED, "2026-03-10 10:00", reason="rain", until=at(until) if until else None)
    asked(told, "2026-03-10 11:00", 1, "fotang-enforcement", "2026-03-11 12:00")
    said = told.tell(names.ISSUE_RESUMED, "2026-03-11 13:00")
    assert deadlines(said, "assist") == [(2, "resumed", "2026-03-12 14:00")], "26 hours of its own"
    assert deadlines(said, "unit_handling") == [(2, "resumed", "2026-03-14 20:30")], "27 of the lead's"
    asked(told, "2026-03-11 14:00", 2, "fotang-construction", "2026-03-12 15:00")
    assert lights(of(told.wait("2026-03-12 16:00"), 2), "assist") == [
        (1, "yellow", "yellow_due", False), (1, "red", "limit_passed", False),
    ], "what is given after the rest does not rest"  # fmt: skip


def test_a_task_rests_no_longer_than_its_case_which_may_go_on_the_register_instead(told: Telling) -> None:
    asked(told, "2026-03-10 10:00", 1, "fotang-enforcement", "2026-03-12 16:00")
    told.tell(names.ISSUE_SUSPENDED, "2026-03-10 11:00", reason="rain", until=at("2026-03-14 11:00"))
    said = told.tell(names.ISSUE_REGISTERED, "2026-03-10 13:00", milestone_by=at("2026-06-01 12:00"))
    assert deadlines(said, "assist") == [(2, "resumed", "2026-03-12 18:00")]


def test_while_the_section_does_nothing_the_head_of_its_town_hears_of_it(told: Telling) -> None:
    asked(told, "2026-03-10 10:00", 1, "fotang-enforcement", "2026-03-10 12:00")
    told.wait("2026-03-10 12:00")
    told.did("2026-03-10 14:00", "fotang")
    told.did("2026-03-10 15:00", "fotang-enforcement", names.SITUATION_REPORTED)
    assert climbed(told.wait("2026-03-11 09:59"), "assist") == []
    raised = told.wait("2026-03-11 10:00")
    assert climbed(raised, "assist") == [(1, 1, "fotang unit_head", False)], "four hours after it last did anything"
    assert [draft.data["about"] for draft in raised if draft.type == names.ESCALATION_RAISED] == ["assist:1"]


def test_a_units_successor_has_its_tasks_and_no_limit_moves(told: Telling) -> None:
    asked(told, "2026-03-10 10:00", 1, "transport", "2026-03-12 16:00")
    asked(told, "2026-03-10 10:00", 2, "water", "2026-03-12 16:00")
    said = told.tell(names.UNIT_SUCCEEDED, "2026-03-11 00:00", from_unit="transport", unit="urban-management")
    assert deadlines(said, "assist") == [(2, "handed_over", "2026-03-12 16:00")]
    assert (said[0].data["unit"], said[0].data["about"]) == ("urban-management", "assist:1")
    assert lights(done(told, "2026-03-11 09:00", 1, "urban-management"), "assist") == []
    assert [one["clock"] for one in told.state["open"]].count("assist") == 1


def test_a_rebuild_and_a_lost_outbox_end_with_the_same_clocks(told: Telling) -> None:
    asked(told, "2026-03-10 10:00", 1, "transport", "2026-03-12 16:00")
    asked(told, "2026-03-10 11:00", 2, "water", "2026-03-11 16:00")
    told.wait("2026-03-11 17:00")
    done(told, "2026-03-11 18:00", 2, "water")
    assert told.again().state == told.state
    foreign = [event for event in told.story if event.source != "sla"]
    lost = Telling(RULES)
    for event in foreign:
        lost.fold(event)
    missed = lost.settle("2026-03-11 18:00")
    assert deadlines(of(missed, 1), "assist") == [(1, "started", "2026-03-12 16:00")]
    assert lights(of(missed, 2), "assist") == [
        (1, "yellow", "yellow_due", True), (1, "red", "limit_passed", True), (1, "none", "stopped_late", False)
    ]  # fmt: skip
    assert lost.settle("2026-03-11 18:00") == []


def test_a_replan_keeps_what_a_task_says_of_its_limit(told: Telling) -> None:
    asked(told, "2026-03-10 10:00", 1, "transport", "2026-03-12 16:00")
    assert [one for one in RULES.replanned(told.state, told.now) if one.before.announced["about"]] == []


def test_each_is_shown_and_explained_by_its_own_name(told: Telling) -> None:
    asked(told, "2026-03-10 10:00", 1, "transport", "2026-03-12 16:00")
    asked(told, "2026-03-10 10:00", 2, "water", "2026-03-11 16:00")
    assert {"assist:1", "assist:2"} < set(clocks_of(told.state))
    shown = {one["key"]: one["unit"] for one in RULES.shown(told.state) if one["clock"] == "assist"}
    assert shown == {"assist:1": "transport", "assist:2": "water"}
    explained = RULES.explained(told.state, "assist:2")
    assert explained is not None and explained.plain()["limit"] == at("2026-03-11 16:00")


# ── within the lead's ────────────────────────────────────────────────────────────────────────────────────────────────


def shorter(told: Telling, when: str) -> list[Draft]:
    return told.tell(names.GRADE_CHANGED, when, grade="simple", before="complex")


def test_a_task_is_due_no_later_than_the_lead_whose_limit_becomes_earlier_and_keeps_an_earlier_one_of_its_own(
    told: Telling,
) -> None:
    asked(told, "2026-03-10 10:00", 1, "fotang-enforcement", "2026-03-12 16:00")
    asked(told, "2026-03-10 10:00", 2, "fotang-construction", "2026-03-10 15:00")
    asked(told, "2026-03-10 10:00", 3, "transport", "2026-03-12 16:00")
    done(told, "2026-03-10 10:30", 3, "transport")
    said = shorter(told, "2026-03-10 11:00")
    assert deadlines(said, "unit_handling")[-1][1:] == ("grade_changed", "2026-03-10 17:30")
    assert deadlines(of(said, 1), "assist") == [(2, "grade_changed", "2026-03-10 17:30")]
    assert [one[2] for one in deadlines(of(said, 2), "assist")] == ["2026-03-10 15:00"], "only its yellow moves"
    assert (of(said, 1)[-1].data["unit"], of(said, 3)) == ("fotang-enforcement", [])
    assert told.tell(names.REMINDER_ADDED, "2026-03-10 12:00", number=1) == [], "once"
    later = told.wait("2026-03-12 18:00")
    assert lights(of(later, 1), "assist") == [(2, "yellow", "yellow_due", False), (2, "red", "limit_passed", False)]
    assert told.again().state == told.state


def test_what_it_crossed_by_its_own_limit_goes_on_the_record_and_its_light_out(told: Telling) -> None:
    asked(told, "2026-03-10 09:30", 1, "fotang-enforcement", "2026-03-11 10:00")
    assert lights(told.wait("2026-03-10 10:30"), "assist") == [(1, "yellow", "yellow_due", False)]
    assert lights(shorter(told, "2026-03-10 11:00"), "assist") == [(1, "none", "deadline_moved", False)]


def test_after_that_a_pause_moves_both_alike_and_those_before_are_not_counted_twice(told: Telling) -> None:
    asked(told, "2026-03-10 09:30", 1, "fotang-enforcement", "2026-03-12 16:00")
    told.tell(names.ISSUE_SUSPENDED, "2026-03-10 10:00", reason="rain")
    assert deadlines(told.tell(names.ISSUE_RESUMED, "2026-03-10 11:00"), "assist") == [
        (2, "resumed", "2026-03-12 17:00")
    ]
    said = shorter(told, "2026-03-10 11:00")
    [(_, _, lead)] = deadlines(said, "unit_handling")
    assert deadlines(said, "assist") == [(3, "grade_changed", lead)]
    told.tell(names.ISSUE_SUSPENDED, "2026-03-10 13:30", reason="rain")
    said = told.tell(names.ISSUE_RESUMED, "2026-03-10 14:30")
    assert [one[2] for one in deadlines(said, "assist")] == [one[2] for one in deadlines(said, "unit_handling")]


def test_while_the_lead_rests_and_once_its_new_limit_has_passed_a_task_keeps_its_own(told: Telling) -> None:
    asked(told, "2026-03-10 10:00", 1, "fotang-enforcement", "2026-03-12 16:00")
    told.tell(names.ISSUE_SUSPENDED, "2026-03-10 11:00", reason="rain")
    assert [one[2] for one in deadlines(shorter(told, "2026-03-10 12:00"), "assist")] == ["2026-03-12 16:00"]
    said = told.tell(names.ISSUE_RESUMED, "2026-03-10 14:00")
    assert [one[2] for one in deadlines(said, "assist")] == [one[2] for one in deadlines(said, "unit_handling")]
    late = Telling(RULES)
    late.submitted("2026-03-10 09:00")
    late.assigned("2026-03-10 09:15", unit="fotang")
    asked(late, "2026-03-10 10:00", 1, "fotang-enforcement", "2026-03-12 16:00")
    late.wait("2026-03-11 09:00")
    assert [one[2] for one in deadlines(shorter(late, "2026-03-11 09:00"), "assist")] == ["2026-03-12 16:00"]


def test_a_new_lead_takes_the_tasks_into_its_own_limit_and_an_extension_leaves_them(told: Telling) -> None:
    asked(told, "2026-03-10 10:00", 1, "fotang-enforcement", "2026-03-13 17:30")
    until = at("2026-03-16 17:30")
    said = told.tell(names.EXTENSION_DECIDED, "2026-03-10 11:00", clock="handling", granted=True, until=until, number=1)
    assert deadlines(said, "assist") == []
    said = told.assigned("2026-03-10 13:00", unit="choucheng", grade="simple", assignment=2)
    assert deadlines(said, "assist")[-1][2] == "2026-03-10 17:30"


def test_what_was_shortened_and_lost_with_an_outbox_is_told_after_the_rebuild(told: Telling) -> None:
    asked(told, "2026-03-10 10:00", 1, "fotang-enforcement", "2026-03-12 16:00")
    shorter(told, "2026-03-10 11:00")
    lost = Telling(RULES)
    for event in told.story:
        if event.source != "sla":
            lost.fold(event)
    missed = lost.settle("2026-03-10 12:00")
    assert deadlines(missed, "assist")[-1][2] == "2026-03-10 17:30"
    assert lost.settle("2026-03-10 12:00") == []
