"""The small decisions that the model's data makes itself."""

import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sanfu.city.model.clocks import Limit, LimitCase, Trigger, limit_of
from sanfu.city.model.who import Unit
from sanfu.city.wordlists import WordList

HANDLED = "sanfu.issue.handled.v1"


def _unit(valid_from: date | None, valid_to: date | None) -> Unit:
    return Unit("old", "旧", "Old", "department", None, valid_from, valid_to, None, None, None)


@pytest.mark.parametrize(
    ("day", "there"),
    [(date(2025, 12, 31), False), (date(2026, 1, 1), True), (date(2026, 5, 31), True), (date(2026, 6, 1), False)],
)
def test_a_unit_is_there_from_its_first_day_until_before_its_end(day: date, there: bool) -> None:
    assert _unit(date(2026, 1, 1), date(2026, 6, 1)).valid_on(day) is there


def test_a_unit_without_dates_is_always_there() -> None:
    assert _unit(None, None).valid_on(date(1999, 1, 1))


def test_the_first_case_that_fits_gives_the_limit() -> None:
    cases = (
        LimitCase({"grade": ("simple",), "channel": ("web", "hotline")}, Limit("same_day")),
        LimitCase({"grade": ("simple",)}, Limit("calendar_days", 1)),
    )

    assert limit_of(cases, {"grade": "simple", "channel": "web"}) == Limit("same_day")
    assert limit_of(cases, {"grade": "simple", "channel": "visit"}) == Limit("calendar_days", 1)
    assert limit_of(cases, {"grade": "difficult", "channel": "web"}) is None


def test_a_trigger_looks_at_type_fields_and_grade() -> None:
    trigger = Trigger(HANDLED, {"number": (2,)}, ("difficult",))

    assert trigger.fits(HANDLED, {"number": 2}, "difficult")
    assert not trigger.fits(HANDLED, {"number": 1}, "difficult")
    assert not trigger.fits(HANDLED, {"number": 2}, "simple")
    assert not trigger.fits(HANDLED, {}, "difficult")
    assert not trigger.fits("sanfu.issue.closed.v1", {"number": 2}, "difficult")


WORDS = st.text("abAB水漏 ", min_size=1, max_size=3)


@example((("A",),), ("B",), "AB")
@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=2).map(tuple), max_size=6).map(tuple),
    st.lists(WORDS, max_size=2).map(tuple),
    st.text("abAB水漏不 .", max_size=30),
)
def test_the_first_set_found_is_the_one_that_looking_for_each_in_turn_finds(
    sets: tuple[tuple[str, ...], ...], unless: tuple[str, ...], text: str
) -> None:
    left = text.casefold()
    for phrase in unless:
        left = left.replace(phrase.casefold(), "\n")

    def there(word: str) -> bool:
        whole = rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])" if word.isascii() else re.escape(word)
        return re.search(whole, left) is not None

    in_turn = (tuple(map(str.casefold, words)) for words in sets)
    assert WordList(sets, unless).first(text) == next((words for words in in_turn if all(map(there, words))), None)
