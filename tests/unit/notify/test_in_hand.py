"""Calls under way: none waits for another, emergencies go before what waits for a place, and none is lost track of."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sanfu.city.watching import PackHolder
from sanfu.notify.app import assemble
from sanfu.notify.domain.delivery import Outcome, Sent
from sanfu.notify.domain.records import written
from sanfu.notify.handlers import courier, in_hand
from sanfu.notify.handlers.deciding import Deciding
from sanfu.notify.ports import Message
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.service import Parts, Service
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import START, ScriptedSender, Story, contact, on_the_wire, unit, user
from tests.unit.notify.test_service import SETTINGS, fresh_broker
from tests.unit.notify.test_storms import of_issue

WIDTH, PAGE = 2, 20
PATIENT = SETTINGS.model_copy(update={"call_s": 60.0, "lease_s": 120.0})


@dataclass
class Slow:
    """A provider that answers as soon as it is let: `hangs` says for which messages it is not yet."""

    width: int = WIDTH
    hangs: Callable[[Message], bool] = lambda _: False
    asked: list[Message] = field(default_factory=list)
    _let: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def send(self, message: Message) -> Outcome:
        self.asked.append(message)
        async with self._let:
            await self._let.wait_for(lambda: not self.hangs(message))
        return Sent(f"theirs-{message.id}")

    async def let(self, hangs: Callable[[Message], bool]) -> None:
        async with self._let:
            self.hangs = hangs
            self._let.notify_all()

    async def close(self) -> None: ...


@dataclass
class Town:
    service: Service
    broker: MemoryBroker
    sms: Slow

    @property
    def kept(self) -> dict[str, dict[str, Any]]:
        parts: Any = self.service.parts.documents
        found: dict[str, dict[str, Any]] = parts.others["deliveries"]
        return found

    def standing(self, state: str) -> list[dict[str, Any]]:
        """The SMS that stand so."""
        return [one for one in self.kept.values() if (one["medium"], one["state"]) == ("sms", state)]

    async def told(self, *numbers: int) -> None:
        """Have so many parties told something, each by a phone of its own."""
        for n in numbers:
            records = [contact(f"i{n}", party={"phone": f"{n}"}), on_the_wire(Story(f"i{n}").submitted())]
            assert all(await self.broker.publish(records))


@pytest.fixture
async def town(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    monkeypatch.setattr(courier, "PAGE", PAGE)
    broker, sms = fresh_broker(), Slow()
    parts = Parts(broker, MemoryDocuments(), ManualClock(START))
    service = assemble(PATIENT, parts, PackHolder(SHIPPED), {"sms": sms, "email": ScriptedSender()})
    made = Town(service, broker, sms)
    await service.start()
    yield made
    await sms.let(lambda _: False)
    await service.stop()
    assert service.failure is None


async def test_a_call_that_hangs_holds_up_no_other(town: Town) -> None:
    town.sms.hangs = lambda one: one.to == "1"
    await town.told(1)
    await eventually(lambda: len(town.sms.asked) == 1)
    await town.told(2, 3)
    await eventually(lambda: len(town.standing("sent")) == 2)
    assert [one["subject"] for one in town.standing("sending")] == ["i1"]
    await town.sms.let(lambda _: False)
    await eventually(lambda: len(town.standing("sent")) == 3)


async def test_an_emergency_goes_before_all_that_waits_for_a_place(town: Town) -> None:
    town.sms.hangs = lambda _: True
    await town.told(*range(PAGE + 10))
    await eventually(lambda: len(town.standing("sending")) > PAGE // 2)
    assert all(await town.broker.publish([unit("unit-0"), user("d0", "unit-0", "duty_officer")]))
    alarm = of_issue(0, "alarm", "emergency-red-duty-sms", "duty_officer", "unit-0", critical=True)
    town.kept[alarm.id] = written(alarm)
    await eventually(lambda: town.kept["alarm"]["state"] == "sending")
    assert len(town.sms.asked) == WIDTH, "as many at once as the provider bears"
    first = town.sms.asked[0]
    await town.sms.let(lambda one: one is not first)
    await eventually(lambda: len(town.sms.asked) == WIDTH + 1)
    assert town.sms.asked[-1].critical
    await town.sms.let(lambda _: False)
    await eventually(lambda: len(town.standing("sent")) == PAGE + 11)
    assert len(town.sms.asked) == PAGE + 11, "each once"


async def test_who_stops_waits_for_the_calls_under_way_and_begins_no_other(town: Town) -> None:
    town.sms.hangs = lambda _: True
    await town.told(*range(10))
    await eventually(lambda: len(town.standing("sending")) == 10)
    couriers = [task for task in asyncio.all_tasks() if task.get_name() == "run:Courier"]
    for one in couriers:
        one.cancel()
    await town.sms.let(lambda _: False)
    await asyncio.wait(couriers)
    assert len(town.sms.asked) == len(town.standing("sent")) == WIDTH
    left = town.standing("queued")
    assert [(one["why"], one.get("tries", 0)) for one in left] == [("not_begun", 0)] * (10 - WIDTH)


async def test_what_a_page_needs_to_be_decided_about_is_not_taken_off_its_lease(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed, decided = [0.0], Deciding.prepared

    async def slowly(*given: Any) -> Any:
        passed[0] += 60.0
        return await decided(*given)

    def real_now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=passed[0])

    monkeypatch.setattr(Deciding, "prepared", slowly)
    monkeypatch.setattr(courier, "real_now", real_now)
    for module in (courier, in_hand):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    town.sms.hangs = lambda _: True
    await town.told(1)
    await eventually(lambda: len(town.sms.asked) == 1)
    [one] = town.standing("sending")
    assert one["again"] > real_now() + timedelta(seconds=PATIENT.lease_s - 10)
    await town.sms.let(lambda _: False)
    await eventually(lambda: len(town.standing("sent")) == 1)
