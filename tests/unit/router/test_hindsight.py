"""What became of what the router decided: returns by rule, category and model; what other rules would have done."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sanfu.city.model.rules import RoutingRule, When
from sanfu.city.wordlists import WordList
from sanfu.contracts import names
from sanfu.router.domain.rules import RouterRules
from sanfu.router.hindsight import cases, command
from sanfu.router.hindsight.asked import Unusable, opened, period_of, rules_with
from sanfu.router.hindsight.backtest import Backtest
from sanfu.router.hindsight.cases import Period, case_of, stored
from sanfu.router.hindsight.command import Asked
from sanfu.router.hindsight.returns import Returns
from sanfu.router.hindsight.sheets import SHOWN, Form, Sheet, aligned
from tests.support import packs
from tests.unit.router.city import RULES as RULES_THERE
from tests.unit.router.city import pack, rule
from tests.unit.router.past import RULES, case, close, day, given_back, kept, leak, led, puzzle, quarrelled
from tests.unit.router.story import NOW, Told

PERIOD = Period(day("2026-11-01"), day("2026-12-01"))
FORMS: tuple[Form, ...] = ("table", "csv", "json")


def is_same(one: str, other: str) -> bool:
    return one == other


def with_rules(*changed: RoutingRule) -> RouterRules:
    """The city's rules, with these in the place of those of the same id, or before all others."""
    ids = {each.id: each for each in changed}
    fresh = [each for each in changed if each.id not in {one.id for one in RULES_THERE}]
    return RouterRules(pack(*fresh, *(ids.get(each.id, each) for each in RULES_THERE)))


LEAKS_TO_ROADS = with_rules(rule("leak", When(words=WordList((("水管", "漏"),))), "roads", category="pipes"))
LEAKS_REVIEWED = with_rules(rule("leak", When(words=WordList((("水管", "漏"),))), "water", "review"))
ALL_TO_ROADS = with_rules(rule("all", When(audiences=("resident",)), "roads"))


def tried(rules: RouterRules, *told: Told) -> Backtest:
    test = Backtest(rules, is_same)
    for it in told:
        test.tried(case(it))
    return test


def effect(rules: RouterRules, it: Told) -> str | None:
    change = Backtest(rules, is_same).tried(case(it))
    return change.effect if change else None


# ── the report ───────────────────────────────────────────────────────────────────────────────────────────────────────


def counted(*told: Told) -> dict[str, Any]:
    figures = Returns(is_same)
    for it in told:
        figures.add(case(it))
    return figures.shown()


def test_returns_are_counted_by_rule_and_category_and_who_was_right_where_it_is_known() -> None:
    shown = counted(leak(), close(leak()), close(given_back(leak())))
    [leaks, again] = shown["by_rule"]
    assert (leaks["rule"], leaks["assigned"], leaks["returned"], leaks["known"], leaks["right"]) == ("leak", 3, 1, 2, 1)
    assert (leaks["returned_share"], leaks["right_share"], leaks["charged"]) == (0.333, 0.5, 0)
    assert (again["rule"], again["assigned"], again["right"]) == ("return", 1, 1)
    [pipes] = shown["by_category"]
    assert (pipes["category"], pipes["assigned"], pipes["returned"]) == ("pipes", 4, 1)


def test_a_wrong_return_is_charged_to_the_decision_that_was_right() -> None:
    shown = counted(quarrelled(leak()), given_back(leak()))
    by = {each["rule"]: each for each in shown["by_rule"]}
    assert (by["leak"]["returned"], by["leak"]["charged"], by["leak"]["charged_share"]) == (2, 1, 0.5)
    assert (by["return"]["returned"], by["return"]["charged"]) == (1, 0)
    assert (by["reviewer"]["assigned"], by["reviewer"]["right"]) == (1, 1)


