"""Who is erased is no longer known by what was sent to them, also where that was under way meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sanfu.notify.domain.delivery import Delivery, Outcome, settle
from sanfu.notify.handlers.opting_out import OptingOut
from sanfu.notify.handlers.unreachable import Unreachable
from sanfu.notify.ports import Deliveries, Letters


@dataclass(frozen=True, slots=True)
class Erasing:
    """Every method may raise StoreDown, and may then be called again."""

    deliveries: Deliveries
    letters: Letters
    unreachable: Unreachable
    opting_out: OptingOut

    async def forget(self, subjects: Sequence[str]) -> None:
        """Forget parties and filers of these: what stands for their addresses, what providers call their messages, and
        what is kept here of these. The deliveries themselves stay: that something was sent is the story's.

        They are marked first. So whoever has one in hand learns of it (`settled`), and nothing that is taken away here
        comes back; and only what was taken away everywhere else loses that by which it is found there.
        """
        traces = await self.deliveries.erasing(subjects)
        await self.letters.drop(sorted(traces.ids))
        await self.unreachable.forget(traces.reached)
        await self.opting_out.forget(traces.reached)
        await self.deliveries.forget(subjects)

    async def settled(self, passed: Sequence[Delivery], outcomes: Mapping[str, Outcome], real: datetime) -> None:
        """Take in what became of calls whose delivery was changed meanwhile: if by an erasure, the outcome stands, and
        what the call left behind goes. Anything else that came between, a receipt say, has said more already."""
        before = {one.id: one for one in passed}
        erased = [one for one in await self.deliveries.of([*before]) if one.erased]
        await self.letters.drop([one.id for one in erased])
        await self.unreachable.forget(index for one in erased if (index := before[one.id].reached))
        mine = [one for one in erased if one.state == "sending" and one.again == before[one.id].again]
        await self.deliveries.replace([settle(one, outcomes[one.id], real) for one in mine], uuid4().hex)
