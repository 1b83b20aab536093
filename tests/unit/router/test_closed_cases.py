"""The classifier learns from the city's own closed cases."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sanfu.city.loading import MODEL
from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.router.domain import model_file
from sanfu.router.handlers import unfit_model
from sanfu.router.hindsight.cases import Case
from sanfu.router.training import closed, command, labelled
from sanfu.router.training.closed import Harvest
from sanfu.router.training.labelled import Labelled
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryBroker
from sanfu.runtime.service import Parts
from tests.support import packs
from tests.unit.router.city import pack
from tests.unit.router.past import case, close, given_back, kept, leak, led, puzzle
from tests.unit.router.story import NOW, Told

TODAY = NOW.date()


def harvested(*cases: Case | None, most: int = 100) -> tuple[list[Labelled], dict[str, int]]:
    harvest = Harvest(pack(), TODAY, most)
    for each in cases:
        harvest.add(each)
    return harvest.labelled(), dict(harvest.left_out)


def many(count: int) -> list[Case]:
    some = case(close(leak()))
    return [replace(some, id=f"i-{number}") for number in range(count)]


def test_what_was_returned_is_learnt_with_the_unit_that_took_it() -> None:
    [report], _ = harvested(case(close(given_back(leak(title="漏水")))))
    assert (report.unit, report.category, report.grade, report.kind) == ("roads", "pipes", "simple", "issue")
    assert (report.facts.text, report.facts.channel, report.town) == ("漏水\n水管漏了", "web", "hill")
    assert (report.facts.category, report.facts.unit) == (None, None), "nothing that people said of it"


def test_a_place_that_took_it_is_learnt_as_the_place() -> None:
    [report], _ = harvested(case(close(led(leak(), "hill"))))
    assert report.answer == "@town"


def test_the_place_is_known_also_where_only_the_text_names_it() -> None:
    harvest = Harvest(packs.shipped(), packs.A_DAY)
    it = led(leak(text="佛堂镇老街的水管漏了", place={}, category=None), "fotang")
    it.dispatch("fotang", 3, category="road-lamp")
    harvest.add(case(close(it)))
    [report] = harvest.labelled()
    assert (report.town, report.answer) == ("fotang", "@town")


def test_an_emergency_is_learnt_as_one_also_where_it_became_one_later() -> None:
    it = leak()
    it.tell(names.URGENCY_CHANGED, urgency="emergency", before="normal", reason="so")
    assert [each.emergency for each in harvested(case(close(leak())), replace(case(close(it)), id="i-2"))[0]] == [
        False, True
    ]  # fmt: skip


def hushed(then: str = "confidential") -> Told:
    it = leak()
    it.tell(names.SECRECY_CHANGED, secrecy=then, before="open", reason="so", title="A matter")
    return close(it)


def lowered() -> Told:
    it = close(leak(secrecy="confidential", text=None, category="pipes"))
    it.tell(names.SECRECY_CHANGED, secrecy="internal", before="confidential", reason="so", title="A matter")
    return it


@pytest.mark.parametrize(
    ("why", "it"),
    [
        ("secret", hushed()),
        ("secret", hushed("sealed")),
        ("secret", lowered()),
        ("nobody_knows", leak()),
        ("nobody_knows", close(leak(), "withdrawn")),
        ("no_text", close(led(leak(text=None, category="pipes"), "water"))),
        ("unknown_code", close(led(puzzle(), "water"))),
        ("unknown_code", close(led(leak(), "old"))),
    ],
)
def test_nothing_is_learnt_from_what_is_secret_or_undecided_or_of_codes_that_nobody_knows(why: str, it: Told) -> None:
    assert harvested(case(it)) == ([], {why: 1})


def test_what_an_ended_unit_handled_its_successor_learns() -> None:
    [report], _ = harvested(case(close(led(leak(), "gone"))))
    assert report.unit == "water"


def test_of_more_cases_than_fit_the_same_are_learnt_from_in_whatever_order_they_come() -> None:
    once, left_out = harvested(*many(40), most=10)
    again, _ = harvested(*reversed(many(40)), most=10)
    assert [each.group for each in once] == [each.group for each in again]
    assert (len(once), left_out) == (10, {"sample": 30})


def test_a_case_stays_on_its_side_of_the_split_for_ever() -> None:
    training, test = labelled.split(harvested(*many(60))[0])
    more, _ = labelled.split(harvested(*many(80))[0])
    assert {each.group for each in training} <= {each.group for each in more}
    assert not {each.group for each in test} & {each.group for each in more}
    assert test


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────


def state_of(row: dict[str, Any]) -> Told:
    """A labelled report as if the city had handled it."""
    it = leak(
        category=None, channel=row["channel"], audience=row["audience"], title=row["text_title"],
        text=row["text_body"], place={"town": row["town"]}, urgency=row["urgency"],
    )  # fmt: skip
    it.dispatch(row["unit"], 9, category=row["category"], grade=row["grade"], urgency=row["urgency"])
    return close(it)


def rows(count: int) -> Iterator[dict[str, Any]]:
    lines = (packs.SHIPPED / "reports.jsonl").read_text(encoding="utf-8").splitlines()
    readable = [row for row in map(json.loads, lines) if row["secrecy"] not in labelled.SECRET]
    yield from readable[:count]


@pytest.fixture
async def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = await kept([state_of(row) for row in rows(60)])
    monkeypatch.setattr(command, "real_parts", lambda *_: Parts(MemoryBroker(), documents, ManualClock(NOW)))


@pytest.mark.full
@pytest.mark.usefixtures("parts")
def test_a_model_of_labelled_reports_and_closed_cases_says_what_it_learnt_from_and_running_routers_take_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    city = packs.copied(tmp_path)
    holder = PackHolder(city, further=[unfit_model])
    before = holder.current
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(json.dumps(row) for row in list(rows(160))[60:]), encoding="utf-8")
    done = command.main(["train", "--city", str(city), "--reports", str(few), "--from", "both"])
    version = capsys.readouterr().out.strip()
    assert done == 0
    model = model_file.unpack((city / MODEL).read_bytes())
    assert (model.version, model.report["from"]["cases"], model.report["from"]["labelled"]) == (version, 60, 100)
    assert 0.6 * 160 < model.report["trained_on"] < 0.9 * 160
    told = json.loads((city / "model/report.json").read_text(encoding="utf-8"))
    assert told["of_the_training"]["from"]["since"] == command.LEARNT_FROM
    holder.check()
    assert holder.current.version != before.version
    assert holder.current.model == (city / MODEL).read_bytes()
    assert command.main(["evaluate", "--city", str(city), "--reports", str(few), "--from", "both"]) == 0
    assert "本市办结件 60 件" in capsys.readouterr().out


@pytest.mark.usefixtures("parts")
def test_too_few_closed_cases_make_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    done = command.main(["train", "--city", str(packs.SHIPPED), "--from", "cases", "--out", str(out)])
    assert (done, out.exists()) == (1, False)
    assert f"only 60 closed cases may be learnt from, {closed.LEAST} are needed" in capsys.readouterr().err


def test_the_pages_are_written_from_the_packs_own_reports_only(capsys: pytest.CaptureFixture[str]) -> None:
    done = command.main(["evaluate", "--city", str(packs.SHIPPED), "--from", "cases", "--write"])
    assert (done, "leave --from and --reports out" in capsys.readouterr().err) == (1, True)


def test_what_is_no_json_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{", encoding="utf-8")
    assert command.main(["duplicates", "--city", str(packs.SHIPPED), "--reports", str(bad)]) == 1
    assert "bad.jsonl can't be read as JSON Lines" in capsys.readouterr().err
