"""Pre-review over HTTP: asked for more, refused by two, objected to, forwarded."""

from datetime import timedelta

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from tests.support.cases import MORNING, OFFICE, OFFICER, OPERATOR, REVIEWER, Desk, Story, review, submitted
from tests.support.eventually import eventually

REFUSAL = {"reason": "litigation", "reply": "该事项已进入诉讼程序，请向受理法院反映。"}
QUESTION = {"question": "路灯在哪一段？请说明路名。", "fields": ["place"]}
ANSWER = {"reply": "办理居住证请到镇便民服务中心。"}
SECOND = OFFICE


async def in_review(desk: Desk, **more: object) -> Story:
    story = Story("i-1")
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, submitted(**more)),
        ("router", names.REVIEW_REQUESTED, review()),
    )
    return story


async def state(desk: Desk) -> str:
    return str((await desk.get(REVIEWER, "/v1/cases/i-1")).json()["state"])


def supplemented(**more: object) -> dict[str, object]:
    return {
        "number": 1,
        "text": "佛堂大道",
        "reported_at": instant(MORNING),
        "contact": "none",
        "attachments": [],
        **more,
    }


async def test_a_party_asked_for_more_is_waited_for_and_the_review_goes_on_when_it_has_said_it(desk: Desk) -> None:
    story = await in_review(desk)
    assert (await desk.order(REVIEWER, "i-1", "ask_more", QUESTION)).json()["state"] == "awaiting_party"
    await desk.tell(story, ("intake", names.ISSUE_SUPPLEMENTED, supplemented()))
    seen = (await desk.get(REVIEWER, "/v1/cases/i-1")).json()
    assert (seen["state"], seen["question"]) == ("in_review", None)
    desk.advance(days=10)
    assert await state(desk) == "in_review", "nothing expires any more"


async def test_who_does_not_answer_is_reminded_and_then_it_is_closed_as_incomplete(desk: Desk) -> None:
    await in_review(desk)
    await desk.order(REVIEWER, "i-1", "ask_more", QUESTION)
    desk.advance(days=1, hours=9)  # past the end of the next working day's service
    await eventually(lambda: names.SUPPLEMENT_REMINDED in [type for type, _ in desk.published()])
    assert await state(desk) == "awaiting_party"
    desk.advance(days=4)
    await eventually(lambda: desk.published()[-1][0] == names.ISSUE_CLOSED)
    assert desk.published()[-1][1]["kind"] == "incomplete"
    assert [type for type, _ in desk.published()].count(names.SUPPLEMENT_REMINDED) == 1


async def test_nobody_is_asked_who_left_no_contact_and_no_emergency_is_kept_waiting(desk: Desk) -> None:
    await in_review(desk, contact="none")
    refused = await desk.order(REVIEWER, "i-1", "ask_more", QUESTION)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:sanfu:problem:nobody-to-ask")
    story = Story("i-2")
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, submitted(urgency="emergency")),
        ("router", names.REVIEW_REQUESTED, review()),
    )
    for command, said in (("ask_more", QUESTION), ("refuse", REFUSAL), ("forward", FORWARD)):
        refused = await desk.order(REVIEWER, "i-2", command, said)
        assert refused.json()["type"] == "urn:sanfu:problem:emergency", command


FORWARD = {"to": "金华市交通运输局", "reason": "outside_jurisdiction", "reply": "属金华市管辖，请拨打金华市12345热线。"}


async def test_what_lies_outside_the_city_is_forwarded_and_closed_as_another_route(desk: Desk) -> None:
    await in_review(desk)
    assert (await desk.order(REVIEWER, "i-1", "forward", FORWARD)).json()["state"] == "closed"
    seen = (await desk.get(REVIEWER, "/v1/cases/i-1")).json()
    assert (seen["closed_as"], seen["settled"]["to"]) == ("other_route", FORWARD["to"])


@pytest.mark.parametrize("channel", ["enterprise_seat", "petition", "whistle"])
async def test_two_people_refuse_what_came_by_a_channel_that_is_owed_more_care(desk: Desk, channel: str) -> None:
    await in_review(desk, channel=channel)
    proposed = (await desk.order(REVIEWER, "i-1", "refuse", REFUSAL)).json()
    assert (proposed["state"], proposed["case"]["refusal"]["by"]["id"]) == ("in_review", REVIEWER)
    alone = await desk.order(REVIEWER, "i-1", "confirm_refusal")
    assert alone.json()["type"] == "urn:sanfu:problem:second-person-needed"
    assert (await desk.order(SECOND, "i-1", "confirm_refusal")).json()["state"] == "closed"
    refusal = next(data for type, data in desk.published() if type == names.ISSUE_REFUSED)
    assert (refusal["by"]["id"], refusal["second"], refusal["reply"]) == (REVIEWER, SECOND, REFUSAL["reply"])


async def test_a_refusal_that_the_second_person_declines_is_no_refusal(desk: Desk) -> None:
    await in_review(desk, channel="enterprise_seat")
    nothing = await desk.order(SECOND, "i-1", "confirm_refusal")
    assert nothing.json()["type"] == "urn:sanfu:problem:nothing-proposed"
    await desk.order(REVIEWER, "i-1", "refuse", REFUSAL)
    declined = (await desk.order(SECOND, "i-1", "decline_refusal", {"reason": "诉讼已撤回"})).json()
    assert (declined["state"], declined["case"]["refusal"]) == ("in_review", None)


