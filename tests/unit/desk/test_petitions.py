"""Petitions: admitted, answered in the law's time, reviewed once."""

from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from tests.support.cases import CALLER, HEAD, MORNING, OFFICE, OFFICER, REVIEWER, Desk, Story, submitted
from tests.support.following import SPARED
from tests.unit.desk.test_assisting import does, refuses, seen
from tests.unit.desk.test_life import REPLY
from tests.unit.desk.test_limits import told

UPHELD = {"upheld": True, "reply": "经复查，原处理意见予以维持。"}


async def taken_in(desk: Desk, channel: str = "petition") -> None:
    said = submitted(channel=channel, secrecy="internal", receipt=SPARED)
    await desk.tell(Story("i-1"), ("intake", names.ISSUE_SUBMITTED, said))


async def closed(desk: Desk) -> None:
    await taken_in(desk)
    await does(desk, REVIEWER, "dispatch", unit="urban-management", grade="simple", reason="归口")
    await does(desk, OFFICER, "acknowledge")
    await does(desk, OFFICER, "contact", result="reached")
    await does(desk, OFFICER, "handle", outcome="solved", reply=REPLY)
    await does(desk, HEAD, "sign")
    await does(desk, CALLER, "follow_up", resolved="no", satisfied=1)
    await does(desk, OFFICE, "close", kind="explained", reply="已按政策落实，理由详见书面答复。")


async def test_a_petition_is_admitted_once_by_whoever_dispatches_it_or_before(desk: Desk) -> None:
    await taken_in(desk)
    assert "admit" in (await seen(desk, REVIEWER))["allowed"]
    await does(desk, REVIEWER, "admit")
    assert await refuses(desk, REVIEWER, "admit") == "admitted-already"
    await does(desk, REVIEWER, "dispatch", unit="urban-management", grade="simple", reason="归口")
    assert len(told(desk, names.PETITION_ADMITTED)) == 1


async def test_dispatching_a_petition_admits_it_and_nothing_else_is_admitted(desk: Desk) -> None:
    await taken_in(desk)
    await does(desk, REVIEWER, "dispatch", unit="urban-management", grade="simple", reason="归口")
    assert [one["by"]["id"] for one in told(desk, names.PETITION_ADMITTED)] == [REVIEWER]


async def test_what_is_no_petition_is_neither_admitted_nor_reviewed(desk: Desk) -> None:
    await taken_in(desk, "hotline")
    assert "admit" not in (await seen(desk, REVIEWER))["allowed"]
    assert await refuses(desk, REVIEWER, "admit") == "no-petition"
    await does(desk, REVIEWER, "dispatch", unit="urban-management", grade="simple", reason="归口")
    assert told(desk, names.PETITION_ADMITTED) == []


async def test_an_answer_that_stands_after_the_review_stays_and_is_reviewed_no_more(desk: Desk) -> None:
    await closed(desk)
    await does(desk, REVIEWER, "ask_review", reason="认定的事实不对")
    assert (await seen(desk))["state"] == "petition_review"
    assert (await does(desk, OFFICE, "decide_review", **UPHELD))["state"] == "closed"
    assert await refuses(desk, REVIEWER, "ask_review") == "reviewed-already"
    assert (await seen(desk))["petition_reviews"][0]["reply"] == UPHELD["reply"]


async def test_an_answer_that_does_not_stand_is_given_again_in_a_new_round(desk: Desk) -> None:
    await closed(desk)
    await does(desk, OFFICE, "ask_review")
    no: dict[str, Any] = {"upheld": False, "reply": "原处理意见认定事实不清，责令重新办理。"}
    case = await does(desk, OFFICE, "decide_review", **no)
    assert case["state"] == "assigned"
    assert (await seen(desk))["round"] == 2


@pytest.mark.parametrize(("days", "problem"), [(29.9, None), (30, "window-closed")])
async def test_a_review_is_asked_for_within_thirty_days_of_the_closing(
    desk: Desk, days: float, problem: str | None
) -> None:
    await closed(desk)
    desk.advance(days=days)
    if problem is None:
        assert (await does(desk, REVIEWER, "ask_review"))["state"] == "petition_review"
    else:
        assert await refuses(desk, REVIEWER, "ask_review") == problem


async def test_who_handled_a_petition_does_not_review_it(desk: Desk) -> None:
    await closed(desk)
    await does(desk, REVIEWER, "ask_review")
    grant = {"user": OFFICER, "role": "coordination_office", "since": instant(MORNING)}
    assert (await desk.make("system-administrator", "/v1/grants", grant)).status_code == 201
    assert await refuses(desk, OFFICER, "decide_review", **UPHELD) == "handled-it"
