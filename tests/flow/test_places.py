"""Where it lies decides who leads: by a point, by words, and by a person where the two contradict each other."""

import pytest

from tests.flow.parts import ON_BOTH
from tests.support.city import City

IN_FOTANG = {"lon": 120.024, "lat": 29.205}
IN_DACHEN = {"lon": 120.118, "lat": 29.464}


def of_the_town(city: City) -> str:
    """A category that is the town's own."""
    return next(
        code for code, one in city.pack.categories.items() if one.default_unit == "@town" and one.kind == "issue"
    )


@pytest.mark.parametrize(
    ("place", "town"),
    [
        (IN_FOTANG, "fotang"),
        ({"lon": 120.0351644, "lat": 29.2083658, "crs": "bd09"}, "fotang"),
        ({"address": "倍磊村口"}, "fotang"),
        ({"address": "苏福路12号"}, "suxi"),
    ],
)
async def test_what_is_the_towns_goes_to_the_town_of_the_point_or_of_the_words(
    city: City, place: dict[str, object], town: str
) -> None:
    issue = await city.report("hotline", category=of_the_town(city), place=place, text="这件事没人管。")
    [assigned] = await city.of(issue, "assigned")
    assert (assigned.data["unit"], assigned.data["place"]) == (town, None)
    first, *_ = await city.unit_topic(town, issue)
    assert first.data["issue"]["place"]["town"] == town
    leader = await city.head(town).sees(issue)
    assert leader is not None, "the town's leader sees what lies in his town"
    assert leader["town"] == town


@ON_BOTH
async def test_where_text_and_point_disagree_a_reviewer_is_shown_both_towns_and_decides(city: City) -> None:
    place = {"address": "佛堂镇寺前街60号", **IN_DACHEN}
    said = {"title": "公园设施", "text": "健身器材坏了没人管。", "category": of_the_town(city)}
    issue = await city.report("hotline", place=place, **said)
    assert await city.state(issue) == "in_review"
    [asked] = await city.of(issue, "review-requested")
    assert asked.data["why"] == "place"

    seen = await city.person("reviewer").sees(issue)
    assert seen is not None
    review = seen["review"]
    assert (review["place"]["text"], review["place"]["point"]) == ("fotang", "dachen")
    assert "文中为佛堂镇，坐标落在大陈镇" in review["reason"]
    assert [each["unit"] for each in review["suggestions"]][:2] == ["fotang", "dachen"]

    await city.person("reviewer").dispatch(issue, "fotang")
    first, *_ = await city.unit_topic("fotang", issue)
    assert first.type == "dispatched"


async def test_a_confidential_report_is_told_apart_by_its_place_and_leaves_no_word_of_it(city: City) -> None:
    place = {"address": "佛堂镇寺前街60号", **IN_DACHEN}
    issue = await city.report("petition", place=place, text="这件事没人管，请保密。")
    [submitted] = await city.of(issue, "submitted")
    assert (submitted.data["place"]["town"], submitted.data["place"]["town_in_text"]) == (None, "fotang")
    assert "寺前街" not in await city.everything()


async def test_an_emergency_rings_in_both_towns_that_it_may_be_in(city: City) -> None:
    issue = await city.report(title="着火了", text="佛堂镇老街二楼着火，有人被困！", place=IN_DACHEN)
    [assigned] = await city.of(issue, "assigned")
    told = {each["unit"] for each in assigned.data["also"] if each["part"] == "place"}
    assert (assigned.data["unit"], told) == ("emergency", {"fotang", "dachen"})
    for town in ("fotang", "dachen"):
        assert city.sms.to(city.phone("duty_officer", town))
