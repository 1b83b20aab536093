"""Replies by topic on a real Kafka and a real MongoDB: whoever dies when, each is taken once."""

import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

import sanfu.desk.entrypoints.taking_replies  # noqa: F401  # declares the crash points
from sanfu.contracts import names
from sanfu.contracts.wire import peek
from sanfu.runtime.crash import CRASHPOINTS
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import connect
from tests.integration.desk.test_desk import TOPICS, serving
from tests.support.cases import OFFICE, Story, as_user, assigned, submitted, token
from tests.support.city import local
from tests.support.eventually import eventually
from tests.support.mortal import Mortal, Place, again_and_again
from tests.support.parts import create_topics
from tests.support.toy_world import SLOW
from tests.unit.desk.test_replies import HANDLED, UNIT, reply

OWN = sorted(name for name in CRASHPOINTS if name.startswith("desk.replies"))
POINTS = [
    *OWN, *(pytest.param(name, marks=pytest.mark.full) for name in sorted(CRASHPOINTS) if name.startswith("machine.")),
]  # fmt: skip
MANY = 8
ISSUES = [f"i-{n}" for n in range(MANY)]


def of_unit(code: str) -> dict[str, int]:
    return {names.replies_topic(code): 1, names.refused_replies_topic(code): 1}


async def make(kafka: str, prefix: str, topics: dict[str, int]) -> None:
    await create_topics(kafka, {name.replace("sanfu", prefix, 1): n for name, n in topics.items()})


@asynccontextmanager
async def looking(kafka: str, prefix: str) -> AsyncIterator[KafkaBroker]:
    broker = KafkaBroker(kafka, prefix)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


async def tell(broker: KafkaBroker, *issues: str) -> None:
    for issue in issues:
        story = Story(issue, local("2026-05-06 09:00"))
        told = [("intake", names.ISSUE_SUBMITTED, submitted(receipt=f"YW-{issue}")),
                ("router", names.ISSUE_ASSIGNED, assigned(UNIT))]  # fmt: skip
        assert all(await broker.publish([story.record(*each) for each in told]))


async def told(broker: KafkaBroker) -> Counter[tuple[str, str]]:
    """What desk told: subject and type of each event, once for each id."""
    found: dict[str, tuple[str, str]] = {}
    for record in await broker.read(names.ISSUES):
        heads = peek(record.headers)
        if heads.source == "desk":
            found[heads.id] = heads.subject, heads.type
    return Counter(found.values())


async def sent_back(broker: KafkaBroker) -> list[tuple[str, str]]:
    """The dead letters: where each stood, and why, each once."""
    records = await broker.read(names.refused_replies_topic(UNIT))
    heads = [dict(record.headers) for record in records]
    return sorted({(one["sanfu_offset"].decode(), one["sanfu_problem"].decode()) for one in heads})


@pytest.fixture(autouse=True)
async def dropped(mongo: str, prefix: str) -> AsyncIterator[None]:
    yield
    client = connect(mongo)
    await client.drop_database(f"{prefix}_desk")
    client.close()


async def test_a_unit_whose_topics_are_made_while_the_desk_runs_is_heard(kafka: str, mongo: str, prefix: str) -> None:
    await make(kafka, prefix, TOPICS)
    async with looking(kafka, prefix) as broker, serving(kafka, mongo, prefix):
        await tell(broker, "i-1")
        await make(kafka, prefix, of_unit(UNIT))
        await eventually(lambda: broker.partitions(names.replies_topic(UNIT)))
        assert all(await broker.publish([reply("acknowledge"), reply("acknowledge", issue="i-none")]))

        async def taken() -> bool:
            return (await told(broker))["i-1", names.ISSUE_ACKNOWLEDGED] == 1 and len(await sent_back(broker)) == 1

        await eventually(taken, within=SLOW)


async def test_of_two_desks_whichever_reads_a_reply_waits_for_what_the_other_has_to_hear(
    kafka: str, mongo: str, prefix: str
) -> None:
    await make(kafka, prefix, TOPICS | of_unit(UNIT) | of_unit("tax") | of_unit("transport"))
    async with (
        looking(kafka, prefix) as broker,
        serving(kafka, mongo, prefix),
        serving(kafka, mongo, prefix, ordinal=1),
    ):
        await tell(broker, *ISSUES)
        assert all(await broker.publish([reply("acknowledge", issue=issue) for issue in ISSUES]))

        async def taken() -> bool:
            return (await told(broker)).total() >= MANY

        await eventually(taken, within=SLOW)
        assert await told(broker) == {(issue, names.ISSUE_ACKNOWLEDGED): 1 for issue in ISSUES}
        assert await sent_back(broker) == []


@asynccontextmanager
async def mortal(kafka: str, mongo: str, folder: Path, ends: list[str]) -> AsyncIterator[tuple[Mortal, KafkaBroker]]:
    place = Place(kafka, mongo, f"t{uuid.uuid4().hex[:10]}", folder)
    await make(kafka, place.prefix, TOPICS | of_unit(UNIT))
    place.jump("2026-05-06 09:05")
    tokens = orjson.dumps({OFFICE: token(OFFICE)}).decode()
    environment = {**place.environment(), "SANFU_USER_TOKENS": tokens}
    async with looking(kafka, place.prefix) as broker:
        try:
            async with Mortal("desk", environment, folder / "log", iter(ends)) as desk:
                yield desk, broker
        finally:
            client = connect(mongo)
            await client.drop_database(f"{place.prefix}_desk")
            client.close()


@pytest.mark.parametrize("point", POINTS)
async def test_each_reply_is_taken_once_however_often_the_desk_dies(
    kafka: str, mongo: str, tmp_path: Path, point: str
) -> None:
    async with mortal(kafka, mongo, tmp_path, again_and_again(point)[:3]) as (desk, broker):
        await tell(broker, *ISSUES)
        await desk.quiet()
        sent: list[Any] = []
        for issue in ISSUES:
            sent += [reply("contact", {"result": "reached"}, issue=issue), reply("acknowledge", issue=issue)]
            sent += [reply("acknowledge", issue=f"{issue}-none")]
            sent += [reply("contact", {"result": "reached"}, issue=issue), reply("handle", HANDLED, issue=issue)]
        for at in range(0, len(sent), 5):
            assert all(await broker.publish(sent[at : at + 5]))
            await desk.quiet()
        wanted = (names.REPLY_REFUSED, names.ISSUE_ACKNOWLEDGED, names.ISSUE_CONTACTED, names.ISSUE_HANDLED)
        found = await told(broker)
        assert {key: n for key, n in found.items() if key[1] in wanted} == {(i, w): 1 for i in ISSUES for w in wanted}
        assert [why for _, why in await sent_back(broker)] == ["urn:sanfu:problem:case-unknown"] * MANY
        assert desk.deaths > 0
        shown = await desk.get(f"/v1/cases/{ISSUES[0]}", **as_user(OFFICE))
        assert shown["state"] in {"handled", "unsigned"}
