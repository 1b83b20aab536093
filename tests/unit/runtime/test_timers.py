"""Timers on memory parts and a clock that a test moves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from sanfu.contracts.envelope import instant
from sanfu.runtime import timers
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.positions import Partition
from sanfu.runtime.store import Document, Mark
from tests.support import toy
from tests.support.eventually import eventually
from tests.support.toy_machine import START, Process

MINUTE = timedelta(minutes=1)


class Asleep(ManualClock):
    """Wakes nobody by itself: who sleeps on it was woken by something else."""

    async def sleep_until(self, instant: datetime) -> None:
        await asyncio.Event().wait()


@pytest.fixture
def long_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "NAP", timedelta(seconds=60))


def asked(subject: str, at: datetime, sequence: int = 1) -> Outgoing:
    return toy.asked(subject, sequence, 1, alarms=[instant(at)])


def rung(broker: MemoryBroker) -> list[dict[str, Any]]:
    records = [r for log in broker.topics[toy.STORY] for r in log]
    return [
        {"subject": r.key, **orjson.loads(r.value or b"")}
        for r in records
        if dict(r.headers)["ce_type"] == toy.RANG.encode()
    ]


def caught_up(process: Process, at: datetime) -> None:
    """Let all partitions have been read to their end at an instant."""
    process.timers.caught_up = lambda: dict.fromkeys(range(process.machine.partitions), at)


async def fire_all(process: Process) -> None:
    """Fire page after page, until nothing may go off now."""
    while await process.timers.fire_page():
        pass


@asynccontextmanager
async def reading(process: Process) -> AsyncIterator[None]:
    """Run the reader and the timer loop, as a service does."""
    await process.reader.subscription.start()
    tasks = [asyncio.ensure_future(process.reader.run()), asyncio.ensure_future(process.timers.run())]
    try:
        yield
    finally:
        process.reader.stop()
        process.timers.stop()
        await asyncio.gather(*tasks)


async def test_a_timer_is_never_early_and_says_when_it_was_due() -> None:
    process = Process()
    due = START + MINUTE
    await process.absorb([asked("s-1", due)])
    process.clock.set(due - timedelta(milliseconds=1))
    caught_up(process, due + MINUTE)
    await fire_all(process)
    assert rung(process.broker) == []
    process.clock.set(due)
    await fire_all(process)
    assert rung(process.broker) == [{"subject": "s-1", "at": instant(due), "now": instant(due)}]


@dataclass(slots=True)
class Recorded(MemoryDocuments):
    """Remembers which partitions were asked, and the instants of each page it gave."""

    asked: list[list[int]] = field(default_factory=list)
    pages: list[list[datetime]] = field(default_factory=list)

    async def due(self, partitions: Any, until: datetime, limit: int) -> list[Document]:
        page = await MemoryDocuments.due(self, partitions, until, limit)
        self.asked.append(list(partitions))
        self.pages.append([d["due"] for d in page])
        return page


async def test_timers_go_off_in_pages_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "PAGE", 4)
    process = Process(documents=Recorded())
    await process.absorb([asked(f"s-{n}", START + timedelta(seconds=(n * 7) % 10)) for n in range(10)])
    process.clock.advance(MINUTE)
    caught_up(process, process.clock.now())
    await fire_all(process)
    assert isinstance(process.documents, Recorded)
    first, *others = process.documents.pages
    assert first == [START + timedelta(seconds=n) for n in range(4)]
    assert all(page == sorted(page) and len(page) <= 4 for page in others)
    assert sorted(at for page in others for at in page) == [START + timedelta(seconds=n) for n in range(4, 10)]


async def test_in_a_crowd_two_pages_of_different_partitions_go_off_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "PAGE", 4)
    process = Process(documents=Recorded())
    await process.absorb([asked(f"s-{n}", START + timedelta(seconds=n)) for n in range(30)])
    process.clock.advance(MINUTE)
    caught_up(process, process.clock.now())
    assert isinstance(process.documents, Recorded)
    every = list(range(process.machine.partitions))
    await process.timers.fire_page()
    assert process.documents.asked == [every]
    await process.timers.fire_page()
    _, one, other = process.documents.asked
    assert sorted([*one, *other]) == every
    await fire_all(process)
    assert len(rung(process.broker)) == 30
    assert process.documents.asked[-1] == every, "no longer a crowd"


async def test_a_timer_waits_until_its_partition_was_read_to_its_end_at_or_after_its_instant() -> None:
    process = Process()
    due = START + MINUTE
    await process.absorb([asked("s-1", due)])
    process.clock.set(due + MINUTE)
    caught_up(process, due - timedelta(milliseconds=1))
    await fire_all(process)
    assert rung(process.broker) == []
    caught_up(process, due)
    await fire_all(process)
    assert len(rung(process.broker)) == 1


async def test_partitions_asked_together_wait_for_the_one_that_was_read_to_its_end_first() -> None:
    process = Process()
    due = START + MINUTE
    await process.absorb([asked(f"s-{n}", due) for n in range(40)])
    process.clock.set(due + MINUTE)
    before = due - timedelta(milliseconds=100)
    process.timers.caught_up = lambda: {0: due, 1: due, 2: before, 3: due}
    await fire_all(process)
    assert rung(process.broker) == []


async def test_a_partition_that_lags_holds_back_its_own_timers_only() -> None:
    process = Process()
    await process.absorb([asked(f"s-{n}", START + MINUTE) for n in range(40)])
    process.clock.set(START + 5 * MINUTE)
    now, early = process.clock.now(), START
    process.timers.caught_up = lambda: {0: now, 1: early, 2: now, 3: now}
    await fire_all(process)
    assert isinstance(process.documents, MemoryDocuments)
    waiting = {d["p"] for d in process.documents.documents.values() if "due" in d}
    assert waiting == {1}


async def test_after_a_backlog_nothing_rings_that_was_called_off_in_it() -> None:
    """An hour of records waits: the alarms of the first ones are long due when they are read, and what calls them off
    stands at the very end."""
    process = Process()
    await process.documents.set_marks({str(n): Mark(0) for n in range(process.machine.partitions)})
    subjects = [f"s-{n}" for n in range(30)]
    backlog = [asked(subject, START + MINUTE) for subject in subjects]
    backlog += [asked(f"filler-{n}", START + timedelta(days=1)) for n in range(4000)]
    backlog += [toy.told("other", toy.CALLED_OFF, subject, 1, {}) for subject in subjects[1:]]
    await process.broker.publish(backlog)
    process.clock.set(START + 60 * MINUTE)
    async with reading(process):
        await eventually(lambda: rung(process.broker), within=20)
        await eventually(lambda: not due_by(process, process.clock.now()), within=20)
    assert [e["subject"] for e in rung(process.broker)] == ["s-0"]


def due_by(process: Process, at: datetime) -> list[Document]:
    assert isinstance(process.documents, MemoryDocuments)
    return [d for d in process.documents.documents.values() if d.get("due") and d["due"] <= at]


@pytest.mark.usefixtures("long_naps")
async def test_a_subject_with_many_timers_due_is_not_put_to_sleep_between_them() -> None:
    process = Process(clock=Asleep(START))
    await process.absorb([toy.asked("s-1", 1, 1, alarms=[instant(START - n * MINUTE) for n in range(20)])])
    caught_up(process, START)
    running = asyncio.ensure_future(process.timers.run())
    await eventually(lambda: len(rung(process.broker)) == 20)
    process.timers.stop()
    await running


async def test_two_processes_that_fire_the_same_timer_make_one_event() -> None:
    one = Process()
    two = Process(one.broker, one.documents, one.clock)
    await one.absorb([asked(f"s-{n}", START + MINUTE) for n in range(20)])
    one.clock.set(START + MINUTE)
    for process in (one, two):
        caught_up(process, one.clock.now())
    await asyncio.gather(fire_all(one), fire_all(two))
    assert isinstance(one.documents, MemoryDocuments)
    assert {d["rang"] for d in one.documents.documents.values()} == {1}
    assert len({e["subject"] for e in rung(one.broker)}) == 20
    conflicts = [p.machine.metrics.conflicts._value.get() for p in (one, two)]
    assert sum(conflicts) > 0, "they met"


@pytest.mark.usefixtures("long_naps")
async def test_an_earlier_timer_wakes_a_loop_that_sleeps_until_a_later_one() -> None:
    process = Process(clock=Asleep(START))
    await process.absorb([asked("late", START + timedelta(days=1))])
    caught_up(process, START + timedelta(days=2))
    running = asyncio.ensure_future(process.timers.run())
    await eventually(lambda: process.timers._wakes is not None)
    await process.absorb([asked("early", START)])
    await eventually(lambda: rung(process.broker))
    assert [e["subject"] for e in rung(process.broker)] == ["early"]
    process.timers.stop()
    await running


@pytest.mark.usefixtures("long_naps")
async def test_being_read_to_the_end_wakes_a_loop_that_waits_for_it() -> None:
    process = Process(clock=Asleep(START))
    caught_up(process, START - MINUTE)
    await process.absorb([asked("s-1", START)])
    running = asyncio.ensure_future(process.timers.run())

    def waits() -> bool:
        process.timers.read_to_end()
        return process.timers._wakes is None

    await eventually(waits)
    assert rung(process.broker) == []
    caught_up(process, START)
    process.timers.read_to_end()
    await eventually(lambda: rung(process.broker))
    process.timers.stop()
    await running


@dataclass(slots=True)
class Slow(MemoryDocuments):
    """Answers what is due next only when let; meanwhile somebody arms an earlier timer."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    let: asyncio.Event = field(default_factory=asyncio.Event)

    async def next_due(self, partitions: Any) -> datetime | None:
        found = await MemoryDocuments.next_due(self, partitions)
        self.asked.set()
        await self.let.wait()
        return found


