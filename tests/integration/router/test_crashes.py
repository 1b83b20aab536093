"""A router killed with -9 at each crash point around its look for duplicates: what is suspected is told once."""

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

import sanfu.router.suspecting  # noqa: F401  # declares the crash points
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import peek, to_headers
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.crash import CRASHPOINTS
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import connect
from tests.support import packs
from tests.support.city import local
from tests.support.eventually import eventually
from tests.support.mortal import Mortal, Place, again_and_again
from tests.support.parts import create_topics
from tests.support.toy_world import SLOW
from tests.unit.router.test_doubting import ENGLISH, FIRST
from tests.unit.router.test_suspicions import AGAIN, LAMP

POINTS = sorted(name for name in CRASHPOINTS if name.startswith("router.before"))
IN_DOUBT = sorted(name for name in CRASHPOINTS if name.startswith("router.doubt"))
MANY = 12
"""Lamps, each in another town, each reported twice."""
TOWNS = [code for code, unit in packs.shipped().units.items() if unit.kind == "town"]
PARTITIONS = 2


def submitted(lamp: int, turn: int, said: Mapping[str, Any] | None = None) -> Outgoing:
    """The first or the second report of a lamp."""
    subject, said = f"lamp-{lamp:02}-{turn}", said or (LAMP, AGAIN)[turn]
    place = {"town": TOWNS[lamp], "lon": 119.85 + lamp * 0.03, "lat": 29.1 + lamp * 0.03}
    body = codec.encode(names.ISSUE_SUBMITTED, {**said, "place": place})
    at = local(f"2026-11-02 09:{turn:02}")
    event = Event(event_id("intake", subject, 1), names.ISSUE_SUBMITTED, "intake", subject, 1, at, orjson.loads(body))
    return Outgoing(names.ISSUES, subject, body, to_headers(event))


@asynccontextmanager
async def opened(
    kafka: str, mongo: str, folder: Path, ends: list[str], **settings: str
) -> AsyncIterator[tuple[Mortal, KafkaBroker]]:
    place = Place(kafka, mongo, f"t{uuid.uuid4().hex[:10]}", folder)
    units = [names.unit_topic(code) for code, unit in packs.shipped().units.items() if unit.has_topic]
    topics = {names.ISSUES: PARTITIONS, names.dead_letter_topic("router"): 1, **dict.fromkeys(units, 1)}
    await create_topics(kafka, {name.replace("sanfu", place.prefix, 1): n for name, n in topics.items()})
    place.jump("2026-11-02 09:05")
    broker = KafkaBroker(kafka, place.prefix)
    await broker.start()
    try:
        async with Mortal("router", place.environment() | settings, folder / "log", iter(ends)) as router:
            yield router, broker
    finally:
        await broker.stop()
        client = connect(mongo)
        await client.drop_database(f"{place.prefix}_router")
        client.close()


async def told(broker: KafkaBroker) -> list[tuple[str, str]]:
    """What was suspected, each event once; one id never says two things."""
    found: dict[str, Any] = {}
    for record in await broker.read(names.ISSUES):
        heads = peek(record.headers)
        if heads.type == names.DUPLICATE_SUSPECTED:
            pair = heads.subject, orjson.loads(record.value or b"")["other"]
            assert found.setdefault(heads.id, pair) == pair
    return sorted(found.values())


def in_doubt(lamp: int, turn: int) -> Outgoing:
    """The first report of a lamp, or one in English; of both a person says who leads."""
    return submitted(lamp, turn, (FIRST, ENGLISH)[turn])


@pytest.mark.parametrize("point", POINTS)
async def test_each_second_report_is_suspected_once_however_often_the_router_dies(
    kafka: str, mongo: str, tmp_path: Path, point: str
) -> None:
    async with opened(kafka, mongo, tmp_path, again_and_again(point)[:3]) as (router, broker):
        await router.shows("/health/ready", lambda seen: seen["partitions"] == PARTITIONS)
        for turn in (0, 1):
            for lamps in (range(MANY // 2), range(MANY // 2, MANY)):
                assert all(await broker.publish([submitted(lamp, turn) for lamp in lamps]))
                await router.quiet()

        async def all_told() -> bool:
            router.revive()
            return len(await told(broker)) >= MANY

        await eventually(all_told, within=SLOW)
        await router.quiet()
        assert await told(broker) == [(f"lamp-{lamp:02}-1", f"lamp-{lamp:02}-0") for lamp in range(MANY)]
        assert router.deaths > 0


@pytest.mark.parametrize("point", IN_DOUBT)
async def test_what_was_in_doubt_when_the_router_died_is_asked_again_and_told_once(
    kafka: str, mongo: str, tmp_path: Path, point: str
) -> None:
    """By the real encoder, whose process ends with the router's."""
    ends = again_and_again(point)[:2]
    async with opened(kafka, mongo, tmp_path, ends, SANFU_ROUTER_MEANING="true") as (router, broker):
        await router.shows("/health/ready", lambda seen: seen["partitions"] == PARTITIONS)
        assert all(await broker.publish([in_doubt(lamp, turn) for turn in (0, 1) for lamp in range(4)]))
        wanted = {(f"lamp-{lamp:02}-1", f"lamp-{lamp:02}-0") for lamp in range(4)}

        async def all_told() -> bool:
            router.revive()
            return wanted <= set(await told(broker))

        await eventually(all_told, within=SLOW)
        await router.quiet()
        assert len(await told(broker)) == len(set(await told(broker)))
        assert router.deaths == 2
