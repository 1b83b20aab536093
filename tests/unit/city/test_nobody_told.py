"""Whom messages are written for and who is not there is remarked on: one remark for each role, and each rung."""

import re
from pathlib import Path

import pytest

from sanfu.city.loading import load
from sanfu.city.problems import Problem
from tests.support.packs import A_DAY, copied, edited, lasting


def without(root: Path, what: str, file: str = "staff.csv") -> None:
    """Take out the lines of a table that match."""
    path = root / file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not re.search(what, line)]
    assert len(kept) < len(lines)
    path.write_text("".join(kept), encoding="utf-8")


def remarks(root: Path) -> dict[str, Problem]:
    """All that is told of a pack that may be used, by what it says."""
    loaded = load(root, A_DAY)
    assert loaded.pack is not None, loaded.problems
    assert not any(each.fatal for each in loaded.problems)
    return {f"{each.file} {each.key}: {each.message}": each for each in loaded.problems}


def test_a_role_that_units_have_nobody_in_is_one_remark(tmp_path: Path) -> None:
    root = copied(tmp_path)
    without(root, r",(tax|police|finance|water|gas-company|education|transport),officer,")
    ((said, problem),) = remarks(root).items()
    assert re.fullmatch(
        r"staff.csv roles: messages to the officer reach nobody in \d units: tax, [a-z-]+(, [a-z-]+){3}, …", said
    )
    assert problem.cure == "add people of these units with the role officer"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("city-leader", None),
        ("(city-leader|city-duty)", "policy.yaml clocks.handling.ladder[3]: this rung reaches no leader in 1 unit: "
         "leading-group"),
        ("office-supervisor", "staff.csv roles: messages to the supervisor reach nobody in 1 unit: office-inspection"),
        (",coordination-livelihood,unit_head", "policy.yaml clocks.handling.ladder[2]: this rung reaches no unit_head "
         "in 1 unit: coordination-livelihood"),
    ],
)  # fmt: skip
def test_a_rung_that_nobody_stands_on_is_remarked_on(tmp_path: Path, line: str, said: str | None) -> None:
    root = copied(tmp_path)
    without(root, line)
    found = remarks(root)
    assert found == {} if said is None else said in found, found


def test_who_follows_on_a_post_that_is_no_more_stands_on_its_rung(tmp_path: Path) -> None:
    root = copied(tmp_path)
    lasting(root, "staff.csv", tax_officer=("", "2026-05-01", "tax-head"))
    assert remarks(root) == {}
    lasting(root, "staff.csv", office_supervisor=("", "2026-05-01", "inspection-team-1-head"))
    assert list(remarks(root)) == [
        "staff.csv roles: messages to the supervisor reach nobody in 1 unit: office-inspection"
    ], "its successor is of another unit"


def test_a_duty_phone_or_the_head_stands_in_for_who_is_on_duty(tmp_path: Path) -> None:
    root = copied(tmp_path)
    without(root, ",tax,duty_officer,")
    assert remarks(root) == {}
    edited(root, "units.csv", "000-0000-0001", "")
    assert list(remarks(root)) == ["units.csv duty_phone: messages to a unit by sms reach nobody in 1 unit: tax"]
    without(root, ",tax,unit_head,")
    found = remarks(root)
    assert "staff.csv roles: messages to the duty_officer reach nobody in 1 unit: tax" in found
    assert "staff.csv roles: messages to the unit_head reach nobody in 1 unit: tax" in found


def test_a_duty_phone_stands_in_for_the_head_too(tmp_path: Path) -> None:
    root = copied(tmp_path)
    without(root, ",tax,(duty_officer|unit_head),")
    found = [said for said in remarks(root) if "duty_officer" in said]
    assert found == []


def test_a_unit_without_a_mailbox_is_remarked_on(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "units.csv", ",tax@yiwu.example", ",")
    assert list(remarks(root)) == ["units.csv mailbox: messages to a unit by email reach nobody in 1 unit: tax"]


def test_a_rung_that_no_message_tells_of_is_remarked_on(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edited(root, "policy.yaml", "unit: leading-group, role: leader", "unit: leading-group, role: duty_officer")
    edited(
        root, "texts/ladder.yaml", "{to_role: [unit_head], clock: [assist]}", "{to_role: [unit_head], clock: [contact]}"
    )
    found = remarks(root)
    assert list(found) == [
        "policy.yaml clocks.assist.ladder[1]: no message tells the unit_head of this rung",
        "policy.yaml clocks.handling.ladder[3]: no message tells the duty_officer of this rung",
    ]
    assert "EscalationRaised to the audience unit_head" in next(iter(found.values())).cure


def test_who_works_there_no_more_is_nobody(tmp_path: Path) -> None:
    root = copied(tmp_path)
    path = root / "staff.csv"
    row = next(one for one in path.read_text(encoding="utf-8").splitlines() if ",tax,officer," in one)
    edited(root, "staff.csv", row, f"{row.removesuffix('yes')}no")
    assert list(remarks(root)) == ["staff.csv roles: messages to the officer reach nobody in 1 unit: tax"]
