"""The classifier in routing: what it may see, what it may decide, and what becomes of a model that can't be used."""

import subprocess
import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sanfu.city.loading import MODEL, load
from sanfu.city.model.pack import Pack
from sanfu.city.model.rules import When
from sanfu.contracts import names
from sanfu.contracts.registry import codec
from sanfu.router.domain import model_file
from sanfu.router.domain.decisions import Report
from sanfu.router.domain.facts import Facts
from sanfu.router.domain.features import LONGEST
from sanfu.router.domain.guessing import Guess, Model, Suspect
from sanfu.router.domain.routing import Routing
from sanfu.router.handlers import rules_of, unfit_model
from tests.support import packs
from tests.unit.router import city

TEXT = "水管又漏了"
FACTS = Facts("web", "resident", "issue", "normal", "internal", town="hill", text=TEXT)
LET = city.rule("rest", When(), None, "review")


class Fixed:
    """A model that always says the same, and notes what it was shown."""

    version = "model-1"

    def __init__(self, *suspects: Suspect, kind: str = "issue", alarm: bool = False) -> None:
        self.says, self.shown = Guess(suspects, kind, 0.9, alarm), list[str]()

    def guess(self, facts: Facts) -> Guess:
        self.shown.append(facts.text)
        return self.says


SURE = Suspect("water", 0.97, "pipes")
UNSURE = (Suspect("@town", 0.5, "lamps"), Suspect("roads", 0.4, "lamps"), Suspect("water", 0.1, "pipes"))


def routed(model: Any, pack: Pack | None = None, **more: Any) -> tuple[str, dict[str, Any]]:
    made = pack or replace(city.pack(replace(LET, mode="model")), sure_from={"pipes": 0.9})
    complains_of = more.pop("complains_of", ())
    draft = Routing(made, model).route(Report(FACTS._replace(**more), complains_of), packs.A_DAY)
    codec.encode(draft.type, draft.data)
    return draft.type, dict(draft.data)


@cache
def shipped() -> Model:
    content = packs.shipped().model
    assert content is not None
    return model_file.unpack(content)


# ── what it decides ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sure_model_assigns_where_a_rule_lets_it_and_says_which_model_it_was() -> None:
    type, data = routed(Fixed(SURE))
    assert (type, data["unit"], data["decided_by"]) == (names.ISSUE_ASSIGNED, "water", "model")
    assert (data["score"], data["model"], data["category"]) == (0.97, "model-1", "pipes")


def test_below_its_categorys_bar_its_guesses_are_suggestions_best_first_and_the_fallback_is_last() -> None:
    type, data = routed(Fixed(*UNSURE))
    assert (type, data["why"], data["model"]) == (names.REVIEW_REQUESTED, "unsure", "model-1")
    suggested = [(each["unit"], each["score"]) for each in data["suggestions"]]
    assert suggested == [("hill", 0.5), ("roads", 0.4), ("water", 0.1), ("office", 0.0)]


@pytest.mark.parametrize(
    ("model", "more"),
    [
        (Fixed(SURE._replace(score=0.89)), {}),
        (Fixed(SURE._replace(category="lamps")), {}),
        (Fixed(SURE, alarm=True), {}),
        (Fixed(SURE, kind="thanks"), {}),
        (Fixed(SURE), {"kind": "consult"}),
        (Fixed(SURE), {"complains_of": ["water"]}),
        (Fixed(SURE._replace(unit="@town")), {"town": None}),
    ],
    ids=["below", "no bar", "alarm", "thanks", "consult", "recused", "no place"],
)
def test_a_person_decides_when_anything_stands_against_it(model: Any, more: dict[str, Any]) -> None:
    type, data = routed(model, **more)
    assert type == names.REVIEW_REQUESTED
    if model.says.alarm:
        assert "may be an emergency" in data["reason"]


def test_it_never_assigns_where_the_rule_that_matches_asks_for_a_person() -> None:
    pack = replace(city.pack(LET), sure_from={"pipes": 0.9})
    assert routed(Fixed(SURE), pack)[0] == names.REVIEW_REQUESTED


def test_a_rule_that_is_sure_comes_before_it() -> None:
    pack = replace(city.pack(), sure_from={"pipes": 0.0})
    model = Fixed(Suspect("roads", 0.99, "pipes"))
    _, data = routed(model, pack, text="水管 漏")
    assert (data["unit"], data["decided_by"], model.shown) == ("water", "rule", [])


