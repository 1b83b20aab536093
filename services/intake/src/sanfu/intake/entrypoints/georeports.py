"""Open311 GeoReport v2 over HTTP, with FixMyStreet's updates: `/open311/v2/…`, in XML or JSON as the path ends.

The standard: wiki.open311.org/GeoReport_v2. The updates: github.com/mysociety/fixmystreet/wiki, "Open311 FMS".
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response

from sanfu.city.model import Pack
from sanfu.city.open311 import Open311
from sanfu.intake.domain import georeport, urgency
from sanfu.intake.entrypoints.georeport_form import DOCUMENTED, fields
from sanfu.intake.entrypoints.georeport_query import Asked, AskedRequests, AskedServices, AskedUpdates
from sanfu.intake.entrypoints.georeport_words import TYPES, Open311Route, answer
from sanfu.intake.handlers.georeports import Georeports, jurisdiction, offered, service
from sanfu.intake.ports import Look
from sanfu.runtime import texts
from sanfu.runtime.problems import MEDIA_TYPE
from sanfu.runtime.rules import Refusal

PREFIX: Final = "/open311"

Format = Annotated[str, Path(max_length=20, json_schema_extra={"enum": list(TYPES)}, description="xml or json")]
Piece = Annotated[str, Path(max_length=200)]
Languages = Annotated[str | None, Header(alias="Accept-Language", max_length=200)]
Again = Annotated[texts.Key | None, Header(alias="Idempotency-Key")]
ApiKey = Annotated[texts.Key | None, Header(alias="X-Api-Key")]

_BOTH: Final[dict[str, Any]] = {kind: {"schema": {}} for kind in TYPES.values()}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "As the standard has it", "content": _BOTH},
    "4XX": {"description": "An array of errors", "content": {**_BOTH, MEDIA_TYPE: {"schema": {}}}},
    "503": {"description": "Come back later", "content": {**_BOTH, MEDIA_TYPE: {"schema": {}}}},
}


def routes(desk: Georeports, pack: Callable[[], Pack], url: str | None) -> APIRouter:
    """Return the routes. `url`: where others find `/open311`; None: where the request found it."""
    router = APIRouter(prefix=PREFIX, tags=["open311"], route_class=Open311Route, responses=_ANSWERS)
    router.include_router(_offering(desk, pack, url))
    router.include_router(_requests(desk, pack))
    router.include_router(_updates(desk, pack))

    @router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    async def nothing(rest: str) -> Response:
        raise Refusal(404, "not-found", "Nothing is at this path: discovery.xml says what there is.")

    return router


def _router() -> APIRouter:
    return APIRouter(route_class=Open311Route)


def _offering(desk: Georeports, pack: Callable[[], Pack], url: str | None) -> APIRouter:
    router = _router()

    async def discovery(
        format: Format, request: Request, asked: Annotated[Asked, Query()], languages: Languages = None
    ) -> Response:
        """Say where the endpoint is, in which formats, and whom to ask for a key."""
        city, known = _city(pack, format)
        where = (url or str(request.base_url)).rstrip("/")
        found = georeport.discovery(city, known, f"{where}{PREFIX}/v2", _locale(city, languages))
        return answer(format, "discovery", found)

    for path in ("/discovery.{format}", "/v2/discovery.{format}"):
        router.get(path)(discovery)

    @router.get("/v2/services.{format}")
    async def services(
        format: Format, asked: Annotated[AskedServices, Query()], languages: Languages = None
    ) -> Response:
        """List what may be reported; at a place outside the city, nothing."""
        city, known = _city(pack, format)
        jurisdiction(known, asked.jurisdiction_id)
        outside = None not in (asked.lat, asked.long) and not city.bounds.hold(asked.long or 0, asked.lat or 0)
        found = [] if outside else georeport.services(city, known, _locale(city, languages), city.day(desk.clock.now()))
        return answer(format, "services", found)

    @router.get("/v2/services/{code}.{format}")
    async def definition(
        code: Piece, format: Format, asked: Annotated[AskedServices, Query()], languages: Languages = None
    ) -> Response:
        """Say what a service asks beside what the standard does."""
        city, known = _city(pack, format)
        jurisdiction(known, asked.jurisdiction_id)
        found = georeport.definition(
            city, known, service(city, known, code, desk.clock.now()), _locale(city, languages)
        )
        return answer(format, "service_definition", found)

    return router


def _requests(desk: Georeports, pack: Callable[[], Pack]) -> APIRouter:
    router = _router()
    root = "service_requests"

    @router.post("/v2/requests.{format}", status_code=201, responses={201: _ANSWERS[200]}, openapi_extra=DOCUMENTED)
    async def submit(
        format: Format, request: Request, again: Again = None, languages: Languages = None, api_key: ApiKey = None
    ) -> Response:
        """Take a request in. The id in the answer means that it is journaled; the same again gives the same id."""
        city, known = _city(pack, format)
        posted, key = await fields(request, api_key)
        given = desk.keyed(city, known, key)
        locale = _locale(city, languages)
        taken = await desk.submit(city, known, posted, given, again=again, locale=locale)
        notice = _notice(taken.state, city, known, locale)
        found = [{"service_request_id": taken.issue, "service_notice": notice, "account_id": None}]
        return answer(format, root, found, 200 if taken.repeated else 201)

    @router.get("/v2/requests.{format}")
    async def listed(format: Format, asked: Annotated[AskedRequests, Query()], languages: Languages = None) -> Response:
        """List what everybody may know of, the newest first: of 90 days, 1,000 at most."""
        city, known = _city(pack, format)
        town = known.jurisdictions[jurisdiction(known, asked.jurisdiction_id)]
        keys = known.keys("open", "closed")
        if asked.service_request_id:
            named = await desk.public.known(asked.service_request_id)
            found = [one for one in named if _shown(one, keys, town)]
        else:
            received, updated = asked.spans(desk.clock.now())
            look = Look(
                known.keys(*asked.statuses()), asked.service_code, town, received, updated, asked.skip, asked.page_size
            )
            found = await desk.public.look(look)
        return await asyncio.to_thread(_list, found, city, known, _locale(city, languages), format)

    @router.get("/v2/requests/{id}.{format}")
    async def shown(
        id: Piece, format: Format, asked: Annotated[Asked, Query()], languages: Languages = None
    ) -> Response:
        """Show one request, if everybody may know of it."""
        city, known = _city(pack, format)
        town = known.jurisdictions[jurisdiction(known, asked.jurisdiction_id)]
        found = [one for one in await desk.public.known([id]) if _shown(one, known.keys("open", "closed"), town)]
        if not found:
            raise Refusal(404, "no-such-request", f"service_request_id {id[:80]} was not found.")
        return answer(format, root, [georeport.request(found[0], city, known, _locale(city, languages))])

    @router.get("/v2/tokens/{token}.{format}")
    async def token(token: Piece, format: Format, asked: Annotated[Asked, Query()]) -> Response:
        """Say which request a receipt number is of. A request's own id is answered at once, so nobody needs this who
        sent it."""
        city, known = _city(pack, format)
        jurisdiction(known, asked.jurisdiction_id)
        id = await desk.by_token(token, city)
        if id is None:
            raise Refusal(404, "no-such-token", f"token {token[:80]} was not found.")
        return answer(format, root, [{"service_request_id": id, "token": token}])

    return router


def _updates(desk: Georeports, pack: Callable[[], Pack]) -> APIRouter:
    router = _router()
    root = "service_request_updates"

    @router.get("/v2/servicerequestupdates.{format}")
    async def updates(format: Format, asked: Annotated[AskedUpdates, Query()], languages: Languages = None) -> Response:
        """List what became of requests, the oldest first: of 31 days, 1,000 at most."""
        city, known = _city(pack, format)
        town = known.jurisdictions[jurisdiction(known, asked.jurisdiction_id)]
        span = asked.span(desk.clock.now())
        look = Look(known.keys("open", "closed"), town=town, updated=span, skip=asked.skip, limit=asked.page_size)
        locale = _locale(city, languages)
        found = [
            georeport.update(issue, told, city, known, locale)
            for issue, told in await desk.public.updates(look)
            if known.state(told["key"]).status != "unlisted"
        ]
        return answer(format, root, found)

    @router.post(
        "/v2/servicerequestupdates.{format}", status_code=201, responses={201: _ANSWERS[200]}, openapi_extra=DOCUMENTED
    )
    async def add(
        format: Format, request: Request, again: Again = None, languages: Languages = None, api_key: ApiKey = None
    ) -> Response:
        """Add to a request that came by this channel. Where it sounds of danger, the answer says first whom to call."""
        city, known = _city(pack, format)
        posted, key = await fields(request, api_key)
        given = desk.keyed(city, known, key)
        warning = city.notices.get("emergency_first", {}).get(_locale(city, languages), "")
        try:
            id, added = await desk.add(known, posted, given, again=again)
        except Refusal as refusal:
            if not urgency.alarming(city, " ".join(posted.get("description", ()))):
                raise
            raise Refusal(refusal.status, refusal.slug, f"{warning} {refusal.detail}", **refusal.more) from refusal
        notice = {"service_notice": warning} if added.alarming and warning else {}
        found = [{"update_id": id, **notice}]
        return answer(format, root, found, 200 if added.repeated else 201)

    return router


def _city(pack: Callable[[], Pack], format: str) -> tuple[Pack, Open311]:
    if format not in TYPES:
        raise Refusal(400, "unknown-format", f"There is no format {format[:20]}: the path ends in .xml or .json.")
    city = pack()
    return city, offered(city)


def _shown(issue: Any, keys: list[str], town: str | None) -> bool:
    known = issue.get("public", {"shown": False})
    return bool(known["shown"] and known["key"] in keys and town in (None, issue["submission"]["place"]["town"]))


def _list(found: list[Any], city: Pack, known: Open311, locale: str, format: str) -> Response:
    return answer(format, "service_requests", [georeport.request(one, city, known, locale) for one in found])


def _notice(state: Any, city: Pack, known: Open311, locale: str) -> str:
    """Whom to call first in an emergency; and the receipt number, by which the party itself follows it."""
    warning = city.notices.get("emergency_first", {}) if state["urgency"] == "emergency" else {}
    return " ".join(filter(None, (warning.get(locale), known.receipt[locale], state["receipt"])))


def _locale(city: Pack, languages: str | None) -> str:
    """Return the first language of the city that the client understands; else the city's own."""
    wanted = [one.partition(";")[0].strip().lower().partition("-")[0] for one in (languages or "").split(",")]
    return next((one for one in wanted if one in city.locales), city.locales[0])
