"""Reading the story: who takes a partition over, rebuilds, holes, and commands meanwhile. On memory parts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast

import httpx
import pytest

from sanfu.runtime import positions
from sanfu.runtime.letters import Letter, Replay
from sanfu.runtime.machine import Machine
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.positions import Partition
from sanfu.runtime.rules import Actor, Command
from sanfu.runtime.service import Parts, Service
from sanfu.runtime.settings import ServiceSettings
from sanfu.runtime.store import Mark, StoreDown
from tests.support import toy
from tests.support.eventually import eventually
from tests.support.toy_machine import Process, toy_broker
from tests.support.toy_service import is_quiet, made, running


@pytest.fixture(autouse=True)
def noted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "REMEMBER_EVERY", 0.0)


@asynccontextmanager
async def reading(process: Process) -> AsyncIterator[None]:
    await process.reader.subscription.start()
    running = asyncio.ensure_future(process.reader.run())
    try:
        yield
    finally:
        process.reader.stop()
        await running


def answers(documents: MemoryDocuments, subject: str) -> Any:
    return documents.documents.get(subject, {}).get("answers", [])


async def test_an_old_position_noted_late_sends_nobody_into_a_rebuild() -> None:
    """A process that was stopped for long wakes up and notes where it stood, behind whoever took over."""
    broker, documents = toy_broker(), MemoryDocuments()
    zombie = Process(broker, documents)
    await broker.publish([toy.asked("s-1", 1, 1)])
    async with reading(zombie):
        await eventually(lambda: answers(documents, "s-1") == [2])
    behind = {n: p.position for n, p in zombie.reader.partitions.items()}
    await broker.publish([toy.asked("s-1", n, n) for n in (2, 3)])
    async with reading(Process(broker, documents)):
        await eventually(lambda: answers(documents, "s-1") == [2, 4, 6])
    await broker.publish([toy.asked("s-1", n, n) for n in (4, 5, 6)])
    for number, partition in zombie.reader.partitions.items():
        partition.position, partition.noted = behind[number], -1
    zombie.reader.subscription.commit = _fenced  # type: ignore[method-assign]
    await zombie.reader.positions.note(force=True)
    async with reading(Process(broker, documents)):
        await eventually(lambda: len(answers(documents, "s-1")) >= 6)
    assert answers(documents, "s-1") == [2, 4, 6, 8, 10, 12], "each question was decided on"


async def _fenced(offsets: Any) -> None:
    """A commit of somebody who is no member any more comes to nothing."""


async def test_a_store_older_than_the_offsets_is_rebuilt_and_says_nothing_twice() -> None:
    broker, documents = toy_broker(), MemoryDocuments()
    await broker.publish([toy.asked("s-1", 1, 1)])
    async with reading(Process(broker, documents)):
        await eventually(lambda: answers(documents, "s-1") == [2])
    backup = MemoryDocuments(dict(documents.documents), kept_marks=dict(documents.kept_marks))
    await broker.publish([toy.asked("s-1", 2, 2)])
    async with reading(Process(broker, documents)):
        await eventually(lambda: answers(documents, "s-1") == [2, 4])
    told = sum(len(log) for log in broker.topics[toy.STORY])
    process = Process(broker, backup)
    async with reading(process):
        await eventually(lambda: process.reader.ready and answers(backup, "s-1") == [2, 4])
    assert sum(len(log) for log in broker.topics[toy.STORY]) == told


class Busy(MemoryDocuments):
    """While positions are noted here, a batch in hand is folded to its end."""

    partition: Partition

    async def advance(self, positions: Mapping[str, int]) -> None:
        await super().advance(positions)
        self.partition.position = 9


async def test_no_position_is_committed_that_the_store_does_not_have_yet() -> None:
    """A commit ahead of the store means, to whoever takes over, that the store was put back from a backup."""
    documents, committed = Busy(), list[dict[int, int]]()
    documents.partition = Partition(5)

    async def commit(offsets: Mapping[int, int]) -> None:
        committed.append(dict(offsets))

    reader = Process(documents=documents).reader
    reader.partitions[0], reader.subscription.commit = documents.partition, commit  # type: ignore[method-assign]
    await reader.positions.note(force=True)
    assert committed == [{0: 5}]
    await reader.positions.note(force=True)
    assert committed == [{0: 5}, {0: 9}], "what was reached meanwhile is noted the next time"


async def test_a_hole_is_counted_until_what_was_missing_has_come() -> None:
    process = Process()
    await process.broker.publish([toy.asked("s-1", 1, 1), toy.asked("s-1", 3, 3), toy.asked("s-2", 1, 1)])
    async with reading(process):
        await eventually(lambda: process.reader.gaps)
        assert list(process.reader.gaps) == [("s-1", "asker")]
        await process.broker.publish([toy.told("other", toy.NOTED, "s-1", 1, {}), toy.asked("s-1", 1, 1)])
        await eventually(lambda: process.documents.documents["s-1"]["seen"].get("other") == 1)  # type: ignore[attr-defined]
        assert list(process.reader.gaps) == [("s-1", "asker")], "other news of the subject does not fill the hole"
        await process.broker.publish([toy.asked("s-1", 2, 2), toy.asked("s-1", 3, 3)])
        await eventually(lambda: not process.reader.gaps)


# --- a whole service ----------------------------------------------------------------------------------------------


def serving(broker: MemoryBroker, documents: MemoryDocuments, **settings: Any) -> AbstractAsyncContextManager[Service]:
    return running(made(Parts(broker, documents, Process().clock), ServiceSettings(**settings)))


def add(value: int) -> Command:
    return Command("add", {"value": value}, Actor("tester", "tester"), f"k{value}")


def ids(broker: MemoryBroker) -> list[str]:
    records = [r for log in broker.topics[toy.STORY] for r in log]
    return [dict(r.headers)["ce_id"].decode() for r in records]


async def test_a_command_that_comes_at_once_after_a_start_on_an_empty_store_tells_no_story_anew() -> None:
    broker = toy_broker()
    async with serving(broker, MemoryDocuments()) as service:
        for n in range(3):
            await service.commands.do("s-1", add(n))
        await service.commands.drain()
    async with serving(broker, fresh := MemoryDocuments()) as service:

        async def taken() -> bool:
            try:
                return bool(await service.commands.do("s-1", add(7)))
            except Unavailable:
                return False

        await eventually(taken)
        await service.commands.drain()
    assert answers(fresh, "s-1") == [0, 1, 2, 7]
    assert ids(broker) == [f"toy:s-1:{n}" for n in (1, 2, 3, 4)], "an id has one content"


async def test_a_process_that_only_answers_takes_no_command_before_its_partitions_were_met() -> None:
    broker, documents = toy_broker(), MemoryDocuments()
    async with serving(broker, documents, only="api") as service:
        with pytest.raises(Unavailable):
            await service.commands.do("s-1", add(1))
        await documents.set_marks({str(n): Mark(0, 5 if n == 2 else None) for n in range(4)})
        await service.watcher.look()
        with pytest.raises(Unavailable, match="rebuilt"):
            await service.commands.do("s-1", add(1))
        await documents.set_marks({"2": Mark(5)})
        await service.watcher.look()
        assert (await service.commands.do("s-1", add(1))).events


async def test_a_service_that_just_started_is_not_quiet_while_it_has_not_read() -> None:
    broker = toy_broker()
    await broker.publish([toy.asked("s-1", 1, 1)])
    async with serving(broker, documents := MemoryDocuments()) as service:
        await eventually(lambda: is_quiet(service))
        assert answers(documents, "s-1") == [2]


async def test_the_list_of_dead_letters_holds_what_was_not_folded_since() -> None:
    broker, token = toy_broker(), "ops-token-of-a-test"
    good, null = toy.asked("s-1", 1, 1), cast("tuple[str, bytes]", ("x-null", None))
    await broker.publish([good._replace(value=b"{"), good._replace(key="s-2", headers=[null])])
    async with serving(broker, MemoryDocuments(), ops_token=token) as service:
        transport, bearer = httpx.ASGITransport(service.app), {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://toy", headers=bearer) as client:

            async def listed() -> list[str]:
                return sorted(one["subject"] for one in (await client.get("/ops/dlq")).json()["items"])

            await eventually(lambda: _is(listed, ["s-1", "s-2"]))
            replayed = await client.post("/ops/dlq/s-1/replay", params={"skip": "asker:s-1:1"})
            assert replayed.json()["parked"] is False
            assert await listed() == ["s-2"], "nobody can tell where that one belongs"
            assert (await client.get("/ops/dlq/s-1")).json()["items"] == []


async def _is(found: Callable[[], Awaitable[list[str]]], wanted: list[str]) -> bool:
    return await found() == wanted


async def test_a_service_that_read_something_while_it_was_asked_does_not_call_itself_quiet() -> None:
    async with serving(toy_broker(), MemoryDocuments()) as service:
        await eventually(lambda: is_quiet(service))

        async def meanwhile() -> dict[str, int]:
            service.reader.partitions[0].position += 1
            return {}

        service.watcher._quiet = meanwhile
        assert (await service.watcher.quiet())["moving"] == 1
        assert not await is_quiet(service)


async def test_only_the_second_fetch_that_comes_back_proves_that_all_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first may have been sent before the moment that is to be proven, and have missed what came since."""
    process = Process()
    reader, asked = process.reader, process.clock.now()
    partition = Partition(position=7, asked=(100.0, asked))
    reader.partitions[0] = partition
    fetches: list[tuple[float, int] | None] = [None, (99.0, 7), (101.0, 7), (101.0, 7), (102.0, 8), (103.0, 7)]
    coming = iter(fetches)
    monkeypatch.setattr(reader.subscription, "end_seen", lambda _: next(coming))
    proofs = []
    for _ in fetches:
        reader.ends.answer()
        proofs.append(partition.caught_up_at)
    assert proofs == [None, None, None, None, None, asked]


async def test_what_a_service_adds_to_records_is_done_behind_their_fold_and_again_until_it_succeeds() -> None:
    broker, documents = toy_broker(), MemoryDocuments()
    process = Process(broker, documents)
    seen: list[tuple[Any, int]] = []

    async def add(machine: Machine, letters: Sequence[Letter], kind: Replay) -> None:
        subjects = {letter.heads.subject for letter in letters}
        seen.extend((answers(documents, subject), process.reader.read) for subject in subjects)
        if len(seen) < 3:
            raise StoreDown("away")

    process.reader.after = add
    async with reading(process):
        await process.reader.known.wait()
        await broker.publish([toy.asked("s-1", 1, 1)])
        await eventually(lambda: process.reader.read > 0)
    assert seen[:3] == [([2], 0)] * 3, "folded before, and not noted as read until it was done"
    assert answers(documents, "s-1") == [2]
