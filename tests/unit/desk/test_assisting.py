"""Who has a part beside the lead: tasks, copies, a lead that is offered; who leads while that is disputed."""

from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.desk.entrypoints.commands.all import BODIES
from sanfu.runtime.rules import Actor, Command, Refusal
from tests.support.cases import (
    GROUP,
    HEAD,
    HELPER,
    HELPERS_HEAD,
    MORNING,
    OFFICE,
    OFFICER,
    OTHER,
    REVIEWER,
    Desk,
    Story,
    assigned,
    deadline,
    review,
    submitted,
)
from tests.unit.desk.test_life import REPLY, led
from tests.unit.desk.test_table import EXAMPLES, RULES, clause

EVENING = MORNING + timedelta(hours=8)
TASK = {"unit": "transport", "task": "封闭一条车道，配合抢修"}


async def seen(desk: Desk, user: str = OFFICE, subject: str = "i-1") -> dict[str, Any]:
    return dict((await desk.get(user, f"/v1/cases/{subject}")).json())


async def does(desk: Desk, user: str, command: str, **said: Any) -> dict[str, Any]:
    answer = await desk.order(user, "i-1", command, said)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refuses(desk: Desk, user: str, command: str, **said: Any) -> str:
    """Give a command that must fail; return the last part of the problem's name."""
    answer = await desk.order(user, "i-1", command, said)
    assert answer.status_code in (409, 422), answer.text
    return str(answer.json()["type"]).rpartition(":")[2]


async def contacted(desk: Desk, **more: Any) -> Story:
    story = await led(desk, **more)
    await desk.tell(story, ("sla", names.DEADLINE_SET, deadline(EVENING)))
    await does(desk, OFFICER, "acknowledge")
    await does(desk, OFFICER, "contact", result="reached")
    return story


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_assisting_unit_has_a_task_due_with_the_lead_and_nothing_is_handled_while_it_is_open(
    desk: Desk,
) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "ask_assist", **TASK)
    [task] = (await seen(desk, HELPER))["assists"]
    assert (task["unit"], task["task"], task["limit"], task["mandatory"]) == (*TASK.values(), instant(EVENING), True)
    assert set((await seen(desk, HELPER))["allowed"]) >= {"assist_done", "not_ours"}
    assert await refuses(desk, HELPER, "handle", outcome="solved", reply=REPLY) == "not-now", "the lead stays the lead"
    refused = await desk.order(OFFICER, "i-1", "handle", {"outcome": "solved", "reply": REPLY})
    assert refused.json()["tasks"] == [{"number": 1, "unit": "transport"}]

    await does(desk, HELPER, "assist_done", text="车道已封闭")
    assert (await desk.get(HELPER, "/v1/cases/i-1")).status_code == 404, "its part has ended"
    assert (await does(desk, OFFICER, "handle", outcome="solved", reply=REPLY))["state"] == "handled"


async def test_a_task_is_due_no_later_than_the_lead_and_never_in_the_past(desk: Desk) -> None:
    await contacted(desk)
    for limit in (EVENING + timedelta(seconds=1), MORNING):
        answer = await desk.order(OFFICER, "i-1", "ask_assist", {**TASK, "limit": instant(limit)})
        assert answer.json()["errors"][0]["field"] == "$.limit"
    await does(desk, OFFICER, "ask_assist", **TASK, limit=instant(EVENING))


async def test_a_unit_is_not_given_the_very_task_that_it_has_open_again(desk: Desk) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "ask_assist", **TASK)
    assert await refuses(desk, OFFICER, "ask_assist", **TASK) == "asked-already"
    await does(desk, OFFICER, "ask_assist", **{**TASK, "task": "并派人疏导交通"})
    await does(desk, OFFICER, "ask_assist", **{**TASK, "unit": "water"})
    await does(desk, HELPER, "assist_done", number=1)
    await does(desk, OFFICER, "ask_assist", **TASK)


