"""A provider that is dead for an hour, on a real MongoDB: business time and real time both go on, by hand."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.wire import peek
from sanfu.notify import app, carrying
from sanfu.notify.domain.breaker import FAILURES, LONGEST_REST
from sanfu.notify.domain.delivery import LONGEST_OF_ALARMS
from sanfu.notify.domain.pace import Rate
from sanfu.notify.handlers import courier, in_hand, reporter, settling
from sanfu.notify.handlers.carrier import Carrier
from sanfu.notify.handlers.courier import PAGE, Courier
from sanfu.notify.ports import Provider
from sanfu.notify.settings import NotifySettings
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryBroker
from sanfu.runtime.service import Parts, Service, real_parts
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import KEYS, START, Story, contact, on_the_wire, unit, user
from tests.unit.notify.test_service import fresh_broker
from tests.unit.notify.test_storms import RATE, Provided

UNITS, LIGHTS, RECEIPTS, ALARMS, OLD = 40, 240, 60, 2, 20
ROLES = ("officer", "unit_head", "duty_officer")
CALL, STEP = 0.02, 5.0
"""Seconds that a call takes, and after which an idle courier looks again."""
HOUR = 3600.0
SOON = 1.5 * LONGEST_OF_ALARMS
"""Seconds after which an alarm has left, once the provider was found to be back."""


@dataclass
class Driven(Courier):
    """A courier that works when it is told to."""

    async def run(self) -> None:
        await asyncio.Event().wait()


@dataclass
class Hour:
    """A notify, and the time in which it lives: seconds since the start, real and business time alike."""

    service: Service
    broker: MemoryBroker
    clock: ManualClock
    provider: Provided
    couriers: list[Courier] = field(default_factory=list)

    @property
    def sms(self) -> Courier:
        return next(one for one in self.couriers if one.medium == "sms")

    def go_on(self, seconds: float) -> None:
        self.provider.second += seconds
        self.clock.set(START + timedelta(seconds=self.provider.second))

    async def live(self, seconds: float) -> None:
        """Go on, the courier working as it does by itself."""
        until, carrier = self.provider.second + seconds, self.sms.carrier
        assert carrier is not None
        while self.provider.second < until:
            room = min(PAGE, carrier.room())
            found = await (self.turn(room) if room else self.sms.sweep())
            self.go_on(CALL if found else min(max(carrier.wait(), CALL), STEP) if not room else STEP)

    async def turn(self, room: int) -> int:
        """Take so many in hand, and settle them."""
        found, hand = await self.sms.take(room), self.sms.hand
        assert hand is not None

        async def idle() -> bool:
            return hand.is_idle

        await eventually(idle)
        await self.sms.settle()
        return found

    async def publish(self, *records: Outgoing) -> None:
        assert all(await self.broker.publish(list(records)))

    async def deliveries(self, **wanted: Any) -> list[dict[str, Any]]:
        """The SMS that are so."""
        collection = self.service.parts.database.deliveries
        found: list[dict[str, Any]] = await collection.find({"medium": "sms", **wanted}).to_list(None)
        return found

    async def has(self, count: int, **wanted: Any) -> bool:
        return len(await self.deliveries(**wanted)) == count

    async def reported(self) -> set[str]:
        """Of which deliveries the story says that they failed."""
        records = [one for one in await self.broker.read(names.ISSUES) if peek(one.headers).source == "notify"]
        failed = [one for one in records if peek(one.headers).type == names.DELIVERY_FAILED]
        return {orjson.loads(one.value or b"")["delivery"] for one in failed}


@pytest.fixture
async def hour(mongo: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hour]:
    provider, broker, clock, couriers = Provided(), fresh_broker(), ManualClock(START), list[Courier]()
    begun = datetime.now(UTC)

    def real_now() -> datetime:
        return begun + timedelta(seconds=provider.second)

    def driven(*given: Any) -> Courier:
        couriers.append(Driven(*given))
        return couriers[-1]

    monkeypatch.setattr(app, "Courier", driven)
    for module in (courier, settling, reporter):
        monkeypatch.setattr(module, "real_now", real_now)
    for module in (courier, in_hand):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=provider.now))
    monkeypatch.setattr(carrying, "Carrier", partial(Carrier, now=provider.now))
    settings = NotifySettings.model_validate({"mongo": mongo, "prefix": prefix, "keys": KEYS.written().decode()})
    real = real_parts(settings, "notify")
    parts = Parts(broker, real.documents, clock, database=real.database)
    service = app.assemble(
        settings, parts, PackHolder(SHIPPED), {"sms": [Provider("p", provider, rates=[Rate(RATE, 1.0)])]}
    )
    await service.start()
    yield Hour(service, broker, clock, provider, couriers)
    await service.stop()
    assert service.failure is None
    await parts.database.client.drop_database(parts.database.name)
    parts.database.client.close()


def lights(numbers: range, at: datetime, prefix: str = "i") -> list[Outgoing]:
    found = []
    for n in numbers:
        story = Story(f"{prefix}{n}")
        found.append(on_the_wire(story.submitted(at, contact="none", party_kind="none")))
        found.append(on_the_wire(story.light("yellow", unit=f"unit-{n % UNITS}", at=at)))
    return found


def alarms() -> list[Outgoing]:
    found = []
    for n in range(ALARMS):
        story = Story(f"e{n}")
        found.append(on_the_wire(story.submitted(contact="none", party_kind="none", urgency="emergency")))
        found.append(on_the_wire(story.light("red", unit=f"unit-{n}", clock="emergency_acknowledge")))
    return found


def people() -> list[Outgoing]:
    found = [unit(f"unit-{n}") for n in range(UNITS)]
    return found + [user(f"{r}-{n}", f"unit-{n}", r) for n in range(UNITS) for r in ROLES]


async def test_after_an_hour_without_a_provider_all_that_is_of_use_leaves_once_alarms_soon_and_none_in_a_burst(
    hour: Hour,
) -> None:
    provider, half, old = hour.provider, LIGHTS // 2, START - timedelta(hours=23, minutes=30)
    provider.dead = True
    await hour.publish(*people(), *lights(range(half), START), *lights(range(OLD), old, "old"), *alarms())
    await hour.publish(*(contact(f"r{n}", party={"phone": f"139{n}"}) for n in range(RECEIPTS)))
    await hour.publish(*(on_the_wire(Story(f"r{n}").submitted()) for n in range(RECEIPTS)))
    await eventually(partial(hour.has, half + OLD, template="yellow-officer-sms"))
    await eventually(partial(hour.has, RECEIPTS, template="receipt-party-sms"))
    await hour.live(HOUR / 2)
    await hour.publish(*lights(range(half, LIGHTS), hour.clock.now()))
    await eventually(partial(hour.has, LIGHTS + OLD, template="yellow-officer-sms"))
    await hour.live(HOUR / 2)
    assert provider.asked < 10 * 60, "it is asked now and then, and not by all that wait"
    assert await hour.deliveries(state={"$in": ["sent", "unknown"]}) == []

    provider.dead, back, asked = False, provider.second, provider.asked
    await hour.live(2 * SOON)
    leaves_without_a_burst([at - back for at, _ in provider.got])
    found = provider.got[0][0]
    assert found <= back + LONGEST_REST
    assert [at <= found + SOON for at, one in provider.got if one.critical] == [True] * 2 * ALARMS
    assert provider.asked - asked == len(provider.got)
    await hour.live(HOUR / 2)
    await tells_the_rest_once(hour)


def leaves_without_a_burst(at: Sequence[float]) -> None:
    """One message first, with each that is taken one more at a time, and never more than its rate in a second."""
    taken = 0
    for _, together in sorted(Counter(at).items()):
        assert together <= taken + 1
        taken += together
    assert max(sum(first <= one < first + 1 for one in at) for first in at) <= RATE


async def tells_the_rest_once(hour: Hour) -> None:
    told = await hour.deliveries(template={"$ne": "digest"})
    old = [d for d in told if d["subject"].startswith("old")]
    assert len(told) == LIGHTS + RECEIPTS + 2 * ALARMS + OLD
    assert {d["state"] for d in told if d not in old} == {"sent"}
    assert {(d["state"], d["why"].split(":")[0]) for d in old} <= {("skipped", "stale"), ("failed", "gave_up")}
    await eventually(partial(has_heard, hour, {d["_id"] for d in old}))
    by = {d.get("digest") or d["_id"] for d in told if d not in old}
    assert Counter(one.id for _, one in hour.provider.got) == Counter(by)
    officers = Counter(one.to for _, one in hour.provider.got if one.to.startswith("138-officer"))
    assert len(officers) == UNITS
    more = [n for n in officers.values() if n > 2]
    assert len(more) <= FAILURES, "a message and a list; more only to whom was tried before it was known to be dead"
    assert max(officers.values()) <= 2 + FAILURES - 1


async def has_heard(hour: Hour, failed: set[str]) -> bool:
    return await hour.reported() == failed
