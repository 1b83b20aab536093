"""Looking for what an issue may repeat: when it was submitted, and again when a person said who leads it.

A look reads other issues, so it is no part of a fold. It is done once the records that call for it are folded, and
before their position is noted: a crash in between brings them, and so the look, again. What it finds is told by a
command on the later issue's own document, which knows what it told before; so it is told once, whoever looks, and also
where two issues crossed on their way through different partitions: each is put into the index before it looks, so one
of the two looks finds the other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from sanfu.contracts import names
from sanfu.router import telling
from sanfu.router.domain import suspecting
from sanfu.router.domain.doubting import doubts
from sanfu.router.domain.sketches import Sketch
from sanfu.router.domain.story import ENDS
from sanfu.router.domain.suspecting import Pair
from sanfu.router.doubting import Doubting
from sanfu.router.ports import Asked, Sketches
from sanfu.router.telling import rules_of, sketched
from sanfu.runtime.consuming import Rebuilding
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.letters import Letter, Replay
from sanfu.runtime.machine import Machine
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()

declare("router.before_sketches", "records folded, the index of open issues not yet changed by them")
declare("router.before_look", "records folded and the index changed, nothing looked for yet")
declare("router.before_suspicions", "what may be repeated is found, nothing of it told")

CALLS = frozenset({names.ISSUE_SUBMITTED, names.ISSUE_DISPATCHED})
"""What calls for a look. At the second, the category and the place are those that a person saw."""
DRAWN = CALLS | ENDS | {
    names.ISSUE_ASSIGNED, names.ISSUE_CLOSED, names.ISSUE_REOPENED, names.COMPLETION_VOIDED, names.ISSUE_HANDED_OVER,
    names.OBJECTION_RAISED, names.ISSUE_SEPARATED, names.SECRECY_CHANGED,
}  # fmt: skip
"""What may change how an issue is drawn."""
COMPARED = 60
"""Others that one issue is compared with, the newest: of a thousand calls about one outage, enough to name three."""
PAGE = 100
LOOK_EVERY = 2.0
"""Seconds between two looks whether the rebuild is over."""


@dataclass(slots=True)
class Suspecting:
    """Keeps the index of open issues, and looks into it. `rebuilding` tells whether anything of the router is."""

    sketches: Sketches
    rebuilding: Callable[[], Awaitable[bool]]
    doubting: Doubting | None = None
    """Who is given what is in doubt; None: nobody can be asked what is meant."""

    async def folded(self, machine: Machine, letters: Sequence[Letter], kind: Replay) -> None:
        """Do what folded records call for. May be asked again for the same ones. Raises StoreDown, and Rebuilding
        where what is to be told concerns an issue that may not be rebuilt yet."""
        ids = {letter.heads.subject for letter in letters if letter.heads.type in DRAWN}
        if not ids:
            return
        drawn = await sketched(machine, ids)
        crashpoint("router.before_sketches")
        await self.sketches.keep(list(drawn.values()), ids - drawn.keys())
        called = {letter.heads.subject for letter in letters if letter.heads.type in CALLS}
        if kind is Replay.LIVE:
            crashpoint("router.before_look")
            await self.look(machine, [drawn[id] for id in drawn if id in called])

    async def look(self, machine: Machine, sketches: Sequence[Sketch], *, of_others: bool = True) -> int:
        """Look for what these repeat, or is repeated by, and tell it; return how many suspicions were told. Without
        `of_others` only these are told of. What is in doubt is left to who may ask what is meant."""
        if not sketches:
            return 0
        near = await self._near(machine, sketches)
        told = await self._suspect(machine, sketches, near, of_others=of_others)
        if self.doubting is not None:
            by, rarity = rules_of(machine).pack.policy.duplicates, rules_of(machine).draughtsman.rarity
            found = await asyncio.to_thread(doubts, sketches, near, by, rarity)
            await self.doubting.take(found, patient=not of_others)
        return told

    async def run(self, machine: Machine) -> None:
        """Once nothing is being rebuilt, look again for all that waits for a person: in a rebuild nobody looks, and
        what was found last may have been lost with the outbox that held it."""
        while True:
            try:
                if not await self.rebuilding():
                    await self.settle(machine)
                    return
            except (StoreDown, Unavailable, Rebuilding) as error:
                log.info("looking_waits", why=str(error))
            await asyncio.sleep(LOOK_EVERY)

    async def settle(self, machine: Machine) -> int:
        """Look for what is in review; return how many suspicions that brought."""
        after, told = "", 0
        while ids := await self.sketches.in_review(after, PAGE):
            drawn = await sketched(machine, ids)
            told += await self.look(machine, list(drawn.values()), of_others=False)
            after = ids[-1]
        return told

    async def _near(self, machine: Machine, sketches: Sequence[Sketch]) -> list[list[Sketch]]:
        """Find what each is compared with."""
        span = timedelta(days=rules_of(machine).pack.policy.duplicates.days)
        asked = [Asked(one.id, one.asks, one.at - span, one.at + span) for one in sketches]
        return await self.sketches.near(asked, COMPARED)

    async def _suspect(
        self, machine: Machine, sketches: Sequence[Sketch], near: Sequence[Sequence[Sketch]], *, of_others: bool
    ) -> int:
        ours = {sketch.id for sketch in sketches}
        alike = await self._alike(machine, sketches, near)
        pairs = [pair for pair in alike if of_others or pair.last in ours]
        if not pairs:
            return 0
        if await self.rebuilding():
            raise Rebuilding("what is suspected of an issue waits until that is rebuilt")
        crashpoint("router.before_suspicions")
        return await telling.tell(machine, pairs)

    async def _alike(
        self, machine: Machine, sketches: Sequence[Sketch], near: Sequence[Sequence[Sketch]]
    ) -> list[Pair]:
        """Find the pairs that are alike, and still open."""
        by, rarity = rules_of(machine).pack.policy.duplicates, rules_of(machine).draughtsman.rarity
        pairs = await asyncio.to_thread(suspecting.pairs, sketches, near, by, rarity)
        pairs = suspecting.joined(pairs, sketches, await self._named(machine, sketches))
        if not pairs:
            return []
        # The index may be behind; the documents say what is open.
        still = await sketched(machine, {id for pair in pairs for id in (pair.last, pair.alike.other.id)})
        return [pair for pair in pairs if pair.last in still and pair.alike.other.id in still]

    async def _named(self, machine: Machine, sketches: Sequence[Sketch]) -> dict[str, Sketch]:
        """Draw those that the parties of these say are the same."""
        ids = {one.joins for one in sketches if one.joins}
        return await sketched(machine, ids) if ids else {}
