"""Coordinates as maps in China write them, brought to WGS-84.

GCJ-02 shifts WGS-84 by some hundred metres, by a formula that was found out and is known well (Gaode, Tencent, phones);
BD-09 (Baidu) shifts it once more. Outside the box in which the shift is applied both are WGS-84 as it stands.
"""

from collections.abc import Callable
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Literal

System = Literal["wgs84", "gcj02", "bd09"]
AXIS, ECCENTRICITY = 6378245.0, 0.00669342162296594323
"""Krasovsky's ellipsoid of 1940, on which the shift was defined: metres, and the square of its eccentricity."""
DIGITS = 7
"""Decimals of a degree that are kept: about a centimetre."""
ROUNDS = 6
"""Each round makes the error a hundredth or less: three leave millimetres, the others are for the edge of the box."""

Point = tuple[float, float]


def to_wgs84(lon: float, lat: float, system: System) -> Point:
    """Return (lon, lat) in WGS-84, degrees, good to a centimetre for GCJ-02 and to a metre for BD-09."""
    match system:
        case "wgs84":
            return lon, lat
        case "gcj02":
            found = _undone(_gcj02, (lon, lat))
        case "bd09":
            found = _undone(_gcj02, _undone(_bd09, (lon, lat)))
    return round(found[0], DIGITS), round(found[1], DIGITS)


def _undone(shift: Callable[[float, float], Point], shifted: Point) -> Point:
    """Find what the shift makes the given point of: it hardly differs between neighbours, so this ends quickly."""
    lon, lat = shifted
    for _ in range(ROUNDS):
        there = shift(lon, lat)
        lon, lat = lon + shifted[0] - there[0], lat + shifted[1] - there[1]
    return lon, lat


def _gcj02(lon: float, lat: float) -> Point:
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    magic = 1 - ECCENTRICITY * sin(lat / 180 * pi) ** 2
    east = _east(x, y) * 180 / (AXIS / sqrt(magic) * cos(lat / 180 * pi) * pi)
    north = _north(x, y) * 180 / (AXIS * (1 - ECCENTRICITY) / (magic * sqrt(magic)) * pi)
    return lon + east, lat + north


def _waves(x: float) -> float:
    return 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)


def _east(x: float, y: float) -> float:
    """Metres by which a point is shifted to the east."""
    plain = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    waves = _waves(x) + 20 * sin(x * pi) + 40 * sin(x / 3 * pi) + 150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)
    return plain + waves * 2 / 3


def _north(x: float, y: float) -> float:
    """Metres by which a point is shifted to the north."""
    plain = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    waves = _waves(x) + 20 * sin(y * pi) + 40 * sin(y / 3 * pi) + 160 * sin(y / 12 * pi) + 320 * sin(y / 30 * pi)
    return plain + waves * 2 / 3


def _bd09(lon: float, lat: float) -> Point:
    turned = atan2(lat, lon) + 0.000003 * cos(lon * pi * 3000 / 180)
    length = hypot(lon, lat) + 0.00002 * sin(lat * pi * 3000 / 180)
    return length * cos(turned) + 0.0065, length * sin(turned) + 0.006
