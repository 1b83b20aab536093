"""Orders, meetings and tasks over HTTP, and what they do to issues."""

from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from tests.support.cases import (
    CALLER,
    HEAD,
    LEADER,
    MORNING,
    OFFICE,
    OFFICER,
    OTHER,
    REVIEWER,
    Desk,
    Story,
    assigned,
    light,
    submitted,
)
from tests.support.eventually import eventually

UNIT = "urban-management"
ORDER = {"level": "yellow", "unit": UNIT, "issues": ["i-1"], "text": "请书面说明原因并提出整改期限。"}


OF_BOTH = ("audience", "urgency")


async def led(desk: Desk, subject: str = "i-1", grade: str = "simple", **more: Any) -> Story:
    story = Story(subject)
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, submitted(**more)),
        ("router", names.ISSUE_ASSIGNED, assigned(grade=grade, **{k: v for k, v in more.items() if k in OF_BOTH})),
    )
    return story


async def case(desk: Desk, subject: str = "i-1") -> dict[str, Any]:
    found: dict[str, Any] = (await desk.get(OFFICE, f"/v1/cases/{subject}")).json()
    return found


async def noted(desk: Desk, affair: str, what: str, subject: str = "i-1") -> None:
    async def look() -> bool:
        return bool((await case(desk, subject))["affairs"].get(affair, {}).get("what") == what)

    await eventually(look)


async def test_an_order_to_a_unit_shows_on_its_issue_until_it_is_lifted(desk: Desk) -> None:
    await led(desk)
    made = await desk.make(OFFICE, "/v1/orders", ORDER)
    assert made.status_code == 201, made.text
    order = made.json()["id"]
    await noted(desk, order, "order_raised")
    seen = (await desk.get(HEAD, f"/v1/orders/{order}")).json()
    assert (seen["unit"], seen["allowed"], seen["concerns"]) == (UNIT, ["reply"], ["i-1"])
    assert (await desk.get(OTHER, f"/v1/orders/{order}")).status_code == 404
    replied = await desk.make(HEAD, f"/v1/orders/{order}/reply", {"text": "车辆调度延误，已于今日完成。"})
    assert replied.json()["state"] == "replied"
    await noted(desk, order, "order_replied")
    lifted = await desk.make(OFFICE, f"/v1/orders/{order}/lift", {"reason": "现场复核属实"})
    assert lifted.json()["state"] == "lifted"
    await noted(desk, order, "order_lifted")
    listed = (await desk.get(OFFICE, "/v1/orders", ended=True)).json()["items"]
    assert [one["id"] for one in listed] == [order]
    assert (await desk.get(OFFICE, "/v1/orders")).json()["items"] == []


async def test_the_same_key_makes_one_order_and_another_body_with_it_none(desk: Desk) -> None:
    await led(desk)
    first = await desk.make(OFFICE, "/v1/orders", ORDER, **{"Idempotency-Key": "once"})
    again = await desk.make(OFFICE, "/v1/orders", ORDER, **{"Idempotency-Key": "once"})
    assert (again.json()["id"], again.json()["repeated"]) == (first.json()["id"], True)
    other = await desk.make(OFFICE, "/v1/orders", {**ORDER, "level": "red"}, **{"Idempotency-Key": "once"})
    assert (other.status_code, other.json()["type"]) == (409, "urn:sanfu:problem:key-reused")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"issues": ["i-9"]}, "$.issues"),
        ({"unit": "no-such-unit"}, "$.unit"),
        ({"text": None}, "$.text"),
        ({"reply_by": instant(MORNING - timedelta(days=1))}, "$.reply_by"),
        ({"level": "green"}, "$.level"),
    ],
)
async def test_an_order_that_is_not_as_it_should_be_is_refused_by_field(
    desk: Desk, said: dict[str, Any], field: str
) -> None:
    await led(desk)
    refused = await desk.make(OFFICE, "/v1/orders", {**ORDER, **said})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert (await desk.get(OFFICE, "/v1/orders")).json()["items"] == []


async def test_an_order_about_a_confidential_issue_says_nothing_of_it(desk: Desk) -> None:
    await led(desk, secrecy="confidential", text=None, title="保密事项")
    made = await desk.make(OFFICE, "/v1/orders", ORDER)
    assert made.status_code == 201
    (told,) = [data for type, data in desk.published(names.AFFAIRS) if type == names.ORDER_RAISED]
    assert told["text"] == "[withheld]"


async def test_an_officer_raises_no_order(desk: Desk) -> None:
    await led(desk)
    refused = await desk.make(OFFICER, "/v1/orders", ORDER)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:sanfu:problem:not-now")


