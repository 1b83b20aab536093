"""Create the topics that are missing. One that exists is left as it is: its number of partitions is for ever.

`python -m sanfu.stack.topics` does it for the broker, prefix and city pack that the environment names.
"""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import InvalidReplicationFactorError, TopicAlreadyExistsError, for_code
from pydantic import Field

from sanfu.city.loading import load
from sanfu.city.model.pack import Pack
from sanfu.contracts import registry
from sanfu.runtime.security import security
from sanfu.runtime.settings import ServiceSettings
from sanfu.stack.programs import PartError

TRIES = 50
"""A broker that has just started may know of no living broker for a moment, not even itself, and not of a topic that
the controller has just made: five seconds are enough."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic by its full name. `settings` are the broker's (`retention.ms`, …)."""

    name: str
    partitions: int
    settings: Mapping[str, str] = field(default_factory=dict)


class Settings(ServiceSettings):
    """The services' own settings, and how large the topics are to be."""

    topics_size: Literal["embedded", "deployment"] = "embedded"
    topics_replicas: int = Field(1, ge=1)


def wanted(pack: Pack, prefix: str, size: Literal["embedded", "deployment"] = "embedded") -> list[Topic]:
    """Return every topic of the registry by its full name: those of a family once for each unit, or service."""
    units = [code for code, unit in pack.units.items() if unit.has_topic]
    return [
        Topic(prefix + name.removeprefix("sanfu"), getattr(topic.partitions, size), topic.config())
        for name, topic in registry.topics_of(units)
    ]


async def create(
    bootstrap: str, topics: list[Topic], replicas: int = 1, secured: Mapping[str, Any] | None = None
) -> list[str]:
    """Create those that are missing, wait until each can be written to, and return their names. Raises PartError when
    the broker refuses one."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **(secured or {}))
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in there]
        asked = False
        for _ in range(TRIES):
            asked = asked or not await _ask(admin, missing, replicas)
            if asked and await _led(admin, missing):
                return [topic.name for topic in missing]
            await asyncio.sleep(0.1)
    finally:
        await admin.close()
    raise PartError(f"the broker at {bootstrap} has no {replicas} living brokers for the topics")


async def _led(admin: AIOKafkaAdminClient, topics: list[Topic]) -> bool:
    """Whether every partition has a leader that clients hear of: the controller answers before brokers know."""
    heard = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics()} if topics else {}
    return all(
        sum(not part["error_code"] for part in heard.get(topic.name, ())) >= topic.partitions for topic in topics
    )


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


def main() -> None:
    settings = Settings()
    loaded = load(settings.city, datetime.now(UTC).date()) if settings.city else None
    if not loaded or not loaded.pack:
        sys.exit("\n".join(str(problem) for problem in loaded.problems) if loaded else "SANFU_CITY names no pack")
    topics = wanted(loaded.pack, settings.prefix, settings.topics_size)
    made = asyncio.run(create(settings.kafka, topics, settings.topics_replicas, security(settings)))
    print(f"{len(made)} topics created, {len(topics) - len(made)} were there")


if __name__ == "__main__":
    main()
