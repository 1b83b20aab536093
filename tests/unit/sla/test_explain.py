"""`sanfu sla explain`: the arithmetic in words, for cases given as data and for an issue's clocks."""

import json
from pathlib import Path
from typing import Any

import pytest

from sanfu.city.model.clocks import Limit
from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.sla import command, explaining
from sanfu.sla.domain import deadlines, explain
from sanfu.sla.domain.explain import Explanation
from sanfu.sla.domain.rules import SlaRules
from sanfu.sla.explaining import WrongCase
from tests.support.packs import shipped
from tests.unit.sla.policies import holidays, limit_and_yellow, local
from tests.unit.sla.telling import Telling

OFFICE = ["08:30-12:00", "13:30-17:30"]
POLICY: dict[str, Any] = {
    "service": {"week": {"mon-fri": OFFICE}, "make_up": OFFICE, "cut_off": "16:30"},
    "limits": {"simple": "same day", "complex": "3 calendar days", "difficult": "15 calendar days"},
    "yellow": {"days": 1, "same_day": "2 hours"},
    "cap_same_day": "complex",
}
EVE: dict[str, Any] = {"start": "2026-02-14T17:40:00+08:00", "grade": "simple", "policy": POLICY}


def reckoned(case: dict[str, Any], pack: Pack | None = None) -> Explanation:
    return explaining.explain(case, pack, national=holidays())


def test_the_same_day_issue_on_the_eve_of_spring_festival_is_explained_step_by_step() -> None:
    lines = reckoned(EVE).lines("en")
    assert lines == [
        "2026-02-14 17:40  starts; limit: same day",
        "2026-02-14 16:30  the day's cut-off has come",
        "2026-02-24 17:30  ends with the service of the next day that has any",
        "2026-02-24 17:30  red from this instant on",
        "2026-02-24 15:30  yellow: 120 minutes before, by the clock",
        "2026-02-17 17:30  never later than complex (3 calendar days): the earlier holds",
        "                  the day of dispatch is day 0; day 3 is 2026-02-17",
        "2026-02-17 17:30  a day off: the latest end of an ordinary week",
        "2026-02-17 17:30  red from this instant on",
        "2026-02-16 17:30  yellow: 1 × 24 hours before",
    ]


def test_a_case_may_leave_to_the_pack_what_it_does_not_say() -> None:
    found = reckoned({"start": "2026-03-10T09:15:00+08:00", "grade": "complex"}, shipped())
    assert limit_and_yellow(found.deadline) == ("2026-03-13 17:30", "2026-03-12 17:30")
    acknowledge = {"start": "2026-03-10T11:30:00+08:00", "grade": "simple", "clock": "acknowledge"}
    assert limit_and_yellow(reckoned(acknowledge, shipped()).deadline) == ("2026-03-10 14:00", None)


def test_pauses_extensions_days_and_holidays_may_be_given() -> None:
    case = {
        "start": "2031-03-10T09:15:00+08:00",
        "grade": "complex",
        "policy": POLICY
        | {"days_end": "same_time", "day_off": "rolls", "days": [{"date": "2031-03-17", "service": "off"}]},
        "holidays": {"off": [], "make_up": [], "years": [2031]},
        "extensions": ["2 calendar days"],
        "pauses": [{"from": "2031-03-11T00:00:00+08:00", "to": "2031-03-11T01:00:00+08:00"}],
    }
    # day 5 is Saturday the 15th, Monday the 17th is off by the city's word: Tuesday, same time, and one hour
    assert limit_and_yellow(reckoned(case).deadline)[0] == "2031-03-18 10:15"


def test_a_year_without_data_is_said_first() -> None:
    case = EVE | {"start": "2041-02-08T17:40:00+08:00"}
    assert "2041" in reckoned(case).lines("zh")[0]
    assert reckoned(case).plain()["unknown_year"] == 2041


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"start": None}, "start"),
        ({"start": "2026-02-14T17:40:00"}, "start"),
        ({"start": "9999-12-31T17:40:00Z"}, "start"),
        ({"zone": "Nowhere/Else"}, "case"),
        ({"pauses": 3}, "case"),
        ({"policy": POLICY | {"days": [5]}}, "case"),
        ({"policy": POLICY | {"limits": {"simple": "1000000 working days"}}}, "policy.limits.simple"),
        ({"grade": "easy"}, "policy.limits"),
        ({"hours": 3}, "hours"),
        ({"pauses": [{"from": "2026-02-14T17:40:00Z"}]}, "pauses.0.to"),
        ({"extensions": ["soon"]}, "extensions"),
        ({"policy": {}}, "policy.service"),
        ({"policy": POLICY | {"days_end": "noon"}}, "policy.days_end"),
        ({"policy": POLICY | {"service": {"week": {"mon-fri": ["12:00-08:30"]}}}}, "policy.service.week.mon-fri"),
    ],
)
def test_a_case_that_can_not_be_read_names_the_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(WrongCase, match=f"^{field}:"):
        reckoned(EVE | wrong)


def test_the_command_prints_every_case_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([EVE, EVE | {"grade": "complex"}]))
    assert command.main(["explain", "--json", str(file), "--en"]) == 0
    assert capsys.readouterr().out.count("red from this instant on") == 3
    assert command.main(["explain"]) == 2


def test_every_step_there_is_has_words_in_both_languages() -> None:
    source = Path(deadlines.__file__).read_text(encoding="utf-8")
    quoted = {word for word in source.replace("'", '"').split('"') if word in explain.WORDS}
    made = {f"yellow_{kind}" for kind in ("same_day", "calendar_days", "working_days", "service_minutes", "minutes")}
    assert set(explain.WORDS) == quoted | made
    assert all(zh and en for zh, en in explain.WORDS.values())


def test_an_issues_clock_is_explained_from_its_state() -> None:
    rules = SlaRules(shipped(), holidays())
    told = Telling(rules)
    told.assigned("2026-03-10 09:15")
    told.tell(names.ISSUE_SUSPENDED, "2026-03-11 10:00", reason="rain")
    told.tell(names.ISSUE_RESUMED, "2026-03-11 11:00")
    found = rules.explained(told.state, "handling")
    assert found is not None
    assert found.deadline.limit == local("2026-03-13 18:30")
    assert "paused 2026-03-11 10:00 to 2026-03-11 11:00: moved by 3600 s" in "\n".join(found.lines("en"))
    assert rules.explained(told.state, "whistle") is None


def test_an_extension_of_another_kind_than_the_limit_keeps_the_time_of_day() -> None:
    case = EVE | {"grade": "complex", "extensions": ["2 working days"], "start": "2026-03-10T09:15:00+08:00"}
    found = reckoned(case).deadline
    assert limit_and_yellow(found)[0] == "2026-03-17 17:30"
    assert deadlines.text_of(Limit("working_days", 2)) == "2 working days"
