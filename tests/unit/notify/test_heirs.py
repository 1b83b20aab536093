"""What waits for the people of a unit that is no more is told those who go on with its work."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.notify.domain.delivery import claim, further
from sanfu.notify.domain.heirs import passed_on
from sanfu.notify.domain.story import heirs
from tests.support.eventually import eventually
from tests.support.telling import START, Story, on_the_wire, unit, user
from tests.unit.notify.test_decency import at, lit, sms
from tests.unit.notify.test_rules import fold
from tests.unit.notify.test_service import Bench, bench, shown

__all__ = ["bench"]

FORMER = [unit("tax"), user("a", "tax", "officer"), user("h", "tax", "unit_head")]
HEIR = [unit("revenue"), user("x", "revenue", "officer"), user("y", "revenue", "officer"),
        user("z", "revenue", "unit_head")]  # fmt: skip
LEFT = [user("a", "tax", "officer", active=False, version=2)]


def succeeded(issue: str) -> Event:
    body = {"from_unit": "tax", "unit": "revenue", "by": {"role": "system", "id": "desk"}}
    return Story(issue).tell("desk", names.UNIT_SUCCEEDED, body)


async def passes_on(bench: Bench, *issues: str) -> None:
    """These issues pass to the heir."""
    await bench.publish(*(on_the_wire(succeeded(issue)) for issue in issues))
    await eventually(bench.quiet)


async def test_what_is_held_over_the_night_is_told_who_goes_on_with_it(bench: Bench) -> None:
    await bench.publish(*FORMER, *HEIR)
    await at(bench, "2026-05-06 22:00")
    await lit(bench, "i1", "red")
    assert sms(bench) == {}
    await at(bench, "2026-05-07 00:01")
    await bench.publish(*LEFT)
    await passes_on(bench, "i1")
    await at(bench, "2026-05-07 08:00")
    assert sms(bench) == {"138-x": 1, "138-y": 1, "138-z": 1}
    told = [one for one in await shown(bench, medium="sms") if one["template"].startswith("red-")]
    assert {(one["unit"], one["state"]) for one in told} == {("revenue", "sent")}


async def test_of_a_list_only_what_passed_on_leaves_it(bench: Bench) -> None:
    await bench.publish(*FORMER, *HEIR)
    await at(bench, "2026-05-06 22:00")
    for issue in ("i1", "i2", "i3", "i4"):
        await lit(bench, issue, "red")
    await at(bench, "2026-05-07 00:01")
    await passes_on(bench, "i1", "i2", "i3")
    await at(bench, "2026-05-07 08:00")
    texts = {message.to: message.text for message in bench.sms.got}
    assert sms(bench) == {"138-a": 1, "138-h": 1, "138-x": 1, "138-y": 1, "138-z": 1}
    for former in ("138-a", "138-h"):
        assert [f"SF-{one}" in texts[former] for one in ("i1", "i2", "i3", "i4")] == [False, False, False, True]
    await at(bench, "2026-05-07 09:00")
    assert sms(bench) == {"138-a": 1, "138-h": 1, "138-x": 2, "138-y": 2, "138-z": 2}, "the rest of it came in a list"


async def test_what_waits_alone_passes_on_too(bench: Bench) -> None:
    await bench.publish(*HEIR)  # and nothing is known of the former
    await bench.publish(on_the_wire(Story("i1").submitted(contact="none")), on_the_wire(Story("i1").light("yellow")))
    await eventually(lambda: states(bench, "tax", {"held"}))
    await passes_on(bench, "i1")
    assert sms(bench) == {"138-x": 1, "138-y": 1}


async def states(bench: Bench, unit: str, wanted: set[str]) -> bool:
    return {one["state"] for one in await shown(bench, unit=unit)} == wanted


@pytest.mark.parametrize(
    ("steps", "known"),
    [
        ([("a", "b")], {"a": "b"}),
        ([("a", "b"), ("b", "c")], {"a": "c", "b": "c"}),
        ([("a", "b"), ("b", "a")], {"b": "a"}),
        ([("a", "b"), ("c", "d"), ("a", "b")], {"a": "b", "c": "d"}),
    ],
)
def test_who_follows_on_a_follower_goes_on_for_both(steps: list[tuple[str, str]], known: dict[str, str]) -> None:
    facts: dict[str, dict[str, str]] = {}
    for former, heir in steps:
        facts = {"heirs": heirs(facts, former, heir)}
    assert facts["heirs"] == known


def test_only_what_is_for_the_former_s_people_passes_on_and_says_whose_it_is_now() -> None:
    story = Story("i1")
    facts = {"heirs": {"tax": "revenue"}}
    told = fold(story.submitted(), story.assigned("tax"), story.light("red"))[1]
    for one in told:
        after = passed_on(one, facts)
        assert after is not None
        assert (after.id, after.unit, after.recipient) == (one.id, "revenue", f"{one.audience}:revenue")
        assert after.facts["unit"] == "revenue"
        assert passed_on(after, facts) is None
        assert passed_on(one, {}) is None
    assert not any(passed_on(one, facts) for one in fold(story.submitted(START + timedelta(hours=1)))[1])


def test_of_what_was_tried_in_vain_the_first_passes_on_and_its_copies_stay_with_whom_they_are_for() -> None:
    facts = {"heirs": {"tax": "revenue"}}
    officers = [one for one in fold(Story("i1").light("red"))[1] if one.audience == "officer"]
    tried = claim(officers[0], ("a", "b"), START + timedelta(seconds=30), START)
    (copy,) = further(tried)
    first = passed_on(replace(tried, state="queued"), facts)
    assert first is not None
    assert (first.id, first.unit, first.users) == (tried.id, "revenue", ())
    assert passed_on(copy, facts) is None
