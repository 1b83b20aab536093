"""Asks of what is in doubt whether it means the same, and tells what that finds.

This is beside the story: what is in doubt waits in memory, never much of it, and nobody waits for the answer. A
suspicion that comes of it goes the way of every other, as a command to the later issue's own document. What is lost
with the process is asked again at a start, for then all that is in review is looked at once more (`Suspecting.run`).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from sanfu.router import telling
from sanfu.router.domain import doubting
from sanfu.router.domain.doubting import Doubt
from sanfu.router.domain.suspecting import Pair
from sanfu.router.metrics import MeaningMetrics
from sanfu.router.ports import Meaning, Silent
from sanfu.router.telling import read, rules_of
from sanfu.runtime.consuming import Rebuilding
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.machine import Contended, Machine
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()

declare("router.doubt_before_asking", "an issue in review folded, what is in doubt of it nowhere but in memory")
declare("router.doubt_before_telling", "asked what is meant, nothing of it told")

MOST = 500
"""Doubts that wait, a few seconds' worth of them: more came than reviewers could look at."""
TRY_AGAIN = 2.0
"""Seconds until what could not be read or told is tried again."""


@dataclass(slots=True)
class Doubting:
    """Takes doubts, and settles one after the other."""

    meaning: Meaning
    metrics: MeaningMetrics
    _waiting: "asyncio.Queue[Doubt]" = field(default_factory=lambda: asyncio.Queue(MOST))
    _in_hand: int = 0

    @property
    def pending(self) -> int:
        """Doubts that wait or are being settled."""
        return self._waiting.qsize() + self._in_hand

    async def take(self, doubts: Sequence[Doubt], *, patient: bool = False) -> None:
        """Take what is in doubt. What there is no room for is passed over, unless who brings it has the patience to
        wait for room."""
        for doubt in doubts:
            if patient:
                await self._waiting.put(doubt)
            elif self._waiting.full():
                self.metrics.passed_over(doubt)
            else:
                self._waiting.put_nowait(doubt)

    async def run(self, machine: Machine, rebuilding: Callable[[], Awaitable[bool]]) -> None:
        """Settle doubts until cancelled; `rebuilding` tells whether anything of the router is, then nothing is told.
        Whatever becomes of the encoder, nothing else of the service hears of it."""
        self.metrics.watch(lambda: self.meaning.up, lambda: self.pending)
        try:
            with contextlib.suppress(Silent):
                await self.meaning.near("", ())  # started before the first issue needs it
            while True:
                doubt = await self._waiting.get()
                self._in_hand = 1
                await self._settle(machine, doubt, rebuilding)
                self._in_hand = 0
        finally:
            await self.meaning.stop()

    async def _settle(self, machine: Machine, doubt: Doubt, rebuilding: Callable[[], Awaitable[bool]]) -> None:
        while True:
            try:
                found = await self._asked(machine, doubt)
                if found and await rebuilding():
                    raise Rebuilding("what is suspected of an issue waits until that is rebuilt")
                crashpoint("router.doubt_before_telling")
                if found:
                    await telling.tell(machine, found)
                return
            except Silent:
                self.metrics.passed_over(doubt)
                return
            except (StoreDown, Contended, Rebuilding) as error:
                log.info("doubt_waits", why=str(error))
                await asyncio.sleep(TRY_AGAIN)

    async def _asked(self, machine: Machine, doubt: Doubt) -> list[Pair]:
        """Ask what is meant, of the issues as they stand by now; give the pairs that are alike."""
        documents = await read(machine, [doubt.last, *doubt.others])
        rules = rules_of(machine)
        by = rules.pack.policy.duplicates
        asked = await asyncio.to_thread(doubting.question, doubt, documents, by, rules.draughtsman)
        if asked is None:
            return []
        crashpoint("router.doubt_before_asking")
        near = await self.meaning.near(asked.text, asked.others)
        found = doubting.settled(asked, near, by)
        self.metrics.answered(len(found), len(near) - len(found))
        return found
