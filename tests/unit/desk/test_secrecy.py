"""What people write about a confidential issue: told to nobody, read by who may, for a purpose."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.free_texts import FREE_TEXTS
from sanfu.desk.domain.case import _TOLD
from sanfu.desk.domain.scope import of_party
from sanfu.desk.domain.secrecy import hushed, written
from sanfu.runtime.rules import Actor, Command
from tests.support import cases
from tests.support.cases import (
    CALLER,
    HELPER,
    LIAISON,
    OFFICE,
    OFFICER,
    OTHER,
    REVIEWER,
    Desk,
    Story,
    assigned,
    let_in,
    review,
    submitted,
)  # fmt: skip
from tests.support.eventually import eventually
from tests.unit.desk.test_assisting import TASK, does
from tests.unit.desk.test_limits import contacted, told

SECRET: dict[str, Any] = {"secrecy": "confidential", "text": None, "title": "保密事项"}
REPLY = "已依法处置，孩子已由学校妥善安置。"
PURPOSE = {"purpose": "回访前了解情况"}


async def texts(desk: Desk, user: str, id: str = "i-1") -> list[dict[str, Any]]:
    answer = await desk.get(user, f"/v1/cases/{id}/texts", **PURPOSE)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def everything(desk: Desk) -> str:
    """All that desk told, and all that it keeps."""
    return str([desk.published(), desk.published(names.AFFAIRS), desk.documents.documents, desk.documents.others])


async def test_what_is_written_about_a_confidential_case_is_told_to_nobody_and_read_for_a_purpose(desk: Desk) -> None:
    await contacted(desk, **SECRET)
    said = {"outcome": "explained", "reply": REPLY, "internal": "家长姓名已记录", "legal_ground": "未成年人保护法"}
    assert (await desk.order(OFFICER, "i-1", "handle", said)).status_code == 200
    (event,) = told(desk, names.ISSUE_HANDLED)
    assert (event["reply"], event["internal"], event["legal_ground"]) == ("[withheld]", None, "[withheld]")
    for word in (REPLY, "家长", "未成年人保护法"):
        assert word not in everything(desk)
    handled = next(one for one in await texts(desk, OFFICER) if one["type"] == names.ISSUE_HANDLED)
    assert handled["texts"] == {name: said[name] for name in ("reply", "internal", "legal_ground")}
    assert handled["by"]["id"] == OFFICER


async def test_reading_is_on_record_with_its_purpose_before_anything_is_shown(desk: Desk) -> None:
    await contacted(desk, **SECRET)
    assert (await desk.get(OFFICE, "/v1/cases/i-1/texts")).status_code == 422
    await texts(desk, OFFICE)
    (kept,) = desk.documents.others["readings"].values()
    assert (kept["user"], kept["what"], kept["purpose"]) == (OFFICE, ["texts"], PURPOSE["purpose"])


async def test_a_unit_that_only_helps_reads_what_it_was_told_and_no_more(desk: Desk) -> None:
    await contacted(desk, **SECRET)
    await does(desk, OFFICER, "ask_assist", **TASK)
    await does(desk, OFFICER, "copy", unit="tax", reason="请税务知悉")
    assert [one["texts"] for one in await texts(desk, HELPER)] == [{"task": TASK["task"]}]
    assert {"task", "reason"} == {name for one in await texts(desk, OFFICER) for name in one["texts"]}
    assert [one["texts"] for one in await texts(desk, OTHER)] == [{"reason": "请税务知悉"}]


async def test_who_handles_reads_nothing_of_how_it_is_followed_up(desk: Desk) -> None:
    await contacted(desk, **SECRET)
    await does(desk, OFFICER, "handle", outcome="solved", reply=REPLY)
    rated = {"resolved": "no", "reason": "孩子仍未返校"}
    case = desk.documents.documents["i-1"]
    case["rounds"][-1]["plan"]["link_until"] = "2026-06-01T00:00:00.000Z"
    data = {"said": {"satisfied": None, **rated}, "scope": of_party(case["receipt"]), "id": "i-1"}
    await desk.service.commands.do("i-1", Command("rate", data, Actor("party", "party"), "k"))
    assert rated["reason"] in str(await texts(desk, CALLER))
    assert rated["reason"] not in str(await texts(desk, OFFICER))


@pytest.fixture
async def without_keys() -> AsyncIterator[Desk]:
    made = cases.desk()
    await made.service.start()
    async with made.client:
        yield made
    await made.stop()


async def test_without_a_key_ring_nothing_is_written_about_a_confidential_case(without_keys: Desk) -> None:
    desk = without_keys
    body = submitted(**SECRET)
    await desk.tell(Story("i-1"), ("intake", names.ISSUE_SUBMITTED, body), ("router", names.ISSUE_ASSIGNED, assigned()))
    assert (await desk.order(OFFICER, "i-1", "acknowledge")).status_code == 200
    said = {"result": "reached", "summary": "已见面"}
    refused = await desk.order(OFFICER, "i-1", "contact", said)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:sanfu:problem:no-keys")
    assert (await desk.order(OFFICER, "i-1", "contact", {"result": "reached"})).status_code == 200


async def test_what_becomes_confidential_loses_its_words_here_and_they_are_on_the_shelf(desk: Desk) -> None:
    await contacted(desk, text="三盏路灯不亮", place={"town": "fotang", "address": "某厂东门"})
    await does(desk, OFFICER, "ask_assist", **TASK)
    await does(desk, OFFICE, "raise_secrecy", secrecy="confidential", reason="涉及未成年人")
    kept = str([desk.documents.documents, desk.documents.others])
    for word in ("三盏路灯", "某厂", TASK["task"], "涉及未成年人"):
        assert word not in kept
    found = {name: text for one in await texts(desk, OFFICE) for name, text in one["texts"].items()}
    assert found["text"] == "三盏路灯不亮"
    assert found["place.address"] == "某厂东门"
    assert found["assists[0].task"] == TASK["task"]
    assert found["reason"] == "涉及未成年人"
    assert (await desk.get(OFFICE, "/v1/cases/i-1")).json()["state"] == "contacted"


async def test_what_becomes_sealed_is_read_by_the_discipline_liaison_alone(desk: Desk) -> None:
    await contacted(desk)
    await does(desk, OFFICE, "raise_secrecy", secrecy="sealed", reason="举报工作人员")
    assert (await desk.get(OFFICE, "/v1/cases/i-1/texts", **PURPOSE)).status_code == 404
    assert "举报工作人员" in str(await texts(desk, LIAISON))


async def test_words_that_were_proposed_in_secrecy_go_to_nobody_once_it_is_over(desk: Desk) -> None:
    body = submitted(channel="petition", **SECRET)
    await desk.tell(Story("i-1"), ("intake", names.ISSUE_SUBMITTED, body), ("router", names.REVIEW_REQUESTED, review()))
    await does(desk, REVIEWER, "refuse", reason="litigation", reply="已进入诉讼程序，请向法院反映。")
    await does(desk, OFFICE, "lower_secrecy", secrecy="internal", reason="经核实不涉密")
    answer = await desk.order(OFFICE, "i-1", "confirm_refusal")
    assert answer.json()["type"] == "urn:sanfu:problem:words-are-sealed"


async def test_a_meeting_seals_what_it_decides_of_a_confidential_issue_and_no_more(desk: Desk) -> None:
    await let_in(desk, OFFICE, LIAISON, REVIEWER, OFFICER)
    for id, more in (("i-1", SECRET), ("i-2", {"receipt": "YW-2"})):
        await desk.tell(
            Story(id), ("intake", names.ISSUE_SUBMITTED, submitted(**more)),
            ("router", names.REVIEW_REQUESTED, review()),
        )  # fmt: skip
    call = {
        "kind": "coordination", "title": "某校事件与路灯", "at": "2026-05-06T02:00:00.000Z", "issues": ["i-1", "i-2"],
    }  # fmt: skip
    made = (await desk.make(OFFICE, "/v1/meetings", call)).json()["id"]
    said = {
        "held_at": "2026-05-06T01:00:00.000Z",
        "decisions": [
            {"issue": "i-1", "decision": "note", "text": "由学校牵头安抚家长"},
            {"issue": "i-2", "decision": "note", "text": "本周内换灯"},
        ],
    }
    assert (await desk.make(OFFICE, f"/v1/meetings/{made}/hold", said)).status_code == 200
    for word in ("某校事件", "安抚家长"):
        assert word not in everything(desk)
    assert "本周内换灯" in everything(desk)
    written_down = str(await texts(desk, OFFICE))
    assert "安抚家长" in written_down
    assert "某校事件" in written_down
    assert "本周内换灯" not in written_down


async def test_who_answers_an_order_about_what_it_may_not_see_writes_nothing_of_it_into_the_story(desk: Desk) -> None:
    await contacted(desk)
    order = {"level": "normal", "unit": "tax", "issues": ["i-1"], "text": "请核查"}
    made = (await desk.make(OFFICE, "/v1/orders", order)).json()["id"]
    await does(desk, OFFICE, "raise_secrecy", secrecy="sealed", reason="举报工作人员")
    answer = await desk.make(OTHER, f"/v1/orders/{made}/reply", {"text": "已查到举报人所述情况"})
    assert answer.status_code == 200
    assert "举报人" not in everything(desk)
    assert "举报人所述" in str(await texts(desk, LIAISON))


def test_a_history_holds_no_name_of_a_text() -> None:
    free = {place.rpartition(".")[2] for places in FREE_TEXTS.values() for place in places}
    assert free.isdisjoint(_TOLD)


def test_codes_are_kept_where_texts_go() -> None:
    case = {
        "settled": {"reason": "litigation", "reply": "请向法院反映"}, "cause": "red_light", "declined": [1],
        "rounds": [{"handle": {"outcome": "solved", "reply": "已修复"}, "voided": [{"found": "未修"}]}],
        "decisions": [{"task": "task-1", "text": "换灯"}], "suspension": {"reason": "weather", "text": "暴雨"},
    }  # fmt: skip
    after = {**case, **hushed(case)}
    assert (after["settled"]["reason"], after["cause"]) == ("litigation", "red_light")
    assert after["rounds"][0]["handle"]["outcome"] == "solved"
    assert after["decisions"][0]["task"] == "task-1"
    assert after["suspension"]["reason"] == "weather"
    assert {one.text for one in written(case)} == {"请向法院反映", "已修复", "未修", "换灯", "暴雨"}
    assert written(after) == []


async def test_orders_and_meetings_about_what_becomes_confidential_lose_their_words_and_keep_those_about_others(
    desk: Desk,
) -> None:
    await contacted(desk)
    await desk.tell(Story("i-2"), ("intake", names.ISSUE_SUBMITTED, submitted(receipt="YW-2")))
    order = {"level": "normal", "unit": "urban-management", "issues": ["i-1"], "text": "请核查某厂排污"}
    made = (await desk.make(OFFICE, "/v1/orders", order)).json()["id"]
    call = {"kind": "coordination", "title": "某厂与路灯", "at": "2026-05-06T02:00:00.000Z", "issues": ["i-1", "i-2"]}
    meeting = (await desk.make(OFFICE, "/v1/meetings", call)).json()["id"]
    held = {"held_at": "2026-05-06T01:00:00.000Z", "decisions": [
        {"issue": "i-1", "decision": "note", "text": "由环保牵头查处某厂"},
        {"issue": "i-2", "decision": "note", "text": "本周内换灯"}]}  # fmt: skip
    await desk.make(OFFICE, f"/v1/meetings/{meeting}/hold", held)
    noted = desk.documents.documents["i-1"]["affairs"]
    assert set(noted) == {made, meeting}

    await does(desk, OFFICE, "raise_secrecy", secrecy="confidential", reason="涉商业秘密")
    kept = await hushed_affairs(desk, made, meeting)
    assert "某厂" not in kept
    assert "本周内换灯" in kept
    found = str(await texts(desk, OFFICE))
    assert "请核查某厂排污" in found
    assert "由环保牵头查处某厂" in found
    assert "本周内换灯" not in found


async def hushed_affairs(desk: Desk, *ids: str) -> str:
    affairs = desk.service.line(names.AFFAIRS).machine.documents
    await eventually(lambda: len(told_of_affairs(desk)) == len(ids))
    return str(await affairs.read(list(ids)))


def told_of_affairs(desk: Desk) -> list[str]:
    return [type for type, _ in desk.published(names.AFFAIRS) if type == names.AFFAIR_HUSHED]
