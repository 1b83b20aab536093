"""A category ends: of which cases that is said, and what it changes in them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id
from sanfu.desk.domain.deeds.succession import recast
from sanfu.desk.domain.folds.succession import FOLDS

FORMER, HEIR = "road-lamp", "street-works"
SAID = {"from_category": FORMER, "category": HEIR}


@pytest.mark.parametrize(
    ("case", "is_said"),
    [
        ({"open": True, "category": FORMER}, True),
        ({"open": False, "category": FORMER}, False),
        ({"open": True, "category": "drainage"}, False),
        ({"open": True, "category": HEIR}, False),
        ({"open": True, "category": None}, False),
        ({}, False),
    ],
)
def test_it_is_said_of_open_cases_of_the_former_category_alone(case: dict[str, Any], is_said: bool) -> None:
    told = recast(case, SAID)
    assert [(one.type, one.data["from_category"], one.data["category"]) for one in told] == (
        [(names.CATEGORY_SUCCEEDED, FORMER, HEIR)] if is_said else []
    )


@pytest.mark.parametrize(("stands", "then"), [(FORMER, HEIR), ("drainage", "drainage"), (None, None)])
def test_a_case_that_is_of_another_category_meanwhile_stays_of_it(stands: str | None, then: str | None) -> None:
    id, at = event_id("desk", "i-1", 1), datetime(2026, 5, 8, tzinfo=UTC)
    event = Event(id, names.CATEGORY_SUCCEEDED, "desk", "i-1", 1, at, SAID)
    case = {"category": stands}
    change = FOLDS[names.CATEGORY_SUCCEEDED](case, event) or {}
    assert {**case, **change} == {"category": then}
