"""Whole stories held to the slow oracle: grades and urgencies that change, pauses that begin before and after the
limit, extensions, all policies, hours of a unit's own. What is reckoned event by event is what the oracle reckons once
from the original start."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sanfu.city.model.clocks import Limit, LimitCase, Pause, Trigger, Yellow
from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.sla.domain.rules import SlaRules
from tests.support.packs import shipped
from tests.unit.sla import policies
from tests.unit.sla.oracle import Plain, reckon
from tests.unit.sla.telling import Telling
from tests.unit.sla.test_deadlines_against_the_oracle import ELSEWHERE, cases, policy_of

CASES = int(os.environ.get("SANFU_ORACLE_CASES", "300"))
KINDS = {
    "simple": ("same_day", 0), "complex": ("calendar_days", 3), "difficult": ("working_days", 4),
}  # fmt: skip
SUSPENDED = Pause("suspended", (Trigger(names.ISSUE_SUSPENDED),), (Trigger(names.ISSUE_RESUMED),), ())
ALWAYS = (((0, 1440),),) * 7
DEEDS = st.one_of(
    st.sampled_from(["suspend", "resume", "wait", "extend", "urgent"]),
    st.sampled_from(["suspend", "resume"]),
    st.sampled_from([*KINDS]),
)
LIVES = st.lists(st.tuples(DEEDS, st.integers(1, 4 * 1440)), max_size=8)


@dataclass
class Life:
    """What an issue lived through, as an oracle has to know it."""

    now: datetime
    grade: str = "complex"
    urgent: bool = False
    since: datetime | None = None
    pauses: tuple[tuple[datetime, datetime], ...] = ()
    extended: int = 0


def rules_of(case: Plain, *, of_unit: bool) -> SlaRules:
    """The policy of a case, with one clock: the lead's own hours count, or the city's."""
    limits = tuple(LimitCase({"grade": (grade,)}, Limit(kind, n)) for grade, (kind, n) in KINDS.items())  # type: ignore[arg-type]
    clock = policies.clock(
        yellow=Yellow(case.yellow_days, case.yellow_same_day, case.yellow_minutes), limits=None,
        starts=(Trigger(names.ISSUE_ASSIGNED),), stops=(Trigger(names.ISSUE_HANDLED),), pauses=("suspended",),
        in_charge="lead" if of_unit else "city", not_after="limit_asked",
    )  # fmt: skip
    policy = policy_of(case)
    hours: dict[str, Any] = {"service": ELSEWHERE, "unit_service": {"tax": policy.service}} if of_unit else {}
    policy = replace(
        policy, clocks={"handling": replace(clock, limits=limits)}, pauses={"suspended": SUSPENDED}, **hours
    )
    return SlaRules(replace(shipped(), policy=policy), policies.holidays())


def live(told: Telling, case: Plain, deeds: Sequence[tuple[str, int]]) -> Life:
    life = Life(case.start)
    if case.asked:
        told.submitted(_text(life.now), limit_asked=instant(policies.local(_text(case.asked))))
    told.assigned(_text(life.now), grade=life.grade)
    for deed, gap in [*deeds, ("resume", 60)]:
        life.now += timedelta(minutes=gap)
        told.wait(_text(life.now))
        _do(told, life, deed)
    told.wait(_text(life.now))
    return life


def _do(told: Telling, life: Life, deed: str) -> None:
    at = _text(life.now)
    match deed:
        case "suspend" if life.since is None:
            life.since = life.now
            told.tell(names.ISSUE_SUSPENDED, at, reason="rain")
        case "resume" if life.since is not None:
            life.pauses, life.since = (*life.pauses, (life.since, life.now)), None
            told.tell(names.ISSUE_RESUMED, at)
        case "urgent":
            life.urgent = True
            told.tell(names.URGENCY_CHANGED, at, before="normal", urgency="urgent")
        case "simple" | "complex" | "difficult" if deed != life.grade:
            life.grade = deed
            told.tell(names.GRADE_CHANGED, at, before="complex", grade=deed)
        case "extend" if not life.extended and life.since is None and not life.urgent and life.grade == "complex":
            _extend(told, life)


def _extend(told: Telling, life: Life) -> None:
    """Grant two days, as desk does it: until that day, at the limit's own time of day."""
    limit = datetime.fromisoformat(told.state["clocks"]["handling"]["limit"])
    if limit <= policies.local(_text(life.now)):
        return
    life.extended = 2
    until = instant(limit + timedelta(days=2))
    told.tell(names.EXTENSION_DECIDED, _text(life.now), clock="handling", granted=True, until=until)


