"""Units, supervisors and sponsors are told of orders, tasks and the register."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.notify.domain.affairs import AffairRules
from sanfu.notify.domain.records import read
from sanfu.runtime.rules import Insert
from tests.support.eventually import eventually
from tests.support.packs import shipped
from tests.support.telling import BY, START, Story, on_the_wire, unit, user
from tests.unit.notify.test_service import Bench, bench, letters, shown

__all__ = ["bench"]

PEOPLE = [
    on_the_wire(Story("i1").submitted(contact="none")),
    unit("tax"), user("o", "tax", "officer"), user("h", "tax", "unit_head"), unit("office-inspection"),
    user("s", "office-inspection", "supervisor"), user("mayor", "leading-group", "leader"), unit("leading-group"),
]  # fmt: skip
SOON = "2026-05-09T09:30:00.000Z"


def raised(order: Story, **more: Any) -> Event:
    body = {
        "by": BY, "level": "yellow", "unit": "tax", "issuer": "three-services-office", "cause": "red_light",
        "text": "请书面说明", "reply_by": SOON, "concerns": ["i1"], **more,
    }  # fmt: skip
    return order.tell("desk", names.ORDER_RAISED, body)


def due(affair: Story, level: str, clock: str, at: Any = START) -> Event:
    body = {
        "clock": clock, "version": 1, "round": 1, "unit": "tax", "limit": SOON, "level": level,
        "reason": "yellow_due" if level == "yellow" else "limit_passed",
    }  # fmt: skip
    return affair.tell("sla", names.LIGHT_CHANGED, body, at)


def opened(sheet: Story, kind: str, **more: Any) -> Event:
    body = {"by": BY, "kind": kind, "title": "单子", "holder": "o", "unit": "tax", "entries": [], "turn": True} | more
    return sheet.tell("desk", names.LIST_OPENED, body)


async def tell(bench: Bench, *events: Event, topic: str = names.AFFAIRS) -> None:
    await bench.publish(*(on_the_wire(event, topic) for event in events))
    await eventually(bench.quiet)


async def test_a_unit_its_head_and_the_supervisors_hear_of_an_order_and_no_word_of_what_it_says(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    await tell(bench, raised(Story("order-1")))
    assert [(m.to, m.subject) for m in bench.email.got] == [("tax@city.example", "督办单，5月9日 17:30前回复")]
    assert [m.to for m in bench.sms.got] == ["138-h"]
    (letter,) = await letters(bench, "user:h")
    assert letter == "督办单已下达你单位，请于5月9日 17:30前书面回复，内容见工作台。"
    assert not any("书面说明" in f"{m.subject} {m.text}" for m in (*bench.sms.got, *bench.email.got))
    (digest,) = [one for one in await shown(bench, state="held") if one["recipient"] == "supervisor" and one["digest"]]
    assert (digest["unit"], digest["due"]) == ("office-inspection", "2026-05-06T06:00:00.000Z")
    bench.clock.set(START + timedelta(hours=4))
    await eventually(bench.quiet)
    assert bench.email.got[-1].to == "s@city.example"
    assert await bench.reported(names.PARTY_INFORMED) == [], "no issue's story is told of an affair"
    assert {one["state"] for one in await shown(bench, subject="order-1")} == {"sent"}


async def test_of_an_order_that_is_late_the_head_hears_and_of_a_task_its_unit(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    order, task = Story("order-1"), Story("task-1")
    await tell(bench, raised(order))
    bench.clock.set(START + timedelta(minutes=11))
    await tell(bench, due(order, "red", "supervision_reply", bench.clock.now()))
    assert bench.sms.got[-1].text == "【义乌三服务】红灯：你单位的“督办回复”已于5月9日 17:30超期，请立即办理。"
    bench.clock.set(START + timedelta(minutes=22))
    body = {"by": BY, "unit": "tax", "text": "修好", "limit": SOON}
    await tell(bench, task.tell("desk", names.TASK_SET, body, bench.clock.now()))
    assert bench.email.got[-1].subject == "会议交办任务，5月9日 17:30前完成"


async def test_a_light_of_an_affair_is_not_told_in_words_about_an_issue(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    order = Story("order-1")
    climbed = {
        "clock": "supervision_reply", "version": 1, "round": 1, "unit": "tax", "limit": SOON, "step": 1,
        "to_unit": "leading-group", "to_role": "leader", "level": "red",
    }  # fmt: skip
    await tell(bench, raised(order), order.tell("sla", names.ESCALATION_RAISED, climbed))
    assert {one["template"] for one in await shown(bench, subject="order-1")} == {
        "order-raised-unit-email", "order-raised-head-sms", "order-raised-supervisor-email", "order-raised-head-inbox",
    }  # fmt: skip


async def test_the_sponsor_of_a_registered_issue_hears_of_its_milestones(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    story = Story("i1")
    registered = {
        "by": BY, "meeting": "meeting-1", "owner": "tax", "sponsor": "mayor", "cause": "c", "report_by": SOON,
        "plan": [{"text": "t", "limit": SOON}],
    }  # fmt: skip
    events = [
        story.submitted(contact="none"), story.tell("desk", names.ISSUE_REGISTERED, registered),
        due(story, "yellow", "register_milestone"),
    ]  # fmt: skip
    await tell(bench, *events, topic=names.ISSUES)
    assert [(m.to, m.subject) for m in bench.email.got] == [
        ("tax@city.example", "挂账事项由你单位负责（SF7K2-9MQ4X）"),
        ("mayor@city.example", "SF7K2-9MQ4X“挂账节点”时限5月9日 17:30"),
    ]
    assert [m.to for m in bench.sms.got] == ["138-h"]


async def test_without_a_sponsor_no_leader_is_looked_for(bench: Bench) -> None:
    await bench.publish(*PEOPLE)
    story = Story("i1")
    await tell(bench, story.submitted(contact="none"), due(story, "red", "register_milestone"), topic=names.ISSUES)
    assert bench.email.got == []
    assert not [one for one in await shown(bench) if one["recipient"] == "leader"]


@pytest.mark.parametrize(("kind", "heads"), [("visit", 1), ("experience", 0), ("checkup", 0)])
def test_whatever_a_pack_says_no_unit_hears_of_a_list_of_one_who_is_incognito(kind: str, heads: int) -> None:
    pack, sheet = shipped(), Story("list-1")
    careless = [replace(one, where={**one.where, "list": (kind,)}) for one in pack.templates if "list" in one.where]
    rules, state = AffairRules(replace(pack, templates=tuple(careless)), len), dict[str, Any]()
    for event in (opened(sheet, kind), due(sheet, "red", "listed_entry")):
        before, state = state, dict(rules.evolve(state, event))
        told = rules.relay(before, state, event)
    assert len(told) == heads


def put_down(*events: Event) -> set[tuple[str, str | None, tuple[str, ...], str | None]]:
    """What is on record of the last of these, after the others."""
    rules, before, state = AffairRules(shipped(), len), dict[str, Any](), dict[str, Any]()
    for event in events:
        before, state = state, dict(rules.evolve(state, event))
    made = rules.relay(before, state, events[-1])
    inserted = [read(one.document) for one in made if isinstance(one, Insert)]
    return {(one.state, one.why, one.users, one.unit) for one in inserted}


def test_of_what_the_holder_of_a_list_did_himself_it_is_on_record_that_he_is_not_told() -> None:
    own = opened(Story("list-1"), "visit", by={"id": "o", "role": "officer"})
    assert put_down(own) == {("skipped", "own_deed", ("o",), "tax")}
    assert put_down(opened(Story("list-1"), "visit")) == {("queued", None, ("o",), "tax")}


@pytest.mark.parametrize(
    ("begins", "wanted"),
    [
        (timedelta(hours=3), {("queued", None), ("skipped", "too_late")}),
        (timedelta(hours=-3), {("skipped", "too_late")}),
        (timedelta(days=3), {("queued", None), ("held", "day_before")}),
    ],
    ids=["today", "held already", "in days"],
)
def test_of_a_meeting_it_is_on_record_which_notice_came_too_late(
    begins: timedelta, wanted: set[tuple[str, str | None]]
) -> None:
    body = {
        "by": BY, "kind": "coordination", "title": "协调会", "at": instant(START + begins), "units": ["tax"],
        "concerns": [], "place": None, "chair": None,
    }  # fmt: skip
    called = Story("meeting-1").tell("desk", names.MEETING_CALLED, body)
    assert {(state, why) for state, why, _, _ in put_down(called)} == wanted
    assert {unit for *_, unit in put_down(called)} == {"tax"}


def test_a_list_that_another_post_held_tells_nobody_that_it_passed_on() -> None:
    rules, sheet = AffairRules(shipped(), len), Story("list-1")
    state = rules.evolve({}, opened(sheet, "visit"))
    passed = sheet.tell("desk", names.POST_SUCCEEDED, {"by": BY, "from_user": "x", "user": "y", "unit": "tax"})
    after = rules.evolve(state, passed)
    assert after["facts"]["holder"] == "o"
    assert list(rules.relay(state, after, passed)) == []
