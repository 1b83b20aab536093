"""Create a deployment's topics from the registry and the city pack; run where any service is installed.

    python topics.py            print what there should be: name, partitions, replicas, settings
    python topics.py --create   create what is missing; end with 1 if what is there differs and can't be mended here

SANFU_KAFKA and its neighbours (the account: sanfu-topics), SANFU_PREFIX and SANFU_CITY are those of the services.
SANFU_TOPICS_REPLICAS: 3, or how many brokers there are. What exists is never changed: the number of partitions is for
ever, because keys would move.
"""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from sanfu.city.loading import load
from sanfu.contracts import registry
from sanfu.runtime.security import security
from sanfu.runtime.settings import ServiceSettings

TRIES = 50
"""What was created shows in the broker's metadata a moment later; five seconds are plenty."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic by its full name. `settings` are the broker's."""

    name: str
    partitions: int
    replicas: int
    settings: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        settings = " ".join(f"{name}={value}" for name, value in sorted(self.settings.items()))
        return f"{self.name} partitions={self.partitions} replicas={self.replicas} {settings}"


def wanted(units: Sequence[str], prefix: str, replicas: int) -> list[Topic]:
    """Return every topic of a deployment whose units of these codes have topics.

    One replica fewer than all must have a record before it counts: one broker may be away without a write being lost
    or refused.
    """
    least = {"min.insync.replicas": str(max(1, replicas - 1))}
    return [
        Topic(prefix + name.removeprefix("sanfu"), topic.partitions.deployment, replicas, topic.config() | least)
        for name, topic in registry.topics_of(units)
    ]


async def create(bootstrap: str, topics: Sequence[Topic], secured: Mapping[str, Any] | None = None) -> list[str]:
    """Create those that are missing, and return when the broker shows them; return what is wrong, in words."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **(secured or {}))
    await admin.start()
    try:
        there = await _partitions(admin)
        made, refused = await _create(admin, [topic for topic in topics if topic.name not in there])
        print(f"{made} topics created, {len(topics) - made - len(refused)} were there")
        expected = {topic.name for topic in topics} - refused.keys()
        for _ in range(TRIES):
            there = await _partitions(admin)
            if expected <= there.keys():
                break
            await asyncio.sleep(0.1)
    finally:
        await admin.close()
    return [*refused.values(), *_differences(topics, there)]


def _differences(topics: Sequence[Topic], there: Mapping[str, int]) -> Iterator[str]:
    for topic in topics:
        if (count := there.get(topic.name, topic.partitions)) != topic.partitions:
            yield (
                f"{topic.name} has {count} partitions, not {topic.partitions}: services go by what is there; to change "
                f"it, create the topic anew and let the services be rebuilt"
            )


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    return {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> tuple[int, dict[str, str]]:
    """Return how many were created, and which were refused, with the reason. Somebody else may have been faster."""
    new = [NewTopic(t.name, t.partitions, t.replicas, topic_configs=t.settings) for t in topics]
    answers = (await admin.create_topics(new)).topic_errors if new else []
    errors = {name: (for_code(code), more) for name, code, *more in answers if code}
    refused = {
        name: f"{name} was refused: {error.__name__} {more}"
        for name, (error, more) in errors.items()
        if error is not TopicAlreadyExistsError
    }
    return len(new) - len(errors), refused


def main() -> None:
    settings = ServiceSettings()
    loaded = load(settings.city or Path(), datetime.now(UTC).date())
    if loaded.pack is None:
        sys.exit("SANFU_CITY names no sound pack:\n" + "\n".join(str(problem) for problem in loaded.problems[:10]))
    units = [code for code, unit in loaded.pack.units.items() if unit.has_topic]
    topics = wanted(units, settings.prefix, int(os.environ.get("SANFU_TOPICS_REPLICAS", "3")))
    if "--create" not in sys.argv[1:]:
        print("\n".join(map(str, topics)))
    elif wrong := asyncio.run(create(settings.kafka, topics, security(settings))):
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