async def test_no_facts_is_a_reason_only_after_the_party_was_asked_once(desk: Desk) -> None:
    story = await in_review(desk)
    said = {**REFUSAL, "reason": "no_facts"}
    refused = await desk.order(REVIEWER, "i-1", "refuse", said)
    assert refused.json()["type"] == "urn:sanfu:problem:not-asked"
    await desk.order(REVIEWER, "i-1", "ask_more", QUESTION)
    await desk.tell(story, ("intake", names.ISSUE_SUPPLEMENTED, supplemented(text="不知道")))
    assert (await desk.order(REVIEWER, "i-1", "refuse", said)).json()["state"] == "closed"


async def objected(desk: Desk) -> None:
    """The party objects; until its own page speaks for it, by the story."""
    answer = await desk.order(OPERATOR, "i-1", "object", {"reason": "没有回答我的问题"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("command", "said"), [("refuse", REFUSAL), ("answer", ANSWER)])
async def test_what_the_party_objects_to_is_decided_by_somebody_else_and_then_for_good(
    desk: Desk, command: str, said: dict[str, str]
) -> None:
    await in_review(desk, kind="consult")
    await desk.order(REVIEWER, "i-1", command, said)
    await objected(desk)
    assert await state(desk) == "in_review"
    same = await desk.order(REVIEWER, "i-1", command, said)
    assert same.json()["type"] == "urn:sanfu:problem:decided-it"
    assert (await desk.order(OFFICE, "i-1", command, said)).json()["state"] == "closed"
    again = await desk.order(OPERATOR, "i-1", "object", {"reason": "还是不满意"})
    assert again.json()["type"] == "urn:sanfu:problem:window-closed", "one appeal"


@pytest.mark.parametrize(("days", "status"), [(14, 200), (15, 409)])
async def test_an_appeal_is_taken_inside_fifteen_days(desk: Desk, days: int, status: int) -> None:
    await in_review(desk)
    await desk.order(REVIEWER, "i-1", "refuse", REFUSAL)
    desk.clock.advance(timedelta(days=days))
    assert (await desk.order(OPERATOR, "i-1", "object", {"reason": "不服"})).status_code == status


OFFER = {"mediator": "佛堂镇人民调解委员会", "reply": "可由佛堂镇人民调解委员会免费调解，请到便民服务中心登记。"}


async def test_a_civil_dispute_is_refused_as_one_only_after_mediation_was_offered(desk: Desk) -> None:
    await in_review(desk)
    said = {**REFUSAL, "reason": "civil_dispute"}
    refused = await desk.order(REVIEWER, "i-1", "refuse", said)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:sanfu:problem:not-offered")
    offered = (await desk.order(REVIEWER, "i-1", "offer_mediation", OFFER)).json()
    kept = offered["case"]["mediation"]
    assert (offered["state"], kept["by"]["id"], kept["at"]) == ("in_review", REVIEWER, instant(MORNING))
    assert (kept["mediator"], kept["reply"]) == (OFFER["mediator"], OFFER["reply"])
    assert (await desk.order(REVIEWER, "i-1", "refuse", said)).json()["state"] == "closed"


async def test_the_unit_that_leads_may_offer_mediation_too_and_nobody_does_who_can_not_reach_the_party(
    desk: Desk,
) -> None:
    story = await in_review(desk)
    await desk.order(REVIEWER, "i-1", "dispatch", {"unit": "urban-management", "grade": "complex", "reason": "归口"})
    assert (await desk.order(OFFICER, "i-1", "offer_mediation", OFFER)).json()["case"]["mediation"]
    await desk.order(OFFICER, "i-1", "return", {"ground": "law", "proposed_unit": "justice", "text": "属民事纠纷。"})
    await desk.tell(story, ("router", names.REVIEW_REQUESTED, review("unsure")))
    civil = {**REFUSAL, "reason": "civil_dispute"}
    assert (await desk.order(REVIEWER, "i-1", "refuse", civil)).json()["state"] == "closed"
    await desk.tell(Story("i-2"), ("intake", names.ISSUE_SUBMITTED, submitted(contact="none")))
    refused = await desk.order(REVIEWER, "i-2", "offer_mediation", OFFER)
    assert refused.json()["type"] == "urn:sanfu:problem:nobody-to-ask"


@pytest.mark.parametrize(("reason", "kind", "two"), [("malicious", "issue", True), ("malicious", "spam", True),
                                                     ("spam", "issue", True), ("spam", "spam", False)])  # fmt: skip
async def test_two_people_say_that_something_is_malicious_or_spam_but_for_what_came_in_as_spam(
    desk: Desk, reason: str, kind: str, *, two: bool
) -> None:
    await in_review(desk, kind=kind)
    said = (await desk.order(REVIEWER, "i-1", "refuse", {**REFUSAL, "reason": reason})).json()
    assert said["state"] == ("in_review" if two else "closed")
    if two:
        assert (await desk.order(SECOND, "i-1", "confirm_refusal")).json()["state"] == "closed"
    [refusal] = [data for type, data in desk.published() if type == names.ISSUE_REFUSED]
    assert (refusal["reason"], refusal["second"]) == (reason, SECOND if two else None)
    assert refusal["appeal_until"], "and the party may appeal"


async def test_an_accusation_is_never_called_malicious(desk: Desk) -> None:
    await in_review(desk, complains_of=["tax"])
    malicious = {**REFUSAL, "reason": "malicious"}
    refused = await desk.order(REVIEWER, "i-1", "refuse", malicious)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:sanfu:problem:accusation")
    await desk.tell(Story("i-2"), ("intake", names.ISSUE_SUBMITTED, submitted()))
    await desk.order(REVIEWER, "i-2", "refuse", malicious)
    await desk.order(SECOND, "i-2", "recuse", {"units": ["tax"], "reason": "来电说明"})
    refused = await desk.order(SECOND, "i-2", "confirm_refusal")
    assert refused.json()["type"] == "urn:sanfu:problem:accusation", "not even as it turned out meanwhile"
