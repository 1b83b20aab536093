"""Batches in hand: two at once, no subject twice, ended in order."""

import asyncio
from collections.abc import Sequence

import pytest

from sanfu.runtime.batches import Batch, InHand


class Store:
    """Folds for as long as one lets it; notes what was begun and what has ended."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.gates: dict[str, asyncio.Future[None]] = {}

    def batch(self, name: str, *subjects: str) -> Batch:
        self.gates[name] = asyncio.get_running_loop().create_future()
        return Batch({name: [], **{subject: [] for subject in subjects}}, [], lambda: self.ended.append(name))

    async def fold(self, batch: Batch) -> None:
        name = next(iter(batch.groups))
        self.begun.append(name)
        await self.gates[name]

    def let(self, name: str) -> None:
        self.gates[name].set_result(None)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def begin(hand: InHand, store: Store, batches: Sequence[Batch]) -> "asyncio.Task[None]":
    async def all_of_them() -> None:
        for batch in batches:
            await hand.begin(batch, store.fold)

    task = asyncio.ensure_future(all_of_them())
    await settled()
    return task


async def test_two_batches_of_different_subjects_are_in_hand_at_once_and_a_third_waits() -> None:
    hand, store = InHand(), Store()
    task = await begin(hand, store, [store.batch("a"), store.batch("b"), store.batch("c")])
    assert store.begun == ["a", "b"]
    store.let("a")
    await settled()
    assert (store.begun, store.ended) == (["a", "b", "c"], ["a"])
    store.let("b")
    store.let("c")
    await task
    await hand.finish()
    assert store.ended == ["a", "b", "c"]


async def test_a_batch_that_shares_a_subject_waits_for_the_one_before() -> None:
    hand, store = InHand(), Store()
    task = await begin(hand, store, [store.batch("a", "i-1"), store.batch("b", "i-1")])
    assert store.begun == ["a"]
    store.let("a")
    await task
    await settled()
    assert (store.begun, store.ended) == (["a", "b"], ["a"])
    store.let("b")
    await hand.finish()


async def test_a_batch_that_is_written_first_ends_only_behind_the_one_before_it() -> None:
    hand, store = InHand(), Store()
    task = await begin(hand, store, [store.batch("a"), store.batch("b")])
    store.let("b")
    await task
    await settled()
    assert store.ended == []
    store.let("a")
    await settled()
    assert store.ended == ["a", "b"], "without anybody asking"


async def test_of_a_batch_that_could_not_be_folded_and_those_behind_it_none_ends() -> None:
    hand, store = InHand(), Store()
    task = await begin(hand, store, [store.batch("a"), store.batch("b")])
    store.let("b")
    await task
    store.gates["a"].set_exception(RuntimeError("broken"))
    await settled()
    with pytest.raises(RuntimeError, match="broken"):
        await hand.look()
    assert store.ended == []
    await hand.finish()
