"""A storm of lights on a real MongoDB: officers get lists, whatever their number."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from sanfu.contracts import names
from sanfu.notify.domain.delivery import Delivery
from sanfu.notify.domain.records import written
from sanfu.runtime.broker import partition_of
from sanfu.runtime.clock import Anchor, write_anchor
from sanfu.runtime.service import Service
from tests.integration.notify.test_notify import Town, quiet, town
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import START, Story, on_the_wire, unit, user

__all__ = ["town"]

ISSUES, UNITS = 1_000, 100


def lights(number: int) -> Iterator[Delivery]:
    for n in range(number):
        of = f"unit-{n % UNITS}"
        yield Delivery(
            id=f"d{n:06}", p=partition_of(f"i{n % ISSUES}", 4), subject=f"i{n % ISSUES}", event=f"sla:i{n % ISSUES}:1",
            type=names.LIGHT_CHANGED, at=START, due=START, template="yellow-officer-sms", medium="sms",
            audience="officer", unit=of, policy="at_least_once", critical=False,
            useful_until=START + timedelta(hours=24), recipient=f"officer:{of}",
            facts={"limit": "2026-05-09T09:30:00.000Z", "unit": of, "clock": "unit_handling"},
        )  # fmt: skip


async def put_down(service: Service, number: int) -> None:
    found = [written(one) for one in lights(number)]
    for first in range(0, number, 5_000):
        await service.parts.database.deliveries.insert_many(found[first : first + 5_000])


async def states(service: Service) -> Counter[str]:
    steps = [{"$match": {"template": "yellow-officer-sms"}}, {"$group": {"_id": "$state", "count": {"$sum": 1}}}]
    found = await service.parts.database.deliveries.aggregate(steps).to_list(None)
    return Counter({one["_id"]: one["count"] for one in found})


@pytest.mark.parametrize("number", [2_000, pytest.param(100_000, marks=pytest.mark.full)])
async def test_a_storm_of_lights_reaches_each_officer_as_one_message_and_one_list(
    town: Town, number: int, tmp_path: Path
) -> None:
    town.city, town.clock = SHIPPED, tmp_path / "clock.json"
    write_anchor(town.clock, Anchor(START, START, 0))
    people = [unit(f"unit-{n}") for n in range(UNITS)] + [
        user(f"o{n}", f"unit-{n}", "officer", reach={"sms": f"138-{n}"}) for n in range(UNITS)
    ]
    async with town.notifying() as service:
        await town.publish(*people, *(on_the_wire(Story(f"i{n}").submitted(contact="none")) for n in range(ISSUES)))
        await eventually(lambda: quiet(service), within=120)
        await put_down(service, number)
        await eventually(partial(states_are, service, {"sent": UNITS, "held": number - UNITS}), within=600)
        assert Counter(m["to"] for m in town.sms.got) == Counter(f"138-{n}" for n in range(UNITS))
        write_anchor(town.clock, Anchor(START + timedelta(minutes=10), START, 0))
        await eventually(partial(states_are, service, {"sent": number}), within=600)
    assert Counter(m["to"] for m in town.sms.got) == Counter(dict.fromkeys((f"138-{n}" for n in range(UNITS)), 2))


async def states_are(service: Service, wanted: dict[str, int]) -> bool:
    return await states(service) == wanted
