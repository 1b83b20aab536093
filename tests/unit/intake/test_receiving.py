"""A report comes in, is receipted, told and followed."""

import uuid

import orjson

from sanfu.contracts import names
from sanfu.contracts.events.intake import IssueSubmitted
from sanfu.runtime.memory import Fault
from tests.unit.intake.world import HOTLINE, NOW, World, opened, pack, report


async def test_a_report_is_receipted_told_and_its_contact_sealed(world: World) -> None:
    answer = await world.post(report(external_id="H-1"), HOTLINE)
    assert answer.status_code == 201, answer.text
    taken = answer.json()
    assert taken["state"] == "submitted"
    assert taken["received_at"] == "2026-03-02T01:00:00.000Z"
    (told,) = await world.told()
    submitted = IssueSubmitted.model_validate_json(orjson.dumps(told))
    assert submitted.receipt == taken["receipt"]
    assert submitted.contact == 1
    assert submitted.secrecy == "internal"
    assert submitted.pack == pack().version
    ((key, record),) = await world.contacts()
    assert key == f"{taken['id']}/intake"
    assert record is not None
    assert opened(record, "party") == {
        "name": "王小明",
        "phone": "13800000001",
        "email": "wang@example.com",
        "address": "义乌市某小区8幢302",
        "language": None,
    }
    assert record.original is None, "nothing was masked: the story has all of it"
