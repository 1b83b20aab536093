"""One delivery's states: under any order of crashes, faults and copies of the loop, the policy holds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain.breaker import LONGEST_REST
from sanfu.notify.domain.delivery import About, Delivery, Lost, Outcome, Rejected, Retry, Sent
from sanfu.notify.domain.records import read, written

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)


def queued(**more: Any) -> Delivery:
    given = {
        "id": "d1", "p": 0, "subject": "i1", "event": "intake:i1:1", "type": "t", "at": NOW, "due": NOW,
        "template": "receipt-party-sms", "medium": "sms", "audience": "party", "unit": None,
        "policy": "at_most_once", "critical": False, "useful_until": NOW + timedelta(hours=24), "facts": {}, **more,
    }  # fmt: skip
    return Delivery(**given)


def sending(**more: Any) -> Delivery:
    return steps.claim(queued(**more), (), NOW + LEASE)


class Carrying(RuleBasedStateMachine):
    """Two copies of the loop over one stored delivery, which know each other by compare-and-set only. Either may die
    or stall anywhere; the provider takes, refuses, or takes and says nothing."""

    policy = "at_most_once"

    def __init__(self) -> None:
        super().__init__()
        self.stored = queued(policy=self.policy)
        self.real = NOW
        self.taken = 0
        self.hands: dict[int, Delivery | None] = {0: None, 1: None}
        self.answers: dict[int, Outcome | None] = {0: None, 1: None}

    def put(self, after: Delivery) -> bool:
        if self.stored.ver != after.ver:
            return False
        self.stored = replace(after, ver=after.ver + 1)
        return True

    copies = st.sampled_from((0, 1))

    @rule(copy=copies)
    def claims(self, copy: int) -> None:
        one = self.stored
        ripe = one.is_open and one.again is not None and one.again <= self.real
        if self.hands[copy] is not None or not ripe:
            return
        after = steps.stale(steps.recovered(one, self.real), NOW, self.real)
        if after.is_open:
            after = steps.claim(after, (), self.real + LEASE)
        if self.put(after) and after.state == "sending":
            self.hands[copy] = self.stored

    @rule(copy=copies, outcome=st.sampled_from((Sent("x"), Retry("http_503"), Rejected("http_400"), Lost("timeout"))),
          taken=st.booleans())  # fmt: skip
    def sends(self, copy: int, outcome: Outcome, taken: bool) -> None:
        if self.hands[copy] is None or self.answers[copy] is not None:
            return
        self.taken += isinstance(outcome, Sent) or (isinstance(outcome, Lost) and taken)
        self.answers[copy] = outcome

    @rule(copy=copies)
    def settles(self, copy: int) -> None:
        one, outcome = self.hands[copy], self.answers[copy]
        if one is not None and outcome is not None:
            self.put(steps.settle(one, outcome, self.real))
            self.hands[copy] = self.answers[copy] = None

    @rule(copy=copies)
    def dies(self, copy: int) -> None:
        self.hands[copy] = self.answers[copy] = None

    @rule(seconds=st.sampled_from((1, 29, 30, 31, 600)))
    def time_passes(self, seconds: int) -> None:
        self.real += timedelta(seconds=seconds)

    def run_out(self) -> None:
        """Let one sound copy work with a provider that is well, until nothing is left to do."""
        self.dies(0)
        self.dies(1)
        for _ in range(3):
            self.time_passes(600)
            self.claims(0)
            self.sends(0, Sent("x"), taken=True)
            self.settles(0)


class AtMostOnce(Carrying):
    @invariant()
    def never_taken_twice(self) -> None:
        assert self.taken <= 1

    @invariant()
    def what_is_said_to_be_sent_was_taken(self) -> None:
        assert self.stored.state != "sent" or self.taken == 1

    def teardown(self) -> None:
        self.run_out()
        assert self.taken <= 1
        assert self.stored.state in ("sent", "failed", "unknown")


class AtLeastOnce(Carrying):
    policy = "at_least_once"

    @invariant()
    def nobody_loses_track_of_it(self) -> None:
        assert self.stored.state != "unknown"

    @precondition(lambda self: not any(self.hands.values()))
    @invariant()
    def what_is_said_to_be_sent_was_taken(self) -> None:
        assert self.stored.state != "sent" or self.taken >= 1

    def teardown(self) -> None:
        self.run_out()
        assert self.stored.state == "failed" or self.taken >= 1


for machine in (AtMostOnce, AtLeastOnce):
    machine.TestCase.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
TestAtMostOnce = AtMostOnce.TestCase
TestAtLeastOnce = AtLeastOnce.TestCase


def test_a_second_try_waits_longer_and_every_id_waits_differently() -> None:
    pauses = [steps.pause(replace(queued(), tries=n)) for n in range(1, 30)]
    assert all(0.5 * 2 ** min(n, 9) <= p * 1.03 for n, p in enumerate(pauses[:9]))
    assert max(pauses) <= 1.5 * steps.LONGEST_PAUSE
    assert len({steps.pause(replace(queued(id=f"d{n}"), tries=3)) for n in range(50)}) > 30


def test_an_alarm_never_waits_longer_than_a_minute_and_a_half_and_not_always_shorter_than_a_provider_rests() -> None:
    pauses = [steps.pause(replace(queued(id=f"d{n}"), critical=True, tries=n)) for n in range(1, 200)]
    assert max(pauses) <= 90
    assert sum(one > LONGEST_REST for one in pauses) > 50
    assert timedelta(hours=4).total_seconds() < steps.MOST_TRIES * steps.LONGEST_OF_ALARMS


def test_a_providers_retry_after_is_respected() -> None:
    after = steps.settle(sending(), Retry("http_429", 120), NOW)
    assert (after.state, after.why) == ("queued", "http_429")
    assert after.again is not None
    assert after.again >= NOW + timedelta(seconds=120)


@pytest.mark.parametrize(
    ("critical", "about", "least", "most"),
    [
        (True, "provider", 60, 90), (True, "pace", 60, 90), (False, "provider", 300, 450), (False, "pace", 300, 450),
        (True, "message", 21600, 21600), (False, "message", 21600, 21600),
    ],
)  # fmt: skip
def test_how_long_a_provider_wants_to_be_left_alone_is_not_how_long_a_message_waits(
    critical: bool, about: About, least: float, most: float
) -> None:
    """Another may have room before; and who rests is not asked anyway. What is about the recipient it waits for."""
    after = steps.settle(sending(critical=critical), Retry("http_503", 21600, about=about), NOW)
    assert after.again is not None
    assert least <= (after.again - NOW).total_seconds() <= most


def test_what_was_not_even_begun_is_no_try() -> None:
    assert steps.settle(sending(), Retry("not_begun", counts=False), NOW).tries == 0


@pytest.mark.parametrize(
    ("given", "state", "why"),
    [
        (queued(), "skipped", "stale"),
        (steps.wait(queued(), "contact", NOW), "skipped", "stale: contact"),
        (queued(tries=3, why="http_503"), "failed", "gave_up: http_503"),
    ],
)
def test_what_is_of_no_use_any_more_ends_and_says_why(given: Delivery, state: str, why: str) -> None:
    after = steps.stale(given, given.useful_until + timedelta(milliseconds=1), NOW)
    assert (after.state, after.why) == (state, why)
    assert steps.stale(given, given.useful_until, NOW) is given


def test_a_held_delivery_looks_again_less_and_less_often() -> None:
    one, real, gaps = queued(), NOW, []
    for _ in range(10):
        one = steps.wait(one, "contact", real)
        assert one.again is not None
        gaps.append((one.again - real).total_seconds())
        real = one.again
    assert gaps[0] == steps.FIRST_LOOK
    assert gaps == sorted(gaps)
    assert gaps[-1] == steps.LONGEST_LOOK
    assert one.waits_since == NOW


def test_a_contact_is_waited_for_without_end_a_deadline_for_ten_minutes() -> None:
    later = NOW + timedelta(minutes=10)
    assert not steps.waited_enough(steps.wait(queued(), "contact", NOW), "contact", NOW + timedelta(days=1))
    assert steps.waited_enough(steps.wait(queued(), "deadline", NOW), "deadline", later)
    assert not steps.waited_enough(steps.wait(queued(), "deadline", NOW), "deadline", later - timedelta(seconds=1))


def test_a_missing_address_is_no_news_but_a_failure_is() -> None:
    assert steps.end(queued(), "skipped", "no_address", NOW).report_at is None
    assert steps.end(queued(), "failed", "http_400", NOW).report_at == NOW


def test_each_further_user_gets_a_delivery_of_his_own_as_it_stood_before_it_was_sent() -> None:
    one = steps.claim(queued(audience="officer", unit="tax"), ("a", "b", "c"), NOW + LEASE)
    others = steps.further(replace(one, ver=2))
    assert [(o.users, o.state, o.ver, o.tries) for o in others] == [(("b",), "queued", 1, 0), (("c",), "queued", 1, 0)]
    assert others == steps.further(steps.settle(one, Sent("x"), NOW))
    assert len({one.id, *(o.id for o in others)}) == 3
    assert all(steps.further(o) == [] for o in others)


def test_a_delivery_is_the_same_after_it_was_stored() -> None:
    one = steps.wait(queued(facts={"unit": "tax"}, contact=3), "contact", NOW)
    assert read(written(one)) == one


def test_what_is_held_is_of_use_as_much_longer_and_goes_behind_its_digest() -> None:
    until = NOW + timedelta(days=8)
    held = steps.hold(queued(), "day_off", until, now=NOW, digest="digest:x")
    assert (held.state, held.why, held.due) == ("held", "day_off", until)
    assert steps.stale(held, until + timedelta(hours=24), NOW).state == "held"
    assert steps.stale(held, until + timedelta(hours=24, seconds=1), NOW).state == "skipped"
    alone = steps.hold(queued(), "quiet_hours", until, now=NOW)
    assert alone.again is not None
    assert held.again is not None
    assert alone.again < held.again
