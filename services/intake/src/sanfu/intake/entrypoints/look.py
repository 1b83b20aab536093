"""How the form and the receipt look: templates, the outline of the city, QR codes, what browsers may keep."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from math import cos, radians
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
import segno
from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from sanfu.city.model.pack import Pack
from sanfu.city.model.who import Bounds
from sanfu.city.succession import there
from sanfu.contracts.envelope import moment
from sanfu.intake.domain import progress
from sanfu.intake.domain.attachments import MOST
from sanfu.intake.domain.nearby import Near
from sanfu.intake.domain.urgency import EMERGENCY
from sanfu.intake.entrypoints.form_fields import HONEYPOT
from sanfu.intake.entrypoints.form_words import FORM, STATES
from sanfu.runtime.pages import guarded, plain_style

ASSETS = {"plain.css": "text/css", "form.css": "text/css", "form.js": "text/javascript", "form.svg": "image/svg+xml"}
KEPT = {"Cache-Control": "max-age=300", "X-Content-Type-Options": "nosniff"}
DEGREE = 111_320
"""Metres of a degree of latitude, and of one of longitude at the equator."""
SHOWN = ("submitted", "assigned", "contacted", "handled", "closed")
"""Steps with a date on the receipt's page."""


@dataclass(frozen=True, slots=True)
class Look:
    """`public_url`: where desk's pages for parties are; `own_url`: where these are, None: where they were asked for;
    `file_limit`: bytes of a file."""

    public_url: str | None
    own_url: str | None
    file_limit: int

    def form(self, pack: Pack, language: str, status: int, shown: Mapping[str, Any]) -> HTMLResponse:
        channel, day = shown["channel"], shown["day"]
        more = {
            "questions": list(pack.form_of(channel.code).questions.values()), "groups": groups(pack, day),
            "audiences": sorted(channel.audiences, key=lambda one: one != "resident"),
            "units": sorted(there(pack.units, day).values(), key=lambda unit: unit.kind),
            "map": outline(pack, language), "honeypot": HONEYPOT, "first": _notice(pack, "emergency_first", language),
            "price": _notice(pack, "anonymous_cost", language), "at": _since(pack),
            "files": FORM[language]["files_hint"].format(most=MOST, size=self.file_limit >> 20),
        }  # fmt: skip
        return self._page("report.html", pack, language, status, **more, **shown)

    def near(self, pack: Pack, language: str, found: Sequence[Near]) -> HTMLResponse:
        """Render the part of the page that offers what is open nearby; nothing where nothing is."""
        return self._page("near.html", pack, language, near=found, at=_since(pack), chosen="")

    def find(self, pack: Pack, language: str, status: int = 200, number: str = "", wrong: str = "") -> HTMLResponse:
        told = FORM[language][wrong] if wrong else ""
        return self._page("find.html", pack, language, status, number=number, wrong=told)

    def receipt(
        self, pack: Pack, language: str, state: Mapping[str, Any], here: str, *, fresh: bool, call: bool
    ) -> HTMLResponse:
        """Show a receipt. `fresh`: it was given just now; `call`: it speaks of danger to life."""
        shown, zone = progress.shown(state), ZoneInfo(pack.zone)
        told = STATES[language]
        steps = [
            (told[name], moment(shown["dates"][name]).astimezone(zone)) for name in SHOWN if name in shown["dates"]
        ]
        query = urlencode({"number": shown["receipt"], "lang": language})
        return self._page(
            "receipt.html", pack, language, number=shown["receipt"], steps=steps, fresh=fresh, call=call,
            state=told.get(shown["state"], FORM[language].get(shown["state"], shown["state"])),
            due=moment(shown["due_at"]).astimezone(zone) if shown["due_at"] else None,
            code=qr(f"{(self.own_url or here).rstrip('/')}/receipt?{query}"), mine=self._mine(language),
            first=_notice(pack, "emergency_first", language),
        )  # fmt: skip

    def _mine(self, language: str) -> str | None:
        return self.public_url and f"{self.public_url.rstrip('/')}/my?lang={language}"

    def words(self, pack: Pack, language: str, day: date) -> Response:
        recall, known = pack.urgency_words.get(EMERGENCY), there(pack.categories, day).values()
        body = {
            "grave": [one.code for one in known if one.urgency_default == EMERGENCY],
            "danger": {"sets": recall.sets if recall else [], "unless": recall.unless if recall else []},
            "categories": [[one.code, one.name(language), one.keywords] for one in known],
        }
        return Response(orjson.dumps(body), media_type="application/json", headers=KEPT)

    async def asset(self, name: str) -> Response:
        own = files("sanfu.intake").joinpath("pages", name).read_bytes
        body = await asyncio.to_thread(plain_style if name == "plain.css" else own)
        return Response(body, media_type=ASSETS[name], headers=KEPT)

    def _page(self, name: str, pack: Pack, language: str, status: int = 200, **more: Any) -> HTMLResponse:
        city = pack.name.get(language) or pack.code
        html = templates().get_template(name).render(lang=language, word=FORM[language], city=city, pack=pack, **more)
        return HTMLResponse(html, status, guarded())


