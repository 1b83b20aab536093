"""What was held is looked at anew when its turn comes: it may be over by then, or not for its recipient any more."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.notify.domain.affairs import AffairRules
from sanfu.notify.domain.delivery import Delivery, Retry, Sent
from sanfu.notify.domain.outdated import outdated
from sanfu.notify.domain.records import read
from sanfu.notify.domain.rules import COLLECTION, NotifyRules
from sanfu.runtime.rules import Insert
from tests.support.eventually import eventually
from tests.support.packs import shipped
from tests.support.telling import BY, Story, on_the_wire, unit, user
from tests.unit.notify.test_decency import PEOPLE, at, lit, local, sms
from tests.unit.notify.test_service import Bench, bench, letters, shown

__all__ = ["bench"]

RULES = NotifyRules(shipped(), len)
SATURDAY, NOON, MONDAY = "2026-05-16 10:00", "2026-05-16 12:00", "2026-05-18 08:00"
EARLIER, LATER = local(SATURDAY), local(NOON)
REPORT = {"by": BY, "unit": "tax", "outcome": "solved", "reply": "好了", "received_at": "2026-05-16T04:00:00.000Z"}


def told_after(told: Event, *later: Event, rules: NotifyRules = RULES) -> set[str | None]:
    """What is said against the staff's messages of an event, by the facts after some more."""
    before: Mapping[str, Any] = rules.evolve({}, Story("i1").submitted(EARLIER, contact="none"))
    before = rules.evolve(before, Story("i1").assigned("tax", EARLIER, assignment=1)) if rules is RULES else before
    state = rules.evolve(before, told)
    inserts = [one for one in rules.relay(before, state, told) if isinstance(one, Insert)]
    made = [read(one.document) for one in inserts if one.collection == COLLECTION]
    assert made
    for event in later:
        state = rules.evolve(state, event)
    return {outdated(one, state["facts"]) for one in made}


def handed_over(story: Story) -> Event:
    body = {"from_unit": "tax", "unit": "police", "grade": "complex", "assignment": 3, "why": "accepted", "reason": "r"}
    return story.tell("desk", names.ISSUE_HANDED_OVER, {"by": BY, **body}, LATER)


def ends(story: Story) -> Mapping[str, Event]:
    return {
        "closed": story.closed(LATER),
        "handled": story.tell("desk", names.ISSUE_HANDLED, {**REPORT, "assignment": 2}, LATER),
        "handed_over": handed_over(story),
        "assigned_elsewhere": story.assigned("police", LATER, assignment=3),
        "merged": story.tell("desk", names.ISSUE_MERGED, {"by": BY, "head": "i9", "reason": "r"}, LATER),
    }


@pytest.mark.parametrize("end", ["closed", "handled", "handed_over", "assigned_elsewhere", "merged"])
def test_what_asks_the_unit_that_leads_is_over_with_its_turn(end: str) -> None:
    story = Story("i1")
    assert told_after(story.assigned("tax", EARLIER, assignment=2), ends(story)[end]) == {"stopped"}


def test_what_came_after_the_end_or_belongs_to_another_unit_is_told() -> None:
    story = Story("i1")
    assert told_after(story.assigned("tax", EARLIER, assignment=2)) == {None}
    handled, closed = ends(story)["handled"], ends(story)["closed"]
    again = {"by": BY, "round": 2, "unit": "tax", "reason": "r", "because": "requested"}
    reopened = story.tell("desk", names.ISSUE_REOPENED, again, LATER)
    assert told_after(reopened, handled, closed) == {None}, "of the same instant: in doubt it is told"
    assert told_after(story.closed(EARLIER), closed) == {None}, "it asks for nothing"


def test_an_alarm_is_told_until_the_case_ended() -> None:
    story = Story("i1")
    alarm = story.assigned("tax", EARLIER, assignment=2, urgency="emergency")
    assert told_after(alarm, ends(story)["handed_over"]) == {None, "stopped"}, "duty officer, and the unit's mailbox"
    assert told_after(alarm, ends(story)["closed"]) == {"stopped"}


def test_a_merged_issue_that_goes_on_by_itself_is_not_over() -> None:
    story = Story("i1")
    merged = ends(story)["merged"]
    apart = story.tell("desk", names.ISSUE_SEPARATED, {"by": BY, "head": "i9", "because": "refused"}, LATER)
    assert told_after(story.assigned("tax", EARLIER, assignment=2), merged, apart) == {None}


def test_a_lights_message_is_over_with_its_light_and_no_other() -> None:
    story = Story("i1")
    red = story.light("red", at=EARLIER)
    assert told_after(red) == {None}
    assert told_after(red, story.light("none", at=EARLIER, reason="stopped_in_time")) == {"stopped"}
    assert told_after(red, story.light("none", at=EARLIER, reason="stopped_late", clock="review")) == {None}
    assert told_after(red, story.light("none", reason="stopped_late", clock="assist", about="assist:1")) == {None}
    later = story.light("red", version=2, at=EARLIER)
    assert told_after(later, story.light("none", at=LATER, reason="deadline_moved", version=1)) == {None}
    out = story.light("none", at=LATER, reason="stopped_late")
    assert told_after(red, out, story.light("red", at=LATER, reason="stop_voided")) == {None}
    assert told_after(red, out, later) == {"stopped"}, "a new limit's light is another light"


