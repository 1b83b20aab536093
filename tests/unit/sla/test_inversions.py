"""A policy's first inversion: a shorter grade that is due after a longer one."""

from dataclasses import replace

import pytest

from sanfu.city.model.clocks import Limit, LimitCase
from sanfu.city.model.pack import Pack
from sanfu.city.model.policy import Policy
from sanfu.city.problems import Problem
from sanfu.sla.domain.inversions import first_inversion
from tests.support.packs import shipped
from tests.unit.sla import policies


def found(policy: Policy) -> list[Problem]:
    return [*first_inversion(replace(shipped(), policy=policy), policies.holidays())]


def limited(pack: Pack, **limits: Limit) -> Policy:
    handling = pack.policy.clocks["handling"]
    cases = tuple(LimitCase({"grade": (grade,)}, limit) for grade, limit in limits.items())
    return replace(pack.policy, clocks={"handling": replace(handling, limits=cases)})


def test_the_shipped_policy_has_none() -> None:
    assert found(shipped().policy) == []


def test_without_a_cap_a_simple_issue_is_due_after_a_complex_one_before_long_holidays() -> None:
    problem, task = found(replace(shipped().policy, cap_same_day=None))
    assert (problem.file, problem.key, problem.fatal) == ("policy.yaml", "clocks.handling.limits", False)
    assert problem.message == (
        "from 2025-01-27 16:30, simple (same day) is due 2025-02-05 17:30, "
        "and complex (3 calendar days) 2025-01-30 17:30"
    )
    assert problem.cure.startswith("set cap_same_day: complex")
    assert task.key == "clocks.assist.limits", "and so is a task"


@pytest.mark.parametrize(
    ("short", "long", "inverted"),
    [
        (Limit("calendar_days", 3), Limit("calendar_days", 2), True),
        (Limit("working_days", 3), Limit("calendar_days", 7), True),
        (Limit("working_days", 3), Limit("working_days", 3), False),
        (Limit("service_minutes", 240), Limit("working_days", 1), False),
        (Limit("service_minutes", 450), Limit("working_days", 1), False),
        (Limit("service_minutes", 600), Limit("working_days", 1), True),
    ],
)
def test_limits_of_different_kinds_are_held_against_the_calendar(short: Limit, long: Limit, *, inverted: bool) -> None:
    assert bool(found(limited(shipped(), simple=short, complex=long, difficult=long))) == inverted
