"""The shipped pack is sound, and says what the design page says."""

import csv
import json
from hashlib import sha256
from typing import Any

import pytest

from sanfu.city.loading import load
from sanfu.city.model.clocks import Frame, Limit, limit_of
from sanfu.city.model.templates import Template
from sanfu.city.placeholders import placeholders
from sanfu.city.wordlists import WordList
from tests.support.packs import A_DAY, SHIPPED, shipped


def _reports() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SHIPPED / "reports.jsonl").read_text(encoding="utf-8").splitlines()]


def _text(report: dict[str, Any]) -> str:
    return f"{report['text_title']}\n{report['text_body']}"


def test_it_is_sound_without_a_remark() -> None:
    assert load(SHIPPED, A_DAY).problems == ()


def test_it_holds_the_fourteen_towns_and_their_people() -> None:
    pack = shipped()
    towns = {code for code, unit in pack.units.items() if unit.kind == "town"}

    assert len(towns) == 14 == len(pack.towns)
    for code in towns | {code for code, unit in pack.units.items() if unit.kind == "department"}:
        roles = {role for person in pack.staff.values() if person.unit == code for role in person.roles}
        assert {"officer", "unit_head", "duty_officer"} <= roles, code


def test_its_people_can_not_be_real() -> None:
    for person in shipped().staff.values():
        assert person.phone.startswith("1380000"), person.id
        assert person.email.endswith(".example"), person.id


def test_no_two_of_its_people_share_a_name_or_a_phone() -> None:
    people = shipped().staff.values()

    assert len({person.name for person in people}) == len(people) == len({person.phone for person in people})


def test_every_emergency_among_the_reports_is_found() -> None:
    words = shipped().urgency_words["emergency"]
    emergencies = [report for report in _reports() if report["urgency"] == "emergency"]

    assert len(emergencies) == 14
    assert [report["id"] for report in emergencies if words.first(_text(report)) is None] == []


def test_at_most_a_tenth_of_the_other_reports_are_taken_for_emergencies() -> None:
    words = shipped().urgency_words["emergency"]
    others = [report for report in _reports() if report["urgency"] != "emergency"]

    assert sum(words.first(_text(report)) is not None for report in others) <= len(others) / 10


def test_nine_tenths_of_the_urgent_reports_are_found() -> None:
    words = shipped().urgency_words
    urgent = [report for report in _reports() if report["urgency"] == "urgent"]

    found = sum(any(words[level].first(_text(report)) for level in ("emergency", "urgent")) for report in urgent)

    assert found >= len(urgent) * 0.9


def test_every_accusation_of_corruption_is_sealed_and_nothing_else() -> None:
    words = shipped().secrecy_words["sealed"]

    assert [r["id"] for r in _reports() if words.first(_text(r))] == [
        r["id"] for r in _reports() if r["secrecy"] == "sealed"
    ]


@pytest.mark.parametrize(
    "text", ["我家着火了", "楼里有很重的煤气味", "有人掉进河里了", "小孩走失两小时", "House on fire!"]
)
def test_plain_cries_for_help_are_emergencies(text: str) -> None:
    assert shipped().urgency_words["emergency"].first(text)


@pytest.mark.parametrize("text", ["锦旗", "请问几点上班", "路灯不亮", "存在火灾隐患", "spark plugs wanted"])
def test_what_is_no_cry_for_help_is_no_emergency(text: str) -> None:
    assert shipped().urgency_words["emergency"].first(text) is None


@pytest.mark.parametrize(
    ("clock", "grade", "limit"),
    [
        ("handling", "simple", Limit("same_day")),
        ("handling", "complex", Limit("calendar_days", 3)),
        ("handling", "difficult", Limit("calendar_days", 15)),
        ("unit_handling", "complex", Limit("calendar_days", 3)),
        ("review", "simple", Limit("service_minutes", 120)),
        ("review", "complex", Limit("service_minutes", 240)),
        ("acknowledge", "simple", Limit("service_minutes", 60)),
        ("acknowledge", "difficult", Limit("working_days", 1)),
        ("contact", "difficult", Limit("working_days", 2)),
        ("follow_up", "difficult", Limit("working_days", 3)),
        ("emergency_acknowledge", "complex", Limit("minutes", 15)),
        ("emergency_on_scene", "complex", Limit("minutes", 60)),
        ("emergency_report", "complex", Limit("minutes", 120)),
    ],
)
def test_its_limits_are_those_of_the_design(clock: str, grade: str, limit: Limit) -> None:
    assert limit_of(shipped().policy.clocks[clock].limits, {"grade": grade}) == limit


