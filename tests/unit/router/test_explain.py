"""`POST /v1/route/explain` on a service that stands on memory parts."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sanfu.city.watching import PackHolder
from sanfu.router.app import assemble, watch
from sanfu.router.settings import RouterSettings
from sanfu.runtime.clock import SystemClock
from sanfu.runtime.memory import MemoryBroker, MemoryDocuments
from sanfu.runtime.service import Parts, Service
from tests.support import packs

KEY, OPS = "a-key-to-the-routers-api", "the-operators-own-token"
REPORT = {"channel": "web", "audience": "resident", "title": "楼下", "text": "出口退税怎么还没到"}


@pytest.fixture(scope="module")
def holder() -> PackHolder:
    return PackHolder(packs.SHIPPED)


def made(holder: PackHolder, settings: RouterSettings) -> Service:
    return assemble(settings, Parts(MemoryBroker(), MemoryDocuments(), SystemClock()), holder)


@pytest.fixture
def service(holder: PackHolder) -> Service:
    return assemble(
        RouterSettings(router_key=KEY, ops_token=OPS), Parts(MemoryBroker(), MemoryDocuments(), SystemClock()), holder
    )


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(service.app), base_url="http://router", headers=bearer(KEY)
    ) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def explained(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post("/v1/route/explain", json={**REPORT, **more})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_it_says_who_would_lead_by_which_rule_and_pack(client: httpx.AsyncClient, holder: PackHolder) -> None:
    told = await explained(client)
    assert (told["outcome"], told["unit"], told["rule"]) == ("assigned", "tax", "sure-tax-refund")
    assert (told["grade"], told["category"], told["pack"]) == ("complex", "tax-refund", holder.current.version)


async def test_it_says_of_every_earlier_rule_which_condition_failed(client: httpx.AsyncClient) -> None:
    passed = {each["rule"]: each["on"] for each in (await explained(client))["passed_over"]}
    assert passed["emergency"] == "urgencies"
    assert passed["petition-channel"] == "channels"
    assert passed["office-named"] == "channels"
    assert "sure-tax-refund" not in passed


async def test_what_would_go_to_review_names_why_and_the_suggestions(client: httpx.AsyncClient) -> None:
    told = await explained(client, text="hm")
    assert (told["outcome"], told["why"], told["unit"]) == ("review", "unsure", None)
    assert told["suggestions"][-1]["unit"] == "three-services-office"


async def test_an_emergency_names_the_place_too(client: httpx.AsyncClient) -> None:
    told = await explained(client, urgency="emergency", place={"town": "fotang"})
    assert (told["unit"], told["decided_by"]) == ("emergency", "emergency")
    assert told["also"] == [{"unit": "fotang", "part": "place"}]


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("$.channel", {"channel": "carrier_pigeon"}),
        ("$.category", {"category": "dragons"}),
        ("$.unit", {"unit": "nobody"}),
        ("$.place.town", {"place": {"town": "tax"}}),
        ("$.complains_of[1]", {"complains_of": ["tax", "nobody"]}),
        ("$.urgency", {"urgency": "very"}),
        ("$.text", {"text": "x" * 20_001}),
        ("$.wrong", {"wrong": 1}),
        ("$.title", {"title": "a\nb"}),
    ],
)
async def test_what_is_wrong_is_named_by_its_field(client: httpx.AsyncClient, field: str, more: dict[str, Any]) -> None:
    answer = await client.post("/v1/route/explain", json={**REPORT, **more})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_a_changed_pack_is_taken_and_a_broken_one_is_not(tmp_path: Any) -> None:
    root = packs.copied(tmp_path)
    holder = PackHolder(root)
    service = assemble(
        RouterSettings(router_key=KEY, ops_token=OPS), Parts(MemoryBroker(), MemoryDocuments(), SystemClock()), holder
    )
    assert await watch(service, holder) is None
    packs.edited(root, "pack.yaml", "emergency_unit: emergency", "emergency_unit: natural-resources")
    rules = await watch(service, holder)
    assert rules is not None
    service.machine.rules = rules
    packs.edited(root, "pack.yaml", "emergency_unit: natural-resources", "emergency_unit: nobody")
    assert await watch(service, holder) is None
    assert holder.refused is not None


async def test_the_routers_key_opens_its_api_and_nothing_else(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/route/explain", json=REPORT, headers=bearer(OPS))).status_code == 200
    wrong = await client.post("/v1/route/explain", json=REPORT, headers=bearer("a-key-to-something-else"))
    assert (wrong.status_code, wrong.json()["type"]) == (403, "urn:sanfu:problem:routing-token-wrong")
    assert (await client.get("/ops/quiet", headers=bearer(KEY))).status_code == 403


async def test_without_any_token_the_api_is_shut(holder: PackHolder) -> None:
    shut = made(holder, RouterSettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shut.app), base_url="http://router") as client:
        answer = await client.post("/v1/route/explain", json=REPORT, headers=bearer(KEY))
    assert answer.status_code == 403
    assert "SANFU_ROUTER_KEY or SANFU_OPS_TOKEN" in answer.json()["detail"]
