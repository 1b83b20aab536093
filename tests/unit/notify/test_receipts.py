"""What providers say later: each receipt counts once, in whatever order, and where nobody is nothing more is sent."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.notify.adapters.memory import memory_stores
from sanfu.notify.app import assemble
from sanfu.notify.domain.delivery import Delivery, Lost, Rejected, Sent, end
from sanfu.notify.domain.receipts import Receipt, is_dead, plain, plain_code, received
from sanfu.notify.handlers.receipts import Receipts as Taking
from sanfu.notify.handlers.reporter import Reporter
from sanfu.notify.handlers.unreachable import Unreachable
from sanfu.notify.metrics import NotifyMetrics
from sanfu.notify.ports import Provider, Receipts, Stores
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.rules import Command
from sanfu.runtime.sealing import Sealer
from sanfu.runtime.service import Parts, Service
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import KEYS, START, ScriptedSender, Story, contact, on_the_wire
from tests.unit.notify.test_delivery import NOW, queued, sending
from tests.unit.notify.test_service import SETTINGS, TOKEN, fresh_broker

SECRET = "a-secret-path-of-24-letters"
ARRIVED, BLACK = Receipt(True), Receipt(False, "MBBLACK", dead=True)
PARTY = {"phone": "139 0000-0001", "email": "wang@home.example"}


@pytest.mark.parametrize("state", ["sending", "sent", "unknown"])
def test_what_a_provider_may_have_is_delivered_or_failed_by_its_word(state: Any) -> None:
    one = queued(state=state, provider="a")
    assert received(one, ARRIVED, "a", NOW).state == "delivered"
    failed = received(one, BLACK, "a", NOW)
    assert (failed.state, failed.why, failed.report_at) == ("failed", "unreachable: MBBLACK", NOW)


@pytest.mark.parametrize(
    "one",
    [
        queued(),
        queued(state="held", why="contact"),
        queued(state="skipped", why="stale"),
        queued(state="sent", provider="b"),
        queued(state="delivered", provider="a"),
        queued(state="held", provider="a"),
    ],
)
def test_what_was_never_given_to_it_or_is_known_stays_as_it_is(one: Delivery) -> None:
    assert received(one, ARRIVED, "a", NOW) is one
    assert received(one, BLACK, "a", NOW) is one


def test_that_it_arrived_outweighs_a_failure_and_never_the_other_way_round() -> None:
    failed = received(queued(state="sent", provider="a"), BLACK, "a", NOW)
    assert received(failed, Receipt(False, "UNDELIV"), "a", NOW) is failed
    arrived = received(failed, ARRIVED, "a", NOW)
    assert arrived.state == "delivered"
    assert received(arrived, BLACK, "a", NOW) is arrived


def test_who_is_asked_after_a_silent_one_may_be_faster_than_its_answer() -> None:
    again = queued(state="sending", provider="silent", tries=2)
    assert (received(again, ARRIVED, "b", NOW).state, received(again, ARRIVED, "b", NOW).provider) == ("delivered", "b")
    assert received(again, BLACK, "b", NOW).state == "failed"


def test_that_another_delivered_it_outweighs_the_failure_of_one_who_was_silent_at_first() -> None:
    failed = received(queued(state="sending", provider="a", tries=2), BLACK, "a", NOW)
    assert received(failed, ARRIVED, "b", NOW).state == "delivered"
    assert received(failed, Receipt(False, "UNDELIV"), "b", NOW) is failed


def test_a_light_that_waits_for_another_try_is_not_sent_again_once_it_arrived() -> None:
    waits = queued(state="queued", provider="a", tries=1)
    assert received(waits, ARRIVED, "a", NOW).state == "delivered"


@pytest.mark.parametrize(
    ("code", "dead"), [("MBBLACK", True), ("UNDELIV", False), ("MK:0001", True), ("MK:0002", False)]
)
def test_black_lists_are_known_by_their_name_and_other_codes_are_named(code: str, dead: bool) -> None:
    assert is_dead(code, frozenset({"MK:0001"})) is dead


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("MK:0001", "MK:0001"), ("isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_NUMBER_ILLEGAL"), ("5.1.1", "5.1.1"),
        ("", "no_code"), ("13900000001", "other"), ("no user wang@home.example", "other"),
        ("UNDELIV:13900000001", "other"), ("wang@home.example", "other"), ("用户关机", "other"),
        ("A" * 65, "other"), ("A\n", "other"),
    ],
)  # fmt: skip
def test_of_what_a_provider_says_only_a_code_is_told(said: str, told: str) -> None:
    assert plain_code(said) == told


def test_an_address_is_known_however_it_is_written() -> None:
    assert {plain(one) for one in ("139 0000-0001", "+86 13900000001", "(139)00000001")} == {"13900000001"}
    assert plain("Wang@Home.example") == "wang@home.example"


async def test_a_receipt_that_comes_while_the_story_hears_of_the_sending_is_told_as_well() -> None:
    deliveries, told = memory_stores({}).deliveries, list[str]()
    await deliveries.insert([end(queued(), "sent", None, NOW)])

    async def do(subject: str, command: Command) -> None:
        told.append(command.data["state"])
        if len(told) == 1:
            await deliveries.replace([end(one, "delivered", None, NOW) for one in await deliveries.of(["d1"])], "m")

    reporter = Reporter(deliveries, memory_stores({}).digests, do, lambda: (0, 1))
    assert [await reporter.turn() for _ in range(3)] == [1, 1, 0]
    assert told == ["sent", "delivered"]


@pytest.mark.parametrize(("begun", "taken"), [(-1, False), (+1, True)])
async def test_a_receipt_by_the_providers_number_alone_is_to_be_said_again_while_a_call_may_be_meant(
    begun: int, taken: bool
) -> None:
    """Which message it is about stands in the answer to a call that began before it came."""
    stores, metrics = memory_stores({}), NotifyMetrics.on(CollectorRegistry())
    receipts = taking(stores, metrics, lease=30.0)
    until = datetime.now(UTC) + timedelta(seconds=30 + 60 * begun)
    await stores.deliveries.insert([replace(sending(), again=until), replace(sending(id="d2"), provider="a")])
    said = [Receipt(True, delivery="d2"), Receipt(True, provider_id="theirs")]
    if taken:
        await receipts.take("a", said)
    else:
        with pytest.raises(Unavailable, match="not answered"):
            await receipts.take("a", said)
    [known] = await stores.deliveries.of(["d2"])
    assert known.state == "delivered", "whatever is said of others"
    assert (count(metrics, "unknown"), count(metrics, "delivered")) == (int(taken), 1)


async def test_a_receipt_that_names_nothing_or_what_is_not_here_is_taken_whatever_is_under_way() -> None:
    stores, metrics = memory_stores({}), NotifyMetrics.on(CollectorRegistry())
    await stores.deliveries.insert([sending()])
    await taking(stores, metrics, lease=30.0).take("a", [Receipt(True), Receipt(True, delivery="nobody")])
    assert count(metrics, "unknown") == 2


def taking(stores: Stores, metrics: NotifyMetrics, lease: float) -> Taking:
    unreachable = Unreachable(stores.unreachable, Sealer(KEYS))
    return Taking(stores.deliveries, unreachable, metrics, lease=lease, early=0.0)


def count(metrics: NotifyMetrics, state: str) -> int:
    return int(metrics.receipts.labels("a", state)._value.get())


@dataclass
class Town:
    service: Service
    broker: MemoryBroker
    sms: ScriptedSender
    second: ScriptedSender

    async def post(self, provider: str, body: Any, secret: str = SECRET, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
            given = {"content": body} if isinstance(body, bytes) else {"json": body}
            return await client.post(f"/callbacks/{provider}/{secret}", **given, **more)

    async def told(self, issue: str = "i1") -> None:
        await self.broker.publish([contact(issue, party=PARTY), on_the_wire(Story(issue).submitted())])
        await eventually(self.quiet)

    async def quiet(self) -> bool:
        return bool((await self.service.watcher.quiet())["quiet"])

    def sms_of(self, issue: str = "i1") -> dict[str, Any]:
        assert isinstance(self.service.parts.documents, MemoryDocuments)
        kept = self.service.parts.documents.others["deliveries"].values()
        (found,) = (one for one in kept if one["medium"] == "sms" and one["subject"] == issue)
        return found

    async def reports(self) -> list[str]:
        """What the story was told of SMS."""
        records = await self.broker.read(names.ISSUES)
        kinds = [(dict(r.headers)["ce_type"].decode(), json.loads(r.value or b"{}").get("medium")) for r in records]
        return [kind for kind, medium in kinds if medium == "sms"]


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    broker, sms, second = fresh_broker(), ScriptedSender(), ScriptedSender()
    providers = {
        "sms": [
            Provider("aliyun", sms, receipts=Receipts(SECRET, "aliyun")),
            Provider("tencent", second, receipts=Receipts(SECRET, "tencent")),
            Provider("own", ScriptedSender(), receipts=Receipts(SECRET, "gateway", frozenset({"E7"}))),
        ]
    }
    service = assemble(SETTINGS, Parts(broker, MemoryDocuments(), ManualClock(START)), PackHolder(SHIPPED), providers)
    await service.start()
    yield Town(service, broker, sms, second)
    await service.stop()
    assert service.failure is None


def aliyuns(town: Town, *, success: bool = True, code: str = "DELIVERED", **more: Any) -> list[dict[str, Any]]:
    """As its page writes it, with fields that nobody here needs."""
    ours = {"out_id": town.sms_of()["_id"], "biz_id": "9001^0", "success": success, "err_code": code, **more}
    return [{"phone_number": "13900000001", "send_time": "2017-01-01 00:00:00", "sms_size": "1", **ours}]


async def test_aliyuns_receipt_makes_a_delivery_delivered_and_the_same_again_changes_nothing(town: Town) -> None:
    await town.told()
    first = await town.post("aliyun", aliyuns(town))
    assert (first.status_code, first.json()) == (200, {"code": 0, "msg": "接收成功"})
    await eventually(town.quiet)
    stood = dict(town.sms_of())
    assert (stood["state"], stood["provider"]) == ("delivered", "aliyun")
    assert (await town.post("aliyun", aliyuns(town) * 3)).status_code == 200
    await eventually(town.quiet)
    assert town.sms_of() == stood
    assert await town.reports() == [names.PARTY_INFORMED] * 2, "sent, then delivered"


async def test_tencents_receipt_is_known_by_the_number_that_it_gave(town: Town) -> None:
    town.sms.script.append(Rejected("no_approved_template", elsewhere=True))
    town.second.script.append(Sent("2640:1"))
    await town.told()
    body = [
        {"sid": "2640:1", "report_status": "FAIL", "errmsg": "UNDELIV", "mobile": "13900000001", "nationcode": "86"}
    ]
    answer = await town.post("tencent", body)
    assert (answer.status_code, answer.json()) == (200, {"result": 0, "errmsg": "OK"})
    await eventually(town.quiet)
    assert (town.sms_of()["state"], town.sms_of()["why"]) == ("failed", "undelivered: UNDELIV")
    assert await town.reports() == [names.PARTY_INFORMED, names.DELIVERY_FAILED]


async def test_a_number_in_what_a_provider_says_reaches_no_story(town: Town) -> None:
    await town.told()
    await town.post("aliyun", aliyuns(town, success=False, code="no such number: 13900000001"))
    await eventually(town.quiet)
    assert town.sms_of()["why"] == "undelivered: other"
    assert "13900000001" not in repr(await town.broker.read(names.ISSUES))


async def test_a_receipt_after_silence_says_that_it_arrived_after_all(town: Town) -> None:
    town.sms.script.append(Lost("timeout"))
    await town.told()
    assert town.sms_of()["state"] == "unknown"
    await town.post("aliyun", aliyuns(town))
    await eventually(town.quiet)
    assert town.sms_of()["state"] == "delivered"


async def test_to_a_number_on_a_black_list_nothing_more_is_sent_and_the_case_says_so(town: Town) -> None:
    await town.told()
    said = aliyuns(town, success=False, code="MBBLACK")
    await town.post("aliyun", said)
    await town.told("i2")
    assert len(town.sms.got) == 1
    assert (town.sms_of("i2")["state"], town.sms_of("i2")["why"]) == ("skipped", "unreachable: MBBLACK")
    assert (await town.reports()).count(names.DELIVERY_FAILED) == 2
    transport = httpx.ASGITransport(app=town.service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
        lift = f"/v1/deliveries/{town.sms_of('i2')['_id']}/unreachable"
        assert (await client.delete(lift)).status_code == 401
        assert (await client.delete(lift, headers={"authorization": f"Bearer {TOKEN}"})).status_code == 204
    await town.post("aliyun", said)
    await town.told("i3")
    assert len(town.sms.got) == 2, "the same receipt again takes nothing back"
    assert "13900000001" not in repr(town.service.parts.documents.others["unreachable"])  # type: ignore[attr-defined]


async def test_a_number_that_the_provider_refuses_for_good_is_not_tried_for_the_next_issue(town: Town) -> None:
    town.sms.script.append(Rejected("isv.MOBILE_NUMBER_ILLEGAL", dead=True))
    await town.told()
    await town.told("i2")
    assert len(town.sms.got) == 1
    assert town.sms_of("i2")["why"] == "unreachable: isv.MOBILE_NUMBER_ILLEGAL"


async def test_a_gateway_of_ones_own_says_it_in_plain_words_and_its_codes_are_named_in_the_file(town: Town) -> None:
    await town.told()
    body = [{"id": town.sms_of()["_id"], "state": "failed", "code": "E7"}, {"id": "nobody", "state": "delivered"}]
    assert (await town.post("own", body)).json() == {"taken": 2}
    assert town.sms_of()["state"] == "sent", "another provider carried it"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{}", "$"),
        (b"[1]", "$[0]"),
        (b'[{"success": "perhaps"}]', "$[0].success"),
        (b'[{"success": true, "out_id": 7}]', "$[0].out_id"),
        (b"[" + b",".join([b'{"success":true}'] * 501) + b"]", "$"),
    ],
)
async def test_nonsense_is_refused_and_the_place_is_named(town: Town, body: bytes, field: str) -> None:
    answer = await town.post("aliyun", body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert field in answer.json()["detail"]


async def test_what_is_no_json_is_refused(town: Town) -> None:
    for body in (b"", b"[", b"delivered"):
        assert 400 <= (await town.post("aliyun", body)).status_code < 500


async def test_who_does_not_know_the_secret_finds_nothing_there(town: Town) -> None:
    await town.told()
    body = aliyuns(town)
    for provider, secret in (("aliyun", "guess"), ("nobody", SECRET), ("aliyun", "密" * 24)):
        assert (await town.post(provider, body, secret)).status_code == 404
    assert (await town.post("aliyun", b"x" * 300_000)).status_code == 413
    assert town.sms_of()["state"] == "sent"
