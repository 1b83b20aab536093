"""A wrong number is corrected: sealed, in one write with the event; what went to the old one opens nothing; an erasure
finds it, whichever is read first."""

import base64
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from sanfu.contracts import contact_wire, names
from sanfu.contracts.registry import codec
from sanfu.desk.adapters.memory import memory_shelves
from sanfu.desk.contacts import Contacts
from sanfu.runtime.broker import Incoming, Outgoing
from sanfu.runtime.links import Link, Links
from sanfu.runtime.memory import MemoryBroker
from sanfu.runtime.sealing import Sealed, Sealer
from sanfu.runtime.store import StoreDown
from tests.support import cases
from tests.support.assembling import KEYS
from tests.support.cases import CALLER, LEADER, LIAISON, OFFICE, OFFICER, OPERATOR, OTHER, Desk
from tests.support.eventually import eventually
from tests.support.following import SPARED, handled, told

SEALER = Sealer(KEYS)
WRONG, RIGHT = "13911112222", "13733334444"
FIX = {"phone": RIGHT, "because": "wrong_number"}


def received(version: int = 1, **party: str) -> Outgoing:
    """What intake keeps of the party."""
    person = {"name": "王小明", "phone": WRONG, **party}
    sealed = SEALER.seal(orjson.dumps(person), contact_wire.context("i-1", "intake", "party"))
    nonce, text = (base64.b64encode(part).decode() for part in (sealed.nonce, sealed.box))
    body = {"issue": "i-1", "writer": "intake", "version": version}
    body |= {"party": {"key": sealed.key_id, "nonce": nonce, "sealed": text}}
    return Outgoing(names.CONTACTS, "i-1/intake", codec.encode(names.CONTACT_RECORD, body), ())


ERASED = Outgoing(names.CONTACTS, "i-1/intake", None, ())


async def known(desk: Desk, **more: Any) -> None:
    await handled(desk, **more)
    await desk.broker.publish([received()])
    await eventually(lambda: "i-1/intake" in kept(desk))


def kept(desk: Desk) -> dict[str, Any]:
    return desk.documents.others["contacts"]


async def correct(desk: Desk, user: str, **said: Any) -> httpx.Response:
    answer = await desk.order(user, "i-1", "correct_contact", {**FIX, **said})
    await desk.service.commands.drain()
    if answer.status_code == 200:
        version = desk.documents.documents["i-1"]["corrected"]
        await eventually(lambda: kept(desk).get("i-1/desk", {}).get("version", 0) >= version)
    return answer


async def enter(desk: Desk, phone: str) -> int:
    answer = await desk.client.post("/my", data={"number": SPARED, "digits": phone[-4:]}, params={"lang": "en"})
    return answer.status_code


def link(desk: Desk, contact: int) -> str:
    until = desk.clock.now() + timedelta(days=3)
    return "/my/" + Links.of(KEYS).token(Link(SPARED, "f1", until, contact))


def inside(value: bytes) -> dict[str, Any]:
    box = orjson.loads(value)["party"]
    sealed = Sealed.read({"key_id": box["key"], "nonce": box["nonce"], "box": box["sealed"]})
    opened: dict[str, Any] = orjson.loads(SEALER.open(sealed, contact_wire.context("i-1", "desk", "party")))
    return opened


async def written(desk: Desk) -> list[bytes | None]:
    return [record.value for record in await desk.broker.read(names.CONTACTS, "i-1/desk")]


# ── what is written ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_calls_writes_the_right_number_down_sealed_and_no_event_holds_it(desk: Desk) -> None:
    await known(desk)
    answer = await correct(desk, CALLER, phone="+86 137-3333-4444")
    assert answer.status_code == 200, answer.text
    [event] = told(desk, names.CONTACT_CORRECTED)
    assert (event["version"], event["fields"], event["because"]) == (1, ["phone"], "wrong_number")
    [value] = await written(desk)
    assert value is not None
    assert inside(value) == {"phone": RIGHT}, "as it is dialled"
    everything = f"{desk.published()} {desk.documents.documents} {desk.documents.others} {value!r}"
    assert "3333" not in everything, "neither in the story, nor at rest, nor on the topic as it stands"
    party = (await desk.get(OFFICE, "/v1/cases/i-1/contact", purpose="回访")).json()["party"]
    assert party == {"name": "王小明", "phone": RIGHT}
    [note] = [one for one in desk.documents.others["readings"].values() if one["what"] == ["corrected"]]
    assert (note["user"], note["case"]) == (CALLER, "i-1")


