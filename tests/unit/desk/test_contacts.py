"""Contacts at the desk: kept sealed, read for a purpose, on record; erased by a tombstone."""

import base64
import os
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from sanfu.contracts import names
from sanfu.contracts.registry import codec
from sanfu.desk.adapters.memory import memory_shelves
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.sealing import Keys, Sealer
from tests.support import cases
from tests.support.cases import LEADER, OFFICE, OFFICER, REVIEWER, Desk, Story, assigned, submitted
from tests.support.eventually import eventually

KEYS = Keys("k1", {"k1": os.urandom(32)}, os.urandom(32))
SEALER = Sealer(KEYS)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = cases.desk(keys=KEYS.written().decode())
    await made.service.start()
    async with made.client:
        yield made
    await made.stop()


def box(writer: str, part: str, inside: dict[str, Any], issue: str = "i-1") -> dict[str, str]:
    sealed = SEALER.seal(orjson.dumps(inside), f"{issue}/{writer}/{part}".encode())
    nonce, text = (base64.b64encode(part).decode() for part in (sealed.nonce, sealed.box))
    return {"key": sealed.key_id, "nonce": nonce, "sealed": text}


def record(writer: str, version: int, **parts: dict[str, Any]) -> Outgoing:
    body = {"issue": "i-1", "writer": writer, "version": version}
    body |= {part: box(writer, part, inside) for part, inside in parts.items()}
    return Outgoing(names.CONTACTS, f"i-1/{writer}", codec.encode(names.CONTACT_RECORD, body), ())


async def known(desk: Desk, **more: Any) -> None:
    await desk.tell(
        Story("i-1"), ("intake", names.ISSUE_SUBMITTED, submitted(**more)), ("router", names.ISSUE_ASSIGNED, assigned())
    )
    party = {"name": "甲", "phone": "13800000000"}
    filer = {"name": "乙", "phone": "13900000000"}
    await desk.broker.publish(
        [record("intake", 2, party=party, filer=filer), record("intake", 1, party={"name": "旧"})]
    )
    await desk.broker.publish([record("desk", 1, party={"phone": "13811111111"})])
    await eventually(lambda: read(desk, OFFICE, "party", "phone", "13811111111"))


async def read(desk: Desk, user: str, part: str, field: str, wanted: str) -> bool:
    answer = (await desk.get(user, "/v1/cases/i-1/contact", purpose="对接")).json()
    return bool((answer.get(part) or {}).get(field) == wanted)


async def test_desks_word_lies_over_intakes_and_the_higher_version_wins(desk: Desk) -> None:
    await known(desk)
    answer = await desk.get(OFFICER, "/v1/cases/i-1/contact", purpose="对接诉求人")
    assert answer.json()["party"] == {"name": "甲", "phone": "13811111111"}
    assert answer.headers["cache-control"] == "no-store"


async def test_a_contact_is_read_for_a_purpose_only(desk: Desk) -> None:
    await known(desk)
    assert (await desk.get(OFFICER, "/v1/cases/i-1/contact")).status_code == 422
    assert (await desk.get(OFFICER, "/v1/cases/i-1/contact", purpose="x")).status_code == 422


async def test_a_leader_reads_the_case_and_no_contact(desk: Desk) -> None:
    await known(desk)
    assert (await desk.get(LEADER, "/v1/cases/i-1")).status_code == 200
    assert (await desk.get(LEADER, "/v1/cases/i-1/contact", purpose="了解")).status_code == 403


async def test_a_filer_who_vouches_is_not_named_to_the_unit(desk: Desk) -> None:
    await known(desk, channel="experience", filer={"kind": "officer", "id": "tax-officer", "named_to_unit": False})
    unit = (await desk.get(OFFICER, "/v1/cases/i-1/contact", purpose="对接诉求人")).json()
    office = (await desk.get(OFFICE, "/v1/cases/i-1/contact", purpose="核实填报")).json()
    assert unit["filer"] is None
    assert office["filer"]["name"] == "乙"
    assert (await desk.get(OFFICER, "/v1/cases/i-1")).json()["filer"] is None
    assert (await desk.get(OFFICE, "/v1/cases/i-1")).json()["filer"]["id"] == "tax-officer"


async def test_a_unit_that_is_complained_of_is_not_told_who_said_so(desk: Desk) -> None:
    await known(desk, complains_of=["urban-management"])
    answer = await desk.get(OFFICER, "/v1/cases/i-1/contact", purpose="对接诉求人")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:sanfu:problem:recused")


async def test_a_tombstone_erases_the_person(desk: Desk) -> None:
    await known(desk)
    await desk.broker.publish([Outgoing(names.CONTACTS, f"i-1/{writer}", None, ()) for writer in ("intake", "desk")])

    async def gone() -> bool:
        answer = await desk.get(OFFICE, "/v1/cases/i-1/contact", purpose="核实")
        return bool(answer.json()["party"] is None)

    await eventually(gone)


