"""Who is charged what time, and what ends a clock: by the shipped pack."""

import pytest

from sanfu.contracts import names
from sanfu.sla.domain.rules import SlaRules
from tests.support.packs import shipped
from tests.unit.sla.policies import holidays
from tests.unit.sla.telling import Telling, at, deadlines, lights, open_clocks

RULES = SlaRules(shipped(), holidays())
OVER = (
    names.ISSUE_CLOSED, names.ISSUE_WITHDRAWN, names.ISSUE_ANSWERED, names.ISSUE_REFUSED, names.ISSUE_FORWARDED,
    names.ISSUE_MERGED,
)  # fmt: skip


@pytest.fixture
def told() -> Telling:
    told = Telling(RULES)
    told.submitted("2026-03-10 09:00")
    told.assigned("2026-03-10 09:15")
    return told


def returned(told: Telling, when: str, unit: str, number: int = 1) -> None:
    told.tell(names.ISSUE_RETURNED, when, unit=unit, ground="duties", number=number, assignment=number)


def dispatched(told: Telling, when: str, unit: str, assignment: int) -> list[tuple[object, ...]]:
    said = told.tell(
        names.ISSUE_DISPATCHED, when, unit=unit, grade="complex", urgency="normal", audience="resident",
        assignment=assignment,
    )  # fmt: skip
    return deadlines(said, "unit_handling")


# ── returns ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_right_return_costs_neither_unit_anything(told: Telling) -> None:
    returned(told, "2026-03-10 10:00", "tax")
    assert dispatched(told, "2026-03-11 09:00", "market-regulation", 2) == [(2, "started", "2026-03-14 17:30")]


def test_a_wrong_return_is_charged_to_the_unit_and_the_review_of_it_to_the_office(told: Telling) -> None:
    returned(told, "2026-03-10 10:00", "tax")
    # from Tuesday 09:15, and 23 hours of review later than Friday 17:30
    assert dispatched(told, "2026-03-11 09:00", "tax", 2) == [(2, "started", "2026-03-14 16:30")]


def test_the_office_has_its_time_of_review_again_from_each_first_return_until_somebody_leads(told: Telling) -> None:
    assert "review" not in open_clocks(told.state)
    said = told.tell(names.ISSUE_RETURNED, "2026-03-10 10:00", unit="tax", ground="duties", number=1, assignment=1)
    assert deadlines(said, "review") == [(2, "started", "2026-03-10 15:30")]
    assert lights(told.wait("2026-03-10 15:30"), "review") == [(2, "red", "limit_passed", False)]
    dispatched(told, "2026-03-10 16:00", "market-regulation", 2)
    assert "review" not in open_clocks(told.state)
    returned(told, "2026-03-10 16:10", "market-regulation", 2)
    assert "review" not in open_clocks(told.state), "the second is the group's: its clock is adjudication"


def test_the_time_that_the_wrong_unit_held_it_is_charged_too_that_of_adjudication_is_not(told: Telling) -> None:
    returned(told, "2026-03-10 10:00", "tax")
    dispatched(told, "2026-03-10 11:00", "market-regulation", 2)
    returned(told, "2026-03-11 11:00", "market-regulation", 2)
    said = told.tell(names.RETURN_ADJUDICATED, "2026-03-11 16:00", unit="tax", number=2, upheld=True, charged="tax")
    # one hour of review and five of adjudication; the 24 hours with the other unit are its own
    assert deadlines(said, "unit_handling") == [(3, "started", "2026-03-13 23:30")]
    assert dispatched(told, "2026-03-11 16:00", "tax", 3) == []


def test_a_unit_that_keeps_it_by_adjudication_goes_on_from_its_own_start(told: Telling) -> None:
    returned(told, "2026-03-10 10:00", "tax")
    dispatched(told, "2026-03-10 11:00", "market-regulation", 2)
    returned(told, "2026-03-10 12:00", "market-regulation", 2)
    said = told.tell(names.RETURN_ADJUDICATED, "2026-03-10 15:00", unit="market-regulation", number=2, upheld=False)
    assert deadlines(said, "unit_handling") == [(3, "started", "2026-03-13 20:30")]
    assert told.state["clocks"]["unit_handling"]["starts"] == at("2026-03-10 11:00")


def test_a_pause_before_a_wrong_return_still_moves_the_limit(told: Telling) -> None:
    told.tell(names.ISSUE_SUSPENDED, "2026-03-10 09:30", reason="rain")
    told.tell(names.ISSUE_RESUMED, "2026-03-10 10:00")
    returned(told, "2026-03-10 10:00", "tax")
    assert dispatched(told, "2026-03-10 11:00", "tax", 2) == [(3, "started", "2026-03-13 19:00")]


def test_a_later_pause_adds_to_the_time_that_was_not_its_own(told: Telling) -> None:
    returned(told, "2026-03-10 10:00", "tax")
    dispatched(told, "2026-03-11 09:00", "tax", 2)
    told.tell(names.ISSUE_SUSPENDED, "2026-03-11 10:00", reason="rain")
    said = told.tell(names.ISSUE_RESUMED, "2026-03-11 12:00")
    assert deadlines(said, "unit_handling") == [(3, "resumed", "2026-03-14 18:30")]


