"""Commands of many requests, written in groups."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from sanfu.runtime import commands as module
from sanfu.runtime.commands import Commands
from sanfu.runtime.fold import Done
from sanfu.runtime.machine import Outboxes
from sanfu.runtime.memory import Fault, MemoryDocuments
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.outbox import Publisher
from sanfu.runtime.rules import Actor, Command, Input, Outcome, Refusal, State
from sanfu.runtime.store import Change
from tests.support import toy
from tests.support.eventually import eventually
from tests.support.toy_machine import Process

WHO = Actor("tester", "tester")


@dataclass(slots=True)
class Gated(MemoryDocuments):
    """Writes only when let; remembers what came together."""

    groups: list[list[str]] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, changes: Sequence[Change]) -> bool:
        self.groups.append([change.id for change in changes])
        await self.open.wait()
        return await MemoryDocuments.write(self, changes)


def add(value: int, key: str = "", name: str = "add") -> Command:
    return Command(name, {"value": value}, WHO, key or f"k{value}")


def sent(commands: Commands, *wanted: tuple[str, Command]) -> "list[asyncio.Future[Done]]":
    return [asyncio.ensure_future(commands.do(subject, command)) for subject, command in wanted]


def answers(documents: MemoryDocuments, subject: str) -> Any:
    return documents.documents[subject].get("answers")


async def test_what_comes_while_a_group_is_written_goes_in_the_next() -> None:
    documents = Gated()
    commands = Commands(Process(documents=documents).machine)
    first = sent(commands, ("a", add(1)))
    await eventually(lambda: documents.groups)
    rest = sent(commands, *((f"s-{n}", add(n)) for n in range(20)))
    await eventually(lambda: len(commands._waiting) == 20)
    assert documents.groups == [["a"]], "the first goes at once"
    documents.open.set()
    await asyncio.gather(*first, *rest)
    assert [sorted(group) for group in documents.groups[1:]] == [sorted(f"s-{n}" for n in range(20))]


async def test_a_group_has_no_more_documents_than_a_write_bears(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 5)
    documents = Gated()
    commands = Commands(Process(documents=documents).machine)
    documents.open.set()
    every = sent(commands, *((f"s-{n % 12}", add(n)) for n in range(48)))
    await asyncio.gather(*every)
    assert max(map(len, documents.groups)) == 5
    assert sum(len(answers(documents, f"s-{n}")) for n in range(12)) == 48


async def test_commands_on_one_subject_keep_their_order() -> None:
    documents = MemoryDocuments()
    commands = Commands(Process(documents=documents).machine)
    every = []
    for n in range(60):
        every += sent(commands, (f"s-{n % 3}", add(n)))
        if n % 7 == 0:
            await asyncio.sleep(0)  # let writers begin in between
    await asyncio.gather(*every)
    for subject in range(3):
        assert answers(documents, f"s-{subject}") == list(range(subject, 60, 3))


async def test_an_answer_means_journaled_and_is_not_kept_waiting_by_the_broker() -> None:
    process = Process()
    process.broker.down = True
    commands = Commands(process.machine)
    done = await commands.do("s-1", add(7))
    assert isinstance(process.documents, MemoryDocuments)
    assert process.documents.documents["s-1"]["ver"] == done.ver == 1
    await commands.drain()
    assert [e["to"] for e in process.documents.documents["s-1"]["outbox"]] == [toy.STORY, toy.COPIES]


async def test_a_refused_command_fails_alone() -> None:
    documents = MemoryDocuments()
    commands = Commands(Process(documents=documents).machine)
    outcomes = await asyncio.gather(
        *sent(commands, ("s-1", add(1)), ("s-1", add(2, name="refuse")), ("s-1", add(3)), ("s-2", add(4))),
        return_exceptions=True,
    )
    assert [isinstance(outcome, Refusal) for outcome in outcomes] == [False, True, False, False]
    assert answers(documents, "s-1") == [1, 3]


class Breaking(toy.ToyRules):
    def decide(self, state: State, given: Input, now: datetime) -> Sequence[Outcome]:
        if isinstance(given, Command) and given.name == "break":
            raise ZeroDivisionError("a bug")
        return super().decide(state, given, now)


async def test_a_command_on_which_the_rules_break_fails_alone() -> None:
    documents = MemoryDocuments()
    commands = Commands(Process(documents=documents, rules=Breaking()).machine)
    outcomes = await asyncio.gather(
        *sent(commands, ("s-1", add(1)), ("s-2", add(2, name="break")), ("s-1", add(3))), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [Done, ZeroDivisionError, Done]
    assert answers(documents, "s-1") == [1, 3]


async def test_a_store_that_is_away_makes_every_command_of_the_group_unavailable_and_repeatable() -> None:
    documents = MemoryDocuments(down=True)
    commands = Commands(Process(documents=documents).machine)
    outcomes = await asyncio.gather(*sent(commands, ("a", add(1)), ("b", add(2))), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable, Unavailable]
    documents.down = False
    again = await asyncio.gather(*sent(commands, ("a", add(1)), ("b", add(2))))
    assert [done.repeated for done in again] == [False, False]
    assert (answers(documents, "a"), answers(documents, "b")) == ([1], [2])


@pytest.mark.parametrize("fault", Fault)
async def test_a_write_with_an_unknown_outcome_is_looked_up_and_the_command_done_once(fault: Fault) -> None:
    documents = MemoryDocuments()
    documents.fail_next.append(fault)
    process = Process(documents=documents)
    commands = Commands(process.machine)
    assert (await commands.do("s-1", add(7))).state["answers"] == [7]
    assert (await commands.do("s-1", add(7))).repeated
    assert answers(documents, "s-1") == [7]


@dataclass(slots=True)
class Silent(MemoryDocuments):
    """Takes one write, loses the answer, and is away from then on."""

    async def write(self, changes: Sequence[Change]) -> bool:
        self.fail_next.append(Fault.UNKNOWN)
        try:
            return await MemoryDocuments.write(self, changes)
        finally:
            self.down = True


async def test_a_command_that_was_written_unbeknownst_is_known_by_its_key_when_it_is_sent_again() -> None:
    documents = Silent()
    commands = Commands(Process(documents=documents).machine)
    with pytest.raises(Unavailable) as unknown:
        await commands.do("s-1", add(7))
    assert unknown.value.retry_after == 2
    documents.down = False
    assert (await commands.do("s-1", add(7))).repeated
    assert answers(documents, "s-1") == [7]


async def test_while_closed_nothing_is_taken() -> None:
    documents = MemoryDocuments()
    commands = Commands(Process(documents=documents).machine, lambda: "being rebuilt")
    with pytest.raises(Unavailable, match="being rebuilt"):
        await commands.do("s-1", add(1))
    assert not documents.documents


async def test_draining_waits_for_all_that_was_taken_and_for_its_publishing() -> None:
    documents = Gated()
    process = Process(documents=documents)
    commands = Commands(process.machine)
    every = sent(commands, *((f"s-{n}", add(n)) for n in range(5)), *((f"s-{n}", add(n + 10)) for n in range(5)))
    await eventually(lambda: documents.groups)
    draining = asyncio.ensure_future(commands.drain())
    await asyncio.sleep(0)
    assert not draining.done()
    documents.open.set()
    await draining
    assert commands.pending == 0
    assert all(future.done() for future in every)
    assert all(not document["outbox"] for document in documents.documents.values())
    assert sum(len(log) for log in process.broker.topics[toy.STORY]) == 10


async def test_a_request_that_went_away_does_not_disturb_the_others() -> None:
    documents = Gated()
    commands = Commands(Process(documents=documents).machine)
    gone, stays = sent(commands, ("a", add(1)), ("b", add(2)))
    await eventually(lambda: documents.groups)
    gone.cancel()
    documents.open.set()
    assert (await stays).state["answers"] == [2]
    await commands.drain()
    assert answers(documents, "a") == [1], "it was taken, so it is done"


async def test_what_is_written_while_a_pass_is_under_way_goes_out_in_one_next_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passes, gate, real = list[list[str]](), asyncio.Event(), Publisher.publish

    async def slow(self: Publisher, outboxes: Outboxes) -> int:
        passes.append([subject for subject, _ in outboxes])
        await gate.wait()
        return await real(self, outboxes)

    monkeypatch.setattr(Publisher, "publish", slow)
    documents = MemoryDocuments()
    commands = Commands(Process(documents=documents).machine)
    await commands.do("a", add(1))
    await eventually(lambda: passes)
    await asyncio.gather(*sent(commands, *((f"s-{n}", add(n)) for n in range(5)), ("a", add(2))))
    gate.set()
    await commands.drain()
    assert [sorted(one) for one in passes] == [["a"], ["a", "s-0", "s-1", "s-2", "s-3", "s-4"]]
    assert all(document["outbox"] == [] for document in documents.documents.values())


async def test_what_waits_to_be_published_beyond_measure_is_left_for_the_sweeper(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_UNSENT", 0)
    documents = MemoryDocuments()
    commands = Commands(Process(documents=documents).machine)
    await commands.do("a", add(1))
    await commands.drain()
    assert documents.documents["a"]["outbox"] != []
