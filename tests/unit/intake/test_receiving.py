"""A report comes in, is receipted, told and followed."""

import uuid
from datetime import UTC, datetime

import orjson

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id
from sanfu.contracts.events.intake import IssueSubmitted
from sanfu.contracts.wire import to_headers
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.memory import Fault
from tests.support.eventually import eventually
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


async def test_what_tells_who_it_is_stays_out_of_the_story_and_rests_with_the_contact(world: World) -> None:
    body = report(
        title="王小明反映路灯",
        text="我叫王小明，电话138-0000-0001。",
        answers={"recording": "13800000001"},
        external_id="13800000001",
    )
    assert (await world.post(body, HOTLINE)).status_code == 201
    (told,) = await world.told()
    assert (told["title"], told["text"]) == ("***反映路灯", "我叫***，电话*************。")
    assert told["answers"] == {"recording": "***********"}
    assert told["external_id"] == "***********"
    ((_, record),) = await world.contacts()
    assert record is not None
    assert opened(record, "original") == {
        "title": body["title"],
        "text": body["text"],
        "address": "寺前街60号",
        "answers": {"recording": "13800000001"},
    }
    everything = repr(world.documents.documents) + repr(world.documents.others) + repr(world.broker.topics)
    for secret in ("王小明", "13800000001", "138-0000-0001", "wang@example.com", "某小区8幢302"):
        assert secret not in everything


async def test_a_confidential_text_is_only_with_the_contact(world: World) -> None:
    assert (await world.post(report(secrecy="confidential", party=None), HOTLINE | {"Idempotency-Key": "1"})).is_success
    (told,) = await world.told()
    assert (told["title"], told["text"], told["contact"]) == ("保密事项", None, 1)
    ((_, record),) = await world.contacts()
    assert record is not None
    assert opened(record, "original")["text"] == report()["text"]
    assert record.party is None


async def test_an_anonymous_report_over_the_public_channel_says_that_there_is_no_contact(world: World) -> None:
    answer = await world.post(report(party=None))
    assert answer.status_code == 201
    assert uuid.UUID(answer.json()["id"]).version == 7
    (told,) = await world.told()
    assert (told["channel"], told["contact"], told["secrecy"]) == ("web", "none", "open")
    assert await world.contacts() == []


