"""A case's life over HTTP: from assigned to closed, and what stands in its way."""

import pytest

from sanfu.contracts import names
from tests.support.cases import CALLER, HEAD, OFFICE, OFFICER, REVIEWER, Desk, Story, assigned, review, submitted

REPLY = "三盏路灯已更换灯头，今晚恢复照明。"


async def led(desk: Desk, subject: str = "i-1", **more: object) -> Story:
    story = Story(subject)
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, submitted(**more)),
        ("router", names.ISSUE_ASSIGNED, assigned()),
    )
    return story


async def handled(desk: Desk, subject: str = "i-1", *, by: str = OFFICER, reply: str = REPLY) -> None:
    for command, said in (
        ("acknowledge", {}),
        ("contact", {"result": "reached"}),
        ("handle", {"outcome": "solved", "reply": reply}),
    ):
        answer = await desk.order(by, subject, command, said)
        assert answer.status_code == 200, answer.text


async def test_an_issue_is_handled_followed_up_and_closed_by_the_system(desk: Desk) -> None:
    await led(desk)
    await handled(desk)
    answer = await desk.order(CALLER, "i-1", "follow_up", {"resolved": "yes", "satisfied": 5})
    assert answer.json()["state"] == "closed"
    seen = (await desk.get(OFFICE, "/v1/cases/i-1")).json()
    assert seen["closed_as"] == "resolved"
    assert seen["allowed"] == ["void", "remind", "correct_contact", "raise_secrecy", "lower_secrecy"], (
        "it may turn out yet that it was not"
    )
    types = [type for type, _ in desk.published()]
    assert types[-2:] == [names.ISSUE_FOLLOWED_UP, names.ISSUE_CLOSED]
    assert desk.published()[-1][1]["by"]["role"] == "system"


async def test_the_office_closes_with_an_explanation_what_the_party_does_not_call_resolved(desk: Desk) -> None:
    await led(desk)
    await handled(desk)
    answer = await desk.order(CALLER, "i-1", "follow_up", {"resolved": "no", "satisfied": 1})
    assert answer.json()["state"] == "followed_up"
    for kind in ("resolved", "planned", "unverifiable"):
        refused = await desk.order(OFFICE, "i-1", "close", {"kind": kind})
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:sanfu:problem:kind-unfit")
    unexplained = await desk.order(OFFICE, "i-1", "close", {"kind": "explained"})
    assert unexplained.json()["errors"][0]["field"] == "$.reply"
    closed = await desk.order(OFFICE, "i-1", "close", {"kind": "explained", "reply": "该路段由村集体管护，已告知。"})
    assert closed.json()["state"] == "closed"


async def test_what_is_not_resolved_is_handled_again_in_a_new_round_with_all_three_ones(desk: Desk) -> None:
    await led(desk)
    for number in (1, 2, 3):
        await handled(desk, reply=f"{REPLY}（第{number}次）")
        await desk.order(CALLER, "i-1", "follow_up", {"resolved": "no"})
        again = await desk.order(OFFICE, "i-1", "reopen", {"reason": "仍不亮"})
    assert again.json()["type"] == "urn:sanfu:problem:no-more-rounds"
    seen = (await desk.get(OFFICE, "/v1/cases/i-1")).json()
    assert [set(one) >= {"contact", "handle", "follow_up"} for one in seen["rounds"]] == [True] * 3


async def test_a_reply_is_neither_a_mere_word_nor_a_copy_of_the_last(desk: Desk) -> None:
    await led(desk)
    await desk.order(OFFICER, "i-1", "acknowledge")
    await desk.order(OFFICER, "i-1", "contact", {"result": "failed"})
    empty = await desk.order(OFFICER, "i-1", "handle", {"outcome": "solved", "reply": "已办结。"})
    assert empty.json()["errors"][0]["problem"] == "says_nothing"
    await desk.order(OFFICER, "i-1", "handle", {"outcome": "partly", "reply": REPLY})
    await desk.order(CALLER, "i-1", "follow_up", {"resolved": "partly"})
    await desk.order(OFFICE, "i-1", "reopen", {"reason": "还差一盏"})
    await desk.order(OFFICER, "i-1", "acknowledge")
    await desk.order(OFFICER, "i-1", "contact", {"result": "reached"})
    copied = await desk.order(OFFICER, "i-1", "handle", {"outcome": "solved", "reply": REPLY})
    assert copied.json()["errors"][0]["problem"] == "copy_of_the_last"


async def test_a_reviewer_dispatches_what_no_rule_was_sure_of(desk: Desk) -> None:
    story = Story("i-1")
    await desk.tell(
        story,
        ("intake", names.ISSUE_SUBMITTED, submitted(complains_of=["tax"])),
        ("router", names.REVIEW_REQUESTED, review()),
    )
    said = {"unit": "tax", "grade": "complex", "reason": "归口"}
    assert (await desk.order(REVIEWER, "i-1", "dispatch", said)).json()["type"] == "urn:sanfu:problem:recused"
    said["unit"] = "no-such-unit"
    assert (await desk.order(REVIEWER, "i-1", "dispatch", said)).json()["errors"][0]["field"] == "$.unit"
    said["unit"] = "urban-management"
    answer = (await desk.order(REVIEWER, "i-1", "dispatch", said)).json()
    assert (answer["state"], answer["case"]["unit"], answer["case"]["assignment"]) == ("assigned", said["unit"], 1)
    await desk.tell(story, ("router", names.ISSUE_ASSIGNED, assigned("tax", assignment=1)))
    seen = (await desk.get(REVIEWER, "/v1/cases/i-1")).json()
    assert seen["unit"] == "urban-management", "at equal numbers desk's counts"


