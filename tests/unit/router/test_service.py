"""The router in its shell, on memory parts: an issue in, its unit's topic out."""

from collections.abc import AsyncIterator

import orjson
import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import peek, to_headers
from sanfu.router.app import assemble
from sanfu.router.settings import RouterSettings
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import SystemClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.service import Parts
from tests.support import packs
from tests.support.eventually import eventually
from tests.unit.router.story import SUBMITTED, told


@pytest.fixture
async def broker() -> AsyncIterator[MemoryBroker]:
    broker = MemoryBroker()
    for topic in (names.ISSUES, names.unit_topic("tax"), names.dead_letter_topic("router")):
        broker.create(topic)
    parts = Parts(broker, MemoryDocuments(), SystemClock())
    service = assemble(RouterSettings(), parts, PackHolder(packs.SHIPPED))
    await service.start()
    yield broker
    await service.stop()


async def test_a_sure_issue_is_assigned_on_the_story_and_copied_to_its_units_topic(broker: MemoryBroker) -> None:
    event = told(names.ISSUE_SUBMITTED, {**SUBMITTED, "text": "出口退税", "place": {}}, 1, "intake")
    body = codec.encode(event.type, event.data)
    await broker.publish([Outgoing(names.ISSUES, event.subject, body, to_headers(event))] * 2)
    (copy,) = await eventually(lambda: broker.read(names.unit_topic("tax")))
    _, _, own = await broker.read(names.ISSUES)
    assert peek(own.headers).id == peek(copy.headers).id == "router:i-1:1"
    assert dict(copy.headers)["ce_unitsequence"] == b"1"
    assert orjson.loads(copy.value or b"")["issue"]["text"] == "出口退税"