def test_what_the_model_decided_is_counted_by_its_version() -> None:
    it = puzzle()
    answer = it.state["track"]["answers"][0]
    by_model = {**answer, "what": "assigned", "decided_by": "model", "model": "m1", "unit": "water", "assignment": 1}
    guessed = {**it.state, "track": {**it.state["track"], "answers": [by_model]}}
    figures = Returns(is_same)
    figures.add(case_of({"_id": "i-1", **guessed}))
    figures.add(case(leak()))
    assert {each["model"]: each["assigned"] for each in figures.shown()["by_model"]} == {"m1": 1, "-": 1}
    assert [each["rule"] for each in figures.shown()["by_rule"]] == ["leak", "model"]


def test_suggestions_are_held_against_what_a_person_decided() -> None:
    first, third = led(puzzle(category="pipes"), "water"), led(puzzle(category="pipes"), "office")
    [told] = counted(close(first), close(third), close(led(puzzle(), "lake")), puzzle())["suggestions"]
    assert (told["model"], told["asked"], told["known"], told["first"], told["top3"]) == ("-", 4, 3, 1, 2)


# ── the back-test ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_rules_change_nothing() -> None:
    told = [
        leak(),
        puzzle(category="pipes"),
        close(given_back(leak())),
        leak(urgency="emergency"),
        leak(category="lamps"),
    ]
    assert tried(RULES, *told).shown()["changed"] == 0


@pytest.mark.parametrize(
    ("expected", "rules", "it"),
    [
        ("saved", LEAKS_TO_ROADS, close(given_back(leak()))),
        ("righted", LEAKS_TO_ROADS, close(led(leak(), "roads"))),
        ("caused", LEAKS_TO_ROADS, close(leak())),
        ("caused", LEAKS_TO_ROADS, quarrelled(leak())),
        ("caused", ALL_TO_ROADS, close(led(puzzle(), "water"))),
        ("spared", ALL_TO_ROADS, close(led(puzzle(), "roads"))),
        ("unsettled", LEAKS_TO_ROADS, leak()),
        ("unsettled", LEAKS_TO_ROADS, close(given_back(leak(), to="lake"))),
        ("unsettled", LEAKS_TO_ROADS, close(leak(), "withdrawn")),
        ("asked", LEAKS_REVIEWED, close(leak())),
        (None, LEAKS_TO_ROADS, close(led(puzzle(), "lake"))),
    ],
)
def test_a_change_is_told_by_what_it_would_have_meant(expected: str | None, rules: RouterRules, it: Told) -> None:
    assert effect(rules, it) == expected


def test_another_grade_alone_is_a_change_too() -> None:
    harder = with_rules(rule("leak", When(words=WordList((("水管", "漏"),))), "water", grade="difficult"))
    assert effect(harder, leak()) == "regraded"


def test_it_says_how_many_are_right_on_both_sides() -> None:
    shown = tried(LEAKS_TO_ROADS, close(leak()), close(given_back(leak())), leak(), puzzle()).shown()
    assert shown["automatic"] == {
        "before": {"assigned": 3, "known": 2, "right": 1},
        "after": {"assigned": 3, "known": 2, "right": 1},
    }
    assert (shown["looked_at"], shown["changed"], shown["effects"]["saved"], shown["effects"]["caused"]) == (4, 3, 1, 1)


def test_a_change_names_before_after_truth_and_whether_it_was_returned() -> None:
    change = Backtest(LEAKS_TO_ROADS, is_same).tried(case(close(given_back(leak()))))
    assert change is not None
    plain = change.plain()
    assert (plain["before_unit"], plain["before_by"], plain["after_unit"]) == ("water", "leak", "roads")
    assert (plain["right"], plain["returned"], plain["effect"]) == ("roads", True, "saved")
    assert tuple(plain) == command.CHANGED