async def test_each_correction_is_the_whole_of_what_desk_knows(desk: Desk) -> None:
    await known(desk)
    await correct(desk, CALLER)
    assert (await correct(desk, OFFICE, phone=None, email="Wang@example.com", because="party_said")).status_code == 200
    last = (await written(desk))[-1]
    assert last is not None
    assert orjson.loads(last)["version"] == 2
    assert inside(last) == {"phone": RIGHT, "email": "Wang@example.com"}


async def test_a_correction_sent_twice_is_written_once(desk: Desk) -> None:
    await known(desk)
    for _ in range(2):
        headers = {**cases.as_user(CALLER), "Idempotency-Key": "once"}
        answer = await desk.client.post("/v1/cases/i-1/correct_contact", json=FIX, headers=headers)
        assert answer.status_code == 200, answer.text
    other = await desk.client.post("/v1/cases/i-1/correct_contact", json={**FIX, "phone": "13755556666"},
                                   headers=headers)  # fmt: skip
    assert other.status_code == 409, "another number under the same key"
    await desk.service.commands.drain()
    assert len(await written(desk)) == 1


async def test_two_who_correct_at_the_same_instant_lose_nothing(desk: Desk) -> None:
    await known(desk)
    one = desk.order(CALLER, "i-1", "correct_contact", FIX)
    other = desk.order(OFFICE, "i-1", "correct_contact", {"email": "wang@example.com", "because": "party_said"})
    first, second = await one, await other
    while 503 in {first.status_code, second.status_code}:
        await eventually(lambda: "i-1/desk" in kept(desk))
        second = await desk.order(OFFICE, "i-1", "correct_contact", {"email": "w@example.com", "because": "party_said"})
    await desk.service.commands.drain()
    last = (await written(desk))[-1]
    assert last is not None
    assert {"phone", "email"} <= inside(last).keys()


# ── who, when ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("user", "status"), [(OFFICER, 200), (OPERATOR, 200), (LEADER, 409), (OTHER, 404)])
async def test_it_is_for_who_speaks_with_the_party(desk: Desk, user: str, status: int) -> None:
    await known(desk, channel="hotline")
    assert (await correct(desk, user)).status_code == status


async def test_a_unit_that_is_complained_of_does_not_say_how_the_party_is_reached(desk: Desk) -> None:
    await known(desk, complains_of=["urban-management"])
    assert (await correct(desk, OFFICER)).json()["type"] == "urn:sanfu:problem:recused"
    assert (await correct(desk, CALLER)).status_code == 200


async def test_what_has_no_party_has_no_contact_to_correct(desk: Desk) -> None:
    await handled(desk, party_kind="none", contact="none", channel="checkup")
    assert (await correct(desk, OFFICE)).json()["type"] == "urn:sanfu:problem:no-party"


async def test_who_gave_nothing_when_reporting_can_be_reached_from_then_on(desk: Desk) -> None:
    await handled(desk, contact="none")
    assert (await desk.get(OFFICE, "/v1/cases/i-1")).json()["has_contact"] is False
    assert (await correct(desk, OFFICE, because="party_said")).status_code == 200
    assert (await desk.get(OFFICE, "/v1/cases/i-1")).json()["has_contact"] is True
    assert await enter(desk, RIGHT) == 303


async def test_a_correction_corrects_something(desk: Desk) -> None:
    await known(desk)
    for said in ({"phone": None}, {"phone": "call me"}, {"email": "nowhere"}):
        assert (await correct(desk, CALLER, **said)).status_code == 422, said


async def test_of_a_sealed_issue_the_liaison_alone_writes_it_down(desk: Desk) -> None:
    await known(desk)
    await desk.order(OFFICE, "i-1", "raise_secrecy", {"secrecy": "sealed", "reason": "举报"})
    assert (await correct(desk, OFFICE)).status_code == 404
    assert (await correct(desk, LIAISON)).status_code == 200


# ── what opens the party's page ──────────────────────────────────────────────────────────────────────────────────────


