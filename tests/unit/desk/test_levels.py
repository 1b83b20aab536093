"""Urgency and secrecy: raised by whoever sees it, lowered by the office; what an emergency forbids."""

from typing import Any

import pytest

from sanfu.contracts import names
from tests.support.cases import (
    CALLER,
    HELPER,
    LIAISON,
    OFFICE,
    OFFICER,
    OPERATOR,
    REVIEWER,
    Desk,
    Story,
    review,
    submitted,
)
from tests.unit.desk.test_assisting import TASK, does, refuses, seen
from tests.unit.desk.test_limits import contacted, told

SEEN = "墙体开裂，有人被困"


async def in_review(desk: Desk, **more: Any) -> None:
    body = submitted(**more)
    await desk.tell(Story("i-1"), ("intake", names.ISSUE_SUBMITTED, body), ("router", names.REVIEW_REQUESTED, review()))


@pytest.mark.parametrize("user", [OPERATOR, REVIEWER, CALLER, OFFICE])
async def test_whoever_sees_it_makes_it_an_emergency_and_only_the_office_says_that_it_is_none(
    desk: Desk, user: str
) -> None:
    await in_review(desk)
    await does(desk, user, "raise_urgency", urgency="emergency", reason=SEEN)
    assert told(desk, names.URGENCY_CHANGED)[0] | {"by": None} == {
        "by": None, "before": "normal", "urgency": "emergency", "supplement": None, "reason": SEEN,
        "concerns": [],
    }  # fmt: skip
    assert await refuses(desk, REVIEWER, "lower_urgency", urgency="normal", reason="误报") == "not-now"
    assert await refuses(desk, OFFICE, "lower_urgency", urgency="normal") == "invalid-input"
    await does(desk, OFFICE, "lower_urgency", urgency="normal", reason="现场核实为误报")
    assert (await seen(desk))["urgency"] == "normal"


async def test_raising_raises_and_lowering_lowers(desk: Desk) -> None:
    await in_review(desk, urgency="urgent")
    assert await refuses(desk, OFFICE, "raise_urgency", urgency="urgent", reason=SEEN) == "wrong-direction"
    assert await refuses(desk, OFFICE, "lower_urgency", urgency="urgent", reason=SEEN) == "wrong-direction"
    assert await refuses(desk, OFFICE, "raise_secrecy", secrecy="internal", reason="照片") == "wrong-direction"
    assert await refuses(desk, OFFICE, "lower_secrecy", secrecy="confidential", reason="无") == "wrong-direction"


async def test_what_becomes_an_emergency_rests_no_longer_and_an_emergency_offers_nothing_that_delays_it(
    desk: Desk,
) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "suspend", reason="weather")
    await does(desk, OFFICER, "raise_urgency", urgency="emergency", reason=SEEN)
    case = await seen(desk, OFFICER)
    assert (case["state"], case["suspension"]) == ("contacted", None)
    assert {"return", "suspend", "ask_extension"}.isdisjoint(case["allowed"])
    assert {"reach_scene", "report", "offer_handover", "handle"} <= set(case["allowed"])


async def test_an_assisting_unit_may_raise_and_its_text_is_not_told_once_it_is_confidential(desk: Desk) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "ask_assist", **TASK)
    await does(desk, HELPER, "raise_secrecy", secrecy="confidential", reason="涉及未成年人")
    assert "涉及未成年人" not in str(desk.published())
    case = await seen(desk)
    assert (case["secrecy"], case["title"], case["text"]) == ("confidential", "保密事项", None)
    assert await refuses(desk, HELPER, "lower_secrecy", secrecy="open", reason="无") == "not-now"
    await does(desk, OFFICE, "lower_secrecy", secrecy="internal", reason="经核实不涉密")
    assert (await seen(desk))["secrecy"] == "internal"


@pytest.mark.parametrize("how", ["as it came", "while a unit led it"])
async def test_the_discipline_liaison_hands_over_what_is_sealed(desk: Desk, how: str) -> None:
    if how == "as it came":
        sealed = submitted(secrecy="sealed", title="举报", text=None)
        await desk.tell(Story("i-1"), ("intake", names.ISSUE_SUBMITTED, sealed))
    else:
        await contacted(desk)
        await does(desk, OFFICER, "raise_secrecy", secrecy="sealed", reason="涉及举报")
    assert "forward" in (await seen(desk, LIAISON))["allowed"]
    reply = "您反映的干部作风问题已移交有权处理的机关。"
    to = {"to": "市纪委监委信访室", "reason": "outside_jurisdiction", "reply": reply}
    assert (await does(desk, LIAISON, "forward", **to))["state"] == "closed"
    assert "干部作风" not in str(desk.published()), "no word of it is in the story"


async def test_what_is_sealed_is_with_the_discipline_liaison_alone(desk: Desk) -> None:
    await contacted(desk)
    answer = await does(desk, OFFICER, "raise_secrecy", secrecy="sealed", reason="涉及举报")
    assert answer["case"] is None
    for user in (OFFICER, OFFICE, REVIEWER):
        assert (await desk.get(user, "/v1/cases/i-1")).status_code == 404
    assert (await does(desk, LIAISON, "lower_secrecy", secrecy="confidential", reason="已核实"))["case"] is None
    assert (await desk.get(OFFICER, "/v1/cases/i-1")).status_code == 200