async def test_what_officers_write_of_the_issues_own_people_stays_out_of_the_story(desk: Desk) -> None:
    await known(desk)
    old = {"name": "欧阳婉儿", "phone": "0579-85551234", "address": "绣湖西路9幢301"}
    await desk.broker.publish([record("intake", 3, party=old, filer={"name": "Li Wei"})])
    await eventually(lambda: read(desk, OFFICE, "party", "name", "欧阳婉儿"))
    await desk.order(OFFICER, "i-1", "acknowledge")
    summary = "已到绣湖西路 9 幢 301，欧阳婉儿女士约周三；旧号13811111111，李威 li wei 陪同"
    assert (await desk.order(OFFICER, "i-1", "contact", {"result": "reached", "summary": summary})).status_code == 200
    reply = "欧阳婉儿女士：路灯已修复，如有疑问请拨 0579-85550000；不再打 85551234。"
    assert (await desk.order(OFFICER, "i-1", "handle", {"outcome": "solved", "reply": reply})).status_code == 200
    told = str(desk.published())
    for secret in ("欧阳婉儿", "9 幢 301", "13811111111", "li wei", "85551234"):
        assert secret not in told
    for kept in ("女士约周三", "李威", "女士：路灯已修复", "0579-85550000"):
        assert kept in told, "nothing else is lost"


async def look_for(desk: Desk, user: str, **person: str) -> list[str]:
    asked = {**person, "purpose": "来电查询"}
    answer = await desk.client.post("/v1/search/contact", json=asked, headers=cases.as_user(user))
    assert answer.headers["cache-control"] == "no-store"
    return [item["id"] for item in answer.json()["items"]]


async def test_a_partys_cases_are_found_by_phone_for_who_may_read_the_contact(desk: Desk) -> None:
    await known(desk)
    assert await look_for(desk, OFFICER, phone="138 1111-1111") == ["i-1"], "as desk knows it"
    assert await look_for(desk, OFFICE, phone="13800000000") == [], "a number that was wrong is somebody else's"
    assert await look_for(desk, OFFICE, phone="13900000000") == [], "the filer is not whose matter it is"
    assert await look_for(desk, LEADER, phone="13800000000") == [], "a leader reads no contact"


async def test_every_search_by_contact_is_on_record_also_one_that_found_nothing(desk: Desk) -> None:
    await known(desk)
    before = len(await memory_shelves(desk.documents.others).readings.all())
    await look_for(desk, OFFICER, phone="13811111111")
    await look_for(desk, LEADER, phone="13811111111")
    readings = (await memory_shelves(desk.documents.others).readings.all())[before:]
    assert sorted((r["user"], r["case"], r["what"], r["purpose"]) for r in readings) == [
        (LEADER, "-", ["found"], "来电查询"), (OFFICER, "i-1", ["found"], "来电查询"),
    ]  # fmt: skip
    assert "13811111111" not in str(readings)


async def test_who_was_erased_is_found_no_more(desk: Desk) -> None:
    await known(desk)
    assert await look_for(desk, OFFICE, phone="13811111111") == ["i-1"]
    await desk.broker.publish([Outgoing(names.CONTACTS, f"i-1/{writer}", None, ()) for writer in ("intake", "desk")])
    await eventually(lambda: is_gone(desk))


async def is_gone(desk: Desk) -> bool:
    return await look_for(desk, OFFICE, phone="13811111111") == []


# ── what else is of the same party ───────────────────────────────────────────────────────────────────────────────────


async def another(desk: Desk, id: str, phone: str, **more: Any) -> None:
    """Another issue, of whoever has that phone."""
    said = submitted(receipt=f"YW-{id}", **more)
    await desk.tell(Story(id), ("intake", names.ISSUE_SUBMITTED, said), ("router", names.ISSUE_ASSIGNED, assigned()))
    body = {"issue": id, "writer": "intake", "version": 1, "party": box("intake", "party", {"phone": phone}, id)}
    await desk.broker.publish([Outgoing(names.CONTACTS, f"{id}/intake", codec.encode(names.CONTACT_RECORD, body), ())])
    await eventually(lambda: f"{id}/intake" in desk.documents.others["contacts"])


async def same_party(desk: Desk, user: str) -> list[str]:
    answer = await desk.get(user, "/v1/cases/i-1/same-party")
    assert answer.status_code == 200, answer.text
    return [case["id"] for case in answer.json()["items"]]


async def test_who_reviews_sees_what_else_is_open_of_the_same_party_and_that_is_on_record(desk: Desk) -> None:
    await known(desk)
    await another(desk, "i-2", "+86 138-1111-1111")
    await another(desk, "i-3", "13800000000")
    await another(desk, "i-4", "13811111111", secrecy="sealed", title="举报", text=None)
    assert await same_party(desk, REVIEWER) == ["i-2"], "of what is sealed nobody here hears"
    readings = desk.documents.others["readings"].values()
    assert [(one["user"], one["what"]) for one in readings if one["what"] == ["same_party"]] == [
        (REVIEWER, ["same_party"])
    ]


async def test_an_enterprises_open_cases_are_found_by_its_credit_code_and_closed_ones_are_not(desk: Desk) -> None:
    firm = {"party_kind": "enterprise", "party_code": "91330782MA29PL0001"}
    await known(desk, **firm)
    await another(desk, "i-2", "13700000000", **firm)
    await another(desk, "i-3", "13800000000")
    desk.documents.documents["i-3"]["open"] = False
    assert await same_party(desk, REVIEWER) == ["i-2"]


@pytest.mark.parametrize("user", [OFFICER, LEADER])
async def test_what_else_is_of_a_party_is_not_for_units_nor_for_leaders(desk: Desk, user: str) -> None:
    await known(desk)
    await another(desk, "i-2", "13800000000")
    answer = await desk.get(user, "/v1/cases/i-1/same-party")
    assert answer.status_code == 403
