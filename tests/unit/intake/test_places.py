"""Where a report's place lies: its point in WGS-84, and its town, if only point or words tell it."""

from typing import Any

import pytest

from tests.unit.intake.world import World, report

NONE = dict.fromkeys(("town", "address", "lon", "lat", "town_by", "town_in_text"))


async def placed(world: World, place: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await world.post(report(place=place, **{"title": "路灯", "text": "路灯不亮", **more}))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = world.documents.documents[answer.json()["id"]]["submission"]["place"]
    return found


async def test_a_point_alone_tells_the_town(world: World) -> None:
    place = await placed(world, {"lon": 120.024, "lat": 29.205})
    assert (place["town"], place["town_by"]) == ("fotang", "point")


async def test_words_alone_tell_the_town_the_address_before_the_text(world: World) -> None:
    assert (await placed(world, {"address": "寺前街60号"}, text="苏溪镇来的人说路灯不亮"))["town"] == "fotang"
    place = await placed(world, {}, text="苏溪镇的路灯不亮")
    assert (place["town"], place["town_by"]) == ("suxi", "text")


async def test_the_town_that_is_said_stays(world: World) -> None:
    place = await placed(world, {"town": "fotang", "lon": 120.118, "lat": 29.464})
    assert (place["town"], place["town_by"]) == ("fotang", "said")


async def test_where_words_and_point_contradict_each_other_the_town_stays_open(world: World) -> None:
    place = await placed(world, {"address": "佛堂镇寺前街", "lon": 120.118, "lat": 29.464})
    assert (place["town"], place["town_by"], place["town_in_text"]) == (None, None, "fotang")


async def test_the_text_of_a_confidential_report_tells_its_town_and_nothing_else(world: World) -> None:
    told = await placed(world, {}, text="苏溪镇的路灯不亮", secrecy="confidential")
    assert told == {**NONE, "may_be_home": False, "town": "suxi", "town_by": "text"}


@pytest.mark.parametrize(
    ("crs", "lon", "lat"),
    [("gcj02", 120.028655, 29.2023367), ("bd09", 120.0351644, 29.2083658), ("wgs84", 120.024, 29.205)],
)
async def test_a_point_of_another_map_is_told_in_wgs84(world: World, crs: str, lon: float, lat: float) -> None:
    place = await placed(world, {"lon": lon, "lat": lat, "crs": crs})
    assert "crs" not in place
    assert (round(place["lon"], 4), round(place["lat"], 4)) == (120.024, 29.205)


async def test_a_point_out_of_the_city_is_refused_with_a_hint_at_other_maps(world: World) -> None:
    answer = await world.post(report(place={"lon": 121.47, "lat": 31.23, "crs": "bd09"}))
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["problem"]) == ("$.place.lon", "outside_the_city")
    assert "place.crs" in error["expected"]


async def test_a_map_that_nobody_knows_is_named(world: World) -> None:
    answer = await world.post(report(place={"lon": 120.0, "lat": 29.3, "crs": "beijing54"}))
    assert [error["field"] for error in answer.json()["errors"]] == ["$.place.crs"]
