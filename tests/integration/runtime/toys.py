"""What the toy service reads and tells on a real Kafka."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import orjson

from sanfu.contracts import registry
from sanfu.runtime.kafka import KafkaBroker
from sanfu.stack import topics
from tests.support import toy

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


async def answers(broker: KafkaBroker, topic: str = toy.STORY) -> list[tuple[str, int]]:
    """Return what was answered, by subject, in order of first appearance: a record may come again, by its id."""
    found: dict[bytes, tuple[str, int]] = {}
    for record in await broker.read(topic):
        heads = dict(record.headers)
        if heads.get("ce_type") == toy.ANSWERED.encode():
            found.setdefault(heads["ce_id"], (record.key or "", orjson.loads(record.value or b"")["value"]))
    return list(found.values())
