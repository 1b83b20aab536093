"""`sanfu keys`: of some three hundred keys those that are asked for."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sanfu.stack import secrets
from sanfu.stack.cli import app
from sanfu.stack.keys import keys, posts
from sanfu.stack.places import checkout
from sanfu.stack.plan import Plan, shipped_city
from sanfu.stack.programs import PartError

CITY = shipped_city(checkout())


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    plan = Plan(root=tmp_path_factory.mktemp("checkout"), name="main", city=CITY)
    secrets.provide(plan.places, CITY)
    plan.places.run.mkdir(parents=True, exist_ok=True)
    plan.write()
    return plan


@pytest.fixture(autouse=True)
def stack(once: Plan, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A stack that was up once."""
    monkeypatch.setenv("SANFU_ROOT", str(once.root))
    return once


def shown(*words: str) -> list[str]:
    answer = CliRunner().invoke(app, ["keys", *words], catch_exceptions=False)
    return [line.split()[0] for line in answer.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "whose"),
    [
        (["tax"], ["tax-officer", "tax-head", "tax-duty"]),
        (["tax", "officer"], ["tax-officer"]),
        (["officer", "TAX"], ["tax-officer"]),
        (["赵甲子"], ["tax-officer"]),
        (["leader"], ["city-leader", "city-duty"]),
        (["tax-o"], ["tax-officer"]),
        (["open311"], ["open311"]),
        (["operators"], ["operators"]),
    ],
)
def test_a_key_is_found_by_id_name_unit_and_role(words: list[str], whose: list[str]) -> None:
    assert shown(*words) == whose


def test_without_a_word_all_are_shown() -> None:
    found = shown()
    assert len(found) > 250
    assert {"hotline", "tax-officer", "operators"} <= {*found}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("taxs", r"nobody has taxs as id, name, unit or role, or in it: write tax"),
        ("tax leader", r"nobody has leader .* among 3 that have the words before it: write one of: tax-officer"),
        ("张三", r"nobody has 张三 as id, name, unit or role"),
    ],
)
def test_where_nobody_has_a_word_that_is_said_with_what_there_is(words: str, says: str) -> None:
    with pytest.raises(PartError, match=says):
        shown(*words.split())


def test_machines_get_the_same_shape_whatever_is_asked_for(stack: Plan) -> None:
    def read(*words: str) -> dict[str, object]:
        whole: dict[str, object] = json.loads(CliRunner().invoke(app, ["keys", "--json", *words]).stdout)
        return whole

    found = secrets.read(stack.places)
    assert read() == {"channels": found.channels, "users": found.users, "ops_token": found.ops_token}
    some = read("tax", "unit_head")
    assert some == {"channels": {}, "users": {"tax-head": found.users["tax-head"]}, "ops_token": None}


def test_a_pack_that_is_gone_hides_no_key(stack: Plan, tmp_path: Path) -> None:
    known = posts(tmp_path / "nowhere")
    assert known == {}
    assert len(keys(secrets.read(stack.places), known)) > 250
