"""A unit without Kafka gets what stands on its topic: real Kafka, real MongoDB, a real endpoint, and real deaths."""

import base64
import uuid
from pathlib import Path

import orjson
import pytest

from sanfu.contracts import names
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.mongo import connect
from tests.integration.notify.providers import Asked, peer
from tests.integration.notify.test_notify import TOPICS
from tests.support.eventually import eventually
from tests.support.mortal import OPS, Mortal, Place
from tests.support.parts import create_topics
from tests.support.toy_world import SLOW

SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()
OWN = ["notify.hook_kept", "notify.hook_sent"]
UNIT, OTHER, MANY = "tax", "water", 12


def told(issue: str, number: int, unit: str = UNIT) -> Outgoing:
    headers = {
        "ce_specversion": "1.0", "ce_id": f"{issue}-{number}", "ce_type": names.ISSUE_ASSIGNED,
        "ce_source": "/sanfu/router", "ce_subject": issue, "ce_unitsequence": str(number),
        "content-type": "application/json",
    }  # fmt: skip
    body = orjson.dumps({"unit": unit, "n": number, "text": "停水两天"})
    return Outgoing(names.unit_topic(unit), issue, body, [(name, text.encode()) for name, text in headers.items()])


def in_order(asked: list[Asked]) -> dict[str, list[int]]:
    """Of each issue the numbers in which they came, each once."""
    found: dict[str, list[int]] = {}
    for one in asked:
        numbers = found.setdefault(one.headers["ce-subject"], [])
        if (number := int(one.headers["ce-unitsequence"])) not in numbers:
            numbers.append(number)
    return found


@pytest.mark.parametrize("ends", [[], ["notify.hook_kept:1", "notify.hook_kept:2"], ["notify.hook_sent:3"] * 3])
async def test_each_record_comes_signed_and_in_order_whoever_dies_when(
    kafka: str, mongo: str, tmp_path: Path, ends: list[str]
) -> None:
    place = Place(kafka, mongo, f"t{uuid.uuid4().hex[:10]}", tmp_path)
    own = {names.unit_topic(UNIT): 1, names.unit_topic(OTHER): 1}
    await create_topics(kafka, {name.replace("sanfu", place.prefix, 1): n for name, n in (TOPICS | own).items()})
    place.jump("2026-05-06 09:05")
    broker = KafkaBroker(kafka, place.prefix)
    await broker.start()
    async with peer((500, "not yet"), (200, "ok")) as endpoint:
        hook = {"url": f"{endpoint.url}/in", "secrets": [SECRET], "networks": ["127.0.0.0/8"]}
        environment = {**place.environment(), "SANFU_PROVIDERS": orjson.dumps({"units": {UNIT: hook}}).decode()}
        try:
            async with Mortal("notify", environment, tmp_path / "log", iter(ends)) as notify:
                assert all(await broker.publish([told("i-elsewhere", 1, OTHER)]))
                for number in (1, 2, 3):
                    assert all(await broker.publish([told(f"i-{n}", number) for n in range(MANY)]))
                    await notify.quiet()

                async def all_came() -> bool:
                    notify.revive()
                    found = in_order(endpoint.asked)
                    return len(found) == MANY and all(len(numbers) == 3 for numbers in found.values())

                await eventually(all_came, within=SLOW)
                assert set(map(tuple, in_order(endpoint.asked).values())) == {(1, 2, 3)}
                assert notify.deaths == len(ends)
                repeats = len(endpoint.asked) - 1 - 3 * MANY
                assert 0 <= repeats <= 8 * len(ends)

                async def all_noted() -> bool:
                    [shown] = (await notify.get("/v1/hooks"))["items"]
                    return (shown["unit"], shown["waiting"], shown["parked"]) == (UNIT, 0, 0)

                await eventually(all_noted, within=SLOW)
                tested = await notify.answer(lambda client: client.post(f"/v1/hooks/{UNIT}/test", headers=OPS))
                assert (tested.json()["taken"], tested.json()["said"]) == (True, "ok")
                assert endpoint.asked[-1].headers["ce-type"] == "sanfu.hook.test.v1"
                assert (await notify.answer(lambda c: c.post("/v1/hooks/none/test", headers=OPS))).status_code == 404
                assert (await notify.answer(lambda c: c.get("/v1/hooks"))).status_code == 401
        finally:
            await broker.stop()
            client = connect(mongo)
            await client.drop_database(f"{place.prefix}_notify")
            client.close()
