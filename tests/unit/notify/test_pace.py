"""Rates: never more than so many in any so many seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanfu.notify.domain.pace import UNDERWAY, Each, Rate, Window


@pytest.mark.parametrize(
    ("text", "rate"),
    [("100/s", Rate(100, 1)), ("20/min", Rate(20, 60)), ("5/h", Rate(5, 3600)), ("50/d", Rate(50, 86400))],
)
def test_a_rate_is_read_as_it_is_written(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize("text", ["", "0/s", "-1/s", "20", "20/m", "1.5/s", "20/min ", "１/s", "9999999/s"])
def test_what_is_no_rate_says_what_would_be_one(text: str) -> None:
    with pytest.raises(ValueError, match="100/s"):
        Rate.parse(text)


@given(st.integers(1, 5), st.lists(st.floats(0, 3, allow_nan=False), max_size=60))
def test_no_window_ever_holds_more_than_its_rate(count: int, pauses: list[float]) -> None:
    window, now, taken = Window(Rate(count, 10)), 0.0, []
    for pause in pauses:
        now += pause
        now += window.wait(now) + 1e-6 if not window.room(now) and pause > 1 else 0
        if window.room(now):
            window.take(now)
            taken.append(now)
        assert pause <= 1 or taken[-1] == now, "what it says to wait is enough"
    assert all(sum(at - 10 - UNDERWAY < one <= at for one in taken) <= count for at in taken)


def test_what_is_slow_on_its_way_does_not_come_in_with_more_than_its_rate() -> None:
    window = Window(Rate(2, 1))
    window.take(0.0)
    window.take(0.9)
    assert window.room(1.01) == 0, "the first may have arrived at 0.04, and this one would at 1.01"
    assert window.room(1.07) == 1


def test_each_recipient_has_a_rate_of_its_own_and_is_forgotten_when_it_is_over() -> None:
    each = Each((Rate(1, 60), Rate(2, 3600)))
    each.take("139", 0)
    assert (each.wait("139", 0), each.wait("138", 0)) == (60 + UNDERWAY, 0)
    each.take("139", 61)
    assert each.wait("139", 62) == 3600 + UNDERWAY - 62
    each.take("138", 4000)
    assert [*each._windows] == ["138"]
