"""What suspicions of the shipped pack are worth, on reports whose groups are known."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sanfu.router.adapters.encoder import Encoder
from sanfu.router.training.suspicions import Worth, chosen_on, worth
from sanfu.router.training.suspicions_page import worth_report
from tests.support import packs

PAGE = Path(__file__).parents[3] / "docs" / "duplicates.md"


@cache
def reports() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (packs.SHIPPED / "reports.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("categories", [True, False])
def test_on_groups_never_looked_at_six_of_seven_suspicions_are_right_and_more_than_half_of_the_pairs_are_found(
    categories: bool,
) -> None:
    _, held_out = worth(packs.shipped(), reports(), categories=categories)
    assert held_out.precision >= 0.85
    assert held_out.recall >= 0.5


def test_groups_are_kept_together_in_their_half() -> None:
    halves: dict[str, set[bool]] = {}
    for report in reports():
        halves.setdefault(report["dup_group"] or report["id"], set()).add(chosen_on(report))
    assert all(len(half) == 1 for half in halves.values())
    assert {True} in halves.values()
    assert {False} in halves.values()


def test_the_page_says_what_the_command_measures() -> None:
    assert PAGE.read_text(encoding="utf-8") == worth_report(packs.shipped(), reports(), Encoder)


def test_where_nothing_is_suspected_nothing_is_wrong() -> None:
    assert (Worth(0, 0, 4).precision, Worth(0, 0, 4).recall, Worth(0, 0, 0).recall) == (1.0, 0.0, 1.0)