@cache
def templates() -> Environment:
    return Environment(loader=PackageLoader("sanfu.intake", "pages"), autoescape=True, undefined=StrictUndefined)


def qr(text: str) -> str:
    """Draw a QR code as SVG, for a page: it scales, and needs no request."""
    return segno.make(text, error="m", micro=False).svg_inline(border=4, dark="#17212b", light="#ffffff", omitsize=True)


def outline(pack: Pack, language: str) -> Mapping[str, Any]:
    """Return what the map is drawn from: hundreds of metres east and south of its north-western corner. It shows the
    areas of the towns, or where none are drawn the city's box; no streets, for no map is fetched from elsewhere."""
    rings = {code: pack.atlas.ground.rings(code) for code in pack.towns}
    drawn = [at for borders in rings.values() for ring in borders for at in ring]
    box = pack.bounds if not drawn else Bounds(
        min(lon for lon, _ in drawn), min(lat for _, lat in drawn),
        max(lon for lon, _ in drawn), max(lat for _, lat in drawn),
    )  # fmt: skip
    east, south = DEGREE * cos(radians((box.south + box.north) / 2)) / 100, DEGREE / 100

    def laid(lon: float, lat: float) -> tuple[float, float]:
        return round((lon - box.west) * east, 1), round((box.north - lat) * south, 1)

    def path(borders: Sequence[Sequence[tuple[float, float]]]) -> str:
        return "".join("M" + "L".join(f"{x} {y}" for x, y in (laid(*at) for at in ring)) + "Z" for ring in borders)

    towns = [(code, _town(pack, code, language), *laid(one.lon, one.lat)) for code, one in pack.towns.items()]
    return {
        "towns": towns, "areas": [path(borders) for borders in rings.values() if borders],
        "size": laid(box.east, box.south), "west": box.west, "north": box.north, "scale": (east, south),
    }  # fmt: skip


def _town(pack: Pack, code: str, language: str) -> str:
    unit = pack.units.get(code)
    return unit.name(language) if unit else pack.towns[code].name_zh


def groups(pack: Pack, day: date) -> Mapping[str, Any]:
    """Return the categories there are, by who has such needs, in the pack's order."""
    groups: dict[str, list[Any]] = {}
    for category in there(pack.categories, day).values():
        groups.setdefault(category.audience, []).append(category)
    return groups


def _notice(pack: Pack, code: str, language: str) -> str:
    told = pack.notices.get(code, {})
    return told.get(language) or told.get(pack.locales[0], "")


def _since(pack: Pack) -> Any:
    """Return what makes an instant a date of the city."""
    zone = ZoneInfo(pack.zone)
    return lambda at: moment(at).astimezone(zone).strftime("%m-%d")