def test_what_is_sealed_or_became_secret_is_not_tried_and_counted_so() -> None:
    hushed = leak()
    hushed.tell(names.SECRECY_CHANGED, secrecy="confidential", before="open", reason="so", title="A matter")
    test = tried(ALL_TO_ROADS, hushed, leak(secrecy="sealed", text=None), leak(secrecy="confidential", text=None))
    assert test.shown()["left_out"] == {"no_track": 0, "sealed": 1, "secret_since": 1}
    assert test.shown()["looked_at"] == 1


def test_it_can_be_held_against_the_rules_in_use_instead_of_what_was_decided() -> None:
    test = Backtest(LEAKS_TO_ROADS, is_same, against=LEAKS_TO_ROADS)
    assert test.tried(case(leak())) is None


def test_it_is_tried_as_on_the_day_it_came_in() -> None:
    """A unit that ended in June led what came in in May; what comes in now its successor leads."""
    test = Backtest(with_rules(rule("all", When(), "gone")), is_same)
    in_may = test.tried(replace(case(leak()), at=day("2026-05-01")))
    assert in_may is not None
    assert in_may.after.unit == "gone"
    assert test.tried(case(leak())) is None, "water, its successor, as before"


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_all_of_a_period_is_read_page_by_page_over_all_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "PAGE", 3)
    documents = await kept([leak() for _ in range(20)], partitions=3)
    found = [each.id async for each in stored(documents, PERIOD) if each]
    assert sorted(found) == [f"i-{at:04}" for at in range(20)]
    before = Period(day("2026-10-01"), NOW)
    assert [each async for each in stored(documents, before)] == []


async def test_what_was_kept_without_a_track_or_is_parked_is_told_of_as_nothing() -> None:
    documents = await kept([leak(), leak()])
    [first, second] = (await documents.read(["i-0000", "i-0001"])).values()
    assert case_of({name: value for name, value in first.items() if name != "track"}) is None
    assert case_of({**second, "parked": {}}) is None
    assert case_of({"_id": "x"}) is None


# ── as it is written ─────────────────────────────────────────────────────────────────────────────────────────────────


async def asked(form: Form, told: Sequence[Told]) -> Asked:
    return Asked(pack(), await kept(told), PERIOD, form, io.StringIO(), io.StringIO())


def text(file: Any) -> str:
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.mark.parametrize("form", FORMS)
async def test_a_report_is_written_in_each_form(form: Form) -> None:
    wanted = await asked(form, [close(leak()), close(given_back(leak())), puzzle()])
    await command.report(wanted)
    written = text(wanted.out)
    if form == "json":
        told = json.loads(written)
        assert (told["looked_at"], told["by_rule"][0]["rule"], told["since"]) == (3, "leak", "2026-11-01T00:00:00.000Z")
    elif form == "csv":
        assert written.startswith("\ufeffby,key,assigned,returned,returned_share")
        assert "rule,leak,2,1,50.0%" in written
        assert "3 issues" in text(wanted.err)
    else:
        assert "leak" in written
        assert "3 issues" in written


@pytest.mark.parametrize("form", FORMS)
async def test_a_back_test_is_written_in_each_form(form: Form) -> None:
    wanted = await asked(form, [close(leak()), close(given_back(leak())), puzzle()])
    await command.backtest(wanted, LEAKS_TO_ROADS, None)
    written = text(wanted.out)
    if form == "json":
        told = json.loads(written)
        assert [each["effect"] for each in told["changes"]] == ["caused", "saved"]
        assert (told["changed"], told["effects"]["saved"], told["against"]) == (2, 1, "decided")
    elif form == "csv":
        head, *rows = written.removeprefix("\ufeff").splitlines()
        assert head == ",".join(command.CHANGED)
        assert [row.rsplit(",", 1)[1] for row in rows] == ["caused", "saved"]
        assert "2 would change" in text(wanted.err)
    else:
        assert "2 would change" in written


