"""What people do at the desk: look, list, count, order, read a contact. Each use case in its scope."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sanfu.city.model import Pack
from sanfu.contracts.envelope import instant
from sanfu.desk.contacts import Opened, opened, people
from sanfu.desk.domain.masking import masked
from sanfu.desk.domain.people import viewer
from sanfu.desk.domain.rules import unknown
from sanfu.desk.domain.scope import Scope, Viewer, covering, scope, subtrees, widest
from sanfu.desk.domain.table import LEAD
from sanfu.desk.ports import Cases, Document, Row, Shelf, Shelves, Wanted
from sanfu.runtime.clock import Clock
from sanfu.runtime.fold import Done
from sanfu.runtime.paging import Page
from sanfu.runtime.rules import Actor, Command, Refusal
from sanfu.runtime.sealing import Sealer
from sanfu.runtime.store import Documents

Do = Callable[[str, Command], Awaitable[Done]]

OUTSIDERS = frozenset({"reviewer", "follow_up_caller", "coordination_office", "discipline_liaison"})
"""They decide about people's matters or call them, and stand for no unit that handles."""
READERS = OUTSIDERS | LEAD
"""Roles that may read a contact."""


class City:
    """The pack in use, and what is derived from it once."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.tree = subtrees(pack.units)


@dataclass(slots=True)
class Desk:
    """The use cases. `city` is swapped when the pack changes."""

    city: City
    cases: Cases
    shelves: Shelves
    documents: Documents
    clock: Clock
    do: Do
    sealer: Sealer | None = None

    # ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def bearer(self, token: str) -> Viewer:
        """Say whose token this is. Raises Refusal 401."""
        found = await self.shelves.users.having("token", digest(token))
        person = self.person(found[0]["_id"]) if found else None
        if person is None:
            raise Refusal(401, "token-unknown", "This token belongs to nobody who works here now: ask for a new one.")
        return person

    def person(self, id: str) -> Viewer | None:
        """Return somebody of the city's staff, unless they left."""
        staff = self.city.pack.staff.get(id)
        return viewer(staff, self.city.pack) if staff is not None and staff.active else None

    def scope(self, who: Viewer) -> Scope:
        """Say what somebody may see now."""
        return scope(who, self.city.tree, self.clock.now())

    # ── look ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def case(self, who: Viewer, id: str) -> Document:
        """Return a case. Raises Refusal 404 for one that does not exist and for one out of scope alike."""
        found = (await self.documents.read([id])).get(id)
        if not found or "state" not in found or not covering(self.scope(who), found):
            raise unknown()
        return found

    async def page(self, who: Viewer, wanted: Wanted, page: Page) -> list[Document]:
        return await self.cases.page(widest(self.scope(who)), wanted, page)

    async def count(self, who: Viewer) -> list[Row]:
        return await self.cases.count(widest(self.scope(who)))

    # ── act ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def order(
        self, who: Viewer, id: str, name: str, said: Mapping[str, Any], *, key: str, if_match: int | None
    ) -> tuple[Document, Done]:
        """Do a command on a case; return the case as it is then. Raises Refusal, Unavailable.

        A key is the sender's own: the same key of two people is two keys.
        """
        await self.case(who, id)
        body = hashlib.sha256(orjson.dumps([name, said], option=orjson.OPT_SORT_KEYS)).hexdigest()
        actor = Actor(who.id, "", who.unit)
        data = {"said": masked(said, await self._people(id)), "scope": self.scope(who)}
        done = await self.do(id, Command(name, data, actor, f"{who.id}:{key}", body, if_match))
        return {"_id": id, "ver": done.ver, **done.state}, done

    async def _people(self, id: str) -> list[Mapping[str, Any]]:
        """Return what is known of an issue's party and filer; nothing without a key ring."""
        return people(self.sealer, await self.shelves.contacts.having("issue", id)) if self.sealer else []

    # ── contacts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def contact(self, who: Viewer, id: str, purpose: str) -> Opened:
        """Open an issue's contact for a purpose; the reading is on record before anything is shown.

        Raises Refusal: 404 out of scope or nothing there, 403 for a role that may not.
        """
        case = await self.case(who, id)
        clauses = [c for c in covering(self.scope(who), case) if c.role in READERS]
        if not [c for c in clauses if c.role in OUTSIDERS or c.leads(case)]:
            raise Refusal(403, "contact-closed", "Contacts are read by the unit that leads and by the office.")
        if self.sealer is None:
            raise Refusal(409, "no-keys", "This service has no key ring: set SANFU_KEYS_FILE.")
        outsider = any(c.role in OUTSIDERS for c in clauses)
        if not outsider and case["unit"] in case["complains_of"]:
            raise Refusal(403, "recused", "The issue complains of this unit: it is not told who said so.")
        boxes = await self.shelves.contacts.having("issue", id)
        now = instant(self.clock.now())
        reading = {
            "_id": f"{id}/{now}/{who.id}",
            "version": 1,
            "case": id,
            "at": now,
            "user": who.id,
            "purpose": purpose,
        }
        await self.shelves.readings.put([{**reading, "purpose": purpose}])
        filer = outsider or (case["filer"] or {}).get("named_to_unit", True)
        return opened(self.sealer, boxes, with_filer=filer)


def digest(token: str) -> str:
    """Return what is kept of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


async def give_tokens(users: Shelf, tokens: Mapping[str, str]) -> None:
    """Make exactly these tokens valid. Users are kept; one without a token here can't come in any more."""
    known: Sequence[Document] = await users.all()
    fresh = []
    for id in {*tokens, *(user["_id"] for user in known)}:
        was = next((user for user in known if user["_id"] == id), {"version": 0})
        token = digest(tokens[id]) if id in tokens else None
        if was.get("token") != token or not was["version"]:
            fresh.append({"_id": id, "version": was["version"] + 1, "token": token})
    await users.put(fresh)
