"""The toy service in the test's own process, on a real Kafka and a real MongoDB."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import orjson

from sanfu.contracts import registry
from sanfu.runtime.codec import Codec
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.service import Service, real_parts
from sanfu.runtime.settings import ServiceSettings
from sanfu.stack import topics
from tests.support import toy

TOKEN = "a token for the operators of toys"
DEAD_LETTERS = registry.topic("sanfu.router.dlq").config()


@asynccontextmanager
async def reading(kafka: str, prefix: str) -> AsyncIterator[KafkaBroker]:
    """Give a broker with the toys' topics; that of dead letters is made as the registry says of all such."""
    settings: Mapping[str, Mapping[str, str]] = {toy.DEAD: DEAD_LETTERS}
    full = [topics.Topic(n.replace("sanfu", prefix, 1), count, settings.get(n, {})) for n, count in toy.TOPICS.items()]
    await topics.create(kafka, full)
    broker = KafkaBroker(kafka, prefix)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


@asynccontextmanager
async def serving(
    kafka: str, mongo: str, prefix: str, *, rules: toy.ToyRules | None = None, codec: Codec | None = None
) -> AsyncIterator[Service]:
    settings = ServiceSettings.model_validate(
        {"kafka": kafka, "mongo": mongo, "prefix": prefix, "ops_token": TOKEN, "stall_s": 600}
    )
    parts = real_parts(settings, "toy")
    service = Service(
        name="toy", rules=rules or toy.ToyRules(), parts=parts, settings=settings, codec=codec or toy.ToyCodec(),
        story=toy.STORY, prepare=parts.documents.prepare,
    )  # fmt: skip
    await service.start()
    try:
        yield service
    finally:
        await service.stop()
        parts.database.client.close()


def operator(service: Service) -> httpx.AsyncClient:
    """Give a client of the service's API with the operators' token."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://toy", headers=headers)


async def answers(broker: KafkaBroker, topic: str = toy.STORY) -> list[tuple[str, int]]:
    """Return what was answered, by subject, in order of first appearance: a record may come again, by its id."""
    found: dict[bytes, tuple[str, int]] = {}
    for record in await broker.read(topic):
        heads = dict(record.headers)
        if heads.get("ce_type") == toy.ANSWERED.encode():
            found.setdefault(heads["ce_id"], (record.key or "", orjson.loads(record.value or b"")["value"]))
    return list(found.values())


async def is_quiet(service: Service) -> bool:
    return bool((await service.watcher.quiet())["quiet"])