async def test_where_nothing_is_stored_nothing_changes_in_any_form() -> None:
    for form in FORMS:
        wanted = await asked(form, [])
        await command.backtest(wanted, LEAKS_TO_ROADS, None)
        if form == "json":
            assert json.loads(text(wanted.out))["changes"] == []


async def test_where_it_takes_long_one_is_told_how_far_it_is() -> None:
    wanted = await asked("csv", [leak() for _ in range(5)])
    wanted.told_at = 0.0
    await command.report(wanted)
    assert "1 issues looked at" in text(wanted.err)


def test_no_cell_of_csv_is_taken_for_a_formula() -> None:
    out = io.StringIO()
    sheet = Sheet(out, "csv", ("a",))
    for bad in ("=1+1", "-cmd", "@x", "\t=1", "＝1", "+1"):
        sheet.add({"a": bad})
    sheet.end({})
    for line in out.getvalue().splitlines()[1:]:
        assert line.strip('"').startswith("'")


def test_a_long_table_is_cut_and_says_so_and_chinese_stands_in_line() -> None:
    out = io.StringIO()
    sheet = Sheet(out, "table", ("a", "b"))
    for number in range(SHOWN + 7):
        sheet.add({"a": number})
    sheet.end({})
    assert out.getvalue().endswith("… and 7 more: --format csv or json has all\n")
    assert aligned(("key", "n"), [{"key": "路灯", "n": "x"}, {"key": "a", "n": "y"}]) == [
        "key   n",
        "路灯  x",
        "a     y",
    ]


# ── what is asked for ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_period_is_of_the_citys_days() -> None:
    period = period_of("2026-11-01", "2026-11-02", "Asia/Shanghai", NOW)
    assert (period.since, period.until) == (day("2026-10-31T16:00"), day("2026-11-01T16:00"))
    assert period_of("7d", None, "Asia/Shanghai", NOW).holds(NOW)
    assert (NOW - period_of(None, None, "Asia/Shanghai", NOW).since).days == 30


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "999999d", "昨天", "", "-1d", "2027-01-01"])
def test_a_period_that_is_none_is_refused_with_what_would_be_one(since: str) -> None:
    if since == "":
        assert period_of(since, None, "Asia/Shanghai", NOW).holds(NOW)
        return
    with pytest.raises(Unusable, match=r"--since"):
        period_of(since, None, "Asia/Shanghai", NOW)


def test_a_bad_rule_set_is_refused_whole_with_the_place_of_each_error(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(
        "rules:\n"
        "- {id: one, when: {channels: [pigeon]}, unit: tax, mode: auto, reason: x}\n"
        "- {id: two, when: {}, unit: nobody, mode: sometimes, reason: x}\n",
        encoding="utf-8",
    )
    with pytest.raises(Unusable) as refused:
        rules_with(packs.SHIPPED, file, packs.A_DAY)
    for place in ("new.yaml:2  rules[1].when.channels", "new.yaml:3  rules[2].unit", "new.yaml:3  rules[2].mode"):
        assert place in str(refused.value)
    file.write_bytes(b"\xff\xfe not text")
    with pytest.raises(Unusable, match="UTF-8"):
        rules_with(packs.SHIPPED, file, packs.A_DAY)
    with pytest.raises(Unusable, match="can't be read"):
        rules_with(packs.SHIPPED, tmp_path / "nowhere.yaml", packs.A_DAY)


def test_a_sound_rule_set_takes_the_place_of_the_packs_own(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text("rules:\n- {id: one, when: {}, unit: tax, mode: auto, reason: x}\n", encoding="utf-8")
    rules = rules_with(packs.SHIPPED, file, packs.A_DAY)
    assert [each.id for each in rules.pack.rules] == ["one"]
    assert rules.pack.version != packs.shipped().version


def test_a_file_is_there_only_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with pytest.raises(RuntimeError), opened(path) as out:
        out.write("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with opened(path) as out:
        out.write("whole")
    assert path.read_text() == "whole"
