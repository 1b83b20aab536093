"""A storm of lights as it comes: from the story on Kafka, over MongoDB, to an SMS gateway of 20 ms that takes so many a
second, with receipts and emergencies among it."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from os import getpid
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.processes import resident
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import Anchor, write_anchor
from sanfu.runtime.service import Service
from tests.integration.notify.providers import Gateway
from tests.integration.notify.test_notify import Town, party, town
from tests.support.eventually import eventually
from tests.support.packs import outward, shipped
from tests.support.telling import START, Story, contact, on_the_wire, unit, user

__all__ = ["town"]

UNITS = sorted(shipped().units)
RATE, RECEIPTS, ALARMS = 50, 400, 10
LATENCY = 0.02
GATHER = timedelta(minutes=10)
MEMORY = 150
"""MB that the process may grow by, gateway and mail server in it."""
COUNT = re.compile(r"】(\d+)条提醒")
LIGHT, RECEIPT, ALARM = "yellow-officer-sms", "receipt-party-sms", "emergency-red"


@dataclass
class Storm:
    """A storm over a town. Business time stands still until it is moved."""

    town: Town
    service: Service
    every: float
    """Seconds between two looks: one looks through all of the storm."""
    highest: float = field(default_factory=lambda: resident(getpid()))
    reported: int = 0
    """How many issues were published of which a party hears."""

    async def lights(self, numbers: range) -> None:
        """Publish issues whose light goes on, one after the other of all units."""
        for first in range(numbers.start, numbers.stop, 250):
            records: list[Outgoing] = []
            for n in range(first, min(first + 250, numbers.stop)):
                story = Story(f"i{n}")
                records += [
                    on_the_wire(story.submitted(contact="none", party_kind="none")),
                    on_the_wire(story.light("yellow", unit=UNITS[n % len(UNITS)])),
                ]
            await self.town.publish(*records)

    async def receipts(self, count: int) -> None:
        numbers = range(self.reported, self.reported + count)
        self.reported = numbers.stop
        await self.town.publish(*(contact(f"r{n}", party=party(n)) for n in numbers))
        await self.town.publish(*(on_the_wire(Story(f"r{n}").submitted()) for n in numbers))

    @asynccontextmanager
    async def receipts_waiting(self) -> AsyncIterator[None]:
        """Have some seconds' worth of receipts wait for their turn all through a block, however slow that is."""
        over = asyncio.Event()

        async def goes_on() -> bool:
            if self.reported - await self.counted(RECEIPT, "sent") < RECEIPTS / 2:
                await self.receipts(RECEIPTS // 2)
            return over.is_set()

        await self.receipts(RECEIPTS)
        feeding = asyncio.ensure_future(eventually(goes_on, within=600, every=self.every))
        try:
            yield
        finally:
            over.set()
            await feeding

    async def alarms(self) -> None:
        """Publish emergencies that nobody acknowledged: each is for who is on duty and for the head."""
        found: list[Outgoing] = []
        for n in range(ALARMS):
            story = Story(f"e{n}")
            found.append(on_the_wire(story.submitted(contact="none", party_kind="none", urgency="emergency")))
            found.append(on_the_wire(story.light("red", unit=UNITS[n], clock="emergency_acknowledge")))
        await self.town.publish(*found)

    def move(self, now: datetime) -> None:
        assert self.town.clock is not None
        write_anchor(self.town.clock, Anchor(now, START, 0))

    async def counted(self, template: str, *states: str) -> int:
        self.highest = max(self.highest, resident(getpid()))
        wanted = {**_of(template), **({"state": {"$in": [*states]}} if states else {})}
        return int(await self.service.parts.database.deliveries.count_documents(wanted))

    async def until(self, count: int, template: str, *states: str, within: float = 60) -> None:
        async def is_so() -> bool:
            return await self.counted(template, *states) == count

        await eventually(is_so, within=within, every=self.every)

    async def is_past(self, count: int) -> bool:
        return await self.counted(LIGHT) > count

    async def has_told_its_lists(self) -> bool:
        """Whether no list that is due waits for its turn."""
        deliveries, due = self.service.parts.database.deliveries, {"$lte": self.service.parts.clock.now()}
        return await deliveries.find_one({"template": "digest", "again": {"$type": "date"}, "due": due}) is None

    async def told(self, template: str) -> list[dict[str, Any]]:
        deliveries = self.service.parts.database.deliveries
        found: list[dict[str, Any]] = await deliveries.find(_of(template)).to_list(None)
        return found


def _of(template: str) -> dict[str, Any]:
    """The SMS by those templates whose ids begin so."""
    return {"template": {"$regex": f"^{template}"}, "medium": "sms"}


def by_sms_alone(folder: Path) -> Path:
    """Copy the shipped pack, with lights that are told by SMS."""
    root = outward(folder)
    path = root / "texts" / "lights.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    told["messages"] = [one for one in told["messages"] if one["medium"] == "sms"]
    path.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    return root


def people() -> Iterator[Outgoing]:
    for n, code in enumerate(UNITS):
        yield unit(code)
        for role in ("officer", "unit_head", "duty_officer"):
            yield user(f"{role}-{n}", code, role, reach={"sms": f"{role}-{n}", "email": f"{role}-{n}@city.example"})


def most_in(seconds: float, at: Sequence[float]) -> int:
    """The most that came within so many seconds."""
    begins = most = 0
    for end, instant in enumerate(at):
        while at[begins] <= instant - seconds:
            begins += 1
        most = max(most, end - begins + 1)
    return most


@pytest.mark.parametrize("number", [2_560, pytest.param(100_000, marks=pytest.mark.full)])
async def test_a_storm_reaches_each_officer_as_few_lists_alarms_first_and_never_faster_than_its_rate(
    town: Town, number: int, tmp_path: Path
) -> None:
    town.city, town.clock, town.sms.latency = by_sms_alone(tmp_path / "storm"), tmp_path / "clock.json", LATENCY
    town.providers = json.dumps({"sms": [{"kind": "gateway", "url": town.sms.url, "rates": [f"{RATE}/s"]}]})
    write_anchor(town.clock, Anchor(START, START, 0))
    await town.publish(*people())
    async with town.notifying() as service:
        storm = Storm(town, service, every=number / 50_000)
        before, within, half = storm.highest, 30 + number / 100, number // 2
        await storm.lights(range(half))
        await storm.until(half - len(UNITS), LIGHT, "held", within=within)
        await storm.until(len(UNITS), LIGHT, "sent", within=within)
        coming = asyncio.ensure_future(storm.lights(range(half, number)))
        await eventually(partial(storm.is_past, half), within=within, every=storm.every)
        storm.move(START + GATHER)  # the lists leave while more comes
        await coming
        await storm.until(number, LIGHT, within=within)
        async with storm.receipts_waiting():
            await storm.alarms()
            await storm.until(2 * ALARMS, ALARM, within=within)
            came = town.sms.asked
            await storm.until(2 * ALARMS, ALARM, "sent")
            assert await storm.counted(RECEIPT, "sent") < storm.reported, "nothing was left that they could overtake"
        await storm.until(storm.reported, RECEIPT, "sent", within=within)
        await eventually(storm.has_told_its_lists, within=within)
        storm.move(START + 2 * GATHER)
        await storm.until(number, LIGHT, "sent", within=within)
        lights, others = await storm.told(LIGHT), [*await storm.told(RECEIPT), *await storm.told(ALARM)]
    tells_each_once(town.sms.got, lights, others)
    goes_in_order_and_at_its_rate(town.sms, came)
    assert storm.highest - before < MEMORY


def tells_each_once(got: Sequence[dict[str, Any]], lights: Sequence[dict[str, Any]], others: Sequence[Any]) -> None:
    by = Counter(one.get("digest") or one["_id"] for one in lights)
    assert Counter(m["id"] for m in got) == Counter([*by, *(one["_id"] for one in others)]), "each once, and no more"
    assert {m["id"]: listed(m["text"]) for m in got if m["id"] in by} == by, "a list says how many it tells"
    officers = Counter(m["to"] for m in got if m["to"].startswith("officer"))
    assert len(officers) == len(UNITS)
    assert max(officers.values()) <= 3, "one message, and a list for each ten minutes"


def goes_in_order_and_at_its_rate(sms: Gateway, came: int) -> None:
    """`came`: how many had gone when the alarms were put down."""
    alarms = [n for n, m in enumerate(sms.got) if m["to"].startswith(("duty_officer", "unit_head"))]
    assert len(alarms) == 2 * ALARMS
    assert alarms[-1] < came + RATE + 2 * ALARMS, "behind what was in hand already, at most"
    for seconds in (1, 5):
        assert most_in(seconds, sms.at) <= RATE * (seconds + 1), "what left the second before may come in late"


def listed(text: str) -> int:
    """How many lights a message tells."""
    found = COUNT.search(text)
    return int(found[1]) if found else 1
