"""A provider that fails is left alone, and taken up again little by little."""

from sanfu.notify.domain.breaker import ALL, FAILURES, LONGEST_REST, PROVEN, Breaker


def failed(breaker: Breaker, times: int, now: float = 0.0) -> Breaker:
    for _ in range(times):
        breaker = breaker.failed(now)
    return breaker


def test_a_few_failures_among_successes_are_nothing() -> None:
    breaker = failed(Breaker(), FAILURES - 1).succeeded(0)
    assert not failed(breaker, FAILURES - 1).rests_at(0)


def test_after_some_failures_in_a_row_it_rests_and_then_takes_one_message() -> None:
    breaker = failed(Breaker(), FAILURES)
    assert breaker.rests_at(1.9)
    assert (breaker.rests_at(2), breaker.most, breaker.is_down) == (False, 1, True)
    assert not breaker.succeeded(2).is_down


def test_calls_that_were_under_way_lengthen_no_rest() -> None:
    assert failed(Breaker(), FAILURES + 60) == failed(Breaker(), FAILURES)


def test_each_probe_that_fails_doubles_the_rest_up_to_a_minute() -> None:
    breaker, rests, now = failed(Breaker(), FAILURES), [], 2.0
    for _ in range(8):
        breaker = breaker.failed(now)
        rests.append(breaker.until - now)
        now = breaker.until
    assert rests == [4, 8, 16, 32, LONGEST_REST, LONGEST_REST, LONGEST_REST, LONGEST_REST]


def test_with_each_success_one_more_may_be_under_way_until_it_is_trusted_again() -> None:
    breaker = failed(Breaker(), FAILURES)
    for taken in range(1, PROVEN):
        breaker = breaker.succeeded(2)
        assert breaker.most == 1 + taken
    assert breaker.succeeded(2) == Breaker()
    assert Breaker().most == ALL


def test_what_answers_late_while_it_rests_wakes_nobody() -> None:
    breaker = failed(Breaker(), FAILURES)
    assert breaker.succeeded(1) == breaker


def test_the_provider_may_ask_for_more_time() -> None:
    assert Breaker().failed(0, after=600).rests_at(599)
    assert failed(Breaker(), FAILURES).failed(1, after=600).rests_at(600)
    slowed = Breaker().slowed(0, 7)
    assert (slowed.rests_at(6), slowed.rests_at(7), slowed.most) == (True, False, ALL)
