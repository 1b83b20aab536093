"""What the gate runs, and what it needs of the machine."""

import pytest

from sanfu.stack.gate import _unit_only, checks
from sanfu.stack.places import checkout


@pytest.mark.parametrize(
    ("arguments", "needs_nothing"),
    [([], False), (["-q"], False), (["tests/unit/sla", "-k", "holiday"], True), (["tests/unit", "tests/e2e"], False)],
)
def test_only_a_run_of_unit_tests_needs_nothing_of_the_machine(arguments: list[str], needs_nothing: bool) -> None:
    assert _unit_only(arguments) is needs_nothing


def test_every_package_and_every_shipped_pack_is_checked() -> None:
    found = checks(checkout())
    assert {"libs/stack/src", "services/desk/src", "tests"} <= set(found["types"])
    assert "pack cities/yiwu" in found
