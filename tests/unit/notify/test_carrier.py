"""Several providers of one medium: who is asked, in which order, and when nobody is."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from sanfu.notify.domain.breaker import FAILURES, LONGEST_REST, Breaker
from sanfu.notify.domain.delivery import Lost, Outcome, Rejected, Retry, Sent
from sanfu.notify.domain.pace import UNDERWAY, Rate
from sanfu.notify.domain.place import LOOK
from sanfu.notify.handlers.carrier import Carrier, Line, PutAside
from sanfu.notify.metrics import NotifyMetrics
from sanfu.notify.ports import Message, Provider
from tests.support.telling import ScriptedSender


@dataclass
class Clock:
    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Road:
    """Two providers and a clock."""

    carrier: Carrier
    clock: Clock
    first: ScriptedSender
    second: ScriptedSender
    registry: CollectorRegistry

    async def send(self, number: int = 0, **more: Any) -> Outcome:
        return await self.carrier.send(Message(f"d{number}", f"139{number:08}", None, "t", **more))


def road(first: list[Outcome], second: list[Outcome], **of_first: Any) -> Road:
    clock, one, two = Clock(), ScriptedSender(deque(first)), ScriptedSender(deque(second))
    lines = [Line(Provider("first", one, **of_first)), Line(Provider("second", two))]
    registry = CollectorRegistry()
    carrier = Carrier("sms", lines, NotifyMetrics.on(registry), now=clock)
    return Road(carrier, clock, one, two, registry)


async def test_the_first_provider_carries_while_it_is_well() -> None:
    both = road([], [])
    assert await both.send() == Sent("p1", provider="first")
    assert both.second.got == []


@pytest.mark.parametrize(
    "why", [Retry("http_500"), Retry("http_429", about="pace"), Rejected("no_template", elsewhere=True)]
)
async def test_what_it_surely_did_not_take_goes_to_the_next(why: Outcome) -> None:
    assert await road([why], []).send() == Sent("p1", provider="second")


@pytest.mark.parametrize("why", [Lost("timeout"), Rejected("http_400"), Retry("smtp_451", about="message")])
async def test_what_it_may_have_taken_or_nobody_will_take_goes_to_nobody_else(why: Outcome) -> None:
    both = road([why], [])
    outcome = await both.send()
    assert type(outcome) is type(why)
    assert both.second.got == []


async def test_an_emergency_goes_to_the_next_though_the_first_has_given_this_number_enough() -> None:
    """A cloud's limit for a number is its own: another does not know of it."""
    both = road([Retry("isv.BUSINESS_LIMIT_CONTROL", 60, about="message")] * 5, [])
    for number in range(5):
        assert await both.send(number, critical=True) == Sent("p1", provider="second")
    assert both.carrier.lines[0].state(both.clock()) == "well"


async def test_an_emergency_that_one_gives_no_more_waits_for_whoever_may_take_it_first() -> None:
    full = Retry("LimitExceeded.PhoneNumberDailyLimit", 21600, about="message")
    both = road([full] * 2, [Retry("http_503", 7), Rejected("no_approved_template", elsewhere=True)])
    assert await both.send(critical=True) == Retry(full.why, 7)
    both.clock.at += 7
    assert await both.send(critical=True) == full, "nobody else will take it"


async def test_what_one_wants_much_later_is_tried_as_soon_as_another_has_room() -> None:
    both = road([Retry("http_503", 3600)], [])
    both.carrier.lines[1].breaker = Breaker(until=both.clock.at + 1)
    assert await both.send() == Retry("http_503", 1)
    both.clock.at += 1
    assert await both.send() == Sent("p1", provider="second")


async def test_a_provider_that_keeps_failing_is_not_asked_any_more_until_its_rest_is_over() -> None:
    both = road([Retry("http_500")] * FAILURES, [])
    for number in range(FAILURES + 3):
        await both.send(number)
    assert (len(both.first.got), len(both.second.got)) == (FAILURES, FAILURES + 3)
    both.clock.at += 2
    assert await both.send() == Sent("p1", provider="first")


async def test_silence_and_a_fault_of_ours_count_as_failures_too() -> None:
    both = road([Lost("timeout")] * FAILURES, [])
    for number in range(FAILURES):
        assert await both.send(number) == Lost("timeout", provider="first")
    assert await both.send() == Sent("p1", provider="second")


async def test_where_all_rest_the_message_waits_without_counting_as_tried() -> None:
    both = road([Retry("http_500")] * FAILURES, [Retry("http_500")] * FAILURES)
    for number in range(FAILURES):
        await both.send(number)
    assert (both.carrier.room(), both.carrier.wait()) == (0, 2)
    assert await both.send() == Retry("nobody_has_room", 2, counts=False)


async def test_the_one_that_takes_no_such_template_does_not_lose_what_the_resting_one_will_take() -> None:
    both = road([Retry("http_500")] * FAILURES, [Rejected("no_template", elsewhere=True)] * (FAILURES + 1))
    for number in range(FAILURES):
        assert await both.send(number) == Retry("http_500")
    assert await both.send() == Retry("nobody_has_room", 2, counts=False)


