"""Pauses, more time, the grade, exemptions: who may, how often, how long, and what happens by itself."""

from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from tests.support.cases import (
    CALLER,
    HEAD,
    HELPERS_HEAD,
    MORNING,
    OFFICE,
    OFFICER,
    REVIEWER,
    Desk,
    Story,
    assigned,
    deadline,
    review,
    submitted,
)
from tests.support.eventually import eventually
from tests.support.following import DRAWN
from tests.unit.desk.test_assisting import does, refuses, seen
from tests.unit.desk.test_life import REPLY

LIMIT = MORNING + timedelta(days=3)
DAY = timedelta(days=1)


async def contacted(desk: Desk, grade: str = "complex", **more: Any) -> Story:
    story = Story("i-1")
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, submitted(**more)),
        ("router", names.ISSUE_ASSIGNED, assigned(grade=grade, urgency=more.get("urgency", "normal"))),
        ("sla", names.DEADLINE_SET, deadline(LIMIT)),
        ("sla", names.DEADLINE_SET, deadline(MORNING + 60 * DAY, clock="petition_handle")),
    )
    await does(desk, OFFICER, "acknowledge")
    await does(desk, OFFICER, "contact", result="reached")
    return story


def told(desk: Desk, type: str) -> list[dict[str, Any]]:
    return [data for each, data in desk.published() if each == type]


# ── pauses ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_pause_ends_by_itself_and_all_pauses_together_last_no_longer_than_the_policy_has(desk: Desk) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "suspend", reason="appraisal", until=instant(MORNING + 2 * DAY))
    assert (await seen(desk))["state"] == "suspended"
    assert await refuses(desk, OFFICER, "handle", outcome="solved", reply=REPLY) == "not-now"
    desk.advance(days=2)
    await eventually(lambda: told(desk, names.ISSUE_RESUMED))
    assert (await seen(desk))["state"] == "contacted"
    assert told(desk, names.ISSUE_RESUMED)[0]["by"]["role"] == "system"

    too_long = await desk.order(OFFICER, "i-1", "suspend", {"reason": "weather", "until": instant(MORNING + 6 * DAY)})
    assert too_long.json()["errors"][0]["field"] == "$.until", "two of five days are used"
    await does(desk, OFFICER, "suspend", reason="weather")
    assert told(desk, names.ISSUE_SUSPENDED)[-1]["until"] == instant(MORNING + 5 * DAY)
    desk.advance(days=3)
    await eventually(lambda: len(told(desk, names.ISSUE_RESUMED)) == 2)
    assert await refuses(desk, OFFICER, "suspend", reason="weather") == "suspension-used-up"


async def test_the_clocks_run_on_as_soon_as_somebody_says_so(desk: Desk) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "suspend", reason="court")
    desk.advance(hours=1)
    assert (await does(desk, OFFICE, "resume"))["state"] == "contacted"
    desk.advance(days=30)
    assert len(told(desk, names.ISSUE_RESUMED)) == 1


async def test_what_rests_before_its_party_was_contacted_goes_on_from_where_its_unit_has_come_meanwhile(
    desk: Desk,
) -> None:
    led = ("router", names.ISSUE_ASSIGNED, assigned(grade="complex"))
    await desk.tell(Story("i-1"), ("intake", names.ISSUE_SUBMITTED, submitted()), led)
    await does(desk, OFFICE, "suspend", reason="weather")
    assert await refuses(desk, OFFICER, "contact", result="reached") == "not-acknowledged"
    assert (await does(desk, OFFICE, "resume"))["state"] == "assigned"
    await does(desk, OFFICER, "suspend", reason="weather")
    assert (await does(desk, OFFICER, "acknowledge"))["state"] == "suspended", "it rests all the same"
    assert await refuses(desk, OFFICER, "acknowledge") == "acknowledged-already"
    assert (await does(desk, OFFICE, "resume"))["state"] == "acknowledged"
    await does(desk, OFFICER, "suspend", reason="weather")
    assert (await does(desk, OFFICER, "contact", result="reached"))["state"] == "suspended"
    assert (await does(desk, OFFICE, "resume"))["state"] == "contacted"


@pytest.mark.parametrize(
    ("grade", "urgency", "reason", "slug"),
    [
        ("simple", "normal", "court", "no-suspension"),
        ("complex", "emergency", "court", "emergency"),
        ("complex", "normal", "we_are_busy", "invalid-input"),
    ],
)
async def test_no_case_rests_that_is_simple_an_emergency_or_without_a_reason_of_the_pack(
    desk: Desk, grade: str, urgency: str, reason: str, slug: str
) -> None:
    await contacted(desk, grade, urgency=urgency)
    assert await refuses(desk, OFFICER, "suspend", reason=reason) == slug


