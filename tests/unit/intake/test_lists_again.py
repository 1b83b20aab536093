"""A list tells what it would do before it does it, and one that was sent before says so, whichever copy it meets."""

import asyncio
import tempfile
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pytest

from sanfu.intake.adapters.memory import MemoryRecords
from sanfu.intake.domain.rules import IntakeRules
from sanfu.intake.entrypoints.imports import plain
from sanfu.intake.handlers.imports import ALIVE, LOST, Imports
from sanfu.intake.handlers.submissions import Received, Sender, Submissions
from sanfu.intake.ports import Import
from sanfu.runtime import sheets
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryDocuments
from sanfu.stack.importing import told
from tests.support.eventually import eventually
from tests.support.sheets import as_csv
from tests.unit.intake.test_lists import CSV, GOOD, HEAD, bad, sent, with_
from tests.unit.intake.world import HOTLINE, NOW, World, pack, running

FIGURES = ("taken", "repeated", "bad")


def figures(one: dict[str, Any]) -> tuple[int, ...]:
    return tuple(one[name] for name in FIGURES)


REPEATING = {
    "a number twice": [GOOD, GOOD],
    "a number twice, said otherwise": [GOOD, with_(标题="别的")],
    "the same without a number": [with_(工单编号=""), with_(工单编号=""), with_(工单编号="", 标题="别的")],
    "a bad one first": [with_(所属镇街="蓬莱镇"), GOOD, GOOD],
    "a bad one after it": [GOOD, with_(联系电话="打不通"), GOOD],
    "one that may not be, before and after it": [with_(来电时间="2027-01-01"), GOOD, with_(来电时间="2027-01-01")],
    "in another batch": [GOOD, *(with_(工单编号=f"N-{n}") for n in range(210)), GOOD, with_(标题="别的")],
    "with a line between": [GOOD, [], GOOD],
}


@pytest.mark.parametrize("which", REPEATING)
@pytest.mark.parametrize("there", [[], [GOOD], [with_(标题="早已有的")]], ids=["nothing", "the same", "another body"])
async def test_a_dry_run_says_what_the_real_one_then_does(world: World, which: str, there: list[list[str]]) -> None:
    if there:
        await sent(world, as_csv([*HEAD, "无关"], *there))
    content = as_csv(HEAD, *REPEATING[which])
    tried = await sent(world, content, "dry_run=true")
    would = (figures(tried), await bad(world, tried))
    before = len(await world.told())
    done = await sent(world, content)
    assert would == (figures(done), await bad(world, done))
    assert len(await world.told()) == before + done["taken"]


async def test_a_list_tried_again_is_tried_as_things_are_now(world: World) -> None:
    content = as_csv(HEAD, GOOD, with_(工单编号="T-2", 所属镇街="蓬莱镇"))
    assert figures(await sent(world, content, "dry_run=true")) == (1, 0, 1)
    await sent(world, as_csv(HEAD, GOOD))
    again = await sent(world, content, "dry_run=true")
    assert (figures(again), len(await bad(world, again))) == ((0, 1, 1), 1)


async def test_a_list_that_was_done_with_says_when_and_that_nothing_was_taken_now(world: World) -> None:
    content = as_csv(HEAD, GOOD, with_(工单编号="T-2"))
    first = await world.client.post("/v1/imports", content=content, headers=HOTLINE | CSV)
    assert first.json()["taken_before"] is None
    done = await sent(world, content)
    again = (await world.client.post("/v1/imports", content=content, headers=HOTLINE | CSV)).json()
    assert (again["state"], again["taken_before"], again["taken"]) == ("done", done["ended_at"], 2)
    assert told(again).startswith("This very list was done with at 2026-03-02T01:00:00.000Z (2 taken then")
    assert told(again).endswith("nothing was taken now.")
    assert told(done) == "2 rows: 2 taken, 0 were there, 0 bad"
    assert len(await world.told()) == 2
    assert {"copy", "alive", "pack"}.isdisjoint(again), "how copies agree is nobody's business"


