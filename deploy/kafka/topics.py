"""Create a deployment's topics from the registry and the city pack; run where any service is installed.

    python topics.py            print what there should be: name, partitions, replicas, settings
    python topics.py --create   create what is missing; end with 1 if what is there differs and can't be mended here

SANFU_KAFKA, SANFU_PREFIX and SANFU_CITY are those of the services. SANFU_TOPICS_REPLICAS: 3, or how many brokers there
are. What exists is never changed: the number of partitions is for ever, because keys would move.
"""

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from sanfu.city.loading import load
from sanfu.contracts import registry
from sanfu.runtime.settings import ServiceSettings


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
        for topic in registry.TOPICS
        for name in _members(topic.name, units)
    ]


def _members(name: str, units: Sequence[str]) -> Iterator[str]:
    if "{code}" in name:
        yield from (name.replace("{code}", code) for code in units)
    elif "{service}" in name:
        yield from (name.replace("{service}", service) for service in registry.SERVICES)
    else:
        yield name


async def create(bootstrap: str, topics: Sequence[Topic]) -> list[str]:
    """Create those that are missing; return what is wrong, in words."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        there = {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics()}
        missing = [topic for topic in topics if topic.name not in there]
        refused = await _create(admin, missing) if missing else []
    finally:
        await admin.close()
    print(f"{len(missing) - len(refused)} topics created, {len(topics) - len(missing)} were there")
    return refused + [
        f"{topic.name} has {there[topic.name]} partitions, not {topic.partitions}: the services go by what there is; "
        f"to change it, create the topic anew and let the services be rebuilt"
        for topic in topics
        if there.get(topic.name, topic.partitions) != topic.partitions
    ]


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[str]:
    new = [NewTopic(t.name, t.partitions, t.replicas, topic_configs=t.settings) for t in topics]
    answers = (await admin.create_topics(new)).topic_errors
    refusals = [(name, for_code(code), *more) for name, code, *more in answers if code]
    return [
        f"{name} was refused: {error.__name__} {reason}"
        for name, error, *reason in refusals
        if error is not TopicAlreadyExistsError  # somebody else was faster
    ]


def main() -> None:
    settings = ServiceSettings()
    loaded = load(settings.city or Path(), datetime.now(UTC).date())
    if loaded.pack is None:
        sys.exit("SANFU_CITY names no sound pack:\n" + "\n".join(str(problem) for problem in loaded.problems[:10]))
    units = [code for code, unit in loaded.pack.units.items() if unit.has_topic]
    topics = wanted(units, settings.prefix, int(os.environ.get("SANFU_TOPICS_REPLICAS", "3")))
    if "--create" not in sys.argv[1:]:
        print("\n".join(map(str, topics)))
    elif wrong := asyncio.run(create(settings.kafka, topics)):
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
