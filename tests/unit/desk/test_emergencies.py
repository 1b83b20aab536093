"""An emergency at the desk: first in every list, on scene and reported, neither answered nor returned; and who decides
a second return."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from tests.support.cases import (
    CALLER,
    DUTY,
    HEAD,
    MORNING,
    OFFICE,
    OFFICER,
    OPERATOR,
    REVIEWER,
    Desk,
    Story,
    assigned,
    deadline,
    light,
    review,
    submitted,
)
from tests.support.eventually import eventually

CLOCKS = {"emergency_acknowledge": 15, "emergency_on_scene": 60, "emergency_report": 120}


async def alarmed(desk: Desk, **more: Any) -> Story:
    story, body = Story("i-1"), {"urgency": "emergency", **more}
    await desk.tell(story, ("intake", names.ISSUE_SUBMITTED, submitted(**body)))
    await desk.tell(story, ("router", names.ISSUE_ASSIGNED, assigned(urgency="emergency", decided_by="emergency")))
    for clock, minutes in CLOCKS.items():
        limit = MORNING + timedelta(minutes=minutes)
        await desk.tell(story, ("sla", names.DEADLINE_SET, deadline(limit, clock=clock)))
    await desk.tell(story, ("sla", names.DEADLINE_SET, deadline(MORNING + timedelta(days=3))))
    return story


async def due(desk: Desk) -> int:
    limit = (await desk.get(OFFICE, "/v1/cases/i-1")).json()["limit"]
    return next(m for m in (15, 60, 120, 3 * 1440) if instant(MORNING + timedelta(minutes=m)) == limit)


async def done(desk: Desk, command: str, said: Mapping[str, Any] | None = None) -> None:
    answer = await desk.order(OFFICER, "i-1", command, said)
    assert answer.status_code == 200, answer.text


async def test_an_emergency_is_due_when_its_next_clock_is(desk: Desk) -> None:
    await alarmed(desk)
    assert await due(desk) == 15
    await done(desk, "acknowledge")
    assert await due(desk) == 60
    desk.advance(minutes=20)
    await done(desk, "reach_scene", {"reached_at": instant(MORNING + timedelta(minutes=18))})
    assert await due(desk) == 120
    await done(desk, "report", {"text": "明火已扑灭，联系 13800001234"})
    assert await due(desk) == 3 * 1440, "then the lasting remedy counts"
    told = dict(desk.published())
    assert told[names.SCENE_REACHED]["reached_at"] == instant(MORNING + timedelta(minutes=18))
    assert told[names.SITUATION_REPORTED]["text"] == "明火已扑灭，联系 ***********"


async def test_an_emergency_stands_before_what_is_red_until_it_is_handled(desk: Desk) -> None:
    late = Story("i-2")
    await desk.tell(
        late,
        ("intake", names.ISSUE_SUBMITTED, submitted()),
        ("router", names.ISSUE_ASSIGNED, assigned()),
        ("sla", names.DEADLINE_SET, deadline(MORNING)),
        ("sla", names.LIGHT_CHANGED, light("red", MORNING)),
    )
    await alarmed(desk)
    assert await listed(desk) == ["i-1", "i-2"]
    for command, said in (("acknowledge", {}), ("contact", {"result": "reached"})):
        await done(desk, command, said)
    await done(desk, "handle", {"outcome": "solved", "reply": "险情已排除，现场已恢复。"})
    assert await listed(desk) == ["i-2", "i-1"]


async def listed(desk: Desk) -> list[str]:
    return [case["id"] for case in (await desk.get(OFFICE, "/v1/cases", sort="urgent")).json()["items"]]


@pytest.mark.parametrize(
    ("user", "command", "said", "slug"),
    [
        (OFFICER, "reach_scene", {"reached_at": instant(MORNING - timedelta(minutes=1))}, "invalid-input"),
        (OFFICER, "reach_scene", {"reached_at": instant(MORNING + timedelta(minutes=1))}, "invalid-input"),
        (OFFICER, "report", {}, "invalid-input"),
        (HEAD, "return", {"ground": "duties", "proposed_unit": "transport", "text": "属交通局"}, "emergency"),
        (OFFICE, "reach_scene", {}, "not-now"),
    ],
)
async def test_an_emergency_refuses(desk: Desk, user: str, command: str, said: dict[str, Any], slug: str) -> None:
    await alarmed(desk)
    answer = await desk.order(user, "i-1", command, said)
    assert answer.json()["type"] == f"urn:sanfu:problem:{slug}", answer.text


async def test_an_emergency_is_not_answered_at_the_desk(desk: Desk) -> None:
    story, body = Story("i-1"), submitted(urgency="emergency", kind="consult")
    await desk.tell(story, ("intake", names.ISSUE_SUBMITTED, body), ("router", names.REVIEW_REQUESTED, review()))
    answer = await desk.order(REVIEWER, "i-1", "answer", {"reply": "请先拨打119，我们已通知消防。"})
    assert answer.json()["type"] == "urn:sanfu:problem:emergency"


@pytest.mark.parametrize("state", ["handled", "followed_up", "reopen_requested"])
async def test_what_turns_out_an_emergency_after_it_was_handled_is_handled_again_at_once(
    desk: Desk, state: str
) -> None:
    story = Story("i-1")
    await desk.tell(story, ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.ISSUE_ASSIGNED, assigned()))
    for user, command, said in (
        (OFFICER, "acknowledge", {}),
        (OFFICER, "contact", {"result": "reached"}),
        (OFFICER, "handle", {"outcome": "solved", "reply": "线路已修复，今晚恢复照明。"}),
        *([(CALLER, "follow_up", {"resolved": "no"})] if state != "handled" else []),
        *([(OFFICE, "close", {"kind": "explained", "reply": "已按规定处理，理由见答复。"}),
           (OPERATOR, "request_reopen", {"reason": "又坏了"})] if state == "reopen_requested" else []),
    ):  # fmt: skip
        answer = await desk.order(user, "i-1", command, said)
        assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == state
    answer = await desk.order(CALLER, "i-1", "raise_urgency", {"urgency": "emergency", "reason": "配电箱冒烟"})
    case = answer.json()["case"]
    assert (case["state"], case["round"], case["urgency"], case["unit"]) == (
        "assigned", 2, "emergency", "urban-management"
    )  # fmt: skip
    assert "handle" not in case["rounds"][-1]
    await desk.tell(story, ("router", names.ISSUE_ASSIGNED, assigned(urgency="emergency", assignment=2)))
    waits = desk.documents.documents["i-1"]["waits"]
    assert waits == {}, "no silence ends it"
    seen = (await desk.get(OFFICE, "/v1/cases/i-1")).json()
    assert (seen["state"], seen["round"]) == ("assigned", 2)


@pytest.mark.parametrize("who", ["the office", "nobody"])
async def test_an_emergency_is_given_no_more_time_that_was_asked_for_before(desk: Desk, who: str) -> None:
    story = Story("i-1")
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, submitted()),
        ("router", names.ISSUE_ASSIGNED, assigned(grade="complex")),
        ("sla", names.DEADLINE_SET, deadline(MORNING + timedelta(days=3))),
    )
    assert (await desk.order(OFFICER, "i-1", "ask_extension", {"reason": "等待备件到货"})).status_code == 200
    await desk.order(CALLER, "i-1", "raise_urgency", {"urgency": "emergency", "reason": "线头裸露"})
    if who == "the office":
        answer = await desk.order(OFFICE, "i-1", "decide_extension", {"granted": True})
        assert answer.json()["type"] == "urn:sanfu:problem:emergency"
        return
    desk.advance(days=2)
    await eventually(lambda: names.EXTENSION_DECIDED in dict(desk.published()))
    assert dict(desk.published())[names.EXTENSION_DECIDED]["granted"] is False


async def test_only_emergencies_have_a_scene(desk: Desk) -> None:
    await desk.tell(
        Story("i-1"), ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.ISSUE_ASSIGNED, assigned())
    )
    answer = await desk.order(DUTY, "i-1", "reach_scene")
    assert answer.json()["type"] == "urn:sanfu:problem:no-emergency"


async def test_a_confidential_emergency_is_reported_and_its_words_are_sealed(desk: Desk) -> None:
    await alarmed(desk, secrecy="confidential", title="保密事项", text=None)
    assert (await desk.order(DUTY, "i-1", "report", {"text": "儿童已救出"})).status_code == 200
    assert dict(desk.published())[names.SITUATION_REPORTED]["text"] == "[withheld]"


async def test_a_second_return_is_decided_by_the_audiences_group_or_the_office(desk: Desk) -> None:
    story = Story("i-1")
    await desk.tell(story, ("intake", names.ISSUE_SUBMITTED, submitted()), ("router", names.ISSUE_ASSIGNED, assigned()))
    said = {"ground": "duties", "proposed_unit": "transport", "text": "属交通局"}
    for number in (1, 2):
        assert (await desk.order(HEAD, "i-1", "return", said)).status_code == 200
        if number == 1:
            again = assigned(assignment=2, decided_by="return")
            await desk.tell(story, ("router", names.ISSUE_ASSIGNED, again))
    await desk.tell(story, ("router", names.REVIEW_REQUESTED, review("second_return")))
    decision = {"unit": "transport", "grade": "simple", "reason": "按职责分工由交通局牵头"}
    alone = await desk.order(REVIEWER, "i-1", "dispatch", decision)
    assert alone.json()["type"] == "urn:sanfu:problem:for-the-group"
    assert (await desk.order(OFFICE, "i-1", "dispatch", decision)).status_code == 200
    told = [type for type, _ in desk.published()][-2:]
    assert told == [names.RETURN_ADJUDICATED, names.ISSUE_DISPATCHED], "the first stops the clock of adjudication"
    decided = dict(desk.published())[names.RETURN_ADJUDICATED]
    assert (decided["unit"], decided["number"], decided["upheld"]) == ("transport", 2, True)
