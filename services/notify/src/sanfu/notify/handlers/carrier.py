"""The providers of one medium, in the order in which they are asked: who rests or has had enough is passed over."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from sanfu.notify.domain.breaker import ALL, Breaker
from sanfu.notify.domain.delivery import Lost, Outcome, Rejected, Retry, Sent
from sanfu.notify.domain.pace import Each, Rate, Window, longest
from sanfu.notify.domain.place import LOOK, Place, Vain, heard, said_of
from sanfu.notify.metrics import NotifyMetrics
from sanfu.notify.ports import Message, Provider
from sanfu.runtime.crash import crashpoint, declare

log = structlog.get_logger()

declare("notify.provider_rests", "claims of what it did not take; that it is left alone is known in memory only")
declare("notify.before_failover", "claims stand of what one surely did not take, the next was not asked")

NOBODY = Rejected("no_provider", elsewhere=True)
Now = Callable[[], float]


@dataclass(frozen=True, slots=True)
class PutAside:
    """An operator wants a provider to be given nothing: why, and since when (real time)."""

    because: str
    since: datetime


@dataclass(slots=True)
class Line:
    """One provider, and how it does; where it has `places`, how each of them does. Its rates are this process's: two
    copies of notify share a provider's limit."""

    provider: Provider
    breaker: Breaker = field(default_factory=Breaker)
    why: str | None = None
    """What it said last when it took nothing."""
    under_way: int = 0
    aside: PutAside | None = None
    taken: float | None = None
    """When it took one last, by `now`."""
    vain: Vain = field(default_factory=Vain)
    asked: bool = False
    """Whether this process has heard anything of it yet."""
    _windows: tuple[Window, ...] = field(init=False)
    _each: Each = field(init=False)
    places: dict[str, Place] = field(init=False)

    def __post_init__(self) -> None:
        self._windows = tuple(Window(rate) for rate in self.provider.rates)
        self._each = Each(tuple(self.provider.each))
        self.places = {name: Place() for name in self.provider.places}

    @property
    def name(self) -> str:
        return self.provider.name

    def room(self, now: float) -> int:
        """How many messages it may be given now."""
        if self.aside or self.breaker.rests_at(now):
            return 0
        free = [self.breaker.most - self.under_way, *(window.room(now) for window in self._windows)]
        if self.places:
            free.append(min(ALL, sum(one.room(now) for one in self.places.values())))
        return max(0, min(free))

    def wait(self, now: float) -> float:
        """Seconds until there may be room; 0 also where that depends on calls under way."""
        until = min(one.breaker.until for one in self._alone)
        return max(LOOK if self.aside else 0.0, until - now, longest(self._windows, now))

    def left(self, now: float) -> list[tuple[Rate, int]]:
        """Each of its rates, and how many more may go by it now."""
        return [(window.rate, window.room(now)) for window in self._windows]

    def probe(self, now: float, most: int = 1) -> None:
        """Give it so many messages as soon as there are some, and more as it takes them."""
        for one in self._alone:
            one.breaker = one.breaker.probed(now, most)

    def hurry(self, now: float) -> bool:
        """Give what rests, or wanted no more for a while, one message now instead of then; tell if something did."""
        waiting = [one for one in self._alone if one.breaker.rests_at(now)]
        for one in waiting:
            one.breaker = one.breaker.probed(now)
        return bool(waiting)

    @property
    def _alone(self) -> "Sequence[Place | Line]":
        """What does well or badly by itself."""
        return [*self.places.values()] or [self]

    @property
    def is_down(self) -> bool:
        """All of it was left alone, and has taken nothing since."""
        return all(one.breaker.is_down for one in self._alone)

    @property
    def places_down(self) -> int:
        """How many of its places were left alone, and have taken nothing since."""
        return sum(one.breaker.is_down for one in self.places.values())

    @property
    def failures(self) -> int:
        """In a row; of the place that has most."""
        return max(one.breaker.failures for one in self._alone)

    def state(self, now: float) -> str:
        """How it does, in a word. Between two tries in vain it rests, also when its rest is over."""
        if self.aside:
            return "aside"
        if self.is_down:
            return "rests"
        said = said_of(min((one.breaker for one in self._alone), key=lambda one: (one.until, one.rests)), now)
        return "untried" if said == "well" and not self.asked else said

    async def send(self, message: Message, seconds: float, now: Now) -> Outcome:
        """Hand over a message within these seconds. Raises nothing but the caller's cancellation."""
        at, to = now(), self.provider.place(message.to)
        if not message.critical and (wait := self._each.wait(to, at)) > 0:
            return Retry("recipient_has_enough", wait, counts=False, about="message")
        there = self.places.get(to)
        if there is not None and there.room(at) <= 0:
            return Retry("place_rests", there.wait(at), counts=False)
        for window in self._windows:
            window.take(at)
        self._each.take(to, at)
        under_way: Sequence[Place | Line] = [self, there] if there is not None else [self]
        for one in under_way:
            one.under_way += 1
        try:
            outcome = await self._called(message, seconds)
        finally:
            for one in under_way:
                one.under_way -= 1
        self._heard(outcome, there, to, now())
        return outcome

    async def _called(self, message: Message, seconds: float) -> Outcome:
        try:
            async with asyncio.timeout(seconds):
                return await self.provider.sender.send(message)
        except TimeoutError:
            return Lost("timeout")
        except Exception as error:  # a provider's adapter at fault must not stop all others
            log.error("sender_failed", provider=self.name, delivery=message.id, error=type(error).__name__)
            return Lost("sender_failed")

    def _heard(self, outcome: Outcome, there: Place | None, to: str, now: float) -> None:
        one, place = there or self, to if there else None
        before = one.breaker
        self.asked, self.vain = True, self.vain.after(outcome, now)
        if isinstance(outcome, Sent):
            self.taken = now
        if isinstance(outcome, Lost) or (isinstance(outcome, Retry) and outcome.about != "message"):
            one.why = self.why = outcome.why
        one.breaker = after = heard(before, outcome, now)
        if there is not None:
            there.noted(before, now)
        if after.rests > before.rests:
            seconds = round(after.until - now, 1)
            log.error("provider_rests", provider=self.name, place=place, why=one.why, seconds=seconds)
            crashpoint("notify.provider_rests")
        elif before.rests and not after.rests:
            log.info("provider_is_back", provider=self.name, place=place)


