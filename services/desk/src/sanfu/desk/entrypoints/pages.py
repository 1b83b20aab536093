"""The pages' routes: the board, its live streams, logging in and out, its style and script."""

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from sse_starlette import EventSourceResponse, ServerSentEvent

from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entrypoints.board import Looks, Seen, drawn, told, watch
from sanfu.desk.entrypoints.sessions import COOKIE, Sessions
from sanfu.desk.entrypoints.words import LIGHTS, WORDS
from sanfu.desk.handlers import Desk
from sanfu.runtime.rules import Refusal

Language = Annotated[Literal["zh", "en"], Query(alias="lang")]

GUARDED = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Nothing from elsewhere, nothing inline, no frame; what one saw is not kept by the browser."""
STATIC = {"board.css": "text/css", "board.js": "text/javascript", "board.svg": "image/svg+xml"}


@cache
def templates() -> Environment:
    return Environment(loader=PackageLoader("sanfu.desk", "pages"), autoescape=True, undefined=StrictUndefined)


def page(name: str, desk: Desk, language: str, status: int = 200, **more: Any) -> HTMLResponse:
    return HTMLResponse(_rendered(name, desk, language, **more), status, GUARDED)


def _rendered(name: str, desk: Desk, language: str, **more: Any) -> str:
    pack = desk.city.pack
    city = pack.name.get(language) or pack.code
    return templates().get_template(name).render(
        lang=language, word=WORDS[language], light=LIGHTS[language], city=city, **more
    )  # fmt: skip


def board_part(seen: Seen, desk: Desk, language: str) -> str:
    return _rendered("counts.html", desk, language, **drawn(seen, desk.city, desk.clock.now(), language))


def routes(desk: Desk, sessions: Sessions, *, secure: bool) -> APIRouter:
    """Return the pages' routes. `secure`: the cookie is sent over https only."""
    router = APIRouter(tags=["pages"])
    looks = Looks(desk)
    _boards(router, desk, sessions, looks)
    _doors(router, desk, sessions, secure=secure)

    @router.get("/board/{name}", include_in_schema=False)
    async def static(name: Literal["board.css", "board.js", "board.svg"]) -> Response:
        body = await asyncio.to_thread(files("sanfu.desk").joinpath("pages", name).read_bytes)
        return Response(body, media_type=STATIC[name], headers={"Cache-Control": "max-age=300"})

    return router


def _boards(router: APIRouter, desk: Desk, sessions: Sessions, looks: Looks) -> None:
    @router.get("/board", response_class=HTMLResponse)
    async def board(request: Request, language: Language = "zh") -> Response:
        """The board as a page; whoever is not logged in is shown the door."""
        try:
            who = await sessions.looking(request, None)
        except Refusal:
            return RedirectResponse(f"/login?lang={language}", 303)
        seen = await looks.look(who)
        staff = desk.city.pack.staff[who.id]
        return page("board.html", desk, language, part=board_part(seen, desk, language), person=staff.name)

    @router.get("/board/live", include_in_schema=False)
    async def drawn_live(
        who: Annotated[Viewer, Depends(sessions.looking)], language: Language = "zh"
    ) -> EventSourceResponse:
        async def events() -> AsyncIterator[ServerSentEvent]:
            async for seen in watch(looks, who):
                if seen is None:
                    yield ServerSentEvent("", event="waiting")
                else:
                    yield ServerSentEvent(board_part(seen, desk, language), event="board")

        return EventSourceResponse(events(), headers={"Cache-Control": "no-store"})

    @router.get("/v1/live", operation_id="live", response_class=EventSourceResponse)
    async def live(who: Annotated[Viewer, Depends(sessions.looking)]) -> EventSourceResponse:
        """Counts and the most urgent open cases, whenever they change, as server-sent events named `board`."""

        async def events() -> AsyncIterator[ServerSentEvent]:
            async for seen in watch(looks, who):
                if seen is not None:
                    yield ServerSentEvent(orjson.dumps(told(seen, desk.clock.now())).decode(), event="board")

        return EventSourceResponse(events(), headers={"Cache-Control": "no-store"})


def _doors(router: APIRouter, desk: Desk, sessions: Sessions, *, secure: bool) -> None:
    @router.get("/login", response_class=HTMLResponse)
    async def door(language: Language = "zh") -> Response:
        return page("login.html", desk, language, wrong=False)

    @router.post("/login", response_class=HTMLResponse, include_in_schema=False)
    async def enter(request: Request, language: Language = "zh") -> Response:
        """Take a form with `token`; give the session's cookie and go to the board."""
        _same_site(request)
        token = parse_qs((await request.body()).decode("utf-8", "replace")).get("token", [""])[0].strip()
        try:
            who = await desk.bearer(token)
        except Refusal:
            return page("login.html", desk, language, 401, wrong=True)
        answer = RedirectResponse(f"/board?lang={language}", 303)
        answer.set_cookie(
            COOKIE, sessions.cookie(who.id, token), max_age=int(sessions.seconds), httponly=True, samesite="strict",
            secure=secure, path="/",
        )  # fmt: skip
        return answer

    @router.post("/logout", include_in_schema=False)
    async def leave(request: Request, language: Language = "zh") -> Response:
        _same_site(request)
        answer = RedirectResponse(f"/login?lang={language}", 303)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=secure)
        return answer


def _same_site(request: Request) -> None:
    """Refuse a form that another site's page sent."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Refusal(403, "other-site", "This form is sent from this site's own pages only.")