async def test_a_try_counts_though_the_next_one_has_no_room() -> None:
    both = road([Retry("http_500")] * (FAILURES + 1), [Retry("http_500")] * FAILURES)
    for number in range(FAILURES):
        await both.send(number)
    both.carrier.lines[0].breaker = Breaker()
    assert await both.send() == Retry("http_500")


async def test_while_the_probe_is_under_way_there_is_no_room_for_another() -> None:
    sender = Slow()
    line = Line(Provider("a", sender), breaker=Breaker(rests=1, most=1))
    carrier = Carrier("sms", [line], NotifyMetrics.on(CollectorRegistry()))
    probe = asyncio.ensure_future(carrier.send(Message("d", "139", None, "t")))
    await sender.begun.wait()
    assert carrier.room() == 0
    probe.cancel()
    await asyncio.wait({probe})
    assert carrier.room() == 1


async def test_after_a_rest_one_message_goes_alone_and_then_a_few_more_at_once() -> None:
    both = road([Retry("http_500")] * FAILURES, [Retry("http_500")] * FAILURES)
    for number in range(FAILURES):
        await both.send(number)
    both.clock.at += 2
    assert both.carrier.room() == 2, "one for each"
    await both.send()
    assert both.carrier.room() == 3


async def test_a_rate_that_is_used_up_leaves_the_rest_to_the_next_provider() -> None:
    both = road([], [], rates=(Rate(3, 60),))
    for number in range(5):
        await both.send(number)
    assert (len(both.first.got), len(both.second.got)) == (3, 2)
    both.clock.at += 60 + UNDERWAY
    await both.send()
    assert len(both.first.got) == 4


async def test_a_recipient_who_has_enough_waits_and_only_what_is_critical_passes() -> None:
    both = road([], [], each=(Rate(1, 60),))
    await both.send()
    assert await both.send() == Retry("recipient_has_enough", 60 + UNDERWAY, counts=False, about="message")
    assert await both.send(critical=True) == Sent("p1", provider="first")
    assert await both.send(1) == Sent("p1", provider="first")
    assert both.second.got == []


async def test_a_message_that_one_was_silent_about_is_offered_to_the_others_first() -> None:
    both = road([], [])
    assert await both.send(avoid="first") == Sent("p1", provider="second")


ROBOTS: dict[str, Any] = {"places": ("tax", "water", "*"), "place": lambda to: to if to in {"tax", "water"} else "*"}


async def to_each(both: Road, to: str, number: int = 0) -> Outcome:
    return await both.carrier.send(Message(f"d{number}", to, None, "t"))


async def test_an_endpoint_that_is_dead_silences_no_other() -> None:
    both = road([Retry("unreachable")] * FAILURES, [Rejected("no_address", elsewhere=True)] * 99, **ROBOTS)
    for number in range(FAILURES):
        assert await to_each(both, "tax", number) == Retry("unreachable")
    assert await to_each(both, "tax") == Retry("place_rests", 2, counts=False)
    assert len(both.first.got) == FAILURES, "and is left alone itself"
    assert await to_each(both, "water") == Sent("p1", provider="first")
    assert await to_each(both, "anybody") == Sent("p1", provider="first")
    both.clock.at += 2
    assert await to_each(both, "tax") == Sent("p1", provider="first")


async def test_of_an_endpoint_that_is_dead_is_known_since_when_and_the_metrics_count_it() -> None:
    both = road([Retry("unreachable")] * (FAILURES + 1), [Rejected("no_address", elsewhere=True)] * 99, **ROBOTS)
    tax, water = (both.carrier.lines[0].places[name] for name in ("tax", "water"))
    for number in range(FAILURES):
        assert (tax.since, counted(both)) == (None, 0 if number else None)
        await to_each(both, "tax", number)
    began = both.clock.at
    assert (tax.since, water.since, counted(both)) == (began, None, 1)
    both.clock.at += 2
    assert await to_each(both, "tax") == Retry("unreachable")
    assert (tax.since, counted(both)) == (began, 1), "a probe that fails begins nothing anew"
    both.clock.at += 4
    for number in range(20):
        await to_each(both, "tax", number)
    assert (tax.since, counted(both)) == (None, 0)


async def test_who_wants_no_more_a_second_time_is_not_well_since_then() -> None:
    both = road([Retry("http_429", 600, about="pace")] * 2, [Rejected("no_address", elsewhere=True)] * 99, **ROBOTS)
    for _ in range(2):
        await to_each(both, "tax")
        assert both.carrier.lines[0].places["tax"].since == both.clock.at
        both.clock.at += 700


async def test_the_places_of_who_was_put_aside_call_nobody() -> None:
    both = road([Retry("unreachable")] * FAILURES, [], **ROBOTS)
    for number in range(FAILURES):
        await to_each(both, "tax", number)
    both.carrier.lines[0].aside = PutAside("broken", datetime(2026, 5, 1, tzinfo=UTC))
    both.carrier.note(both.carrier.lines[0])
    assert counted(both) == 0