@pytest.mark.usefixtures("long_naps")
async def test_a_loop_whose_timer_is_due_asks_how_far_the_story_goes(long_naps: None) -> None:
    """No fetch comes back: yet what was read is the story's end, and the broker can say so."""
    process = Process()
    await process.absorb([asked("s-1", START + MINUTE)])
    async with reading(process):
        await eventually(lambda: len(process.reader.ends.caught_up()) == process.machine.partitions)
        process.reader.subscription.end_seen = lambda partition: None  # type: ignore[method-assign]
        process.clock.advance(MINUTE)
        await eventually(lambda: len(rung(process.broker)) == 1)


async def test_what_is_not_read_yet_is_not_proven_to_be_read_to_its_end() -> None:
    process = Process()
    await process.reader.subscription.start()
    process.reader.partitions.update({number: Partition(0) for number in range(process.machine.partitions)})
    await process.broker.publish([asked("s-1", START + MINUTE)])
    await process.reader.ends.prove()
    unread = process.machine.partition("s-1")
    assert process.reader.ends.caught_up() == {n: START for n in process.reader.partitions if n != unread}


async def test_a_timer_armed_while_the_next_one_is_looked_up_is_not_slept_over() -> None:
    documents = Slow()
    process = Process(documents=documents, clock=Asleep(START))
    caught_up(process, START + timedelta(days=2))
    running = asyncio.ensure_future(process.timers.run())
    await documents.asked.wait()
    await process.absorb([asked("early", START)])
    documents.let.set()
    await eventually(lambda: rung(process.broker))
    process.timers.stop()
    await running


@dataclass(slots=True)
class Flaky(MemoryDocuments):
    """Counts how often it was asked in vain."""

    refused: int = 0

    async def next_due(self, partitions: Any) -> datetime | None:
        if self.refused == 0:  # away from the middle of a round on
            self.down = True
        self.refused += self.down
        return await MemoryDocuments.next_due(self, partitions)


async def test_the_loop_rides_out_a_store_that_is_away() -> None:
    documents = Flaky()
    process = Process(documents=documents)
    await process.absorb([asked("s-1", START + MINUTE)])
    caught_up(process, START + MINUTE)
    running = asyncio.ensure_future(process.timers.run())
    await eventually(lambda: documents.refused > 0)
    process.clock.set(START + MINUTE)
    documents.down = False
    await eventually(lambda: rung(process.broker))
    process.timers.stop()
    await running
