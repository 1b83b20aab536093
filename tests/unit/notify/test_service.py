"""The whole service on memory parts, under a manual clock."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.notify.app import assemble
from sanfu.notify.domain.delivery import Lost, Rejected, Retry
from sanfu.notify.settings import NotifySettings
from sanfu.runtime.broker import Incoming, Outgoing
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.service import Parts, Service
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import KEYS, START, ScriptedSender, Story, contact, erased, on_the_wire, unit, user

TOKEN = "operators-only-token"
PARTY = {"name": "王小明", "phone": "13900000001", "email": "wang@home.example"}


@dataclass
class Bench:
    service: Service
    broker: MemoryBroker
    clock: ManualClock
    sms: ScriptedSender
    email: ScriptedSender

    async def publish(self, *records: Outgoing) -> None:
        assert all(await self.broker.publish(list(records)))

    async def reported(self, type: str) -> list[Incoming]:
        records = await self.broker.read(names.ISSUES)
        return [r for r in records if dict(r.headers)["ce_type"] == type.encode()]

    async def ask(self, path: str, token: str | None = TOKEN, **query: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.service.app)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
            return await client.get(path, params=query, headers=headers)

    async def quiet(self) -> bool:
        return bool((await self.ask("/ops/quiet")).json()["quiet"])


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    broker, clock = MemoryBroker(), ManualClock(START)
    for topic, count in ((names.ISSUES, 4), (names.CONTACTS, 4), (names.DIRECTORY, 1)):
        broker.create(topic, count)
    settings = NotifySettings(keys=KEYS.written().decode(), ops_token=TOKEN)
    sms, email = ScriptedSender(), ScriptedSender()
    parts = Parts(broker, MemoryDocuments(), clock)
    service = assemble(settings, parts, PackHolder(SHIPPED), {"sms": sms, "email": email})
    await service.start()
    yield Bench(service, broker, clock, sms, email)
    await service.stop()
    assert service.failure is None


async def test_a_party_gets_one_receipt_by_each_medium(bench: Bench) -> None:
    await bench.publish(contact("i1", party=PARTY), on_the_wire(Story("i1").submitted()))
    await eventually(bench.quiet)
    assert bench.sms.texts() == [
        (PARTY["phone"], "【义乌三服务】您的诉求已收到，编号SF7K2-9MQ4X。凭编号可随时查询进度。")
    ]
    assert [(m.to, m.subject) for m in bench.email.got] == [(PARTY["email"], "诉求已收到（SF7K2-9MQ4X）")]
    assert len(await bench.reported(names.PARTY_INFORMED)) == 2


async def test_the_same_events_again_tell_nobody_again(bench: Bench) -> None:
    event = on_the_wire(Story("i1").submitted())
    await bench.publish(contact("i1", party=PARTY), event)
    await eventually(bench.quiet)
    await bench.publish(event, event, contact("i1", party=PARTY))
    await eventually(bench.quiet)
    assert (len(bench.sms.got), len(bench.email.got)) == (1, 1)
