"""Areas from `areas.geojson` (RFC 7946: WGS-84, longitude first), indexed by a tree of boxes.

Everything is measured on a plane laid on the city: good to a metre or so within fifty kilometres. The plane keeps
points on the side of a border where they are, so nothing is lost between two towns.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import cos, inf, radians
from typing import Any

import shapely

from sanfu.city.atlas import Area
from sanfu.city.directory import CODE
from sanfu.city.model.who import Bounds
from sanfu.city.problems import Findings, Place, nearest

FILE = "areas.geojson"
METRES = 111_320.0
"""Of a degree of latitude, near enough."""
SMALL_MAP = 50.0
"""Metres by which a border may be simplified for a map on a phone."""
LEAST_OVERLAP = 10_000.0
"""Square metres that two towns may share before it is told: surveys are drawn apart from each other."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres east and north of a city's middle."""

    lon: float
    lat: float

    @classmethod
    def on(cls, bounds: Bounds) -> "Plane":
        return cls((bounds.west + bounds.east) / 2, (bounds.south + bounds.north) / 2)

    def laid(self, shape: Any) -> Any:
        return shapely.transform(shape, lambda at: (at - (self.lon, self.lat)) * self._scale())

    def lifted(self, shape: Any) -> Any:
        """Bring a shape back to degrees."""
        return shapely.transform(shape, lambda at: at / self._scale() + (self.lon, self.lat))

    def point(self, lon: float, lat: float) -> Any:
        east, north = self._scale()
        return shapely.Point((lon - self.lon) * east, (lat - self.lat) * north)

    def _scale(self) -> tuple[float, float]:
        return METRES * cos(radians(self.lat)), METRES


