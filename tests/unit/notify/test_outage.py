"""What an officer gets once a provider is back that was dead for an hour, in which something came every minute."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from sanfu.notify.adapters.memory import MemoryDeliveries
from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain.delivery import Delivery, Lost, Outcome, Rejected, Retry
from sanfu.notify.domain.digest import may_be_joined
from sanfu.notify.handlers.in_vain import further_again, taken_back
from sanfu.notify.handlers.recipients import turned
from tests.support.eventually import eventually
from tests.support.telling import START, user
from tests.unit.notify.test_storms import Storm, of_issue, storm

__all__ = ["storm"]

A, B = "138-o0", "138-p0"
DOWN, PEOPLE = Retry("unreachable"), ("a", "b", "c")
BEFORE = START - timedelta(hours=1)


@pytest.mark.parametrize("officers", [(A,), (A, B)])
async def test_after_an_hours_outage_officers_get_a_few_messages_and_not_one_for_each_try(
    storm: Storm, officers: Sequence[str]
) -> None:
    if B in officers:
        await storm.bench.publish(user("p0", "unit-0", "officer"))
        await eventually(storm.bench.quiet)
    await an_hour(storm)
    assert storm.provider.got == []
    told = await from_then_on(storm)
    for officer in officers:
        minutes = [minute for minute, to in told if to == officer]
        assert len(minutes) <= 7, "a list at most of each try before the provider was known to be dead, and two more"
        assert minutes[0] == 60, "something at once"
        assert minutes[-1] <= 75, "and all of the hour within a quarter of one"
    assert storm.open("held", "queued", "sending", "failed", "unknown") == 0


async def an_hour(storm: Storm) -> None:
    storm.provider.dead = True
    for minute in range(60):
        storm.bench.clock.set(START + timedelta(minutes=minute))
        storm.put(of_issue(minute, f"d{minute:02}", "yellow-officer-sms", "officer", "unit-0"))
        before, storm.provider.second = storm.provider.asked, storm.provider.second + 60
        await eventually(partial(storm.provider.was_asked_since, before))
        await eventually(lambda: not storm.open("sending"))
    storm.provider.dead = False


async def from_then_on(storm: Storm) -> list[tuple[int, str]]:
    """Go on until all is told; give the minute of each message, and to whom it went."""
    told: list[tuple[int, str]] = []
    for minute in range(60, 100):
        storm.bench.clock.set(START + timedelta(minutes=minute))
        storm.provider.second += 60
        await eventually(lambda: not storm.open("queued", "sending") and not storm.lists_due())
        told += [(minute, one.to) for _, one in storm.provider.got[len(told) :]]
        if not storm.open("held"):
            return told
    raise AssertionError("something is held for ever")


def tried(*users: str, critical: bool = False, template: str = "yellow-officer-sms") -> Delivery:
    """One that is being sent to these, for the first time."""
    one = of_issue(1, "d", template, "officer", "tax", critical=critical)
    return steps.claim(one, users or PEOPLE, START, START)


async def after(
    one: Delivery, outcome: Outcome, *, is_down: bool = True, had: str | None = None
) -> tuple[Delivery, int]:
    """What becomes of it, and how many copies there are; that of `had` somebody has in hand already."""
    deliveries, copies = MemoryDeliveries(), steps.further(one)
    await deliveries.insert([replace(each, ver=2) if each.users == (had,) else each for each in copies])
    in_vain = [one] if steps.nothing_left(one, outcome) else []
    back = await taken_back(deliveries, in_vain, is_down)
    settled = steps.settle(one, outcome, START)
    return steps.taken_back(settled) if one.id in back else settled, len(deliveries.documents)


async def test_a_try_that_left_nothing_counts_for_nobody_and_begins_no_ten_minutes() -> None:
    one, copies = await after(tried(), DOWN)
    assert (one.left, one.users, one.tries, copies) == (None, (), 1, 0)
    again = steps.claim(replace(one, left=BEFORE), ("a",), START, START)
    assert (await after(again, DOWN))[0].left == BEFORE, "an earlier one may have been taken"


async def test_while_somebody_takes_messages_the_others_are_told_whoever_cannot_be() -> None:
    one, copies = await after(tried(), DOWN, is_down=False)
    assert (one.left, one.users, copies) == (START, PEOPLE, 2)
    alone, _ = await after(tried("a"), DOWN, is_down=False)
    assert (alone.left, alone.users) == (None, ())


async def test_a_copy_that_somebody_has_in_hand_stays_and_the_rest_is_put_down_again() -> None:
    one, copies = await after(tried(), DOWN, had="b")
    assert (one.left, one.users, copies) == (START, PEOPLE, 1)
    deliveries = MemoryDeliveries()
    await further_again(deliveries, [tried(), replace(tried(), id="other")], frozenset({"d"}))
    assert {one.users for one in await deliveries.of([each.id for each in steps.further(tried())])} == {("b",), ("c",)}
    assert len(deliveries.documents) == 2


@pytest.mark.parametrize("outcome", [Lost("timeout"), Rejected("http_400"), Retry("greylisted", about="message")])
async def test_what_may_have_been_taken_or_is_about_this_recipient_counts_as_before(outcome: Outcome) -> None:
    one, copies = await after(tried(), outcome)
    assert (one.left, one.users, copies) == (START, PEOPLE, 2)


async def test_an_alarm_keeps_its_copies_and_who_is_told_and_its_list_has_begun_to_leave() -> None:
    one, copies = await after(tried(critical=True), DOWN)
    assert (one.left, one.users, copies) == (None, PEOPLE, 2)
    one, copies = await after(tried(critical=True, template="digest"), DOWN)
    assert (one.left, one.users, copies) == (START, PEOPLE, 2)


def test_a_list_that_was_tried_keeps_nothing_else_back() -> None:
    due = replace(tried(), due=START, tries=0)
    assert may_be_joined(due, START)
    assert not may_be_joined(due, BEFORE)
    assert not may_be_joined(replace(due, tries=1), START)


async def test_whoever_of_several_cannot_be_told_another_is_tried_first_next_time() -> None:
    there = [{"code": code} for code in PEOPLE]
    one = replace(of_issue(1, "d", "t", "officer", "tax"), tries=4)
    assert [each["code"] for each in turned(there, one)] == ["b", "c", "a"]
    assert turned(there, replace(one, critical=True)) == there
    assert list(turned([], one)) == []
