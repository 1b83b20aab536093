"""What no document and no topic can hold: its subject is parked, or the command refused, and all others go on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from sanfu.contracts.envelope import MAX_BODY, Event, instant
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.rules import Actor, Command, Draft, Due, Input, Outcome, Refusal, State
from sanfu.runtime.store import Change, Entry, StoreDown
from sanfu.runtime.weighing import BUDGET
from tests.support import toy
from tests.support.toy_machine import START, Process

WHO = Actor("tester", "tester")


@dataclass(frozen=True, slots=True)
class Hoarding(toy.ToyRules):
    """Keeps what it is told to; what it tells may be as long as one likes."""

    def evolve(self, state: State, event: Event) -> State:
        kept = [*state.get("kept", []), *event.data.get("keep", [])]
        return {**toy.ToyRules.evolve(self, state, event), "kept": kept}

    def decide(self, state: State, given: Input, now: datetime) -> list[Outcome]:
        if isinstance(given, Due):
            return [Draft(toy.RANG, {"keep": state["kept"][:1]})]
        return [Draft(toy.ANSWERED, {"value": given.data["value"] * 2, "pad": "x" * given.data.get("pad", 0)})]


def hoarding() -> Process:
    return Process(rules=Hoarding())


def document(process: Process, subject: str = "s-1") -> dict[str, Any]:
    assert isinstance(process.documents, MemoryDocuments)
    return process.documents.documents[subject]


def put_aside(process: Process) -> list[bytes]:
    return [dict(record.headers)["ce_id"] for record in process.broker.topics[toy.DEAD][0]]


def command(key: str, **data: Any) -> Command:
    return Command("add", {"value": 1, **data}, WHO, key)


NO_DATA: dict[str, Any] = {"a number beyond 64 bits": 2**63, "a NUL in a key": {"a\0b": 1}}


@pytest.mark.parametrize("bad", NO_DATA.values(), ids=NO_DATA)
async def test_a_record_that_no_document_can_hold_parks_its_subject_and_nothing_else(bad: Any) -> None:
    process = hoarding()
    questions = [{"keep": ["fine"]}, {"keep": [bad]}, {}]
    await process.absorb(
        [toy.asked("s-1", n, n, **more) for n, more in enumerate(questions, 1)] + [toy.asked("z", 1, 1)]
    )
    assert document(process)["kept"] == ["fine"], "what came before it is folded"
    assert document(process)["answers"] == [2]
    assert document(process)["parked"]["reason"].startswith("Unkept: kept.1")
    assert put_aside(process) == [b"asker:s-1:2", b"asker:s-1:3"]
    assert document(process, "z")["answers"] == [2]


async def test_a_command_that_no_document_can_hold_is_refused_and_those_written_with_it_are_done() -> None:
    process = hoarding()
    process.machine.rules = Commanded()
    orders = {"s-1": [command("a", keep=["x"]), command("b", keep=[2**63]), command("c")], "z": [command("d")]}
    results, _ = await process.machine.order(orders)
    done, refused, after = results["s-1"]
    assert isinstance(refused, Refusal)
    assert (refused.status, refused.slug) == (422, "unfit")
    assert "kept.1: a number beyond 64 bits" in refused.detail
    assert not isinstance(done, Exception)
    assert not isinstance(after, Exception)
    assert document(process)["out"] == 2
    assert "parked" not in document(process)
    assert document(process, "z")["out"] == 1


@dataclass(frozen=True, slots=True)
class Commanded(Hoarding):
    """Tells what a command says, whole."""

    def decide(self, state: State, given: Input, now: datetime) -> list[Outcome]:
        return (
            [Draft(toy.ANSWERED, given.data)]
            if isinstance(given, Command)
            else Hoarding.decide(self, state, given, now)
        )


async def test_a_state_over_its_budget_parks_its_subject_wherever_the_batches_end() -> None:
    piece, last = ["x" * (BUDGET // 10)], 0
    for together in (1, 5, 40):
        process = hoarding()
        for n in range(0, 40, together):
            await process.absorb([toy.asked("s-1", each + 1, 1, keep=piece) for each in range(n, n + together)])
        assert "at most 262144" in document(process)["parked"]["reason"]
        assert last in {0, document(process)["seen"]["asker"]}
        last = document(process)["seen"]["asker"]
    assert last == 9


async def test_small_records_fill_a_budget_too() -> None:
    process = hoarding()
    await process.absorb([toy.asked("s-1", n, 1, keep=["x" * 1000]) for n in range(1, 400)])
    assert document(process)["parked"]["reason"].startswith("Unkept: the state would have ")
    assert BUDGET // 1000 - 16 < document(process)["asked"] < BUDGET // 1000 + 16


async def test_an_event_that_is_too_long_for_its_topic_is_never_decided() -> None:
    process = hoarding()
    await process.absorb([toy.asked("s-1", 1, 1, pad=MAX_BODY), toy.asked("z", 1, 1, pad=MAX_BODY - 100)])
    assert f"at most {MAX_BODY} are allowed" in document(process)["parked"]["reason"]
    assert document(process)["outbox"] == []
    assert document(process, "z")["out"] == 1
    [[refused]] = list((await process.machine.order({"y": [command("k", pad=MAX_BODY)]}))[0].values())
    assert isinstance(refused, Refusal)
    assert refused.status == 422


async def test_a_timer_that_brings_about_too_much_parks_its_subject() -> None:
    process = hoarding()
    half = ["x" * (BUDGET // 2 + 1)]
    await process.absorb([toy.asked("s-1", 1, 1, keep=half, alarms=[instant(START)])])
    await process.machine.fire([document(process)], START)
    assert "at most 262144" in document(process)["parked"]["reason"]
    assert "due" not in document(process)


async def test_an_outbox_that_fills_the_document_holds_its_subject_up_until_it_is_published() -> None:
    process = hoarding()
    process.broker.down = True
    heap = [
        Entry(ref=f"r{n}", to=toy.COPIES, key="s-1", headers=[], value=bytes(MAX_BODY), at=START) for n in range(32)
    ]
    await process.documents.write([Change("s-1", 0, {"ver": 1, "p": 0, "seen": {}, "out": 0}, (), heap[:31])])
    question = toy.asked("s-1", 1, 1, keep=["x" * (BUDGET // 2)], pad=MAX_BODY - 100)
    await process.absorb([question])
    assert document(process)["parked"]["reason"].startswith("Unkept: it has ")
    more = toy.asked("s-1", 2, 1, keep=["x" * MAX_BODY])
    with pytest.raises(StoreDown, match="not even set aside"):
        await process.absorb([more])


async def test_a_reason_that_can_t_be_written_down_is_written_down_as_well_as_can_be() -> None:
    process = Process(rules=Quoting())
    await process.absorb([toy.asked("s-1", 1, 1)])
    assert document(process)["parked"]["reason"] == "ValueError: \\ud800"


@dataclass(frozen=True, slots=True)
class Quoting(toy.ToyRules):
    def evolve(self, state: State, event: Event) -> State:
        raise ValueError("\ud800")
