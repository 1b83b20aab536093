"""The publishing rule: the one way in which anything leaves an outbox.

A pass publishes a document's whole outbox as last read or written with a majority, oldest first, and clears, for each
target, only the prefix that was acknowledged in this very pass. So any number of publishers (a command's process, the
partition's owner, the sweeper, a zombie) can only repeat entries, never lose one or permute first appearances.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
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
    _sending: "dict[str, asyncio.Future[None]]" = field(default_factory=dict)
    """Documents of which a pass sends entries now, and when it has sent them."""
    on_inserted: Callable[[], None] = lambda: None
    """Hears that documents went into a collection of the service's own."""
    away: bool = False
    """The last pass got nothing through. Until the sweeper, which goes on trying, does, nobody else asks the broker."""

    async def publish(self, outboxes: Sequence[tuple[str, Sequence[Entry]]], *, trying: bool = False) -> int:
        """Make one pass over the outboxes of these documents; answer how many entries were acknowledged.

        Never raises BrokerDown: what was not acknowledged stays for the sweeper, who tries also what this publisher
        saw acknowledged: if it stands there still, it could not be cleared. Who is not the sweeper waits for a pass
        that sends entries of the same document: it would send them again. Raises StoreDown.
        """
        if not trying:
            await self._sent({id for id, _ in outboxes})
        entries = [(id, e) for id, outbox in outboxes for e in outbox if trying or self._wants_out(e)]
        if not entries:
            return 0
        crashpoint("machine.before_publish")
        with self._alone(set() if trying else {id for id, _ in entries}):
            acknowledged = await self._send([entry for _, entry in entries])
            crashpoint("machine.after_publish")
            published = _acknowledged(entries, acknowledged)
            self._remember(ref for refs in published.values() for ref in refs)
            self._note(entries, acknowledged)
        if published:
            await self.documents.clear(published)
        crashpoint("machine.after_clear")
        return sum(map(len, published.values()))

    async def _sent(self, ids: Iterable[str]) -> None:
        """Wait until no pass sends entries of these documents."""
        while under_way := {self._sending[id] for id in ids if id in self._sending}:
            await asyncio.wait(under_way)

    @contextmanager
    def _alone(self, ids: Collection[str]) -> Iterator[None]:
        """Say that entries of these documents are being sent."""
        if not ids:
            yield
            return
        sent = asyncio.get_running_loop().create_future()
        self._sending.update(dict.fromkeys(ids, sent))
        try:
            yield
        finally:
            for id in ids:
                del self._sending[id]
            sent.set_result(None)

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


def _acknowledged(entries: Sequence[tuple[str, Entry]], acknowledged: Sequence[bool]) -> dict[str, list[str]]:
    """Of each document, what of its outbox was sent: for each target, the entries before the first that was not."""
    published: dict[str, list[str]] = defaultdict(list)
    ended: set[tuple[str, str]] = set()
    for (id, entry), ok in zip(entries, acknowledged, strict=True):
        target = (id, entry["to"])
        if not ok:
            ended.add(target)
        elif target not in ended:
            published[id].append(entry["ref"])
    return published


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
