"""Reading the story back ends where the live run ended, wherever the router's own events stand in it."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.router.domain.rules import RouterRules
from tests.unit.router.city import pack
from tests.unit.router.story import AT, NOW, Told, read_back
from tests.unit.router.test_unit_topics import STEPS, act, leaking

RULES = RouterRules(pack())


def later(story: list[Event], seed: int) -> list[Event]:
    """Move the router's events back, as a slow publish does: behind others', never before what they answer, nor
    behind a return of them: who returns an assignment has read of it."""
    chance = random.Random(seed)
    own = [event for event in story if event.source == "router"]
    told: list[Event] = []
    for event in story:
        if event.source == "router":
            continue
        if event.type == names.ISSUE_RETURNED:
            read = [at for at, each in enumerate(own, 1) if each.data.get("assignment", 99) <= event.data["assignment"]]
            told += [own.pop(0) for _ in range(max(read, default=0))]
        told.append(event)
        while own and own[0].causation in {each.id for each in told} and chance.random() < 0.4:
            told.append(own.pop(0))
    return told + own


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS, max_size=15), st.booleans(), st.integers(0, 10_000))
def test_a_rebuild_gives_the_state_of_the_live_run(steps: list[tuple[Any, ...]], sure: bool, seed: int) -> None:
    it = leaking() if sure else leaking(text="who knows")
    for step in steps:
        act(it, step)
    assert read_back(RULES, it.story) == it.state
    assert read_back(RULES, later(it.story, seed)) == it.state


def test_live_nothing_is_ever_left_waiting() -> None:
    it = leaking()
    it.returned("water", "roads", 1)
    assert "waiting" not in it.state


def test_an_answer_published_late_is_counted_where_it_belongs() -> None:
    """A deadline set at once stands before the slow assignment; the unit heard of it second all the same."""
    it = leaking()
    it.tell(names.DEADLINE_SET, "sla", clock="review", version=1, round=1, unit="office", limit=AT, starts=AT, pack="p")
    submitted, assigned, deadline = it.story
    state = read_back(RULES, [submitted, deadline, assigned])
    assert state["standing"]["units"]["water"]["n"] == 2


def test_what_a_lost_outbox_never_announced_is_announced_after_the_rebuild() -> None:
    it = leaking()
    state = read_back(RULES, it.story[:1])
    (draft,) = RULES.outstanding(state, NOW)
    assert (draft.type, draft.data["unit"]) == (names.ISSUE_ASSIGNED, "water")
    done = RULES.evolve(state, it.story[1])
    assert RULES.outstanding(done, NOW) == ()


def test_after_the_announcement_nothing_is_outstanding_any_more() -> None:
    state = read_back(RULES, leaking().story[:1])
    (draft,) = RULES.outstanding(state, NOW)
    announced = Event("router:i-1:1", draft.type, "router", "i-1", 1, NOW, draft.data)
    assert RULES.outstanding(RULES.evolve(state, announced), NOW) == ()


def test_nothing_is_outstanding_where_the_desk_has_decided_meanwhile() -> None:
    it = leaking()
    it.dispatch("roads", 1)
    submitted, _, dispatched = it.story
    assert RULES.outstanding(read_back(RULES, [submitted, dispatched]), NOW) == ()


def test_the_router_knows_what_the_registry_says_it_reads() -> None:
    from sanfu.contracts import registry  # noqa: PLC0415

    of_issues = {event.type for event in registry.EVENTS if event.topic == names.ISSUES}
    assert RULES.knows == (registry.read_by("router") & of_issues) | registry.written_by("router")


def test_a_state_holds_no_decision_of_a_pack() -> None:
    """The same story gives the same state with whatever rules."""
    it = leaking()
    it.returned("water", "roads", 1)
    other = RouterRules(pack(pack().rules[0]))
    assert read_back(other, it.story) == it.state
    assert Told(other).state == {}