@pytest.mark.parametrize("secrecy", ["confidential", "sealed"])
def test_a_secret_report_is_never_shown_to_it(secrecy: str) -> None:
    model = Fixed(SURE)
    type, data = routed(model, secrecy=secrecy)
    assert (type, model.shown) == (names.REVIEW_REQUESTED, [])
    assert "model" not in data


# ── the shipped model ────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_sees_audience_channel_and_text_and_nothing_else() -> None:
    facts = packs_facts("路灯不亮", "稠州北路路灯坏了三天")
    other = facts._replace(category="tax-refund", unit="tax", urgency="urgent", town="fotang")
    assert shipped().guess(facts) == shipped().guess(other)
    assert shipped().guess(facts) != shipped().guess(facts._replace(text="退税\n退税没到"))


def test_a_guess_costs_less_than_a_millisecond_however_long_the_text() -> None:
    """So `decide` may ask it: the fold lets the loop go every ten. An alarm for an order of magnitude, not a bench."""
    long = packs_facts("路灯", "路灯坏了三天，" * 5_000)
    assert shipped().guess(long) == shipped().guess(long._replace(text=long.text[:LONGEST]))
    began = time.process_time()
    for _ in range(20):
        shipped().guess(long)
    assert (time.process_time() - began) / 20 < 0.01


def packs_facts(title: str, text: str) -> Facts:
    return Facts("web", "resident", "issue", "normal", "open", town="choucheng", text=f"{title}\n{text}")


def test_what_weighed_most_for_a_category_stands_in_the_text() -> None:
    causes = shipped().causes(packs_facts("路灯不亮", "稠州北路路灯坏了三天"), "road-lamp")
    grams = [cause.what for cause in causes if ":" not in cause.what]
    assert grams
    assert all(gram in "路灯不亮\n稠州北路路灯坏了三天" for gram in grams)
    assert [cause.weight for cause in causes] == sorted((cause.weight for cause in causes), reverse=True)


# ── its file ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_model_read_and_written_is_the_same_file_and_a_small_one() -> None:
    content = packs.shipped().model
    assert content is not None
    assert model_file.pack(shipped()) == content
    assert len(content) < 3_000_000


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"no model at all" * 100])
def test_a_file_that_is_no_model_refuses_the_pack_and_says_the_cure(content: bytes) -> None:
    (problem,) = unfit_model(replace(packs.shipped(), model=content))
    assert (problem.file, problem.fatal) == (MODEL, True)
    assert "./sanfu router train" in problem.cure


def test_a_model_that_knows_what_the_pack_does_not_refuses_the_pack() -> None:
    categories = {code: one for code, one in packs.shipped().categories.items() if code != "gas"}
    (problem,) = unfit_model(replace(packs.shipped(), categories=categories))
    assert "gas" in problem.message
    assert list(unfit_model(packs.shipped())) == []


def test_a_pack_without_a_model_routes_by_its_rules_alone() -> None:
    assert rules_of(replace(packs.shipped(), model=None)).routing.model is None


def test_a_new_model_is_a_new_version_of_the_pack_and_a_bar_that_is_none_is_told(tmp_path: Path) -> None:
    files = {path.relative_to(packs.SHIPPED): path for path in packs.SHIPPED.rglob("*") if path.is_file()}
    for name, path in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(path.read_bytes())
    before = load(tmp_path, packs.A_DAY).pack
    (tmp_path / MODEL).write_bytes(b"another")
    after = load(tmp_path, packs.A_DAY).pack
    assert before and after and before.version != after.version
    (tmp_path / "model/thresholds.csv").write_text("category,sure_from\ngas,1.5\nnobody,0.5\n")
    told = load(tmp_path, packs.A_DAY)
    assert told.pack is None
    assert [(one.file, one.line) for one in told.problems] == [("model/thresholds.csv", 2), ("model/thresholds.csv", 3)]


def test_the_service_loads_no_training_and_no_scikit_learn() -> None:
    unwanted = ("sklearn", "scipy", "sanfu.router.training")
    look = f"import sys, sanfu.router.app; print([name for name in {unwanted} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout == "[]\n"
