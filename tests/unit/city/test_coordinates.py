"""Coordinates of Chinese maps become WGS-84, as others publish it."""

from math import cos, hypot, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanfu.city.coordinates import System, to_wgs84
from sanfu.city.coordinates import _bd09 as bd09
from sanfu.city.coordinates import _gcj02 as gcj02

PUBLISHED: list[tuple[System, tuple[float, float], tuple[float, float]]] = [
    ("gcj02", (121.531541859215, 31.17530398364597), (121.5272106, 31.1774276)),
    ("gcj02", (113.9171764808363, 22.540796131694766), (113.912316, 22.543847)),
    ("gcj02", (116.38404722455657, 39.91334545536069), (116.377817, 39.911954)),
    ("gcj02", (116.41024449916938, 39.91640428150164), (116.404, 39.915)),
    ("bd09", (123.0, 45.0), (122.98762210, 44.99171540)),
]
"""System, there and in WGS-84, lon first: from the tests of googollee/eviltransform (the first three),
wandergis/coordtransform and hujiulong/gcoord. eviltransform's own BD-09 leaves a factor out, and is some metres off."""


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    return 111_320 * hypot((one[0] - other[0]) * cos(radians(one[1])), one[1] - other[1])


@pytest.mark.parametrize(("system", "there", "wgs84"), PUBLISHED)
def test_published_points_are_found_within_two_metres(
    system: System, there: tuple[float, float], wgs84: tuple[float, float]
) -> None:
    assert metres(to_wgs84(*there, system), wgs84) < 2


@pytest.mark.parametrize(("lon", "lat", "shifted"), [(wgs[0], wgs[1], there) for _, there, wgs in PUBLISHED[:4]])
def test_the_shift_is_the_published_one(lon: float, lat: float, shifted: tuple[float, float]) -> None:
    assert metres(gcj02(lon, lat), shifted) < 0.1


def test_the_second_shift_is_the_published_one() -> None:
    assert metres(bd09(116.404, 39.915), (116.41036949371029, 39.92133699351021)) < 0.1


@given(st.floats(119.8, 120.32), st.floats(29.0, 29.66))
def test_there_and_back_is_the_same_place(lon: float, lat: float) -> None:
    assert metres(to_wgs84(*gcj02(lon, lat), "gcj02"), (lon, lat)) < 0.05
    assert metres(to_wgs84(*bd09(*gcj02(lon, lat)), "bd09"), (lon, lat)) < 1


def test_wgs84_stays_as_it_is_and_so_does_what_lies_outside_the_shift() -> None:
    assert to_wgs84(120.123456789, 29.3, "wgs84") == (120.123456789, 29.3)
    assert to_wgs84(7.4474, 46.948, "gcj02") == (7.4474, 46.948)
