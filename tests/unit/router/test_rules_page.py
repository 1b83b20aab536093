"""What the page for who writes rules shows is so: each example is put into the shipped pack, and its report is sent."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.city.model.rules import When
from sanfu.router.domain.decisions import Report
from sanfu.router.handlers import rules_of
from tests.support.packs import copied

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(json|csv|yaml)\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = [text for kind, text in BLOCKS if kind == "yaml"]
SENT = re.compile(r"^# .*?: (\{.*\}) → (\S+)$", re.MULTILINE)
PLAIN = {"audience": "resident", "kind": "issue", "title": "一件事", "text": "一件事"}
DAY = date(2026, 5, 6)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    root = copied(tmp_path_factory.mktemp("rules"))
    (area,) = (json.loads(text) for kind, text in BLOCKS if kind == "json")
    areas = json.loads((root / "areas.geojson").read_text(encoding="utf-8"))
    areas["features"].append(area)
    (root / "areas.geojson").write_text(json.dumps(areas), encoding="utf-8")
    (line,) = (text.splitlines() for kind, text in BLOCKS if kind == "csv")
    staff = (root / "staff.csv").read_text(encoding="utf-8").splitlines()
    (root / "staff.csv").write_text("\n".join([line[0], *(f"{each}," for each in staff[1:]), line[1]]) + "\n")
    rules = (root / "rules.yaml").read_text(encoding="utf-8")
    indented = "\n".join("  " + each for text in EXAMPLES for each in text.splitlines())
    (root / "rules.yaml").write_text(rules.replace("rules:\n", f"rules:\n{indented}\n", 1), encoding="utf-8")
    loaded = load(root, DAY)
    assert loaded.pack is not None, loaded.problems
    assert loaded.problems == ()
    return loaded.pack


@pytest.mark.parametrize("example", EXAMPLES, ids=[re.findall("id: (.*)", text)[0] for text in EXAMPLES])
def test_an_example_goes_where_the_page_says(pack: Pack, example: str) -> None:
    found = SENT.search(example)
    assert found is not None
    said: dict[str, Any] = {**PLAIN, **json.loads(found[1])}
    if "towns:" in example:
        said["place"] = {"town": "choucheng"}
    routing = rules_of(pack).routing
    facts = routing.facts(said, "normal", "internal", None)
    decided = routing.route(Report(facts), DAY)
    assert (decided.data["rule"], decided.data["unit"]) == (re.findall("id: (.*)", example)[0], found[2])


def test_the_page_names_every_condition_there_is() -> None:
    told = set(re.findall(r"`(\w+)`", PAGE))
    assert set(When.__dataclass_fields__) <= told
