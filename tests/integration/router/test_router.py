"""Issues in, units' topics out, on real parts."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import peek, to_headers
from sanfu.router.app import assemble
from sanfu.router.settings import RouterSettings
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import SystemClock
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.service import Service, real_parts
from tests.support import packs
from tests.support.eventually import eventually
from tests.support.parts import create_topics
from tests.support.topics import read_all

SUBMITTED: dict[str, Any] = {
    "receipt": "N-1", "channel": "hotline", "reported_at": "2026-11-02T01:00:00.000Z", "audience": "resident",
    "kind": "issue", "urgency": "normal", "secrecy": "open", "party_kind": "person", "contact": "none", "title": "t",
    "pack": "p",
}  # fmt: skip
ABSENT = "tax"
"""The unit whose topic nobody created."""


def submitted(subject: str, given: dict[str, Any]) -> Outgoing:
    """A report as intake tells of it, its category chosen by an operator."""
    data = {
        **SUBMITTED, "category": given["category"], "title": given["text_title"], "text": given["text_body"],
        "place": {"town": given["town"]},
    }  # fmt: skip
    body = codec.encode(names.ISSUE_SUBMITTED, data)
    event = Event(
        event_id("intake", subject, 1), names.ISSUE_SUBMITTED, "intake", subject, 1, SystemClock().now(), data
    )
    return Outgoing(names.ISSUES, subject, body, to_headers(event))


def reports(count: int) -> list[dict[str, Any]]:
    lines = (packs.SHIPPED / "reports.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [each for each in found if each["kind"] == "issue" and each["secrecy"] in ("open", "internal")][:count]


@pytest.fixture
async def broker(kafka: str, prefix: str) -> AsyncIterator[KafkaBroker]:
    units = [code for code, unit in packs.shipped().units.items() if unit.has_topic and code != ABSENT]
    topics = {names.ISSUES: 4, names.dead_letter_topic("router"): 1, **{names.unit_topic(code): 1 for code in units}}
    await create_topics(kafka, {name.replace("sanfu", prefix, 1): n for name, n in topics.items()})
    broker = KafkaBroker(kafka, prefix)
    await broker.start()
    yield broker
    await broker.stop()


@asynccontextmanager
async def routing(kafka: str, mongo: str, prefix: str, *, empty: bool = False) -> AsyncIterator[Service]:
    settings = RouterSettings(kafka=kafka, mongo=mongo, prefix=prefix)
    parts = real_parts(settings, "router")
    if empty:
        await parts.documents.wipe()
    service = assemble(settings, parts, PackHolder(packs.SHIPPED))
    await service.start()
    try:
        yield service
    finally:
        await service.stop()
        parts.database.client.close()


@pytest.fixture
async def cleared(mongo: str, prefix: str) -> AsyncIterator[None]:
    yield
    parts = real_parts(RouterSettings(mongo=mongo, prefix=prefix), "router")
    await parts.database.client.drop_database(parts.database.name)
    parts.database.client.close()


async def assignments(broker: KafkaBroker) -> dict[str, dict[str, Any]]:
    own = [record for record in await broker.read(names.ISSUES) if peek(record.headers).source == "router"]
    return {record.key or "": orjson.loads(record.value or b"") for record in own}


def full(unit: str, prefix: str) -> str:
    return names.unit_topic(unit).replace("sanfu", prefix, 1)


async def test_200_issues_are_each_on_exactly_their_units_topics_and_a_missing_topic_holds_up_nothing(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker, cleared: None
) -> None:
    given = {f"issue-{n}": each for n, each in enumerate(reports(200))}
    async with routing(kafka, mongo, prefix) as service:
        assert all(await broker.publish([submitted(subject, each) for subject, each in given.items()]))

        async def all_answered() -> dict[str, dict[str, Any]] | None:
            found = await assignments(broker)
            return found if len(found) == len(given) else None

        decided = await eventually(all_answered, within=30)
        assert decided is not None
        want: dict[str, set[str]] = {}
        for subject, body in decided.items():
            for unit in [body["unit"], *(told["unit"] for told in body["also"])]:
                want.setdefault(unit, set()).add(subject)
        assert ABSENT in want
        assert len(want) > 20

        async def left_over() -> dict[str, list[str]]:
            found = await service.documents.read(list(given))
            return {
                subject: [entry["to"] for entry in it["outbox"]] for subject, it in found.items() if it.get("outbox")
            }

        async def only_the_absent_waits() -> bool:
            return await left_over() == {subject: [names.unit_topic(ABSENT)] for subject in want[ABSENT]}

        await eventually(only_the_absent_waits, within=20)
        topics = {full(code, prefix): code for code, unit in packs.shipped().units.items() if unit.has_topic}
        read = await read_all(kafka, [topic for topic, code in topics.items() if code != ABSENT])
        there = {topics[topic]: {record.key.decode() for record in records} for topic, records in read.items()}
        assert there == {code: subjects for code, subjects in want.items() if code != ABSENT}
        numbers = {dict(record.headers)["ce_unitsequence"] for records in read.values() for record in records}
        assert numbers == {b"1"}

        await create_topics(kafka, {full(ABSENT, prefix): 1})

        async def late_ones() -> bool:
            return {record.key for record in await broker.read(names.unit_topic(ABSENT))} == want[ABSENT]

        await eventually(late_ones, within=30)


async def test_an_emptied_database_is_rebuilt_to_the_same_state_and_nothing_is_told_again(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker, cleared: None
) -> None:
    given = {f"issue-{n}": each for n, each in enumerate(reports(40)) if each["unit"] != ABSENT}

    async def settled(service: Service) -> bool:
        return bool((await service.watcher.quiet())["quiet"]) and len(await assignments(broker)) == len(given)

    async with routing(kafka, mongo, prefix) as service:
        await broker.publish([submitted(subject, each) for subject, each in given.items()])
        await eventually(lambda: settled(service), within=30)
        before = await service.documents.read(list(given))
    story = len(await broker.read(names.ISSUES))
    async with routing(kafka, mongo, prefix, empty=True) as service:
        await eventually(lambda: settled(service), within=30)
        after = await service.documents.read(list(given))
        kept = ("said", "standing", "waiting", "seen", "out")
        assert {s: {k: d.get(k) for k in kept} for s, d in after.items()} == {
            s: {k: d.get(k) for k in kept} for s, d in before.items()
        }
    assert len(await broker.read(names.ISSUES)) == story
