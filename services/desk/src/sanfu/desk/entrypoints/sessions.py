"""Who looks at a page: a signed cookie, got for a token. It opens pages and their live stream, never a command."""

import hmac
import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from sanfu.desk.domain.scope import Viewer
from sanfu.desk.handlers import Desk, digest
from sanfu.runtime.rules import Refusal

COOKIE = "sanfu_desk"


@dataclass(frozen=True, slots=True)
class Sessions:
    """Makes and reads the cookie: user, end (real time), signature. A session ends with the token it was got for."""

    desk: Desk
    secret: bytes
    seconds: float

    def cookie(self, user: str, token: str) -> str:
        ends = int(time.time() + self.seconds)
        return f"{user}!{ends}!{self._signed(user, ends, digest(token))}"

    async def viewer(self, cookie: str) -> Viewer | None:
        """Say whose cookie this is; None for one that was tampered with, has ended, or whose token was taken back."""
        user, ends, signature = ([*cookie.split("!"), "", "", ""])[:3]
        if not ends.isdecimal() or not user or int(ends) < time.time():
            return None
        known = (await self.desk.shelves.users.get([user])).get(user)
        if known is None or not known["token"]:
            return None
        right = self._signed(user, int(ends), known["token"])
        return self.desk.person(user) if hmac.compare_digest(right.encode(), signature.encode()) else None

    def _signed(self, user: str, ends: int, token: str) -> str:
        return hmac.digest(self.secret, f"{user}!{ends}!{token}".encode(), "sha256").hex()

    async def looking(
        self, request: Request,
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    ) -> Viewer:  # fmt: skip
        """Say who looks, by cookie or bearer token. Raises Refusal 401."""
        if given is not None:
            return await self.desk.bearer(given.credentials)
        if viewer := await self.viewer(request.cookies.get(COOKIE, "")):
            return viewer
        raise Refusal(401, "not-logged-in", "Log in at /login, or send your token: `Authorization: Bearer …`.")
