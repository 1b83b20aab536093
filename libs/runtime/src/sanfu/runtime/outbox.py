"""The publishing rule: the one way in which anything leaves an outbox.

A pass publishes a document's whole outbox as last read or written with a majority, oldest first, and clears, for each
target, only the prefix that was acknowledged in this very pass. So any number of publishers (a command's process, the
partition's owner, the sweeper, a zombie) can only repeat entries, never lose one or permute first appearances.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import structlog

from sanfu.runtime.broker import Broker, Outgoing
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.metrics import MachineMetrics
from sanfu.runtime.store import Documents, Entry, StoreDown

log = structlog.get_logger()

declare("machine.before_publish", "written, nothing published")
declare("machine.after_publish", "published, nothing cleared")
declare("machine.after_clear", "published and cleared, offset not committed")


REMEMBERED = 20_000
"""Acknowledged entries remembered by who published them, 3 MB: seconds at full speed, which is how long a document read
before it was cleared, or an own event on its way back, can be under way."""


@dataclass(slots=True)
class Publisher:
    """Publishes outboxes. Any number of them may work on the same documents."""

    broker: Broker
    documents: Documents
    metrics: MachineMetrics
    _told: dict[str, None] = field(default_factory=dict)
    on_inserted: Callable[[], None] = lambda: None
    """Hears that documents went into a collection of the service's own."""
    away: bool = False
    """The last pass got nothing through. Until the sweeper, which goes on trying, does, nobody else asks the broker."""

    async def publish(self, outboxes: Sequence[tuple[str, Sequence[Entry]]], *, trying: bool = False) -> int:
        """Make one pass over the outboxes of these documents; answer how many entries were acknowledged.

        Never raises BrokerDown: what was not acknowledged stays for the sweeper, who tries also what this publisher
        saw acknowledged: if it stands there still, it could not be cleared. Raises StoreDown.
        """
        entries = [(id, e) for id, outbox in outboxes for e in outbox if trying or self._wants_out(e)]
        if not entries:
            return 0
        crashpoint("machine.before_publish")
        acknowledged = await self._send([entry for _, entry in entries])
        crashpoint("machine.after_publish")
        published: dict[str, list[str]] = defaultdict(list)
        ended: set[tuple[str, str]] = set()
        for (id, entry), ok in zip(entries, acknowledged, strict=True):
            target = (id, entry["to"])
            if not ok:
                ended.add(target)
            elif target not in ended:
                published[id].append(entry["ref"])
        if published:
            self._remember(ref for refs in published.values() for ref in refs)
            await self.documents.clear(published)
        crashpoint("machine.after_clear")
        self._note(entries, acknowledged)
        return sum(map(len, published.values()))

    def _wants_out(self, entry: Entry) -> bool:
        """Whether to try an entry now. What goes into the service's own store does not wait for the broker."""
        return entry["ref"] not in self._told and (not self.away or _is_kept(entry))

    def told(self, topic: str, event: str) -> bool:
        """Whether this publisher saw an event acknowledged lately. It stands in the log, and in the store before: a
        document that still names it needs no second sending, and coming back from the topic it is no news."""
        return f"{topic}#{event}" in self._told

    def _remember(self, refs: Iterable[str]) -> None:
        self._told.update(dict.fromkeys(refs))
        for ref in list(islice(self._told, max(0, len(self._told) - REMEMBERED))):
            del self._told[ref]

    def _note(self, entries: Sequence[tuple[str, Entry]], acknowledged: Sequence[bool]) -> None:
        self.metrics.published.inc(sum(acknowledged))
        self.metrics.missing_topics.set(len(self.broker.missing))
        self.metrics.oversized.set(len(self.broker.oversized))
        tried = [ok for (_, entry), ok in zip(entries, acknowledged, strict=True) if self._goes_out(entry)]
        if tried:
            self.away = not any(tried)

    def _goes_out(self, entry: Entry) -> bool:
        to = entry["to"]
        return not (_is_kept(entry) or to in self.broker.missing or (to, entry["key"]) in self.broker.oversized)

    async def _send(self, entries: Sequence[Entry]) -> list[bool]:
        acknowledged = [True] * len(entries)
        inserts: dict[str, list[dict[str, object]]] = defaultdict(list)
        records: list[Outgoing] = []
        places: list[int] = []
        for place, entry in enumerate(entries):
            if _is_kept(entry):
                inserts[entry["to"].removeprefix("db:")].append(entry["value"])
            else:
                places.append(place)
                headers = [(name, value) for name, value in entry["headers"]]
                records.append(Outgoing(entry["to"], entry["key"], entry["value"], headers))
        for collection, documents in inserts.items():
            await self.documents.insert(collection, documents)
            self.on_inserted()
        if records:
            for place, ok in zip(places, await self.broker.publish(records), strict=True):
                acknowledged[place] = ok
        return acknowledged


def _is_kept(entry: Entry) -> bool:
    """Tell whether an entry is a document for a collection of the service's own."""
    return entry["to"].startswith("db:")


AT_ONCE = 2
"""Passes under way at once: while the broker writes one, the next is put together."""


@dataclass(slots=True)
class Beside:
    """Publishes batches while others are folded, and never more than `AT_ONCE`."""

    publisher: Publisher
    _under_way: "set[asyncio.Task[None]]" = field(default_factory=set)

    async def publish(self, outboxes: Sequence[tuple[str, Sequence[Entry]]]) -> None:
        """Begin to publish, once there is room. What can't be cleared is the sweeper's."""
        while len(self._under_way) >= AT_ONCE:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        if outboxes:
            task = asyncio.ensure_future(self._pass(outboxes))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def ended(self) -> None:
        """Wait for what is under way."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _pass(self, outboxes: Sequence[tuple[str, Sequence[Entry]]]) -> None:
        try:
            await self.publisher.publish(outboxes)
        except StoreDown as error:
            log.warning("not_cleared", why=str(error))
