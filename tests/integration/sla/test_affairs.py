"""Clocks of orders and tasks, on the story of affairs."""

from typing import Any

import orjson

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import peek, to_headers
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.kafka import KafkaBroker
from tests.integration.sla.world import assigned, client, running
from tests.support.eventually import eventually
from tests.unit.sla.policies import local

ORDER: dict[str, Any] = {
    "by": {"id": "u-1", "role": "coordination_office", "unit": "three-services-office"}, "level": "red", "unit": "tax",
    "issuer": "three-services-office", "cause": "red_light", "text": "t", "reply_by": "2026-03-11T04:00:00.000Z",
    "concerns": ["issue-1"],
}  # fmt: skip
ID = "order-1"


async def of_affairs(broker: KafkaBroker) -> list[tuple[str, str, Any]]:
    """Return (subject, type, level) of what sla tells there."""
    records = [(record, peek(record.headers)) for record in await broker.read(names.AFFAIRS)]
    own = [(heads, orjson.loads(record.value or b"")) for record, heads in records if heads.source == "sla"]
    return [(heads.subject, heads.type, body.get("level")) for heads, body in own]


async def test_an_order_has_its_deadline_and_its_lights_on_its_own_story_through_a_rebuild(
    place: tuple[str, str, str], broker: KafkaBroker
) -> None:
    event = Event(event_id("desk", ID, 1), names.ORDER_RAISED, "desk", ID, 1, local("2026-03-10 09:15"), ORDER)
    raised = Outgoing(names.AFFAIRS, ID, codec.encode(event.type, ORDER), to_headers(event))

    async def told(count: int) -> bool:
        return len(await of_affairs(broker)) >= count

    async with running(*place, "2026-03-10 09:15") as (service, clock):
        assert all(await broker.publish([raised, assigned("issue-1", "2026-03-10 09:15")]))
        await eventually(lambda: told(1), within=20)
        clock.set(local("2026-03-10 12:00"))
        clock.set(local("2026-03-11 11:59"))
        await eventually(lambda: told(2), within=20)
        rows = (await client(service).get("/v1/clocks", params={"of": "affairs"})).json()["items"]
        assert [(row["issue"], row["clock"], row["unit"], row["light"]) for row in rows] == [
            (ID, "supervision_reply", "tax", "yellow")
        ]
        assert (await client(service).get(f"/v1/clocks/{ID}")).json()["clocks"][0]["limit"] == ORDER["reply_by"]
    async with running(*place, "2026-03-11 12:00", empty=True):
        await eventually(lambda: told(3), within=20)
    assert await of_affairs(broker) == [
        (ID, names.DEADLINE_SET, None), (ID, names.LIGHT_CHANGED, "yellow"), (ID, names.LIGHT_CHANGED, "red"),
    ]  # fmt: skip
