"""Where something lies: areas with borders, names of places, and what to make of both.

Standard library only, as `sanfu.city.model`: the index of areas stands in `ground`, the one of names in `gazetteer`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal, NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Area:
    """Ground with a border: a town's own, whose code is the town's, or one that the city's rules speak of. `drawn` is
    a digest of its border: two that differ in it are not the same ground."""

    code: str
    name: Mapping[str, str]
    drawn: str = ""


class Spot(NamedTuple):
    """What the name of a place says: its town, and a point (WGS-84) where that is known."""

    town: str
    lon: float | None = None
    lat: float | None = None


class Ground(Protocol):
    """An index of areas."""

    def holding(self, lon: float, lat: float) -> Sequence[str]:
        """Name the areas that hold a point, borders included, in the pack's order."""
        ...

    def metres_to(self, code: str, lon: float, lat: float) -> float:
        """Say how far a point is from an area; 0 within it, infinite where there is no such area."""
        ...

    def rings(self, code: str) -> Sequence[Sequence[tuple[float, float]]]:
        """Return an area's borders for a small map, exact to some 50 m: each a closed ring of (lon, lat)."""
        ...


class Names(Protocol):
    """An index of the names of places."""

    def spot(self, text: str) -> Spot | None:
        """Say what place a text names; None: none, or several that lie in different towns."""
        ...


class Whereabouts(NamedTuple):
    """Where something lies, and by what that is known.

    `town`: the town, as far as anybody can tell; `by` what it is known. `said` is the town that was reported, `text`
    the one that the words name, `point` the one in which the coordinates lie. `doubt`: they contradict each other;
    `disputed`: so much that nobody can tell which is right. `outside`: coordinates in no town.
    """

    town: str | None = None
    by: Literal["said", "point", "text"] | None = None
    said: str | None = None
    text: str | None = None
    point: str | None = None
    areas: tuple[str, ...] = ()
    doubt: bool = False
    disputed: bool = False
    outside: bool = False


@dataclass(frozen=True)
class _Nowhere:
    """The index of a city that has drawn no areas and listed no names."""

    def holding(self, lon: float, lat: float) -> Sequence[str]:
        return ()

    def metres_to(self, code: str, lon: float, lat: float) -> float:
        return inf

    def rings(self, code: str) -> Sequence[Sequence[tuple[float, float]]]:
        return ()

    def spot(self, text: str) -> Spot | None:
        return None


@dataclass(frozen=True)
class Atlas:
    """All that a city knows of its places. `towns`: codes of the areas that are towns' own. `listed`: name of a place →
    what it says. `exact_to`: metres by which a border may be wrong."""

    areas: Mapping[str, Area] = field(default_factory=dict)
    towns: frozenset[str] = frozenset()
    ground: Ground = field(default=_Nowhere(), compare=False)
    names: Names = field(default=_Nowhere(), compare=False)
    exact_to: int = 0
    listed: Mapping[str, frozenset[Spot]] = field(default_factory=dict)

    def where(self, place: Mapping[str, Any], *texts: str | None) -> Whereabouts:
        """Say where a report's place lies. Of the texts the first that names a place counts: put the address first.
        Without one, `town_in_text` of the place does.

        What was said leads. Words and coordinates that contradict each other by more than borders are exact to leave
        the town open, unless it was said; and also then, if both of them contradict it alike.
        """
        said, lon, lat = place.get("town"), place.get("lon"), place.get("lat")
        spot = next((spot for text in texts if text and (spot := self.names.spot(text))), None)
        there = (lon, lat) if lon is not None and lat is not None else None
        held = tuple(self.ground.holding(*there)) if there else self._of(spot)
        point = next((code for code in held if code in self.towns), None) if there else None
        text = spot.town if spot else place.get("town_in_text")
        astray = {town for town in (said, text) if town and there and self._far(town, point, *there)}
        both_against = said is not None and said in astray and point is not None and text == point
        disputed = both_against or (said is None and text in astray)
        town, by = (None, None) if disputed else _known(said, text, point)
        doubt = bool(astray) or (said is not None and text not in (None, said))
        outside = there is not None and point is None and bool(self.towns)
        return Whereabouts(town, by, said, text, point, held, doubt, disputed, outside)

    def _of(self, spot: Spot | None) -> tuple[str, ...]:
        known = spot is not None and spot.lon is not None and spot.lat is not None
        return tuple(self.ground.holding(spot.lon, spot.lat)) if spot and known else ()  # type: ignore[arg-type]

    def _far(self, town: str, point: str | None, lon: float, lat: float) -> bool:
        return point not in (None, town) and self.ground.metres_to(town, lon, lat) > self.exact_to


def _known(
    said: str | None, text: str | None, point: str | None
) -> tuple[str | None, Literal["said", "point", "text"] | None]:
    """Near a border the name that is written counts for more than the point."""
    if said is not None:
        return said, "said"
    if text is not None and text != point:
        return text, "text"
    return (point, "point") if point is not None else (None, None)