# ── more time ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_office_gives_more_time_that_was_asked_for_before_the_limit_once_in_a_round(desk: Desk) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "ask_extension", reason="等待配件")
    assert (await seen(desk))["extension"]["until"] == instant(LIMIT + 3 * DAY)
    assert await refuses(desk, OFFICER, "ask_extension", reason="等待配件") == "asked-already"
    assert await refuses(desk, OFFICER, "decide_extension", granted=True) == "not-now"
    await does(desk, OFFICE, "decide_extension", granted=True, until=instant(LIMIT + DAY))
    [given] = told(desk, names.EXTENSION_DECIDED)
    assert (given["granted"], given["until"], given["clock"]) == (True, instant(LIMIT + DAY), "handling")
    assert await refuses(desk, OFFICER, "ask_extension", reason="还差一件") == "no-more-extensions"


async def test_while_the_office_sleeps_one_day_is_granted_by_itself_and_never_before_four_service_hours(
    desk: Desk,
) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "ask_extension", reason="等待配件")
    desk.advance(hours=5, minutes=29)  # nine to noon, and from half past one
    assert (await seen(desk))["extension"] is not None
    assert told(desk, names.EXTENSION_DECIDED) == []
    desk.advance(minutes=1)
    await eventually(lambda: told(desk, names.EXTENSION_DECIDED))
    [given] = told(desk, names.EXTENSION_DECIDED)
    assert (given["by"]["role"], given["granted"], given["until"]) == ("system", True, instant(LIMIT + DAY))


async def test_what_was_handled_meanwhile_is_given_no_more_time(desk: Desk) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "ask_extension", reason="等待配件")
    await does(desk, OFFICER, "handle", outcome="solved", reply=REPLY)
    desk.advance(days=1)
    await eventually(lambda: told(desk, names.EXTENSION_DECIDED))
    assert told(desk, names.EXTENSION_DECIDED)[0]["granted"] is False


@pytest.mark.parametrize(
    ("case", "later", "said", "slug"),
    [
        ({"grade": "simple"}, 0, {}, "no-extension"),
        ({"urgency": "emergency"}, 0, {}, "emergency"),
        ({}, 3, {}, "too-late"),
        ({}, 0, {"until": instant(LIMIT + 4 * DAY)}, "invalid-input"),
        ({}, 0, {"until": instant(LIMIT)}, "invalid-input"),
        ({}, 0, {"reason": None}, "invalid-input"),
        ({}, 0, {"clock": "petition_handle"}, "no-extension"),
    ],
)
async def test_more_time_is_refused(
    desk: Desk, case: dict[str, str], later: int, said: dict[str, Any], slug: str
) -> None:
    await contacted(desk, **case)
    desk.advance(days=later)
    assert await refuses(desk, OFFICER, "ask_extension", **{"reason": "等待配件", **said}) == slug


async def test_a_petition_has_thirty_days_more_once_beside_what_its_grade_has(desk: Desk) -> None:
    await contacted(desk, channel="petition", secrecy="internal")
    await does(desk, OFFICER, "ask_extension", clock="petition_handle", reason="案情复杂")
    await does(desk, OFFICE, "decide_extension", granted=True)
    [given] = told(desk, names.EXTENSION_DECIDED)
    assert (given["clock"], given["until"]) == ("petition_handle", instant(MORNING + 90 * DAY))
    assert await refuses(desk, OFFICER, "ask_extension", clock="petition_handle", reason="再延") == "no-more-extensions"
    await does(desk, OFFICER, "ask_extension", reason="等待配件")


# ── the grade ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_shorter_grade_holds_at_once_and_the_grade_changes_once_in_a_round(desk: Desk) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "ask_grade", grade="simple", reason="当天可办")
    assert (await seen(desk))["grade"] == "simple"
    assert await refuses(desk, OFFICER, "ask_grade", grade="complex", reason="又不行") == "once-a-round"


@pytest.mark.parametrize(("granted", "grade"), [(True, "difficult"), (False, "complex")])
async def test_a_longer_grade_needs_the_office(desk: Desk, granted: bool, grade: str) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "ask_grade", grade="difficult", reason="涉及多部门")
    assert (await seen(desk))["grade"] == "complex", "not without approval"
    assert await refuses(desk, HEAD, "decide_grade", granted=True, reason="同意") == "not-now"
    assert await refuses(desk, OFFICER, "ask_grade", grade="simple", reason="算了") == "asked-already"
    await does(desk, OFFICE, "decide_grade", granted=granted, reason="按情况")
    assert ((await seen(desk))["grade"], (await seen(desk))["grade_asked"]) == (grade, None)


