"""The pages' routes: the board, its live streams, its style and script."""

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from sse_starlette import EventSourceResponse, ServerSentEvent

from sanfu.desk.entrypoints.board import Looks, Seen, drawn, told, watch
from sanfu.desk.entrypoints.sessions import Looker, Sessions
from sanfu.desk.entrypoints.words import LIGHTS, WORDS
from sanfu.desk.handlers import Desk
from sanfu.runtime.http import own_router
from sanfu.runtime.pages import guarded, plain_style

Language = Annotated[Literal["zh", "en"], Query(alias="lang")]

STATIC = {
    "board.css": "text/css", "plain.css": "text/css", "mine.css": "text/css", "board.js": "text/javascript",
    "board.svg": "image/svg+xml", "lists.css": "text/css", "inbox.css": "text/css", "bell.js": "text/javascript",
}  # fmt: skip


@cache
def templates() -> Environment:
    return Environment(loader=PackageLoader("sanfu.desk", "pages"), autoescape=True, undefined=StrictUndefined)


def page(
    name: str, desk: Desk, language: str, status: int = 200, *, sends_to: str | None = None, **more: Any
) -> HTMLResponse:
    """Render a page. `sends_to`: the one other origin that a form of it may go to."""
    return HTMLResponse(_rendered(name, desk, language, **more), status, guarded(sends_to))


def _rendered(name: str, desk: Desk, language: str, **more: Any) -> str:
    pack = desk.city.pack
    city = pack.name.get(language) or pack.code
    return templates().get_template(name).render(
        lang=language, word=WORDS[language], light=LIGHTS[language], city=city, bell=desk.has_inbox, **more
    )  # fmt: skip


def board_part(seen: Seen, desk: Desk, language: str) -> str:
    return _rendered("counts.html", desk, language, **drawn(seen, desk.city, desk.clock.now(), language))


def routes(desk: Desk, sessions: Sessions) -> APIRouter:
    """Return the routes of the board and its parts."""
    router = own_router(tags=["pages"])
    looks = Looks(desk)

    @router.get("/board", response_class=HTMLResponse)
    async def board(request: Request, language: Language = "zh") -> Response:
        """The board as a page; whoever is not logged in is shown the door."""
        session = await sessions.session(request)
        if session is None:
            return RedirectResponse(f"/login?lang={language}", 303)
        if session.confined:
            return RedirectResponse(f"/password?lang={language}", 303)
        seen = await looks.look(session.who)
        account = await desk.accounts.account(session.who.id)
        person = account.name if account else session.who.id
        return page("board.html", desk, language, part=board_part(seen, desk, language), person=person)

    @router.get("/board/live", include_in_schema=False)
    async def drawn_live(
        looker: Annotated[Looker, Depends(sessions.looking)], language: Language = "zh"
    ) -> EventSourceResponse:
        async def events() -> AsyncIterator[ServerSentEvent]:
            async for seen in watch(looks, looker.who, looker.again):
                if seen is None:
                    yield ServerSentEvent("", event="waiting")
                else:
                    yield ServerSentEvent(board_part(seen, desk, language), event="board")

        return EventSourceResponse(events(), headers={"Cache-Control": "no-store"})

    @router.get("/v1/live", operation_id="live", response_class=EventSourceResponse)
    async def live(looker: Annotated[Looker, Depends(sessions.looking)]) -> EventSourceResponse:
        """Counts and the most urgent open cases, whenever they change, as server-sent events named `board`."""

        async def events() -> AsyncIterator[ServerSentEvent]:
            async for seen in watch(looks, looker.who, looker.again):
                if seen is not None:
                    yield ServerSentEvent(orjson.dumps(told(seen, desk.clock.now())).decode(), event="board")

        return EventSourceResponse(events(), headers={"Cache-Control": "no-store"})

    @router.get("/board/{name}", include_in_schema=False)
    async def static(
        name: Literal[
            "board.css", "plain.css", "mine.css", "board.js", "board.svg", "lists.css", "inbox.css", "bell.js"
        ],
    ) -> Response:
        own = files("sanfu.desk").joinpath("pages", name).read_bytes
        body = await asyncio.to_thread(plain_style if name == "plain.css" else own)
        return Response(body, media_type=STATIC[name], headers={"Cache-Control": "max-age=300"})

    return router
