"""Whatever happens to an issue, in whatever order it is heard of: the same state, each light once, none early."""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, moment
from sanfu.sla.domain.rules import SlaRules
from tests.support.packs import shipped
from tests.unit.sla.policies import holidays
from tests.unit.sla.telling import Telling

CASES = int(os.environ.get("SANFU_ORACLE_CASES", "300")) // 5
RULES = SlaRules(shipped(), holidays())
GRADES = st.sampled_from(["simple", "complex", "difficult"])
UNITS = st.sampled_from(["tax", "police", "market-group"])
WAITS = st.just("wait")
COMMON = st.sampled_from(["assign", "dispatch", "acknowledge", "handle", "return", "regrade", "urgent", "reopen"])
RARE = st.sampled_from(["suspend", "resume", "extend", "void"])
DEEDS = st.one_of(WAITS, COMMON, COMMON, RARE)
Deed = tuple[str, int, str, str]
LIVES = st.lists(st.tuples(DEEDS, st.integers(1, 3 * 1440), GRADES, UNITS), min_size=1, max_size=12)


LIT_FOR_NOBODY: list[Deed] = [
    ("wait", 249, "simple", "tax"), ("wait", 411, "simple", "tax"), ("assign", 240, "complex", "tax"),
    ("assign", 840, "complex", "police"), ("reopen", 240, "simple", "tax"), ("reopen", 1, "simple", "police"),
]  # fmt: skip
"""A light goes out for a version that is lost, and the next event brings back what was: nobody calls for a new one."""


RESTED_AS_IT_PASSED: list[Deed] = [
    ("assign", 1, "simple", "police"), ("wait", 508, "simple", "tax"), ("suspend", 1, "simple", "tax"),
    ("resume", 1, "simple", "tax"), ("assign", 1, "complex", "tax"),
]  # fmt: skip
"""A rest begins when the limit has passed; then a longer grade moves the limit, and the rest counts: at once."""


def live(deeds: Sequence[Deed]) -> Telling:
    """Let an issue live, its timers going off on time."""
    told, now, assignment, round_ = Telling(RULES), datetime(2026, 2, 10, 9, 0), 0, 1  # noqa: DTZ001  # local time
    told.submitted(_text(now), urgency="normal")
    for one in deeds:
        deed, gap, grade, unit = one
        now += timedelta(minutes=gap)
        at = _text(now)
        told.wait(at)
        if deed in ("assign", "dispatch"):
            assignment += 1
            type = names.ISSUE_ASSIGNED if deed == "assign" else names.ISSUE_DISPATCHED
            service = "router" if deed == "assign" else "desk"
            told.tell(type, at, service=service, unit=unit, grade=grade, urgency="normal", assignment=assignment,
                      audience="resident", round=round_)  # fmt: skip
        elif deed == "reopen":
            round_ += 1
            told.tell(names.ISSUE_REOPENED, at, round=round_, unit=unit, because="requested")
        elif deed != "wait":
            _tell(told, one, now, round_)
    return told


def _tell(told: Telling, deed: Deed, now: datetime, round_: int) -> None:
    name, _, grade, unit = deed
    at = _text(now)
    match name:
        case "handle":
            told.handled(at, unit, round=round_)
        case "return":
            told.tell(names.ISSUE_RETURNED, at, unit=unit, ground="duties", number=1, round=round_)
        case "regrade":
            told.tell(names.GRADE_CHANGED, at, grade=grade, round=round_)
        case "urgent":
            told.tell(names.URGENCY_CHANGED, at, before="normal", urgency="urgent")
        case "suspend":
            told.tell(names.ISSUE_SUSPENDED, at, reason="rain")
        case "resume":
            told.tell(names.ISSUE_RESUMED, at)
        case "extend":
            until = f"{(now + timedelta(days=3)).isoformat()}.000Z"
            told.tell(names.EXTENSION_DECIDED, at, clock="handling", granted=True, until=until, round=round_)
        case "void":
            told.tell(names.COMPLETION_VOIDED, at, unit=unit, round=round_)
        case "acknowledge":
            told.tell(names.ISSUE_ACKNOWLEDGED, at, unit=unit, assignment=1, round=round_)


def _text(now: datetime) -> str:
    return f"{now:%Y-%m-%d %H:%M}"


def _lights(told: Telling) -> list[Event]:
    return [event for event in told.story if event.type == names.LIGHT_CHANGED]


@settings(deadline=None, max_examples=CASES)
@given(LIVES)
def test_each_light_comes_once_for_a_clock_a_level_and_a_version(deeds: list[Deed]) -> None:
    told = live(deeds)
    told.wait("2026-12-01 00:00")
    counts = Counter((e.data["clock"], e.data["level"], e.data["version"]) for e in _lights(told))
    assert [key for key, count in counts.items() if count > 1] == []


@settings(deadline=None, max_examples=CASES)
@given(LIVES)
def test_no_light_is_early_and_none_comes_after_its_stop(deeds: list[Deed]) -> None:
    told = live(deeds)
    told.wait("2026-12-01 00:00")
    for event in _lights(told):
        if event.data["level"] == "red":
            assert event.time >= moment(event.data["limit"])
    assert RULES.due(told.state) is None


@settings(deadline=None, max_examples=CASES)
@given(LIVES, st.randoms(use_true_random=False))
@example(RESTED_AS_IT_PASSED, Random(1))
def test_a_rebuild_ends_in_the_same_state_wherever_own_events_stand_in_the_story(
    deeds: list[Deed], random: Random
) -> None:
    told = live(deeds)
    again = Telling(RULES)
    for event in _shuffled(told.story, random):
        again.fold(event)
    assert again.state == told.state
    assert RULES.outstanding(again.state, told.story[-1].time) == []


def _shuffled(story: Sequence[Event], random: Random) -> list[Event]:
    """Let own events come later than they were decided, by any amount; each service's own order stays."""
    own = [event for event in story if event.source == "sla"]
    behind = {event.id: number for number, event in enumerate(story)}
    found: list[Event] = []
    for number, event in enumerate(story):
        while own and behind[own[0].id] <= number and random.random() < 0.5:
            found.append(own.pop(0))
        if event.source != "sla":
            found.append(event)
    return found + own


@settings(deadline=None, max_examples=CASES)
@given(LIVES, st.integers(0, 30))
@example(LIT_FOR_NOBODY, 14)
def test_what_a_lost_outbox_never_announced_is_announced_after_a_rebuild(deeds: list[Deed], kept: int) -> None:
    told = live([deed for deed in deeds if deed[0] != "extend"])  # what one granted depends on the limit it moved
    own = [event for event in told.story if event.source == "sla"]
    again = Telling(RULES)
    for event in told.story:
        if event.source != "sla" or event in own[:kept]:
            again.fold(event)
    again._counts["sla"] = min(kept, len(own))
    last = told.story[-1].time
    again.settle(_local(last))
    for one in (again, told):
        one.wait(_local(last))
    assert _now(again) == _now(told)


def _now(told: Telling) -> list[tuple[str, ...]]:
    kept = told.state["clocks"]
    return sorted(
        (o["clock"], o["unit"], o["limit"], str(kept[o["clock"]].get("yellow")), o["light"]) for o in told.state["open"]
    )


def _local(at: datetime) -> str:
    return _text(at.replace(tzinfo=None) + timedelta(hours=8, minutes=1))