def expected(case: Plain, life: Life, *, of_unit: bool) -> tuple[str, str | None]:
    if of_unit and case.asked and case.asked <= case.start:
        case = replace(case, asked=None)  # it had passed before the unit began
    kind, n = KINDS[life.grade]
    hours: dict[str, Any] = {"week": ALWAYS, "keeps_holidays": False} if life.urgent else {}
    extended = life.extended  # days of whatever kind the limit now has
    plain = replace(
        case, kind=kind, n=n, pauses=life.pauses, extension_days=extended, extension_other=0, **hours,
    )  # fmt: skip
    limit, yellow = reckon(plain)
    return f"{limit:%Y-%m-%d %H:%M}", None if yellow is None else f"{yellow:%Y-%m-%d %H:%M}"


def _text(now: datetime) -> str:
    return f"{now:%Y-%m-%d %H:%M}"


def check(case: Plain, deeds: Sequence[tuple[str, int]], *, of_unit: bool) -> None:
    if case.days_end == "service_minutes":  # a granted day is then no day of the calendar's
        deeds = [deed for deed in deeds if deed[0] != "extend"]
    told = Telling(rules_of(case, of_unit=of_unit))
    life = live(told, case, deeds)
    kept = told.state["clocks"]["handling"]
    limit, yellow = (at and policies.shown(datetime.fromisoformat(at)) for at in (kept["limit"], kept.get("yellow")))
    assert (limit, yellow) == expected(case, life, of_unit=of_unit)


@settings(max_examples=max(60, CASES // 2), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(), LIVES, st.booleans())
def test_a_story_ends_with_the_deadline_that_the_oracle_reckons_from_its_start(
    case: Plain, deeds: list[tuple[str, int]], of_unit: bool
) -> None:
    check(case, deeds, of_unit=of_unit)


def with_tasks(rules: SlaRules) -> SlaRules:
    """The same policy, with a clock for tasks within its own."""
    lead = rules.pack.policy.clocks["handling"]
    task = replace(
        lead, code="assist", per="assist", in_charge="assistant", limit_field="limit", within="handling",
        starts=(Trigger(names.ASSIST_ASKED),), stops=(Trigger(names.ASSIST_DONE),), not_after=None,
    )  # fmt: skip
    policy = replace(rules.pack.policy, clocks={"handling": lead, "assist": task})
    return SlaRules(replace(rules.pack, policy=policy), policies.holidays())


@settings(max_examples=max(60, CASES // 2), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(), LIVES, st.booleans(), st.integers(0, 4), st.integers(60, 6 * 1440))
def test_whatever_a_lead_lives_through_no_task_is_due_later_and_each_of_its_lights_turns_once(
    case: Plain, deeds: list[tuple[str, int]], of_unit: bool, place: int, span: int
) -> None:
    told, life = Telling(with_tasks(rules_of(case, of_unit=of_unit))), Life(case.start)
    told.assigned(_text(life.now), grade=life.grade)
    for number, (deed, gap) in enumerate([*deeds, ("resume", 60)]):
        life.now += timedelta(minutes=gap)
        told.wait(_text(life.now))
        _do(told, life, deed)
        now = policies.local(_text(life.now))
        if number == min(place, len(deeds)):
            limit = instant(now + timedelta(minutes=span))
            told.tell(names.ASSIST_ASKED, _text(life.now), unit="water", task="清运", number=1, limit=limit)
        task, lead = (told.state["clocks"].get(key) for key in ("assist:1", "handling"))
        if task and life.since is None and instant(now) < lead["limit"]:
            assert task["limit"] <= lead["limit"], deed
    told.wait(_text(life.now + timedelta(days=30)))
    of_task = [one.data for one in told.story if one.data.get("about") == "assist:1"]
    turned = [(data["version"], data["level"]) for data in of_task if data.get("level") not in (None, "none")]
    assert len(turned) == len(set(turned))
    versions = [data["version"] for data in of_task if "level" not in data]
    assert versions == [*range(1, len(versions) + 1)]
    assert told.again().state == told.state


@pytest.mark.full
@settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(), LIVES, st.booleans())
def test_20_000_stories_end_with_the_deadline_that_the_oracle_reckons(
    case: Plain, deeds: list[tuple[str, int]], of_unit: bool
) -> None:
    check(case, deeds, of_unit=of_unit)