async def test_only_consults_and_thanks_are_answered_at_the_desk(desk: Desk) -> None:
    for subject, kind in (("i-1", "issue"), ("i-2", "consult")):
        await desk.tell(
            Story(subject),
            ("intake", names.ISSUE_SUBMITTED, submitted(kind=kind)),
            ("router", names.REVIEW_REQUESTED, review("consult")),
        )
    said = {"reply": "办理居住证请到镇便民服务中心。"}
    assert (await desk.order(REVIEWER, "i-1", "answer", said)).json()["type"] == "urn:sanfu:problem:not-answerable"
    assert (await desk.order(REVIEWER, "i-2", "answer", said)).json()["state"] == "closed"
    assert (await desk.get(REVIEWER, "/v1/cases/i-2")).json()["closed_as"] == "answered"


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (60, 409)])
async def test_a_return_is_taken_inside_its_window_only(desk: Desk, minutes: int, status: int) -> None:
    story = await led(desk)
    desk.advance(minutes=minutes)
    said = {"ground": "duties", "proposed_unit": "transport", "text": "属交通局管养路段"}
    answer = await desk.order(HEAD, "i-1", "return", said)
    assert answer.status_code == status, answer.text
    if status == 409:
        assert answer.json()["type"] == "urn:sanfu:problem:window-closed"
        return
    seen = (await desk.get(OFFICE, "/v1/cases/i-1")).json()
    assert (seen["state"], seen["unit"]) == ("returned", "urban-management"), "it stays in charge until decided"
    await desk.tell(story, ("router", names.ISSUE_ASSIGNED, assigned("transport", assignment=2)))
    seen = (await desk.get(OFFICE, "/v1/cases/i-1")).json()
    assert (seen["state"], seen["unit"]) == ("assigned", "transport")
    assert (await desk.get(HEAD, "/v1/cases/i-1")).status_code == 404, "its part has ended"


async def test_an_emergency_is_not_returned(desk: Desk) -> None:
    await led(desk, urgency="emergency")
    # the assignment carries the urgency of its instant
    await desk.tell(
        Story("i-9"),
        ("intake", names.ISSUE_SUBMITTED, submitted(urgency="emergency")),
        ("router", names.ISSUE_ASSIGNED, assigned(urgency="emergency")),
    )
    said = {"ground": "area", "proposed_unit": "transport", "text": "不在辖区"}
    assert (await desk.order(HEAD, "i-9", "return", said)).json()["type"] == "urn:sanfu:problem:emergency"


async def test_numbers_of_people_that_officers_write_stay_out_of_the_story(desk: Desk) -> None:
    await led(desk)
    await desk.order(OFFICER, "i-1", "acknowledge")
    said = {"result": "reached", "summary": "电 138 0000 1234，证 33078219900101123X，邮 a.b@example.cn，约周三"}
    assert (await desk.order(OFFICER, "i-1", "contact", said)).status_code == 200
    reply = "已更换灯头，咨询 0579-85000000 或 office@yiwu.example，勿打 13800001234。"
    assert (await desk.order(OFFICER, "i-1", "handle", {"outcome": "solved", "reply": reply})).status_code == 200
    told = str(desk.published())
    for secret in ("138 0000 1234", "33078219900101123X", "a.b@example.cn", "13800001234"):
        assert secret not in told
    for kept in ("约周三", "0579-85000000", "office@yiwu.example"):
        assert kept in told


async def test_a_refusal_has_a_reason_of_the_pack_and_one_person_alone_refuses_no_petition(desk: Desk) -> None:
    for subject, channel in (("i-1", "hotline"), ("i-2", "petition")):
        await desk.tell(
            Story(subject),
            ("intake", names.ISSUE_SUBMITTED, submitted(channel=channel)),
            ("router", names.REVIEW_REQUESTED, review()),
        )
    said = {"reason": "too_angry", "reply": "该事项已进入诉讼程序，请向法院反映。"}
    unknown = await desk.order(REVIEWER, "i-1", "refuse", said)
    assert unknown.json()["errors"][0]["field"] == "$.reason"
    said["reason"] = "litigation"
    alone = await desk.order(REVIEWER, "i-2", "refuse", said)
    assert alone.json()["state"] == "in_review", "only proposed"
    assert (await desk.order(REVIEWER, "i-1", "refuse", said)).json()["state"] == "closed"
    assert (await desk.get(REVIEWER, "/v1/cases/i-1")).json()["closed_as"] == "refused"
