"""sla killed with -9 at each crash point, over and over: while it replans, at its lights, on its ladder, and between
two copies. The end is that of an sla to which nothing happened."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

import sanfu.runtime.service  # noqa: F401  # declares the crash points
from sanfu.contracts import names
from sanfu.contracts.wire import peek
from sanfu.runtime.crash import CRASHPOINTS
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import connect
from tests.integration.sla.world import assigned
from tests.support.eventually import eventually
from tests.support.mortal import OPS, Mortal, Place, again_and_again
from tests.support.packs import copied, edited
from tests.support.parts import create_topics
from tests.support.toy_world import SLOW

MANY = 30
TOPICS = {names.ISSUES: 2, names.AFFAIRS: 2, names.dead_letter_topic("sla"): 1}
ALL = 4
"""Partitions of both stories."""
POINTS = sorted(name for name in CRASHPOINTS if name.startswith("machine."))
IN_TURN = ("machine.after_write:1", "machine.before_publish:2", "machine.before_write:5", "machine.after_write:6")
"""Where the four lives of the short walk end. `--full` walks every point by itself."""
Fact = tuple[str, str, Any, Any]
"""Type and clock of what is told, and which: a deadline's version and limit, a light's version and level, a step."""


@dataclass(slots=True)
class World:
    place: Place
    sla: Mortal
    broker: KafkaBroker
    longer: Path

    async def told(self) -> Counter[Fact]:
        """All that sla told, each of it as often as there are issues of which it is told; never twice of one."""
        found: dict[str, tuple[str, Fact]] = {}
        for record in await self.broker.read(names.ISSUES):
            head = peek(record.headers)
            if head.source == "sla":
                fact = (head.subject, _fact(head.type, orjson.loads(record.value or b"")))
                assert found.setdefault(head.id, fact) == fact, "an id has one content"
        assert len(set(found.values())) == len(found), "nothing is told twice of one issue"
        return Counter(fact for _, fact in found.values())

    async def tells(self, type: str, at_least: int, clock: str = "handling") -> None:
        async def enough() -> bool:
            self.sla.revive()
            told = await self.told()
            return sum(n for fact, n in told.items() if fact[:2] == (type, clock)) >= at_least

        await eventually(enough, within=SLOW)

    async def ready(self) -> None:
        """Wait until it has met its partitions: what is told now is news, and not to be rebuilt."""
        await self.sla.shows("/health/ready", lambda seen: seen["partitions"] == ALL)

    async def replanned(self) -> None:
        """Have a new policy reckoned with: asked for once, done whoever dies meanwhile."""
        await self.sla.again_by(self.place.environment(self.longer))
        begun = await self.sla.answer(lambda client: client.post("/v1/replan", json={}, headers=OPS))
        assert begun.status_code == 202, begun.text
        done = await self.sla.shows("/v1/replan", lambda seen: seen["state"] == "done")
        assert (done["looked"], done["left"]) == (MANY, 0)
        await self.tells(names.DEADLINE_SET, 2 * MANY)

    async def documents(self) -> dict[str, Any]:
        client = connect(self.place.mongo)
        found = await client.get_database(f"{self.place.prefix}_sla")["subjects"].find().to_list(None)
        client.close()
        assert not [one["outbox"] for one in found if one["outbox"]]
        out = ("ver", "outbox", "applied")
        return {one["_id"]: {name: value for name, value in one.items() if name not in out} for one in found}


def _fact(type: str, body: dict[str, Any]) -> Fact:
    match type:
        case names.DEADLINE_SET:
            return type, body["clock"], body["version"], body["limit"]
        case names.LIGHT_CHANGED:
            return type, body["clock"], body["version"], body["level"]
    return type, body["clock"], body["step"], body["to_role"]


async def climbed(it: World) -> tuple[Counter[Fact], dict[str, Any]]:
    """Deadlines, a replan, two lights, three steps of the ladder while nobody reacts."""
    await it.ready()
    await it.broker.publish([assigned(f"issue-{n:02}", "2026-03-10 09:15") for n in range(MANY)])
    await it.tells(names.DEADLINE_SET, MANY)
    await it.replanned()
    for number, at in enumerate(("2026-03-16 17:30", "2026-03-17 17:30"), 1):
        it.place.jump(at)
        await it.tells(names.LIGHT_CHANGED, number * MANY)
    for number, at in enumerate(("2026-03-18 14:00", "2026-03-18 17:30", "2026-03-20 17:30"), 1):
        it.place.jump(at)
        await it.tells(names.ESCALATION_RAISED, number * MANY)
    await it.sla.quiet()
    return await it.told(), await it.documents()


@asynccontextmanager
async def opened(kafka: str, mongo: str, folder: Path, ends: Sequence[str] = ()) -> AsyncIterator[World]:
    place = Place(kafka, mongo, f"t{uuid.uuid4().hex[:10]}", folder)
    await create_topics(kafka, {name.replace("sanfu", place.prefix, 1): n for name, n in TOPICS.items()})
    longer = copied(folder)
    edited(longer, "policy.yaml", "grade: complex, limit: 3 calendar days", "grade: complex, limit: 7 calendar days")
    place.jump("2026-03-10 09:15")
    broker = KafkaBroker(kafka, place.prefix)
    await broker.start()
    try:
        async with Mortal("sla", place.environment(), folder / "log", iter(ends)) as sla:
            yield World(place, sla, broker, longer)
    finally:
        await broker.stop()
        client = connect(mongo)
        await client.drop_database(f"{place.prefix}_sla")
        client.close()


@pytest.fixture(scope="module")
def calm(kafka: str, mongo: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What an sla told and kept to which nothing happened."""

    async def live() -> Any:
        async with opened(kafka, mongo, tmp_path_factory.mktemp("calm")) as it:
            return await climbed(it)

    return asyncio.run(live())


