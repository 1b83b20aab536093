"""What is added to a report: masked, once, and with the contact where it may not be told."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.runtime.links import Link, Links
from sanfu.runtime.sealing import Keys
from tests.unit.intake.world import HOTLINE, KEYS, NOW, OPS, World, opened, report

PAGE = "http://city.example"


async def receipt(world: World, **more: Any) -> tuple[str, str]:
    answer = await world.post(report(external_id="1", **more), HOTLINE)
    assert answer.status_code == 201, answer.text
    await world.told()
    return answer.json()["id"], answer.json()["receipt"]


async def add(
    world: World, number: str, text: str | None, key: str = "k1", status: int = 201, **more: Any
) -> dict[str, Any]:
    headers = {**HOTLINE, "Idempotency-Key": key}
    said = {**({"text": text} if text else {}), **more}
    answer = await world.post(said, headers, f"/v1/receipts/{number}/supplements")
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def added(world: World) -> list[dict[str, Any]]:
    return [body for body in await world.told() if "answers_question" in body]


async def test_what_is_added_is_counted_and_told_masked(world: World) -> None:
    _, number = await receipt(world)
    taken = await add(world, number, "请回电13800000001，就在桥头。")
    assert taken == {"receipt": number, "number": 1, "state": "submitted"}
    assert (await add(world, number, "桥头第二盏。", "k2"))["number"] == 2
    first, second = await added(world)
    assert ("13800000001" in first["text"], "桥头" in first["text"]) == (False, True)
    assert (second["text"], second["contact"], second["number"]) == ("桥头第二盏。", "none", 2)


async def test_the_same_again_is_added_once_and_another_text_under_its_key_is_a_conflict(world: World) -> None:
    _, number = await receipt(world)
    await add(world, number, "就在桥头。")
    assert (await add(world, number, "就在桥头。", status=200))["number"] == 1
    await add(world, number, "不是桥头。", status=409)
    assert len(await added(world)) == 1


async def test_what_was_really_written_rests_with_the_contact_and_is_erased_with_it(world: World) -> None:
    issue, number = await receipt(world, secrecy="confidential")
    await add(world, number, "他叫王五，住在三幢。")
    [told] = await added(world)
    assert (told["text"], told["contact"]) == (None, 2)
    (_, record) = (await world.contacts())[-1]
    assert record is not None and record.version == 2
    original = opened(record, "original")
    assert original["added"] == [{"number": 1, "text": "他叫王五，住在三幢。"}]
    assert original["text"], "what was written first is still there"
    assert world.documents.others["contacts"][issue]["version"] == 2
    answer = await world.client.post("/v1/erasures", json={"phone": report()["party"]["phone"]}, headers=OPS)
    assert answer.json()["issues"] == [issue]
    await add(world, number, "还有一件事。", "k2")
    assert world.documents.others["contacts"][issue]["boxes"] == {}, "who was erased is not kept again"


async def test_before_it_is_known_whom_a_text_must_not_name_nothing_is_added(world: World) -> None:
    issue, number = await receipt(world)
    kept = world.documents.others["contacts"].pop(issue)
    found = await add(world, number, "我是王小明。", status=503)
    assert found["type"].endswith("unavailable")
    assert await form(world, link(number), text="我是王小明。") == (303, f"{PAGE}/my/{link(number)}?failed=add&lang=en")
    world.documents.others["contacts"][issue] = kept
    await add(world, number, "我是王小明。")
    assert ["王小明" in body["text"] for body in await added(world)] == [False]


@pytest.mark.parametrize("level", ["open", "confidential", "sealed"])
async def test_what_is_added_of_danger_is_told_as_an_emergency_without_its_words_where_they_are_secret(
    world: World, level: str
) -> None:
    _, number = await receipt(world, secrecy=level)
    taken = await add(world, number, "配电箱冒烟了，快来人！")
    assert (next(iter(taken)), "119" in taken["warning"]) == ("warning", True), "whom to call stands first"
    assert (await add(world, number, "配电箱冒烟了，快来人！", status=200))["number"] == 1
    [told] = await added(world)
    assert (told["urgency"], told["text"] is None) == ("emergency", level in {"confidential", "sealed"})
    assert "warning" not in await add(world, number, "我下午在家。", "k2")
    assert (await added(world))[-1]["urgency"] is None


@pytest.mark.parametrize(
    ("words", "level"), [("请替我保密，怕报复。", "confidential"), ("他们给村干部塞红包。", "sealed")]
)
async def test_words_that_few_may_read_are_told_to_nobody_and_neither_is_what_comes_before_desk_has_heard_of_them(
    world: World, words: str, level: str
) -> None:
    issue, number = await receipt(world)
    await add(world, number, words)
    await add(world, number, "我下午在家。", "k2")
    first, second = await added(world)
    assert (first["secrecy"], first["text"], first["contact"]) == (level, None, 2)
    assert (second["secrecy"], second["text"]) == (None, None)
    (_, record) = (await world.contacts())[-1]
    assert record is not None
    assert [one["text"] for one in opened(record, "original")["added"]] == [words, "我下午在家。"]
    office = {"id": "office-duty", "role": "coordination_office", "unit": None}
    lowered: dict[str, Any] = {"by": office, "before": level, "secrecy": "open", "reason": "可以公开", "concerns": []}
    await world.hear(issue, names.SECRECY_CHANGED, lowered)
    await add(world, number, "灯又亮了。", "k3")
    assert (await added(world))[-1]["text"] == "灯又亮了。"


async def test_words_that_only_together_speak_of_danger_are_heard_also_where_the_first_rest_sealed(
    world: World,
) -> None:
    _, number = await receipt(world, secrecy="confidential", text="楼道里煤气表坏了")
    assert "warning" in await add(world, number, "还有股怪味。")
    assert [body["urgency"] for body in await added(world)] == ["emergency"]


async def test_who_can_add_nothing_is_told_whom_to_call_where_it_speaks_of_danger(world: World) -> None:
    issue, number = await receipt(world)
    closed = {"by": {"id": "system", "role": "system", "unit": None}, "kind": "incomplete", "reply": None,
              "reason": None, "round": 1}  # fmt: skip
    await world.hear(issue, names.ISSUE_CLOSED, closed)
    found = await add(world, number, "着火了！", status=409)
    assert (found["type"].endswith("is-over"), "119" in found["warning"]) == (True, True)
    assert "warning" not in await add(world, number, "再补充一点。", status=409)
    token = link(number)
    assert await form(world, token, text="着火了！") == (303, f"{PAGE}/my/{token}?failed=add&danger=1&lang=en")


async def test_a_party_that_adds_danger_on_its_page_is_led_back_to_whom_to_call(world: World) -> None:
    _, number = await receipt(world)
    token = link(number)
    assert await form(world, token, text="灯杆漏电！", key="a") == (303, f"{PAGE}/my/{token}?done=add&danger=1&lang=en")
    assert [body["urgency"] for body in await added(world)] == ["emergency"]


async def test_many_add_at_one_instant_and_nothing_is_lost(world: World) -> None:
    _, number = await receipt(world)
    await asyncio.gather(*(add(world, number, f"第{n}条", f"k{n}") for n in range(4)))
    assert sorted(body["number"] for body in await added(world)) == [1, 2, 3, 4]
    assert {body["text"] for body in await added(world)} == {f"第{n}条" for n in range(4)}


@pytest.mark.parametrize(
    ("headers", "said", "status"),
    [
        ({}, {"text": "x"}, 401),
        ({"X-Api-Key": "x" * 40}, {"text": "x"}, 401),
        ({**HOTLINE}, {"text": "x"}, 422),
        ({**HOTLINE, "Idempotency-Key": "k"}, {"text": ""}, 422),
        ({**HOTLINE, "Idempotency-Key": "k"}, {"text": "x" * 10_001}, 422),
        ({**HOTLINE, "Idempotency-Key": "k"}, {"text": "x", "more": 1}, 422),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_added(
    world: World, headers: dict[str, str], said: dict[str, Any], status: int
) -> None:
    _, number = await receipt(world)
    answer = await world.post(said, headers, f"/v1/receipts/{number}/supplements")
    assert answer.status_code == status, answer.text
    assert not await added(world)


async def test_a_number_that_nobody_has_is_404_and_a_mistyped_one_400(world: World) -> None:
    _, number = await receipt(world)
    other = "2" if number[-1] != "2" else "3"
    headers = {**HOTLINE, "Idempotency-Key": "k"}
    answer = await world.post({"text": "x"}, headers, f"/v1/receipts/{number[:-1]}{other}/supplements")
    assert answer.status_code == 400


async def test_nothing_is_added_to_what_is_over(world: World) -> None:
    issue, number = await receipt(world)
    closed = {"by": {"id": "system", "role": "system", "unit": None}, "kind": "incomplete", "reply": None,
              "reason": None, "round": 1}  # fmt: skip
    await world.hear(issue, names.ISSUE_CLOSED, closed)
    found = await add(world, number, "再补充一点。", status=409)
    assert found["type"].endswith("is-over")


def link(number: str, until: timedelta = timedelta(days=1), keys: Keys = KEYS) -> str:
    return Links.of(keys).token(Link(number, "p", NOW + until))


async def form(world: World, token: str, **fields: str) -> tuple[int, str]:
    answer = await world.client.post(f"/v1/supplements/{token}?lang=en", data=fields)
    return answer.status_code, answer.headers.get("location", "")


async def test_a_party_adds_by_its_link_and_is_led_back_to_its_page(world: World) -> None:
    _, number = await receipt(world)
    token = link(number)
    assert await form(world, token, text="就在桥头。", key="a") == (303, f"{PAGE}/my/{token}?done=add&lang=en")
    assert await form(world, token, text="就在桥头。", key="a") == (303, f"{PAGE}/my/{token}?done=add&lang=en")
    assert [body["text"] for body in await added(world)] == ["就在桥头。"]


async def test_a_link_that_nobody_made_or_that_has_ended_adds_nothing(world: World) -> None:
    _, number = await receipt(world)
    foreign = Keys("k1", {"k1": b"x" * 32}, b"x" * 32)
    for token in (link(number, timedelta(days=-1)), link(number, keys=foreign), "a.b.c.d", "x"):
        status, back = await form(world, token, text="就在桥头。")
        assert (status, "failed=add" in back) == (303, True)
    assert await form(world, link(number), text="  ") == (303, f"{PAGE}/my/{link(number)}?failed=add&lang=en")
    assert not await added(world)
