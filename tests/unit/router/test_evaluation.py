"""What rules and classifier are worth: on reports never trained on, and as the page in docs/ says."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from sanfu.router.domain import model_file
from sanfu.router.training import command, evaluation, labelled
from sanfu.router.training.fitting import train
from sanfu.router.training.labelled import Labelled
from sanfu.router.training.measuring import Said, bars
from tests.support import packs
from tests.unit.router.test_classifier import shipped

PAGE = Path(__file__).parents[3] / "docs" / "evaluation.md"


@cache
def reports() -> Sequence[Labelled]:
    return labelled.read(packs.SHIPPED / "reports.jsonl", packs.shipped())


@cache
def figures() -> dict[str, Any]:
    return evaluation.evaluate(packs.shipped(), shipped(), reports(), packs.A_DAY)


def test_the_page_says_what_the_shipped_model_is_worth() -> None:
    assert PAGE.read_text(encoding="utf-8") == command.evaluated(packs.shipped(), reports(), packs.A_DAY)


def test_of_what_is_assigned_by_itself_at_most_one_in_twenty_goes_wrong() -> None:
    for one in figures()["automatic"].values():
        assert one["wrong"] <= 0.05 * one["assigned"]
    assert figures()["automatic"]["both"]["assigned"] > figures()["automatic"]["rules"]["assigned"]


def test_no_emergency_is_missed_and_few_others_are_flagged() -> None:
    for told in (figures()["emergencies"]["both"], shipped().report["unseen"]["emergencies"]["both"]):
        assert told["missed"] == 0
        assert told["flagged"] <= 0.10


def test_it_is_as_sure_as_it_is_right() -> None:
    assert figures()["calibration"]["error"] <= 0.05


def test_rules_and_classifier_together_are_no_worse_than_either_and_do_not_fall_back() -> None:
    both, model, rules = (figures()["accuracy"][name] for name in ("both", "model", "rules"))
    assert both["first"] >= max(model["first"], rules["first"])
    assert (both["first"] >= 0.65, both["top3"] >= 0.80) == (True, True)


def test_what_tells_of_the_same_thing_is_never_on_both_sides_and_a_quarter_is_set_aside() -> None:
    training, test = labelled.split(reports())
    assert not {one.group for one in training} & {one.group for one in test}
    assert 0.2 < len(test) / len(reports()) < 0.3
    for seen, held in labelled.folds(training):
        assert not {training[at].group for at in seen} & {training[at].group for at in held}


def test_no_secret_text_is_trained_on() -> None:
    training, _ = labelled.split(reports())
    assert shipped().report["trained_on"] == sum(not one.secret for one in training) < len(training)


def test_the_same_reports_make_the_same_model() -> None:
    few = [report for report in labelled.split(reports())[0] if not report.secret][:40]
    lexicon = command.lexicon_of(packs.shipped(), packs.SHIPPED)
    wanted = {one.category for one in few}
    lexicon = replace(lexicon, categories=[each for each in lexicon.categories if each.code in wanted])
    once, again = (model_file.pack(train(lexicon, few)[0]) for _ in range(2))
    assert once == again


def test_a_bar_lies_where_one_in_twenty_is_wrong_and_above_what_its_own_category_got_wrong() -> None:
    some = replace(reports()[0], unit="tax", category="gas")
    said = [Said(["tax"], "gas", 0.9, False)] * 30 + [
        Said(["water"], "lamp", 0.8, False),
        Said(["tax"], "lamp", 0.7, False),
    ]
    assert bars([some] * 32, said) == {"gas": 0.7}
    said[31] = Said(["tax"], "lamp", 0.85, False)
    assert bars([some] * 32, said) == {"gas": 0.8, "lamp": 0.801}