def test_an_orders_light_is_over_with_it_too() -> None:
    rules, story = AffairRules(shipped(), len), Story("i1")
    red = story.light("red", clock="supervision_reply", at=EARLIER)
    out = story.light("none", clock="supervision_reply", at=LATER, reason="stopped_late")
    assert told_after(red, rules=rules) == {None}
    assert told_after(red, out, rules=rules) == {"stopped"}


def test_of_an_issue_that_was_sealed_since_no_staff_hears_and_its_party_does() -> None:
    story = Story("i1")
    body = {"by": BY, "before": "open", "secrecy": "sealed", "title": "诉求", "reason": "r"}
    sealed = story.tell("desk", names.SECRECY_CHANGED, body, LATER)
    red = story.light("red", at=EARLIER)
    assert told_after(red, sealed) == {"sealed"}
    assert told_after(story.closed(EARLIER), sealed) == {None}


def test_one_put_down_by_a_version_that_kept_no_versions_is_told() -> None:
    one = Delivery(
        id="d", p=0, subject="i1", event="sla:i1:1", type=names.LIGHT_CHANGED, at=EARLIER, template="t", medium="sms",
        audience="officer", unit="tax", policy="at_least_once", critical=False, useful_until=LATER,
        facts={"clock": "unit_handling"},
    )  # fmt: skip
    assert outdated(one, {"dark": {"unit_handling/": 1}}) is None
    assert outdated(replace(one, facts={**one.facts, "version": 1}), {"dark": {"unit_handling/": 1}}) == "stopped"


# ── on the way ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_red_of_saturday_that_was_dealt_with_is_told_nobody_on_monday(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await at(bench, SATURDAY)
    await lit(bench, "i1", "red")
    await lit(bench, "i2", "red")
    now = await at(bench, NOON)
    out = Story("i1", {"sla": 1}).light("none", at=now, reason="stopped_late")
    await bench.publish(on_the_wire(out), on_the_wire(Story("i2").closed(now)))
    await at(bench, MONDAY)
    assert bench.sms.got == bench.email.got == []
    ended = [one for one in await shown(bench, state="skipped", unit="tax") if one["template"] != "digest"]
    assert {(one["why"], one["digest"]) for one in ended} == {("stopped", None)}
    assert len(ended) == 8
    assert await bench.reported(names.DELIVERY_FAILED) == [], "each story says itself why nobody was told"


async def test_a_list_leaves_out_what_is_over_and_one_that_is_left_comes_in_its_own_words(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer"), user("b", "tax", "officer"))
    await at(bench, SATURDAY)
    for number in (1, 2, 3, 4):
        await lit(bench, f"i{number}", "yellow")
    now = await at(bench, NOON)
    await bench.publish(*(on_the_wire(Story(issue).closed(now)) for issue in ("i1", "i3")))
    await at(bench, MONDAY)
    assert bench.sms.got[-1].text.splitlines()[0] == "【义乌三服务】2条提醒："
    assert all("SF-i2" in m.text and "SF-i4" in m.text and "SF-i3" not in m.text for m in bench.sms.got)
    assert sms(bench) == {"138-a": 1, "138-b": 1}
    assert {one["state"] for one in await shown(bench, subject="i4", medium="sms", unit="tax")} == {"sent"}
    assert {one["why"] for one in await shown(bench, subject="i3", medium="sms", unit="tax")} == {"stopped"}


async def test_a_unit_that_is_accused_since_is_not_told_what_was_held(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await at(bench, SATURDAY)
    await lit(bench, "i1", "red")
    await lit(bench, "i2", "red")
    now = await at(bench, NOON)
    body = {"by": BY, "before": "open", "secrecy": "sealed", "title": "诉求", "reason": "r"}
    await bench.publish(on_the_wire(Story("i1").tell("desk", names.SECRECY_CHANGED, body, now)))
    await eventually(bench.quiet)
    await at(bench, MONDAY)
    assert bench.sms.got
    assert not [m for m in (*bench.sms.got, *bench.email.got) if "SF-i1" in f"{m.subject}{m.text}"]
    assert await shown(bench, subject="i1", reason="sealed")
    told = {one["medium"] for one in await shown(bench, subject="i1", unit="tax")}
    assert told == {"inbox"}, "of what was not told no record says, either, whose people that would be"
    assert ["SF-i2" in one for one in await letters(bench, "user:a")] == [True], "what was told is shown no more"


async def test_a_copy_of_a_list_that_waits_for_its_provider_leaves_out_what_was_sealed_meanwhile(bench: Bench) -> None:
    await bench.publish(unit("tax"), user("a", "tax", "officer"), user("b", "tax", "officer"))
    await at(bench, SATURDAY)
    for number in (1, 2):
        await lit(bench, f"i{number}", "yellow")
    bench.sms.script.extend([Sent("p1"), Retry("http_503", 2.0)])
    bench.clock.set(local(MONDAY))
    await eventually(lambda: len(bench.sms.got) == 2)
    body = {"by": BY, "before": "open", "secrecy": "sealed", "title": "诉求", "reason": "r"}
    await bench.publish(on_the_wire(Story("i1").tell("desk", names.SECRECY_CHANGED, body, local(MONDAY))))
    await eventually(bench.quiet, within=15)
    assert [("SF-i1" in m.text, "SF-i2" in m.text) for m in bench.sms.got] == [
        (True, True),
        (True, True),
        (False, True),
    ]
