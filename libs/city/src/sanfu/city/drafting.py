"""First drafts of what a city may lack: areas from a point per town, names of places from labelled reports.

Areas are Voronoi's cells: each place belongs to the town whose point is nearest. That is no border, and the file says
so. Names are those that stand in the addresses of reports, all of one town. Both are to be looked through by somebody
who knows the city, and thrown away once there is a survey.
"""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import shapely

from sanfu.city.ground import Plane
from sanfu.city.model.who import Bounds, Town

AROUND = 6_000.0
"""Metres by which the hull of the points is widened: towns reach beyond their point, and nobody knows how far."""
DIGITS = 5
"""Decimals of a degree: about a metre, and more than the points are worth."""
NOTICE = "Approximate: Voronoi cells of one point per town, clipped by their widened hull. No survey, no legal border."


def areas(towns: Mapping[str, Town], bounds: Bounds) -> str:
    """Draw an area for each town, as GeoJSON: one feature a line, in the towns' order."""
    plane = Plane.on(bounds)
    points = shapely.MultiPoint([(town.lon, town.lat) for town in towns.values()])
    laid = plane.laid(points)
    box = plane.laid(shapely.box(bounds.west, bounds.south, bounds.east, bounds.north))
    hull = laid.convex_hull.buffer(AROUND, quad_segs=3).intersection(box)
    cells = [cell.intersection(hull) for cell in shapely.voronoi_polygons(laid, extend_to=hull, ordered=True).geoms]
    features = [_feature(town, plane.lifted(cell)) for town, cell in zip(towns.values(), cells, strict=True)]
    lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in features)
    head = json.dumps({"type": "FeatureCollection", "notice": NOTICE}, ensure_ascii=False)[:-1]
    return f'{head}, "features": [\n{lines}\n]}}\n'


def _feature(town: Town, shape: Any) -> dict[str, Any]:
    ring = [[round(lon, DIGITS), round(lat, DIGITS)] for lon, lat in shapely.get_coordinates(shape).tolist()]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"code": town.code, "name_zh": town.name_zh}, "geometry": geometry}


_CITY = re.compile(r"^[^\s,，]{2,4}市")
_ENDING = re.compile(r"(街道|镇|乡)$")
_NAME = re.compile(r"[\u4e00-\u9fff]{2,}?(?=[\d\s，,]|附近|村口|与|$)")
_PART = re.compile(r"(老|[东南西北中])*(街|路|大道|村)")
"""What is left of a street's name when the town's is taken off it: 中路 of 江东中路."""


def places(reports: Iterable[Mapping[str, Any]], towns: Mapping[str, Town]) -> str:
    """List the names that addresses give places, with their town, as CSV; and the towns' own short names."""
    found: dict[str, set[str]] = defaultdict(set)
    for town in towns.values():
        found[_ENDING.sub("", town.name_zh)].add(town.code)
    for report in reports:
        if report["town"] in towns and (name := _named(report["address"], towns[report["town"]].name_zh)):
            found[name].add(report["town"])
    sure = sorted((code, name) for name, codes in found.items() if len(codes) == 1 for code in codes)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("name", "town", "lon", "lat"))
    writer.writerows((name, code, "", "") for code, name in sure)
    return out.getvalue()


def _named(address: str, town: str) -> str | None:
    rest = _CITY.sub("", address)
    for begin in _beginnings(town):
        if rest.startswith(begin):
            name = _first(rest[len(begin) :].strip())
            return name if name and not _PART.fullmatch(name) else _whole(rest, begin)
    return _first(rest)


def _beginnings(town: str) -> Iterator[str]:
    yield town
    yield _ENDING.sub("", town)


def _whole(rest: str, begin: str) -> str | None:
    """The town's short name belongs to the name of the place, if it stands before a mere part of one."""
    name = _first(rest)
    return name if name and name != begin else None


def _first(text: str) -> str | None:
    found = _NAME.match(text)
    return found[0] if found else None
