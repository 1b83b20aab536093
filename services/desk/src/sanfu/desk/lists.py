"""What people do with lists of visits, experience sheets, check-ups: make, look, mark. Each use case in its scope."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sanfu.contracts.masking import Mask
from sanfu.desk.affairs import Affairs, Wish
from sanfu.desk.domain.affairs.rules import unknown
from sanfu.desk.domain.affairs.sight import by_capacity, of_lists
from sanfu.desk.domain.affairs.table import LIST, OPENERS
from sanfu.desk.domain.deeds.deed import wrong
from sanfu.desk.domain.masking import INTERNAL
from sanfu.desk.domain.scope import Scope, Viewer, covering, widest
from sanfu.desk.domain.secrecy import SECRET
from sanfu.desk.ports import AffairsWanted, Document, Found
from sanfu.runtime.fold import Done
from sanfu.runtime.paging import Page
from sanfu.runtime.rules import Actor, Command

_IDS: Final = uuid.UUID("0c5b6f0e-5c0e-5b7a-9d39-7a1f6f3e2d84")
NOTHING: Final[Mapping[str, Any]] = {}
_TEXTS: Final = frozenset({"title", "theme_text", "text", "reason"})


@dataclass(slots=True)
class Lists:
    """The use cases of lists, beside those of other affairs."""

    affairs: Affairs

    def scope(self, who: Viewer) -> Scope:
        return of_lists(self.affairs.desk.scope(who), who.id)

    async def one(self, who: Viewer, id: str) -> Document:
        """Return a list. Raises Refusal 404: out of scope and not there alike."""
        found = (await self.affairs.documents.read([id])).get(id)
        if not found or found.get("what") != LIST or not covering(self.scope(who), found):
            raise unknown()
        return found

    async def page(self, who: Viewer, wanted: AffairsWanted, page: Page) -> list[Document]:
        return await self.affairs.lists.page(widest(self.scope(who)), wanted, page)

    async def counts(self, lists: Sequence[Document]) -> dict[str, list[Found]]:
        """Return how the findings of these lists stand."""
        counted = await self.affairs.desk.cases.found_on([one["_id"] for one in lists]) if lists else []
        found: dict[str, list[Found]] = {one["_id"]: [] for one in lists}
        for row in counted:
            found[row.affair].append(row)
        return found

    async def findings(self, who: Viewer, held: Document) -> tuple[dict[str, Document], Scope]:
        """Return the cases that were found on a list, and what of cases its reader may see besides."""
        ids = [one["issue"] for one in held["findings"]]
        return (await self.affairs.desk.documents.read(ids) if ids else {}), self.affairs.desk.scope(who)

    # ── do ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def open(self, who: Viewer, wish: Wish) -> tuple[str, Done]:
        """Make a list; the same key of the same person makes one. Raises Refusal, Unavailable."""
        holder = wish.said["holder"] or who.id
        person, now = await self.affairs.desk.accounts.person(holder), self.affairs.desk.clock.now()
        if person is None or not person.unit:
            raise wrong("holder", "unknown_account", "the account of somebody who works here now")
        whose = {"holder": holder, "unit": person.unit, "is_monitor": person.holds("monitor", now)}
        id = f"{LIST}-{uuid.uuid5(_IDS, f'{who.id}:{wish.key}')}"
        scope = by_capacity(self.affairs.desk.scope(who))
        return id, await self._do(who, id, wish, scope, said=whose)

    async def act(self, who: Viewer, id: str, wish: Wish) -> Done:
        """Do a command on a list. Raises Refusal, Unavailable."""
        held = await self.one(who, id)
        at = [one["issue"] for one in held["findings"] if one["entry"] == wish.said.get("entry")]
        cases = await self.affairs.desk.documents.read(at) if at else {}
        secret = [issue for issue, case in cases.items() if case.get("secrecy") in SECRET]
        return await self._do(who, id, wish, self.scope(who), secret=secret)

    async def _do(
        self, who: Viewer, id: str, wish: Wish, scope: Scope, *, said: Mapping[str, Any] = NOTHING,
        secret: Sequence[str] = (),
    ) -> Done:  # fmt: skip
        body = hashlib.sha256(orjson.dumps([wish.name, wish.said], option=orjson.OPT_SORT_KEYS)).hexdigest()
        data = {"said": {**masked(wish.said), **said}, "scope": scope, "id": id, "others": {}, "secret": secret}
        actor = Actor(who.id, self._capacity(who), who.unit)
        return await self.affairs.do(id, Command(wish.name, data, actor, f"{who.id}:{wish.key}", body, wish.if_match))

    def _capacity(self, who: Viewer) -> str:
        """Say in what capacity somebody holds a list: a holder is no role."""
        own = by_capacity(self.affairs.desk.scope(who))
        return own[0].role if own else OPENERS[2]


def masked(said: Mapping[str, Any]) -> dict[str, Any]:
    """Take numbers and addresses of people out of what is written on a list. Names can't be found: of a household in
    need none is taken at all."""
    mask = Mask(()).by(*INTERNAL)

    def civil(part: Mapping[str, Any]) -> dict[str, Any]:
        return {name: mask.text(value) if name in _TEXTS and value else value for name, value in part.items()}

    whole = civil(said)
    return {**whole, "entries": [civil(one) for one in said["entries"]]} if "entries" in said else whole