class Areas:
    """`atlas.Ground` over polygons."""

    def __init__(self, shapes: Mapping[str, Any], plane: Plane) -> None:
        """`shapes`: code → polygon in degrees."""
        self._plane, self._codes = plane, [*shapes]
        self._shapes = [plane.laid(shape) for shape in shapes.values()]
        for shape in self._shapes:
            shapely.prepare(shape)
        self._at = {code: at for at, code in enumerate(self._codes)}
        self._tree = shapely.STRtree(self._shapes)

    def holding(self, lon: float, lat: float) -> Sequence[str]:
        found = self._tree.query(self._plane.point(lon, lat), predicate="intersects")
        return [self._codes[at] for at in sorted(found)]

    def metres_to(self, code: str, lon: float, lat: float) -> float:
        if code not in self._at:
            return inf
        return float(self._shapes[self._at[code]].distance(self._plane.point(lon, lat)))

    def rings(self, code: str) -> Sequence[Sequence[tuple[float, float]]]:
        if code not in self._at:
            return ()
        plain = self._plane.lifted(self._shapes[self._at[code]].simplify(SMALL_MAP))
        parts = shapely.get_rings(shapely.get_parts(plain))
        return [[(float(lon), float(lat)) for lon, lat in ring.coords] for ring in parts]

    def overlaps(self, codes: Iterable[str]) -> Iterator[tuple[str, str, float]]:
        """Name pairs of these areas that share ground, and how many square metres."""
        wanted = set(codes)
        pairs = self._tree.query(self._shapes, predicate="intersects").T.tolist() if self._shapes else []
        for at, other in pairs:
            if at < other and {self._codes[at], self._codes[other]} <= wanted:
                shared = self._shapes[at].intersection(self._shapes[other]).area
                if shared > LEAST_OVERLAP:
                    yield self._codes[at], self._codes[other], shared


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the file holds: areas by code, their polygons in degrees, and where each stands in the file."""

    areas: Mapping[str, Area]
    shapes: Mapping[str, Any]
    places: Mapping[str, Place]


class AreaReader:
    """Reads the file against the towns there are; what is wrong goes to the findings."""

    def __init__(
        self, findings: Findings, towns: Mapping[str, Mapping[str, str]], bounds: Bounds, locales: Sequence[str]
    ) -> None:
        """`towns`: code → the town's name in each language."""
        self.findings, self.towns, self.bounds, self.locales = findings, towns, bounds, locales

    def read(self, content: str) -> Drawn:
        areas, shapes, places = dict[str, Area](), dict[str, Any](), dict[str, Place]()
        for number, feature in enumerate(self._features(content), 1):
            place = Place(FILE, 0, f"features[{number}]")
            area, shape = self._area(feature, place), self._shape(feature, place.at("geometry"))
            if area is not None and area.code in areas:
                self.findings.add(place, f"{area.code!r} is there twice", "make one MultiPolygon of them")
            elif area is not None and shape is not None:
                areas[area.code] = replace(area, drawn=sha256(shapely.to_wkb(shape)).hexdigest()[:12])
                shapes[area.code], places[area.code] = shape, place
        return Drawn(areas, shapes, places)

    def _features(self, content: str) -> list[Mapping[str, Any]]:
        try:
            found = json.loads(content)
        except (ValueError, RecursionError) as error:
            line = getattr(error, "lineno", 0)
            self.findings.broken(Place(FILE, line), f"is not JSON: {error}", "save it as GeoJSON")
            return []
        features = found.get("features") if isinstance(found, dict) else None
        if not isinstance(features, list) or not all(isinstance(each, dict) for each in features):
            self.findings.broken(
                Place(FILE), "is no FeatureCollection", "save the areas as a GeoJSON FeatureCollection"
            )
            return []
        if isinstance(found.get("crs"), dict) and "CRS84" not in json.dumps(found["crs"]):
            cure = "convert it to WGS-84 (RFC 7946), and leave out crs"
            self.findings.add(Place(FILE, 0, "crs"), "is in other coordinates", cure)
        return features

    def _area(self, feature: Mapping[str, Any], place: Place) -> Area | None:
        given = feature.get("properties")
        properties: Mapping[str, Any] = given if isinstance(given, dict) else {}
        code, at = properties.get("code"), place.at("properties.code")
        if not isinstance(code, str) or not CODE.fullmatch(code):
            self.findings.add(at, f"{code!r} is no code", "write a town's code, or 2 to 40 characters of [a-z0-9-]")
            return None
        if code in self.towns:
            return Area(code, self.towns[code])
        name = {locale: str(properties.get(f"name_{locale}") or "") for locale in self.locales}
        for locale in [locale for locale, text in name.items() if not text]:
            cure = f"add name_{locale}; if it is meant to be a town's: {nearest(code, self.towns)}"
            self.findings.add(place.at(f"properties.name_{locale}"), f"the area {code!r} has no name", cure)
        return Area(code, name)

    def _shape(self, feature: Mapping[str, Any], place: Place) -> Any | None:
        geometry = feature.get("geometry")
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if kind not in ("Polygon", "MultiPolygon"):
            self.findings.add(place, f"{kind or 'nothing'} is no area", "draw a Polygon or MultiPolygon")
            return None
        try:
            shape = shapely.from_geojson(json.dumps(geometry))
        except (shapely.GEOSException, ValueError) as error:
            self.findings.add(place, f"can't be read: {error}", "write rings of [longitude, latitude], closed")
            return None
        if shape.is_empty or not shape.is_valid:
            why = "it is empty" if shape.is_empty else shapely.is_valid_reason(shape)
            self.findings.add(place, f"is no sound polygon: {why}", "mend it in a map editor, or draw it anew")
            return None
        if not self._in_the_city(shape):
            box = self.bounds
            span = f"{box.west}, {box.south} to {box.east}, {box.north}"
            self.findings.add(place, "reaches out of the city", f"write WGS-84, longitude first, within {span}")
            return None
        return shape

    def _in_the_city(self, shape: Any) -> bool:
        west, south, east, north = shape.bounds
        return self.bounds.hold(west, south) and self.bounds.hold(east, north)