async def test_a_task_may_be_given_while_the_case_rests_due_no_later_than_the_lead_as_if_it_went_on_now(
    desk: Desk,
) -> None:
    await contacted(desk)
    await does(desk, OFFICE, "ask_grade", grade="complex", reason="涉及两个部门")
    await does(desk, OFFICER, "suspend", reason="weather")
    desk.advance(hours=3)
    late = {**TASK, "limit": instant(EVENING + timedelta(hours=3, seconds=1))}
    assert await refuses(desk, OFFICER, "ask_assist", **late) == "invalid-input"
    await does(desk, OFFICER, "ask_assist", **TASK)
    assert (await seen(desk))["assists"][0]["limit"] == instant(EVENING + timedelta(hours=3))


async def test_a_unit_may_say_that_a_task_is_not_its_own_and_the_lead_may_cancel_it(desk: Desk) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "ask_assist", **TASK)
    await does(desk, OFFICER, "ask_assist", unit="water", task="关闭阀门")
    assert await refuses(desk, OFFICER, "cancel_assist") == "invalid-input", "which of the two?"
    assert await refuses(desk, HELPER, "not_ours", number=2) == "invalid-input", "another unit's"
    await does(desk, HELPER, "not_ours", text="该路由镇街管养")
    await does(desk, OFFICER, "cancel_assist", number=2)
    results = [task["done"]["result"] for task in (await seen(desk))["assists"]]
    assert results == ["not_ours", "cancelled"]
    await does(desk, OFFICER, "handle", outcome="solved", reply=REPLY)


async def test_what_an_assisting_unit_does_not_have_to_do_holds_nothing_up(desk: Desk) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "ask_assist", **TASK, mandatory=False)
    await does(desk, OFFICER, "handle", outcome="solved", reply=REPLY)
    await does(desk, HELPER, "assist_done")


@pytest.mark.parametrize("unit", ["urban-management", "no-such-unit", "leading-group"])
async def test_a_task_is_for_another_unit_of_the_city(desk: Desk, unit: str) -> None:
    await contacted(desk)
    answer = await desk.order(OFFICER, "i-1", "ask_assist", {**TASK, "unit": unit})
    assert answer.json()["errors"][0]["field"] == "$.unit"


@pytest.mark.parametrize(
    ("result", "impartial"), [("done", False), (None, False), ("cancelled", True), ("not_ours", True)]
)
def test_a_unit_that_helps_or_helped_does_not_follow_up(result: str | None, impartial: bool) -> None:
    task = {"number": 1, "unit": "transport", "mandatory": False, "done": result and {"result": result}}
    case = {**EXAMPLES["handled"], "assists": [task]}
    said = BODIES["follow_up"].model_validate({"resolved": "yes"}).model_dump(mode="json")
    data = {"said": said, "scope": (clause("follow_up_caller"),)}
    given = Command("follow_up", data, Actor("c", "", "transport"), "k")
    if impartial:
        assert RULES.decide(case, given, MORNING)
        return
    with pytest.raises(Refusal) as refusal:
        RULES.decide(case, given, MORNING)
    assert refusal.value.slug == "not-impartial"


# ── copies ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_reads_along_sees_the_case_and_does_nothing_until_the_copy_ends(desk: Desk) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "copy", unit="tax", reason="涉及税费")
    assert (await seen(desk, OTHER))["units"] == ["urban-management", "tax"]
    assert await refuses(desk, OTHER, "handle", outcome="solved", reply=REPLY) == "not-now"
    assert await refuses(desk, OFFICER, "copy", unit="tax") == "has-a-part"
    await does(desk, OFFICER, "end_copy", unit="tax")
    assert (await desk.get(OTHER, "/v1/cases/i-1")).status_code == 404
    assert await refuses(desk, OFFICER, "end_copy", unit="tax") == "no-copy"


# ── a lead that is offered ───────────────────────────────────────────────────────────────────────────────────────────


async def test_the_lead_passes_to_a_unit_that_accepts_it_and_what_was_done_and_its_limit_stay(desk: Desk) -> None:
    await contacted(desk, urgency="emergency")
    await does(desk, OFFICER, "offer_handover", unit="transport", reason="现场在国道上")
    assert "accept_handover" in (await seen(desk, HELPER))["allowed"]
    assert (await seen(desk))["unit"] == "urban-management", "nothing changes before it accepts"
    assert await refuses(desk, OFFICER, "handle", outcome="solved", reply=REPLY) == "offer-open"
    await does(desk, HELPER, "accept_handover")
    case = await seen(desk)
    assert (case["unit"], case["state"], case["assignment"], case["offer"]) == ("transport", "assigned", 2, None)
    assert case["rounds"][0]["contact"]["result"] == "reached"
    assert case["limit"] == instant(EVENING)
    told = dict(desk.published())[names.ISSUE_HANDED_OVER]
    assert (told["from_unit"], told["why"], told["by"]["id"]) == ("urban-management", "accepted", HELPER)
    assert (await desk.get(OFFICER, "/v1/cases/i-1")).status_code == 404


