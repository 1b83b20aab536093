"""The broker, as the machine sees it."""

import re
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from struct import unpack
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[str, bytes]]


class Outgoing(NamedTuple):
    """A record to publish. `topic` is the logical name; the adapter puts the deployment's prefix before it."""

    topic: str
    key: str
    value: bytes | None
    headers: Headers


class Incoming(NamedTuple):
    """A record as read."""

    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes | None
    headers: Headers


class BrokerDown(Exception):
    """The broker can't be reached, or did not answer in time. Worth another try later."""


class Fenced(Exception):
    """Another process holds this one's place in the group. Nothing that this process can mend."""


Place = tuple[str, int]
"""A topic, by its logical name, and one of its partitions."""
MEMBER_OF_FAMILY = "[a-z0-9-]{2,40}"
"""What stands for `{code}` in the name of a family's topic: a unit's code."""


def family_pattern(name: str, codes: Sequence[str]) -> str:
    """Write the names of a family's topics as a regular expression: of these units', or of every one's."""
    before, _, after = name.partition("{code}")
    member = "|".join(re.escape(code) for code in codes) or MEMBER_OF_FAMILY
    return f"{re.escape(before)}(?:{member}){re.escape(after)}$"


class Subscription(Protocol):
    """One group's reading of one topic.

    Records of one partition come in order, and at least once. What a process holds is known from `assigned`; a
    partition given up keeps no state here.
    """

    async def start(self) -> None:
        """Join the group. Raises BrokerDown."""
        ...

    async def stop(self) -> None:
        """Leave cleanly, so that another member gets the partitions at once."""
        ...

    @property
    def assigned(self) -> frozenset[int]: ...

    async def poll(self, most: int, seconds: float) -> list[Incoming]:
        """Return at most `most` records, or none after `seconds`. Raises BrokerDown, Fenced."""
        ...

    async def position(self, partition: int, offset: int) -> None:
        """Go on reading a partition at `offset`. Raises BrokerDown if it is assigned to another by now."""
        ...

    async def committed(self, partition: int) -> int | None: ...

    async def commit(self, offsets: Mapping[int, int]) -> None:
        """Remember the next offset to read, as a hint: raises nothing if it fails."""
        ...

    async def ends(self) -> dict[int, int]:
        """Ask the broker, now, for the offset behind the last record of each assigned partition."""
        ...

    async def beginnings(self) -> dict[int, int]:
        """The offset of the oldest record kept, of each assigned partition."""
        ...

    def end_seen(self, partition: int) -> tuple[float, int] | None:
        """The latest fetch that came back for a partition: when (real, epoch seconds), and the end it told."""
        ...


class Family(Protocol):
    """One group's reading of a family of topics (`sanfu.replies.{code}.v1`), also of those that are made later.

    Records of one partition come in order, and at least once: from behind what the group last said to be done.
    """

    async def start(self) -> None:
        """Join the group. Raises BrokerDown."""
        ...

    async def stop(self) -> None: ...

    async def poll(self, most: int, seconds: float) -> list[Incoming]:
        """Return at most `most` records, or none after `seconds`. Raises BrokerDown, Fenced."""
        ...

    async def commit(self, done: Mapping[Place, int]) -> None:
        """Remember the next offset to read of each place, as a hint: raises nothing if it fails."""
        ...

    async def lag(self) -> int:
        """Count the records of what it holds that are not said to be done; while it holds nothing, the topics that are
        there. Raises BrokerDown."""
        ...


class Broker(Protocol):
    """Publishes and subscribes.

    `publish` sends in the order given. For one topic and key a record is acknowledged only if all earlier ones of the
    call were: the first failure ends that partition's part of the call. What is answered False may have arrived all
    the same. A topic that does not exist is answered False at once and listed in `missing`; nothing waits for it.
    A record that its topic does not take for its length is listed in `oversized` by topic and key: what follows it
    there is answered False at once, for a minute; nothing else waits for it.
    """

    missing: set[str]
    oversized: dict[tuple[str, str], float]
    """Since when (monotonic seconds)."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def publish(self, records: Sequence[Outgoing]) -> list[bool]: ...

    async def partitions(self, topic: str) -> int | None:
        """How many partitions a topic has; None if there is no such topic. A topic that was missing and is there now
        is missing no longer. Raises BrokerDown."""
        ...

    def subscribe(self, topic: str, *, group: str, member: str) -> Subscription:
        """`member` is the static name of this process in the group: two processes never share one."""
        ...

    def family(self, name: str, *, group: str, member: str, codes: Sequence[str] = ()) -> Family:
        """Subscribe to all topics of a family, `{code}` in its name, or to those of these units; `member` as in
        `subscribe`."""
        ...

    async def ends_of(self, topic: str) -> dict[int, int]:
        """Ask the broker, now, for the offset behind the last record of each partition. Raises BrokerDown."""
        ...

    async def read(self, topic: str, key: str | None = None) -> list[Incoming]:
        """Everything a topic holds now (of one key), oldest first, outside any group: for operators' tools."""
        ...


TRIED_AGAIN = 60.0
"""Seconds until a record that was too long is tried again: somebody may have given its topic more room."""


def held_up(oversized: Mapping[tuple[str, str], float], record: Outgoing) -> bool:
    """Whether a record need not be tried now, because it or one before it is too long for its topic."""
    since = oversized.get((record.topic, record.key))
    return since is not None and time.monotonic() - since < TRIED_AGAIN


@lru_cache(maxsize=20_000)  # a subject is asked for when it is folded, and again for each record that it publishes
def partition_of(key: str, count: int) -> int:
    """The partition that holds a key: the same function as every Kafka client's default (murmur2)."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % count


def murmur2(data: bytes) -> int:
    """Kafka's murmur2 (seed 0x9747b28c), as org.apache.kafka.common.utils.Utils has it."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    length = len(data)
    h = (0x9747B28C ^ length) & mask
    whole = length & ~3
    for k in unpack(f"<{whole >> 2}I", data[:whole]):
        k = (k * m) & mask  # noqa: PLW2901 (a word is mixed in place)
        h = ((h * m) & mask) ^ (((k ^ (k >> 24)) * m) & mask)
    tail = data[whole:]
    if tail:
        h = ((h ^ int.from_bytes(tail, "little")) * m) & mask
    h ^= h >> 13
    h = (h * m) & mask
    return h ^ (h >> 15)
