"""What is offered to who writes: open issues of the same kind nearby, and no other."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id
from sanfu.intake.domain import nearby
from sanfu.intake.domain.hints import hints
from sanfu.intake.domain.nearby import Asked
from sanfu.intake.domain.rules import IntakeRules
from tests.unit.intake.world import NOW, pack

RULES = IntakeRules(pack())
LON, LAT = 120.0752, 29.3103
HERE = Asked("road-lamp", "fotang", "寺前街60号", LON, LAT)
PLACE = {"town": "fotang", "address": "寺前街58号", "lon": LON + 0.0005, "lat": LAT, "may_be_home": False}
SAID: dict[str, Any] = {
    "receipt": "R", "urgency": "normal", "secrecy": "open", "kind": "issue", "category": "road-lamp",
    "title": "路灯不亮", "text": "三天了", "place": PLACE,
}  # fmt: skip
SUPPLEMENT = {"number": 1, "contact": "none"}
ASSIGNED = (names.ISSUE_ASSIGNED, {"category": None})


def told(type: str, data: dict[str, Any], number: int) -> Event:
    return Event(event_id("desk", "i", number), type, "desk", "i", number, NOW, data)


def after(*steps: tuple[str, dict[str, Any]], **said: Any) -> dict[str, Any]:
    state = RULES.evolve({}, told(names.ISSUE_SUBMITTED, {**SAID, **said}, 1))
    for number, (type, data) in enumerate(steps, 2):
        state = RULES.evolve(state, told(type, data, number))
    return dict(state)


def offered(asked: Asked, *states: dict[str, Any]) -> list[nearby.Near]:
    """Look as the store does: by the keys, then choose."""
    keys = {*nearby.asks(asked)}
    found = [(f"i-{at}", one) for at, one in enumerate(states) if keys & {*one.get("near", ())}]
    return nearby.chosen(asked, found, 300)


def test_an_open_issue_of_the_category_nearby_is_offered_with_how_far_it_is() -> None:
    [near] = offered(HERE, after(ASSIGNED))
    assert (near.id, near.title, near.category, near.address) == ("i-0", "路灯不亮", "road-lamp", "寺前街58号")
    assert near.metres == 50
    assert offered(HERE._replace(category=None), after(ASSIGNED)), "whoever has not said what it is sees all"
    assert not offered(HERE._replace(category="garbage-sorting"), after(ASSIGNED))


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((), {}),
        (((names.REVIEW_REQUESTED, {}),), {}),
        ((ASSIGNED, (names.ISSUE_HANDLED, {})), {}),
        ((ASSIGNED, (names.ISSUE_CLOSED, {})), {}),
        ((ASSIGNED, (names.SECRECY_CHANGED, {"secrecy": "internal"})), {}),
        ((ASSIGNED, (names.SECRECY_CHANGED, {"secrecy": "confidential", "title": "—"})), {}),
        ((ASSIGNED, (names.URGENCY_CHANGED, {"urgency": "emergency"})), {}),
        ((ASSIGNED,), {"secrecy": "internal"}),
        ((ASSIGNED,), {"secrecy": "confidential", "text": None}),
        ((ASSIGNED,), {"secrecy": "sealed", "text": None}),
        ((ASSIGNED,), {"urgency": "emergency"}),
        ((ASSIGNED,), {"kind": "consult"}),
    ],
)
def test_what_nobody_took_up_is_over_or_not_for_everybody_is_not_offered(
    steps: tuple[tuple[str, dict[str, Any]], ...], said: dict[str, Any]
) -> None:
    state = after(*steps, **said)
    assert "near" not in state
    assert not nearby.chosen(HERE, [("i", state)], 300), "nor where the index still has it"


def test_it_is_offered_again_when_it_goes_on_and_under_the_category_that_a_person_saw() -> None:
    again = after(ASSIGNED, (names.ISSUE_HANDLED, {}), (names.COMPLETION_VOIDED, {}))
    assert offered(HERE, again)
    seen = after((names.ISSUE_DISPATCHED, {"category": "garbage-sorting"}))
    assert not offered(HERE, seen)
    [near] = offered(HERE._replace(category="garbage-sorting"), seen)
    assert near.category == "garbage-sorting"


def test_it_is_offered_under_the_category_that_goes_on_in_the_place_of_one_that_is_no_more() -> None:
    said = {"from_category": "road-lamp", "category": "street-works"}
    seen = after(ASSIGNED, (names.CATEGORY_SUCCEEDED, said))
    assert not offered(HERE, seen)
    [near] = offered(HERE._replace(category="street-works"), seen)
    assert (near.category, seen["state"]) == ("street-works", "assigned")
    other = after((names.ISSUE_DISPATCHED, {"category": "garbage"}), (names.CATEGORY_SUCCEEDED, said))
    assert offered(HERE._replace(category="garbage"), other), "it is of another"


def test_words_hint_only_at_categories_that_are_there_that_day() -> None:
    day = NOW.date()
    lamp = replace(pack().categories["road-lamp"], valid_to=day, succeeded_by="street-works")
    works = replace(lamp, code="street-works", valid_from=day, valid_to=None, succeeded_by=None)
    now = replace(pack(), categories={"road-lamp": lamp, "street-works": works})
    hinted = [[one.code for one in hints(now, "路灯坏了", at)] for at in (day - timedelta(days=1), day)]
    assert hinted == [["road-lamp"], ["street-works"]]


def test_the_nearest_are_offered_first_and_none_that_is_too_far() -> None:
    states = [after(ASSIGNED, place={**PLACE, "lon": LON + step}) for step in (0.0025, 0.0004, 0.0011, 0.0018, 0.0035)]
    assert [near.id for near in offered(HERE, *states)] == ["i-1", "i-2", "i-3"]


def test_of_what_may_be_a_home_no_address_is_shown_and_its_place_only_to_a_hundred_metres() -> None:
    home = after(ASSIGNED, place={**PLACE, "lon": 120.07541, "lat": 29.31049, "may_be_home": True})
    [near] = offered(HERE._replace(lon=120.0754, lat=29.3105), home)
    assert near.address is None
    assert near.metres == 70, "measured from the rounded place, 120.075, 29.310"
    by_address = HERE._replace(lon=None, lat=None, address="寺前街58号")
    assert not offered(by_address, home), "nor does a guessed address bring it up"


def test_where_no_point_is_known_an_address_that_is_alike_in_the_town_is_enough() -> None:
    bare = after(ASSIGNED, place={**PLACE, "lon": None, "lat": None})
    for asked in (HERE, HERE._replace(lon=None, lat=None)):
        [near] = offered(asked, bare)
        assert near.metres is None
    assert not offered(HERE._replace(lon=None, lat=None, address="稠州北路口"), bare)
    assert not offered(HERE._replace(lon=None, lat=None, address=None), bare)
