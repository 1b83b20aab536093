"""Who looks at a page: the session's cookie. It opens pages and their live streams; what a page's form orders comes
with a token of that session besides, and a command of the API never by a cookie."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entry import Entry, Session
from sanfu.runtime.pages import same_site
from sanfu.runtime.rules import Refusal

COOKIE = "sanfu_desk"

Again = Callable[[], Awaitable[Viewer | None]]


@dataclass(frozen=True, slots=True)
class Looker:
    """Who looks, and how to ask later whether they still may: a stream outlives what opened it."""

    who: Viewer
    again: Again


@dataclass(frozen=True, slots=True)
class Sessions:
    """Reads the cookie, or a bearer's token."""

    entry: Entry

    async def session(self, request: Request) -> Session | None:
        return await self.entry.session(request.cookies.get(COOKIE, ""))

    def form_token(self, request: Request) -> str:
        """Return what a form of this session carries."""
        return self.entry.form_token(request.cookies[COOKIE])

    def of_this_session(self, request: Request, given: Mapping[str, str]) -> None:
        """Raises Refusal 403 for a form that was not made for this session, or that another site's page sent."""
        same_site(request)
        if not self.entry.is_form_token(request.cookies[COOKIE], given.get("form", "")):
            raise Refusal(403, "other-form", "This form is not of this session: open the page anew.")

    async def looking(
        self, request: Request,
        given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    ) -> Looker:  # fmt: skip
        """Say who looks, by cookie or bearer token. Raises Refusal: 401, and 403 while a first password stands."""
        if given is not None:
            token = given.credentials
            return Looker(await self.entry.accounts.bearer(token), lambda: self._bearer(token))
        session = await self.session(request)
        if session is None:
            raise Refusal(401, "not-logged-in", "Log in at /login, or send your token: `Authorization: Bearer …`.")
        if session.confined:
            raise Refusal(403, "password-to-change", "Change your first password at /password before anything else.")
        return Looker(session.who, lambda: self._viewer(request))

    async def _viewer(self, request: Request) -> Viewer | None:
        session = await self.session(request)
        return session.who if session else None

    async def _bearer(self, token: str) -> Viewer | None:
        try:
            return await self.entry.accounts.bearer(token)
        except Refusal:
            return None
