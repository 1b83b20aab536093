"""What a party says at the desk, itself or to a call-taker, is listened to: danger makes the case an emergency, words
that few may read make all of it confidential, in the same write."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.desk.domain.hearing import LISTENED
from tests.support import cases
from tests.support.assembling import RING
from tests.support.cases import CALLER, OFFICE, OFFICER, OPERATOR, REVIEWER, Desk, Story, review, submitted
from tests.support.eventually import eventually
from tests.support.following import REPLY, handled, seen, told
from tests.unit.desk import test_petitions as petitions
from tests.unit.desk.test_mine import link, look, say
from tests.unit.desk.test_receipts import say as by_number
from tests.unit.desk.test_words_of_danger import brought_to

DANGER = "灯杆漏电，有人触电了！"
CONFIDENCE = "密语甲，请替我保密"
CALL = "119"
"""Stands in the notice that says whom to call."""
NUMBER = 'class="number"'
"""Stands on the page where the case begins."""
ANSWER = {"reply": "请到便民服务中心办理。"}


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = cases.desk(keys=RING)
    await made.service.start()
    async with made.client:
        yield made
    await made.stop()


async def answered(desk: Desk) -> None:
    said = submitted(kind="consult")
    told = ("intake", names.ISSUE_SUBMITTED, said), ("router", names.REVIEW_REQUESTED, review())
    await desk.tell(Story("i-1"), *told)
    assert (await desk.order(REVIEWER, "i-1", "answer", ANSWER)).json()["state"] == "closed"


async def given(desk: Desk, command: str, words: str) -> Any:
    """Bring a case to where a party may say this, and have it say these words; return the answer."""
    match command:
        case "rate":
            await handled(desk)
            return await say(desk, link(), "rate", resolved="no", reason=words)
        case "withdraw":
            await handled(desk)
            return await say(desk, link(), "withdraw", reason=words)
        case "object":
            await answered(desk)
            return await desk.order(OPERATOR, "i-1", "object", {"reason": words})
        case "ask_review":
            await petitions.closed(desk)
            return await desk.order(REVIEWER, "i-1", "ask_review", {"reason": words})
        case "request_reopen":
            await brought_to(desk, "closed")
            return await desk.order(OPERATOR, "i-1", "request_reopen", {"reason": words})
    await brought_to(desk, "assigned")
    return await desk.order(OPERATOR, "i-1", command, {"text": words})


# ── danger ───────────────────────────────────────────────────────────────────────────────────────────────────────────

ENDS = {
    "remind": ("assigned", 1), "rate": ("assigned", 2), "withdraw": ("assigned", 2), "object": ("in_review", 1),
    "ask_review": ("assigned", 2), "request_reopen": ("assigned", 2),
}  # fmt: skip


def test_every_command_of_a_party_is_listened_to() -> None:
    assert set(ENDS) == LISTENED


@pytest.mark.parametrize("command", sorted(LISTENED))
async def test_danger_makes_it_an_emergency_that_somebody_handles_whatever_the_party_gave_as_a_command(
    desk: Desk, command: str
) -> None:
    answer = await given(desk, command, DANGER)
    case = await seen(desk)
    assert (case["urgency"], case["state"], case["round"]) == ("emergency", *ENDS[command])
    [changed] = told(desk, names.URGENCY_CHANGED)
    assert (changed["before"], changed["supplement"], changed["by"]["role"]) == ("normal", None, "system")
    if command in {"rate", "withdraw"}:
        assert "danger=1" in answer.headers["location"]
    else:
        assert CALL in answer.json()["warning"]


@pytest.mark.parametrize("command", sorted(LISTENED))
async def test_what_speaks_of_nothing_changes_nothing_else(desk: Desk, command: str) -> None:
    answer = await given(desk, command, "还是没有人来")
    assert (told(desk, names.URGENCY_CHANGED), told(desk, names.SECRECY_CHANGED)) == ([], [])
    assert "danger" not in answer.headers.get("location", "")
    assert "warning" not in answer.text


@pytest.mark.parametrize(
    ("state", "after", "round"),
    [("suspended", "contacted", 1), ("handled", "assigned", 2), ("followed_up", "assigned", 2),
     ("reopen_requested", "assigned", 2), ("closed", "assigned", 2)],
)  # fmt: skip
async def test_a_reminder_of_danger_is_heard_wherever_the_case_stood(
    desk: Desk, state: str, after: str, round: int
) -> None:
    await brought_to(desk, state)
    assert (await desk.order(OPERATOR, "i-1", "remind", {"text": DANGER})).status_code == 200
    case = await seen(desk)
    assert (case["urgency"], case["state"], case["round"]) == ("emergency", after, round)


async def test_a_second_reminder_of_the_day_is_refused_unless_it_brings_danger_and_danger_is_told_once(
    desk: Desk,
) -> None:
    await handled(desk)
    page = link()
    assert (await say(desk, page, "remind", "k1", text="还没好")).status_code == 303
    assert (await say(desk, page, "remind", "k2", text="还没好")).status_code == 409
    assert "danger=1" in (await say(desk, page, "remind", "k3", text=DANGER)).headers["location"]
    again = await say(desk, page, "remind", "k4", text=DANGER)
    assert (again.status_code, CALL in again.text) == (409, True)
    assert (len(told(desk, names.URGENCY_CHANGED)), (await seen(desk))["round"]) == (1, 2)
    assert len(told(desk, names.REMINDER_ADDED)) == 2


async def test_words_count_together_with_what_was_written_before(desk: Desk) -> None:
    await brought_to(desk, "assigned", text="路口的电线杆歪了")
    await desk.order(OPERATOR, "i-1", "remind", {"text": "还没有人来"})
    assert told(desk, names.URGENCY_CHANGED) == [], "what was written before alone was judged when it came"
    await desk.order(OPERATOR, "i-1", "remind", {"text": "现在掉下来了"})
    assert (await seen(desk))["urgency"] == "emergency"


@pytest.mark.parametrize(
    ("words", "state", "urgency"),
    [("漏电修好了，谢谢", "closed", "normal"), ("漏电修好了，可是墙要倒了", "assigned", "emergency")],
)
async def test_who_calls_it_resolved_speaks_of_the_danger_that_was_and_another_is_new(
    desk: Desk, words: str, state: str, urgency: str
) -> None:
    await handled(desk, text="路灯漏电")
    await say(desk, link(), "rate", resolved="yes", reason=words)
    case = await seen(desk)
    assert (case["state"], case["urgency"]) == (state, urgency)
    ends = (names.ISSUE_CLOSED, names.ISSUE_REOPENED, names.URGENCY_CHANGED)
    told = [type for type, _ in desk.published() if type in ends]
    assert told == [*ends][: 3 if urgency == "emergency" else 1], "what is closed is opened before anybody is called"


async def test_a_party_that_takes_it_back_in_words_of_danger_is_called_first(desk: Desk) -> None:
    await given(desk, "withdraw", DANGER)
    assert told(desk, names.ISSUE_WITHDRAWN) == []
    [asked] = told(desk, names.WITHDRAWAL_ASKED)
    assert (asked["asked_to"], asked["urgency"]) == (False, "emergency")


async def test_the_answer_to_a_petition_stands_no_more_where_the_wish_for_a_review_brings_danger(desk: Desk) -> None:
    await given(desk, "ask_review", DANGER)
    [decided] = told(desk, names.PETITION_REVIEW_DECIDED)
    assert (decided["upheld"], decided["by"]["role"]) == (False, "system")
    assert (await seen(desk))["review_asked"] is None


async def test_the_office_says_no_and_what_staff_write_in_their_own_name_raises_nothing(desk: Desk) -> None:
    await given(desk, "remind", DANGER)
    await desk.order(
        OFFICE, "i-1", "lower_urgency", {"urgency": "normal", "reason": "电工看过：灯杆漏电、有人触电均不属实"}
    )
    await desk.order(OFFICER, "i-1", "acknowledge")
    said = {"result": "reached", "summary": "当事人称灯杆漏电，有人触电；现场查看并无此事"}
    assert (await desk.order(OFFICER, "i-1", "contact", said)).status_code == 200
    assert (await desk.order(OFFICER, "i-1", "handle", {"outcome": "solved", "reply": REPLY})).status_code == 200
    heard = {"resolved": "no", "reason": "当事人称曾有人触电，经核实并无此事"}
    assert (await desk.order(CALLER, "i-1", "follow_up", heard)).status_code == 200
    assert (await seen(desk))["urgency"] == "normal"
    await desk.order(OPERATOR, "i-1", "remind", {"text": DANGER})
    assert [one["urgency"] for one in told(desk, names.URGENCY_CHANGED)] == ["emergency", "normal", "emergency"]


async def test_what_can_be_asked_for_no_more_is_refused_and_says_first_whom_to_call(desk: Desk) -> None:
    await brought_to(desk, "closed", receipt="YW-7K2")
    desk.advance(days=60)
    refused = await desk.order(OPERATOR, "i-1", "request_reopen", {"reason": DANGER})
    assert (refused.status_code, CALL in refused.json()["warning"]) == (409, True)
    assert CALL in (await by_number(desk, OPERATOR, "remind", text=DANGER)).json()["warning"]
    calm = await desk.order(OPERATOR, "i-1", "request_reopen", {"reason": "又坏了"})
    assert (calm.status_code, "warning" in calm.json()) == (409, False)
    assert told(desk, names.URGENCY_CHANGED) == []


async def test_a_call_taker_hears_whom_to_call_and_the_partys_page_says_it_first(desk: Desk) -> None:
    await brought_to(desk, "assigned", receipt="YW-7K2")
    assert CALL in (await by_number(desk, OPERATOR, "remind", text=DANGER)).json()["warning"]
    page = (await look(desk, link("YW-7K2"), "zh")).text
    assert page.index(CALL) < page.index(NUMBER)
    wrong = await say(desk, link("YW-7K2"), "remind", "k9", text=DANGER * 200)
    assert (wrong.status_code, wrong.text.index(CALL) < wrong.text.index(NUMBER)) == (422, True)


async def test_an_alarm_that_was_lost_with_an_outbox_is_raised_after_the_rebuild(desk: Desk) -> None:
    await given(desk, "remind", DANGER)
    for number, log in enumerate(desk.broker.topics[names.ISSUES]):
        kept = [record for record in log if dict(record.headers)["ce_type"] != names.URGENCY_CHANGED.encode()]
        desk.broker.topics[names.ISSUES][number] = [one._replace(offset=at) for at, one in enumerate(kept)]
    other = cases.desk(keys=RING)
    other.broker.topics = desk.broker.topics
    await other.service.start()
    try:
        await eventually(lambda: other.service.reader.ready and "i-1" in other.documents.documents)
        await eventually(lambda: other.documents.documents["i-1"]["urgency"] == "emergency")
    finally:
        await other.stop()
        await other.client.aclose()


# ── abuse ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", sorted(LISTENED))
async def test_no_officer_has_to_read_words_of_abuse(desk: Desk, command: str) -> None:
    await given(desk, command, "还没有人来，操你妈，路灯不亮")
    assert "操你妈" not in f"{desk.published()}{desk.documents.documents['i-1']}"
    assert "还没有人来，***，路灯不亮" in f"{desk.published()}"


# ── confidence ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", sorted(LISTENED))
async def test_words_that_few_may_read_are_told_to_nobody_and_make_all_of_it_confidential(
    desk: Desk, command: str
) -> None:
    await given(desk, command, CONFIDENCE)
    [changed] = told(desk, names.SECRECY_CHANGED)
    assert (changed["secrecy"], changed["supplement"], changed["by"]["role"]) == ("confidential", None, "system")
    case = desk.documents.documents["i-1"]
    assert (case["secrecy"], case["text"]) == ("confidential", None)
    assert "密语" not in f"{desk.published()}{case}"
    texts = await desk.get(OFFICE, "/v1/cases/i-1/texts", purpose="核对")
    assert CONFIDENCE in texts.text, "the desk still has it, for a purpose"


async def test_an_accusation_is_with_the_discipline_liaison_alone_from_then_on(desk: Desk) -> None:
    await given(desk, "rate", "科长收红包才肯修")
    assert desk.documents.documents["i-1"]["secrecy"] == "sealed"
    assert (await desk.get(CALLER, "/v1/cases/i-1")).status_code == 404
    assert (await desk.get(cases.LIAISON, "/v1/cases/i-1")).status_code == 200
    assert "红包" not in str(desk.published())


async def test_danger_and_confidence_at_once_are_both_heeded(desk: Desk) -> None:
    await given(desk, "rate", f"{DANGER}{CONFIDENCE}")
    case = desk.documents.documents["i-1"]
    assert (case["urgency"], case["secrecy"], case["round"]) == ("emergency", "confidential", 2)
    assert "密语" not in f"{desk.published()}{case}"


async def test_what_is_confidential_already_stays_so_and_its_danger_is_heard(desk: Desk) -> None:
    await brought_to(desk, "assigned", secrecy="confidential", text=None, receipt="YW-7K2")
    await by_number(desk, OPERATOR, "remind", text=f"{CONFIDENCE}，{DANGER}")
    assert told(desk, names.SECRECY_CHANGED) == []
    assert told(desk, names.REMINDER_ADDED)[0]["text"] is None
    assert (await seen(desk))["urgency"] == "emergency"


async def test_without_a_key_ring_nothing_is_told_of_what_few_may_read() -> None:
    bare = cases.desk()
    await bare.service.start()
    async with bare.client:
        await brought_to(bare, "assigned")
        refused = await bare.order(OPERATOR, "i-1", "remind", {"text": CONFIDENCE})
        assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "no-keys")
        assert told(bare, names.REMINDER_ADDED) == []
    await bare.stop()