async def test_the_old_number_and_every_old_link_open_nothing_and_the_new_ones_do(desk: Desk) -> None:
    await known(desk)
    assert await enter(desk, WRONG) == 303
    old = link(desk, 0)
    assert (await desk.client.get(old)).status_code == 200
    assert (await correct(desk, CALLER)).status_code == 200
    assert (await desk.client.get(old)).status_code == 404
    assert (await desk.client.post(f"{old}/rate", data={"resolved": "yes"})).status_code == 404
    assert await enter(desk, WRONG) == 401
    assert await enter(desk, RIGHT) == 303
    assert (await desk.client.get(link(desk, 1))).status_code == 200
    assert (await desk.client.get(link(desk, 2))).status_code == 404


async def test_until_desk_has_read_the_new_number_nobody_comes_in_by_the_old_one(desk: Desk) -> None:
    await known(desk)
    await correct(desk, CALLER)
    kept(desk).pop("i-1/desk")
    assert await enter(desk, WRONG) == 503


async def test_who_is_asked_by_a_link_gets_the_whole_time_for_the_new_one(desk: Desk) -> None:
    await known(desk)
    desk.advance(days=4)
    await correct(desk, CALLER)
    [_, plan] = told(desk, names.FOLLOW_UP_PLANNED)
    [event] = told(desk, names.CONTACT_CORRECTED)
    assert (event["link"], plan["link"], plan["need"]) == ("new", "kept", "link")
    assert event["link_until"] == plan["link_until"]
    assert plan["silent_at"] > told(desk, names.FOLLOW_UP_PLANNED)[0]["silent_at"]


# ── found by ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_case_is_found_by_the_right_number_and_no_more_by_the_wrong_one(desk: Desk) -> None:
    await known(desk)
    await correct(desk, CALLER)
    for phone, found in ((RIGHT, ["i-1"]), (WRONG, [])):
        asked = {"phone": phone, "purpose": "来电查询"}
        answer = await desk.client.post("/v1/search/contact", json=asked, headers=cases.as_user(OFFICE))
        assert [item["id"] for item in answer.json()["items"]] == found


# ── erased ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def gone(desk: Desk) -> bool:
    values = await written(desk)
    return bool(values) and values[-1] is None and "i-1/desk" not in kept(desk)


async def test_whom_intake_forgets_desk_forgets_too(desk: Desk) -> None:
    await known(desk)
    await correct(desk, CALLER)
    await desk.broker.publish([ERASED])
    await eventually(lambda: gone(desk))
    party = (await desk.get(OFFICE, "/v1/cases/i-1/contact", purpose="核实")).json()["party"]
    assert party is None
    assert await enter(desk, RIGHT) == 401
    assert (await correct(desk, CALLER)).json()["type"] == "urn:sanfu:problem:erased"


async def test_what_was_under_way_when_the_person_was_erased_does_not_come_back(desk: Desk) -> None:
    await known(desk)
    await correct(desk, CALLER)
    [value] = await written(desk)
    await desk.broker.publish([ERASED])
    await eventually(lambda: gone(desk))
    await desk.broker.publish([Outgoing(names.CONTACTS, "i-1/desk", value, ())])
    await eventually(lambda: told_erased_again(desk))
    assert "i-1/desk" not in kept(desk)


async def told_erased_again(desk: Desk) -> bool:
    return (await written(desk)).count(None) == 2 and await gone(desk)


class Refusing:
    """Takes nothing the first two times."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.broker, self.asked = broker, 0

    async def publish(self, records: Sequence[Outgoing]) -> list[bool]:
        self.asked += 1
        return [False for _ in records] if self.asked < 3 else await self.broker.publish(records)


async def test_a_tombstone_that_was_not_taken_is_sent_again(desk: Desk) -> None:
    await known(desk)
    await correct(desk, CALLER)
    broker: Any = Refusing(desk.broker)
    contacts = Contacts(memory_shelves(desk.documents.others).contacts, broker, desk.clock, SEALER)
    erased = Incoming(names.CONTACTS, 0, 9, "i-1/intake", None, ())
    for _ in range(2):
        with pytest.raises(StoreDown):
            await contacts.apply([erased])
    await contacts.apply([erased])
    assert await gone(desk)


async def test_what_came_in_before_an_older_record_is_read_stays_erased(desk: Desk) -> None:
    await known(desk)
    await desk.broker.publish([ERASED])
    await eventually(lambda: "erased" in kept(desk)["i-1/intake"])
    await desk.broker.publish([received(2)])
    await desk.broker.publish([received(3)])
    shelf = memory_shelves(desk.documents.others).contacts
    assert all("party" not in one for one in await shelf.having("issue", "i-1"))
