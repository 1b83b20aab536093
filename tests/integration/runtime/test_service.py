"""The machine in its shell, on a real Kafka and a real MongoDB."""

import uuid
from collections.abc import AsyncIterator

import pytest

from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.rules import Actor, Command, Refusal
from sanfu.runtime.service import real_parts
from sanfu.runtime.settings import ServiceSettings
from tests.integration.runtime.toys import answers, reading
from tests.support import toy
from tests.support.eventually import eventually
from tests.support.toy_service import is_quiet, serving

WHO = Actor("tester", "tester")


@pytest.fixture
async def broker(kafka: str, prefix: str) -> AsyncIterator[KafkaBroker]:
    async with reading(kafka, prefix) as broker:
        yield broker


async def emptied(mongo: str, prefix: str) -> None:
    parts = real_parts(ServiceSettings(mongo=mongo, prefix=prefix), "toy")
    await parts.documents.wipe()
    parts.database.client.close()


async def test_every_question_is_answered_once_and_copied(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker
) -> None:
    questions = [toy.asked(f"s-{n % 40}", n // 40 + 1, n) for n in range(400)]
    async with serving(kafka, mongo, prefix) as service:
        assert all(await broker.publish(questions))

        async def all_told() -> bool:
            return await is_quiet(service) and len(await answers(broker)) >= 400

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
        await eventually(lambda: answers(broker), within=20)


async def test_a_restart_goes_on_where_it_stood(kafka: str, mongo: str, prefix: str, broker: KafkaBroker) -> None:
    async with serving(kafka, mongo, prefix):
        await broker.publish([toy.asked("s-1", 1, 1)])
        await eventually(lambda: answers(broker), within=20)
    await broker.publish([toy.asked("s-1", 2, 2)])
    async with serving(kafka, mongo, prefix) as service:

        async def two() -> bool:
            return len(set(await answers(broker))) == 2

        await eventually(two, within=20)
        assert (await service.documents.read(["s-1"]))["s-1"]["seen"] == {"asker": 2}


async def test_an_emptied_store_is_rebuilt_without_telling_anything_again(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker
) -> None:
    async with serving(kafka, mongo, prefix) as service:
        await broker.publish([toy.asked(f"s-{n}", 1, n) for n in range(50)])

        async def all_told() -> bool:
            return len(set(await answers(broker))) == 50

        await eventually(all_told, within=20)
        before = await service.documents.read([f"s-{n}" for n in range(50)])
        told = set(await answers(broker))
    await emptied(mongo, prefix)
    await broker.publish([toy.asked("s-0", 2, 1000)])
    async with serving(kafka, mongo, prefix) as service:

        async def rebuilt() -> bool:
            return await is_quiet(service)

        await eventually(rebuilt, within=20)
        after = await service.documents.read([f"s-{n}" for n in range(50)])
    assert set(await answers(broker)) == told | {("s-0", 2000)}, "only what was never announced is announced now"
    for subject, document in before.items():
        if subject != "s-0":
            assert {**document, "ver": 0, "outbox": []} == {**after[subject], "ver": 0, "outbox": []}


async def test_records_that_come_twice_and_in_old_order_are_folded_once(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker
) -> None:
    first = [toy.asked(f"s-{at}", n, n) for n in (1, 2, 3) for at in range(10)]
    again = [*first[20:], *first[:10], *first[10:20], *reversed(first), *first]
    async with serving(kafka, mongo, prefix) as service:
        for records in (first, again, [toy.asked(f"s-{at}", 4, 4) for at in range(10)], again):
            assert all(await broker.publish(records))
            await eventually(lambda: is_quiet(service), within=20)
        documents = await service.documents.read([f"s-{at}" for at in range(10)])
        assert [document["answers"] for document in documents.values()] == [[2, 4, 6, 8]] * 10
        assert service.reader.gaps == {}, "what comes again is no hole"
    assert sorted(await answers(broker)) == sorted((f"s-{at}", 2 * n) for at in range(10) for n in (1, 2, 3, 4))


async def test_a_record_behind_a_hole_waits_until_it_comes_again_behind_the_missing_one(
    kafka: str, mongo: str, prefix: str, broker: KafkaBroker
) -> None:
    async with serving(kafka, mongo, prefix) as service:
        await broker.publish([toy.asked("s-1", 1, 1), toy.asked("s-1", 3, 3), toy.asked("s-2", 1, 1)])
        await eventually(lambda: list(service.reader.gaps) == [("s-1", "asker")], within=20)
        await broker.publish([toy.asked("s-1", 2, 2), toy.asked("s-1", 3, 3)])
        await eventually(lambda: is_quiet(service), within=20)
        assert [value for key, value in await answers(broker) if key == "s-1"] == [2, 4, 6]
        assert service.reader.gaps == {}