def test_its_emergency_clocks_run_round_the_clock_and_only_for_emergencies() -> None:
    clocks = [clock for code, clock in shipped().policy.clocks.items() if code.startswith("emergency_")]

    assert len(clocks) == 3
    assert all(clock.round_the_clock and not clock.applies_to({"urgency": "urgent"}) for clock in clocks)


def test_its_service_hours_have_two_frames_on_weekdays_and_none_at_the_weekend() -> None:
    service = shipped().policy.service_of("tax")

    assert service.week[0] == (Frame(510, 720), Frame(810, 1050)) == service.make_up
    assert service.week[5] == service.week[6] == ()
    assert service.cut_off == 990


def test_a_unit_with_hours_of_its_own_serves_by_them() -> None:
    assert shipped().policy.service_of("police").week[6] == (Frame(0, 1440),)


def test_every_message_of_a_confidential_issue_names_no_category_place_or_unit() -> None:
    for template in shipped().templates:
        assert not placeholders(template.neutral) & {"category", "town", "unit", "reply"}, template.id


def _sms(locale: str) -> list[Template]:
    return [each for each in shipped().templates if each.medium == "sms" and each.locale == locale]


def test_it_has_the_messages_that_are_owed_in_both_languages() -> None:
    owed = {
        ("sanfu.issue.submitted.v1", "party"),
        ("sanfu.issue.closed.v1", "party"),
        ("sanfu.issue.closed.v1", "filer"),
        ("sanfu.issue.assigned.v1", "unit"),
        ("sanfu.issue.assigned.v1", "duty_officer"),
        ("sanfu.issue.light-changed.v1", "officer"),
        ("sanfu.issue.light-changed.v1", "unit_head"),
    }

    for locale in shipped().locales:
        assert owed <= {(each.event, each.audience) for each in shipped().templates if each.locale == locale}
        assert _sms(locale)


def test_messages_about_emergencies_pass_quiet_hours() -> None:
    for template in shipped().templates:
        about_emergency = "emergency" in template.where.get("urgency", ()) or template.id.startswith("emergency")
        assert (template.urgency == "critical") == about_emergency, template.id


def test_a_sure_rule_is_right_about_the_unit_in_at_least_95_of_100_reports() -> None:
    rules = [rule for rule in shipped().rules if rule.id.startswith("sure-")]
    decided = []
    for report in (r for r in _reports() if r["kind"] == "issue" and r["secrecy"] in ("open", "internal")):
        words = (rule for rule in rules if rule.when.words and rule.when.words.first(_text(report)))
        if rule := next(words, None):
            decided.append((report["town"] if rule.unit == "@town" else rule.unit) == report["unit"])

    assert len(decided) > 100
    assert sum(decided) >= len(decided) * 0.95


def test_the_last_rule_takes_everything_and_goes_to_review_unless_the_classifier_is_sure() -> None:
    last = shipped().rules[-1]

    assert (last.unit, last.mode) == (shipped().fallback_unit, "model")
    assert not any([last.when.channels, last.when.kinds, last.when.categories, last.when.words])


def test_every_report_lies_within_the_bounds() -> None:
    bounds = shipped().bounds

    assert all(bounds.hold(r["lon"], r["lat"]) for r in _reports() if r["lon"] is not None)


def test_a_latin_word_counts_only_as_a_whole_word() -> None:
    words = WordList((("fire",), ("gas", "泄漏")), unless=("fire exit",))

    assert words.first("FIRE!") == ("fire",)
    assert words.first("fired yesterday") is None
    assert words.first("the Fire Exit is blocked") is None
    assert words.first("GAS泄漏") == ("gas", "泄漏")


OWN_COLUMNS = {"flags", "mailbox", "keyed", "public"}
"""What the pack adds to the tables of the seed data."""


@pytest.mark.parametrize(
    ("table", "digest"),
    [
        ("units.csv", "8817e6f6f57a3093"),
        ("channels.csv", "e1f0f226023b0580"),
        ("categories.csv", "b47171b093347fc6"),
        ("themes.csv", "2434a67e1ee90a79"),
        ("indicators.csv", "ec0a4c640f4d09fb"),
        ("towns.csv", "cfb561f38f79223c"),
    ],
)
def test_its_tables_say_what_the_seed_data_says(table: str, digest: str) -> None:
    """The digests are of the seed data's own tables, which need not lie beside the checkout."""
    with (SHIPPED / table).open(encoding="utf-8", newline="") as file:
        rows = [{key: row[key] for key in row if key not in OWN_COLUMNS} for row in csv.DictReader(file)]

    written = json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()

    assert sha256(written).hexdigest()[:16] == digest


def test_its_reports_are_those_of_the_seed_data() -> None:
    assert sha256((SHIPPED / "reports.jsonl").read_bytes()).hexdigest()[:16] == "8cb145c123065e06"
