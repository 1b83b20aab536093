"""In which town a place lies: by its point, by the words for it, and what if the two contradict each other."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sanfu.city import drafting
from sanfu.city.atlas import Area, Atlas, Spot, Whereabouts
from sanfu.city.gazetteer import Gazetteer
from sanfu.city.ground import AreaReader, Areas, Plane
from sanfu.city.loading import load
from sanfu.city.model.who import Bounds
from sanfu.city.problems import Findings
from tests.support.packs import A_DAY, SHIPPED, copied, edited, shipped

BOUNDS = Bounds(0, 0, 1, 1)
HILL = shapely.Polygon([(0, 0), (0.5, 0), (0.5, 1), (0, 1)], holes=[[(0.2, 0.2), (0.3, 0.2), (0.3, 0.3), (0.2, 0.3)]])
LAKE = shapely.MultiPolygon([shapely.box(0.5, 0, 0.9, 1), shapely.box(0.2, 0.2, 0.3, 0.3)])
PORT = shapely.box(0.45, 0.4, 0.55, 0.5)


def atlas(exact_to: int = 0) -> Atlas:
    """Two towns, of which one has an enclave in the other; and a port across their border."""
    shapes = {"hill": HILL, "lake": LAKE, "port": PORT}
    names = Gazetteer(
        {"Hill Town": "hill", "湖镇": "lake"},
        [("湖滨路", Spot("lake")), ("大桥", Spot("hill")), ("大桥", Spot("lake")), ("码头", Spot("hill", 0.5, 0.45))],
    )
    areas = {code: Area(code, {"en": code}) for code in shapes}
    return Atlas(areas, frozenset({"hill", "lake"}), Areas(shapes, Plane.on(BOUNDS)), names, exact_to)


def where(
    *texts: str, town: str | None = None, at: tuple[float, float] | None = None, exact_to: int = 0
) -> Whereabouts:
    lon, lat = at or (None, None)
    return atlas(exact_to).where({"town": town, "lon": lon, "lat": lat}, *texts)


# ── points ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("at", "town"), [((0.1, 0.1), "hill"), ((0.25, 0.25), "lake"), ((0.7, 0.5), "lake"), ((0.95, 0.5), None)]
)
def test_a_point_lies_in_one_town_and_an_enclave_is_not_the_town_around_it(
    at: tuple[float, float], town: str | None
) -> None:
    found = where(at=at)
    assert (found.town, found.by, found.point) == (town, "point" if town else None, town)
    assert found.outside is (town is None)


@pytest.mark.parametrize("at", [(0.5, 0.7), (0.2, 0.25), (0.3, 0.3)])
def test_a_point_on_a_border_lies_in_the_town_that_stands_first(at: tuple[float, float]) -> None:
    assert where(at=at).town == "hill"


def test_an_area_across_a_border_is_told_beside_the_town() -> None:
    assert where(at=(0.52, 0.45)).areas == ("lake", "port")


def test_the_name_of_a_place_whose_point_is_known_tells_its_areas_too() -> None:
    found = where("在码头边")
    assert (found.town, found.by, found.areas) == ("hill", "text", ("hill", "lake", "port"))


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_each_point_in_the_citys_hull_lies_in_exactly_one_town(x: float, y: float) -> None:
    towns, hull = drawn()
    west, south, east, north = hull.bounds
    lon, lat = west + x * (east - west), south + y * (north - south)
    held = shipped().atlas.ground.holding(lon, lat)
    inside = sum(shape.contains(shapely.Point(lon, lat)) for shape in towns.values())
    if hull.buffer(-0.0001).contains(shapely.Point(lon, lat)):
        assert held, "a gap between towns"
        assert inside <= 1, "two towns share ground"
    assert shipped().atlas.where({"lon": lon, "lat": lat}).town == (held[0] if held else None)


@settings(deadline=None)
@given(st.integers(0, 13), st.floats(0, 1))
def test_each_point_of_a_border_lies_in_a_town(which: int, along: float) -> None:
    towns, hull = drawn()
    at = list(towns.values())[which].exterior.interpolate(along, normalized=True)
    if hull.buffer(-0.0001).contains(at):
        assert shipped().atlas.where({"lon": at.x, "lat": at.y}).town is not None


@cache
def drawn() -> tuple[dict[str, Any], Any]:
    """The shipped towns as they stand in the file, and all of them together."""
    features = json.loads((SHIPPED / "areas.geojson").read_text(encoding="utf-8"))["features"]
    towns = {each["properties"]["code"]: shapely.from_geojson(json.dumps(each["geometry"])) for each in features}
    return towns, shapely.union_all([*towns.values()])


def test_each_town_of_the_shipped_pack_holds_its_own_point() -> None:
    pack = shipped()
    assert {code: pack.atlas.where({"lon": t.lon, "lat": t.lat}).town for code, t in pack.towns.items()} == {
        code: code for code in pack.towns
    }


def test_a_city_without_areas_and_names_knows_only_what_is_said() -> None:
    assert Atlas().where({"town": "hill", "lon": 0.1, "lat": 0.1}, "湖镇").town == "hill"
    assert Atlas().where({"lon": 0.1, "lat": 0.1}, "湖镇") == Whereabouts()


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "town"),
    [
        ("湖镇的路灯", "lake"),
        ("湖滨路12号", "lake"),
        ("the lamp in HILL TOWN.", "hill"),
        ("downhill towns", None),
        ("大桥上", None),
        ("大桥上，湖滨路口", "lake"),
        ("Hill Town 和湖镇之间", None),
        ("Hill Town, 湖滨路", "hill"),
        ("", None),
    ],
)
def test_words_name_a_town_if_they_name_but_one(text: str, town: str | None) -> None:
    assert where(text).town == town


def test_of_several_texts_the_first_that_names_a_place_counts() -> None:
    assert where("", "湖滨路", "Hill Town").town == "lake"


def test_the_longest_name_counts() -> None:
    names = Gazetteer({"湖镇": "lake"}, [("湖镇大道", Spot("hill"))])
    assert names.spot("湖镇大道5号") == Spot("hill")


# ── both ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_words_and_point_that_contradict_each_other_leave_the_town_open() -> None:
    found = where("湖滨路", at=(0.1, 0.1))
    assert (found.town, found.text, found.point, found.disputed) == (None, "lake", "hill", True)


def test_near_a_border_that_is_not_exact_the_name_counts_and_nothing_is_in_dispute() -> None:
    assert where("湖滨路", at=(0.49, 0.7)).disputed
    found = where("湖滨路", at=(0.49, 0.7), exact_to=2000)
    assert (found.town, found.by, found.doubt, found.disputed) == ("lake", "text", False, False)


def test_a_point_in_no_town_contradicts_no_name() -> None:
    found = where("湖滨路", at=(0.95, 0.5))
    assert (found.town, found.by, found.outside, found.doubt) == ("lake", "text", True, False)
    assert where(town="hill", at=(0.95, 0.5)).doubt is False


def test_the_town_that_was_said_leads_and_what_contradicts_it_is_a_doubt() -> None:
    for found in (where(town="lake", at=(0.1, 0.1)), where("Hill Town", town="lake")):
        assert (found.town, found.by, found.doubt, found.disputed) == ("lake", "said", True, False)


def test_where_words_and_point_both_contradict_what_was_said_nobody_can_tell() -> None:
    found = where("Hill Town", town="lake", at=(0.1, 0.1))
    assert (found.town, found.said, found.disputed) == (None, "lake", True)


# ── the files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_shipped_areas_and_names_are_what_the_command_drafts() -> None:
    pack = shipped()
    assert pack.reports is not None
    reports = [json.loads(line) for line in pack.reports.read_text(encoding="utf-8").splitlines()]
    assert (SHIPPED / "areas.geojson").read_text(encoding="utf-8") == drafting.areas(pack.towns, pack.bounds)
    assert (SHIPPED / "places.csv").read_text(encoding="utf-8") == drafting.places(reports, pack.towns)


def area(code: str, ring: list[list[Any]], **more: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"code": code, **more}, "geometry": geometry}


RING: list[list[Any]] = [[120.0, 29.2], [120.1, 29.2], [120.1, 29.3], [120.0, 29.2]]
BROKEN: dict[str, tuple[str, str, str]] = {
    "no JSON": ("{", "is not JSON", "save it as GeoJSON"),
    "a list": ("[]", "no FeatureCollection", "FeatureCollection"),
    "a line": (json.dumps({"features": [{"properties": {"code": "suxi"}, "geometry": {"type": "LineString"}}]}),
               "LineString is no area", "draw a Polygon"),
    "no code": (json.dumps({"features": [area("", RING)]}), "'' is no code", "write a town's code"),
    "no name": (json.dumps({"features": [area("the-market", RING, name_zh="市场")]}), "has no name", "add name_en"),
    "a code twice": (json.dumps({"features": [area("suxi", RING)] * 2}), "is there twice", "make one MultiPolygon"),
    "a bow": (json.dumps({"features": [area("suxi", [[120.0, 29.2], [120.1, 29.3], [120.1, 29.2], [120.0, 29.3],
                                                     [120.0, 29.2]])]}), "no sound polygon", "mend it"),
    "an open ring": (json.dumps({"features": [area("suxi", RING[:3])]}), "can't be read", "closed"),
    "latitude first": (json.dumps({"features": [area("suxi", [at[::-1] for at in RING])]}),
                       "out of the city", "longitude first"),
    "words for numbers": (json.dumps({"features": [area("suxi", [["a", "b"]] * 4)]}), "can't be read", "rings"),
    "other coordinates": (json.dumps({"features": [], "crs": {"properties": {"name": "EPSG:4549"}}}),
                          "in other coordinates", "convert it"),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN)
def test_areas_that_can_not_be_used_are_named_with_the_cure(tmp_path: Path, broken: str) -> None:
    root = copied(tmp_path)
    content, message, cure = BROKEN[broken]
    (root / "areas.geojson").write_text(content, encoding="utf-8")
    loaded = load(root, A_DAY)
    assert loaded.pack is None
    assert [p for p in loaded.problems if p.file == "areas.geojson" and message in p.message and cure in p.cure], (
        loaded.problems
    )


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        ("寺前街,fotang,,", "寺前街,fotan,,", "town", "no town 'fotan'"),
        ("寺前街,fotang,,", "街,fotang,,", "name", "too short"),
        ("寺前街,fotang,,", "双林路,fotang,,", "name", "there twice"),
        ("寺前街,fotang,,", "寺前街,fotang,120.02,", "lat", "is missing"),
        ("寺前街,fotang,,", "寺前街,fotang,29.2,120.02", "lon", "out of the city"),
    ],
)
def test_a_name_that_can_not_be_used_is_named_by_its_line(
    tmp_path: Path, old: str, new: str, key: str, message: str
) -> None:
    root = copied(tmp_path)
    line = edited(root, "places.csv", old, new)
    told = [p for p in load(root, A_DAY).problems if (p.file, p.line, p.key) == ("places.csv", line, key)]
    assert [p for p in told if p.fatal and message in p.message]


def test_towns_that_share_ground_or_have_none_are_remarked_on(tmp_path: Path) -> None:
    root = copied(tmp_path)
    drawn = json.loads((root / "areas.geojson").read_text(encoding="utf-8"))
    shared = drawn["features"][0]["geometry"]
    drawn["features"][1]["geometry"] = shared
    del drawn["features"][13]
    (root / "areas.geojson").write_text(json.dumps(drawn), encoding="utf-8")
    loaded = load(root, date(2026, 5, 6))
    assert loaded.pack is not None
    messages = [p.message for p in loaded.problems if p.file == "areas.geojson"]
    assert any(m.startswith("'choucheng' and 'beiyuan' share") for m in messages)
    assert any("'chian' has no area" in m for m in messages)


def test_a_pack_without_areas_and_names_is_sound(tmp_path: Path) -> None:
    root = copied(tmp_path)
    for name in ("areas.geojson", "places.csv"):
        (root / name).unlink()
    assert load(root, A_DAY).problems == ()


ANY = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.sampled_from(["suxi", "Polygon", "Feature"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["features", "properties", "geometry", "type", "code", "coordinates", "crs", "name"]), inner
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(
    ANY
    | st.fixed_dictionaries({"features": st.lists(ANY, max_size=2)})
    | st.builds(
        lambda ring: {"features": [area("suxi", ring)]},
        st.lists(st.lists(st.floats() | st.floats(29, 121), min_size=1, max_size=4), max_size=6),
    )
)
def test_whatever_stands_in_the_file_is_answered_by_problems_and_never_raises(content: Any) -> None:
    findings = Findings()
    towns = {"suxi": {"zh": "苏溪镇"}}
    drawn = AreaReader(findings, towns, shipped().bounds, ["zh"]).read(json.dumps(content))
    assert drawn.areas.keys() == drawn.shapes.keys()
    assert drawn.areas or findings.fatal or content == {**content, "features": []}


def test_the_borders_of_an_area_are_closed_rings_its_holes_and_parts_among_them() -> None:
    ground = atlas().ground
    hill, lake = ground.rings("hill"), ground.rings("lake")
    assert (len(hill), len(lake)) == (2, 2), "a hole; two parts"
    assert all(ring[0] == ring[-1] for ring in (*hill, *lake))
    assert {(round(lon, 6), round(lat, 6)) for lon, lat in hill[1]} == {(0.2, 0.2), (0.3, 0.2), (0.3, 0.3), (0.2, 0.3)}
    assert ground.rings("nowhere") == Atlas().ground.rings("hill") == ()
