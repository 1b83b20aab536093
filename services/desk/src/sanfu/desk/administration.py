"""Keeping accounts: who works here, what they were given, who stands in for whom, units' keys; each change on record.

Whoever keeps accounts reads no issue, changes nothing of their own, and deletes nothing: what was given, ends.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sanfu.contracts.envelope import instant
from sanfu.desk.accounts import Accounts, digest
from sanfu.desk.domain.accounts import PERSON, SYSTEM, Account, everybody, own_grants, unfit
from sanfu.desk.domain.people import ADMINISTRATOR
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.ports import Document
from sanfu.runtime.rules import Refusal

Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Administration:
    """The use cases of whoever keeps accounts. Every method may raise Refusal: 403, 404, 409, 412, 422."""

    accounts: Accounts

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def every(self, kind: str = PERSON) -> list[Account]:
        """Return all accounts of a kind by id: those of the staff list, and those made here."""
        records = {record["_id"]: record for record in await self.accounts.shelves.users.all()}
        return [one for one in everybody(records, self.accounts.pack()) if one.kind == kind]

    async def one(self, id: str) -> Account:
        found = await self.accounts.account(id)
        if found is None:
            raise Refusal(404, "account-unknown", "There is no such account.")
        return found

    async def create(self, who: Viewer, said: Said) -> Account:
        """Make a person's account. It holds nothing, and nothing opens it, until that is given."""
        id, fields = said["id"], _folded({name: value for name, value in said.items() if name != "id"})
        if await self.accounts.account(id) is not None:
            raise Refusal(409, "account-exists", f"There is an account {id}; ids are never used again.")
        await self._check(fields)
        await self.accounts.amend(
            id, who.id, "created", lambda was: _new(was, {"kind": PERSON, "active": True, **fields})
        )
        return await self.one(id)

    async def change(self, who: Viewer, id: str, said: Said, version: int | None) -> Account:
        """Change an account's own fields; those not said stay."""
        self._not_oneself(who, id)
        await self.one(id)
        fields = _folded(said)
        await self._check(fields, but=id)
        await self.accounts.amend(id, who.id, "changed", lambda _: fields, version)
        return await self.one(id)

    async def _check(self, said: Said, but: str | None = None) -> None:
        if said.get("unit") is not None and said["unit"] not in self.accounts.pack().units:
            raise wrong("unit", "a unit of the city")
        for field in ("subject", "email"):
            held = await self.accounts.shelves.users.having(field, said[field]) if said.get(field) else []
            if any(other["_id"] != but for other in held):
                raise wrong(field, "one that no other account has")

    # ── what they were given ─────────────────────────────────────────────────────────────────────────────────────────

    async def give(self, who: Viewer, id: str, said: Said) -> Document:
        """Give a grant; return it. The same one again, while it lasts, is the one that was given."""
        self._not_oneself(who, id)
        found = await self._person(id)
        if fault := unfit(said, self.accounts.pack()):
            raise wrong(*fault)
        self._apart(found, said["role"])
        record = await self.accounts.amend(id, who.id, "granted", lambda was: _added(was, "grants", "g", said, who.id))
        return _same(record, "grants", said)

    async def end_grant(self, who: Viewer, id: str, until: str) -> Document:
        """Have a grant end at an instant; it stays on record."""
        return await self._end(who, id, "grants", until)

    async def _end(self, who: Viewer, id: str, kind: str, until: str) -> Document:
        user = id.rpartition(":")[0]
        self._not_oneself(who, user)
        until = max(until, instant(self.accounts.clock.now()))
        await self.accounts.amend(user, who.id, f"{kind}_ended", lambda was: {kind: _ended(was, kind, id, until)})
        record = (await self.one(user)).record
        return next(dict(each) for each in record[kind] if each["id"] == id)

    # ── in another's place ───────────────────────────────────────────────────────────────────────────────────────────

    async def substitute(self, who: Viewer, said: Said) -> Document:
        """Have somebody stand in for another: while it lasts, they hold what the other holds, and act under their own
        name. Said by whoever keeps accounts, or by the one who is away."""
        stands_in, away = await self._person(said["user"]), await self._person(said["for"])
        if who.id != away.id:
            administers(who, self.accounts)
        elif stands_in.unit != away.unit:
            raise Refusal(409, "other-unit", "Who stands in for you is of your unit; for anybody else, ask for it.")
        self._not_oneself(who, stands_in.id)
        if stands_in.id == away.id:
            raise wrong("user", "somebody else than who is away")
        if said["until"] <= said["since"]:
            raise wrong("until", "an instant after `since`")
        return await self._stand_in(who, stands_in, {**said, "why": "substitution"})

    async def hand_over(self, who: Viewer, said: Said) -> Document:
        """Have somebody leave at an instant, and another go on with their work from then on.

        Two records; done again, nothing is done twice.
        """
        leaves, stays = await self._person(said["from"]), await self._person(said["to"])
        for person in (leaves, stays):
            self._not_oneself(who, person.id)
        if leaves.id == stays.id:
            raise wrong("to", "somebody else than who leaves")
        at = max(said["at"], instant(self.accounts.clock.now()))
        term = {"user": stays.id, "for": leaves.id, "since": at, "until": None, "why": "hand_over"}
        done = await self._stand_in(who, stays, term)
        await self.accounts.amend(leaves.id, who.id, "left", lambda _: {"until": at})
        return done

    async def end_substitution(self, who: Viewer, id: str, until: str) -> Document:
        return await self._end(who, id, "stands_in", until)

    async def _stand_in(self, who: Viewer, stands_in: Account, said: Said) -> Document:
        if any(held.role == ADMINISTRATOR for held in own_grants(stands_in, self.accounts.pack())):
            raise Refusal(409, "keeps-accounts", "Who keeps accounts reads no issue, and stands in for nobody.")
        term = {name: value for name, value in said.items() if name != "user"}

        def added(was: Document) -> Said:
            return _added(was, "stands_in", "s", term, who.id)

        record = await self.accounts.amend(stands_in.id, who.id, said["why"], added)
        return _same(record, "stands_in", term)

    # ── units' own systems ───────────────────────────────────────────────────────────────────────────────────────────

    async def issue_key(self, who: Viewer, said: Said) -> tuple[Account, str]:
        """Make a key for a unit's own system; this is the only time that it is shown."""
        await self._check(said)
        id, key = f"{said['unit']}:{said['name']}", secrets.token_urlsafe(32)
        fields = {
            "kind": SYSTEM, "name": said["name"], "unit": said["unit"], "active": True, "token": digest(key),
            "token_until": said["until"], "for_officers": said["for_officers"],
        }  # fmt: skip
        await self.accounts.amend(id, who.id, "key_issued", lambda was: _new(was, fields))
        return await self.one(id), key

    async def revoke_key(self, who: Viewer, id: str) -> Account:
        """Make a key open nothing, at once and for good."""
        found = await self.one(id)
        if found.kind != SYSTEM:
            raise Refusal(404, "key-unknown", "There is no such key.")
        if found.active:
            await self.accounts.amend(id, who.id, "key_revoked", lambda _: {"active": False, "token": None})
        return await self.one(id)

    # ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _not_oneself(self, who: Viewer, id: str) -> None:
        if who.id == id:
            raise Refusal(409, "not-oneself", "Nobody gives or changes anything of their own: somebody else has to.")

    def _apart(self, found: Account, role: str) -> None:
        """Keep those who keep accounts apart from those who see cases."""
        held = {grant.role for grant in own_grants(found, self.accounts.pack())}
        stands_in = bool(found.stands_in)
        if (role == ADMINISTRATOR and (held - {ADMINISTRATOR} or stands_in)) or (
            role != ADMINISTRATOR and ADMINISTRATOR in held
        ):
            raise Refusal(409, "keeps-accounts", "Who keeps accounts reads no issue: these are two accounts.")

    async def _person(self, id: str) -> Account:
        found = await self.accounts.account(id)
        if found is None or found.kind != PERSON:
            raise Refusal(404, "account-unknown", f"There is no account {id} of a person.")
        return found