async def test_a_unit_may_decline_the_lead_and_an_offer_may_be_taken_back(desk: Desk) -> None:
    await contacted(desk)
    assert await refuses(desk, OFFICER, "withdraw_offer", reason="无") == "nothing-offered"
    await does(desk, OFFICER, "offer_handover", unit="transport", reason="现场在国道上")
    assert await refuses(desk, OFFICER, "offer_handover", unit="water", reason="爆管") == "offer-open"
    await does(desk, HELPER, "decline_handover", reason="该段由镇街管养")
    assert (await desk.get(HELPER, "/v1/cases/i-1")).status_code == 404
    await does(desk, OFFICER, "offer_handover", unit="transport", reason="现场在国道上")
    await does(desk, OFFICER, "withdraw_offer", reason="险情已排除")
    assert (await seen(desk))["unit"] == "urban-management"


# ── returns ──────────────────────────────────────────────────────────────────────────────────────────────────────────

GROUND = {"ground": "duties", "text": "不属本局职责"}


async def returned_twice(desk: Desk, **more: Any) -> Story:
    story = await led(desk, **more)
    await does(desk, HEAD, "return", **GROUND, proposed_unit="transport")
    await desk.tell(story, ("router", names.ISSUE_ASSIGNED, assigned("transport", assignment=2, decided_by="return")))
    await does(desk, HELPERS_HEAD, "return", **GROUND, proposed_unit="water")
    await desk.tell(story, ("router", names.REVIEW_REQUESTED, review("second_return")))
    return story


async def test_while_it_is_disputed_who_had_it_first_leads_and_both_see_it(desk: Desk) -> None:
    await returned_twice(desk)
    case = await seen(desk)
    assert (case["state"], case["unit"], case["returned"]["unit"]) == ("in_review", "urban-management", "transport")
    assert dict(desk.published())[names.ISSUE_RETURNED]["interim"] == "urban-management"
    for user in (HEAD, HELPERS_HEAD):
        assert (await desk.get(user, "/v1/cases/i-1")).status_code == 200
    assert (await desk.get(HELPERS_HEAD, "/v1/cases", unit="urban-management")).json()["items"][0]["id"] == "i-1"


async def test_where_who_had_it_first_may_not_lead_the_audiences_group_is_lead_of_record(desk: Desk) -> None:
    await returned_twice(desk, complains_of=["urban-management"])
    assert (await seen(desk))["unit"] == "coordination-livelihood"


@pytest.mark.parametrize(
    ("unit", "upheld", "charged"),
    [("transport", False, "transport"), ("urban-management", True, "urban-management"), ("water", True, None)],
)
async def test_a_unit_that_returned_what_is_its_own_is_charged_for_it(
    desk: Desk, unit: str, upheld: bool, charged: str | None
) -> None:
    await returned_twice(desk)
    decision = {"unit": unit, "grade": "simple", "reason": "按职责分工"}
    assert await refuses(desk, REVIEWER, "dispatch", **decision) == "for-the-group"
    await does(desk, GROUP, "dispatch", **decision)
    told = dict(desk.published())[names.RETURN_ADJUDICATED]
    assert (told["unit"], told["upheld"], told["charged"]) == (unit, upheld, charged)
    case = await seen(desk)
    assert (case["unit"], case["state"]) == (unit, "assigned")
    user = {"transport": HELPERS_HEAD, "urban-management": HEAD}.get(unit)
    if user:
        assert await refuses(desk, user, "return", **GROUND, proposed_unit="police") == "decided"


async def test_a_reviewer_who_gives_a_first_return_back_charges_it_and_a_further_dispatch_decides_nothing(
    desk: Desk,
) -> None:
    await led(desk)
    await does(desk, HEAD, "return", **GROUND, proposed_unit="transport")
    await does(desk, REVIEWER, "dispatch", unit="urban-management", grade="simple", reason="确属本局")
    told = dict(desk.published())[names.RETURN_ADJUDICATED]
    assert (told["number"], told["upheld"], told["charged"]) == (1, False, "urban-management")


