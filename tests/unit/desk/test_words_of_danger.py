"""What a party adds may speak of danger: the case is an emergency from then on, wherever it stood, until a person says
no."""

from typing import Any

import pytest

from sanfu.contracts import names
from tests.support import cases
from tests.support.cases import CALLER, OFFICE, OFFICER, OPERATOR, Desk, Story, assigned, submitted
from tests.support.eventually import eventually
from tests.unit.desk.test_assisting import seen
from tests.unit.desk.test_limits import told

REPLY = {"outcome": "solved", "reply": "线路已修复，今晚恢复照明。"}
STEPS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "assigned": [],
    "suspended": [
        (OFFICER, "acknowledge", {}), (OFFICER, "contact", {"result": "reached"}),
        (OFFICER, "suspend", {"reason": "weather"}),
    ],
    "handled": [
        (OFFICER, "acknowledge", {}), (OFFICER, "contact", {"result": "reached"}), (OFFICER, "handle", REPLY),
    ],
}  # fmt: skip
STEPS["followed_up"] = [*STEPS["handled"], (CALLER, "follow_up", {"resolved": "no"})]
STEPS["closed"] = [*STEPS["handled"], (CALLER, "follow_up", {"resolved": "yes"})]
STEPS["reopen_requested"] = [*STEPS["closed"], (OPERATOR, "request_reopen", {"reason": "又坏了"})]


def supplement(number: int = 1, urgency: str | None = "emergency", **more: Any) -> tuple[str, str, dict[str, Any]]:
    body = {"number": number, "text": "配电箱冒烟", "reported_at": "2026-04-30T01:00:00.000Z", "urgency": urgency}
    return "intake", names.ISSUE_SUPPLEMENTED, {**body, **more}


async def brought_to(desk: Desk, state: str, **more: Any) -> Story:
    story = Story("i-1")
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, submitted(**more)),
        ("router", names.ISSUE_ASSIGNED, assigned(grade="complex", urgency=more.get("urgency", "normal"))),
    )
    for user, command, said in STEPS[state]:
        answer = await desk.order(user, "i-1", command, said)
        assert answer.status_code == 200, answer.text
    assert desk.documents.documents["i-1"]["state"] == state
    return story


@pytest.mark.parametrize(
    ("state", "after", "round"),
    [("assigned", "assigned", 1), ("suspended", "contacted", 1), ("handled", "assigned", 2),
     ("followed_up", "assigned", 2), ("reopen_requested", "assigned", 2), ("closed", "assigned", 2)],
)  # fmt: skip
async def test_words_of_danger_make_it_an_emergency_wherever_it_stood(
    desk: Desk, state: str, after: str, round: int
) -> None:
    story = await brought_to(desk, state)
    await desk.tell(story, supplement())
    case = await seen(desk)
    assert (case["urgency"], case["state"], case["round"]) == ("emergency", after, round)
    [changed] = told(desk, names.URGENCY_CHANGED)
    assert (changed["before"], changed["supplement"], changed["by"]["role"]) == ("normal", 1, "system")


async def test_a_person_says_no_and_only_new_words_of_danger_raise_it_again(desk: Desk) -> None:
    story = await brought_to(desk, "assigned")
    await desk.tell(story, supplement())
    lowered = {"urgency": "normal", "reason": "现场核实为误报"}
    assert (await desk.order(OFFICE, "i-1", "lower_urgency", lowered)).status_code == 200
    await desk.tell(story, supplement(2, None), ("router", names.ISSUE_ASSIGNED, assigned(assignment=2)))
    assert (await seen(desk))["urgency"] == "normal"
    await desk.tell(story, supplement(3))
    assert (await seen(desk))["urgency"] == "emergency"
    assert [one["supplement"] for one in told(desk, names.URGENCY_CHANGED)] == [1, None, 3]


async def test_an_emergency_that_was_handled_is_one_again_and_one_that_is_being_handled_stays_as_it_is(
    desk: Desk,
) -> None:
    story = await brought_to(desk, "handled", urgency="emergency")
    raised = await desk.order(OFFICER, "i-1", "raise_urgency", {"urgency": "emergency", "reason": "冒烟"})
    assert raised.status_code == 409, "by a person it is an emergency already"
    await desk.tell(story, supplement())
    case = await seen(desk)
    assert (case["state"], case["round"], len(told(desk, names.URGENCY_CHANGED))) == ("assigned", 2, 1)
    await desk.tell(story, supplement(2))
    assert ((await seen(desk))["round"], len(told(desk, names.URGENCY_CHANGED))) == (2, 1)


async def test_of_a_secret_case_no_word_is_told_and_the_alarm_is(desk: Desk) -> None:
    story = await brought_to(desk, "assigned", secrecy="confidential", text=None)
    await desk.tell(story, supplement(text=None, contact=2))
    [changed] = told(desk, names.URGENCY_CHANGED)
    assert (changed["urgency"], changed["reason"]) == ("emergency", "[withheld]")


async def test_an_alarm_that_was_lost_with_an_outbox_is_raised_after_the_rebuild(desk: Desk) -> None:
    story = await brought_to(desk, "assigned")
    await desk.tell(story, supplement())
    for number, log in enumerate(desk.broker.topics[names.ISSUES]):
        kept = [record for record in log if dict(record.headers)["ce_type"] != names.URGENCY_CHANGED.encode()]
        desk.broker.topics[names.ISSUES][number] = [one._replace(offset=at) for at, one in enumerate(kept)]
    other = cases.desk()
    other.broker.topics = desk.broker.topics
    await other.service.start()
    try:
        await eventually(lambda: other.service.reader.ready and "i-1" in other.documents.documents)
        await eventually(lambda: other.documents.documents["i-1"]["urgency"] == "emergency")
        await other.service.commands.drain()
        assert [one["supplement"] for one in told(other, names.URGENCY_CHANGED)] == [1]
    finally:
        await other.stop()
        await other.client.aclose()
