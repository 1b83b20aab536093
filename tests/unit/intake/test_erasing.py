"""A person who asks for it is forgotten, wherever intake had received the contact."""

from datetime import UTC, datetime

import pytest

from tests.unit.intake.world import HOTLINE, OPS, World, opened, report

OTHER = {"name": "李四", "phone": "13900000002"}


async def sent(world: World, id: str, **more: object) -> str:
    answer = await world.post(report(external_id=id, **more), HOTLINE)
    assert answer.status_code == 201, answer.text
    await world.told()
    issue: str = answer.json()["id"]
    return issue


async def erase(world: World, **person: str) -> list[str]:
    answer = await world.client.post("/v1/erasures", json=person, headers=OPS)
    assert answer.status_code == 200, answer.text
    issues: list[str] = answer.json()["issues"]
    return issues


@pytest.mark.parametrize("person", [{"phone": "+86 138 0000 0001"}, {"email": "WANG@example.com"}])
async def test_a_party_is_found_by_phone_or_email_and_erased_everywhere(world: World, person: dict[str, str]) -> None:
    mine = {await sent(world, "1"), await sent(world, "2")}
    await sent(world, "3", party=OTHER)
    assert set(await erase(world, **person)) == mine
    await world.service.commands.drain()
    tombstones = {key for key, record in await world.contacts() if record is None}
    assert tombstones == {f"{issue}/intake" for issue in mine}
    kept = world.documents.others["contacts"]
    assert all(kept[issue]["boxes"] == {} and kept[issue]["party"] == [] for issue in mine)
    assert await erase(world, **person) == []


async def test_a_filer_is_erased_without_taking_the_partys_contact(world: World) -> None:
    issue = await sent(world, "1", filer=OTHER)
    assert await erase(world, phone="139-0000-0002") == [issue]
    record = (await world.contacts())[-1][1]
    assert record is not None
    assert (record.version, record.filer) == (2, None)
    assert opened(record, "party")["name"] == "王小明"
    assert await erase(world, phone="138-0000-0001") == [issue]
    assert (await world.contacts())[-1] == (f"{issue}/intake", None)


async def test_a_tombstone_waits_for_the_broker_behind_the_contact(world: World) -> None:
    world.broker.down = True
    await sent(world, "1")
    await world.service.commands.drain()
    await erase(world, phone="13800000001")
    world.broker.down = False
    await world.service.sweeper.sweep([0, 1], datetime.now(UTC))
    assert [record is None for _, record in await world.contacts()] == [False, True]


async def test_erasing_is_for_operators_and_needs_somebody(world: World) -> None:
    assert (await world.client.post("/v1/erasures", json={"phone": "13800000001"})).status_code == 401
    answer = await world.client.post("/v1/erasures", json={}, headers=OPS)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "$.phone")


async def test_whose_report_came_while_the_broker_was_away_is_found_and_erased(world: World) -> None:
    world.broker.down = True
    mine = [(await world.post(report(external_id=str(n)), HOTLINE)).json()["id"] for n in range(5)]
    await world.service.commands.drain()
    assert sorted(await erase(world, phone="138 0000 0001")) == sorted(mine)
    assert all(world.documents.others["contacts"][issue]["boxes"] == {} for issue in mine)
