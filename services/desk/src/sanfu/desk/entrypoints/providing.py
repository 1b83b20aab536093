"""Logging in at the city's own provider, and the way back. An identity opens an account that exists; it makes none."""

import hmac
import secrets
from dataclasses import dataclass

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sanfu.desk.entrypoints.door_words import DOOR
from sanfu.desk.entrypoints.doors import Doors
from sanfu.desk.entrypoints.pages import Language
from sanfu.desk.identities import Identities
from sanfu.desk.ports import NotProven, Provider, ProviderAway
from sanfu.runtime.http import own_router
from sanfu.runtime.rules import Refusal

log = structlog.get_logger()

PENDING = "sanfu_desk_login"
PENDING_SECONDS = 600
"""For so long somebody may take to prove who they are."""


def routes(doors: Doors, provider: Provider, identities: Identities) -> APIRouter:
    router = own_router(tags=["pages"], include_in_schema=False)
    where = {"path": "/login", "httponly": True, "secure": doors.secure}

    @router.get("/login/provider", response_class=HTMLResponse)
    async def begin(language: Language = "zh") -> Response:
        """Send the browser to the provider; it keeps the login's state, for the way back only."""
        state = f"{language}.{secrets.token_urlsafe(32)}"
        try:
            there = await provider.begin(state)
        except ProviderAway as error:
            return _away(doors, language, error)
        answer: Response = RedirectResponse(there, 303, {"Cache-Control": "no-store"})
        # Lax, not Strict: it has to come along when the provider sends the browser back.
        answer.set_cookie(PENDING, state, max_age=PENDING_SECONDS, samesite="lax", **where)  # type: ignore[arg-type]
        return answer

    @router.get("/login/back", response_class=HTMLResponse)
    async def back(
        request: Request, state: str = "", code: str = "", error: str = "", iss: str | None = None
    ) -> Response:
        """Take what the provider sends back. Only the browser that began this login has its state."""
        begun = request.cookies.get(PENDING, "")
        language = "en" if state.startswith("en.") else "zh"
        answer = await _answer(doors, language, _Back(begun, state, code, error, iss), provider, identities)
        answer.delete_cookie(PENDING, samesite="lax", **where)  # type: ignore[arg-type]
        return answer

    return router


@dataclass(frozen=True, slots=True)
class _Back:
    """What came back: `begun` from the browser's own cookie, the rest from the provider by way of the browser."""

    begun: str
    state: str
    code: str
    error: str
    issuer: str | None


async def _answer(doors: Doors, language: str, back: _Back, provider: Provider, identities: Identities) -> Response:
    words = DOOR[language]
    if not back.begun or not hmac.compare_digest(back.begun.encode(), back.state.encode("utf-8", "replace")):
        return doors.login(language, 400, words["expired"])
    try:
        if back.error or not back.code:
            raise NotProven(back.error[:80])
        account = await identities.account(await provider.finish(back.state, back.code, back.issuer))
        cookie = await doors.sessions.entry.by_identity(account)
    except ProviderAway as error:
        return _away(doors, language, error)
    except NotProven as error:
        log.warning("identity_not_proven", why=str(error))
        return doors.login(language, 401, words["expired"])
    except Refusal:
        return doors.login(language, 403, words["stranger"])
    # A page of our own, not a redirect: a strict cookie does not travel along a way that began at another site.
    return doors.let_in(cookie, doors.shown("entering.html", language))


def _away(doors: Doors, language: str, error: ProviderAway) -> Response:
    log.error("provider_away", why=str(error))
    return doors.login(language, 503, DOOR[language]["provider_away"])
