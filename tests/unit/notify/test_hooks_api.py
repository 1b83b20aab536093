"""The whole service on memory parts, with hooks and an endpoint that listens: what operators ask of it."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.notify.app import assemble
from sanfu.notify.settings import NotifySettings
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.service import Parts, Service
from tests.integration.notify.providers import Peer, peer
from tests.support.eventually import eventually
from tests.support.packs import SHIPPED
from tests.support.telling import START
from tests.unit.notify.test_service import SETTINGS, TOKEN, fresh_broker

KEY = "whsec_" + base64.b64encode(b"k" * 24).decode()


def parts() -> Parts:
    broker = fresh_broker()
    for unit in ("tax", "water"):
        broker.create(names.unit_topic(unit), 1)
    return Parts(broker, MemoryDocuments(), ManualClock(START))


def told(providers: str, **more: Any) -> NotifySettings:
    return SETTINGS.model_copy(update={"providers": SecretStr(providers), **more})


@dataclass
class Office:
    """An operator, and the unit's endpoint."""

    service: Service
    endpoint: Peer

    async def ask(self, method: str, path: str, token: str | None = TOKEN) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.service.app)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
            return await client.request(method, path, headers=headers)

    async def shown(self) -> dict[str, dict[str, Any]]:
        return {one["unit"]: one for one in (await self.ask("GET", "/v1/hooks")).json()["items"]}

    async def put(self, *issues: str, unit: str = "tax") -> None:
        """Put a record for each of these on the unit's topic."""
        broker = self.service.parts.broker
        assert isinstance(broker, MemoryBroker)
        for issue in issues:
            heads = {"ce_id": f"router:{issue}:1", "ce_type": names.ISSUE_ASSIGNED, "ce_unitsequence": "1"}
            record = [(name, text.encode()) for name, text in heads.items()]
            assert await broker.publish([Outgoing(names.unit_topic(unit), issue, "停水".encode(), record)]) == [True]


@asynccontextmanager
async def office(*answers: tuple[int, Any], units: tuple[str, ...] = ("tax",), **more: Any) -> AsyncIterator[Office]:
    async with peer(*answers) as endpoint:
        hook = {"url": f"{endpoint.url}/s3cret", "secrets": [KEY], "networks": ["127.0.0.0/8"]}
        settings = told(json.dumps({"units": dict.fromkeys(units, hook)}), **more)
        service = assemble(settings, parts(), PackHolder(SHIPPED), {})
        await service.start()
        yield Office(service, endpoint)
        await service.stop()
        assert service.failure is None


async def test_what_was_parked_is_sent_again_by_an_operator_the_oldest_first() -> None:
    async with office((410, "gone"), (200, "ok")) as it:
        await it.put("i-1")

        async def gone() -> bool:
            return bool((await it.shown())["tax"]["parked"] == 1)

        await eventually(gone, within=10)
        shown = (await it.shown())["tax"]
        assert (shown["state"], shown["why"], shown["waiting"]) == ("gone", "http_410", 0)
        assert shown["host"] == it.endpoint.url, "no path: it may hold a secret"
        await it.put("i-2")

        async def both() -> bool:
            return bool((await it.shown())["tax"]["parked"] == 2)

        await eventually(both, within=10)
        first = (await it.ask("GET", "/v1/hooks/tax/parked?limit=1")).json()
        assert [(one["event"], one["issue"], one["why"]) for one in first["items"]] == [
            ("router:i-1:1", "i-1", "http_410")
        ]
        rest = (await it.ask("GET", f"/v1/hooks/tax/parked?limit=1&cursor={first['next']}")).json()
        assert ([one["issue"] for one in rest["items"]], rest["next"]) == (["i-2"], None)
        assert "停水" not in str(first)

        resent = await it.ask("POST", "/v1/hooks/tax/parked/resend?limit=1")
        assert (resent.status_code, resent.json()) == (202, {"resent": 1, "parked": 1})
        await eventually(lambda: len(it.endpoint.asked) == 2)
        assert (await it.ask("POST", "/v1/hooks/tax/parked/resend")).json() == {"resent": 1, "parked": 0}
        await eventually(lambda: len(it.endpoint.asked) == 3)
        assert [one.headers["ce-id"] for one in it.endpoint.asked] == ["router:i-1:1", "router:i-1:1", "router:i-2:1"]
        assert (await it.ask("POST", "/v1/hooks/tax/parked/resend")).json() == {"resent": 0, "parked": 0}