async def test_bad_rows_get_another_chance_by_another_pack() -> None:
    lamp = replace(pack().categories["road-lamp"], code="street-works", name_zh="道路工程", name_en="Street works")
    newer = replace(pack(), version="newer", categories={**pack().categories, "street-works": lamp})
    content = as_csv(HEAD, GOOD, with_(工单编号="T-2", 类别="street-works"))
    async with running() as world:
        assert figures(await sent(world, content)) == (1, 0, 1)
        world.clock.set(NOW + timedelta(hours=1))
        assert (await sent(world, content))["ended_at"] == "2026-03-02T01:00:00.000Z", "by the same pack it is over"
        world.service.machine.rules = IntakeRules(newer)
        again = await sent(world, content)
        assert (figures(again), await bad(world, again)) == ((1, 1, 0), [])


class Gate:
    """Stands for `Submissions`: takes nothing before it is opened."""

    def __init__(self) -> None:
        self.open, self.got = asyncio.Event(), list[str]()

    async def submit(self, report: Any, sender: Sender, key: str | None, prefix: str = "") -> Received:
        await self.open.wait()
        self.got.append(report["external_id"])
        return Received("i", {}, repeated=False)


class Copies:
    """Copies of intake with one store, and real time as the test says."""

    def __init__(self) -> None:
        self.log, self.now = MemoryRecords(MemoryDocuments()), 1000.0
        self.content = as_csv(HEAD, *(with_(工单编号=f"T-{number}") for number in range(300)))

    def copy(self) -> tuple[Imports, Gate]:
        gate = Gate()
        taking = cast("Submissions", gate)
        return Imports(self.log, taking, sheets, ManualClock(NOW), plain, real=lambda: self.now), gate

    async def send(self, to: Imports) -> Import:
        file = tempfile.TemporaryFile()  # noqa: SIM115 (imports close it)
        file.write(self.content)
        file.flush()
        return await to.begin(pack(), file, "", Sender("hotline", keyed=True), dry=False)


async def done(imports: Imports, id: str) -> bool:
    one = await imports.known(id)
    return one is not None and one.state == "done"


async def ended(imports: Imports) -> None:
    """Let a copy of intake end in order."""
    work = asyncio.ensure_future(imports.work())
    await asyncio.sleep(0)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def test_a_list_that_another_copy_has_is_told_of_and_not_begun_a_second_time() -> None:
    copies = Copies()
    (first, gate), (second, other) = copies.copy(), copies.copy()
    one = await copies.send(first)
    work = asyncio.ensure_future(first.work())
    again = await copies.send(second)
    assert (again.id, again.state, again.copy) == (one.id, one.state, first.copy)
    assert second.waiting == {}
    gate.open.set()
    await eventually(partial(done, second, one.id))
    assert len(gate.got) == 300
    assert other.got == []
    work.cancel()


async def test_a_list_whose_copy_is_lost_says_so_and_goes_on_in_another_and_the_lost_one_writes_nothing_more() -> None:
    copies = Copies()
    (first, gate), (second, other) = copies.copy(), copies.copy()
    one = await copies.send(first)
    hung = asyncio.ensure_future(first.work())
    await eventually(partial(running_in, copies.log, one.id))
    copies.now += ALIVE
    lost = await second.known(one.id)
    assert lost is not None
    assert (lost.state, "send the same file again" in (lost.problem or "")) == (LOST, True)
    assert (await copies.send(second)).copy == second.copy
    gate.open.set()
    await eventually(lambda: first.waiting == {})
    other.open.set()
    work = asyncio.ensure_future(second.work())
    await eventually(partial(done, second, one.id))
    ended = await copies.log.known(one.id)
    assert ended is not None
    assert (ended.rows, ended.taken, ended.copy) == (300, 300, second.copy)
    hung.cancel()
    work.cancel()


async def running_in(log: MemoryRecords, id: str) -> bool:
    return await log.known(id) is not None


async def test_a_copy_that_ends_in_order_lets_others_go_on_at_once() -> None:
    copies = Copies()
    (first, _), (second, other) = copies.copy(), copies.copy()
    one = await copies.send(first)
    await ended(first)
    other.open.set()
    assert (await copies.send(second)).copy == second.copy
    going = asyncio.ensure_future(second.work())
    await eventually(partial(done, second, one.id))
    going.cancel()


async def test_of_two_copies_at_one_instant_one_begins() -> None:
    copies = Copies()
    (first, _), (second, _) = copies.copy(), copies.copy()
    both = await asyncio.gather(copies.send(first), copies.send(second))
    assert len({one.copy for one in both}) == 1
    assert len(first.waiting) + len(second.waiting) == 1
    for copy in (first, second):
        await ended(copy)
