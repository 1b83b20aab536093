"""A limit that comes with an issue, as a superior's does: of it and the grade's the earlier holds in round 1."""

from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.sla.domain.rules import SlaRules
from tests.support.packs import shipped
from tests.unit.sla import policies
from tests.unit.sla.policies import holidays
from tests.unit.sla.telling import Telling

RULES = SlaRules(shipped(), holidays())


def asked(limit: str) -> Telling:
    """An issue of 09:00 on Tuesday the 10th that came with a limit."""
    told = Telling(RULES)
    told.submitted("2026-03-10 09:00", channel="superior", limit_asked=instant(policies.local(limit)))
    return told


def limits(told: Telling) -> dict[str, str]:
    clocks = told.state["clocks"]
    return {code: _shown(clocks[code]["limit"]) for code in ("handling", "unit_handling")}


def _shown(at: str) -> str:
    return policies.shown(moment(at)) or ""


def test_an_earlier_one_holds_for_the_city_and_the_unit() -> None:
    told = asked("2026-03-11 12:00")
    told.assigned("2026-03-10 09:10")
    assert limits(told) == {"handling": "2026-03-11 12:00", "unit_handling": "2026-03-11 12:00"}


def test_a_later_one_gives_nobody_more_time() -> None:
    told = asked("2026-03-30 12:00")
    told.assigned("2026-03-10 09:10")
    assert limits(told) == {"handling": "2026-03-13 17:30", "unit_handling": "2026-03-13 17:30"}


def test_a_longer_grade_does_not_move_it_but_a_rest_and_granted_days_do() -> None:
    told = asked("2026-03-11 12:00")
    told.assigned("2026-03-10 09:10", grade="complex")
    told.tell(names.GRADE_CHANGED, "2026-03-10 10:00", before="complex", grade="difficult", round=1)
    assert limits(told)["handling"] == "2026-03-11 12:00"
    told.tell(names.ISSUE_SUSPENDED, "2026-03-10 11:00", reason="rain")
    told.tell(names.ISSUE_RESUMED, "2026-03-10 12:00")
    assert limits(told)["handling"] == "2026-03-11 13:00"


def test_one_that_passed_in_review_is_the_citys_delay_and_not_the_units() -> None:
    told = asked("2026-03-10 10:00")
    told.assigned("2026-03-10 11:00")
    assert limits(told) == {"handling": "2026-03-10 10:00", "unit_handling": "2026-03-13 17:30"}
    told.wait("2026-03-10 11:00")
    assert [e.data["level"] for e in told.story if e.type == names.LIGHT_CHANGED and e.data["clock"] == "handling"] == [
        "yellow", "red",
    ]  # fmt: skip


def test_when_it_is_handled_again_the_grade_alone_counts() -> None:
    told = asked("2026-03-11 12:00")
    told.assigned("2026-03-10 09:10")
    told.handled("2026-03-10 15:00", "tax")
    told.tell(names.ISSUE_REOPENED, "2026-03-12 09:00", round=2, unit="tax", because="requested")
    assert limits(told) == {"handling": "2026-03-15 17:30", "unit_handling": "2026-03-15 17:30"}


def test_an_old_clock_is_explained_by_what_it_was_reckoned_for() -> None:
    told = asked("2026-03-11 12:00")
    told.assigned("2026-03-10 09:10")
    told.handled("2026-03-10 15:00", "tax")
    told.tell(names.GRADE_CHANGED, "2026-03-10 16:00", before="complex", grade="difficult", round=1)
    found = RULES.explained(told.state, "handling")
    assert found is not None
    assert [line[18:] for line in found.lines("en")] == [
        "starts; limit: 3 calendar days",
        "who sent it asked for an earlier limit: that holds",
        "red from this instant on",
        "yellow: 1 × 24 hours before",
    ]