@dataclass(slots=True)
class Carrier:
    """Hands messages to the first line that has room, and to the next one where that surely did not take it."""

    medium: str
    lines: Sequence[Line]
    metrics: NotifyMetrics
    call_s: float = 10.0
    now: Now = time.monotonic

    @property
    def width(self) -> int:
        return sum(line.provider.sender.width for line in self.lines)

    def room(self) -> int:
        """How many messages may be handed over now, all lines together."""
        now = self.now()
        return sum(line.room(now) for line in self.lines)

    def wait(self) -> float:
        """Seconds until one of the lines may have room."""
        now = self.now()
        return min(line.wait(now) for line in self.lines)

    @property
    def is_down(self) -> bool:
        """Nobody of them takes anything: each was left alone, or put aside."""
        return all(line.is_down or line.aside is not None for line in self.lines)

    async def send(self, message: Message) -> Outcome:
        """Hand over a message within `call_s`, whoever is asked. After one who may have taken it (Lost) nobody else is.
        Raises nothing but the caller's cancellation."""
        begun = self.now()
        outcome: Outcome = NOBODY
        for line in sorted(self.lines, key=lambda one: one.name == message.avoid):
            now = self.now()
            if line.room(now) <= 0:
                outcome = _later(outcome, Retry("nobody_has_room", line.wait(now), counts=False))
            elif now - begun > self.call_s / 2:  # too short for a call that could be told from silence
                outcome = _later(outcome, Retry("no_time_left", counts=False))
            else:
                found = _by(line.name, await line.send(message, self.call_s - (now - begun), self.now))
                self.metrics.calls.labels(self.medium, line.name, type(found).__name__.lower()).inc()
                self.note(line)
                if not _may_go_elsewhere(found, message.critical):
                    return found
                outcome = _later(outcome, found)
                crashpoint("notify.before_failover")
        return outcome

    def note(self, line: Line) -> None:
        """Have the metrics say how a line does. One that was put aside rests by somebody's leave."""
        by_itself = line.is_down and line.aside is None
        self.metrics.provider_rests.labels(self.medium, line.name).set(by_itself)
        self.metrics.provider_aside.labels(self.medium, line.name).set(line.aside is not None)
        if line.places:
            down = 0 if line.aside else line.places_down
            self.metrics.provider_places_down.labels(self.medium, line.name).set(down)

    async def close(self) -> None:
        for line in self.lines:
            await line.provider.sender.close()


def _later(known: Outcome, found: Outcome) -> Outcome:
    """Of what those said who did not take it, what counts: whoever may take it later, rather than who never will; a
    try, rather than none; and the earliest that any of them may take it."""
    if isinstance(known, Retry) and isinstance(found, Retry):
        tried, soonest = known if known.counts else found, min(known, found, key=lambda one: one.after)
        return replace(tried, after=soonest.after, about=soonest.about)
    return known if isinstance(known, Retry) else found


def _may_go_elsewhere(outcome: Outcome, critical: bool) -> bool:
    """Tell whether another is asked after this. What one gives a number is that one's rule: another may have room for
    an emergency."""
    match outcome:
        case Retry():
            return critical or outcome.about != "message"
        case Rejected():
            return outcome.elsewhere
        case _:
            return False


def _by(name: str, outcome: Outcome) -> Outcome:
    return replace(outcome, provider=name) if isinstance(outcome, Sent | Lost) else outcome