# ── exemptions ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def acknowledged(desk: Desk, **more: Any) -> None:
    story = Story("i-1")
    await desk.tell(story, ("intake", names.ISSUE_SUBMITTED, submitted(**more)))
    await desk.tell(story, ("router", names.ISSUE_ASSIGNED, assigned()))
    await does(desk, OFFICER, "acknowledge")


async def test_a_case_exempted_from_contact_is_handled_and_followed_up_by_somebody_who_speaks_or_goes_there(
    desk: Desk,
) -> None:
    await acknowledged(desk, contact="none", receipt=DRAWN)
    assert await refuses(desk, OFFICER, "exempt", of="contact", reason="匿名") == "not-now"
    assert await refuses(desk, OFFICE, "exempt", of="follow_up", reason="匿名") == "invalid-input"
    await does(desk, OFFICE, "exempt", of="contact", reason="匿名，无联系方式")
    await does(desk, OFFICER, "handle", outcome="solved", reply=REPLY)
    assert await refuses(desk, CALLER, "follow_up", resolved="yes", method="writing") == "invalid-input"


async def test_a_case_exempted_from_follow_up_is_closed_by_the_office_and_not_as_resolved(desk: Desk) -> None:
    await contacted(desk)
    await does(desk, OFFICER, "handle", outcome="solved", reply=REPLY)
    await does(desk, OFFICE, "exempt", of="follow_up", reason="诉求人失联且现场已拆除")
    assert await refuses(desk, OFFICE, "close", kind="resolved") == "kind-unfit"
    assert (await does(desk, OFFICE, "close", kind="unverifiable"))["state"] == "closed"


# ── a pause of the review ────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_reviewed_rests_by_the_office_alone_and_is_in_review_again(desk: Desk) -> None:
    await desk.tell(
        Story("i-1"), ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.REVIEW_REQUESTED, review())
    )
    assert await refuses(desk, REVIEWER, "suspend", reason="court") == "not-now"
    await does(desk, OFFICE, "suspend", reason="court")
    assert told(desk, names.ISSUE_SUSPENDED)[0]["until"] == instant(MORNING + 5 * DAY), "as long as a complex one"
    assert await refuses(desk, REVIEWER, "dispatch", unit="water", grade="simple", reason="归口") == "not-now"
    desk.advance(days=1)
    assert (await does(desk, OFFICE, "resume"))["state"] == "in_review"
    await does(desk, OFFICE, "suspend", reason="court")
    desk.advance(days=4)
    await eventually(lambda: len(told(desk, names.ISSUE_RESUMED)) == 2)
    assert (await seen(desk))["state"] == "in_review", "by itself, too"
    assert await refuses(desk, OFFICE, "suspend", reason="court") == "suspension-used-up"
    await does(desk, REVIEWER, "dispatch", unit="urban-management", grade="complex", reason="归口")
    assert (await does(desk, OFFICER, "acknowledge"))["state"] == "acknowledged"


async def test_a_dispute_that_rests_is_one_still_and_who_returned_it_sees_it(desk: Desk) -> None:
    story = Story("i-1")
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, submitted()),
        ("router", names.ISSUE_ASSIGNED, assigned(grade="complex")),
    )
    back = {"ground": "area", "proposed_unit": "fotang", "text": "属地"}
    await does(desk, HEAD, "return", **back)
    await desk.tell(story, ("router", names.ISSUE_ASSIGNED, assigned("transport", assignment=2, grade="complex")))
    await does(desk, HELPERS_HEAD, "return", **back)
    await desk.tell(story, ("router", names.REVIEW_REQUESTED, review("second_return")))
    await does(desk, OFFICE, "suspend", reason="court")
    case = desk.documents.documents["i-1"]
    assert (case["state"], case["disputed"], "transport" in case["units"]) == ("suspended", True, True)
    assert (await does(desk, OFFICE, "resume"))["state"] == "in_review"


async def test_danger_ends_a_pause_of_the_review(desk: Desk) -> None:
    await desk.tell(
        Story("i-1"), ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.REVIEW_REQUESTED, review())
    )
    await does(desk, OFFICE, "suspend", reason="court")
    await does(desk, REVIEWER, "raise_urgency", urgency="emergency", reason="墙要倒了")
    assert (await seen(desk))["state"] == "in_review"
    assert await refuses(desk, OFFICE, "suspend", reason="court") == "emergency"
