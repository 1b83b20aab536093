"""Receipts that prove by a signature who sent them, instead of by the secret in their path."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from sanfu.city.watching import PackHolder
from sanfu.notify.adapters.plan import planned
from sanfu.notify.adapters.webhook import secret_bytes, signed
from sanfu.notify.app import assemble
from sanfu.notify.domain.signing import TOLERANCE, Unproved, check
from sanfu.notify.ports import Provider, Receipts
from sanfu.runtime.clock import ManualClock
from sanfu.runtime.memory import MemoryDocuments
from sanfu.runtime.service import Parts
from tests.support.packs import SHIPPED
from tests.support.telling import START, ScriptedSender
from tests.unit.notify.test_receipts import Town
from tests.unit.notify.test_service import SETTINGS, fresh_broker

OFFICIAL = json.loads(Path(__file__).with_name("signatures.json").read_text(encoding="utf-8"))["webhook"]
KEY, NEW, OTHER = b"k" * 24, b"n" * 24, b"o" * 24
AT = 1_778_032_800


def test_what_the_official_library_signed_is_taken() -> None:
    headers = {
        "webhook-id": OFFICIAL["id"], "webhook-timestamp": str(OFFICIAL["at"]),
        "webhook-signature": f"v2,x {OFFICIAL['signature']}",
    }  # fmt: skip
    check(headers, OFFICIAL["body"].encode(), [OTHER, secret_bytes(OFFICIAL["secret"])], OFFICIAL["at"])


@pytest.mark.parametrize("late", [-TOLERANCE, 0, TOLERANCE])
def test_while_secrets_are_changed_either_signs_and_clocks_may_be_five_minutes_apart(late: int) -> None:
    for keys in ([KEY], [NEW], [OTHER, KEY]):
        check(signed("m", AT, b"{}", keys), b"{}", [KEY, NEW], AT + late)


GOOD = signed("m", AT, b"{}", [KEY])


@pytest.mark.parametrize(
    ("headers", "body", "now", "said"),
    [
        ({}, b"{}", AT, "header webhook-id is missing"),
        ({**GOOD, "webhook-signature": ""}, b"{}", AT, "header webhook-signature is missing"),
        ({**GOOD, "webhook-timestamp": "yesterday"}, b"{}", AT, "no whole number of seconds"),
        ({**GOOD, "webhook-timestamp": "１７７８０３２８００"}, b"{}", AT, "no whole number of seconds"),
        ({**GOOD, "webhook-timestamp": "9" * 5000}, b"{}", AT, "no whole number of seconds"),
        (GOOD, b"{}", AT + TOLERANCE + 1, "over 5 minutes off"),
        (GOOD, b"{}", AT - TOLERANCE - 1, "over 5 minutes off"),
        (GOOD, b"{ }", AT, "No signature"),
        ({**GOOD, "webhook-id": "n"}, b"{}", AT, "No signature"),
        ({**GOOD, "webhook-timestamp": str(AT + 1)}, b"{}", AT, "No signature"),
        (signed("m", AT, b"{}", [OTHER]), b"{}", AT, "No signature"),
        ({**GOOD, "webhook-signature": "v1,签"}, b"{}", AT, "No signature"),
        ({**GOOD, "webhook-signature": GOOD["webhook-signature"][3:]}, b"{}", AT, "No signature"),
    ],
)
def test_what_proves_nothing_is_refused_and_says_why(headers: dict[str, str], body: bytes, now: int, said: str) -> None:
    with pytest.raises(Unproved, match=said):
        check(headers, body, [KEY], now)


async def test_a_gateways_signed_receipt_counts_once_and_an_unsigned_one_not_at_all() -> None:
    broker, sms = fresh_broker(), ScriptedSender()
    by = {
        "sms": [
            Provider("own", sms, receipts=Receipts(None, "gateway", keys=[KEY, NEW])),
            Provider("path", ScriptedSender(), receipts=Receipts("p" * 24, "gateway")),
        ]
    }
    service = assemble(SETTINGS, Parts(broker, MemoryDocuments(), ManualClock(START)), PackHolder(SHIPPED), by)
    await service.start()
    town = Town(service, broker, sms, sms)
    await town.told()
    body = json.dumps([{"id": town.sms_of()["_id"], "state": "delivered"}]).encode()
    good = signed("r1", int(time.time()), body, [NEW])

    async def post(headers: dict[str, str], where: str = "own", content: bytes = body) -> httpx.Response:
        transport = httpx.ASGITransport(app=service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
            return await client.post(f"/callbacks/{where}", content=content, headers=headers)

    refused = await post({**good, "webhook-id": "r2"})
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (401, "not-proved")
    assert "No signature in webhook-signature" in refused.json()["detail"]
    assert (await post({})).status_code == 401
    assert [(await post(good, where)).status_code for where in ("path", "nobody", f"own/{'p' * 24}")] == [404] * 3
    assert town.sms_of()["state"] == "sent"
    assert (await post(good)).json() == {"taken": 1}
    assert town.sms_of()["state"] == "delivered"
    stood = dict(town.sms_of())
    assert (await post(good)).status_code == 200, "caught and sent again it changes nothing"
    assert town.sms_of() == stood
    nonsense = b"[7]"
    assert (await post(signed("r3", int(time.time()), nonsense, [KEY]), content=nonsense)).status_code == 422
    await service.stop()


def file(**more: Any) -> str:
    return json.dumps({"sms": [{"kind": "gateway", "url": "https://x.example", **more}]})


def test_keys_stand_in_the_file_beside_the_secret_of_the_path_or_instead() -> None:
    key = OFFICIAL["secret"]
    (one,) = planned(file(receipts_keys=[key]), 10)["sms"]
    assert one.receipts == Receipts(None, "gateway", frozenset(), [secret_bytes(key)])
    (both,) = planned(file(receipts_keys=[key], receipts="p" * 24), 10)["sms"]
    assert both.receipts == Receipts("p" * 24, "gateway", frozenset(), [secret_bytes(key)])
    for wrong in (["x"], [key] * 4):
        with pytest.raises(ValueError, match=r"sms.0.gateway.receipts_keys") as caught:
            planned(file(receipts_keys=wrong), 10)
        assert key not in str(caught.value)
