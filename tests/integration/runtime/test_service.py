"""The machine in its shell, on a real Kafka and a real MongoDB."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest

from sanfu.runtime.broker import Outgoing
from sanfu.runtime.consuming import read_letter
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.rules import Actor, Command, Refusal
from sanfu.runtime.service import Service, real_parts
from sanfu.runtime.settings import ServiceSettings
from tests.support import toy
from tests.support.eventually import eventually
from tests.support.parts import create_topics

WHO = Actor("tester", "tester")


@pytest.fixture
async def broker(kafka: str, prefix: str) -> AsyncIterator[KafkaBroker]:
    await create_topics(kafka, {name.replace("sanfu", prefix, 1): n for name, n in toy.TOPICS.items()})
    broker = KafkaBroker(kafka, prefix)
    await broker.start()
    yield broker
    await broker.stop()


@asynccontextmanager
async def serving(kafka: str, mongo: str, prefix: str, rules: toy.ToyRules | None = None) -> AsyncIterator[Service]:
    settings = ServiceSettings(kafka=kafka, mongo=mongo, prefix=prefix)
    parts = real_parts(settings, "toy")
    service = Service(
        name="toy", rules=rules or toy.ToyRules(), parts=parts, settings=settings, codec=toy.ToyCodec(),
        story=toy.STORY, prepare=parts.documents.prepare,
    )  # fmt: skip
    await service.start()
    try:
        yield service
    finally:
        await service.stop()
        parts.database.client.close()


async def emptied(mongo: str, prefix: str) -> None:
    parts = real_parts(ServiceSettings(mongo=mongo, prefix=prefix), "toy")
    await parts.documents.wipe()
    parts.database.client.close()


async def answers(broker: KafkaBroker, topic: str = toy.STORY) -> list[tuple[str, int]]:
    found = []
    for record in await broker.read(topic):
        if dict(record.headers)["ce_type"] == toy.ANSWERED.encode():
            found.append((record.key or "", orjson.loads(record.value or b"")["value"]))
    return found


async def test_every_question_is_answered_once_and_copied(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker
) -> None:
    questions = [toy.asked(f"s-{n % 40}", n // 40 + 1, n) for n in range(400)]
    async with serving(kafka, mongo, prefix) as service:
        assert all(await broker.publish(questions))

        async def all_told() -> bool:
            return bool((await service.watcher.quiet())["quiet"]) and len(await answers(broker)) >= 400

        await eventually(all_told, within=20)
        told, copied = await answers(broker), await answers(broker, toy.COPIES)
        assert sorted(set(told)) == sorted((f"s-{n % 40}", n * 2) for n in range(400))
        for subject in {subject for subject, _ in told}:
            mine = [value for at, value in told if at == subject]
            assert list(dict.fromkeys(mine)) == sorted(mine[: len(set(mine))])
        assert set(copied) == set(told)


async def test_a_command_is_done_once_however_often_it_comes(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker
) -> None:
    async with serving(kafka, mongo, prefix) as service:
        key = uuid.uuid4().hex
        for _ in range(3):
            done = await service.commands.do("s-1", Command("add", {"value": 7}, WHO, key))
        assert done.repeated
        assert done.state["answers"] == [7]
        with pytest.raises(Refusal, match="never"):
            await service.commands.do("s-1", Command("refuse", {}, WHO, "other"))
        with pytest.raises(Refusal) as stale:
            await service.commands.do("s-1", Command("add", {"value": 8}, WHO, "third", if_match=0))
        assert stale.value.status == 412
        await eventually(lambda: answers(broker), within=5)


async def test_a_restart_goes_on_where_it_stood(kafka: str, mongo: str, prefix: str, broker: KafkaBroker) -> None:
    async with serving(kafka, mongo, prefix):
        await broker.publish([toy.asked("s-1", 1, 1)])
        await eventually(lambda: answers(broker), within=10)
    await broker.publish([toy.asked("s-1", 2, 2)])
    async with serving(kafka, mongo, prefix) as service:

        async def two() -> bool:
            return len(set(await answers(broker))) == 2

        await eventually(two, within=10)
        assert (await service.documents.read(["s-1"]))["s-1"]["seen"] == {"asker": 2}


async def test_an_emptied_store_is_rebuilt_without_telling_anything_again(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker
) -> None:
    async with serving(kafka, mongo, prefix) as service:
        await broker.publish([toy.asked(f"s-{n}", 1, n) for n in range(50)])

        async def all_told() -> bool:
            return len(set(await answers(broker))) == 50

        await eventually(all_told, within=10)
        before = await service.documents.read([f"s-{n}" for n in range(50)])
        told = set(await answers(broker))
    await emptied(mongo, prefix)
    await broker.publish([toy.asked("s-0", 2, 1000)])
    async with serving(kafka, mongo, prefix) as service:

        async def rebuilt() -> bool:
            return bool((await service.watcher.quiet())["quiet"])

        await eventually(rebuilt, within=20)
        after = await service.documents.read([f"s-{n}" for n in range(50)])
    assert set(await answers(broker)) == told | {("s-0", 2000)}, "only what was never announced is announced now"
    for subject, document in before.items():
        if subject != "s-0":
            assert {**document, "ver": 0, "outbox": []} == {**after[subject], "ver": 0, "outbox": []}


async def test_poison_parks_its_subject_and_replay_works_after_the_cure(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker
) -> None:
    bad = [
        toy.asked("s-1", 1, 1), toy.asked("s-1", 2, 2, poison=True), toy.asked("s-1", 3, 3), toy.asked("s-2", 1, 1),
        Outgoing(toy.STORY, "s-3", b"{", toy.asked("s-3", 1, 1).headers), Outgoing(toy.STORY, "s-4", b"{}", []),
        toy.told("other", toy.NOTED, "s-2", 1, {}),
    ]  # fmt: skip
    async with serving(kafka, mongo, prefix) as service:
        assert all(await broker.publish(bad))

        async def put_away() -> bool:
            return len(await broker.read(toy.DEAD)) >= 4

        await eventually(put_away, within=10)
        documents = await service.documents.read(["s-1", "s-2", "s-3"])
        assert documents["s-1"]["asked"] == 1
        assert documents["s-1"]["parked"]["seen"] == {"asker": 3}
        assert "parked" in documents["s-3"]
        assert documents["s-2"]["seen"] == {"asker": 1, "other": 1}
    async with serving(kafka, mongo, prefix, toy.ToyRules(cured=True)) as service:
        letters = [read_letter(r) for r in await broker.read(toy.DEAD, "s-1")]
        assert await service.machine.unpark("s-1", letters)
        document = (await service.documents.read(["s-1"]))["s-1"]
        assert "parked" not in document
        assert document["answers"] == [2, 4, 6]
