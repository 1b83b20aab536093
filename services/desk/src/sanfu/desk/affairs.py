"""What people do with orders, meetings and tasks: make, look, list, act. Each use case in its scope."""

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sanfu.desk.domain.affairs.rules import unknown
from sanfu.desk.domain.deeds.deed import SECRET, WITHHELD, wrong
from sanfu.desk.domain.masking import masked
from sanfu.desk.domain.scope import Viewer, covering, widest
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import AffairsLists, AffairsWanted, Document
from sanfu.runtime.fold import Done
from sanfu.runtime.paging import Page
from sanfu.runtime.rules import Actor, Command
from sanfu.runtime.store import Documents

FREE: Final = ("text", "reason", "title")
"""Fields of free text."""
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
        return await self._do(who, id, wish, {**cases, **await self._seen(who, "add", wish.said.get("add", []))})

    async def _seen(self, who: Viewer, field: str, ids: Sequence[str]) -> dict[str, Document]:
        """Return these cases. Raises Refusal 422 that names one that does not exist or is not to be seen."""
        cases = await self.desk.seen(who, ids)
        if hidden := [one for one in ids if one not in cases]:
            raise wrong(field, "unknown_case", f"ids of cases that you may see, not {hidden[0]}")
        return cases

    async def _do(self, who: Viewer, id: str, wish: Wish, cases: Mapping[str, Document]) -> Done:
        body = hashlib.sha256(orjson.dumps([wish.name, wish.said], option=orjson.OPT_SORT_KEYS)).hexdigest()
        people = [person for case in cases for person in await self.desk.people_of(case)]
        said = masked(discreet(wish.said, cases), people)
        data = {"said": said, "scope": self.desk.scope(who), "id": id, "others": cases}
        actor = Actor(who.id, "", who.unit)
        return await self.do(id, Command(wish.name, data, actor, f"{who.id}:{wish.key}", body, wish.if_match))


def discreet(said: Mapping[str, Any], cases: Mapping[str, Document]) -> dict[str, Any]:
    """Refuse free text about an issue that is confidential; where a contract wants one, it is withheld. The affairs'
    story is read by many."""
    secret = {id for id, case in cases.items() if case["secrecy"] in SECRET}
    quiet = _withheld(said, FREE, "") if secret else dict(said)
    if decisions := said.get("decisions"):
        quiet["decisions"] = [
            _withheld(one, ("text",), f"decisions[{n}].") if one["issue"] in secret else one
            for n, one in enumerate(decisions)
        ]
    return quiet


def _withheld(said: Mapping[str, Any], fields: Sequence[str], at: str) -> dict[str, Any]:
    for field in fields:
        if said.get(field):
            raise wrong(f"{at}{field}", "confidential", "nothing: an issue it bears upon is confidential")
    return {**said, **{field: WITHHELD for field in fields if field in said}}
