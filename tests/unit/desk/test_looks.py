"""Looks that many share: few queries, and nobody is told less than was written when they asked."""

import asyncio
from collections.abc import Sequence

import pytest

from sanfu.desk.looks import Shared
from sanfu.desk.ports import Document


class Store:
    """Documents, asked for one list at a time; each look waits to be let go, then sees what stands by then."""

    def __init__(self) -> None:
        self.kept: dict[str, Document] = {"a": {"n": 1}, "b": {"n": 2}}
        self.asked: list[list[str]] = []
        self.go = asyncio.Event()
        self.broken = False

    async def look(self, keys: Sequence[str]) -> dict[str, Document]:
        self.asked.append(sorted(keys))
        seen = {key: self.kept[key] for key in keys if key in self.kept}
        await self.go.wait()
        if self.broken:
            raise ConnectionError("away")
        return seen


async def begun(shared: Shared, *keys: str) -> "list[asyncio.Task[Document | None]]":
    tasks = [asyncio.ensure_future(shared.of(key)) for key in keys]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_who_asks_at_once_is_answered_by_one_look() -> None:
    store = Store()
    store.go.set()
    assert await asyncio.gather(*await begun(Shared(store.look), "a", "b", "a", "x")) == [
        {"n": 1}, {"n": 2}, {"n": 1}, None,
    ]  # fmt: skip
    assert store.asked == [["a", "b", "x"]]


async def test_who_asks_during_a_look_waits_for_the_next_and_sees_what_was_written_meanwhile() -> None:
    store = Store()
    shared = Shared(store.look)
    first = await begun(shared, "a")
    del store.kept["a"]
    later = await begun(shared, "a", "b")
    store.go.set()
    assert await asyncio.gather(*first, *later) == [{"n": 1}, None, {"n": 2}]
    assert store.asked == [["a"], ["a", "b"]]


async def test_a_look_that_fails_fails_those_who_asked_and_nobody_after_them() -> None:
    store = Store()
    shared = Shared(store.look)
    first = await begun(shared, "a", "b")
    first[1].cancel()
    store.broken = True
    store.go.set()
    with pytest.raises(ConnectionError):
        await first[0]
    store.broken = False
    assert await shared.of("a") == {"n": 1}