async def test_a_red_light_raises_an_order_by_rule_and_a_repeat_none(desk: Desk) -> None:
    story = await led(desk)
    red = light("red", MORNING, clock="unit_handling")
    await desk.tell(story, ("sla", names.LIGHT_CHANGED, red))
    await noted(desk, "order:i-1:red_light:1", "order_raised")
    await desk.tell(story, ("sla", names.LIGHT_CHANGED, {**red, "version": 2}))
    seen = (await desk.get(HEAD, "/v1/orders")).json()["items"]
    assert [(one["id"], one["level"], one["cause"]) for one in seen] == [
        ("order:i-1:red_light:1", "normal", "red_light")
    ]


async def test_a_leaders_instruction_becomes_a_red_order_to_the_unit_that_leads(desk: Desk) -> None:
    await led(desk)
    await desk.order(LEADER, "i-1", "instruct", {"text": "请综合执法局三日内解决并报结果。"})
    await noted(desk, "order:i-1:instruction:1", "order_raised")
    seen = (await desk.get(HEAD, "/v1/orders/order:i-1:instruction:1")).json()
    assert (seen["level"], seen["text"]) == ("red", "请综合执法局三日内解决并报结果。")


# ── meetings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def in_days(days: int) -> str:
    return instant(MORNING + timedelta(days=days))


async def meeting(desk: Desk, *issues: str) -> str:
    said = {"kind": "weekly_joint", "title": "第 19 周联席会商", "at": in_days(1), "units": [UNIT], "issues": issues}
    made = await desk.make(OFFICE, "/v1/meetings", said)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def test_a_meetings_decision_is_a_task_of_a_unit_that_shows_on_the_issue(desk: Desk) -> None:
    await led(desk)
    id = await meeting(desk, "i-1")
    await noted(desk, id, "meeting_called")
    decided = {"issue": "i-1", "decision": "task", "text": "十个工作日内建成监控点。", "unit": UNIT}
    undecided = await desk.make(OFFICE, f"/v1/meetings/{id}/hold", {"held_at": in_days(0)})
    assert (undecided.status_code, undecided.json()["undecided"]) == (409, ["i-1"])
    held = await desk.make(OFFICE, f"/v1/meetings/{id}/hold", {"held_at": in_days(0), "decisions": [decided]})
    assert held.json()["state"] == "held", held.text
    await noted(desk, id, "meeting_held")

    async def tasks() -> Any:
        return (await desk.get(OFFICER, "/v1/tasks")).json()["items"]

    async def there() -> bool:
        return bool(await tasks())

    await eventually(there)
    (task,) = await tasks()
    assert (task["unit"], task["issue"], task["meeting"]) == (UNIT, "i-1", id)
    await noted(desk, task["id"], "task_set")
    done = await desk.make(OFFICER, f"/v1/tasks/{task['id']}/finish", {"text": "监控点已建成。"})
    assert done.json()["state"] == "done"
    await noted(desk, task["id"], "task_done")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"owner": "no-such-unit"}, "owner"),
        ({"sponsor": "nobody-here"}, "sponsor"),
        ({"sponsor": OFFICER}, "sponsor"),
        ({"plan": [{"text": "权籍调查", "limit": in_days(30), "unit": "no-such-unit"}]}, "plan[0].unit"),
        ({"plan": [{"text": "权籍调查", "limit": in_days(-1)}]}, "plan"),
        ({"report_by": in_days(91)}, "report_by"),
    ],
)
async def test_a_plan_for_the_register_names_units_and_a_leader_that_there_are(
    desk: Desk, wrong: dict[str, Any], field: str
) -> None:
    await led(desk, grade="difficult")
    await desk.order(OFFICER, "i-1", "acknowledge")
    await desk.order(OFFICER, "i-1", "contact", {"result": "reached"})
    id = await meeting(desk, "i-1")
    steps = [{"text": "权籍调查", "limit": in_days(30), "unit": UNIT}]
    plan = {"owner": UNIT, "sponsor": LEADER, "cause": "产权历史遗留", "report_by": in_days(80), "plan": steps}
    decided = {"issue": "i-1", "decision": "register", "text": "列入挂账。", "unit": UNIT}

    async def hold(plan: dict[str, Any]) -> Any:
        said = {"held_at": in_days(0), "decisions": [{**decided, "plan": plan}]}
        return (await desk.make(OFFICE, f"/v1/meetings/{id}/hold", said)).json()

    refused = await hold({**plan, **wrong})
    assert refused["errors"][0]["field"] == f"$.decisions[0].plan.{field}"
    assert (await hold(plan))["state"] == "held"


