"""Cells of the earth's surface, as geohashes of six letters: about 1.1 by 0.6 km in the latitudes of China.

Standard library only; the encoding is the public one (geohash.org), so an operator can look a cell up on any map.
"""

from collections.abc import Iterator
from math import asin, cos, radians, sin, sqrt

LETTERS = "0123456789bcdefghjkmnpqrstuvwxyz"
BITS = 15
"""Halvings of each axis: six letters of five bits, taken in turn from longitude and latitude."""
WIDTH, HEIGHT = 360 / 2**BITS, 180 / 2**BITS
"""Degrees of one cell."""
EARTH = 6_371_008.8
"""Mean radius in metres."""


def cell(lon: float, lat: float) -> str:
    """Name the cell that a point lies in."""
    return _name(*_numbers(lon, lat))


def around(lon: float, lat: float) -> Iterator[str]:
    """Name the cell of a point and those that touch it: whatever lies within a cell's height of the point is in one.
    At a pole there are fewer."""
    column, row = _numbers(lon, lat)
    for beside in (-1, 0, 1):
        for above in (-1, 0, 1):
            if 0 <= row + above < 2**BITS:
                yield _name((column + beside) % 2**BITS, row + above)


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Measure the way between two points along the surface."""
    north, east = radians(other_lat - lat), radians(other_lon - lon)
    chord = sin(north / 2) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(east / 2) ** 2
    return 2 * EARTH * asin(sqrt(min(1.0, chord)))


def _numbers(lon: float, lat: float) -> tuple[int, int]:
    column = int((lon + 180) / WIDTH) % 2**BITS
    return column, min(2**BITS - 1, max(0, int((lat + 90) / HEIGHT)))


def _name(column: int, row: int) -> str:
    bits = 0
    for at in range(BITS - 1, -1, -1):
        bits = bits << 2 | (column >> at & 1) << 1 | row >> at & 1
    return "".join(LETTERS[bits >> at & 31] for at in range(25, -1, -5))
