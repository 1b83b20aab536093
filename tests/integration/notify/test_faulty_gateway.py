"""A gateway that does wrong in every way we know: at most once stays that, at least once loses nothing, and what nobody
knows is shown until a receipt says it."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest

from sanfu.contracts import names
from sanfu.contracts.wire import peek
from sanfu.runtime.service import Service
from tests.integration.notify.providers import served
from tests.integration.notify.test_crashes import tell
from tests.integration.notify.test_notify import Town, quiet, town
from tests.support.eventually import eventually
from tests.support.gateway import (
    ALL,
    AT_FAULT,
    BROKEN,
    CORRECTED,
    EARLY,
    LATE,
    NOBODY,
    RESET,
    SILENT,
    UNDELIVERED,
    WELL,
    Act,
    Faulty,
    faulty,
)  # fmt: skip
from tests.support.mortal import OPS

__all__ = ["town"]

SECRET = "a-secret-path-of-24-letters"
CALL_S = 6.0
PARTY = {
    "well": "sent", "silent": "unknown", "deaf": "unknown", "late": "delivered", "paced": "sent", "broken": "sent",
    "elsewhere": "sent", "garbage": "sent", "half": "unknown", "reset": "unknown", "cut": "unknown",
    "early": "delivered", "twice": "delivered", "turned": "delivered", "corrected": "delivered",
    "undelivered": "failed", "nobody": "failed", "at_fault": "unknown",
}  # fmt: skip
"""How a message that may go out once stands at the end, by what the gateway does with it at first."""
AGAIN = {"silent", "half", "reset", "at_fault"}
"""What a phone gets twice where that may be: it was taken, and nobody said so."""
OFFICER = {**PARTY, **dict.fromkeys(AGAIN | {"deaf", "cut"}, "sent")}


@dataclass
class Both:
    """Notify with two gateways, and its own door for their receipts."""

    town: Town
    first: Faulty
    second: Faulty

    def script(self, n: int, first: list[Act], second: list[Act] | None = None) -> None:
        """Say what they do with both messages of an issue: the party's and the officer's."""
        for to in (f"139{n}", f"138-{n}"):
            self.first.script(to, *first)
            self.second.script(to, *(second or []))

    @asynccontextmanager
    async def notifying(self) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
        async with self.town.notifying() as service, served(service.app) as url:
            self.heard_at(url)
            async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                yield service, client

    def heard_at(self, url: str) -> None:
        self.first.hook, self.second.hook = (f"{url}/callbacks/{name}/{SECRET}" for name in ("first", "second"))

    async def at_rest(self, service: Service) -> None:
        """Wait until all is sent, all receipts are taken, and the story knows."""
        for _ in range(2):
            await eventually(lambda: quiet(service), within=90)
            await self.first.heard()
            await self.second.heard()

    def handed(self) -> Counter[str]:
        """How often phones got each delivery."""
        return Counter(one["id"] for one in (*self.first.got, *self.second.got))


def planned(*gateways: Faulty) -> str:
    named = zip(("first", "second"), gateways, strict=False)
    entries = [{"kind": "gateway", "name": name, "url": one.url, "receipts": SECRET} for name, one in named]
    return orjson.dumps({"sms": entries}).decode()


async def shown(client: httpx.AsyncClient, **wanted: str) -> dict[str, dict[str, Any]]:
    """Return the log's deliveries of SMS that went anywhere, by id."""
    found: dict[str, dict[str, Any]] = {}
    cursor = ""
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        asked = await client.get(
            "/v1/deliveries", params={"medium": "sms", "limit": "100", **wanted, **more}, headers=OPS
        )
        page = asked.raise_for_status().json()
        found |= {one["id"]: one for one in page["items"] if one["state"] != "skipped"}
        cursor = page["next"]
    return found


async def reported(town: Town) -> Counter[tuple[str, str]]:
    """How often the story says of a delivery of an SMS that it came to which end."""
    own = [one for one in await town.broker.read(names.ISSUES) if peek(one.headers).source == "notify"]
    once = {peek(one.headers).id: orjson.loads(one.value or b"") for one in own}
    return Counter((one["delivery"], one["state"]) for one in once.values() if one["medium"] == "sms")


@pytest.fixture
async def both(town: Town) -> AsyncIterator[Both]:
    async with faulty() as first, faulty() as second:
        town.call_s = CALL_S
        yield Both(town, first, second)


async def test_whatever_a_gateway_does_policies_hold_and_what_nobody_knows_is_shown(both: Both) -> None:
    both.town.providers = planned(both.first)
    for n, act in enumerate(ALL.values()):
        both.script(n, [act])
    async with both.notifying() as (service, client):
        await tell(both.town, *range(len(ALL)))
        await both.at_rest(service)
        found, handed = await shown(client), both.handed()
        of = {one["to"]: one["id"] for one in both.first.asked}
        for n, name in enumerate(ALL):
            party, officer = of[f"139{n}"], of[f"138-{n}"]
            assert (name, found[party]["state"], handed[party]) == (name, PARTY[name], name not in ("deaf", "cut"))
            wanted = (name, OFFICER[name], 2 if name in AGAIN else 1)
            assert (name, found[officer]["state"], handed[officer]) == wanted
        unknown = {id for id, one in found.items() if one["state"] == "unknown"}
        assert (await shown(client, state="unknown")).keys() == unknown
        assert len(unknown) == [*PARTY.values()].count("unknown")
        assert both.first.strayed == 0
        before = await reported(both.town)
        for said in [*both.first.said]:
            await both.first.say(said)
        await eventually(lambda: quiet(service))
        assert await shown(client) == found, "receipts that come again change nothing"
        assert await reported(both.town) == before
        assert set(before.values()) == {1}


async def test_of_two_gateways_one_at_most_takes_what_may_go_out_once_and_either_may_say_what_became_of_it(
    both: Both,
) -> None:
    both.town.providers = planned(both.first, both.second)
    scripts = {
        "broken": ([BROKEN], [WELL]), "silent": ([SILENT], [EARLY]), "late": ([LATE], [UNDELIVERED]),
        "both_silent": ([SILENT], [SILENT]), "early": ([RESET], [CORRECTED]), "nobody": ([BROKEN], [NOBODY]),
        "at_fault": ([AT_FAULT], [WELL]),
    }  # fmt: skip
    for n, (first, second) in enumerate(scripts.values()):
        both.script(n, first, second)
    async with both.notifying() as (service, client):
        await tell(both.town, *range(len(scripts)))
        await both.at_rest(service)
        found, handed = await shown(client), both.handed()
    of = {one["to"]: one["id"] for one in both.first.asked}
    parties = {name: of[f"139{n}"] for n, name in enumerate(scripts)}
    officers = {name: of[f"138-{n}"] for n, name in enumerate(scripts)}
    assert {name: (found[id]["state"], handed[id]) for name, id in parties.items()} == {
        "broken": ("sent", 1), "silent": ("unknown", 1), "late": ("delivered", 1), "both_silent": ("unknown", 1),
        "early": ("unknown", 1), "nobody": ("failed", 1), "at_fault": ("unknown", 1),
    }  # fmt: skip
    assert all(handed[id] >= 1 for id in officers.values())
    assert {name: found[id]["state"] for name, id in officers.items()} == {
        "broken": "sent", "silent": "delivered", "late": "delivered", "both_silent": "sent", "early": "delivered",
        "nobody": "failed", "at_fault": "sent",
    }  # fmt: skip
