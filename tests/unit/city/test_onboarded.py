"""A section's own system is given topics where the pack says so; nobody else's word counts."""

from pathlib import Path

import pytest

from sanfu.city.loading import load
from tests.support.packs import A_DAY, copied, onboarded, shipped

SECTION = "fotang-enforcement"


def test_a_section_has_topics_once_the_pack_says_so(tmp_path: Path) -> None:
    assert not shipped().units[SECTION].has_topic
    pack = load(onboarded(copied(tmp_path), SECTION), A_DAY).pack
    assert pack is not None
    assert pack.units[SECTION].has_topic
    assert {code for code, unit in pack.units.items() if unit.has_topic} == {
        SECTION, *(code for code, unit in shipped().units.items() if unit.has_topic)
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["town", "village", "team", "external", "department"])
def test_who_is_no_section_is_not_onboarded_so(tmp_path: Path, kind: str) -> None:
    code = next(code for code, unit in shipped().units.items() if unit.kind == kind)
    [problem] = [one for one in load(onboarded(copied(tmp_path), code), A_DAY).problems if one.key == "topic"]
    assert (problem.file, problem.line > 1) == ("units.csv", True)
    assert kind in problem.message
    assert "it is for sections" in problem.cure


def test_anything_but_yes_and_no_is_refused(tmp_path: Path) -> None:
    root = onboarded(copied(tmp_path), SECTION)
    table = root / "units.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",yes\n", ",是\n"), encoding="utf-8")
    [problem] = [one for one in load(root, A_DAY).problems if one.key == "topic"]
    assert "'是' is not known here" in problem.message