async def test_in_a_rehearsal_nothing_is_posted_and_no_topic_read_and_who_asks_is_told_so() -> None:
    async with office((200, "ok"), rehearsal=True) as it:
        await it.put("i-1")
        for path in ("/v1/hooks/tax/test", "/v1/hooks/tax/parked/resend"):
            refused = await it.ask("POST", path)
            assert (refused.status_code, "SANFU_REHEARSAL" in refused.json()["detail"]) == (409, True)
        assert (await it.shown())["tax"]["state"] == "new"
        assert (await it.ask("GET", "/ops/quiet")).json()["quiet"]
        assert it.endpoint.asked == []
        stores = it.service.parts.documents
        assert isinstance(stores, MemoryDocuments)
        assert stores.others.get("hook_records", {}) == {}


async def test_a_test_tells_what_the_endpoint_said_and_is_kept_nowhere() -> None:
    async with office((401, "签名不对")) as it:
        answer = (await it.ask("POST", "/v1/hooks/tax/test")).json()
        assert {name: answer[name] for name in ("taken", "why", "status", "said")} == {
            "taken": False, "why": "http_401", "status": 401, "said": "签名不对",
        }  # fmt: skip
        assert [one.headers["ce-type"] for one in it.endpoint.asked] == ["sanfu.hook.test.v1"]
        shown = (await it.shown())["tax"]
        assert (shown["waiting"], shown["parked"]) == (0, 0)


async def test_what_is_asked_amiss_is_refused_with_what_would_be_right() -> None:
    async with office((200, "ok")) as it:
        asked = {"": "GET", "/tax/parked": "GET", "/tax/test": "POST", "/tax/parked/resend": "POST"}
        for path, method in asked.items():
            assert (await it.ask(method, f"/v1/hooks{path}", None)).status_code == 401
            assert (await it.ask(method, f"/v1/hooks{path}", "wrong")).status_code == 403
        for method, path in (("GET", "water/parked"), ("POST", "water/test"), ("POST", "%E7%A8%8E/parked/resend")):
            found = await it.ask(method, f"/v1/hooks/{path}")
            assert (found.status_code, "under `units`" in found.json()["detail"]) == (404, True)
        for limit in ("0", "10001", "x", "9" * 30):
            refused = await it.ask("POST", f"/v1/hooks/tax/parked/resend?limit={limit}")
            assert (refused.status_code, "limit" in refused.text) == (422, True)
        assert it.endpoint.asked == []


async def test_a_hook_of_a_unit_whose_topic_is_not_shown_to_notify_says_so_and_holds_up_no_other() -> None:
    async with office((200, "ok"), units=("tax", "taxx")) as it:

        async def states() -> dict[str, str]:
            return {unit: one["state"] for unit, one in (await it.shown()).items()}

        assert (await states())["taxx"] == "no_topic"
        await it.put("i-1")
        await eventually(lambda: len(it.endpoint.asked) == 1)
        assert (await states())["tax"] != "no_topic"
        broker = it.service.parts.broker
        assert isinstance(broker, MemoryBroker)
        broker.down = True
        assert "no_topic" not in (await states()).values(), "nobody knows"
        broker.down = False


async def test_a_hook_that_was_set_aside_is_shown_with_what_is_wrong_and_is_not_posted_to() -> None:
    wrong = {"url": "https://tax.example/", "secrets": ["s3cret"]}
    service = assemble(told(json.dumps({"units": {"tax": wrong}})), parts(), PackHolder(SHIPPED), {})
    await service.start()
    async with peer() as nobody:
        it = Office(service, nobody)
        shown = (await it.shown())["tax"]
        assert (shown["state"], shown["host"]) == ("wrong", "")
        assert shown["why"].startswith("units.tax.secrets")
        for method, path in (("POST", "test"), ("POST", "parked/resend"), ("GET", "parked")):
            refused = await it.ask(method, f"/v1/hooks/tax/{path}")
            assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[-1]) == (409, "hook-set-aside")
            assert "s3cret" not in refused.text
            assert "whsec_" in refused.json()["detail"], "it says what would be right"
        assert (await it.ask("POST", "/v1/hooks/water/test")).status_code == 404
    await service.stop()
    assert service.failure is None
