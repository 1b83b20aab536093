"""What people do with orders, meetings and tasks: make, look, list, act. Each use case in its scope."""

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sanfu.city.succession import in_its_place
from sanfu.desk.domain.affairs.rules import unknown
from sanfu.desk.domain.deeds.deed import wrong
from sanfu.desk.domain.masking import masked
from sanfu.desk.domain.scope import Viewer, covering, widest
from sanfu.desk.domain.secrecy import SECRET
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import AffairsLists, AffairsWanted, Document
from sanfu.runtime.fold import Done
from sanfu.runtime.paging import Page
from sanfu.runtime.rules import Actor, Command
from sanfu.runtime.store import Documents

_IDS: Final = uuid.UUID("6f1d0c9e-6e0b-5f0e-9a53-2b1c7d7f4a10")


@dataclass(frozen=True, slots=True)
class Wish:
    """A command as somebody sends it. `key` is the sender's own: the same key of two people is two keys."""

    name: str
    said: Mapping[str, Any]
    key: str
    if_match: int | None = None


@dataclass(slots=True)
class Affairs:
    """The use cases of affairs, beside those of cases."""

    desk: Desk
    lists: AffairsLists
    documents: Documents
    do: Callable[[str, Command], Awaitable[Done]]

    async def affair(self, who: Viewer, id: str, what: str) -> Document:
        """Return an affair of that kind. Raises Refusal 404: out of scope and not there alike."""
        found = (await self.documents.read([id])).get(id)
        if not found or found.get("what") != what or not covering(self.desk.scope(who), found):
            raise unknown()
        return found

    async def page(self, who: Viewer, wanted: AffairsWanted, page: Page) -> list[Document]:
        return await self.lists.page(widest(self.desk.scope(who)), wanted, page)

    async def make(self, who: Viewer, what: str, wish: Wish) -> tuple[str, Done]:
        """Make an affair; the same key of the same person makes one. Raises Refusal, Unavailable."""
        id = f"{what}-{uuid.uuid5(_IDS, f'{who.id}:{wish.key}')}"
        return id, await self._do(who, id, wish, await self._seen(who, "issues", wish.said.get("issues", [])))

    async def act(self, who: Viewer, id: str, what: str, wish: Wish) -> Done:
        """Do a command on an affair. Raises Refusal, Unavailable."""
        affair = await self.affair(who, id, what)
        about = [*affair["concerns"], *(one["issue"] for one in wish.said.get("decisions", []))]
        cases = await self.desk.seen(who, list(dict.fromkeys(about)))
        more = await self._seen(who, "add", wish.said.get("add", []))
        await self._sponsored(wish.said.get("decisions", []))
        return await self._do(who, id, wish, {**cases, **more}, affair["concerns"])

    async def _sponsored(self, decisions: Sequence[Mapping[str, Any]]) -> None:
        """Raises Refusal 422 where who should sponsor an issue on the register is no leader now."""
        for number, decision in enumerate(decisions):
            sponsor = (decision["plan"] or {}).get("sponsor")
            person = await self.desk.accounts.person(sponsor) if sponsor else None
            if sponsor and not (person and person.holds("leader", self.desk.clock.now())):
                post = in_its_place(self.desk.city.pack.staff, sponsor, self.desk.city.pack.day(self.desk.clock.now()))
                heir = f", as {post} in the place of {sponsor}" if post and post != sponsor else ""
                raise wrong(f"decisions[{number}].plan.sponsor", "no_leader", f"the account of a leader{heir}")

    async def _seen(self, who: Viewer, field: str, ids: Sequence[str]) -> dict[str, Document]:
        """Return these cases. Raises Refusal 422 that names one that does not exist or is not to be seen."""
        cases = await self.desk.seen(who, ids)
        if hidden := [one for one in ids if one not in cases]:
            raise wrong(field, "unknown_case", f"ids of cases that you may see, not {hidden[0]}")
        return cases

    async def _do(
        self, who: Viewer, id: str, wish: Wish, cases: Mapping[str, Document], concerns: Sequence[str] = ()
    ) -> Done:
        body = hashlib.sha256(orjson.dumps([wish.name, wish.said], option=orjson.OPT_SORT_KEYS)).hexdigest()
        people = [person for case in cases for person in await self.desk.people_of(case)]
        unseen = await self.desk.documents.read([one for one in concerns if one not in cases])
        secret = [issue for issue, case in {**unseen, **cases}.items() if case.get("secrecy") in SECRET]
        data = {"said": masked(wish.said, people), "scope": self.desk.scope(who), "id": id, "others": cases,
                "secret": secret}  # fmt: skip
        actor = Actor(who.id, "", who.unit)
        return await self.do(id, Command(wish.name, data, actor, f"{who.id}:{wish.key}", body, wish.if_match))
