"""Something is added to a report at the instant at which somebody is erased: nobody comes back, and no word is lost."""

from collections.abc import Callable
from typing import Any

import pytest

from sanfu.intake.adapters.memory import MemoryRecords
from tests.unit.intake.test_adding import add, receipt
from tests.unit.intake.test_attachments import noted, send
from tests.unit.intake.test_erasing import OTHER, erase
from tests.unit.intake.world import World, opened, report

PARTY, FILER = report()["party"]["phone"], OTHER["phone"]
READ, TOLD = "correction", "keep"
"""The contact is read, nothing is told; it is told, and not kept."""
Meanwhile = Callable[[World, str, str], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Erase somebody once, just before something is added goes on from there."""

    def erasing(world: World, at: str, phone: str) -> None:
        goes_on, phones = getattr(MemoryRecords, at), [phone]

        async def first_erased(self: MemoryRecords, *given: Any) -> Any:
            if phones:
                await erase(world, phone=phones.pop())
            return await goes_on(self, *given)

        monkeypatch.setattr(MemoryRecords, at, first_erased)

    return erasing


@pytest.mark.parametrize("at", [READ, TOLD])
async def test_a_party_who_is_erased_while_something_is_added_stays_erased_everywhere(
    world: World, meanwhile: Meanwhile, at: str
) -> None:
    issue, number = await receipt(world, secrecy="confidential")
    meanwhile(world, at, PARTY)
    await add(world, number, "他叫王五，住在三幢。")
    kept = world.documents.others["contacts"][issue]
    assert (kept["boxes"], kept["party"]) == ({}, [])
    assert (await world.contacts())[-1] == (f"{issue}/intake", None)
    assert await erase(world, phone=PARTY) == []


@pytest.mark.parametrize("at", [READ, TOLD])
async def test_a_filer_who_is_erased_meanwhile_stays_erased_and_what_was_added_rests_with_the_party(
    world: World, meanwhile: Meanwhile, at: str
) -> None:
    issue, number = await receipt(world, secrecy="confidential", filer=OTHER)
    meanwhile(world, at, FILER)
    await add(world, number, "他叫王五，住在三幢。")
    versions = [record.version for _, record in await world.contacts() if record]
    record = (await world.contacts())[-1][1]
    assert record is not None
    assert (record.version, record.filer) == (max(versions), None)
    assert versions.count(record.version) == 1, "one who reads the topic takes what has a higher version"
    assert [one["text"] for one in opened(record, "original")["added"]] == ["他叫王五，住在三幢。"]
    kept = world.documents.others["contacts"][issue]
    assert (kept["version"], {*kept["boxes"]}, kept["filer"]) == (record.version, {"party", "original"}, [])
    assert await erase(world, phone=FILER) == []


@pytest.mark.parametrize(("secrecy", "versions"), [("open", [1, None]), ("confidential", [1, None, 2, None])])
async def test_what_is_added_while_an_erasure_is_under_way_is_erased_with_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch, secrecy: str, versions: list[int | None]
) -> None:
    issue, number = await receipt(world, secrecy=secrecy)
    file = await send(world)
    keep, todo = MemoryRecords.keep, ["他叫王五，住在三幢。"]

    async def something_is_added(self: MemoryRecords, contact: Any) -> bool:
        if todo:
            await add(world, number, todo.pop(), attachments=[file["id"]])
        return await keep(self, contact)

    monkeypatch.setattr(MemoryRecords, "keep", something_is_added)
    assert await erase(world, phone=PARTY) == [issue]
    assert world.documents.others["contacts"][issue]["boxes"] == {}
    assert noted(world) == {}, "nor is a file kept"
    assert [record and record.version for _, record in await world.contacts()] == versions
