"""An SMS is measured with what each of its placeholders may hold at most."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sanfu.city.loading import load
from sanfu.city.placeholders import PLACEHOLDERS, UNBOUNDED, longest
from sanfu.city.problems import Problem
from sanfu.contracts import receipts
from sanfu.runtime.links import Link, Links
from tests.support.packs import A_DAY, copied, edited, shipped


def problems(root: Path) -> list[Problem]:
    return [*load(root, A_DAY).problems]


def test_every_placeholder_has_a_longest_example_but_what_people_write() -> None:
    names = frozenset({"city", "unit", "town", "category", "clock"})
    for locale in ("zh", "en"):
        known = longest(locale, {name: ["x"] for name in names})
        assert frozenset.union(*PLACEHOLDERS.values()) - UNBOUNDED == frozenset(known)


def test_numbers_and_links_are_measured_as_long_as_they_are_made() -> None:
    samples = longest("zh", {}, prefix="YW-", public_url=32)
    number = receipts.number("7" * 15, "YW-")
    assert len(samples["number"]) == len(number)
    until = datetime(2037, 12, 31, tzinfo=UTC)
    address = "https://" + "x" * 24
    link = f"{address}/my/{Links(b'k').token(Link(number, 'f99', until, 99))}"
    assert len(samples["link"]) == len(link)


def test_what_people_write_is_in_no_sms(tmp_path: Path) -> None:
    root = copied(tmp_path)
    line = edited(root, "texts/closing.yaml", "结果：{outcome}。如有异议", "答复：{reply}。如有异议")
    problem, hidden = problems(root)
    assert (problem.file, problem.line, problem.fatal) == ("texts/closing.yaml", line, True)
    assert problem.key.endswith("body.zh")
    assert "no room for {reply}" in problem.message
    assert "{link}" in problem.cure
    assert "would reveal" in hidden.message


@dataclass(frozen=True)
class Longer:
    """What makes an SMS of the shipped pack too long, and where that is told."""

    file: str
    old: str
    new: str
    at: str
    grown: str


LONGER = {
    "a longer address": Longer(
        "pack.yaml", "public_url_length: 32", "public_url_length: 60", "texts/follow-up.yaml", "2 SMS of 134"
    ),
    "a prefix of the numbers": Longer(
        "pack.yaml", "\ncode: yiwu", "\nreceipt_prefix: 金华市义乌市三服务-\ncode: yiwu", "texts/ladder.yaml", "1 SMS"
    ),
    "a category of a long name": Longer(
        "categories.csv",
        "商品房买卖与延期交房",
        "商品房买卖与延期交房以及其他各类合同",
        "texts/assignment.yaml",
        "1 SMS",
    ),
    "a town of a long name": Longer(
        "units.csv", "廿三里街道", "廿三里街道（含原福田工业园区管理委员会）", "texts/assignment.yaml", "1 SMS"
    ),
    "an English name with a letter that makes an SMS hold less": Longer(
        "units.csv", "Chi'an Town", "Chī'an Town", "texts/assignment.yaml", "1 SMS of 70"
    ),
    "a city of a long name": Longer(
        "pack.yaml", "name: {zh: 义乌,", "name: {zh: 浙江省金华市义乌市,", "texts/assignment.yaml", "1 SMS"
    ),
}


@pytest.mark.parametrize("longer", LONGER.values(), ids=LONGER.keys())
def test_an_sms_is_measured_with_the_packs_own_names(longer: Longer, tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, longer.file, longer.old, longer.new)
    told = [each for each in problems(root) if each.file == longer.at and each.fatal]
    assert told, problems(root)
    assert longer.grown in told[0].message
    assert "shorten it" in told[0].cure


def test_three_sms_are_the_most_that_one_may_pay_for(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "texts/review.yaml", "理由及办理途径见链接", "理由" * 60)
    (problem,) = problems(root)
    assert (problem.message.split(", ")[1], problem.cure) == ("more than 3 SMS of 201 together", "shorten it")


def test_a_template_knows_how_many_sms_it_may_take() -> None:
    found = {one.id: one.segments for one in shipped().templates}
    assert (found["receipt-party-sms"], found["follow-up-party-sms"], found["refused-party-sms"]) == (1, 2, 3)
