"""What a rule may ask for beside codes and words: time, answers, the party's liaison."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sanfu.city.calendar import Holidays
from sanfu.city.model.clocks import Frame, Service
from sanfu.city.model.rules import RoutingRule, When
from sanfu.city.model.who import Staff
from sanfu.city.when import AnswerIs, Times
from sanfu.router.domain.facts import Facts
from sanfu.router.domain.routing import Routing
from tests.unit.router.city import pack, rule

DAY = date(2026, 5, 6)
SAID: dict[str, Any] = {"channel": "web", "audience": "resident", "kind": "issue"}
WEEK = Service(tuple((Frame(540, 1020),) if day < 5 else () for day in range(7)), (Frame(540, 1020),), 1020)
NATIONAL = Holidays(frozenset({date(2026, 5, 1)}), frozenset({date(2026, 5, 9)}), frozenset({2026}))


def led_by(rule: RoutingRule, **said: Any) -> str | None:
    """Name the unit that a rule gives to, if it matches."""
    city = pack(rule)
    city = replace(city, policy=replace(city.policy, service=WEEK), staff=PEOPLE)
    routing = Routing(city, None, NATIONAL)
    facts = routing.facts({**SAID, **said}, "normal", "open", None)
    found = routing.categories.matcher(DAY).first(facts)
    passed = [on for _, on in routing.categories.matcher(DAY).passed_over(facts, found)]
    assert (found is None) is bool(passed)
    return routing.units.meant(found.unit, facts, date(2026, 5, 6)) if found else None


def at(text: str) -> str:
    """Write an instant of Shanghai as the story does."""
    return datetime.fromisoformat(f"{text}:00+08:00").astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


NIGHT = Times(hours=((18 * 60, 8 * 60),))
LUNCH = Times(hours=((720, 780), (1080, 1140)))


@pytest.mark.parametrize(
    ("times", "holds", "not_"),
    [
        (NIGHT, ["2026-05-06 18:00", "2026-05-06 23:59", "2026-05-07 00:00", "2026-05-07 07:59"],
         ["2026-05-06 08:00", "2026-05-06 17:59"]),
        (LUNCH, ["2026-05-06 12:00", "2026-05-06 18:30"], ["2026-05-06 13:00", "2026-05-06 14:00"]),
        (Times(weekdays=frozenset({2})), ["2026-05-06 00:00", "2026-05-06 23:59"], ["2026-05-05 23:59"]),
        (Times(kinds=frozenset({"day_off"})), ["2026-05-01 10:00", "2026-05-10 10:00"],
         ["2026-05-09 10:00", "2026-05-06 10:00"]),
        (Times(kinds=frozenset({"workday"})), ["2026-05-09 10:00", "2026-05-06 10:00"], ["2026-05-01 10:00"]),
        (Times(weekdays=frozenset({5}), kinds=frozenset({"day_off"})), ["2026-05-09 10:00", "2026-05-01 10:00"],
         ["2026-05-06 10:00"]),
        (Times(since=date(2026, 7, 1), until=date(2026, 9, 30)), ["2026-07-01 00:00", "2026-09-30 23:59"],
         ["2026-06-30 23:59", "2026-10-01 00:00"]),
        (Times(hours=((0, 1440),), until=date(2026, 5, 6)), ["2026-05-06 23:59"], ["2026-05-07 00:00"]),
    ],
)  # fmt: skip
def test_a_time_is_that_of_the_citys_clock_when_it_was_received(
    times: Times, holds: list[str], not_: list[str]
) -> None:
    timed = rule("timed", When(time=times), "water")
    assert [led_by(timed, submitted_at=at(one)) for one in holds] == ["water"] * len(holds)
    assert [led_by(timed, submitted_at=at(one)) for one in not_] == [None] * len(not_)


def test_a_report_of_unknown_time_fits_no_time() -> None:
    assert led_by(rule("timed", When(time=NIGHT), "water")) is None


@pytest.mark.parametrize(
    ("wanted", "answer", "holds"),
    [
        (AnswerIs("errand", ("sign", "petition")), "sign", True),
        (AnswerIs("errand", ("sign",)), "consult", False),
        (AnswerIs("told_before", (True,)), True, True),
        (AnswerIs("told_before", (True,)), 1, False),
        (AnswerIs("floors", (3,), ((5, None),)), 3, True),
        (AnswerIs("floors", (3,), ((5, None),)), 4, False),
        (AnswerIs("floors", (), ((5, None),)), 5, True),
        (AnswerIs("floors", (), ((None, 5),)), True, False),
        (AnswerIs("floors", (), ((2, 4),)), "3", False),
        (AnswerIs("since", (), (("2026-05-01", "2026-05-31"),)), "2026-05-31", True),
        (AnswerIs("since", (), (("2026-05-01", "2026-05-31"),)), "2026-06-01", False),
        (AnswerIs("note", words=("lift", "电梯")), "旧电梯 is old", True),
        (AnswerIs("note", words=("lift",)), "stairs", False),
        (AnswerIs("note", words=("lift",)), None, False),
    ],
)
def test_an_answer_is_one_of_several_in_a_span_or_has_a_word(wanted: AnswerIs, answer: Any, holds: bool) -> None:
    asked = rule("asked", When(answers=(wanted,)), "water")
    assert led_by(asked, answers={wanted.question: answer}) == ("water" if holds else None)
    assert led_by(asked) is None


def test_answers_of_a_confidential_issue_decide_nothing() -> None:
    city = pack(rule("asked", When(answers=(AnswerIs("errand", ("sign",)),)), "water"))
    routing = Routing(city)
    facts = routing.facts({**SAID, "answers": {"errand": "sign"}}, "normal", "confidential", None)
    assert facts.answers == {}
    assert routing.categories.matcher(DAY).first(facts) is None


def liaison(id: str, unit: str, *of: str, active: bool = True) -> Staff:
    return Staff(id, id, unit, ("liaison",), "", "", "en", active, of)


PEOPLE = {each.id: each for each in (
    liaison("li", "roads", "91330782MA00000001", "hill-village"), liaison("gone", "water", "91330782MA00000002",
                                                                          active=False),
)}  # fmt: skip


def test_a_rule_may_ask_whether_the_party_has_a_liaison_and_of_which_unit() -> None:
    with_, without = rule("with", When(liaison=True), "@liaison"), rule("without", When(liaison=False), "water")
    theirs = rule("theirs", When(liaison_units=("roads",)), "office")
    assert led_by(with_, party_code="91330782MA00000001") == "roads"
    assert led_by(with_, party_code="91330782MA00000002") is None
    assert led_by(without, party_code="91330782MA00000002") == "water"
    assert led_by(theirs, party_code="hill-village") == "office"
    assert led_by(theirs) is None


def test_of_a_liaison_whose_post_is_no_more_the_successor_is_the_liaison_from_the_day_on() -> None:
    last = date(2026, 5, 31)
    former = replace(PEOPLE["li"], valid_to=date(2026, 6, 1), succeeded_by="next")
    people = {"li": former, "next": liaison("next", "water")}
    routing = Routing(replace(pack(rule("with", When(liaison=True), "@liaison")), staff=people))
    said = {**SAID, "party_code": "hill-village"}
    found = [routing.facts(said, "normal", "open", None, day=day).liaison for day in (last, date(2026, 6, 1))]
    assert found == ["roads", "water"]
    came = [f"2026-05-31T{hour}:00:00.000Z" for hour in ("15", "16")]  # midnight in the city lies between them
    assert [routing.facts({**said, "submitted_at": at}, "normal", "open", None).liaison for at in came] == found


def test_who_is_the_partys_liaison_decides_nothing_about_a_confidential_issue() -> None:
    routing = Routing(replace(pack(rule("with", When(liaison=True), "@liaison")), staff=PEOPLE))
    facts = routing.facts({**SAID, "party_code": "91330782MA00000001"}, "normal", "confidential", None)
    assert facts.liaison == "roads"
    assert routing.categories.matcher(DAY).first(facts) is None


def test_facts_without_more_have_no_place_no_time_and_no_answers() -> None:
    facts = Facts("web", "resident", "issue", "normal", "open")
    assert (facts.place.town, facts.at, dict(facts.answers)) == (None, None, {})
