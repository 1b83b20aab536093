"""The directory topic: the pack's units and staff, whole, versioned, without credentials."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.contracts.registry import codec
from sanfu.desk import handlers
from sanfu.desk.adapters.memory import MemoryCases, memory_shelves
from sanfu.desk.directory import Directory, changed, records
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.fold import Done
from sanfu.runtime.memory import Fault, MemoryBroker, MemoryDocuments
from sanfu.runtime.rules import Command
from tests.support.cases import HEAD, MORNING, OFFICER, Desk, token
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
    first = changed(records(pack, {}, MORNING), [], MORNING)
    assert changed(records(pack, {}, MORNING + timedelta(days=1)), first, MORNING + timedelta(days=1)) == []
    staff = {**pack.staff, OFFICER: replace(pack.staff[OFFICER], phone="13800009999")}
    del staff["tax-officer"]
    later = changed(records(replace(pack, staff=staff), {}, MORNING), first, MORNING)
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


# ── people whose accounts are kept here ──────────────────────────────────────────────────────────────────────────────

SIX = instant(MORNING + timedelta(hours=9))
NEW = {"_id": "li-na", "version": 1, "kind": "person", "name": "李娜", "unit": "urban-management", "active": True}
OFFICERS = {"id": "g1", "role": "officer", "unit": "urban-management", "town": None, "raised_by": None,
            "audiences": None, "channels": None, "ceiling": "internal", "since": None, "until": SIX}  # fmt: skip


def user(id: str, *accounts: dict[str, Any], hours: float = 0) -> dict[str, Any]:
    at = MORNING + timedelta(hours=hours)
    return records(shipped(), {one["_id"]: one for one in accounts}, at)[f"user:{id}"]


def test_who_was_given_a_role_here_is_in_the_directory_with_it_as_long_as_it_lasts() -> None:
    account = {**NEW, "phone": "13800008888", "email": "li@example.org", "grants": [OFFICERS]}
    told = user("li-na", account)
    assert (told["unit"], told["roles"], told["active"]) == ("urban-management", ["officer"], True)
    assert told["reach"] == {"sms": "13800008888", "email": "li@example.org"}
    assert user("li-na", account, hours=9)["roles"] == []


def test_a_role_over_another_unit_or_a_town_makes_nobody_an_addressee_of_their_own() -> None:
    others = [{**OFFICERS, "unit": "tax"}, {**OFFICERS, "role": "leader", "unit": None, "town": "fotang"}]
    assert user("li-na", {**NEW, "grants": others})["roles"] == []


def test_who_stands_in_for_a_colleague_hears_what_that_one_hears_and_no_longer() -> None:
    term = {"id": "s1", "for": HEAD, "since": None, "until": SIX, "why": "substitution"}
    assert user(OFFICER, {"_id": OFFICER, "version": 1, "stands_in": [term]})["roles"] == ["officer", "unit_head"]
    assert user(OFFICER, {"_id": OFFICER, "version": 1, "stands_in": [term]}, hours=9)["roles"] == ["officer"]
    elsewhere = {**term, "for": "tax-officer"}
    assert user(HEAD, {"_id": HEAD, "version": 1, "stands_in": [elsewhere]})["roles"] == ["unit_head"]


def test_who_left_or_was_closed_is_inactive_and_what_is_changed_here_holds() -> None:
    assert user(OFFICER, {"_id": OFFICER, "version": 1, "active": False})["active"] is False
    left = {"_id": OFFICER, "version": 1, "until": SIX, "phone": "13900001111"}
    assert user(OFFICER, left)["reach"]["sms"] == "13900001111"
    assert [user(OFFICER, left, hours=h)["active"] for h in (8.9, 9)] == [True, False]


def test_a_units_own_system_is_nobody_to_be_written_to() -> None:
    system = {"_id": "tax:crm", "version": 1, "kind": "system", "name": "crm", "unit": "tax", "active": True}
    assert "user:tax:crm" not in records(shipped(), {"tax:crm": system}, MORNING)
