"""Units end: their open cases and affairs go to their successors, one event each.

There is nothing to remember: what is left is what still names a unit that is no more. So a crash loses nothing, and of
several processes that go through the same page one is heard for each case.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Final

import structlog

from sanfu.city.model import Pack
from sanfu.city.succession import ended, orphaned
from sanfu.city.vocabulary import SECRECIES
from sanfu.desk.affairs import Affairs
from sanfu.desk.domain.deeds.succession import SUCCEED
from sanfu.desk.domain.scope import Clause
from sanfu.desk.handlers import EVERYTHING, Desk, Do
from sanfu.desk.ports import AffairsWanted, Document
from sanfu.runtime.again import again
from sanfu.runtime.paging import Page
from sanfu.runtime.rules import Actor, Command, Refusal

log = structlog.get_logger()

LOOK_EVERY: Final = 2.0
"""Seconds between two looks: a day begins, a pack is taken, an assignment by the old pack was still on its way."""
PAGE: Final = 200
KINDS: Final = ("order", "meeting", "task", "list")
ACTOR: Final = Actor("system", "system")


@dataclass(slots=True)
class Succession:
    """Goes through what units that are no more still have. `run` never ends."""

    desk: Desk
    affairs: Affairs
    _refused: str = ""

    async def run(self) -> None:
        await again(self._settle_all, LOOK_EVERY, "succession_waits")

    async def _settle_all(self) -> None:
        while await self.settle():
            pass

    async def settle(self) -> int:
        """Hand a page of each unit's cases and affairs to its successor; return how many were."""
        moved = 0
        for former, heir in self._ended().items():
            said = {"from_unit": former, "unit": heir}
            cases, affairs = await self._held([former])
            for do, held in ((self.desk.do, cases), (self.affairs.do, affairs)):
                moved += sum(await asyncio.gather(*(self._succeed(do, one, said) for one in held)))
        return moved

    async def unsettled(self) -> int:
        """Count what waits for its successor, up to a page."""
        gone = [*self._ended()]
        return len([*chain(*await self._held(gone))]) if gone else 0

    async def refuses(self, pack: Pack) -> bool:
        """Tell whether a pack can't be taken, because somebody's open cases would be nobody's; the log says whose."""
        alone = orphaned(self.desk.city.pack, pack, self._today())
        left = sorted({unit for one in chain(*await self._held(alone)) for unit in one["units"]}.intersection(alone))
        if left and self._refused != pack.version:
            self._refused = pack.version
            cure = "name who goes on with their work: succeeded_by in units.csv"
            log.warning("pack_refused", version=pack.version, without_successor=left, cure=cure)
        return bool(left)

    async def _held(self, units: Sequence[str]) -> tuple[list[Document], list[Document]]:
        """Return open cases and open affairs in which these units have a part, a page of each kind at most."""
        if not units:
            return [], []
        scope, page = (Clause("system", frozenset(units), None, None, None, frozenset(SECRECIES)),), Page(PAGE, None)
        affairs = [await self.affairs.lists.page(scope, AffairsWanted(kind), page) for kind in KINDS]
        return await self.desk.cases.page(scope, EVERYTHING, page), [*chain(*affairs)]

    async def _succeed(self, do: Do, held: Document, said: dict[str, str]) -> bool:
        """Tell it of one case or affair. The key holds its version: a part that comes later goes over as well."""
        key = f"{SUCCEED}:{said['from_unit']}:{said['unit']}:{held['ver']}"
        try:
            return bool((await do(held["_id"], Command(SUCCEED, said, ACTOR, key))).events)
        except Refusal:
            return False

    def _ended(self) -> dict[str, str]:
        return {code: heir for code, heir in ended(self.desk.city.pack, self._today()).items() if heir is not None}

    def _today(self) -> date:
        return self.desk.city.pack.day(self.desk.clock.now())
