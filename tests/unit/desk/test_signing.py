"""Sign-off: what the head of a unit has to sign, who may, and what counts."""

from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from tests.support.cases import CALLER, DUTY, HEAD, HELPERS_HEAD, MORNING, OFFICE, OFFICER, Desk
from tests.unit.desk.test_assisting import does, refuses, seen
from tests.unit.desk.test_life import REPLY
from tests.unit.desk.test_limits import contacted, told

SENT_BACK = {"reason": "请补充修复后的照片"}


async def submitted(desk: Desk, by: str = OFFICER, **more: Any) -> None:
    await contacted(desk, **{"grade": "difficult", **more})
    await does(desk, by, "handle", outcome="solved", reply=REPLY, internal="已派两组人员")


async def test_what_an_officer_handles_waits_for_the_head_and_counts_from_when_it_was_submitted(desk: Desk) -> None:
    await submitted(desk)
    case = await seen(desk)
    assert (case["state"], case["completion"]["reply"]) == ("unsigned", REPLY)
    assert told(desk, names.ISSUE_HANDLED) == told(desk, names.FOLLOW_UP_PLANNED) == [], "the party hears nothing"
    desk.advance(hours=5)
    await does(desk, HEAD, "sign")
    case = await seen(desk)
    [handled] = told(desk, names.ISSUE_HANDLED)
    assert (case["state"], case["completion"]) == ("handled", None)
    assert (handled["by"]["id"], handled["signed_by"]) == (OFFICER, HEAD)
    assert (handled["received_at"], handled["reply"]) == (instant(MORNING), REPLY)
    assert len(told(desk, names.FOLLOW_UP_PLANNED)) == 1


async def test_what_is_sent_back_counts_for_nothing_and_goes_back_and_forth(desk: Desk) -> None:
    await submitted(desk)
    await does(desk, HEAD, "send_back", **SENT_BACK)
    case = await seen(desk)
    assert (case["state"], case["completion"]) == ("contacted", None)
    assert case["rounds"][0]["sent_back"][0]["reason"] == SENT_BACK["reason"]
    assert await refuses(desk, HEAD, "sign") == "not-now"
    desk.advance(hours=1)
    await does(desk, OFFICER, "handle", outcome="solved", reply=REPLY)
    await does(desk, HEAD, "sign")
    assert told(desk, names.ISSUE_HANDLED)[0]["received_at"] == instant(MORNING + timedelta(hours=1))


async def test_nobody_but_a_head_of_the_unit_signs_and_a_head_who_handles_it_signs_at_once(desk: Desk) -> None:
    await submitted(desk)
    for other in (OFFICER, DUTY, OFFICE, CALLER):
        assert await refuses(desk, other, "sign") == "not-now"
    assert (await desk.order(HELPERS_HEAD, "i-1", "sign")).status_code == 404
    await does(desk, HEAD, "send_back", **SENT_BACK)
    case = await does(desk, HEAD, "handle", outcome="solved", reply=REPLY)
    assert (case["state"], told(desk, names.ISSUE_HANDLED)[0]["signed_by"]) == ("handled", HEAD)


async def test_who_submitted_does_not_sign_it_also_not_in_the_heads_place(desk: Desk) -> None:
    await submitted(desk, by=DUTY)
    days = {"since": instant(MORNING), "until": instant(MORNING + timedelta(days=5))}
    for user in (DUTY, OFFICER):
        given = {"for": HEAD, "user": user, **days}
        answer = await desk.make("system-administrator", "/v1/substitutions", given)
        assert answer.status_code == 201, answer.text
    assert await refuses(desk, DUTY, "sign") == "own-work"
    assert (await does(desk, OFFICER, "sign"))["state"] == "handled"


async def test_who_signed_does_not_close_it(desk: Desk) -> None:
    await submitted(desk)
    await does(desk, HEAD, "sign")
    await does(desk, CALLER, "follow_up", resolved="no", satisfied=2)
    grant = {"user": HEAD, "role": "coordination_office", "since": instant(MORNING)}
    assert (await desk.make("system-administrator", "/v1/grants", grant)).status_code == 201
    assert await refuses(desk, HEAD, "close", kind="explained", reply="该路段由村集体管护。") == "handled-it"


@pytest.mark.parametrize(
    ("more", "waits"),
    [
        ({"grade": "simple"}, False),
        ({"grade": "complex"}, False),
        ({"grade": "complex", "channel": "deputies"}, True),
        ({"grade": "simple", "channel": "superior"}, True),
    ],
)
async def test_the_policy_says_what_has_to_be_signed(desk: Desk, more: dict[str, Any], waits: bool) -> None:
    await submitted(desk, **more)
    assert (await seen(desk))["state"] == ("unsigned" if waits else "handled")


async def test_while_it_waits_nobody_rests_returns_or_hands_it_over(desk: Desk) -> None:
    await submitted(desk)
    for command, said in (
        ("suspend", {"reason": "appraisal"}),
        ("return", {"ground": "duties", "proposed_unit": "transport", "text": "属交通局"}),
        ("offer_handover", {"unit": "transport", "reason": "属交通局"}),
        ("handle", {"outcome": "solved", "reply": REPLY}),
    ):
        assert await refuses(desk, OFFICER, command, **said) == "not-now"


async def test_a_plan_whose_date_passed_before_it_was_signed_is_sent_back(desk: Desk) -> None:
    await contacted(desk, grade="difficult")
    planned = instant(MORNING + timedelta(days=1))
    await does(desk, OFFICER, "handle", outcome="planned", reply=REPLY, planned_for=planned)
    desk.advance(days=1)
    assert await refuses(desk, HEAD, "sign") == "plan-passed"
    await does(desk, HEAD, "send_back", **SENT_BACK)
