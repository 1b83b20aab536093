"""Create the topics that are missing. One that exists is left as it is: its number of partitions is for ever."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import InvalidReplicationFactorError, TopicAlreadyExistsError, for_code

from sanfu.stack.programs import PartError

TRIES = 20
"""A broker that has just started may know of no living broker for a moment, not even itself: two seconds are enough."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic by its full name. `settings` are the broker's (`retention.ms`, …)."""

    name: str
    partitions: int
    settings: Mapping[str, str] = field(default_factory=dict)


async def create(bootstrap: str, topics: list[Topic], replicas: int = 1) -> list[str]:
    """Create those that are missing, and return their names. Raises PartError when the broker refuses one."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in there]
        for _ in range(TRIES):
            if not await _ask(admin, missing, replicas):
                return [topic.name for topic in missing]
            await asyncio.sleep(0.1)
    finally:
        await admin.close()
    raise PartError(f"the broker at {bootstrap} has no {replicas} living brokers for the topics")


async def _ask(admin: AIOKafkaAdminClient, topics: list[Topic], replicas: int) -> bool:
    """Ask once; return whether to ask again."""
    wanted = [NewTopic(t.name, t.partitions, replicas, topic_configs=dict(t.settings)) for t in topics]
    if not wanted:
        return False
    again = False
    for name, code, *reason in (await admin.create_topics(wanted)).topic_errors:
        error = for_code(code)
        if error is InvalidReplicationFactorError:
            again = True
        elif code and error is not TopicAlreadyExistsError:
            raise PartError(f"the broker refuses the topic {name}: {error.__name__} {reason}")
    return again
