"""Looks into a store that many share: each request asks one thing, and all that ask at once are one query."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sanfu.desk.ports import Document

Look = Callable[[Sequence[str]], Awaitable[Mapping[str, Document]]]


@dataclass(slots=True)
class Shared:
    """Gathers what is asked while a look is under way, for the next one.

    Nothing is remembered: each look begins after all were asked that it answers, so what was written before somebody
    asked is seen. What is found is shared too: nobody changes it.
    """

    look: Look
    _asked: "list[tuple[str, asyncio.Future[Document | None]]]" = field(default_factory=list)
    _looking: "asyncio.Task[None] | None" = None

    async def of(self, key: str) -> Document | None:
        """Return what is found under a key. Raises what the look raised."""
        future: asyncio.Future[Document | None] = asyncio.get_running_loop().create_future()
        self._asked.append((key, future))
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look())
        return await future

    async def _look(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, []
                await self._answer(asked)
        finally:
            self._looking = None

    async def _answer(self, asked: "Sequence[tuple[str, asyncio.Future[Document | None]]]") -> None:
        try:
            found = await self.look(list(dict.fromkeys(key for key, _ in asked)))
        except Exception as error:
            for future in (future for _, future in asked if not future.done()):
                future.set_exception(error)
        else:
            for key, future in asked:
                if not future.done():
                    future.set_result(found.get(key))
