"""Two thousand lights at once, emergencies among them, by a provider with a rate, and by one that is dead for an hour.

The rate's own clock stands still until a test moves it."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.notify import carrying
from sanfu.notify.app import assemble
from sanfu.notify.carrying import Senders
from sanfu.notify.domain import delivery as steps
from sanfu.notify.domain.delivery import AT_ONCE, Delivery, Outcome, Retry, Sent
from sanfu.notify.domain.pace import UNDERWAY, Rate
from sanfu.notify.domain.records import written
from sanfu.notify.handlers import courier, reporter, settling
from sanfu.notify.handlers.carrier import Carrier
from sanfu.notify.ports import Message, Provider
from sanfu.runtime.broker import partition_of
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.service import Parts
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import START, ScriptedSender, Story, on_the_wire, unit, user
from tests.unit.notify.test_service import SETTINGS, Bench, fresh_broker

LIGHTS, UNITS, ISSUES, ALARMS = 2_000, 40, 100, 5
RATE = 20
SECOND = 1 + UNDERWAY
"""After which the rate lets as many more through."""


@dataclass
class Provided:
    """A provider that notes the second in which it took each message; `dead`: it takes none."""

    width: int = 8
    second: float = 0.0
    dead: bool = False
    asked: int = 0
    got: list[tuple[float, Message]] = field(default_factory=list)

    async def send(self, message: Message) -> Outcome:
        self.asked += 1
        if self.dead:
            return Retry("unreachable")
        self.got.append((self.second, message))
        return Sent(f"p{len(self.got)}")

    async def close(self) -> None: ...

    def now(self) -> float:
        return self.second

    def was_asked_since(self, before: int) -> bool:
        return self.asked > before

    def in_this_second(self) -> int:
        return sum(at == self.second for at, _ in self.got)


@dataclass
class Storm:
    bench: Bench
    provider: Provided

    def open(self, *states: str) -> int:
        """How many deliveries by SMS stand so."""
        return sum(one["medium"] == "sms" and one["state"] in states for one in self._deliveries().values())

    def _deliveries(self) -> dict[str, dict[str, Any]]:
        parts: Any = self.bench.service.parts.documents
        found: dict[str, dict[str, Any]] = parts.others["deliveries"]
        return found

    def breaks(self) -> None:
        """All of it is put down at one instant, the emergencies last."""
        for one in (*lights(), *alarms()):
            self.put(one)

    def put(self, one: Delivery) -> None:
        self._deliveries()[one.id] = written(one)

    def lists_due(self) -> int:
        """How many lists wait for nothing but their turn."""
        lists = (one for one in self._deliveries().values() if one["template"] == "digest" and "again" in one)
        return sum(one["due"] <= self.bench.clock.now() for one in lists)

    async def seconds(self, limit: int) -> None:
        """Go on second by second until nothing waits to be sent any more."""
        for _ in range(limit):
            await eventually(lambda: self.provider.in_this_second() == RATE or not self.open("queued", "sending"))
            if not self.open("queued", "sending"):
                return
            self.provider.second += SECOND
        raise AssertionError(f"{self.open('queued')} still wait after {limit} seconds")


def lights() -> Iterator[Delivery]:
    for n in range(LIGHTS):
        yield of_issue(n, f"d{n:05}", "yellow-officer-sms", "officer", f"unit-{n % UNITS}")


def alarms() -> Iterator[Delivery]:
    for n in range(ALARMS):
        yield of_issue(n, f"e{n}", "emergency-red-duty-sms", "duty_officer", f"unit-{n}", critical=True)


def of_issue(n: int, id: str, template: str, audience: str, of: str, *, critical: bool = False) -> Delivery:
    issue = f"i{n % ISSUES}"
    clock = "emergency_acknowledge" if critical else "unit_handling"
    return Delivery(
        id=id, p=partition_of(issue, 4), subject=issue, event=f"sla:{issue}:{id}", type=names.LIGHT_CHANGED, at=START,
        due=START, template=template, medium="sms", audience=audience, unit=of, policy="at_least_once",
        critical=critical, useful_until=START + timedelta(hours=4 if critical else 24), recipient=f"{audience}:{of}",
        facts={"limit": "2026-05-09T09:30:00.000Z", "unit": of, "clock": clock},
    )  # fmt: skip


@pytest.fixture
async def storm(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Storm]:
    """A notify whose couriers look all the time, for units with an officer and one on duty each."""
    provider, broker, clock = Provided(), fresh_broker(), ManualClock(START)

    def real_now() -> datetime:  # what is to be tried again is ripe by when a test has moved the second
        return datetime.now(UTC) + timedelta(seconds=provider.second)

    for module in (courier, settling, reporter):
        monkeypatch.setattr(module, "real_now", real_now)
    monkeypatch.setattr(courier, "SWEEP", 0.02)
    monkeypatch.setattr(courier, "REST", 0.02)
    monkeypatch.setattr(steps, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(steps, "LONGEST_OF_ALARMS", 0.01)
    monkeypatch.setattr(carrying, "Carrier", partial(Carrier, now=provider.now))
    posts: Senders = {"sms": [Provider("p", provider, rates=[Rate(RATE, 1.0)])], "email": ScriptedSender()}
    service = assemble(SETTINGS, Parts(broker, MemoryDocuments(), clock), PackHolder(SHIPPED), posts)
    made = Storm(Bench(service, broker, clock, ScriptedSender(), ScriptedSender()), provider)
    await service.start()
    people = [unit(f"unit-{n}") for n in range(UNITS)]
    for n in range(UNITS):
        people += [user(f"o{n}", f"unit-{n}", "officer"), user(f"d{n}", f"unit-{n}", "duty_officer")]
    await made.bench.publish(*people, *(on_the_wire(Story(f"i{n}").submitted(contact="none")) for n in range(ISSUES)))
    await eventually(made.bench.quiet)
    yield made
    await service.stop()
    assert service.failure is None


async def test_emergencies_leave_first_each_officer_gets_one_message_and_one_list_and_no_second_more_than_its_rate(
    storm: Storm,
) -> None:
    storm.breaks()
    await storm.seconds(10)
    provider = storm.provider
    assert [one.critical for _, one in provider.got[: RATE + 1]].count(True) == ALARMS, "in the first second"
    assert {at for at, one in provider.got if one.critical} == {0.0}
    assert Counter(one.to for _, one in provider.got if not one.critical) == {f"138-o{n}": 1 for n in range(UNITS)}
    assert storm.open("held") == LIGHTS
    storm.bench.clock.set(START + timedelta(minutes=10))
    await eventually(lambda: storm.open("queued", "sending") > 0 or storm.provider.in_this_second() > 0)
    await eventually(lambda: storm.provider.in_this_second() == RATE)
    for _ in range(5):
        storm.provider.second += SECOND
        await eventually(lambda: storm.provider.in_this_second() == RATE or not storm.open("held", "queued", "sending"))
    assert Counter(one.to for _, one in provider.got if not one.critical) == {f"138-o{n}": 2 for n in range(UNITS)}
    assert storm.open("held", "queued", "sending", "failed", "unknown") == 0
    assert max(Counter(at for at, _ in provider.got).values()) <= RATE


async def test_what_comes_while_its_officers_list_waits_for_its_turn_goes_with_that_and_not_beside_it(
    storm: Storm,
) -> None:
    provider = storm.provider
    storm.breaks()
    await storm.seconds(10)
    storm.bench.clock.set(START + timedelta(minutes=10))
    await eventually(lambda: provider.in_this_second() == RATE)
    assert storm.lists_due() > UNITS // 2
    for n in range(UNITS):
        late = of_issue(n, f"late{n}", "yellow-officer-sms", "officer", f"unit-{n}")
        storm.put(replace(late, again=AT_ONCE - timedelta(seconds=1)))  # it is looked at first
    while storm.lists_due():
        provider.second += SECOND
        await eventually(lambda: provider.in_this_second() == RATE or not storm.lists_due())
    await eventually(lambda: not storm.open("queued", "sending"))
    told = Counter(one.to for _, one in provider.got if not one.critical)
    assert told == {f"138-o{n}": 2 for n in range(UNITS)}, "one message, and one list in the ten minutes that follow"


async def test_while_the_provider_is_dead_for_an_hour_nothing_is_lost_and_then_it_leaves_without_a_burst(
    storm: Storm,
) -> None:
    provider = storm.provider
    provider.dead = True
    storm.breaks()
    for _ in range(60):
        before = provider.asked
        provider.second += 60
        await eventually(partial(provider.was_asked_since, before))
    assert (provider.got, storm.open("failed", "unknown")) == ([], 0)
    assert provider.asked < 10 * 60, "it is asked now and then, and not by all that wait"
    storm.bench.clock.set(START + timedelta(hours=1))
    provider.dead = False
    provider.second += 60
    await storm.seconds(20)
    assert [one.critical for _, one in provider.got[: ALARMS + 1]] == [True] * ALARMS + [False], "before all else"
    storm.bench.clock.set(START + timedelta(hours=2))
    for _ in range(20):
        await eventually(lambda: provider.in_this_second() == RATE or not storm.open("held", "queued", "sending"))
        provider.second += SECOND
    told = Counter(one.to for _, one in provider.got if not one.critical)
    assert set(told) == {f"138-o{n}" for n in range(UNITS)}
    assert max(told.values()) <= 3, "lists, and one that was tried while it was dead"
    assert max(Counter(at for at, _ in provider.got).values()) <= RATE
    assert storm.open("held", "queued", "sending", "failed", "unknown") == 0
