"""How alike two issues are, and where others are looked for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanfu.city.cells import BITS, HEIGHT, WIDTH, around, cell, metres
from sanfu.city.model.policy import LIKENESSES, Duplicates
from sanfu.router.domain.likeness import likeness
from sanfu.router.domain.sketches import Draughtsman, Sketch
from sanfu.router.domain.suspecting import found, pairs, told
from sanfu.router.domain.words import Rarity, pieces, signs
from tests.support import packs

PACK = packs.shipped()
RARITY = Rarity(["路灯不亮了", "路面坑洼", "Street lamp is dark", "The noise is loud"])
LAMP: Mapping[str, Any] = {
    "submitted_at": "2026-11-02T01:00:00.000Z", "reported_at": "2026-11-02T01:00:00.000Z", "audience": "resident",
    "kind": "issue", "title": "路灯不亮", "text": "稠州北路与城中路口的路灯坏了三天，晚上一片漆黑",
    "place": {"town": "choucheng", "lon": 120.07, "lat": 29.31, "address": "稠州北路"},
}  # fmt: skip
OPEN: Mapping[str, Any] = {"over": False, "assignment": 0, "secrecy": "open", "category": "road-lamp"}
ALL = Duplicates(threshold=0, same_party=0, least_said=0)


def draw(id: str = "a", *, standing: Mapping[str, Any] | None = None, **said: Any) -> Sketch | None:
    state = {"said": {**LAMP, **said}, "standing": {**OPEN, **(standing or {})}}
    return Draughtsman(PACK.categories, RARITY).draw(id, state)


def lamp(id: str = "a", **said: Any) -> Sketch:
    sketch = draw(id, **said)
    assert sketch is not None
    return sketch


def score(one: Sketch, other: Sketch) -> float:
    alike = likeness(one, other, ALL, RARITY)
    assert alike is not None
    return alike.score


def test_a_cell_is_the_public_geohash() -> None:
    assert cell(10.40744, 57.64911) == "u4pruy"
    assert cell(-5.6, 42.6) == "ezs42e"


@given(lon=st.floats(-180, 179.99), lat=st.floats(-89.9, 89.9), east=st.floats(-1, 1), north=st.floats(-1, 1))
def test_what_is_within_a_cell_of_a_point_lies_in_a_cell_around_it(
    lon: float, lat: float, east: float, north: float
) -> None:
    other = (lon + east * WIDTH + 180) % 360 - 180, min(90.0, max(-90.0, lat + north * HEIGHT))
    assert cell(*other) in set(around(lon, lat))


def test_there_are_nine_cells_around_a_point_and_six_at_a_pole() -> None:
    assert len(set(around(179.999, 29.3))) == 9
    assert len(set(around(120.0, 89.999))) == 6
    assert 2**BITS * WIDTH == 360


def test_a_way_is_measured_along_the_surface() -> None:
    assert metres(120.0, 29.3, 120.0, 29.31) == pytest.approx(1112, abs=1)
    assert metres(120.0, 29.3, 120.01, 29.3) == pytest.approx(970, abs=1)


def test_chinese_is_compared_by_pairs_of_signs_and_english_by_words() -> None:
    assert pieces(signs("路灯 坏了30天!")) == {"路灯", "灯坏", "坏了"}
    one, other = signs("The street lamp"), signs("street LAMP, please")
    assert len(one) == 3
    assert len(pieces(one) & pieces(other)) == 2


@given(one=st.text(max_size=60), other=st.text(max_size=60))
def test_what_two_texts_share_is_a_share_whatever_they_are(one: str, other: str) -> None:
    shared = RARITY.shared(signs(one), signs(other))
    assert shared is None or -1e-9 <= shared <= 1 + 1e-9
    assert shared == pytest.approx(RARITY.shared(signs(other), signs(one)))


def test_two_reports_of_one_lamp_are_more_alike_than_reports_of_a_lamp_and_a_pothole() -> None:
    same = lamp("b", title="灯又黑了", text="稠州北路口路灯三天不亮，走路害怕")
    other = lamp("c", title="路面有坑", text="稠州北路路面坑很大，电动车摔了")
    assert score(lamp(), same) > score(lamp(), other) + 0.05


def test_one_place_one_day_and_one_category_are_not_enough() -> None:
    other = lamp("c", title="投诉", text="树枝挡住了交通牌，开车看不见")
    by = replace(PACK.policy.duplicates, threshold=0.3)
    assert likeness(lamp(), other, replace(by, least_said=0), RARITY) is not None
    assert likeness(lamp(), other, by, RARITY) is None


@pytest.mark.parametrize(
    "less",
    [
        {"place": {"town": "choucheng", "lon": 120.08, "lat": 29.31, "address": "稠州北路"}},
        {"place": {"town": "choucheng", "lon": 120.07, "lat": 29.31, "address": "工人西路"}},
        {"reported_at": "2026-10-23T01:00:00.000Z"},
        {"title": "噪音"},
        {"text": "广场舞太吵"},
    ],
)
def test_farther_later_or_in_other_words_is_less_alike(less: Mapping[str, Any]) -> None:
    assert score(lamp(), lamp("b", **less)) < score(lamp(), lamp("b")) == 1.0


def test_what_is_not_known_counts_half_and_is_not_shown() -> None:
    nowhere = lamp("b", place={"town": "choucheng"})
    alike = likeness(lamp(), nowhere, ALL, RARITY)
    assert alike is not None
    assert set(LIKENESSES) - alike.parts.keys() == {"distance", "address"}
    assert alike.score == pytest.approx(1 - 2 * 0.5 / len(LIKENESSES), abs=0.01)


def test_the_score_is_the_mean_of_its_parts_by_the_packs_weights() -> None:
    by = Duplicates(weights={**dict.fromkeys(LIKENESSES, 0), "title": 3, "category": 1}, threshold=0, same_party=0)
    alike = likeness(lamp(), replace(lamp("b", title="路灯"), category="potholes"), by, RARITY)
    assert alike is not None
    assert alike.score == pytest.approx((3 * alike.parts["title"] + 0) / 4, abs=0.01)


def test_issues_of_different_audiences_are_never_alike() -> None:
    assert likeness(lamp(), lamp("b", audience="enterprise"), ALL, RARITY) is None


def test_of_one_registered_party_less_likeness_will_do_and_that_is_certain() -> None:
    strict = Duplicates(threshold=1, same_party=0.5)
    less = {"text": "另外，这里的灯杆也歪了"}
    assert likeness(lamp(party_code="V-1"), lamp("b", party_code="V-2", **less), strict, RARITY) is None
    alike = likeness(lamp(party_code="V-1"), lamp("b", party_code="V-1", **less), strict, RARITY)
    assert alike is not None
    assert found(alike, "zh")["same_party"]
    assert "同一主体" in found(alike, "zh")["reason"]
    assert "the same party" in found(alike, "en")["reason"]


@pytest.mark.parametrize("secrecy", ["confidential", "sealed"])
def test_what_is_secret_has_no_sketch(secrecy: str) -> None:
    assert draw(standing={"secrecy": secrecy}) is None
    assert draw(standing={"secrecy": "internal"}) is not None


def test_what_is_over_thanks_spam_and_what_was_not_submitted_have_none() -> None:
    assert draw(standing={"over": True}) is None
    assert draw(text=None, title="保密事项") is None
    assert draw(kind="thanks") is draw(kind="spam") is None
    assert Draughtsman(PACK.categories, RARITY).draw("a", {}) is None


def test_neighbours_of_one_group_find_each_other_and_others_do_not() -> None:
    near = lamp("b", place={"town": "choucheng", "lon": 120.075, "lat": 29.312})
    far = lamp("c", text="x", title="y", place={"town": "futian", "lon": 120.2, "lat": 29.31})
    assert set(lamp().asks) & set(near.keys)
    assert not set(lamp().asks) & set(far.keys)


def test_where_no_point_is_known_it_is_found_by_rare_words_in_its_town() -> None:
    here = lamp("b", place={"town": "choucheng"})
    assert set(here.asks) & set(lamp().keys)
    assert set(lamp().asks) & set(here.keys)
    assert not set(lamp("b", place={"town": "futian"}).asks) & set(lamp().keys)


@pytest.mark.parametrize(("one", "other"), [("road-lamp", None), (None, "road-lamp"), (None, None)])
def test_one_without_a_category_finds_and_is_found(one: str | None, other: str | None) -> None:
    first, second = draw(standing={"category": one}), draw("b", standing={"category": other})
    assert first is not None
    assert second is not None
    assert set(first.asks) & set(second.keys)


def test_it_is_told_of_the_later_of_two_whichever_is_looked_at() -> None:
    early, late = lamp("z"), lamp("a", submitted_at="2026-11-02T02:00:00.000Z")
    for one, other in ((early, late), (late, early)):
        [pair] = pairs([one], [[other]], ALL, RARITY)
        assert (pair.last, pair.alike.other.id) == ("a", "z")
    assert len(pairs([early, late], [[late], [early]], ALL, RARITY)) == 1


def test_of_many_only_the_most_alike_are_told() -> None:
    others = [
        lamp(f"b{n}", text=f"{LAMP['text']}{'嗯' * n}", submitted_at="2026-11-01T01:00:00.000Z") for n in range(9)
    ]
    near = pairs([lamp()], [others], replace(ALL, most=2), RARITY)
    assert [pair.alike.other.id for pair in near] == ["b0", "b1"]


def test_a_suspicion_is_told_once_and_of_nothing_that_is_over_or_secret() -> None:
    alike = likeness(lamp(), lamp("b"), ALL, RARITY)
    assert alike is not None
    finding = found(alike, "zh")
    assert [draft.data["other"] for draft in told({"standing": OPEN}, finding)] == ["b"]
    assert not told({"standing": OPEN, "suspected": ["b"]}, finding)
    assert not told({"standing": {**OPEN, "over": True}}, finding)
    assert not told({"standing": {**OPEN, "secrecy": "confidential"}}, finding)
    assert not told({}, finding)