async def test_the_same_key_and_body_give_the_same_receipt_and_one_issue(world: World) -> None:
    headers = HOTLINE | {"Idempotency-Key": "call-77"}
    first = await world.post(report(), headers)
    again = await world.post(dict(reversed(report().items())), headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert len(await world.told()) == 1
    assert len(await world.contacts()) == 1


async def test_the_same_key_with_another_body_is_a_conflict_that_names_the_key(world: World) -> None:
    for body, headers, field in (
        (report(), HOTLINE | {"Idempotency-Key": "call-77"}, "header.Idempotency-Key"),
        (report(external_id="H-9"), HOTLINE, "$.external_id"),
    ):
        assert (await world.post(body, headers)).status_code == 201
        answer = await world.post({**body, "text": "另一件事"}, headers)
        assert answer.status_code == 409
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["errors"][0]["field"] == field
    assert len(await world.told()) == 2


async def test_an_emergency_says_first_whom_to_call(world: World) -> None:
    answer = await world.post(report(text="楼道里有很重的煤气味"), HOTLINE | {"Idempotency-Key": "e"})
    assert next(iter(answer.json())) == "warning"
    assert "110、119、120" in answer.json()["warning"]
    other = await world.post(report(text="smell of gas, help", language="en"), HOTLINE | {"Idempotency-Key": "f"})
    assert "call 110" in other.json()["warning"]


async def test_while_the_broker_is_away_receipts_are_given_and_told_later(world: World) -> None:
    world.broker.down = True
    answer = await world.post(report(), HOTLINE | {"Idempotency-Key": "k"})
    assert answer.status_code == 201
    shown = await world.client.get(f"/v1/receipts/{answer.json()['receipt']}")
    assert shown.json()["state"] == "submitted"
    assert await world.told() == [], "and it was tried"
    world.broker.down = False
    await world.service.sweeper.sweep([0, 1], datetime.now(UTC))
    assert len(await world.told()) == 1
    assert len(await world.contacts()) == 1


async def test_while_the_store_is_away_nothing_is_promised(world: World) -> None:
    world.documents.down = True
    answer = await world.post(report(), HOTLINE | {"Idempotency-Key": "k"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    shown = await world.client.get("/v1/receipts/0000-0000-0000-0000")
    assert shown.status_code == 503
    world.documents.down = False
    assert (await world.post(report(), HOTLINE | {"Idempotency-Key": "k"})).status_code == 201


async def test_after_a_write_of_unknown_outcome_it_reads_back_before_it_answers(world: World) -> None:
    world.documents.fail_next.append(Fault.UNKNOWN)
    answer = await world.post(report(), HOTLINE | {"Idempotency-Key": "k"})
    assert answer.is_success
    await world.service.sweeper.sweep([0, 1], datetime.now(UTC))
    assert [told["receipt"] for told in await world.told()] == [answer.json()["receipt"]]


async def test_a_receipt_shows_state_and_dates_only(world: World) -> None:
    number = (await world.post(report(), HOTLINE | {"Idempotency-Key": "k"})).json()["receipt"]
    shown = await world.client.get(f"/v1/receipts/{number.replace('-', '').lower()}")
    assert shown.status_code == 200
    assert shown.json() == {
        "receipt": number,
        "received_at": "2026-03-02T01:00:00.000Z",
        "state": "submitted",
        "dates": {"submitted": "2026-03-02T01:00:00.000Z"},
        "due_at": None,
    }


async def test_a_mistyped_receipt_number_is_told_from_an_unknown_one(world: World) -> None:
    wrong = await world.client.get("/v1/receipts/0000-0000-0000-0001")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "path.number")
    unknown = await world.client.get("/v1/receipts/0000-0000-0000-0000")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:sanfu:problem:no-such-receipt")


async def test_every_report_of_a_batch_has_an_answer_of_its_own(world: World) -> None:
    issues = [
        report(external_id="A"), report(external_id="A"), report(external_id="A", text="另一件事"),
        report(external_id="B", category="nothing"), {"title": 7}, report(external_id="C"),
    ]  # fmt: skip
    answer = await world.post({"issues": issues}, HOTLINE, "/v1/issues/batch")
    assert answer.status_code == 200
    items = answer.json()
    assert [item["status"] for item in items] == [201, 200, 409, 422, 422, 201]
    assert items[0]["issue"] == items[1]["issue"]
    assert items[3]["problem"]["errors"][0]["field"] == "$.category"
    assert {error["field"] for error in items[4]["problem"]["errors"]} == {"$.title", "$.text"}
    assert len(await world.told()) == 2


async def test_a_batch_sent_again_under_its_key_makes_nothing_new(world: World) -> None:
    batch = {"issues": [report(text=f"第{n}件") for n in range(200)]}
    first = await world.post(batch, HOTLINE | {"Idempotency-Key": "day-1"}, "/v1/issues/batch")
    again = await world.post(batch, HOTLINE | {"Idempotency-Key": "day-1"}, "/v1/issues/batch")
    assert {item["status"] for item in first.json()} == {201}
    assert {item["status"] for item in again.json()} == {200}
    assert len(await world.told()) == 200
    assert len({item["issue"]["receipt"] for item in first.json()}) == 200


async def test_the_story_moves_what_the_receipt_shows(world: World) -> None:
    taken = (await world.post(report(), HOTLINE | {"Idempotency-Key": "k"})).json()
    await world.told()
    assigned = {
        "unit": "fotang", "grade": "simple", "urgency": "normal", "audience": "resident", "assignment": 1,
        "decided_by": "rule", "reason": "路灯", "pack": pack().version,
    }  # fmt: skip
    event = Event(event_id("router", taken["id"], 1), names.ISSUE_ASSIGNED, "router", taken["id"], 1, NOW, assigned)
    await world.broker.publish([Outgoing(names.ISSUES, taken["id"], orjson.dumps(assigned), to_headers(event))])

    async def shown() -> bool:
        answer = await world.client.get(f"/v1/receipts/{taken['receipt']}")
        return bool(answer.json()["state"] == "assigned") and "fotang" not in answer.text

    await eventually(shown)
