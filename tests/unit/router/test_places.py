"""Rules by area, and what becomes of an issue whose place is in doubt."""

from dataclasses import replace
from typing import Any

import shapely

from sanfu.city.atlas import Area, Atlas, Spot
from sanfu.city.gazetteer import Gazetteer
from sanfu.city.ground import Areas, Plane
from sanfu.city.model.rules import RoutingRule, When
from sanfu.city.model.who import Bounds
from sanfu.city.wordlists import WordList
from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.router.domain.rules import RouterRules
from tests.unit.router.city import pack, rule
from tests.unit.router.story import Told

SHAPES = {"hill": shapely.box(0, 0, 0.5, 1), "lake": shapely.box(0.5, 0, 1, 1), "port": shapely.box(0.4, 0.4, 0.6, 0.6)}
ATLAS = Atlas(
    {code: Area(code, {"en": code}) for code in SHAPES},
    frozenset({"hill", "lake"}),
    Areas(SHAPES, Plane.on(Bounds(0, 0, 1, 1))),
    Gazetteer({"山镇": "hill", "湖镇": "lake"}, [("湖滨路", Spot("lake"))]),
)
LAMP = rule("lamp", When(words=WordList((("路灯", "坏"),))), "@town")
PIPE = rule("pipe", When(words=WordList((("水管", "坏"),))), "water")


def submitted(*rules: RoutingRule, place: dict[str, Any], **data: Any) -> Event:
    return Told(RouterRules(replace(pack(*rules), atlas=ATLAS))).submit(place=place, **data)


def test_the_town_of_the_point_leads_what_is_the_towns() -> None:
    answer = submitted(LAMP, text="路灯坏了", place={"lon": 0.7, "lat": 0.1})
    assert (answer.type, answer.data["unit"], answer.data["place"]) == (names.ISSUE_ASSIGNED, "lake", None)
    assert answer.data["reason"] == "because of lamp · the town by the point"


def test_the_town_that_words_name_leads_where_there_is_no_point() -> None:
    answer = submitted(LAMP, text="路灯坏了", place={"address": "湖滨路3号"})
    assert answer.data["unit"] == "lake"
    assert answer.data["reason"] == "because of lamp · the town by the name in the text"


def test_a_rule_may_ask_for_an_area() -> None:
    at_the_port = rule("port", When(areas=("port",)), "roads")
    assert submitted(at_the_port, LAMP, text="路灯坏了", place={"lon": 0.45, "lat": 0.5}).data["unit"] == "roads"
    assert submitted(at_the_port, LAMP, text="路灯坏了", place={"lon": 0.1, "lat": 0.5}).data["unit"] == "hill"


def test_a_rule_by_area_may_decide_about_a_confidential_issue() -> None:
    at_the_port = rule("port", When(areas=("port",)), "roads")
    assert submitted(at_the_port, secrecy="confidential", place={"lon": 0.5, "lat": 0.5}).data["unit"] == "roads"


def test_of_a_secret_issue_no_address_says_where_it_lies() -> None:
    by_town = rule("by-town", When(towns=("lake",)), "roads")
    place = {"address": "湖滨路3号"}
    assert submitted(by_town, place=place).data["unit"] == "roads"
    for secrecy in ("confidential", "sealed"):
        answer = submitted(by_town, secrecy=secrecy, place=place)
        assert answer.type == names.REVIEW_REQUESTED
        assert "lake" not in str(answer.data)


def test_where_words_and_point_contradict_each_other_the_reviewer_is_shown_both_towns() -> None:
    answer = submitted(LAMP, text="湖滨路的路灯坏了", place={"lon": 0.1, "lat": 0.1})
    assert (answer.type, answer.data["why"]) == (names.REVIEW_REQUESTED, "place")
    assert answer.data["place"] == {"said": None, "text": "lake", "point": "hill", "disputed": True, "outside": False}
    assert [(each["unit"], each["score"]) for each in answer.data["suggestions"]] == [
        ("lake", 0.9),
        ("hill", 0.9),
        ("office", 0),
    ]
    assert "named as lake, the point lies in hill" in answer.data["reason"]


def test_a_category_of_the_towns_own_suggests_each_town_that_is_spoken_of() -> None:
    asked = rule("asked", When(channels=("web",)), "office", "review")
    answer = submitted(asked, category="lamps", text="湖滨路", place={"lon": 0.1, "lat": 0.1})
    assert [each["unit"] for each in answer.data["suggestions"]] == ["lake", "hill", "office"]


def test_what_is_no_matter_of_the_town_is_assigned_and_the_doubt_is_told() -> None:
    answer = submitted(PIPE, text="湖滨路的水管坏了", place={"lon": 0.1, "lat": 0.1})
    assert (answer.data["unit"], answer.data["place"]["disputed"]) == ("water", True)
    assert answer.data["reason"] == ("because of pipe · the place can't be told: named as lake, the point lies in hill")


def test_the_town_that_was_said_leads_and_the_reason_tells_what_contradicts_it() -> None:
    answer = submitted(LAMP, text="路灯坏了", place={"town": "hill", "lon": 0.7, "lat": 0.1})
    assert answer.data["unit"] == "hill"
    assert "the place is in doubt: reported as hill, the point lies in lake" in answer.data["reason"]


def test_of_an_emergency_whose_place_nobody_can_tell_both_towns_hear() -> None:
    answer = submitted(urgency="emergency", text="湖镇着火了", place={"lon": 0.1, "lat": 0.1})
    told = [(each["unit"], each["part"]) for each in answer.data["also"]]
    assert (answer.data["unit"], told) == ("emergency", [("lake", "place"), ("hill", "place")])


def test_a_point_in_no_town_goes_to_review_and_says_so() -> None:
    answer = submitted(LAMP, text="路灯坏了", place={"lon": 1.5, "lat": 0.1})
    assert (answer.data["why"], answer.data["place"]["outside"]) == ("place", True)
    assert "in no town" in answer.data["reason"]


def test_a_town_that_intake_read_from_words_stands_when_they_are_masked_by_now() -> None:
    taken = {"town": "lake", "town_by": "text", "lon": 0.49, "lat": 0.1}
    answer = submitted(LAMP, text="***的路灯坏了", place=taken)
    assert (answer.data["unit"], answer.data["place"]) == ("lake", None)


def test_a_contradiction_that_intake_saw_stands_for_a_confidential_issue_too() -> None:
    by_place = rule("any", When(channels=("web",)), "@town")
    seen = {"town_in_text": "lake", "lon": 0.1, "lat": 0.1}
    answer = submitted(by_place, secrecy="confidential", place=seen)
    assert (answer.data["why"], answer.data["place"]["text"]) == ("place", "lake")


def test_of_a_confidential_issue_the_words_are_not_looked_at() -> None:
    by_place = rule("any", When(channels=("web",)), "@town")
    answer = submitted(by_place, secrecy="confidential", title="湖镇", place={"address": None})
    assert (answer.data["why"], answer.data["place"]) == ("place", None)
