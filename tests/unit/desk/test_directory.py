"""The directory topic: the pack's units and staff, whole, versioned, without credentials."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sanfu.contracts import names
from sanfu.contracts.registry import codec
from sanfu.desk import handlers
from sanfu.desk.adapters.memory import MemoryCases, memory_shelves
from sanfu.desk.directory import Directory, changed, records
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.fold import Done
from sanfu.runtime.memory import Fault, MemoryBroker, MemoryDocuments
from sanfu.runtime.rules import Command
from tests.support.cases import MORNING, OFFICER, Desk, token
from tests.support.eventually import eventually
from tests.support.packs import shipped


async def test_every_unit_and_user_of_the_pack_is_published_once(desk: Desk) -> None:
    pack = shipped()
    wanted = {f"unit:{code}" for code in pack.units} | {f"user:{id}" for id in pack.staff}
    await eventually(lambda: len(desk.published(names.DIRECTORY)) >= len(wanted))
    assert {record.key for log in desk.broker.topics[names.DIRECTORY] for record in log} == wanted
    assert len(desk.published(names.DIRECTORY)) == len(wanted)


async def test_no_credential_is_in_the_directory(desk: Desk) -> None:
    await eventually(lambda: desk.published(names.DIRECTORY))
    assert token(OFFICER).encode() not in b"".join(
        record.value or b"" for log in desk.broker.topics[names.DIRECTORY] for record in log
    )


def test_only_what_changed_gets_a_new_version_and_what_is_gone_becomes_inactive() -> None:
    pack = shipped()
    first = changed(records(pack, MORNING.date()), [], MORNING)
    assert changed(records(pack, MORNING.date()), first, MORNING + timedelta(days=1)) == []
    staff = {**pack.staff, OFFICER: replace(pack.staff[OFFICER], phone="13800009999")}
    del staff["tax-officer"]
    later = changed(records(replace(pack, staff=staff), MORNING.date()), first, MORNING)
    told = {each["_id"]: each for each in later}
    assert set(told) == {f"user:{OFFICER}", "user:tax-officer"}
    assert told["user:tax-officer"]["record"]["active"] is False
    before = {each["_id"]: each for each in first}
    for id, each in told.items():
        assert each["record"]["version"] > before[id]["record"]["version"], "though the clock stood still"
        assert each["unsent"]


async def test_what_the_broker_did_not_take_is_sent_again() -> None:
    async def never(subject: str, command: Command) -> Done:
        raise AssertionError("nobody orders anything here")

    broker, shelves, documents = MemoryBroker(), memory_shelves({}), MemoryDocuments()
    broker.create(names.DIRECTORY)
    broker.fail_next.append(Fault.REFUSED)
    at = handlers.Desk(
        handlers.City(shipped()), MemoryCases({}), shelves, documents, ManualClock(MORNING), never
    )  # fmt: skip
    directory = Directory(at, broker)
    await directory.settle()
    assert await directory.unsent() > 0
    await directory.settle()
    assert await directory.unsent() == 0
    told = [record.key for record in broker.topics[names.DIRECTORY][0]]
    assert sorted(key or "" for key in told) == sorted(each["_id"] for each in await shelves.directory.all())


async def test_a_unit_comes_and_goes_at_the_citys_midnight_and_an_ordinary_day_changes_nothing() -> None:
    async def never(subject: str, command: Command) -> Done:
        raise AssertionError("nobody orders anything here")

    pack = shipped()
    ending = replace(pack.units["tax"], valid_to=date(2026, 5, 8), succeeded_by="finance")
    pack = replace(pack, units={**pack.units, "tax": ending})
    broker, shelves, clock = MemoryBroker(), memory_shelves({}), ManualClock(MORNING)
    broker.create(names.DIRECTORY)
    directory = Directory(
        handlers.Desk(handlers.City(pack), MemoryCases({}), shelves, MemoryDocuments(), clock, never), broker
    )
    await directory.settle()
    clock.set(datetime(2026, 5, 7, 15, 59, tzinfo=UTC))  # a minute to midnight in the city
    assert await directory.unsent() == 0
    clock.set(datetime(2026, 5, 7, 16, 0, tzinfo=UTC))
    assert await directory.unsent() > 0
    before = len(broker.topics[names.DIRECTORY][0])
    await directory.settle()
    [told] = broker.topics[names.DIRECTORY][0][before:]
    assert (told.key, codec.decode(names.DIRECTORY_RECORD, told.value or b"")["active"]) == ("unit:tax", False)
