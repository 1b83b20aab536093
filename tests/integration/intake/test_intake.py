"""Intake on a real Kafka and a real MongoDB."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import orjson
import pytest
from pydantic import SecretStr

from sanfu.contracts import names
from sanfu.contracts.contacts import ContactRecord
from sanfu.intake.app import assemble
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import connect
from sanfu.runtime.service import Service, real_parts
from sanfu.stack.programs import free_port
from tests.support.eventually import eventually
from tests.support.parts import create_topics, own_broker
from tests.unit.intake.world import HOTLINE, OPS, opened, pack, report, settings

TOPICS = {names.ISSUES: 4, names.CONTACTS: 2, names.dead_letter_topic("intake"): 1}


@pytest.fixture
async def database(mongo: str, prefix: str) -> AsyncIterator[str]:
    """The replica set; what the test leaves there is dropped."""
    yield mongo
    client = connect(mongo)
    await client.drop_database(f"{prefix}_intake")
    client.close()


async def topics(kafka: str, prefix: str) -> None:
    await create_topics(kafka, {name.replace("sanfu", prefix, 1): count for name, count in TOPICS.items()})


@asynccontextmanager
async def serving(kafka: str, mongo: str, prefix: str) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    given = settings(kafka=kafka, mongo=SecretStr(mongo), prefix=prefix)
    parts = real_parts(given, "intake")
    service = assemble(given, parts, pack)
    await service.start()
    transport = httpx.ASGITransport(app=service.app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
            yield service, client
    finally:
        await service.stop()
        parts.database.client.close()


@asynccontextmanager
async def reading(kafka: str, prefix: str) -> AsyncIterator[KafkaBroker]:
    broker = KafkaBroker(kafka, prefix)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


async def test_a_receipt_outlives_the_process_and_the_contact_opens_for_who_has_the_key(
    kafka: str, database: str, prefix: str
) -> None:
    await topics(kafka, prefix)
    async with serving(kafka, database, prefix) as (_, client):
        answer = await client.post("/v1/issues", json=report(external_id="H-1"), headers=HOTLINE)
        assert answer.status_code == 201, answer.text
    taken = answer.json()
    async with serving(kafka, database, prefix) as (_, client), reading(kafka, prefix) as broker:
        shown = await client.get(f"/v1/receipts/{taken['receipt']}")
        assert shown.json()["state"] == "submitted"
        again = await client.post("/v1/issues", json=report(external_id="H-1"), headers=HOTLINE)
        assert (again.status_code, again.json()) == (200, taken)
        (event,) = await broker.read(names.ISSUES, taken["id"])
        assert orjson.loads(event.value or b"")["receipt"] == taken["receipt"]
        (record,) = await broker.read(names.CONTACTS, f"{taken['id']}/intake")
        contact = ContactRecord.model_validate_json(record.value or b"")
        assert opened(contact, "party")["phone"] == "13800000001"


async def test_a_person_is_found_by_the_blind_index_and_erased(kafka: str, database: str, prefix: str) -> None:
    await topics(kafka, prefix)
    async with serving(kafka, database, prefix) as (service, client), reading(kafka, prefix) as broker:
        batch = {"issues": [report(external_id=str(n)) for n in range(3)]}
        answer = await client.post("/v1/issues/batch", json=batch, headers=HOTLINE)
        assert [item["status"] for item in answer.json()] == [201, 201, 201]
        await service.commands.drain()
        erased = await client.post("/v1/erasures", json={"phone": "+8613800000001"}, headers=OPS)
        assert erased.json()["erased"] == 3
        await service.commands.drain()

        async def tombstones() -> int:
            return sum(record.value is None for record in await broker.read(names.CONTACTS))

        await eventually(tombstones, within=10)
        assert await tombstones() == 3
        assert await service.parts.database["contacts"].count_documents({"boxes": {"$ne": {}}}) == 0


async def test_keys_are_kept_as_hashes_and_revoked_for_ever(kafka: str, database: str, prefix: str) -> None:
    await topics(kafka, prefix)
    async with serving(kafka, database, prefix) as (service, client):
        (id,) = [
            item["id"]
            for item in (await client.get("/v1/channel-keys", headers=OPS)).json()["items"]
            if item["channel"] == "hotline"
        ]
        assert (await client.delete(f"/v1/channel-keys/{id}", headers=OPS)).status_code == 204
        kept = [repr(each) async for each in service.parts.database["channel_keys"].find()]
        assert not any(HOTLINE["X-Api-Key"] in each for each in kept)
    async with serving(kafka, database, prefix) as (_, client):
        answer = await client.post("/v1/issues", json=report(external_id="H-1"), headers=HOTLINE)
        assert answer.json()["type"] == "urn:sanfu:problem:api-key-revoked"


async def test_while_kafka_is_away_receipts_are_given_and_told_once_it_is_back(
    database: str, prefix: str, tmp_path: Path
) -> None:
    port = free_port()
    async with AsyncExitStack() as stack:
        with own_broker(tmp_path, port) as kafka:
            await topics(kafka, prefix)
            _, client = await stack.enter_async_context(serving(kafka, database, prefix))
            first = await client.post("/v1/issues", json=report(external_id="before"), headers=HOTLINE)
            assert first.status_code == 201
        away = await client.post("/v1/issues", json=report(external_id="away"), headers=HOTLINE)
        assert away.status_code == 201
        with own_broker(tmp_path, port) as kafka:
            async with reading(kafka, prefix) as broker:

                async def both_told() -> bool:
                    told = {record.key for record in await broker.read(names.ISSUES)}
                    return told == {first.json()["id"], away.json()["id"]}

                await eventually(both_told, within=40)
            await stack.aclose()


async def test_a_list_comes_in_and_how_far_it_came_outlives_the_process(kafka: str, database: str, prefix: str) -> None:
    await topics(kafka, prefix)
    rows = [
        f"L-{number},路灯不亮,寺前街的路灯坏了。,群众,{'佛堂镇' if number % 100 else '蓬莱镇'}"
        for number in range(1, 451)
    ]
    content = "\n".join(["编号,标题,内容,诉求类型,镇街", *rows]).encode()
    async with serving(kafka, database, prefix) as (service, client):
        headers = HOTLINE | {"content-type": "text/csv"}
        url = f"/v1/imports/{(await client.post('/v1/imports', content=content, headers=headers)).json()['id']}"

        async def done() -> bool:
            return bool((await client.get(url, headers=HOTLINE)).json()["state"] == "done")

        await eventually(done, within=30)
        await service.commands.drain()
    async with serving(kafka, database, prefix) as (service, client), reading(kafka, prefix) as broker:
        ended = (await client.post("/v1/imports", content=content, headers=headers)).json()
        assert (ended["state"], ended["rows"], ended["taken"], ended["bad"]) == ("done", 450, 446, 4)
        page = (await client.get(f"{url}/rows?limit=3", headers=HOTLINE)).json()
        more = (await client.get(f"{url}/rows?after={page['next']}", headers=HOTLINE)).json()
        assert [row["line"] for row in (*page["items"], *more["items"])] == [101, 201, 301, 401]
        assert page["items"][0]["errors"][0]["column"] == "镇街"
        assert len(await broker.read(names.ISSUES)) == 446
        given = {"party_code": "91330782MA2E4XX01W"}
        await client.post("/v1/channels/enterprise_seat/keys", json=given, headers=OPS)
    async with serving(kafka, database, prefix) as (_, client):
        keys = (await client.get("/v1/channel-keys", headers=OPS)).json()["items"]
        assert [one["party_code"] for one in keys if one["channel"] == "enterprise_seat"] == [given["party_code"]]
