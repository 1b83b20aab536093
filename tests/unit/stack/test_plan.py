"""What a stack is to be."""

from pathlib import Path

import pytest

from sanfu.stack.places import OFFSETS, Places, first_port
from sanfu.stack.plan import Plan


def test_a_plan_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    plan = Plan(
        tmp_path, "demo", only=("kafka", "sla"), city=tmp_path / "c", environment={"SANFU_CLOCK": "x"}, rehearsal=True
    )
    plan.write()
    assert Plan.read(Places(tmp_path, "demo")) == plan


@pytest.mark.parametrize("name", ["main", "demo", "t1", "one-more"])
def test_every_stack_has_ports_of_its_own_below_those_that_the_system_hands_out(name: str) -> None:
    ports = {Places(Path(), name).port(of) for of in OFFSETS}
    assert len(ports) == len(OFFSETS)
    assert first_port(name) <= min(ports) <= max(ports) < first_port(name) + 100 < 32_768


def test_a_server_that_runs_elsewhere_is_not_started(tmp_path: Path) -> None:
    plan = Plan(tmp_path, kafka="kafka.example:9092")
    assert not plan.runs("kafka")
    assert plan.bootstrap == "kafka.example:9092"
    assert plan.runs("mongo")


def test_only_those_named_are_run(tmp_path: Path) -> None:
    plan = Plan(tmp_path, only=("sla",))
    assert plan.runs("sla")
    assert not plan.runs("kafka")
