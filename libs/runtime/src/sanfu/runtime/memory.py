"""Broker and store in memory, for tests: held to the real ones by the same behaviour suites.

Faults can be asked for: `fail_next` makes publishes or writes fail, with or without taking effect.
"""

import asyncio
import copy
import re
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any

from sanfu.runtime.broker import BrokerDown, Incoming, Outgoing, Place, family_pattern, held_up, partition_of
from sanfu.runtime.store import FORM, Census, Change, Document, Mark, StoreDown
from sanfu.runtime.weighing import Unfit, misfit


class Fault(Enum):
    """How one call goes wrong."""

    REFUSED = "nothing happened, and the caller is told so"
    UNKNOWN = "it happened, and the caller is told that it did not"


@dataclass(slots=True)
class MemoryBroker:
    """`broker.Broker` over lists. Offsets of groups outlive subscriptions, as they do in a broker."""

    topics: dict[str, list[list[Incoming]]] = field(default_factory=dict)
    groups: dict[tuple[str, str], dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    fail_next: deque[Fault] = field(default_factory=deque)
    missing: set[str] = field(default_factory=set)
    oversized: dict[tuple[str, str], float] = field(default_factory=dict)
    largest: dict[str, int] = field(default_factory=dict)
    """Bytes of a record, of the topics that don't take any."""
    down: bool = False
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    def create(self, topic: str, partitions: int = 1) -> None:
        self.topics[topic] = [[] for _ in range(partitions)]

    async def start(self) -> None:
        if self.down:
            raise BrokerDown("the broker is down")

    async def stop(self) -> None: ...

    async def publish(self, records: Sequence[Outgoing]) -> list[bool]:
        acknowledged: list[bool] = []
        ended: set[tuple[str, int]] = set()
        for record in records:
            if record.topic not in self.topics:
                self.missing.add(record.topic)
                acknowledged.append(False)
                continue
            log = self.topics[record.topic]
            number = partition_of(record.key, len(log))
            place = (record.topic, number)
            if held_up(self.oversized, record):
                acknowledged.append(False)
                continue
            fault = self.fail_next.popleft() if self.fail_next and place not in ended else None
            too_long = len(record.value or b"") > self.largest.get(record.topic, 2**31)
            if too_long and not self.down and place not in ended:
                self.oversized[record.topic, record.key] = time.monotonic()
            if self.down or place in ended or too_long or fault is Fault.REFUSED:
                ended.add(place)
                acknowledged.append(False)
                continue
            log[number].append(
                Incoming(record.topic, number, len(log[number]), record.key, record.value, tuple(record.headers))
            )
            if fault is Fault.UNKNOWN:
                ended.add(place)
            acknowledged.append(fault is None)
            self.oversized.pop((record.topic, record.key), None)
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()
        await asyncio.sleep(0)
        return acknowledged

    async def partitions(self, topic: str) -> int | None:
        if self.down:
            raise BrokerDown("the broker is down")
        if topic not in self.topics:
            return None
        self.missing.discard(topic)
        return len(self.topics[topic])

    def subscribe(self, topic: str, *, group: str, member: str) -> "MemorySubscription":
        return MemorySubscription(self, topic, group)

    def family(self, name: str, *, group: str, member: str, codes: Sequence[str] = ()) -> "MemoryFamily":
        return MemoryFamily(self, name, group, codes)

    async def ends_of(self, topic: str) -> dict[int, int]:
        if self.down:
            raise BrokerDown("the broker is down")
        return {n: len(log) for n, log in enumerate(self.topics[topic])}

    async def read(self, topic: str, key: str | None = None) -> list[Incoming]:
        return [r for log in self.topics.get(topic, []) for r in log if key is None or r.key == key]

    async def grown(self, seconds: float) -> None:
        """Wait until something is published, or so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._grown.wait()
        except TimeoutError:
            return


class MemorySubscription:
    """`broker.Subscription`: the one member of its group, holding all partitions."""

    def __init__(self, broker: MemoryBroker, topic: str, group: str) -> None:
        self._broker, self._topic = broker, topic
        self._committed = broker.groups[topic, group]
        self._at: dict[int, int] = {}
        self._seen: dict[int, tuple[float, int]] = {}

    @property
    def assigned(self) -> frozenset[int]:
        return frozenset(self._at)

    async def start(self) -> None:
        if self._broker.down:
            raise BrokerDown("the broker is down")
        self._at = {n: self._committed.get(n, 0) for n in range(len(self._broker.topics[self._topic]))}

    async def stop(self) -> None:
        self._at = {}

    async def poll(self, most: int, seconds: float) -> list[Incoming]:
        if self._broker.down:
            raise BrokerDown("the broker is down")
        records = self._take(most)
        if not records:
            await self._broker.grown(seconds)
            records = self._take(most)
        return records

    def _take(self, most: int) -> list[Incoming]:
        records: list[Incoming] = []
        for number in self._at:
            log = self._broker.topics[self._topic][number]
            fresh = log[self._at[number] : self._at[number] + most - len(records)]
            self._at[number] += len(fresh)
            records += fresh
            self._seen[number] = (time.time(), len(log))
        return records

    async def position(self, partition: int, offset: int) -> None:
        self._at[partition] = offset

    async def committed(self, partition: int) -> int | None:
        return self._committed.get(partition)

    async def commit(self, offsets: Mapping[int, int]) -> None:
        self._committed.update(offsets)

    async def ends(self) -> dict[int, int]:
        if self._broker.down:
            raise BrokerDown("the broker is down")
        return {n: len(log) for n, log in enumerate(self._broker.topics[self._topic])}

    async def beginnings(self) -> dict[int, int]:
        return dict.fromkeys(self._at, 0)

    def end_seen(self, partition: int) -> tuple[float, int] | None:
        return self._seen.get(partition)


class MemoryFamily:
    """`broker.Family`: the one member of its group, holding all topics."""

    def __init__(self, broker: MemoryBroker, name: str, group: str, codes: Sequence[str]) -> None:
        self._broker, self._group = broker, group
        self._pattern = re.compile(family_pattern(name, codes))
        self._at: dict[Place, int] = {}
        self._joined = False

    async def start(self) -> None:
        if self._broker.down:
            raise BrokerDown("the broker is down")
        self._joined = True

    async def stop(self) -> None:
        self._joined, self._at = False, {}

    def _logs(self) -> dict[Place, list[Incoming]]:
        if self._broker.down or not self._joined:
            raise BrokerDown("the broker is down, or this is not in the group")
        mine = {name: logs for name, logs in self._broker.topics.items() if self._pattern.fullmatch(name)}
        return {(name, n): log for name, logs in mine.items() for n, log in enumerate(logs)}

    def _done(self, place: Place) -> int:
        return self._broker.groups[place[0], self._group].get(place[1], 0)

    async def poll(self, most: int, seconds: float) -> list[Incoming]:
        if not (records := self._take(most)):
            await self._broker.grown(seconds)
            records = self._take(most)
        return records

    def _take(self, most: int) -> list[Incoming]:
        records: list[Incoming] = []
        for place, log in self._logs().items():
            at = self._at.get(place, self._done(place))
            fresh = log[at : at + most - len(records)]
            self._at[place] = at + len(fresh)
            records += fresh
        return records

    async def commit(self, done: Mapping[Place, int]) -> None:
        for (topic, number), at in done.items():
            self._broker.groups[topic, self._group][number] = at

    async def lag(self) -> int:
        return sum(len(log) - self._done(place) for place, log in self._logs().items())


@dataclass(slots=True)
class MemoryDocuments:
    """`store.Documents` over a dict."""

    documents: dict[str, Document] = field(default_factory=dict)
    others: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    kept_marks: dict[str, Mark] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    fail_next: deque[Fault] = field(default_factory=deque)
    down: bool = False
    kept: dict[str, "MemoryDocuments"] = field(default_factory=dict)
    """The collections beside this one, by name."""

    def beside(self, collection: str) -> "MemoryDocuments":
        return self.kept.setdefault(collection, MemoryDocuments(others=self.others, settings=self.settings))

    def _answer(self) -> None:
        if self.down:
            raise StoreDown("the store is down")

    async def prepare(self) -> None:
        self._answer()

    async def read(self, ids: Sequence[str]) -> dict[str, Document]:
        await asyncio.sleep(0)
        self._answer()
        return {id: copy.deepcopy(self.documents[id]) for id in ids if id in self.documents}

    async def write(self, changes: Sequence[Change]) -> bool:
        await asyncio.sleep(0)
        self._answer()
        fault = self.fail_next.popleft() if self.fail_next else None
        if fault is Fault.REFUSED:
            raise StoreDown("asked to fail")
        won = [self._apply(change) for change in changes]
        if fault is Fault.UNKNOWN:
            raise StoreDown("asked to lose the answer")
        return all(won)

    def _apply(self, change: Change) -> bool:
        document = self.documents.get(change.id)
        if (document or {}).get("ver", 0) != change.ver:
            return False
        fresh = {"_id": change.id, **(document or {}), **dict(change.sets)}
        for name in change.unsets:
            fresh.pop(name, None)
        if change.pushes:
            fresh["outbox"] = [*fresh.get("outbox", []), *change.pushes]
        if why := misfit(fresh):
            raise Unfit({change.id: why})
        self.documents[change.id] = copy.deepcopy(fresh)
        return True

    async def clear(self, published: Mapping[str, Sequence[str]]) -> None:
        self._answer()
        for id, refs in published.items():
            if document := self.documents.get(id):
                document["outbox"] = [e for e in document.get("outbox", []) if e["ref"] not in refs]

    async def insert(self, collection: str, documents: Sequence[Mapping[str, Any]]) -> None:
        self._answer()
        for document in documents:
            self.others[collection].setdefault(document["_id"], dict(document))

    async def due(self, partitions: Iterable[int], until: datetime, limit: int) -> list[Document]:
        self._answer()
        mine = set(partitions)
        found = [d for d in self.documents.values() if d["p"] in mine and d.get("due") and d["due"] <= until]
        return copy.deepcopy(sorted(found, key=lambda d: d["due"])[:limit])

    async def next_due(self, partitions: Iterable[int]) -> datetime | None:
        self._answer()
        mine = set(partitions)
        return min((d["due"] for d in self.documents.values() if d["p"] in mine and d.get("due")), default=None)

    async def unsent(
        self, partitions: Iterable[int], before: datetime, limit: int, aside: Iterable[str] = ()
    ) -> list[Document]:
        self._answer()
        mine, away = set(partitions), set(aside)
        found = [
            d for d in self.documents.values()
            if d["p"] in mine and any(e["at"] <= before and e["to"] not in away for e in _outbox(d))
        ]  # fmt: skip
        return copy.deepcopy(found[:limit])

    async def page(self, partition: int, after: str, limit: int) -> list[Document]:
        self._answer()
        found = sorted(id for id, d in self.documents.items() if d["p"] == partition and id > after)
        return [copy.deepcopy(self.documents[id]) for id in found[:limit]]

    async def census(self, partitions: Iterable[int]) -> Census:
        mine = set(partitions)
        documents = [d for d in self.documents.values() if d["p"] in mine]
        ages = [min(e["at"] for e in _outbox(d)) for d in documents if _outbox(d)]
        parked = sum("parked" in d for d in documents)
        return Census(len(ages), min(ages, default=None), parked, await self.next_due(mine))

    async def mark(self, name: str) -> Mark | None:
        self._answer()
        return self.kept_marks.get(name)

    async def marks(self) -> dict[str, Mark]:
        self._answer()
        return dict(self.kept_marks)

    async def set_marks(self, marks: Mapping[str, Mark]) -> None:
        self._answer()
        for name, mark in marks.items():
            was = self.kept_marks.get(name, mark)
            self.kept_marks[name] = replace(mark, position=max(was.position, mark.position))

    async def advance(self, positions: Mapping[str, int]) -> None:
        self._answer()
        for name, position in positions.items():
            if name in self.kept_marks:
                await self.set_marks({name: replace(self.kept_marks[name], position=position)})

    async def settle(self, name: str, value: Any, over: Iterable[Any] = ()) -> Any:
        self._answer()
        if self.settings.get(name) in over:
            self.settings[name] = value
        return self.settings.setdefault(name, value)

    async def wipe(self) -> None:
        self._answer()
        self.documents.clear()
        self.kept_marks.clear()
        self.settings.pop(FORM, None)


def _outbox(document: Document) -> list[Any]:
    outbox: list[Any] = document.get("outbox", [])
    return outbox
