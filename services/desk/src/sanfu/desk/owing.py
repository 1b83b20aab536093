"""Orders by rule that nobody raised: of lights that turned red while the desk was away and then lost its database.

In a rebuild nothing is decided, and the order that a red light calls for is no event of the issue's own. There is
nothing to remember: what is owed is what is red and knows of no order. It is looked for once the desk takes commands;
ids are derived, so what is on its way, or was raised by another process, is not raised again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from sanfu.city.vocabulary import SECRECIES
from sanfu.desk.affairs import Affairs
from sanfu.desk.domain.affairs import orders
from sanfu.desk.domain.scope import Clause
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Document, Wanted
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.paging import Cursor, Page
from sanfu.runtime.rules import Actor, Command
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()

LOOK_EVERY: Final = 2.0
"""Seconds between two looks whether the desk takes commands by now."""
PAGE: Final = 200
ACTOR: Final = Actor("system", "system")
EVERYWHERE: Final = (Clause("system", None, None, None, None, frozenset(SECRECIES)),)


@dataclass(slots=True)
class Owing:
    """Raises what is owed. `closed` says why the desk takes no commands, or None."""

    desk: Desk
    affairs: Affairs
    closed: Callable[[], str | None]

    async def run(self) -> None:
        """Raise it all as soon as that can be done; then there is nothing to do any more."""
        while True:
            try:
                if (why := self.closed()) is None:
                    await self.settle()
                    return
            except (StoreDown, Unavailable) as error:
                why = str(error)
            log.info("owing_waits", why=why)
            await asyncio.sleep(LOOK_EVERY)

    async def settle(self) -> int:
        """Raise the orders that are owed; return how many were."""
        raised = 0
        async for case in self._red():
            if owed := orders.owed(case, self.desk.city.pack):
                order, said = owed
                raised += len((await self.affairs.do(order, Command(orders.OWE, said, ACTOR, orders.OWE))).events)
        return raised

    async def _red(self) -> AsyncIterator[Document]:
        after, more = None, True
        while more:
            page = await self.desk.cases.page(EVERYWHERE, Wanted(light="red"), Page(PAGE, after))
            for case in page[:PAGE]:
                yield case
                after = Cursor(case["limit"], case["_id"])
            more = len(page) > PAGE
