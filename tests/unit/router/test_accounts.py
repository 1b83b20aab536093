"""`GET /v1/issues/{issue}/explain`: why an issue went where it went."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.registry import codec
from sanfu.contracts.wire import to_headers
from sanfu.router.app import assemble
from sanfu.router.domain.rules import RouterRules
from sanfu.router.explaining import account
from sanfu.router.settings import RouterSettings
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.clock import SystemClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.rules import Refusal
from sanfu.runtime.service import Parts
from tests.support import packs
from tests.support.eventually import eventually
from tests.unit.router.city import pack
from tests.unit.router.story import BY, NOW, SUBMITTED, Told, told

RULES = RouterRules(pack())
KEY = "a-key-to-the-routers-api"


class Asked:
    """A router on memory parts, and whoever asks it."""

    def __init__(self, broker: MemoryBroker, client: httpx.AsyncClient) -> None:
        self.broker, self.client, self.number = broker, client, {"intake": 0, "desk": 0}

    async def tell(self, type: str, source: str = "desk", **data: Any) -> None:
        self.number[source] += 1
        body = {"by": BY, **data} if source == "desk" else data
        event = told(type, body, self.number[source], source)
        encoded = codec.encode(event.type, event.data)
        await self.broker.publish([Outgoing(names.ISSUES, event.subject, encoded, to_headers(event))])

    async def submit(self, **more: Any) -> None:
        await self.tell(names.ISSUE_SUBMITTED, "intake", **{**SUBMITTED, "place": {}, **more})

    async def until(self, **wanted: int) -> dict[str, Any]:
        """Wait until so many entries stand under these names."""

        async def there() -> dict[str, Any] | None:
            answer = await self.client.get("/v1/issues/i-1/explain")
            body: dict[str, Any] = answer.json()
            full = answer.is_success and all(len(body[name]) >= count for name, count in wanted.items())
            return body if full else None

        found: dict[str, Any] | None = await eventually(there)
        assert found is not None
        return found


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    broker = MemoryBroker()
    for topic in (names.ISSUES, names.unit_topic("tax"), names.dead_letter_topic("router")):
        broker.create(topic)
    parts = Parts(broker, MemoryDocuments(), SystemClock())
    service = assemble(RouterSettings(router_key=KEY), parts, PackHolder(packs.SHIPPED))
    await service.start()
    headers = {"Authorization": f"Bearer {KEY}"}
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://router", headers=headers) as client:
        yield Asked(broker, client)
    await service.stop()


async def test_an_assignment_names_its_rule_its_pack_the_rules_passed_over_and_what_the_model_makes_of_it(
    asked: Asked,
) -> None:
    await asked.submit(text="出口退税怎么还没到", category="tax-refund")
    body = await asked.until(answers=1)
    [answer] = body["answers"]
    assert (answer["unit"], answer["rule"], answer["pack"]) == ("tax", "sure-tax-refund", packs.shipped().version)
    assert body["lead"] == body["now"]["unit"] == "tax"
    assert {"rule": "emergency", "on": "urgencies"} in body["passed_over"]
    assert body["guesses"][0]["category"] == "tax-refund"
    assert any("退" in cause["what"] for cause in body["guesses"][0]["because"])
    assert body["facts"]["category"] == "tax-refund"
    assert "text" not in body["facts"]


async def test_a_return_is_told_with_the_unit_it_names_and_who_was_right_once_it_is_closed(asked: Asked) -> None:
    await asked.submit(text="出口退税怎么还没到")
    await asked.until(answers=1)
    await asked.tell(
        names.ISSUE_RETURNED, unit="tax", ground="duties", proposed_unit="customs", text="不归我们", number=1,
        assignment=1,
    )  # fmt: skip
    await asked.tell(names.ISSUE_CLOSED, kind="resolved")
    body = await asked.until(answers=2, returns=1)
    assert body["returns"][0]["proposed_unit"] == "customs"
    assert body["right"] == {"unit": "customs", "known_by": "handled"}
    assert "不归我们" not in json.dumps(body, ensure_ascii=False)


async def test_of_a_confidential_one_nothing_is_told_that_its_text_says(asked: Asked) -> None:
    await asked.submit(text="出口退税怎么还没到", title="出口退税")
    await asked.until(answers=1)
    await asked.tell(names.SECRECY_CHANGED, secrecy="confidential", before="open", reason="so", title="一件事")

    async def withheld() -> dict[str, Any] | None:
        body: dict[str, Any] = (await asked.client.get("/v1/issues/i-1/explain")).json()
        return body if body["withheld"] else None

    body = await eventually(withheld)
    assert body is not None
    assert (body["guesses"], body["duplicates"], body["passed_over"]) == ([], [], None)
    assert (body["answers"][0]["unit"], body["answers"][0]["decided_by"]) == ("tax", "rule")
    assert "tax-refund" not in json.dumps(body), "neither rule nor category: they say what it is about"
    assert "怎么还没到" not in json.dumps(body, ensure_ascii=False)


def test_of_one_that_became_confidential_neither_its_likes_nor_what_a_person_called_it_are_told() -> None:
    it = Told(RULES)
    it.submit(text="水管漏了")
    it.tell(names.DUPLICATE_SUSPECTED, "router", other="i-0", score=0.9, same_party=False)
    it.dispatch("roads", 2, category="lamps")
    before = account(RULES, "i-1", it.state, NOW)
    assert ([one["other"] for one in before["duplicates"]], before["dispatched"][0]["category"]) == (["i-0"], "lamps")
    it.tell(names.SECRECY_CHANGED, secrecy="confidential", before="open", reason="so", title="一件事")
    after = account(RULES, "i-1", it.state, NOW)
    assert after["duplicates"] == []
    [led] = after["dispatched"]
    assert (led["unit"], led["decided_by"], "category" in led) == ("roads", "reviewer", False)


async def test_of_a_sealed_one_only_that_a_person_was_asked(asked: Asked) -> None:
    await asked.submit(secrecy="sealed", category="tax-refund", title="密件")
    body = await asked.until(answers=1)
    assert [set(each) for each in body["answers"]] == [{"what", "at", "pack"}]
    assert (body["facts"], body["guesses"], body["now"]) == ({}, [], None)


async def test_an_unknown_issue_is_a_404_that_says_which_ids_there_are(asked: Asked) -> None:
    for id in ("nobody", "乱七八糟", "a" * 5000, "$where"):
        answer = await asked.client.get(f"/v1/issues/{id}/explain")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:sanfu:problem:no-such-issue")


def test_what_was_routed_before_tracks_were_kept_says_how_to_get_one() -> None:
    it = Told(RULES)
    it.submit(text="水管漏了")
    state = {name: value for name, value in it.state.items() if name != "track"}
    with pytest.raises(Refusal, match="sanfu rebuild router") as refused:
        account(RULES, "i-1", state, NOW)
    assert refused.value.status == 404


async def test_without_the_key_nothing_is_explained(asked: Asked) -> None:
    answer = await asked.client.get("/v1/issues/i-1/explain", headers={"Authorization": "Bearer wrong-wrong-wrong"})
    assert answer.status_code == 403
