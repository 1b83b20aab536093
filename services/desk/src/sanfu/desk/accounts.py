"""Accounts as desk meets them: whose token this is, what somebody may see now, and every change of an account.

A change is one compare-and-set of the account's document, and holds its own record (`last`); the audit gets a copy
right after, and before the account is changed again. So no change is without its record, whatever crashes when.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import instant
from sanfu.desk.domain.accounts import SYSTEM, Account, account, substitutions, viewer
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.looks import Shared
from sanfu.desk.ports import Document, Shelf, Shelves
from sanfu.runtime.clock import Clock
from sanfu.runtime.rules import Refusal

Amend = Callable[[Document], Mapping[str, Any]]
"""From an account's record as it stands (empty for one that has none) to the fields that change. May raise Refusal."""
PRIVATE = ("password", "token", "last")
"""Fields of a record that nobody is shown, and no audit keeps."""


@dataclass(slots=True)
class Accounts:
    """Reads and changes accounts. `pack` gives the pack in use."""

    shelves: Shelves
    clock: Clock
    pack: Callable[[], Pack]
    changes: int = 0
    """How many changes this process has made."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set with each of them; whoever waits for it clears it."""
    _by_token: Shared = field(init=False)

    def __post_init__(self) -> None:
        self._by_token = Shared(self._with_tokens)

    # ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def bearer(self, token: str) -> Viewer:
        """Say whose token this is. Raises Refusal 401 for one of nobody, or of somebody who may not come in now."""
        found = await self._by_token.of(digest(token))
        person = await self.viewer(found["_id"], found) if found and self.valid(found) else None
        if person is None:
            raise Refusal(401, "token-unknown", "This token belongs to nobody who works here now: ask for a new one.")
        return person

    async def _with_tokens(self, digests: Sequence[str]) -> dict[str, Document]:
        return {record["token"]: record for record in await self.shelves.users.having("token", *digests)}

    def valid(self, record: Document) -> bool:
        """Tell whether a record's token has not run out."""
        until = record.get("token_until")
        return until is None or instant(self.clock.now()) < until

    async def person(self, id: str) -> Viewer | None:
        """Return somebody who works here now, with what they hold at this instant; else None."""
        return await self.viewer(id, (await self.shelves.users.get([id])).get(id))

    async def account(self, id: str) -> Account | None:
        """Return an account as it stands, whether it may come in or not."""
        return account(id, (await self.shelves.users.get([id])).get(id), self.pack())

    async def viewer(self, id: str, record: Document | None) -> Viewer | None:
        """See an account by its record as the rules do, if it works here now."""
        found = account(id, record, self.pack())
        if found is None or not found.works(self.clock.now()):
            return None
        return viewer(found, await self.stood_for(found), self.pack(), self.clock.now())

    async def stood_for(self, found: Account) -> dict[str, Account]:
        """Return those for whom somebody stands in now, by id."""
        absent = [term["for"] for term in substitutions(found, self.clock.now())]
        records = await self.shelves.users.get(absent) if absent else {}
        known = {id: account(id, records.get(id), self.pack()) for id in absent}
        return {id: one for id, one in known.items() if one is not None}

    # ── change ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def amend(self, id: str, by: str, what: str, change: Amend, version: int | None = None) -> Document:
        """Change an account's record, and keep on the audit who did what when. Returns the record as it is then; one in
        which nothing changes stays as it is.

        Raises Refusal: whatever `change` does, and 412 where `version` is not the one that stands.
        """
        users = self.shelves.users
        while True:
            was = (await users.get([id])).get(id, {"_id": id, "version": 0})
            if version is not None and version != was["version"]:
                raise Refusal(412, "changed-meanwhile", f"It has version {was['version']} by now: read it again.")
            fields = dict(change(was))
            if all(name in was and was[name] == value for name, value in fields.items()):
                return was
            await keep(self.shelves.audit, was)
            last = {
                "version": was["version"] + 1, "at": instant(self.clock.now()), "by": by, "what": what,
                "changed": shown(fields),
            }  # fmt: skip
            fresh = {**was, **fields, "version": was["version"] + 1, "last": last}
            if await users.swap(fresh):
                await keep(self.shelves.audit, fresh)
                self.changes += 1
                self.changed.set()
                return fresh


async def keep(audit: Shelf, record: Document) -> None:
    """Copy an account's last change to the audit; again, it is the same entry."""
    if last := record.get("last"):
        id, version = record["_id"], last["version"]
        await audit.put([{**last, "_id": f"{id}/{version}", "version": 1, "account": id, "account_version": version}])


async def keep_all(shelves: Shelves) -> None:
    """Copy to the audit what a crash may have kept from it."""
    for record in await shelves.users.all():
        await keep(shelves.audit, record)


def shown(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields of a record as they may be seen: of what opens an account, only whether there is something."""
    return {name: (bool(value) if name in PRIVATE else value) for name, value in fields.items()}


def digest(token: str) -> str:
    """Return what is kept of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


async def give_tokens(users: Shelf, tokens: Mapping[str, str]) -> None:
    """Make exactly these tokens of people valid. Accounts are kept; a person without a token here can't come in by one
    any more. A system's key is not touched."""
    known = {user["_id"]: user for user in await users.all()}
    for id in {*tokens, *(id for id, user in known.items() if user.get("kind") != SYSTEM)}:
        token = digest(tokens[id]) if id in tokens else None
        was = known.get(id, {"_id": id, "version": 0})
        while not was["version"] or was.get("token") != token:
            if await users.swap({**was, "version": was["version"] + 1, "token": token}):
                break
            was = (await users.get([id]))[id]
