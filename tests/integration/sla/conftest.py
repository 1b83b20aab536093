"""A broker with the story's topic, and a database that is gone behind each test."""

from collections.abc import AsyncIterator

import pytest

from sanfu.contracts import names
from sanfu.runtime.kafka import KafkaBroker
from sanfu.runtime.service import real_parts
from sanfu.sla.settings import SlaSettings
from tests.integration.sla.world import KEY
from tests.support.parts import create_topics


@pytest.fixture
async def broker(kafka: str, prefix: str) -> AsyncIterator[KafkaBroker]:
    topics = {names.ISSUES: 2, names.AFFAIRS: 1, names.dead_letter_topic("sla"): 1}
    await create_topics(kafka, {name.replace("sanfu", prefix, 1): n for name, n in topics.items()})
    broker = KafkaBroker(kafka, prefix)
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture
async def cleared(mongo: str, prefix: str) -> AsyncIterator[None]:
    yield
    parts = real_parts(SlaSettings(sla_key=KEY, mongo=mongo, prefix=prefix), "sla")
    await parts.database.client.drop_database(parts.database.name)
    parts.database.client.close()


@pytest.fixture
def place(kafka: str, mongo: str, prefix: str, cleared: None) -> tuple[str, str, str]:
    """Return broker, database and prefix of this test."""
    return kafka, mongo, prefix