async def test_an_issue_goes_on_the_register_by_a_meeting_and_reports_to_the_public(desk: Desk) -> None:
    await led(desk, grade="difficult")
    await desk.order(OFFICER, "i-1", "acknowledge")
    await desk.order(OFFICER, "i-1", "contact", {"result": "reached"})
    id = await meeting(desk, "i-1")
    steps = [{"text": "权籍调查", "limit": in_days(30)}, {"text": "分批办证", "limit": in_days(60)}]
    plan = {"owner": UNIT, "cause": "产权历史遗留", "report_by": in_days(80), "plan": steps}
    decided = {"issue": "i-1", "decision": "register", "text": "列入挂账。", "unit": UNIT, "plan": plan}
    held = await desk.make(OFFICE, f"/v1/meetings/{id}/hold", {"held_at": in_days(0), "decisions": [decided]})
    assert held.json()["state"] == "held", held.text

    async def registered() -> bool:
        return bool((await case(desk))["state"] == "registered")

    await eventually(registered)
    wrong = await desk.order(OFFICER, "i-1", "reach_milestone", {"milestone": 3, "text": "完成"})
    assert wrong.json()["errors"][0]["field"] == "$.milestone"
    await desk.order(OFFICER, "i-1", "reach_milestone", {"milestone": 1, "text": "权籍调查已完成"})
    late = await desk.order(OFFICER, "i-1", "report_register", {"report": "正在分批办证中。", "report_by": in_days(91)})
    assert late.json()["errors"][0]["field"] == "$.report_by"
    told = await desk.order(OFFICER, "i-1", "report_register", {"report": "正在分批办证中。", "report_by": in_days(90)})
    register = told.json()["case"]["register"]
    assert (register["reached"], register["reports"], register["report_by"]) == ([1], 1, in_days(90))
    done = {"outcome": "solved", "reply": "214户已全部办证。"}
    assert (await desk.order(OFFICER, "i-1", "handle", done)).json()["state"] == "unsigned"
    back = await desk.order(HEAD, "i-1", "send_back", {"reason": "请附发证清单"})
    assert back.json()["state"] == "registered", "it stands where it stood"
    assert (await desk.order(HEAD, "i-1", "handle", done)).json()["state"] == "handled"


# ── merging ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_merged_duplicate_goes_on_at_its_head_and_its_party_is_asked_too(desk: Desk) -> None:
    for subject in ("i-1", "i-2"):
        await led(desk, subject)
    merged = await desk.order(REVIEWER, "i-2", "merge", {"head": "i-1", "reason": "同一处路灯"})
    assert merged.json()["state"] == "merged", merged.text

    async def known() -> bool:
        return bool((await case(desk))["merged"] == ["i-2"])

    await eventually(known)
    early = await desk.order(CALLER, "i-2", "follow_up", {"resolved": "yes"})
    assert early.json()["type"] == "urn:sanfu:problem:head-not-handled"
    for command, said in (
        ("acknowledge", {}),
        ("contact", {"result": "reached"}),
        ("handle", {"outcome": "solved", "reply": "三盏路灯已更换，今晚恢复照明。"}),
    ):
        await desk.order(OFFICER, "i-1", command, said)

    async def handled() -> bool:
        return bool((await case(desk, "i-2"))["head_handled"])

    await eventually(handled)
    closed = await desk.order(CALLER, "i-2", "follow_up", {"resolved": "yes", "satisfied": 4})
    assert closed.json()["state"] == "closed"
    assert (await case(desk, "i-2"))["closed_as"] == "merged"


@pytest.mark.parametrize(
    ("mine", "heads", "why"),
    [
        ({"channel": "petition"}, {}, "petition"),
        ({"audience": "enterprise"}, {}, "audiences"),
        ({"urgency": "emergency"}, {}, "emergency"),
        ({}, {"channel": "petition"}, "petition"),
    ],
)
async def test_what_is_owed_an_answer_of_its_own_is_never_merged(
    desk: Desk, mine: dict[str, Any], heads: dict[str, Any], why: str
) -> None:
    await led(desk, "i-1", **heads)
    await led(desk, "i-2", **mine)
    refused = await desk.order(REVIEWER, "i-2", "merge", {"head": "i-1", "reason": "同一处"})
    assert refused.json()["type"] == "urn:sanfu:problem:not-mergeable"
    assert why in refused.json()["detail"]


async def test_an_enterprises_issue_is_not_merged_without_a_written_reply(desk: Desk) -> None:
    for subject in ("i-1", "i-2"):
        await led(desk, subject, channel="enterprise_seat", audience="enterprise")
    said = {"head": "i-1", "reason": "同一处"}
    silent = await desk.order(REVIEWER, "i-2", "merge", said)
    assert silent.json()["errors"][0]["field"] == "$.reply"
    said["reply"] = "已与贵司先前反映的一件合并办理，办结后回访。"
    assert (await desk.order(REVIEWER, "i-2", "merge", said)).json()["state"] == "merged"


async def test_nobody_merges_into_a_case_that_they_may_not_see(desk: Desk) -> None:
    await led(desk, "i-1", secrecy="sealed", text=None)
    await led(desk, "i-2")
    for head in ("i-1", "i-9", "i-2"):
        refused = await desk.order(REVIEWER, "i-2", "merge", {"head": head, "reason": "同一处"})
        assert refused.json()["errors"][0]["field"] == "$.head"