def administers(who: Viewer, accounts: Accounts) -> None:
    """Raises Refusal 403 for whoever does not keep accounts now."""
    if not who.holds(ADMINISTRATOR, accounts.clock.now()):
        raise Refusal(403, "not-administrator", "Accounts are kept by the system administrator.")


def wrong(field: str, expected: str) -> Refusal:
    fault = {"field": f"$.{field}", "problem": "unfit", "expected": expected}
    return Refusal(422, "invalid-input", f"Not as it should be: $.{field}.", errors=[fault])


def _folded(said: Said) -> dict[str, Any]:
    """An address is kept as it is looked for."""
    return {name: value.casefold() if name == "email" and value else value for name, value in said.items()}


def _new(was: Document, fields: Said) -> Said:
    """Raises Refusal 409 where there is a record of an account already."""
    if was.get("unit"):
        raise Refusal(409, "account-exists", f"There is an account {was['_id']}; ids are never used again.")
    return fields


def _added(was: Document, kind: str, letter: str, said: Said, by: str) -> Said:
    """Add what is given, once: what stands already, stands."""
    known: Sequence[Document] = was.get(kind, [])
    if any(_is(each, said) for each in known):
        return {kind: known}
    return {kind: [*known, {"id": f"{was['_id']}:{letter}{len(known) + 1}", "by": by, **said}]}


def _same(record: Document, kind: str, said: Said) -> Document:
    return next(dict(each) for each in record[kind] if _is(each, said))


def _is(given: Said, said: Said) -> bool:
    return {name: value for name, value in given.items() if name not in {"id", "by"}} == dict(said)


def _ended(was: Document, kind: str, id: str, until: str) -> list[Document]:
    """Raises Refusal 404 where nothing has that id."""
    known: Sequence[Document] = was.get(kind, [])
    if all(each["id"] != id for each in known):
        raise Refusal(404, "grant-unknown", f"Nothing that was given is called {id}.")
    earlier = [min(until, each["until"]) if each["until"] else until for each in known]
    return [{**each, "until": end} if each["id"] == id else each for each, end in zip(known, earlier, strict=True)]
