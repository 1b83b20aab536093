"""Who was erased: nothing comes back by which they would be known, whoever had it in hand meanwhile."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from sanfu.city.watching import PackHolder
from sanfu.notify.adapters.memory import memory_stores
from sanfu.notify.app import assemble
from sanfu.notify.domain.delivery import Outcome, Rejected, Retry, Sent
from sanfu.notify.domain.receipts import Receipt
from sanfu.notify.handlers.erasing import Erasing
from sanfu.notify.handlers.opting_out import OptingOut
from sanfu.notify.handlers.receipts import Receipts
from sanfu.notify.handlers.unreachable import Unreachable
from sanfu.notify.metrics import NotifyMetrics
from sanfu.notify.ports import Letter, Message
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.paging import Page
from sanfu.runtime.sealing import Sealer
from sanfu.runtime.service import Parts, Service
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import KEYS, START, Story, contact, erased, on_the_wire
from tests.unit.notify.test_delivery import NOW, queued, sending
from tests.unit.notify.test_receipts import PARTY, Town, aliyuns, town
from tests.unit.notify.test_service import SETTINGS, fresh_broker

__all__ = ["town"]


def kept(service: Service, name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = service.parts.documents.others[name]  # type: ignore[attr-defined]
    return found


def known_by(one: dict[str, Any]) -> set[str]:
    return {"reached", "provider_id"} & one.keys()


async def erase(town: Town, issue: str = "i1") -> None:
    await town.broker.publish([erased(issue)])
    await eventually(town.quiet)


async def test_a_late_receipt_brings_nothing_back(town: Town) -> None:
    town.sms.script.append(Sent("9001^0"))
    await town.told()
    assert known_by(town.sms_of()) == {"reached", "provider_id"}
    said = aliyuns(town, success=False, code="MBBLACK")
    await erase(town)
    assert (await town.post("aliyun", said)).status_code == 200
    await eventually(town.quiet)
    assert town.sms_of()["state"] == "failed", "the story hears what became of it"
    assert known_by(town.sms_of()) == set()
    assert kept(town.service, "unreachable") == {}


async def test_a_number_where_nobody_is_is_no_longer_known_once_its_party_is_erased(town: Town) -> None:
    town.sms.script.append(Rejected("isv.MOBILE_NUMBER_ILLEGAL", dead=True))
    await town.told()
    assert len(kept(town.service, "unreachable")) == 1
    await erase(town)
    assert kept(town.service, "unreachable") == {}
    await town.told("i2")
    assert town.sms_of("i2")["state"] == "sent", "given again, it is tried again"


async def test_who_is_erased_between_a_receipt_and_what_is_noted_of_it_leaves_nothing() -> None:
    stores = memory_stores({})
    unreachable = Unreachable(stores.unreachable, Sealer(KEYS))
    receipts = Receipts(stores.deliveries, unreachable, NotifyMetrics.on(CollectorRegistry()))
    sent = queued(audience="party", state="sent", provider="a", provider_id="p", reached="x")
    await stores.deliveries.insert([sent])
    (before,) = await stores.deliveries.of([sent.id])
    await stores.deliveries.erasing([sent.subject])
    dead = Receipt(False, "MBBLACK", dead=True)
    await receipts._settled("a", [(dead, before)])
    assert await stores.unreachable.get(["x"]) == {}
    found = await stores.deliveries.get(sent.id)
    assert found is not None
    assert (found.state, found.reached, found.provider_id) == ("failed", None, None)


@dataclass
class Slow:
    """A provider during whose call the party is erased."""

    broker: MemoryBroker
    outcome: Outcome
    service: Service | None = None
    got: list[Message] = field(default_factory=list)
    width: int = 64

    async def send(self, message: Message) -> Outcome:
        self.got.append(message)
        await self.broker.publish([erased("i1")])
        service = self.service
        assert service is not None
        await eventually(lambda: all(one.get("erased") for one in kept(service, "deliveries").values()))
        return self.outcome

    async def close(self) -> None: ...


@pytest.fixture
async def slow() -> AsyncIterator[Slow]:
    broker = fresh_broker()
    provider = Slow(broker, Sent("9001^0"))
    parts = Parts(broker, MemoryDocuments(), ManualClock(START))
    service = provider.service = assemble(SETTINGS, parts, PackHolder(SHIPPED), {"sms": provider})
    await service.start()
    yield provider
    await service.stop()
    assert service.failure is None


@pytest.mark.parametrize(
    ("outcome", "state", "why"),
    [
        (Sent("9001^0"), "sent", None),
        (Rejected("MBBLACK", dead=True), "failed", "MBBLACK"),
        (Retry("http_503"), "skipped", "erased"),
    ],
)
async def test_a_call_that_was_under_way_is_settled_and_leaves_nothing(
    slow: Slow, outcome: Outcome, state: str, why: str | None
) -> None:
    service, slow.outcome = slow.service, outcome
    assert service is not None
    await slow.broker.publish([contact("i1", party=PARTY), on_the_wire(Story("i1").submitted())])

    async def quiet() -> bool:
        return bool((await service.watcher.quiet())["quiet"])

    await eventually(quiet, within=15)
    (one,) = (one for one in kept(service, "deliveries").values() if one["medium"] == "sms")
    assert (one["state"], one.get("why")) == (state, why)
    assert known_by(one) == set()
    assert kept(service, "unreachable") == {}
    assert len(slow.got) == 1


async def test_what_a_rehearsal_kept_of_who_is_erased_goes_and_nothing_else() -> None:
    broker, documents = fresh_broker(), MemoryDocuments()
    settings = SETTINGS.model_copy(update={"rehearsal": True})
    service = assemble(settings, Parts(broker, documents, ManualClock(START)), PackHolder(SHIPPED), {})
    await service.start()

    async def quiet() -> bool:
        return bool((await service.watcher.quiet())["quiet"])

    for issue in ("i1", "i2"):
        await broker.publish([contact(issue, party=PARTY), on_the_wire(Story(issue).submitted())])
    await eventually(quiet)
    of = {one["_id"]: one["subject"] for one in kept(service, "deliveries").values()}
    assert {of[id] for id in kept(service, "letters")} == {"i1", "i2"}
    await broker.publish([erased("i1")])
    await eventually(quiet)
    assert {of[id] for id in kept(service, "letters")} == {"i2"}
    await service.stop()


async def test_a_letter_kept_while_its_party_is_erased_goes_and_what_else_came_between_stands() -> None:
    stores = memory_stores({})
    unreachable = Unreachable(stores.unreachable, Sealer(KEYS))
    opting_out = OptingOut(stores.opted_out, stores.contacts, stores.deliveries, unreachable)
    erasing = Erasing(stores.deliveries, stores.letters, unreachable, opting_out)
    kept, heard_of = replace(sending(), audience="party"), sending(id="d2", audience="officer")
    await stores.deliveries.insert([kept, heard_of])
    await erasing.forget(["i1"])
    arrived = replace(heard_of, state="delivered", again=None)
    await stores.deliveries.replace([arrived], "m")
    for one in (kept, heard_of):
        await stores.letters.put(Letter(one.id, "rehearsal", "sms", NOW, {}))
    for _ in range(2):  # it may be called again
        await erasing.settled([kept, heard_of], {kept.id: Sent(), heard_of.id: Sent()}, NOW)
    states = [one.state for one in await stores.deliveries.of([kept.id, heard_of.id])]
    assert states == ["sent", "delivered"]
    assert [one.id for one in await stores.letters.page("rehearsal", False, Page(5, None))] == ["d2"]
