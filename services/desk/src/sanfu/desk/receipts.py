"""What those who write down what parties say do for a party on the line, or at the window, by its receipt's number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sanfu.desk.domain.rules import offered, unknown
from sanfu.desk.domain.scope import Clause, Scope, Viewer, covering, written_down
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Document
from sanfu.runtime.fold import Done
from sanfu.runtime.rules import Actor, Refusal

ON_THE_LINE: Final = "the party asks, by its number"
"""The purpose that is kept of such a look: none is asked for."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """Whoever takes a call takes it for all channels: a party that reported on the web rings the hotline. The number,
    which only the party was given, stands for it; every look is on record. Sealed cases have none here."""

    desk: Desk

    async def look(self, who: Viewer, number: str) -> tuple[Document, tuple[str, ...]]:
        """Return the case of a number, and what its party may have written down now. Raises Refusal: 403 for who
        writes nothing down, 404."""
        case, scope = await self._of(who, number)
        await self.desk.note(who, [(case, covering(scope, case)[0], ["number"])], ON_THE_LINE)
        return case, offered(case, scope, who.id, self.desk.city.pack)

    async def say(
        self, who: Viewer, number: str, name: str, said: Mapping[str, Any], *, key: str, if_match: int | None
    ) -> Done:
        """Write down what the party says. Raises Refusal, Unavailable."""
        case, scope = await self._of(who, number)
        if other := said.get("issue"):
            await self.desk.case(who, other)
        actor = Actor(who.id, "", who.unit)
        return await self.desk.command(case["_id"], name, said, actor=actor, scope=scope, key=key, if_match=if_match)

    async def _of(self, who: Viewer, number: str) -> tuple[Document, Scope]:
        case = await self.desk.numbered(number)
        scope: tuple[Clause, ...] = written_down(self.desk.scope(who), case["receipt"] if case else number)
        if not scope:
            raise Refusal(403, "no-writer", "By number alone only a hotline or a window writes down what parties say.")
        if case is None or not covering(scope, case):
            raise unknown()
        return case, scope
