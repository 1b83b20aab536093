"""Requests over Open311: they come in, and everybody may see those that are open to all."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from sanfu.city.model.pack import Pack
from sanfu.city.open311 import Open311
from sanfu.intake.domain import georeport
from sanfu.intake.entrypoints.georeport_desk import (
    ANSWERS,
    Again,
    ApiKey,
    Desk,
    Format,
    Languages,
    Piece,
    locale,
)
from sanfu.intake.entrypoints.georeport_form import DOCUMENTED
from sanfu.intake.entrypoints.georeport_query import Asked, AskedRequests
from sanfu.intake.entrypoints.georeport_words import answer
from sanfu.intake.handlers.georeports import jurisdiction
from sanfu.intake.ports import Look
from sanfu.runtime.rules import Refusal

ROOT: Final = "service_requests"


def routes(desk: Desk) -> APIRouter:
    router = desk.router()
    _posting(router, desk)
    _listing(router, desk)
    _showing(router, desk)
    return router


def _posting(router: APIRouter, desk: Desk) -> None:
    @router.post("/v2/requests.{format}", status_code=201, responses={201: ANSWERS[200]}, openapi_extra=DOCUMENTED)
    async def submit(
        format: Format, request: Request, again: Again = None, languages: Languages = None, api_key: ApiKey = None
    ) -> Response:
        """Take a request in. The id in the answer means that it is journaled; the same again gives the same id."""
        city, known = desk.city(format)
        said, spoken = await desk.sent(request, api_key, city, known), locale(city, languages)
        taken = await desk.georeports.submit(city, known, said, again=again, locale=spoken)
        notice = _notice(taken.state, city, known, spoken)
        found = [{"service_request_id": taken.issue, "service_notice": notice, "account_id": None}]
        return answer(format, ROOT, found, 200 if taken.repeated else 201)


def _listing(router: APIRouter, desk: Desk) -> None:
    @router.get("/v2/requests.{format}")
    async def listed(
        format: Format, request: Request, asked: Annotated[AskedRequests, Query()], languages: Languages = None
    ) -> Response:
        """List what everybody may know of, the newest first: of 90 days, 1,000 at most."""
        city, known = desk.city(format)
        town = known.jurisdictions[jurisdiction(known, asked.jurisdiction_id)]
        found = await _found(desk, asked, known, town)
        shown = _list(found, city, known, locale(city, languages), desk.media(request))
        return await asyncio.to_thread(answer, format, ROOT, shown)


async def _found(desk: Desk, asked: AskedRequests, known: Open311, town: str | None) -> list[Any]:
    public = desk.georeports.public
    if asked.service_request_id:
        keys = known.keys("open", "closed")
        return [one for one in await public.known(asked.service_request_id) if _shown(one, keys, town)]
    received, updated = asked.spans(desk.georeports.clock.now())
    keys = known.keys(*asked.statuses())
    return [*await public.look(Look(keys, asked.service_code, town, received, updated, asked.skip, asked.page_size))]


def _showing(router: APIRouter, desk: Desk) -> None:
    public = desk.georeports.public

    @router.get("/v2/requests/{id}.{format}")
    async def shown(
        id: Piece, format: Format, request: Request, asked: Annotated[Asked, Query()], languages: Languages = None
    ) -> Response:
        """Show one request, if everybody may know of it."""
        city, known = desk.city(format)
        town = known.jurisdictions[jurisdiction(known, asked.jurisdiction_id)]
        found = [one for one in await public.known([id]) if _shown(one, known.keys("open", "closed"), town)]
        if not found:
            raise Refusal(404, "no-such-request", f"service_request_id {id[:80]} was not found.")
        return answer(format, ROOT, _list(found, city, known, locale(city, languages), desk.media(request)))

    @router.get("/v2/tokens/{token}.{format}")
    async def token(token: Piece, format: Format, asked: Annotated[Asked, Query()]) -> Response:
        """Say which request a receipt number is of. A request's own id is answered at once, so nobody needs this who
        sent it."""
        city, known = desk.city(format)
        jurisdiction(known, asked.jurisdiction_id)
        id = await desk.georeports.by_token(token, city)
        if id is None:
            raise Refusal(404, "no-such-token", f"token {token[:80]} was not found.")
        return answer(format, ROOT, [{"service_request_id": id, "token": token}])


def _shown(issue: Any, keys: list[str], town: str | None) -> bool:
    known = issue.get("public", {"shown": False})
    return bool(known["shown"] and known["key"] in keys and town in (None, issue["submission"]["place"]["town"]))


def _list(found: list[Any], city: Pack, known: Open311, spoken: str, media: str | None) -> list[dict[str, Any]]:
    return [georeport.request(one, city, known, spoken, media=media) for one in found]


def _notice(state: Any, city: Pack, known: Open311, spoken: str) -> str:
    """Whom to call first in an emergency; and the receipt number, by which the party itself follows it."""
    warning = city.notices.get("emergency_first", {}) if state["urgency"] == "emergency" else {}
    return " ".join(filter(None, (warning.get(spoken), known.receipt[spoken], state["receipt"])))