def counted(both: Road) -> float | None:
    labels = {"medium": "sms", "provider": "first"}
    return both.registry.get_sample_value("sanfu_notify_provider_places_down", labels)


async def test_a_robot_that_wants_no_more_for_a_while_slows_no_other() -> None:
    both = road([Retry("http_429", 600, about="pace")], [Rejected("no_address", elsewhere=True)] * 99, **ROBOTS)
    assert await to_each(both, "tax") == Retry("http_429", 600, about="pace")
    both.clock.at += 599
    assert await to_each(both, "tax") == Retry("place_rests", LOOK, counts=False)
    assert await to_each(both, "water") == Sent("p1", provider="first")
    both.clock.at += 1
    assert await to_each(both, "tax") == Sent("p1", provider="first")


async def test_what_a_resting_endpoint_is_not_given_the_next_provider_may_take() -> None:
    both = road([Retry("unreachable")] * FAILURES, [], **ROBOTS)
    for number in range(FAILURES + 1):
        assert isinstance(await to_each(both, "tax", number), Sent)
    assert (len(both.first.got), len(both.second.got)) == (FAILURES, FAILURES + 1)


async def test_where_every_endpoint_rests_nothing_is_taken_in_hand_and_an_operator_may_have_them_tried() -> None:
    both = road([Retry("unreachable") for _ in range(FAILURES * 3)], [], **ROBOTS)
    line, clock = both.carrier.lines[0], both.clock
    for to, state in (("tax", "untried"), ("water", "well"), ("anybody", "well")):
        assert (line.state(clock()), line.is_down) == (state, False)
        for number in range(FAILURES):
            await to_each(both, to, number)
    assert (line.room(clock()), line.wait(clock()), line.state(clock()), line.is_down) == (0, 2, "rests", True)
    line.hurry(clock())
    assert (line.room(clock()), line.wait(clock()), line.state(clock())) == (3, 0, "rests"), "until one takes something"
    line.probe(clock(), most=2)
    assert (line.room(clock()), line.is_down) == (6, False)


async def test_while_an_endpoints_probe_is_under_way_it_alone_has_no_room() -> None:
    sender = Slow()
    line = Line(Provider("a", sender, **ROBOTS))
    line.places["tax"].breaker = Breaker(rests=1, most=1)
    carrier = Carrier("webhook", [line], NotifyMetrics.on(CollectorRegistry()))
    probe = asyncio.ensure_future(carrier.send(Message("d", "tax", None, "t")))
    await sender.begun.wait()
    assert await carrier.send(Message("e", "tax", None, "t")) == Retry("place_rests", LOOK, counts=False)
    assert carrier.room() > 1000
    probe.cancel()
    await asyncio.wait({probe})
    assert (line.places["tax"].under_way, line.under_way) == (0, 0)


@dataclass
class Slow:
    """Never answers; or fails in a way of its own."""

    error: Exception | None = None
    width: int = 4
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Message) -> Outcome:
        if self.error is not None:
            raise self.error
        self.begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None: ...


@pytest.mark.parametrize(("sender", "why"), [(Slow(), "timeout"), (Slow(ValueError("13900000000")), "sender_failed")])
async def test_silence_and_an_adapter_at_fault_leave_nobody_knowing(sender: Slow, why: str) -> None:
    carrier = Carrier("sms", [Line(Provider("a", sender))], NotifyMetrics.on(CollectorRegistry()), call_s=0.05)
    assert await carrier.send(Message("d", "139", None, "t")) == Lost(why, provider="a")
    assert carrier.lines[0].under_way == 0


@dataclass
class Down:
    """Refuses until an instant of the clock, then takes everything."""

    clock: Clock
    until: float
    asked: int = 0
    taken: list[float] = field(default_factory=list)
    width: int = 64

    async def send(self, message: Message) -> Outcome:
        if self.clock() < self.until:
            self.asked += 1
            return Retry("unreachable")
        self.taken.append(self.clock())
        return Sent()

    async def close(self) -> None: ...


async def test_an_hour_without_a_provider_is_a_probe_a_minute_and_then_all_leave_at_their_rate() -> None:
    clock = Clock()
    down = Down(clock, clock.at + 3600)
    carrier = Carrier(
        "sms", [Line(Provider("a", down, rates=(Rate(100, 1),)))], NotifyMetrics.on(CollectorRegistry()), now=clock
    )
    queue = 3000
    while queue:
        if not (room := carrier.room()):
            clock.at += max(carrier.wait(), 0.01)
            continue
        for number in range(min(room, queue)):
            queue -= isinstance(await carrier.send(Message(f"d{number}", "139", None, "t")), Sent)
    assert down.asked <= FAILURES + 100
    assert len(down.taken) == 3000
    assert down.taken[0] <= down.until + LONGEST_REST
    assert max(sum(at - 1 < one <= at for one in down.taken) for at in down.taken[::7]) <= 100
    assert down.taken[-1] - down.taken[0] < 40, "a rate is not less than what it says"
