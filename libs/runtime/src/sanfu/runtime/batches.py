"""Batches of the story in hand: while the store writes one, the next is folded."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from sanfu.runtime.broker import Outgoing
from sanfu.runtime.letters import Letter

AT_ONCE = 2


@dataclass(slots=True)
class Batch:
    """Records of one poll: the readable ones by subject, each subject's in order. `end` is called once all of them,
    and all that were polled before them, are folded."""

    groups: dict[str, list[Letter]]
    unreadable: list[Outgoing]
    end: Callable[[], None]


@dataclass(slots=True)
class InHand:
    """The batches that are being folded, `AT_ONCE` at most. No two of them hold the same subject, so each subject's
    records are folded in order; and they end in the order in which they were begun, whichever is written first."""

    _batches: "deque[tuple[Batch, asyncio.Task[None]]]" = field(default_factory=deque)

    async def begin(self, batch: Batch, fold: Callable[[Batch], Coroutine[Any, Any, None]]) -> None:
        """Begin to fold a batch, once there is room for it and none of its subjects is in hand. Raises what an earlier
        one's folding raised."""
        while len(self._batches) >= AT_ONCE or any(batch.groups.keys() & other.groups for other, _ in self._batches):
            await self._first()
        task = asyncio.ensure_future(fold(batch))
        self._batches.append((batch, task))
        task.add_done_callback(lambda _: self._end())

    async def finish(self) -> None:
        """Wait for all of them. Raises what a folding raised: neither that batch nor a later one has ended then."""
        while self._batches:
            await self._first()

    async def look(self) -> None:
        """Raise what the oldest one's folding raised, if it is over."""
        if self._batches and self._batches[0][1].done():
            await self._first()

    async def _first(self) -> None:
        first = self._batches[0][1]
        await asyncio.wait({first})
        self._end()
        if self._batches and self._batches[0][1] is first:
            rest = [task for _, task in self._batches]
            self._batches.clear()
            await asyncio.gather(*rest, return_exceptions=True)  # whoever folds these again is alone with them
            first.result()

    def _end(self) -> None:
        while self._batches and _succeeded(self._batches[0][1]):
            self._batches.popleft()[0].end()


def _succeeded(task: "asyncio.Task[None]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
