"""Desk on a real Kafka and a real MongoDB: the story in, commands through, the story out, the board live."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from sanfu.city.holidays_cn import national_calendar
from sanfu.contracts import names
from sanfu.desk.app import assemble
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.service import Service, real_parts
from sanfu.runtime.serving import Server
from tests.support import cases
from tests.support.cases import CALLER, OFFICE, OFFICER, Story, as_user, assigned, submitted
from tests.support.eventually import eventually
from tests.support.parts import create_topics

TOPICS = {
    names.ISSUES: 4, names.AFFAIRS: 4, names.CONTACTS: 2, names.DIRECTORY: 1, names.dead_letter_topic("desk"): 1,
}  # fmt: skip


@pytest.fixture
async def broker(kafka: str, prefix: str) -> AsyncIterator[KafkaBroker]:
    await create_topics(kafka, {name.replace("sanfu", prefix, 1): n for name, n in TOPICS.items()})
    broker = KafkaBroker(kafka, prefix)
    await broker.start()
    yield broker
    await broker.stop()


@contextlib.asynccontextmanager
async def serving(kafka: str, mongo: str, prefix: str, **more: Any) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    settings = cases.settings(cases.STAFF, kafka=kafka, mongo=mongo, prefix=prefix, **more)
    parts = real_parts(settings, "desk")
    service = assemble(settings, parts, cases.packs(), national_calendar())
    server = Server(service.app, "127.0.0.1", 0, stop_within=1)
    await server.start()
    await service.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
            yield service, client
    finally:
        await server.stop()
        await service.stop()
        parts.database.client.close()


@pytest.fixture(autouse=True)
async def dropped(mongo: str, prefix: str) -> AsyncIterator[None]:
    yield
    settings = cases.settings((), mongo=mongo, prefix=prefix)
    parts = real_parts(settings, "desk")
    await parts.database.client.drop_database(f"{prefix}_desk")
    parts.database.client.close()


async def told(broker: KafkaBroker) -> list[str]:
    """Types of the story's events, each once: delivery is at least once."""
    heads = [dict(record.headers) for record in await broker.read(names.ISSUES, "i-1")]
    return [*{head["ce_id"]: head["ce_type"].decode() for head in heads}.values()]


async def order(
    client: httpx.AsyncClient, user: str, command: str, said: dict[str, Any], key: str = ""
) -> httpx.Response:
    headers = {"Idempotency-Key": key or command, **as_user(user)}
    return await client.post(f"/v1/cases/i-1/{command}", json=said, headers=headers)


async def lived(broker: KafkaBroker, client: httpx.AsyncClient) -> None:
    story = Story("i-1")
    records = [
        story.record("intake", names.ISSUE_SUBMITTED, submitted()),
        story.record("router", names.ISSUE_ASSIGNED, assigned()),
    ]
    assert all(await broker.publish(records))

    async def here() -> bool:
        answer = await client.get("/v1/cases/i-1", headers=as_user(OFFICER))
        return answer.status_code == 200 and bool(answer.json()["allowed"])

    await eventually(here, within=20)


async def test_a_case_goes_through_its_life_on_real_parts(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker
) -> None:
    async with serving(kafka, mongo, prefix) as (service, client):
        await lived(broker, client)
        counts = (await client.get("/v1/counts", headers=as_user(OFFICE))).json()
        assert counts["by_unit"] == {"urban-management": {"open": 1, "red": 0, "yellow": 0, "none": 1}}
        for command, said, user in (
            ("acknowledge", {}, OFFICER),
            ("contact", {"result": "reached"}, OFFICER),
            ("handle", {"outcome": "solved", "reply": "三盏路灯已更换，今晚恢复照明。"}, OFFICER),
            ("follow_up", {"resolved": "yes"}, CALLER),
        ):
            answer = await order(client, user, command, said)
            assert answer.status_code == 200, answer.text
            assert (await order(client, user, command, said)).json()["repeated"]
        assert answer.json()["state"] == "closed"
        open_ones = (await client.get("/v1/cases", headers=as_user(OFFICE))).json()["items"]
        closed = (await client.get("/v1/cases", params={"state": "closed"}, headers=as_user(OFFICE))).json()["items"]
        assert (open_ones, [item["id"] for item in closed]) == ([], ["i-1"])

        async def published() -> bool:
            return (await told(broker))[-2:] == [names.ISSUE_FOLLOWED_UP, names.ISSUE_CLOSED]

        await eventually(published)
        assert len(await told(broker)) == 8

        async def quiet() -> bool:
            return bool((await service.watcher.quiet())["quiet"])

        await eventually(quiet, within=20)
        directory = {record.key for record in await broker.read(names.DIRECTORY)}
        assert len(directory) == len(cases.packs().current.units) + len(cases.packs().current.staff)


async def test_a_desk_that_lost_its_database_rebuilds_it_and_says_nothing_again(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker
) -> None:
    async with serving(kafka, mongo, prefix) as (_, client):
        await lived(broker, client)
        await order(client, OFFICER, "acknowledge", {})
        before = (await client.get("/v1/cases/i-1", headers=as_user(OFFICE))).json()
    was = await told(broker)
    parts = real_parts(cases.settings((), mongo=mongo, prefix=prefix), "desk")
    await parts.database.client.drop_database(f"{prefix}_desk")
    parts.database.client.close()
    async with serving(kafka, mongo, prefix) as (_, client):

        async def same() -> bool:
            answer = await client.get("/v1/cases/i-1", headers=as_user(OFFICE))
            return answer.status_code == 200 and {**answer.json(), "version": 0} == {**before, "version": 0}

        await eventually(same, within=20)

        async def known() -> bool:
            answer = await order(client, OFFICER, "acknowledge", {})
            assert answer.status_code in {200, 503}, "503 until the rebuild is over"
            return bool(answer.json().get("repeated"))

        await eventually(known)
        assert await told(broker) == was


async def test_a_board_in_one_process_shows_what_was_done_in_another(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker
) -> None:
    async with (
        serving(kafka, mongo, prefix) as (_, worker),
        serving(kafka, mongo, prefix, only="api", ordinal=1) as (_, client),
    ):
        await lived(broker, worker)
        seen: list[dict[str, Any]] = []

        async def watch() -> None:
            async with client.stream("GET", "/v1/live", headers=as_user(OFFICE), timeout=30) as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("data: {"):
                        seen.append(orjson.loads(line.removeprefix("data: ")))

        watching = asyncio.ensure_future(watch())
        await eventually(lambda: seen and seen[-1]["by_state"] == {"assigned": 1})
        await order(worker, OFFICER, "acknowledge", {})
        await eventually(lambda: seen[-1]["by_state"] == {"acknowledged": 1})
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
