"""notify is killed while a gateway has what it sends: a receipt goes once at most, what must arrive goes again."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.support.city import City, on_real_parts
from tests.support.gateway import Faulty, faulty
from tests.support.media import PHONE, UNIT, texts
from tests.support.mortal import OPS, Mortal, Place
from tests.support.packs import outward
from tests.support.people import Issue

SECONDS = {"SANFU_CALL_S": "5", "SANFU_LEASE_S": "7.5"}
"""A claim counts as left by a crash after the lease. An answer is waited for half a call, longer than a machine stands
still."""


@pytest.fixture
async def city(kafka: str, mongo: str, prefix: str) -> AsyncIterator[City]:
    async with on_real_parts(kafka, mongo, prefix) as city:
        await city.stop("notify")
        yield city


@pytest.fixture
def place(kafka: str, mongo: str, prefix: str, tmp_path: Path) -> Place:
    place = Place(kafka, mongo, prefix, tmp_path)
    place.jump("2026-05-06 09:00")
    return place


@asynccontextmanager
async def killed_once_it_has_sent(place: Place) -> AsyncIterator[tuple[Mortal, Faulty]]:
    """A notify with a gateway and nobody else, no inbox either; when that has its first message, it dies, and then
    lives on."""
    async with faulty() as gateway:
        plan = orjson.dumps({"sms": [{"kind": "gateway", "url": gateway.url}]}).decode()
        given = {"SANFU_PROVIDERS": plan, "SANFU_CITY": str(outward(place.folder / "told"))}
        environment = {**place.environment(), **SECONDS, **given}
        async with Mortal("notify", environment, place.folder / "log", iter(["notify.after_sending"])) as notify:
            yield notify, gateway


async def only_sms(notify: Mortal, issue: Issue, state: str, wanted: str = "") -> Mapping[str, Any]:
    """Wait until the first of the issue's SMS, of those wanted, stands so."""

    def stands(found: Any) -> bool:
        return bool(found["items"]) and found["items"][-1]["state"] == state

    found = await notify.shows(f"/v1/deliveries?subject={issue.id}&medium=sms{wanted}", stands)
    return dict(found["items"][-1])


async def test_nobody_knows_of_a_receipt_and_an_operator_sends_it_again(city: City, place: Place) -> None:
    async with killed_once_it_has_sent(place) as (notify, gateway):
        issue = await city.report("hotline", category="drainage")
        one = await only_sms(notify, issue, "unknown")
        assert (one["why"], one["policy"], notify.deaths) == ("crashed_while_sending", "at_most_once", 1)
        await notify.quiet()
        assert len(texts(gateway.asked, PHONE)) == 1
        told = [each.data for each in await city.of(issue, "delivery-failed") if each.data["medium"] == "sms"]
        assert [(each["state"], each["reason"]) for each in told] == [("unknown", "crashed_while_sending")]

        async def resend(client: httpx.AsyncClient) -> httpx.Response:
            said, key = {"because": "notify died over it"}, {"Idempotency-Key": "resend-1"}
            return await client.post(f"/v1/deliveries/{one['id']}/resend", json=said, headers=OPS | key)

        again = (await notify.answer(resend)).json()
        assert again["again_of"] == one["id"]
        await notify.shows(f"/v1/deliveries/{again['id']}", lambda found: found["state"] == "sent")
        assert len(texts(gateway.got, PHONE)) == 2


async def test_what_must_arrive_is_sent_again_under_the_same_id(city: City, place: Place) -> None:
    duty_phone = city.pack.units[UNIT].duty_phone or ""
    async with killed_once_it_has_sent(place) as (notify, gateway):
        issue = await city.report("hotline", category="drainage", urgency="urgent", party=None)
        one = await only_sms(notify, issue, "sent", f"&unit={UNIT}")
        assert (one["policy"], one["tries"], notify.deaths) == ("at_least_once", 2, 1)
        await notify.quiet()
        assert [each["id"] for each in gateway.got if each["to"] == duty_phone] == [one["id"]] * 2
