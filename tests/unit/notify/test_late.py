"""Every clock's red is somebody's to see: a unit's first steps, the office's own limits; in lists where it can wait."""

from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts.envelope import Event
from tests.support.eventually import eventually
from tests.support.packs import shipped
from tests.support.telling import START, Story, on_the_wire, unit, user
from tests.unit.notify.test_decency import at, lit
from tests.unit.notify.test_rules import fold, told, untold
from tests.unit.notify.test_service import Bench, bench, shown

__all__ = ["bench"]

OFFICE, GROUP = "three-services-office", "coordination-livelihood"
PEOPLE = [unit(OFFICE), user("boss", OFFICE, "unit_head")]


def lights(clock: str, level: str, of: str, **submitted: Any) -> list[Event]:
    story = Story("i1")
    return [story.submitted(**submitted), story.light(level, of, clock=clock)]


@pytest.mark.parametrize("clock", ["acknowledge", "contact"])
def test_the_officer_and_the_head_hear_that_a_first_step_is_late(clock: str) -> None:
    assert told(fold(*lights(clock, "red", "tax"))[1]) == {("officer", "tax", "sms"), ("unit_head", "tax", "email")}


@pytest.mark.parametrize("clock", ["enterprise_first_call", "whistle"])
def test_officer_and_head_hear_of_a_promise_of_an_hour_by_sms(clock: str) -> None:
    assert told(fold(*lights(clock, "red", "tax"))[1]) == {("officer", "tax", "sms"), ("unit_head", "tax", "sms")}


@pytest.mark.parametrize(
    ("clock", "owner"),
    [("review", OFFICE), ("follow_up", OFFICE), ("reopen_decision", OFFICE), ("adjudication", GROUP)],
)
def test_the_office_and_the_groups_hear_of_their_own_lateness(clock: str, owner: str) -> None:
    assert told(fold(*lights(clock, "red", owner))[1]) == {("unit", owner, "email"), ("unit_head", owner, "sms")}


@pytest.mark.parametrize("level", ["yellow", "red"])
@pytest.mark.parametrize("clock", ["petition_admit", "petition_review"])
def test_the_office_hears_before_and_when_a_petitions_legal_limit_passes(clock: str, level: str) -> None:
    sent = fold(*lights(clock, level, OFFICE, secrecy="confidential", text=None))[1]
    assert told(sent) == {("unit", OFFICE, "email"), ("unit_head", OFFICE, "sms")}


@pytest.mark.parametrize("level", ["yellow", "red"])
def test_the_unit_hears_the_same_of_a_petition_that_it_handles_as_of_its_own_limit(level: str) -> None:
    own = told(fold(*lights("unit_handling", level, "tax"))[1])
    assert told(fold(*lights("petition_handle", level, "tax"))[1]) == own


def test_of_a_sealed_issue_nobody_hears_whatever_is_late() -> None:
    sealed = {"secrecy": "sealed", "title": "[withheld]", "text": None}
    for clock in shipped().policy.clocks:
        sent = fold(*lights(clock, "red", OFFICE, **sealed))[1]
        assert untold(sent) <= {("sealed", None)}
        assert len(sent) == len({one.id for one in sent})
    assert untold(fold(*lights("review", "red", OFFICE, **sealed))[1]) == {("sealed", None)}


async def test_a_hundred_late_reviews_are_one_mail_and_one_sms_at_the_next_hour_of_lists(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    for number in range(100):
        story = Story(f"i{number}")
        red = story.light("red", OFFICE, clock="review")
        await bench.publish(on_the_wire(story.submitted(contact="none", receipt=f"SF-{number:04}")), on_the_wire(red))
    await eventually(bench.quiet, within=60)
    assert (bench.sms.got, bench.email.got) == ([], [])
    assert {one["why"] for one in await shown(bench, state="held") if one["template"] != "digest"} == {"digest"}
    bench.clock.set(START + timedelta(hours=4))
    await eventually(bench.quiet, within=60)
    assert [(m.to, m.text.splitlines()[0]) for m in bench.sms.got] == [("138-boss", "【义乌三服务】100条提醒：")]
    assert [(m.to, m.subject) for m in bench.email.got] == [(f"{OFFICE}@city.example", "100件事项提醒")]


async def test_what_went_out_before_the_list_is_not_in_it_and_what_is_urgent_does_not_wait_for_it(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    for issue in ("late", "done"):
        await lit(bench, issue, "red", unit=OFFICE, clock="review")
    out = Story("done", {"sla": 1}).light("none", OFFICE, clock="review", reason="stopped_late")
    await bench.publish(on_the_wire(out))
    await eventually(bench.quiet)
    assert bench.sms.got == []
    await lit(bench, "now", "red", unit=OFFICE, clock="review", urgency="urgent")
    assert ["SF-now" in m.text for m in bench.sms.got] == [True]
    await at(bench, "2026-05-06 14:00")
    assert "SF-late" in bench.sms.got[-1].text
    assert not any("SF-done" in m.text for m in (*bench.sms.got, *bench.email.got))


async def test_promises_of_an_hour_are_told_at_once(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("o", "tax", "officer"), user("h", "tax", "unit_head"))
    await lit(bench, "i1", "red", clock="whistle")
    assert {m.to for m in bench.sms.got} == {"138-o", "138-h"}