def test_the_citys_promise_never_rests_for_a_return(told: Telling) -> None:
    returned(told, "2026-03-10 10:00", "tax")
    dispatched(told, "2026-03-11 09:00", "tax", 2)
    assert [level for _, level, *_ in lights(told.wait("2026-03-13 17:30"))] == ["yellow", "red"]


# ── hand-over ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_accepts_a_hand_over_has_a_clock_of_its_own(told: Telling) -> None:
    said = told.tell(
        names.ISSUE_HANDED_OVER, "2026-03-12 09:00", from_unit="tax", unit="market-regulation", grade="complex",
        assignment=2, why="accepted",
    )  # fmt: skip
    assert deadlines(said, "unit_handling") == [(2, "started", "2026-03-15 17:30")]


def test_a_successor_takes_over_the_deadline_as_it_stands(told: Telling) -> None:
    said = told.tell(names.UNIT_SUCCEEDED, "2026-03-12 09:00", from_unit="tax", unit="market-regulation")
    assert deadlines(said, "unit_handling") == [(2, "handed_over", "2026-03-13 17:30")]
    assert told.state["clocks"]["unit_handling"]["unit"] == "market-regulation"


# ── extensions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_extension_of_the_citys_promise_is_the_units_too(told: Telling) -> None:
    said = told.tell(
        names.EXTENSION_DECIDED, "2026-03-12 09:00", clock="handling", granted=True, until=at("2026-03-16 17:30")
    )
    assert deadlines(said) == deadlines(said, "unit_handling") == [(2, "extended", "2026-03-16 17:30")]


def test_an_extension_asked_for_in_time_and_granted_while_red_puts_the_light_out(told: Telling) -> None:
    told.tell(names.EXTENSION_ASKED, "2026-03-13 17:00", clock="handling", until=at("2026-03-14 17:30"))
    assert [level for _, level, *_ in lights(told.wait("2026-03-13 17:30"))] == ["yellow", "red"]
    said = told.tell(
        names.EXTENSION_DECIDED, "2026-03-16 11:30", clock="handling", granted=True, until=at("2026-03-14 17:30")
    )
    assert (lights(said), deadlines(said)) == (
        [(1, "none", "deadline_moved", False)],
        [(2, "extended", "2026-03-14 17:30")],
    )
    assert [level for _, level, *_ in lights(told.wait("2026-03-16 11:31", now="2026-03-16 11:31"))] == [
        "yellow",
        "red",
    ]


def test_an_extension_heard_of_after_the_stop_changes_nothing(told: Telling) -> None:
    told.handled("2026-03-13 17:00")
    assert told.tell(names.EXTENSION_DECIDED, "2026-03-13 17:01", clock="handling", granted=True,
                     until=at("2026-03-16 17:30")) == []  # fmt: skip


# ── ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("end", OVER)
@pytest.mark.parametrize("channel", ["web", "whistle", "petition"])
@pytest.mark.parametrize("urgency", ["normal", "emergency"])
def test_no_clock_outlives_its_case(end: str, channel: str, urgency: str) -> None:
    told = Telling(RULES)
    told.submitted("2026-03-10 09:00", channel=channel, urgency=urgency)
    told.assigned("2026-03-10 09:15", urgency=urgency)
    told.handled("2026-03-10 10:00")
    told.tell(names.ISSUE_REOPENED, "2026-03-10 11:00", round=2, unit="tax", because="follow_up")
    told.tell(end, "2026-03-10 11:05")
    assert open_clocks(told.state) == {}
    assert told.wait("2027-01-01 00:00") == []


def test_a_case_closed_as_incomplete_has_no_review_to_wait_for() -> None:
    told = Telling(RULES)
    told.submitted("2026-03-10 09:00")
    told.tell(names.SUPPLEMENT_ASKED, "2026-03-10 09:30", number=1)
    told.tell(names.ISSUE_CLOSED, "2026-03-16 09:30", kind="incomplete")
    assert (open_clocks(told.state), told.wait("2027-01-01 00:00")) == ({}, [])


def test_a_whistle_that_is_withdrawn_waits_for_nobody() -> None:
    told = Telling(RULES)
    told.submitted("2026-03-10 09:00", channel="whistle")
    told.assigned("2026-03-10 09:15")
    told.tell(names.ISSUE_ACKNOWLEDGED, "2026-03-10 09:20", unit="tax", assignment=1)
    told.tell(names.ISSUE_WITHDRAWN, "2026-03-10 09:30")
    assert "whistle" not in open_clocks(told.state)


def test_what_a_meeting_put_on_the_register_is_no_longer_late(told: Telling) -> None:
    told.wait("2026-03-13 17:30")
    said = told.tell(names.ISSUE_REGISTERED, "2026-03-16 09:00", owner="tax")
    assert lights(said) == [(1, "none", "stopped_late", False)]
    assert not {"handling", "unit_handling"} & open_clocks(told.state).keys()
