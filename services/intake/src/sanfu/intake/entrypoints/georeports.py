"""Open311 GeoReport v2 over HTTP, with FixMyStreet's updates: `/open311/v2/…`, in XML or JSON as the path ends.

The standard: wiki.open311.org/GeoReport_v2. The updates: github.com/mysociety/fixmystreet/wiki, "Open311 FMS".
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from sanfu.intake.domain import georeport
from sanfu.intake.entrypoints import georeport_requests, georeport_updates
from sanfu.intake.entrypoints.georeport_desk import ANSWERS, PREFIX, Desk, Format, Languages, Piece, locale
from sanfu.intake.entrypoints.georeport_query import Asked, AskedServices
from sanfu.intake.entrypoints.georeport_words import answer
from sanfu.intake.handlers.georeports import jurisdiction, service
from sanfu.runtime.downloads import FileId
from sanfu.runtime.rules import Refusal


def routes(desk: Desk) -> APIRouter:
    router = desk.router(prefix=PREFIX, tags=["open311"], responses=ANSWERS)
    router.include_router(_offering(desk))
    router.include_router(georeport_requests.routes(desk))
    router.include_router(georeport_updates.routes(desk))
    router.include_router(_pictures(desk))

    @router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    async def nothing(rest: str) -> Response:
        raise Refusal(404, "not-found", "Nothing is at this path: discovery.xml says what there is.")

    return router


def _offering(desk: Desk) -> APIRouter:
    router = desk.router()

    async def discovery(
        format: Format, request: Request, asked: Annotated[Asked, Query()], languages: Languages = None
    ) -> Response:
        """Say where the endpoint is, in which formats, and whom to ask for a key."""
        city, known = desk.city(format)
        found = georeport.discovery(city, known, f"{desk.base(request)}/v2", locale(city, languages))
        return answer(format, "discovery", found)

    for path in ("/discovery.{format}", "/v2/discovery.{format}"):
        router.get(path)(discovery)

    @router.get("/v2/services.{format}")
    async def services(
        format: Format, asked: Annotated[AskedServices, Query()], languages: Languages = None
    ) -> Response:
        """List what may be reported; at a place outside the city, nothing."""
        city, known = desk.city(format)
        jurisdiction(known, asked.jurisdiction_id)
        outside = None not in (asked.lat, asked.long) and not city.bounds.hold(asked.long or 0, asked.lat or 0)
        today = city.day(desk.georeports.clock.now())
        found = [] if outside else georeport.services(city, known, locale(city, languages), today)
        return answer(format, "services", found)

    @router.get("/v2/services/{code}.{format}")
    async def definition(
        code: Piece, format: Format, asked: Annotated[AskedServices, Query()], languages: Languages = None
    ) -> Response:
        """Say what a service asks beside what the standard does."""
        city, known = desk.city(format)
        jurisdiction(known, asked.jurisdiction_id)
        offered = service(city, known, code, desk.georeports.clock.now())
        found = georeport.definition(city, known, offered, locale(city, languages))
        return answer(format, "service_definition", found)

    return router


def _pictures(desk: Desk) -> APIRouter:
    router = desk.router()

    @router.get("/media/{id}/{file}", status_code=302, response_class=RedirectResponse)
    async def picture(id: Piece, file: FileId) -> Response:
        """Lead to a picture that an officer kept for everybody and named in what was told of a request that everybody
        may know of."""
        _, known = desk.city("xml")
        url = await desk.georeports.picture(known, id, file)
        return RedirectResponse(url, 302, {"Cache-Control": "no-store"})

    return router
