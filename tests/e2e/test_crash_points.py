"""Kill -9 at each of the machine's named crash points, on a real Kafka and a real MongoDB, and start again."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import sanfu.runtime.service  # noqa: F401  # declares the crash points
from sanfu.contracts.registry import SERVICES
from sanfu.runtime.crash import CRASHPOINTS
from tests.integration.desk import test_replies as replies
from tests.integration.intake import test_attachments as attachments
from tests.integration.intake import test_crashes as intakes
from tests.integration.notify import test_crashes as notifys
from tests.integration.notify import test_digest_crashes as digests
from tests.integration.notify import test_faulty_crashes as faulty
from tests.integration.notify import test_hooks as hooks
from tests.integration.notify import test_raised_crashes as raised
from tests.integration.router import test_crashes as routers
from tests.support import toy
from tests.support.eventually import eventually
from tests.support.toy_world import SLOW, World, like_no_crash, opened

POINTS = sorted(name for name in CRASHPOINTS if name.startswith("machine."))
SUBJECTS = 24
BUSY = "busy-"
SESSION = 10.0
"""Seconds after which the broker would count a dead process out; a restart comes sooner and has its place at once."""


async def asked_of(it: World) -> None:
    """Questions in three waves, alarms in the past and soon, and commands on subjects of their own."""
    for wave in range(3):
        soon = timedelta(seconds=-1 if wave == 0 else 1)
        await it.ask(
            [it.question(f"s-{n}", 100 * wave + n, rings_in=soon if n % 4 == 0 else None) for n in range(SUBJECTS)]
        )


async def commanded(it: World) -> None:
    for n in range(6):
        await it.command(f"c-{n % 3}", n)


async def busy(it: World) -> None:
    """Ask one thing after another until it dies: for a late hit three waves may be too few passes."""
    for n in count():
        await it.ask([it.question(f"{BUSY}{n}", n)])
        await eventually(partial(_answered_or_dead, it, f"{BUSY}{n}"), within=SLOW)
        if not it.alive():
            return


async def _answered_or_dead(it: World, subject: str) -> bool:
    return not it.alive() or await it.document(subject) is not None


async def ended(it: World) -> dict[str, dict[str, Any]]:
    """Nothing is wrong as soon as nothing moves any more; tell the state without what only kept it busy."""
    await it.quiet()
    assert await it.wrongs() == []
    return {id: each for id, each in like_no_crash(await it.documents()).items() if not id.startswith(BUSY)}


async def without_a_crash(world: World) -> dict[str, dict[str, Any]]:
    async with opened(world) as it:
        await it.met()
        it.start()
        await asked_of(it)
        await it.ready()
        await commanded(it)
        return await ended(it)


async def crashed(it: World, point: str) -> None:
    """Let a process die at a crash point, and another take over."""
    await it.met()
    it.start(crash=point)
    await asked_of(it)
    await busy(it)
    await it.killed()
    it.start()
    assert await it.ready() < SESSION / 2, "it waited for its own session to time out"
    await commanded(it)


@pytest.fixture(scope="module")
def calm(kafka: str, mongo: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The final state of a run in which nothing went wrong."""
    prefix = f"t{uuid.uuid4().hex[:10]}"
    return asyncio.run(without_a_crash(World(kafka, mongo, prefix, tmp_path_factory.mktemp("calm"))))


@pytest.fixture
async def world(kafka: str, mongo: str, prefix: str, tmp_path: Path) -> AsyncIterator[World]:
    async with opened(World(kafka, mongo, prefix, tmp_path)) as it:
        yield it


def hits() -> list[Any]:
    return [
        pytest.param(f"{point}:{hit}", marks=[] if hit == 1 else pytest.mark.full)
        for point in POINTS
        for hit in (1, 2, 7)
    ]


@pytest.mark.parametrize("point", hits())
async def test_a_process_killed_anywhere_leaves_no_trace(
    world: World, calm: dict[str, dict[str, Any]], point: str
) -> None:
    await crashed(world, point)
    assert await ended(world) == calm


@pytest.mark.parametrize(
    "point",
    [
        "machine.after_write",
        pytest.param("machine.before_write", marks=pytest.mark.full),
        pytest.param("machine.before_publish", marks=pytest.mark.full),
    ],
)
async def test_a_command_whose_process_was_killed_is_done_once_when_it_is_sent_again(world: World, point: str) -> None:
    world.start(crash=point)
    await world.ready()
    giving = asyncio.ensure_future(world.command("s-1", 7))
    await world.killed()
    world.start()
    await giving
    await ended(world)


@pytest.mark.parametrize(
    "point",
    [
        "machine.after_write",
        pytest.param("machine.before_write", marks=pytest.mark.full),
        pytest.param("machine.after_commit", marks=pytest.mark.full),
    ],
)
async def test_a_process_killed_in_a_rebuild_begins_it_again_and_tells_nothing_twice(
    world: World, calm: dict[str, dict[str, Any]], point: str
) -> None:
    await world.met()
    copy = world.start()
    await asked_of(world)
    await world.ready()
    await commanded(world)
    assert await ended(world) == calm
    told = len(await world.broker.read(toy.STORY))
    copy.stop()
    await world.forget()
    world.start(crash=point)
    await world.killed()
    world.start()
    assert {id: {**each, "applied": None} for id, each in (await ended(world)).items()} == {
        id: {**each, "applied": None} for id, each in calm.items()
    }
    assert len(await world.broker.read(toy.STORY)) == told


def test_every_crash_point_of_the_machine_is_walked() -> None:
    assert {"machine.before_write", "machine.after_write", "machine.before_publish", "machine.after_publish"} < set(
        POINTS
    )
    assert {"machine.after_clear", "machine.after_commit"} < set(POINTS)


@pytest.mark.parametrize("service", SERVICES)
def test_every_crash_point_of_a_services_own_is_walked(service: str) -> None:
    import_module(f"sanfu.{service}.app")
    walked = {*intakes.POINTS, *attachments.POINTS, *notifys.POINTS, *digests.POINTS, *routers.POINTS}
    walked |= {*routers.IN_DOUBT, *replies.OWN, *faulty.OWN, *hooks.OWN, raised.POINT}
    own = {name for name in CRASHPOINTS if name.startswith(f"{service}.")}
    assert own == {name for name in walked if name.startswith(f"{service}.")}
