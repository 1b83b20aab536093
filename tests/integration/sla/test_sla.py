"""Issues in, deadlines and lights out, on real parts with a clock that the test moves."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import orjson
import pytest

from sanfu.city.holidays_cn import national_calendar
from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import peek, to_headers
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.service import Service, real_parts
from sanfu.sla.app import assemble
from sanfu.sla.settings import SlaSettings
from tests.support import packs
from tests.support.eventually import eventually
from tests.support.parts import create_topics
from tests.unit.sla.policies import local

KEY = "a-key-to-the-clocks"
ASSIGNED: dict[str, Any] = {
    "unit": "tax", "grade": "complex", "urgency": "normal", "audience": "resident", "assignment": 1,
    "decided_by": "rule", "reason": "r", "pack": "p",
}  # fmt: skip
HANDLED: dict[str, Any] = {
    "unit": "tax", "outcome": "solved", "reply": "done", "assignment": 1, "by": {"id": "u-1", "role": "officer"},
}  # fmt: skip


def told(service: str, type: str, subject: str, at: str, data: dict[str, Any]) -> Outgoing:
    event = Event(event_id(service, subject, 1), type, service, subject, 1, local(at), data)
    return Outgoing(names.ISSUES, subject, codec.encode(type, data), to_headers(event))


def assigned(subject: str, at: str) -> Outgoing:
    return told("router", names.ISSUE_ASSIGNED, subject, at, ASSIGNED)


def handled(subject: str, at: str) -> Outgoing:
    received = local(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return told("desk", names.ISSUE_HANDLED, subject, at, {**HANDLED, "received_at": received})


@pytest.fixture
async def broker(kafka: str, prefix: str) -> AsyncIterator[KafkaBroker]:
    topics = {names.ISSUES: 2, names.dead_letter_topic("sla"): 1}
    await create_topics(kafka, {name.replace("sanfu", prefix, 1): n for name, n in topics.items()})
    broker = KafkaBroker(kafka, prefix)
    await broker.start()
    yield broker
    await broker.stop()


@asynccontextmanager
async def running(
    kafka: str, mongo: str, prefix: str, now: str, *, empty: bool = False
) -> AsyncIterator[tuple[Service, ManualClock]]:
    settings = SlaSettings(sla_key=KEY, kafka=kafka, mongo=mongo, prefix=prefix)
    clock = ManualClock(local(now))
    parts = replace(real_parts(settings, "sla"), clock=clock)
    if empty:
        await parts.documents.wipe()
    service = assemble(settings, parts, PackHolder(packs.SHIPPED), national_calendar())
    await service.start()
    try:
        yield service, clock
    finally:
        await service.stop()
        parts.database.client.close()


@pytest.fixture
async def cleared(mongo: str, prefix: str) -> AsyncIterator[None]:
    yield
    parts = real_parts(SlaSettings(sla_key=KEY, mongo=mongo, prefix=prefix), "sla")
    await parts.database.client.drop_database(parts.database.name)
    parts.database.client.close()


async def said(broker: KafkaBroker, type: str, clock: str = "handling") -> list[tuple[str, dict[str, Any]]]:
    records = [(record, peek(record.headers)) for record in await broker.read(names.ISSUES)]
    own = [(head.subject, orjson.loads(record.value or b"")) for record, head in records if head.type == type]
    return [(subject, body) for subject, body in own if body["clock"] == clock]


async def lights(broker: KafkaBroker) -> Counter[tuple[str, str]]:
    return Counter((subject, body["level"]) for subject, body in await said(broker, names.LIGHT_CHANGED))


async def test_a_dispatch_gets_its_deadline_and_its_lights_each_at_its_instant_and_once(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker, cleared: None
) -> None:
    async with running(kafka, mongo, prefix, "2026-03-10 09:15") as (service, clock):
        assert all(await broker.publish([assigned("issue-1", "2026-03-10 09:15")]))
        found = await eventually(lambda: said(broker, names.DEADLINE_SET), within=20)
        assert [body["limit"] for _, body in found] == ["2026-03-13T09:30:00.000Z"]
        clock.set(local("2026-03-12 17:29"))
        clock.set(local("2026-03-12 17:30"))
        await eventually(lambda: lights(broker), within=20)
        assert await lights(broker) == {("issue-1", "yellow"): 1}
        clock.set(local("2026-03-13 17:30"))

        async def both() -> bool:
            return len(await lights(broker)) == 2

        await eventually(both, within=20)
        key = {"Authorization": f"Bearer {KEY}"}
        http = httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://sla", headers=key)
        listed = (await http.get("/v1/clocks", params={"light": "red", "unit": "tax"})).json()
        assert [(one["issue"], one["clock"]) for one in listed["items"] if one["clock"] == "unit_handling"] == [
            ("issue-1", "unit_handling")
        ]
        explained = (await http.get("/v1/clocks/issue-1/handling/explanation")).json()
        assert explained["limit"] == explained["announced"] == "2026-03-13T09:30:00.000Z"
        assert (await http.get("/v1/clocks/issue-2")).status_code == 404


async def test_a_backlog_with_overdue_timers_in_it_makes_no_false_red_and_a_rebuild_says_nothing_again(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker, cleared: None
) -> None:
    async with running(kafka, mongo, prefix, "2026-03-10 09:15"):
        await broker.publish([assigned(f"issue-{n}", "2026-03-10 09:15") for n in range(40)])

        async def all_set() -> bool:
            return len(await said(broker, names.DEADLINE_SET)) == 40

        await eventually(all_set, within=20)
    in_time = [handled(f"issue-{n}", "2026-03-13 17:29") for n in range(0, 40, 2)]
    assert all(await broker.publish(in_time))
    async with running(kafka, mongo, prefix, "2026-03-13 18:30"):

        async def late_ones_are_red() -> bool:
            return sum(n for (_, level), n in (await lights(broker)).items() if level == "red") >= 20

        await eventually(late_ones_are_red, within=20)
    reds = Counter(subject for subject, level in (await lights(broker)).elements() if level == "red")
    assert reds == {f"issue-{n}": 1 for n in range(1, 40, 2)}
    before = await lights(broker)
    async with running(kafka, mongo, prefix, "2026-03-13 18:31", empty=True) as (service, _):

        async def rebuilt() -> bool:
            return len(await service.documents.read([f"issue-{n}" for n in range(40)])) == 40 and service.reader.ready

        await eventually(rebuilt, within=20)
    assert await lights(broker) == before
    assert len(await said(broker, names.DEADLINE_SET)) == 40


def test_local_times_are_those_of_the_shipped_pack() -> None:
    assert local("2026-03-10 09:15") == datetime.fromisoformat("2026-03-10T01:15:00+00:00")
