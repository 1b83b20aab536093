"""Guessing is made slow, and a person who mistypes is not kept out for long."""

from hypothesis import given
from hypothesis import strategies as st

from sanfu.desk.domain.lockout import ACCOUNT, Patience, Tries, noted, taken_back, waits


def after(count: int, patience: Patience = ACCOUNT, now: float = 1000.0) -> Tries:
    """Try as soon as one may, so often."""
    tries = Tries()
    for _ in range(count):
        now = max(now, tries.until)
        tries = noted(tries, patience, now)
    return tries


def test_some_tries_are_free_and_then_each_wait_is_twice_the_one_before_up_to_the_longest() -> None:
    found = [after(count) for count in range(1, 15)]
    spans = [round(tries.until - tries.last) if tries.until else 0 for tries in found]
    assert spans == [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_a_wait_ends_by_itself() -> None:
    tries = after(5)
    assert waits(tries, tries.last) == 30
    assert waits(tries, tries.last + 29.5) == 0.5
    assert waits(tries, tries.last + 30) == 0


def test_what_lies_a_day_back_is_forgotten() -> None:
    tries = after(9)
    assert noted(tries, ACCOUNT, tries.last + ACCOUNT.forgets + 1).count == 1


def test_a_try_that_was_right_counts_as_none() -> None:
    tries = after(3)
    assert taken_back(noted(tries, ACCOUNT, tries.last)).count == tries.count


@given(st.integers(1, 200))
def test_a_guesser_of_one_account_has_at_most_thirty_five_tries_in_a_day(seconds: int) -> None:
    tries, now, made = Tries(), 0.0, 0
    while now < 86_400:
        if waits(tries, now) == 0:
            tries, made = noted(tries, ACCOUNT, now), made + 1
        now += seconds
    assert made <= 35