def as_it_should_be(told: Counter[Fact]) -> None:
    of_the_city = {fact: n for fact, n in told.items() if fact[1] == "handling"}
    assert set(of_the_city.values()) == {MANY}
    assert {(type, which, what) for type, _, which, what in of_the_city} == {
        (names.DEADLINE_SET, 1, "2026-03-13T09:30:00.000Z"), (names.DEADLINE_SET, 2, "2026-03-17T09:30:00.000Z"),
        (names.LIGHT_CHANGED, 2, "yellow"), (names.LIGHT_CHANGED, 2, "red"),
        (names.ESCALATION_RAISED, 1, "unit_head"), (names.ESCALATION_RAISED, 2, "unit_head"),
        (names.ESCALATION_RAISED, 3, "leader"),
    }  # fmt: skip


async def test_an_sla_that_is_killed_at_one_crash_point_after_the_other_moves_deadlines_and_climbs_steps_once(
    kafka: str, mongo: str, tmp_path: Path
) -> None:
    async with opened(kafka, mongo, tmp_path, IN_TURN) as it:
        told, documents = await climbed(it)
        as_it_should_be(told)
        assert len(documents) == MANY
        assert it.sla.deaths > 2


@pytest.mark.full
@pytest.mark.parametrize("point", POINTS)
async def test_an_sla_that_is_killed_at_the_same_crash_point_again_and_again_moves_and_climbs_once(
    kafka: str, mongo: str, tmp_path: Path, calm: Any, point: str
) -> None:
    as_it_should_be(calm[0])
    async with opened(kafka, mongo, tmp_path, again_and_again(point)) as it:
        assert await climbed(it) == calm
        assert it.sla.deaths > 1


@pytest.mark.full
async def test_each_light_and_step_is_told_once_while_copies_come_go_and_die(
    kafka: str, mongo: str, tmp_path: Path
) -> None:
    async with opened(kafka, mongo, tmp_path) as it:
        await it.ready()
        second = {**it.place.environment(), "SANFU_ORDINAL": "1"}
        await it.broker.publish([assigned(f"issue-{n:02}", "2026-03-10 09:15") for n in range(MANY)])
        await it.tells(names.DEADLINE_SET, MANY)
        async with Mortal("sla", second, tmp_path / "second") as other:
            await other.shows("/health/ready", lambda seen: 0 < seen["partitions"] < ALL)
            it.place.jump("2026-03-12 17:30")
            it.sla.process.kill()
            await it.tells(names.LIGHT_CHANGED, MANY)
            it.place.jump("2026-03-13 17:30")
            other.process.kill()
            other.revive()
            await it.tells(names.LIGHT_CHANGED, 2 * MANY)
            it.place.jump("2026-03-16 14:00")
            other.process.terminate()
            await it.tells(names.ESCALATION_RAISED, MANY)
        await it.ready()
        it.place.jump("2026-03-16 17:30")
        await it.tells(names.ESCALATION_RAISED, 2 * MANY)
        await it.sla.quiet()
        told = {fact[2:]: n for fact, n in (await it.told()).items() if fact[1] == "handling" and "Z" not in str(fact)}
        assert told == dict.fromkeys([(1, "yellow"), (1, "red"), (1, "unit_head"), (2, "unit_head")], MANY)
