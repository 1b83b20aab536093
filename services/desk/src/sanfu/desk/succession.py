"""Units end: their open cases and affairs go to their successors, one event each. So do a category's open cases, what
of them is addressed to a post, and the lists that it holds.

There is nothing to remember: what is left is what still names a unit, or a category, that is no more. So a crash loses
nothing, and of several processes that go through the same page one is heard for each case.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Final

import structlog

from sanfu.city.model.pack import Pack
from sanfu.city.model.who import Lasting
from sanfu.city.succession import ended, in_its_place, orphaned
from sanfu.city.vocabulary import SECRECIES
from sanfu.desk.affairs import Affairs
from sanfu.desk.domain.affairs.table import LIST
from sanfu.desk.domain.deeds.succession import SUCCEED, SUCCEED_CATEGORY, SUCCEED_POST
from sanfu.desk.domain.scope import Clause
from sanfu.desk.handlers import EVERYTHING, Desk, Do
from sanfu.desk.ports import AffairsWanted, Document, Wanted
from sanfu.runtime.again import again
from sanfu.runtime.paging import Page
from sanfu.runtime.rules import Actor, Command, Refusal

log = structlog.get_logger()

LOOK_EVERY: Final = 2.0
"""Seconds between two looks: a day begins, a pack is taken, an assignment by the old pack was still on its way."""
FIRST: Final = Page(200, None)
"""What is done at once: what was done is not there any more at the next look."""
KINDS: Final = ("order", "meeting", "task", "list")
ACTOR: Final = Actor("system", "system")


@dataclass(slots=True)
class Succession:
    """Goes through what those that are no more still have. `run` never ends."""

    desk: Desk
    affairs: Affairs
    _refused: str = ""

    async def run(self) -> None:
        await again(self._settle_all, LOOK_EVERY, "succession_waits")

    async def _settle_all(self) -> None:
        while await self.settle():
            pass

    async def settle(self) -> int:
        """Hand a page of what each of those that are no more has to its successor; return how many were."""
        moved = 0
        for former, heir in self._ended(self.desk.city.pack.units).items():
            said = {"from_unit": former, "unit": heir}
            cases, affairs = await self._held([former])
            moved += await self._tell(self.desk.do, cases, SUCCEED, said)
            moved += await self._tell(self.affairs.do, affairs, SUCCEED, said)
        for former, heir in self._ended(self.desk.city.pack.categories).items():
            said = {"from_category": former, "category": heir}
            moved += await self._tell(self.desk.do, await self._of(former), SUCCEED_CATEGORY, said)
        for former, heir in self._ended(self.desk.city.pack.staff).items():
            said = {"from_user": former, "user": heir}
            moved += await self._tell(self.desk.do, await self._addressed(former), SUCCEED_POST, said)
            moved += await self._tell(self.affairs.do, await self._lists(former), SUCCEED_POST, self._with_unit(said))
        return moved

    async def unsettled(self) -> int:
        """Count what waits for its successor, up to a page of each kind."""
        pack = self.desk.city.pack
        units = [*self._ended(pack.units)]
        waiting = [*chain(*await self._held(units))]
        for code in self._ended(pack.categories):
            waiting += await self._of(code)
        for code in self._ended(pack.staff):
            waiting += [*await self._addressed(code), *await self._lists(code)]
        return len(waiting)

    async def refuses(self, pack: Pack) -> bool:
        """Tell whether a pack can't be taken, as open cases would be nobody's, or of nothing; the log says whose."""
        before, day = self.desk.city.pack, self._today()
        alone = orphaned(before.units, pack.units, day)
        units = {unit for one in chain(*await self._held(alone)) for unit in one["units"]}.intersection(alone)
        categories = [code for code in orphaned(before.categories, pack.categories, day) if await self._of(code)]
        alone = orphaned(before.staff, pack.staff, day)
        posts = [code for code in alone if await self._addressed(code) or await self._lists(code)]
        left = [*sorted(units), *categories, *posts]
        if left and self._refused != pack.version:
            self._refused = pack.version
            cure = "name who goes on with their work: succeeded_by in units.csv, categories.csv, staff.csv"
            log.warning("pack_refused", version=pack.version, without_successor=left, cure=cure)
        return bool(left)

    async def _held(self, units: Sequence[str]) -> tuple[list[Document], list[Document]]:
        """Return open cases and open affairs in which these units have a part, a page of each kind at most."""
        if not units:
            return [], []
        scope = (_everything(frozenset(units)),)
        affairs = [await self.affairs.lists.page(scope, AffairsWanted(kind), FIRST) for kind in KINDS]
        return await self.desk.cases.page(scope, EVERYTHING, FIRST), [*chain(*affairs)]

    async def _of(self, category: str) -> list[Document]:
        """Return open cases of a category, a page at most."""
        return await self.desk.cases.page((_everything(),), Wanted(category=category), FIRST)

    async def _addressed(self, user: str) -> list[Document]:
        """Return open cases of which something is addressed to an account, a page of each kind at most."""
        kinds = (Wanted(agent=user), Wanted(sponsor=user))
        pages = [await self.desk.cases.page((_everything(),), kind, FIRST) for kind in kinds]
        return [*{one["_id"]: one for one in chain(*pages)}.values()]

    async def _lists(self, user: str) -> list[Document]:
        """Return open lists that an account holds, a page at most."""
        return await self.affairs.lists.page((_everything(),), AffairsWanted(LIST, holder=user), FIRST)

    def _with_unit(self, said: Mapping[str, str]) -> dict[str, str]:
        """A list is of its holder's unit: of the one that goes on with that unit's work, if it is no more either."""
        units, own = self.desk.city.pack.units, self.desk.city.pack.staff[said["user"]].unit
        return {**said, "unit": in_its_place(units, own, self._today()) or own}

    async def _tell(self, do: Do, held: Sequence[Document], name: str, said: Mapping[str, str]) -> int:
        return sum(await asyncio.gather(*(self._succeed(do, one, name, said) for one in held)))

    async def _succeed(self, do: Do, held: Document, name: str, said: Mapping[str, str]) -> bool:
        """Tell it of one case or affair. The key holds its version: a part that comes later goes over as well."""
        key = ":".join((name, *said.values(), str(held["ver"])))
        try:
            return bool((await do(held["_id"], Command(name, said, ACTOR, key))).events)
        except Refusal:
            return False

    def _ended(self, known: Mapping[str, Lasting]) -> dict[str, str]:
        return {code: heir for code, heir in ended(known, self._today()).items() if heir is not None}

    def _today(self) -> date:
        return self.desk.city.pack.day(self.desk.clock.now())


def _everything(units: frozenset[str] | None = None) -> Clause:
    return Clause("system", units, None, None, None, frozenset(SECRECIES))
