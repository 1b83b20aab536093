"""A database that was lost took its outboxes with it: what they held for other topics goes out after all, as it was."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sanfu.contracts.envelope import Event, event_id
from sanfu.contracts.wire import to_headers
from sanfu.runtime import positions
from sanfu.runtime.broker import Incoming, partition_of
from sanfu.runtime.letters import Letter, as_decided, read_letter
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from tests.support import toy
from tests.support.eventually import eventually
from tests.support.toy_machine import START, Process, toy_broker
from tests.unit.runtime.test_reader import answers, reading

SUBJECT = "s-1"
PLACE = partition_of(SUBJECT, toy.TOPICS[toy.STORY])


@pytest.fixture(autouse=True)
def noted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "REMEMBER_EVERY", 0.0)


def copies(broker: MemoryBroker) -> list[tuple[bytes, bytes]]:
    found = [dict(record.headers) for log in broker.topics.get(toy.COPIES, []) for record in log]
    return [(heads["ce_id"], heads["ce_unitsequence"]) for heads in found]


@asynccontextmanager
async def answered(broker: MemoryBroker, documents: MemoryDocuments, count: int) -> AsyncIterator[Process]:
    process = Process(broker, documents)
    async with reading(process):
        await eventually(
            lambda: (
                len(answers(documents, SUBJECT) or ()) == count
                and process.reader.ready
                and broker.groups[toy.STORY, "sanfu.toy"].get(PLACE, 0) == len(broker.topics[toy.STORY][PLACE])
            )
        )
        yield process


async def asked(broker: MemoryBroker, documents: MemoryDocuments, count: int) -> None:
    """Ask so many questions, each once the one before is answered and all that can go out is out."""
    for n in range(1, count + 1):
        await broker.publish([toy.asked(SUBJECT, n, n)])
        async with answered(broker, documents, n):
            pass


async def test_copies_that_waited_in_a_lost_outbox_go_out_under_the_numbers_they_had() -> None:
    broker, documents = toy_broker(), MemoryDocuments()
    there = broker.topics.pop(toy.COPIES)
    await asked(broker, documents, 2)
    had = [
        (dict(e["headers"])["ce_id"], dict(e["headers"])["ce_unitsequence"])
        for e in documents.documents[SUBJECT]["outbox"]
    ]
    assert had == [(b"toy:s-1:1", b"1"), (b"toy:s-1:2", b"2")]
    broker.topics[toy.COPIES] = there
    story = [len(log) for log in broker.topics[toy.STORY]]
    emptied = MemoryDocuments()
    async with answered(broker, emptied, 2):
        assert copies(broker) == had
    assert [len(log) for log in broker.topics[toy.STORY]] == story
    assert emptied.others["notes"] == {}, "what a store of the service's own holds is its backup's matter"


async def test_copies_of_what_came_while_the_database_was_lost_go_out_too() -> None:
    broker, documents = toy_broker(), MemoryDocuments()
    await broker.publish([toy.asked(SUBJECT, 1, 1)])
    async with answered(broker, documents, 1):
        await eventually(lambda: len(copies(broker)) == 1)
    own = toy.told("toy", toy.ANSWERED, SUBJECT, 2, {"value": 4})  # published, and the write's outbox with it lost
    await broker.publish([toy.asked(SUBJECT, 2, 2), own])
    async with answered(broker, MemoryDocuments(), 2):
        assert list(dict.fromkeys(copies(broker))) == [(b"toy:s-1:1", b"1"), (b"toy:s-1:2", b"2")]


async def test_what_lies_long_before_the_loss_is_sent_to_nobody_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "IN_DOUBT", 2)
    broker, documents = toy_broker(), MemoryDocuments()
    await asked(broker, documents, 3)
    assert len(copies(broker)) == 3
    for _ in range(2):
        async with answered(broker, MemoryDocuments(), 3):
            pass
    assert copies(broker)[3:] == [(b"toy:s-1:3", b"3")] * 2


def test_own_events_are_folded_again_right_behind_what_they_followed_from() -> None:
    def letter(source: str, sequence: int, cause: str | None = None) -> Letter:
        id = event_id(source, SUBJECT, sequence)
        event = Event(id, toy.NOTED, source, SUBJECT, sequence, START, {}, cause)
        return read_letter(Incoming(toy.STORY, 0, 0, SUBJECT, b"{}", to_headers(event)))

    cause = f"a:{SUBJECT}:1"
    story = [
        letter("a", 1), letter("b", 1), letter("b", 2), letter("toy", 1, "command:k"), letter("toy", 2, cause),
        letter("b", 3), letter("b", 4), letter("toy", 3, f"b:{SUBJECT}:3"), letter("toy", 3, f"b:{SUBJECT}:3"),
        letter("toy", 4, "a:elsewhere:9"), letter("b", 5),
    ]  # fmt: skip
    ordered = [(each.heads.source, each.heads.sequence) for each in as_decided(story, "toy")]
    assert ordered == [
        ("a", 1), ("b", 1), ("b", 2), ("toy", 1), ("toy", 2), ("b", 3), ("toy", 3), ("toy", 3), ("b", 4), ("toy", 4),
        ("b", 5),
    ]  # fmt: skip


async def test_a_rebuild_commits_nothing_before_it_has_ended() -> None:
    broker, documents = toy_broker(), MemoryDocuments()
    await asked(broker, documents, 3)
    process = Process(broker, MemoryDocuments())
    await process.reader.subscription.start()
    await process.reader._meet(process.reader.subscription.assigned)
    process.reader.partitions[PLACE].position = 1
    await process.reader.positions.note(force=True)
    assert broker.groups[toy.STORY, "sanfu.toy"][PLACE] == len(broker.topics[toy.STORY][PLACE])
