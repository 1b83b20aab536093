"""A child, or who can't speak for themselves, is reached through a guardian alone."""

from typing import Any

import pytest

from tests.unit.intake.world import HOTLINE, OPS, World, opened, report

CHILD = {"name": "陈小雨", "phone": "13900000011", "address": "佛堂镇朝阳路9号"}
MOTHER = {"name": "李秀兰", "phone": "13900000022", "email": "xiulan@mail.example", "language": "en"}
TOLD = {"party": CHILD, "guardian": MOTHER, "flags": ["minor"]}


async def sent(world: World, **more: Any) -> tuple[str, dict[str, Any]]:
    answer = await world.post(report(external_id="1", **{**TOLD, **more}), HOTLINE)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], (await world.told())[-1]


async def test_what_a_party_is_reached_by_is_its_guardians_and_nothing_else(world: World) -> None:
    _, told = await sent(world)
    record = (await world.contacts())[-1][1]
    assert record is not None
    party = opened(record, "party")
    assert {name: party[name] for name in ("phone", "email", "language")} == {
        name: MOTHER[name] for name in ("phone", "email", "language")
    }
    assert (party["name"], party["address"]) == (CHILD["name"], CHILD["address"])
    assert (party["guardian"], party["own_phone"]) == (MOTHER["name"], CHILD["phone"])
    assert told["contact_of"] == ["party", "guardian"]
    assert told["secrecy"] == "confidential", "it is a child's matter"


async def test_a_guardian_may_be_all_that_is_known(world: World) -> None:
    _, told = await sent(world, party=None)
    record = (await world.contacts())[-1][1]
    assert record is not None
    assert opened(record, "party") == {**MOTHER, "name": None, "address": None, "guardian": MOTHER["name"]}
    assert told["contact_of"] == ["party", "guardian"]


async def test_no_word_of_a_guardian_gets_into_the_story(world: World) -> None:
    text = f"孩子陈小雨说路灯坏了，监护人李秀兰电话139-0000-0022，邮箱{MOTHER['email']}，孩子手机13900000011。"
    _, told = await sent(world, text=text, flags=[])
    assert told["text"] is not None
    for word in (MOTHER["name"], "0022", "xiulan", CHILD["name"], "0011"):
        assert word not in str(told), word
    answer = await world.post(
        {"text": "请打李秀兰的电话。"},
        {**HOTLINE, "Idempotency-Key": "k-2"},
        f"/v1/receipts/{told['receipt']}/supplements",
    )
    assert answer.status_code == 201, answer.text
    assert "李秀兰" not in str((await world.told())[-1])


@pytest.mark.parametrize("phone", [MOTHER["phone"], CHILD["phone"]])
async def test_who_asks_to_be_forgotten_is_found_as_guardian_and_as_the_one_they_speak_for(
    world: World, phone: str
) -> None:
    issue, _ = await sent(world)
    answer = await world.client.post("/v1/erasures", json={"phone": phone}, headers=OPS)
    assert answer.json()["issues"] == [issue]
    assert (await world.contacts())[-1] == (f"{issue}/intake", None)


@pytest.mark.parametrize(
    ("more", "field", "problem"),
    [
        ({"party_kind": "enterprise"}, "$.guardian", "not_allowed"),
        ({"guardian": {"name": "李秀兰", "address": "朝阳路9号"}}, "$.guardian", "unreachable"),
        ({"guardian": {"phone": "13900000022"}}, "$.guardian.name", "missing"),
    ],
)
async def test_a_guardian_speaks_for_a_person_and_can_be_reached(
    world: World, more: dict[str, Any], field: str, problem: str
) -> None:
    answer = await world.post(report(external_id="1", **{**TOLD, **more}), HOTLINE)
    assert answer.status_code == 422
    assert [(one["field"], one["problem"]) for one in answer.json()["errors"]] == [(field, problem)]
