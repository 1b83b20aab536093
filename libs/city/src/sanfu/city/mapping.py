"""The atlas from its files: areas, names of places, and what is wrong with them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sanfu.city.atlas import Atlas, Spot
from sanfu.city.directory import degrees
from sanfu.city.gazetteer import Gazetteer
from sanfu.city.ground import FILE, AreaReader, Areas, Drawn, Plane
from sanfu.city.model.who import Bounds, Unit
from sanfu.city.problems import Findings, Place
from sanfu.city.quantities import whole
from sanfu.city.reading import Row, Section

SHORTEST = 2
"""Characters of a name: one alone stands in half of all texts."""
KILOMETRE = 1_000_000.0


class AtlasReader:
    """Reads areas and names against the towns there are."""

    def __init__(self, findings: Findings, units: Mapping[str, Unit], bounds: Bounds, locales: Sequence[str]) -> None:
        self.findings, self.units, self.bounds, self.locales = findings, units, bounds, locales
        self.towns = {code: unit for code, unit in units.items() if unit.kind == "town"}

    def areas(self, content: str) -> Drawn:
        named = {code: {each: unit.name(each) for each in self.locales} for code, unit in self.towns.items()}
        return AreaReader(self.findings, named, self.bounds, self.locales).read(content)

    def atlas(self, drawn: Drawn | None, listed: Iterable[Row], head: Section) -> Atlas:
        exact_to = head.parsed("exact_to", whole(0, 20_000), 0)
        head.done()
        others, by_name = list(self._others(listed)), dict[str, set[Spot]]()
        for name, spot in others:
            by_name.setdefault(name, set()).add(spot)
        names = Gazetteer(self._full(), others)
        known = {name: frozenset(spots) for name, spots in by_name.items()}
        if drawn is None:
            return Atlas(names=names, exact_to=exact_to, listed=known)
        areas = Areas(drawn.shapes, Plane.on(self.bounds))
        of_towns = frozenset(drawn.areas.keys() & self.towns.keys())
        self._remarks(areas, drawn, of_towns)
        return Atlas(drawn.areas, of_towns, areas, names, exact_to, known)

    def _full(self) -> dict[str, str]:
        """Full names of towns, and of villages, which are places, too."""
        towns = {code: code for code in self.towns}
        towns |= {
            code: unit.parent
            for code, unit in self.units.items()
            if unit.kind == "village" and unit.parent in self.towns
        }
        return {name: town for code, town in towns.items() for name in _names(self.units[code])}

    def _others(self, listed: Iterable[Row]) -> Iterator[tuple[str, Spot]]:
        seen = set[tuple[str, str]]()
        for row in listed:
            name, town = row.text("name"), row.one_known("town", self.towns, "town", required=True)
            lon, lat = (row.parsed(each, degrees, None) for each in ("lon", "lat"))
            if len(name) < SHORTEST:
                row.wrong("name", f"{name!r} is too short", f"write {SHORTEST} characters or more, or take it out")
            if (lon is None) != (lat is None):
                row.wrong("lat" if lat is None else "lon", "is missing", "write both lon and lat, or neither")
            elif lon is not None and lat is not None and not self.bounds.hold(lon, lat):
                row.wrong("lon", "lies out of the city", "write WGS-84 within the bounds of pack.yaml")
            if (name, town or "") in seen:
                row.wrong("name", f"{name!r} is there twice", "keep one of them")
            seen.add((name, town or ""))
            if town in self.towns and name:
                yield name, Spot(town, lon, lat)

    def _remarks(self, areas: Areas, drawn: Drawn, of_towns: frozenset[str]) -> None:
        """Tell of towns without ground where others have some, and of ground that two towns have."""
        missing = sorted(self.towns.keys() - of_towns) if of_towns else []
        for code in missing:
            message, cure = f"the town {code!r} has no area: no point lies in it", "draw it, or leave out all towns"
            self.findings.add(Place(FILE), message, cure, fatal=False)
        for one, other, shared in areas.overlaps(of_towns):
            message = f"{one!r} and {other!r} share {shared / KILOMETRE:.2f} km², and there {one!r} counts"
            cure = "cut one of them; an enclave is a hole in the area around it"
            self.findings.add(drawn.places[other], message, cure, fatal=False)


def _names(unit: Unit) -> set[str]:
    return {name for name in (unit.name_zh, unit.name_en) if len(name) >= SHORTEST}
