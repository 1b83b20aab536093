"""What all routes of Open311 work with, and how they read what every question has."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Request

from sanfu.city.model.pack import Pack
from sanfu.city.open311 import Open311
from sanfu.intake.entrypoints.georeport_form import sent
from sanfu.intake.entrypoints.georeport_route import Doors, route_of
from sanfu.intake.entrypoints.georeport_words import TYPES
from sanfu.intake.handlers.georeports import Georeports, Said, offered
from sanfu.intake.ports import ChannelKey
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
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "As the standard has it", "content": _BOTH},
    "4XX": {"description": "An array of errors", "content": {**_BOTH, MEDIA_TYPE: {"schema": {}}}},
    "503": {"description": "Come back later", "content": {**_BOTH, MEDIA_TYPE: {"schema": {}}}},
}


@dataclass(frozen=True, slots=True)
class Desk:
    """`url`: where others find `/open311`; None: where the request found it."""

    georeports: Georeports
    doors: Doors
    pack: Callable[[], Pack]
    url: str | None

    def router(self, **more: Any) -> APIRouter:
        return APIRouter(route_class=route_of(self.doors), **more)

    def city(self, format: str) -> tuple[Pack, Open311]:
        """Return the pack, and what it offers. Raises Refusal 400 for a format that is none, 404 for a city that
        offers nothing."""
        if format not in TYPES:
            raise Refusal(400, "unknown-format", f"There is no format {format[:20]}: the path ends in .xml or .json.")
        city = self.pack()
        return city, offered(city)

    def base(self, request: Request) -> str:
        """Return where `/open311` is."""
        return (self.url or str(request.base_url)).rstrip("/") + PREFIX

    def media(self, request: Request) -> str | None:
        """Return where pictures are; None where nobody said where desk is, which has them."""
        return None if self.georeports.pictures is None else f"{self.base(request)}/media"

    async def sent(self, request: Request, header: str | None, city: Pack, known: Open311) -> Said:
        """Read what a client posts. Raises Refusal."""

        def keyed(key: str | None) -> ChannelKey:
            try:
                found = self.georeports.keyed(city, known, key)
            except Refusal:
                self.doors.read(request)
                raise
            self.doors.written(found)
            return found

        return await sent(request, header, keyed, self.georeports.attachments)


def locale(city: Pack, languages: str | None) -> str:
    """Return the first language of the city that the client understands; else the city's own."""
    wanted = [one.partition(";")[0].strip().lower().partition("-")[0] for one in (languages or "").split(",")]
    return next((one for one in wanted if one in city.locales), city.locales[0])
