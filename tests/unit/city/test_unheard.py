"""A light that nobody sees is not a light: a pack's check names the clocks whose red nobody hears."""

from pathlib import Path

import pytest

from sanfu.city.loading import load
from sanfu.city.unheard import unheard
from tests.support.packs import A_DAY, copied, edited, shipped


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copied(tmp_path)


def remarked(root: Path) -> list[str]:
    loaded = load(root, A_DAY)
    assert loaded.pack is not None, loaded.problems
    assert not any(one.fatal for one in loaded.problems)
    return [one.message for one in loaded.problems if "turn red" in one.message]


def test_of_every_clock_of_the_shipped_pack_somebody_hears() -> None:
    assert [*unheard(shipped())] == []


def test_clocks_that_no_message_names_are_named_in_one_remark_and_the_pack_stays_in_use(root: Path) -> None:
    (root / "texts" / "late.yaml").unlink()
    assert remarked(root) == [
        "nobody is told when these turn red: review, acknowledge, contact, enterprise_first_call, adjudication, "
        "follow_up, reopen_decision, whistle, petition_admit, petition_review"
    ]


def test_a_yellow_alone_does_not_count(root: Path) -> None:
    edited(root, "texts/late.yaml", "{level: [red], clock: *legal}", "{level: [yellow], clock: *legal}")
    edited(root, "texts/late.yaml", "{level: [red], clock: *legal}", "{level: [yellow], clock: *legal}")
    assert remarked(root) == ["nobody is told when these turn red: petition_admit, petition_review"]


def test_the_ladder_counts_where_its_steps_are_told(root: Path) -> None:
    edited(
        root,
        "texts/ladder.yaml",
        "{to_role: [unit_head], clock: [handling]}",
        "{to_role: [unit_head], clock: [assist]}",
    )
    assert remarked(root) == [], "its last step is the leader's, told of any clock"
    edited(root, "texts/ladder.yaml", "where: {to_role: [leader]}", "where: {to_role: [leader], clock: [assist]}")
    assert remarked(root) == ["nobody is told when these turn red: handling"]


def test_a_message_that_names_no_clock_is_for_all_of_them(root: Path) -> None:
    edited(root, "texts/late.yaml", "{level: [red], clock: [review, follow_up, reopen_decision, adjudication]}", "{}")
    assert remarked(root) == []
    (root / "texts" / "ladder.yaml").unlink()
    assert remarked(root) == []
