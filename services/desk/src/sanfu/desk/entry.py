"""Coming in: by a password, a token or the city's own provider of identities; staying in by a session; going out.

Sessions are records, so that each can be ended at once, everywhere. The cookie is 256 random bits, of which only the
digest is kept. Waits and sessions run on the real clock: they guard against machines, and an agreed business time has
no part in that. Wrong account, wrong password and a closed account get one and the same answer, after the same work.
"""

import hmac
import ipaddress
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from math import ceil
from typing import Any

from sanfu.contracts.envelope import instant
from sanfu.desk.accounts import Accounts, digest
from sanfu.desk.domain.accounts import SYSTEM
from sanfu.desk.domain.lockout import ACCOUNT, ADDRESS, NUMBER, Patience, Tries, noted, taken_back, waits
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.ports import Document, Hasher
from sanfu.runtime.rules import Refusal

LONGEST = 128
SHORTEST = 12
"""Characters of a password: long ones, of whatever kind, are what helps; longer ones only cost time."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is in, and by which session. `confined`: a first password has to be changed before anything else."""

    id: str
    who: Viewer
    confined: bool


@dataclass(slots=True)
class Entry:
    """The doors. `secret` keys what is kept of addresses; `real` tells the real clock's seconds."""

    accounts: Accounts
    hasher: Hasher
    secret: bytes
    seconds: float
    real: Callable[[], float]

    # ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def by_password(self, id: str, password: str, address: str) -> str:
        """Return the cookie of a new session. Raises Refusal: 401 if it is not right, 429 if one has to wait."""
        doors = [(f"account/{self._keyed(id)}", ACCOUNT), (self._door(address), ADDRESS)]
        await self._note(doors)
        record = (await self.accounts.shelves.users.get([id])).get(id, {})
        held = record.get("password")
        right = await self.hasher.fits(held, password[: LONGEST + 1])
        if not (right and held and await self.accounts.person(id)):
            raise Refusal(401, "not-let-in", "The account or the password is not right, or the account is closed.")
        await self.accounts.shelves.tries.drop([doors[0][0]])
        await self._take_back(doors[1][0])
        if self.hasher.stale(held):
            await self._put_password(id, id, password, initial=bool(record.get("initial")))
        return await self._open(id, "password")

    async def by_token(self, token: str, address: str) -> str:
        """Return the cookie of a new session, which ends with this token. Raises Refusal 401, 429."""
        door = self._door(address)
        await self._note([(door, ADDRESS)])
        who = await self.accounts.bearer(token)
        await self._take_back(door)
        return await self._open(who.id, "token", token=digest(token))

    async def by_identity(self, id: str) -> str:
        """Return the cookie of a new session for an account whose identity was proven elsewhere. Raises Refusal 401."""
        if await self.accounts.person(id) is None:
            raise Refusal(401, "no-account", "Nobody who works here now has this identity.")
        return await self._open(id, "provider")

    async def _open(self, user: str, by: str, **more: Any) -> str:
        cookie, now = secrets.token_urlsafe(32), self.real()
        ends = {"until": now + self.seconds, "at": instant(datetime.fromtimestamp(now, UTC))}
        session = {"_id": digest(cookie), "version": 1, "user": user, "by": by, **ends, **more}
        await self.accounts.shelves.sessions.put([session])
        return cookie

    # ── stay ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def session(self, cookie: str) -> Session | None:
        """Say whose cookie this is; None if the session has ended, its token was taken back, or the account closed."""
        id = digest(cookie)
        known = (await self.accounts.shelves.sessions.get([id])).get(id) if cookie else None
        if known is None or known["until"] <= self.real():
            return None
        user = known["user"]
        record = (await self.accounts.shelves.users.get([user])).get(user, {})
        if "token" in known and (known["token"] != record.get("token") or not self.accounts.valid(record)):
            return None
        who = await self.accounts.viewer(user, record)
        return Session(id, who, known["by"] == "password" and bool(record.get("initial"))) if who else None

    def form_token(self, cookie: str) -> str:
        """Return what a form of this session carries: another site can't know it."""
        return hmac.digest(self.secret, f"form/{cookie}".encode(), "sha256").hex()

    def is_form_token(self, cookie: str, given: str) -> bool:
        return hmac.compare_digest(self.form_token(cookie).encode(), given.encode("utf-8", "replace"))

    # ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def leave(self, cookie: str) -> None:
        await self.accounts.shelves.sessions.drop([digest(cookie)])

    async def leave_everywhere(self, user: str, but: str | None = None) -> int:
        """End all sessions of an account, or all but one; return how many."""
        mine = [each["_id"] for each in await self.accounts.shelves.sessions.having("user", user)]
        ended = [id for id in mine if id != but]
        await self.accounts.shelves.sessions.drop(ended)
        return len(ended)

    async def sweep(self) -> None:
        """Drop what has ended by itself: sessions, and tries that nobody remembers."""
        now, shelves = self.real(), self.accounts.shelves
        await shelves.sessions.drop([s["_id"] for s in await shelves.sessions.all() if s["until"] <= now])
        old = [t["_id"] for t in await shelves.tries.all() if now - t["last"] > ACCOUNT.forgets]
        await shelves.tries.drop(old)

    # ── passwords ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def change_password(self, session: Session, old: str, new: str, address: str) -> None:
        """Set a new password; all other sessions of the account end. The first one of somebody who came in by a token
        or by their identity needs no old one. Raises Refusal: 401, 422, 429."""
        id = session.who.id
        record = (await self.accounts.shelves.users.get([id])).get(id, {})
        if held := record.get("password"):
            door = f"account/{self._keyed(id)}"
            await self._note([(door, ACCOUNT), (self._door(address), ADDRESS)])
            if not await self.hasher.fits(held, old[: LONGEST + 1]):
                raise Refusal(401, "not-let-in", "The old password is not right.")
            await self.accounts.shelves.tries.drop([door])
            await self._take_back(self._door(address))
        if new == old:
            raise weak("another one than before")
        await self._put_password(id, id, new, initial=False)
        await self.leave_everywhere(id, but=session.id)

    async def first_password(self, id: str, by: str) -> str:
        """Give an account a password that must be changed when it is first used; return it. Its sessions end."""
        password = secrets.token_urlsafe(12)
        await self._put_password(id, by, password, initial=True)
        await self.accounts.shelves.tries.drop([f"account/{self._keyed(id)}"])
        await self.leave_everywhere(id)
        return password

    async def _put_password(self, id: str, by: str, password: str, *, initial: bool) -> None:
        if not SHORTEST <= len(password) <= LONGEST:
            raise weak(f"{SHORTEST} to {LONGEST} characters")
        if id.casefold() in password.casefold():
            raise weak("a password without the account's own name in it")
        found = await self.accounts.account(id)
        if found is None or found.kind == SYSTEM:
            raise Refusal(404, "account-unknown", "There is no such person's account.")
        hashed = await self.hasher.hash(password)
        await self.accounts.amend(id, by, "password_set", lambda _: {"password": hashed, "initial": initial})

    async def try_number(self, number: str, address: str) -> list[str]:
        """Note that somebody says to be the party of this number; return what to take back if they are. Raises 429."""
        doors = [f"number/{self._keyed(number)}", f"number-from/{self._keyed(_network(address))}"]
        await self._note([(door, NUMBER) for door in doors])
        return doors

    async def was_right(self, doors: list[str]) -> None:
        for door in doors:
            await self._take_back(door)

    # ── tries ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _note(self, doors: list[tuple[str, Patience]]) -> None:
        """Note a try at each door, before anything is compared. Raises Refusal 429 if one has to wait at any."""
        known = await self.accounts.shelves.tries.get([door for door, _ in doors])
        if wait := max(waits(_tries(known.get(door, {})), self.real()) for door, _ in doors):
            raise _too_many(wait)
        for door, patience in doors:
            await self._change(door, partial(self._noted, patience))

    def _noted(self, patience: Patience, tries: Tries) -> Tries:
        """Raises Refusal 429 if the door was shut meanwhile: of many tries at one instant each is noted."""
        if wait := waits(tries, self.real()):
            raise _too_many(wait)
        return noted(tries, patience, self.real())

    async def _take_back(self, door: str) -> None:
        await self._change(door, taken_back)

    async def _change(self, door: str, step: Callable[[Tries], Tries]) -> None:
        shelf = self.accounts.shelves.tries
        while True:
            was = (await shelf.get([door])).get(door, {"version": 0})
            if await shelf.swap({"_id": door, "version": was["version"] + 1, **asdict(step(_tries(was)))}):
                return

    def _door(self, address: str) -> str:
        return f"address/{self._keyed(_network(address))}"

    def _keyed(self, text: str) -> str:
        """Addresses, and what was typed as an account, are not kept as they are."""
        return hmac.digest(self.secret, text.encode("utf-8", "replace"), "sha256").hex()


def _tries(document: Mapping[str, Any]) -> Tries:
    return Tries(document.get("count", 0), document.get("last", 0.0), document.get("until", 0.0))


def _network(address: str) -> str:
    """Return the address; of one in version 6 its network, for a machine has many."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else str(known)


def _too_many(wait: float) -> Refusal:
    detail = f"Too many tries: wait {ceil(wait)} seconds, then try again."
    return Refusal(429, "too-many-tries", detail, retry_after=ceil(wait))


def weak(expected: str) -> Refusal:
    fault: Document = {"field": "$.password", "problem": "weak", "expected": expected}
    return Refusal(422, "invalid-input", f"Not as it should be: $.password: {expected}.", errors=[fault])
