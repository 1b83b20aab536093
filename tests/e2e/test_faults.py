"""The parts and the processes fail under load, on a broker and a database of these tests' own: nothing is lost by it,
nothing happens twice."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sanfu.runtime.broker import Outgoing
from tests.support import toy
from tests.support.eventually import eventually
from tests.support.parts import create_topics
from tests.support.servers import Servers
from tests.support.toy_world import SLOW, World, opened

SUBJECTS = 20
SHORT = {"SANFU_SESSION_S": "6", "SANFU_STALL_S": "10"}


@pytest.fixture
async def world(servers: Servers, prefix: str, tmp_path: Path) -> AsyncIterator[World]:
    async with opened(World(servers.bootstrap, servers.uri, prefix, tmp_path)) as it:
        yield it


async def loaded(it: World, fault: Callable[[], Awaitable[None]]) -> None:
    """Keep asking and commanding while something goes wrong, and some more after it. Each answer is waited for, so that
    a slow machine has less to do, not more to catch up with."""
    over = asyncio.Event()

    async def asking() -> None:
        after = 3
        for wave in range(10_000):
            soon = timedelta(seconds=wave % 3)
            names = [f"s-{wave // 20}-{n}" for n in range(SUBJECTS)]
            waves.append(
                [it.question(name, wave, rings_in=soon if n % 5 == 0 else None) for n, name in enumerate(names)]
            )
            await it.ask(waves[-1])
            await it.command(f"pace-{wave // 20}", wave)
            if over.is_set() and (after := after - 1) == 0:
                return

    waves: list[list[Outgoing]] = []
    async with asyncio.TaskGroup() as load:
        load.create_task(asking())
        await eventually(lambda: len(waves) > 2, within=SLOW)
        await fault()
        over.set()


async def whole(it: World) -> None:
    """All is as it should be as soon as nothing moves any more: what is wrong then would not have mended itself."""
    await it.quiet()
    assert await it.wrongs() == []


async def test_kafka_killed_and_restarted_under_load(world: World, servers: Servers) -> None:
    world.start()
    await world.ready()

    async def fault() -> None:
        servers.kafka.kill()
        await world.command("away", 1)  # answered all the same
        await asyncio.to_thread(servers.kafka.start)

    await loaded(world, fault)
    await whole(world)


async def test_mongodb_killed_and_restarted_under_load(world: World, servers: Servers) -> None:
    world.start()
    await world.ready()

    async def fault() -> None:
        servers.mongo.kill()
        await eventually(lambda: b"waiting" in world.copies[0].log.read_bytes(), within=SLOW)
        await asyncio.to_thread(servers.mongo.start)

    await loaded(world, fault)
    await whole(world)
    assert world.copies[0].process.poll() is None, "it waited"


async def test_a_process_stopped_past_its_session_wakes_up_and_does_no_harm(world: World) -> None:
    """Another copy gets its partitions meanwhile; the sleeper then holds old positions and an old assignment."""
    for ordinal in (0, 1):
        world.start(ordinal=ordinal, **SHORT)
    for ordinal in (0, 1):
        await world.ready(ordinal)

    async def has_them_all() -> bool:
        held = (await world.get("/health/ready", 1)).json().get("partitions")
        return bool(held == toy.TOPICS[toy.STORY])

    async def fault() -> None:
        sleeper = world.copies[0].process
        sleeper.send_signal(signal.SIGSTOP)
        await eventually(has_them_all, within=SLOW)
        sleeper.send_signal(signal.SIGCONT)

    await loaded(world, fault)
    await whole(world)
    for copy in world.copies.values():
        assert b"rebuild_begins" not in copy.log.read_bytes()


async def test_copies_that_come_and_go_share_the_work(world: World) -> None:
    world.start(ordinal=0, **SHORT)
    await world.ready(0)

    async def fault() -> None:
        world.start(ordinal=1, **SHORT)
        await world.ready(1)
        assert await asyncio.to_thread(world.copies[0].stop) == 0
        world.start(ordinal=0, **SHORT)
        await world.ready(0)

    await loaded(world, fault)
    await whole(world)


async def test_a_topic_that_is_missing_is_an_alarm_and_nothing_else_waits(
    servers: Servers, prefix: str, tmp_path: Path
) -> None:
    topics = {name: count for name, count in toy.TOPICS.items() if name != toy.COPIES}
    async with opened(World(servers.bootstrap, servers.uri, prefix, tmp_path, topics)) as it:
        await it.met()
        it.start()
        await it.ask([it.question(f"s-{n}", n) for n in range(SUBJECTS)])
        await eventually(lambda: _answered(it), within=SLOW)
        await it.command("c-1", 7, within=5)
        await eventually(lambda: _alarmed(it))
        assert [wrong for wrong in await it.wrongs() if "unsent" not in wrong] == []
        await create_topics(it.kafka, {it.full(toy.COPIES): 2})
        it.topics = toy.TOPICS
        await whole(it)


async def _answered(it: World) -> bool:
    story = await it.broker.read(toy.STORY)
    return sum(dict(r.headers)["ce_type"] == toy.ANSWERED.encode() for r in story) >= SUBJECTS


async def _alarmed(it: World) -> bool:
    return "sanfu_missing_topics 1.0" in (await it.get("/metrics")).text


async def test_a_backlog_with_overdue_timers_in_it_rings_nothing_that_was_called_off(world: World) -> None:
    """While the service is away, alarms fall due; what the story says before its end has to be heard first."""
    subjects = [f"s-{n}" for n in range(40)]
    early = [world.question(subject, n, rings_in=timedelta(seconds=-60)) for n, subject in enumerate(subjects)]
    filler = [world.question(f"f-{n % 200}", n) for n in range(4000)]
    await world.met()
    await world.ask(early + filler)
    await world.ask([world.call_off(subject) for subject in subjects[:30]])
    world.start()
    await world.ready()
    await whole(world)
