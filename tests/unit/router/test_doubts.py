"""What is asked for its meaning, and what the answers come to."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sanfu.router.domain.doubting import Doubt, Question, doubts, question, settled
from sanfu.router.domain.likeness import likeness
from sanfu.router.domain.sketches import Draughtsman, Sketch
from sanfu.router.domain.suspecting import found
from tests.support import packs
from tests.unit.router.test_likeness import LAMP, OPEN, RARITY, lamp

PACK = packs.shipped()
BY = PACK.policy.duplicates
LATER = {"submitted_at": "2026-11-02T02:00:00.000Z", "reported_at": "2026-11-02T02:00:00.000Z"}
ENGLISH = {
    **LATER, "title": "Dark at night",
    "text": "The street light has been out for three days, it is completely dark.",
}  # fmt: skip
DRAUGHTSMAN = Draughtsman(PACK.categories, RARITY)


def state(said: Mapping[str, Any], **standing: Any) -> dict[str, Any]:
    return {"said": {**LAMP, **said}, "standing": {**OPEN, **standing}}


def asked(first: dict[str, Any], last: dict[str, Any]) -> Question | None:
    return question(Doubt("b", ("a",)), {"a": first, "b": last}, BY, DRAUGHTSMAN)


def in_doubt(one: Sketch, *others: Sketch) -> list[Doubt]:
    return doubts([one], [others], BY, RARITY)


def test_what_is_said_in_another_language_is_in_doubt_and_what_is_alike_anyway_is_not() -> None:
    again = lamp("c", **LATER, text="稠州北路城中路口路灯三天不亮，晚上漆黑一片")
    assert in_doubt(lamp("b", **ENGLISH), lamp()) == [Doubt("b", ("a",))]
    assert in_doubt(again, lamp()) == []


def test_it_is_the_later_ones_doubt_whichever_is_looked_at() -> None:
    assert in_doubt(lamp(), lamp("b", **ENGLISH)) == [Doubt("b", ("a",))]


def test_nothing_is_asked_of_an_issue_that_has_its_unit_nor_by_a_pack_that_does_not_ask() -> None:
    has_its_unit = replace(lamp("b", **ENGLISH), review=False)
    assert in_doubt(has_its_unit, lamp()) == []
    assert doubts([lamp("b", **ENGLISH)], [[lamp()]], replace(BY, meaning=None), RARITY) == []


def test_it_is_asked_in_the_words_of_both() -> None:
    put = asked(state({}), state(ENGLISH))
    assert put is not None
    assert put.text == f"{ENGLISH['title']}\n{ENGLISH['text']}"
    assert put.others == (f"{LAMP['title']}\n{LAMP['text']}",)


@pytest.mark.parametrize("which", ["first", "last"])
@pytest.mark.parametrize("meanwhile", [{"secrecy": "confidential"}, {"secrecy": "sealed"}, {"over": True}])
def test_what_became_secret_or_is_over_meanwhile_is_asked_of_nobody(which: str, meanwhile: dict[str, Any]) -> None:
    first, last = (meanwhile if which == "first" else {}), (meanwhile if which == "last" else {})
    assert asked(state({}, **first), state(ENGLISH, **last)) is None


def test_nor_is_what_was_told_or_reviewed_or_put_aside_meanwhile() -> None:
    assert asked(state({}), {**state(ENGLISH), "suspected": ["a"]}) is None
    assert asked(state({}), state(ENGLISH, assignment=1)) is None
    assert question(Doubt("b", ("a",)), {"b": state(ENGLISH)}, BY, DRAUGHTSMAN) is None


def test_the_meaning_is_a_part_of_the_score_that_whoever_reads_it_can_reckon_again() -> None:
    put = asked(state({}), state(ENGLISH))
    assert put is not None
    [pair] = settled(put, [0.36], BY)
    assert BY.meaning is not None
    weights = {**BY.weights, "meaning": BY.meaning.weight}
    mean = sum(weights[name] * part for name, part in pair.alike.parts.items()) / sum(weights.values())
    assert pair.alike.parts["meaning"] == 0.8
    assert pair.alike.score == pytest.approx(mean, abs=0.02)
    assert pair.alike.score >= BY.meaning.threshold
    assert found(pair.alike, "zh")["reason"].endswith("、语义 0.80")
    assert found(pair.alike, "en")["reason"].endswith(", meaning 0.80")


@pytest.mark.parametrize("near", [-1.0, 0.0, 0.2])
def test_what_means_something_else_is_not_suspected(near: float) -> None:
    put = asked(state({}), state(ENGLISH))
    assert put is not None
    assert settled(put, [near], BY) == []


def test_more_meaning_never_makes_less_alike() -> None:
    put = asked(state({}), state(ENGLISH))
    assert put is not None
    scores = [pair.alike.score for near in range(30, 101) for pair in settled(put, [near / 100], BY)]
    assert scores == sorted(scores)
    assert max(scores) <= 1
    assert likeness(lamp(), lamp("b", **ENGLISH), BY, RARITY) is None
