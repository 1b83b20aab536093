"""Updates of requests over Open311, as FixMyStreet's extension has them."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from sanfu.intake.domain import georeport, urgency
from sanfu.intake.entrypoints.georeport_desk import ANSWERS, Again, ApiKey, Desk, Format, Languages, locale
from sanfu.intake.entrypoints.georeport_form import DOCUMENTED
from sanfu.intake.entrypoints.georeport_query import AskedUpdates
from sanfu.intake.entrypoints.georeport_words import answer
from sanfu.intake.handlers.georeports import jurisdiction
from sanfu.intake.ports import Look
from sanfu.runtime.rules import Refusal

ROOT: Final = "service_request_updates"


def routes(desk: Desk) -> APIRouter:
    router = desk.router()
    _listing(router, desk)
    _posting(router, desk)
    return router


def _listing(router: APIRouter, desk: Desk) -> None:
    @router.get("/v2/servicerequestupdates.{format}")
    async def updates(
        format: Format, request: Request, asked: Annotated[AskedUpdates, Query()], languages: Languages = None
    ) -> Response:
        """List what became of requests, the oldest first: of 31 days, 1,000 at most."""
        city, known = desk.city(format)
        town = known.jurisdictions[jurisdiction(known, asked.jurisdiction_id)]
        span = asked.span(desk.georeports.clock.now())
        look = Look(known.keys("open", "closed"), town=town, updated=span, skip=asked.skip, limit=asked.page_size)
        spoken, media = locale(city, languages), desk.media(request)
        found = [
            georeport.update(issue, told, city, known, spoken, media=media)
            for issue, told in await desk.georeports.public.updates(look)
            if known.state(told["key"]).status != "unlisted"
        ]
        return answer(format, ROOT, found)


def _posting(router: APIRouter, desk: Desk) -> None:
    @router.post(
        "/v2/servicerequestupdates.{format}", status_code=201, responses={201: ANSWERS[200]}, openapi_extra=DOCUMENTED
    )
    async def add(
        format: Format, request: Request, again: Again = None, languages: Languages = None, api_key: ApiKey = None
    ) -> Response:
        """Add to a request that came by this key, in words or pictures. Where it sounds of danger, the answer says
        first whom to call."""
        city, known = desk.city(format)
        said = await desk.sent(request, api_key, city, known)
        warning = city.notices.get("emergency_first", {}).get(locale(city, languages), "")
        try:
            id, added = await desk.georeports.add(known, said, again=again)
        except Refusal as refusal:
            if not urgency.alarming(city, " ".join(said.posted.get("description", ()))):
                raise
            raise Refusal(refusal.status, refusal.slug, f"{warning} {refusal.detail}", **refusal.more) from refusal
        notice = {"service_notice": warning} if added.alarming and warning else {}
        found = [{"update_id": id, **notice}]
        return answer(format, ROOT, found, 200 if added.repeated else 201)