# ── towns ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_of_two_towns_the_one_of_the_place_leads_and_the_other_assists(desk: Desk) -> None:
    story = Story("i-1")
    await desk.tell(
        story, ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.REVIEW_REQUESTED, review())
    )  # fmt: skip
    said = {"grade": "simple", "reason": "跨界河道"}
    assert await refuses(desk, REVIEWER, "dispatch", unit="chian", **said) == "place-leads"
    await does(desk, REVIEWER, "dispatch", unit="fotang", **said)


async def test_a_return_on_the_ground_of_area_lets_the_group_give_an_enclave_to_the_other_town(desk: Desk) -> None:
    story = await led(desk)
    await does(desk, HEAD, "return", ground="area", text="飞地，属赤岸镇", proposed_unit="chian")
    await desk.tell(story, ("router", names.REVIEW_REQUESTED, review("place")))
    await does(desk, REVIEWER, "dispatch", unit="chian", grade="simple", reason="飞地由赤岸镇管理")


async def test_a_whistle_calls_a_section_of_the_villages_own_town(desk: Desk) -> None:
    story, body = Story("i-1"), submitted(channel="whistle", audience="grassroots")
    await desk.tell(story, ("intake", names.ISSUE_SUBMITTED, body), ("router", names.REVIEW_REQUESTED, review()))
    said = {"grade": "simple", "reason": "吹哨"}
    for unit in ("urban-management", "chian"):
        assert await refuses(desk, REVIEWER, "dispatch", unit=unit, **said) == "other-town"
    await does(desk, REVIEWER, "dispatch", unit="fotang-enforcement", **said)


# ── it turns out to complain of the lead ─────────────────────────────────────────────────────────────────────────────


async def test_a_complaint_that_turns_out_later_to_be_about_the_lead_is_led_by_another_with_every_limit_kept(
    desk: Desk,
) -> None:
    await contacted(desk)
    said = {"units": ["urban-management"], "reason": "来电人补充：投诉的正是该局经办人"}
    assert await refuses(desk, REVIEWER, "recuse", **said) == "invalid-input", "who leads instead?"
    assert await refuses(desk, REVIEWER, "recuse", **said, to="urban-management") == "invalid-input"
    assert "recuse" not in (await seen(desk, OFFICER))["allowed"], "no unit says so of itself or of others"
    case = await does(desk, REVIEWER, "recuse", **said, to="transport")
    assert (case["case"]["unit"], case["state"], case["case"]["limit"]) == ("transport", "assigned", instant(EVENING))
    told = dict(desk.published())[names.ISSUE_HANDED_OVER]
    assert (told["why"], told["from_unit"]) == ("recusal", "urban-management")
    assert (await desk.get(OFFICER, "/v1/cases/i-1")).status_code == 404, "it sees it no more"
    assert await refuses(desk, REVIEWER, "recuse", **said, to="transport") == "known-already"
    assert await refuses(desk, HELPER, "offer_handover", unit="urban-management", reason="退回") == "recused"


async def test_a_lead_found_to_be_complained_of_while_the_case_rested_is_replaced_once_it_runs_on(desk: Desk) -> None:
    await contacted(desk)
    said = {"units": ["urban-management"], "reason": "来电人补充：投诉的正是该局经办人"}
    desk.documents.documents["i-1"]["complains_of"] = ["urban-management"]
    case = await does(desk, REVIEWER, "recuse", **said, to="transport")
    assert case["case"]["unit"] == "transport"
    assert names.COMPLAINT_NOTED not in dict(desk.published()), "that is on record already"


async def test_who_is_complained_of_without_leading_only_decides_nothing_of_it(desk: Desk) -> None:
    await contacted(desk)
    case = await does(desk, REVIEWER, "recuse", units=["transport"], reason="涉及其窗口人员")
    assert (case["case"]["unit"], case["case"]["complains_of"]) == ("urban-management", ["transport"])
    assert await refuses(desk, OFFICER, "offer_handover", unit="transport", reason="移交") == "recused"
