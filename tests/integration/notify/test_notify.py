"""Each is told once: on a real Kafka, a real MongoDB, an SMS gateway that misbehaves and a mail server."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.wire import peek
from sanfu.notify.adapters.mongo import RIPE
from sanfu.notify.app import assemble
from sanfu.notify.settings import NotifySettings
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import SystemClock
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.service import Service, real_parts
from tests.integration.notify.providers import Gateway, Mailbox, gateway, mailbox
from tests.support import packs
from tests.support.assembling import OPS_TOKEN
from tests.support.eventually import eventually
from tests.support.parts import create_topics
from tests.support.telling import KEYS, Story, contact, on_the_wire, unit, user

ISSUES = 60
TOPICS = {
    names.ISSUES: 4, names.AFFAIRS: 4, names.CONTACTS: 4, names.DIRECTORY: 1, names.dead_letter_topic("notify"): 1,
}  # fmt: skip


@dataclass
class Town:
    kafka: str
    mongo: str
    prefix: str
    broker: KafkaBroker
    sms: Gateway
    mail: Mailbox
    city: Path
    call_s: float = 20
    """Of which mail waits less than a third for an answer: longer than a machine stands still."""
    clock: Path | None = None
    providers: str | None = None
    """Instead of the gateway and the mail server, as JSON."""

    def settings(self) -> NotifySettings:
        alone = {
            "sms_url": self.sms.url, "smtp_host": "127.0.0.1", "smtp_port": self.mail.port, "smtp_tls": "none",
        }  # fmt: skip
        return NotifySettings.model_validate(
            {
                "kafka": self.kafka, "mongo": self.mongo, "prefix": self.prefix, "keys": KEYS.written().decode(),
                "clock": self.clock, "mail_from": "sanfu@city.example", "ops_token": OPS_TOKEN,
                "call_s": self.call_s, "lease_s": self.call_s * 2,
                **({"providers": self.providers} if self.providers else alone),
            }
        )  # fmt: skip

    @asynccontextmanager
    async def notifying(self) -> AsyncIterator[Service]:
        parts = real_parts(self.settings(), "notify")
        service = assemble(self.settings(), parts, PackHolder(self.city))
        await service.start()
        try:
            yield service
        finally:
            await service.stop()
            parts.database.client.close()

    async def publish(self, *records: Outgoing) -> None:
        assert all(await self.broker.publish(list(records)))

    async def reports(self) -> Counter[tuple[str, str, str]]:
        """How often the story says that somebody was told or not: by type, medium, state."""
        own = [r for r in await self.broker.read(names.ISSUES) if peek(r.headers).source == "notify"]
        once = {peek(r.headers).id: (peek(r.headers).type, orjson.loads(r.value or b"")) for r in own}
        bodies = [*once.values()]
        assert len({body["delivery"] for _, body in bodies}) == len(bodies)
        return Counter((type, body["medium"], body["state"]) for type, body in bodies)


@pytest.fixture
async def town(kafka: str, mongo: str, prefix: str, tmp_path: Path) -> AsyncIterator[Town]:
    await create_topics(kafka, {name.replace("sanfu", prefix, 1): n for name, n in TOPICS.items()})
    broker = KafkaBroker(kafka, prefix)
    await broker.start()
    async with gateway() as sms, mailbox() as mail:
        town = Town(kafka, mongo, prefix, broker, sms, mail, packs.hasty(tmp_path))
        yield town
    await broker.stop()
    parts = real_parts(town.settings(), "notify")
    await parts.database.client.drop_database(parts.database.name)
    parts.database.client.close()


async def quiet(service: Service) -> bool:
    """Whether it has all partitions and nothing is on its way: before it has them it knows of nothing."""
    return len(service.reader.partitions) == TOPICS[names.ISSUES] and bool((await service.watcher.quiet())["quiet"])


def party(n: int) -> dict[str, Any]:
    return {"phone": f"139{n:08}", "email": f"party{n}@home.example"}


def submitted(*numbers: int) -> list[Outgoing]:
    now = SystemClock().now()
    return [on_the_wire(Story(f"i{n}").submitted(now)) for n in numbers]


async def test_each_party_is_told_once_by_each_medium_though_the_gateway_stumbles(town: Town) -> None:
    town.sms.script.extend([(429, {"retry-after": "1"}), (501, {}), (503, {})] * 4)
    town.mail.greylist = 3
    town.mail.refuse.add("party0@home.example")
    async with town.notifying() as service:
        events = submitted(*range(ISSUES))
        await town.publish(*events, *events)
        await town.publish(*(contact(f"i{n}", party=party(n)) for n in range(ISSUES)))
        await eventually(lambda: quiet(service), within=40)
    assert Counter(m["to"] for m in town.sms.got) == Counter(f"139{n:08}" for n in range(ISSUES))
    assert town.sms.asked == ISSUES + 12
    assert Counter(m["to"] for m in town.mail.got) == Counter(f"party{n}@home.example" for n in range(1, ISSUES))
    assert town.mail.connections <= 4
    assert await town.reports() == {
        (names.PARTY_INFORMED, "sms", "sent"): ISSUES,
        (names.PARTY_INFORMED, "email", "sent"): ISSUES - 1,
        (names.DELIVERY_FAILED, "email", "failed"): 1,
    }


async def test_a_silent_gateway_leaves_a_receipt_unknown_and_gets_a_light_again(town: Town) -> None:
    now = SystemClock().now()
    story, town.call_s = Story("light"), 6  # it waits for half of that, which is longer than a machine stands still
    async with town.notifying() as service:
        await town.publish(unit("tax"), user("a", "tax", "officer"))
        town.sms.script.append("silent")
        await town.publish(contact("i1", party={"phone": "1391"}), *submitted(1))
        await eventually(lambda: quiet(service), within=20)
        town.sms.script.append("silent")
        await town.publish(
            on_the_wire(story.submitted(now, contact="none")), on_the_wire(story.light("yellow", at=now))
        )
        await eventually(lambda: quiet(service), within=20)
    assert [m["to"] for m in town.sms.got] == ["1391", "138-a", "138-a"]
    assert len({m["id"] for m in town.sms.got[1:]}) == 1
    reports = await town.reports()
    assert reports[names.DELIVERY_FAILED, "sms", "unknown"] == 1
    assert reports[names.PARTY_INFORMED, "sms", "sent"] == 1


async def test_after_a_restart_and_a_rebuild_nobody_hears_anything_again(town: Town) -> None:
    numbers = range(10)
    async with town.notifying() as service:
        await town.publish(*(contact(f"i{n}", party=party(n)) for n in numbers), *submitted(*numbers))
        await eventually(lambda: quiet(service), within=20)
    sent, reports = len(town.sms.got) + len(town.mail.got), await town.reports()
    assert sent == 20
    async with town.notifying() as service:
        await eventually(lambda: quiet(service), within=20)
        await service.documents.wipe()
    async with town.notifying() as service:
        await eventually(lambda: quiet(service), within=20)
        assert len(await service.documents.read([f"i{n}" for n in numbers])) == 10
    assert len(town.sms.got) + len(town.mail.got) == sent
    assert await town.reports() == reports


async def test_a_service_that_stops_finishes_the_calls_under_way(town: Town) -> None:
    town.sms.script.append("slow")
    async with town.notifying():
        await town.publish(contact("i1", party={"phone": "1391"}), *submitted(1))
        await eventually(lambda: town.sms.asked == 1)
    async with town.notifying() as service:
        await eventually(lambda: quiet(service), within=20)
    assert [m["to"] for m in town.sms.got] == ["1391"]
    assert (await town.reports())[names.PARTY_INFORMED, "sms", "sent"] == 1


async def test_the_list_of_deliveries_uses_an_index_and_so_does_the_loop(town: Town) -> None:
    async with town.notifying() as service:
        await town.publish(contact("i1", party=party(1)), *submitted(1))
        await eventually(lambda: quiet(service), within=20)
        deliveries = service.parts.database.deliveries
        ripe = {"medium": "sms", "p": {"$in": [0, 1]}, "again": {"$lte": SystemClock().now(), "$type": "date"}}
        for wanted, order in ((ripe, RIPE), ({"subject": "i1"}, [("at", -1), ("_id", -1)])):
            plan = await deliveries.find(wanted).sort(order).explain()
            winner = str(plan["queryPlanner"]["winningPlan"])
            assert "COLLSCAN" not in winner
            assert "'SORT'" not in winner
