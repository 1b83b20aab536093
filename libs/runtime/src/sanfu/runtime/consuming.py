"""Reading the story: batches into the machine, positions kept, rebuilds run, gaps and read-to-the-end noted."""

import asyncio
import contextlib
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import structlog

from sanfu.contracts.envelope import event_id, truncated
from sanfu.contracts.names import dead_letter_topic
from sanfu.contracts.wire import BadEnvelope, Heads, peek
from sanfu.runtime.batches import Batch, InHand
from sanfu.runtime.broker import Broker, BrokerDown, Fenced, Incoming, Outgoing, Subscription
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.fold import Fate, Letter
from sanfu.runtime.machine import Contended, Machine
from sanfu.runtime.outbox import Beside
from sanfu.runtime.store import Mark, StoreDown

log = structlog.get_logger()

declare("machine.after_commit", "offset committed")

BATCH = 500
IN_DOUBT = 10_000
"""Records before the committed offset whose copies may have stood in a lost outbox: what is under way is a batch or
two, a producer that fails for minutes adds the rest."""
REMEMBER_EVERY = 1.0
"""Seconds between two notes of the position: after a kill so much is folded again, and known as seen."""


@dataclass(slots=True)
class Partition:
    """How this process stands with one partition that it was assigned."""

    position: int
    rebuild_until: int | None = None
    repeat_from: int = 0
    """In a rebuild: from where on copies for other topics are sent again, as their outbox may have been lost."""
    asked: tuple[float, datetime] | None = None
    """A moment (real, business) for which it is to be proven that the partition was read to its end."""
    heard: float | None = None
    """When the first fetch after `asked` came back. Only the next one was surely sent after it."""
    caught_up_at: datetime | None = None
    noted: int = -1
    first: bool = False
    """Nobody of this group has ever read it: nothing that follows from it was ever done."""
    met: datetime = field(default_factory=lambda: truncated(datetime.now(UTC)))


@dataclass(slots=True)
class Reader:
    """Reads the story into the machine. One task runs `run`; everything else may look.

    A partition's records are folded in order. I/O errors are never a reason to give a record up: the reader waits,
    with backoff. A record without a readable envelope goes to the dead-letter topic.
    """

    machine: Machine
    broker: Broker
    subscription: Subscription
    on_caught_up: Callable[[], None] = lambda: None
    partitions: dict[int, Partition] = field(default_factory=dict)
    gaps: dict[tuple[str, str], float] = field(default_factory=dict)
    """Holes by subject and source: since when (monotonic seconds). Other news of the subject fills none."""
    progress: float = field(default_factory=time.monotonic)
    known: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once this process has had partitions and knows how it stands with them."""
    _stopping: bool = False
    _noted_at: float = 0.0
    _refused: int = 0
    _in_hand: InHand = field(default_factory=InHand)
    _held: bool = False
    """A batch in hand waits for the store or the broker."""
    _beside: Beside = field(init=False)

    def __post_init__(self) -> None:
        self._beside = Beside(self.machine.publisher)

    async def run(self) -> None:
        """Read until `stop`. Raises Fenced when this process has lost its place: it must end."""
        pause = 0.1
        while not self._stopping:
            try:
                await self._turn()
                pause = 0.1
                self._refused = 0
                self.machine.metrics.io_waiting.set(int(self._held))
            except (BrokerDown, StoreDown, Contended) as error:
                self.machine.metrics.io_waiting.set(1)
                log.warning("waiting", why=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
            except Fenced:
                self._refused += 1
                if self._refused > 1:
                    raise
                await asyncio.sleep(pause)
        with contextlib.suppress(StoreDown, BrokerDown, Contended):
            await self._in_hand.finish()
            await self._beside.ended()
            await self._note(force=True)

    def stop(self) -> None:
        self._stopping = True

    @property
    def rebuilding(self) -> bool:
        return any(p.rebuild_until is not None for p in self.partitions.values())

    @property
    def ready(self) -> bool:
        """Whether this process knows its partitions, and none is being rebuilt."""
        return self.known.is_set() and self.subscription.assigned <= self.partitions.keys() and not self.rebuilding

    @property
    def read(self) -> int:
        """How many of the partitions' records were read; the same twice only if nothing came in between."""
        return sum(partition.position for partition in self.partitions.values())

    @property
    def unread(self) -> int:
        """Records that are known to be there, and are not folded."""
        seen = {number: self.subscription.end_seen(number) for number in self.partitions}
        return sum(max(0, at[1] - self.partitions[number].position) for number, at in seen.items() if at)

    def met(self) -> dict[int, datetime]:
        """Since when (real time) this process has each of its partitions."""
        return {number: partition.met for number, partition in self.partitions.items()}

    def caught_up(self) -> dict[int, datetime]:
        """For each live partition: a business instant at or after which it had been read to its end."""
        return {
            number: partition.caught_up_at
            for number, partition in self.partitions.items()
            if partition.caught_up_at is not None and partition.rebuild_until is None
        }

    async def prove(self) -> None:
        """Ask the broker for the story's end: what is read so far is read to its end as of now. Raises BrokerDown."""
        now, ends = self.machine.clock.now(), await self.subscription.ends()
        for number, partition in self.partitions.items():
            if partition.position >= ends.get(number, sys.maxsize):
                partition.caught_up_at = max(now, partition.caught_up_at or now)

    # --- one turn ---------------------------------------------------------------------------------------------------

    async def _turn(self) -> None:
        await self._meet(self.subscription.assigned)
        self._ask()
        records = await self.subscription.poll(BATCH, 0.1)
        await self._in_hand.look()
        await self._go_live_where_due()
        if records:
            await self._absorb([r for r in records if r.partition in self.partitions])
        self._answer()
        await self._note()
        self.progress = time.monotonic()

    async def _absorb(self, records: list[Incoming]) -> None:
        """Fold a batch. In a partition under rebuild, what lies before its end is folded without deciding, and what
        lies before what is in doubt without sending anybody anything."""
        old: list[Incoming] = []
        doubtful: list[Incoming] = []
        live: list[Incoming] = []
        for record in records:
            partition = self.partitions[record.partition]
            if partition.rebuild_until is None or record.offset >= partition.rebuild_until:
                live.append(record)
            else:
                (doubtful if record.offset >= partition.repeat_from else old).append(record)
        if old:
            await self._begin(old, deciding=False, repeating=False)
        if doubtful:
            await self._begin(doubtful, deciding=False)
        if old or doubtful:
            await self._in_hand.finish()
            await self._go_live_where_due()
        if live:
            await self._begin(live)

    async def _begin(self, records: list[Incoming], *, deciding: bool = True, repeating: bool = True) -> None:
        fold = partial(self._fold, deciding=deciding, repeating=repeating)
        await self._in_hand.begin(self._batch(records, deciding=deciding), fold)

    async def _fold(self, batch: Batch, *, deciding: bool, repeating: bool) -> None:
        pause = 0.1
        while True:
            try:
                await self._fold_once(batch, deciding=deciding, repeating=repeating)
                self._held = False
                return
            except (BrokerDown, StoreDown, Contended) as error:
                if self._stopping:
                    raise
                self._held = True
                self.machine.metrics.io_waiting.set(1)
                log.warning("waiting", why=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    def _batch(self, records: list[Incoming], *, deciding: bool) -> Batch:
        groups: dict[str, list[Letter]] = defaultdict(list)
        unreadable: list[Outgoing] = []
        own = 0
        for record in records:
            try:
                letter = read_letter(record)
            except BadEnvelope as error:
                unreadable.append(self._unreadable(record, str(error)))
            else:
                if deciding and self._own(letter):
                    own += 1
                else:
                    groups[letter.heads.subject].append(letter)
        self.machine.metrics.records.labels(Fate.REPEATED.value).inc(own)
        if not deciding:
            groups = {id: as_decided(letters, self.machine.rules.service) for id, letters in groups.items()}
        ends = {record.partition: record.offset + 1 for record in records}
        reached = [(self.partitions[number], end) for number, end in ends.items()]
        return Batch(groups, unreadable, partial(self._reach, reached))

    def _reach(self, reached: Sequence[tuple[Partition, int]]) -> None:
        for partition, end in reached:
            partition.position = end
        self._answer()

    async def _fold_once(self, batch: Batch, *, deciding: bool, repeating: bool) -> None:
        fates, outboxes = await self.machine.absorb(batch.groups, deciding=deciding, repeating=repeating)
        await self._beside.publish(outboxes)
        if batch.unreadable and not all(await self.broker.publish(batch.unreadable)):
            raise BrokerDown("the dead-letter topic does not take records")
        self.machine.metrics.dead_letters.labels("unreadable").inc(len(batch.unreadable))
        self._count(fates, batch.groups)

    def _own(self, letter: Letter) -> bool:
        """Whether this very process published it a moment ago, so that its document needs no look."""
        heads = letter.heads
        if heads.source != self.machine.rules.service:
            return False
        return self.machine.publisher.told(self.machine.topic, heads.id)

    def _unreadable(self, record: Incoming, why: str) -> Outgoing:
        log.error("unreadable_record", topic=record.topic, partition=record.partition, offset=record.offset, why=why)
        headers = [*record.headers, ("sanfu_reason", why.encode()[:500])]
        topic = dead_letter_topic(self.machine.rules.service)
        return Outgoing(topic, record.key or "", record.value, headers)

    def _count(self, fates: dict[str, list[Fate]], groups: Mapping[str, Sequence[Letter]]) -> None:
        counts: dict[Fate, int] = defaultdict(int)
        for subject, each in fates.items():
            for fate in each:
                counts[fate] += 1
            if self.gaps or Fate.GAP in each:
                self._note_holes(zip(groups[subject], each, strict=True))
            if Fate.PARKED in each:
                log.error("subject_parked", subject=subject)
        for fate, count in counts.items():
            self.machine.metrics.records.labels(fate.value).inc(count)
        if counts[Fate.PARKED]:
            self.machine.metrics.dead_letters.labels("parked").inc(counts[Fate.PARKED])

    def _note_holes(self, folded: Iterable[tuple[Letter, Fate]]) -> None:
        for letter, fate in folded:
            hole = (letter.heads.subject, letter.heads.source)
            if fate is Fate.GAP:
                self.gaps.setdefault(hole, time.monotonic())
            elif fate is not Fate.REPEATED:
                self.gaps.pop(hole, None)

    # --- assignment, positions, rebuild -----------------------------------------------------------------------------

    async def _meet(self, assigned: Iterable[int]) -> None:
        """Learn where to start in each newly assigned partition, and whether it has to be rebuilt first."""
        assigned = frozenset(assigned)
        for gone in self.partitions.keys() - assigned:
            del self.partitions[gone]
            self.gaps = {hole: at for hole, at in self.gaps.items() if self.machine.partition(hole[0]) != gone}
        new = assigned - self.partitions.keys()
        if not new:
            return
        ends, beginnings = await self.subscription.ends(), await self.subscription.beginnings()
        for number in new:
            if number not in ends:
                continue
            committed = await self.subscription.committed(number)  # first: whoever gives it up notes, then commits
            mark = await self.machine.documents.mark(str(number))
            start = max(mark.position, beginnings[number]) if mark is not None else beginnings[number]
            until = mark.rebuild_until if mark is not None else None
            older = mark is not None and committed is not None and committed > mark.position
            if until is None and ends[number] > start and (mark is None or older):
                until = ends[number]
                log.info("rebuild_begins", partition=number, begin=start, until=until)
            await self.machine.documents.set_marks({str(number): Mark(start, until)})
            await self.subscription.position(number, start)
            in_doubt = (ends[number] if committed is None else committed) - IN_DOUBT
            first = mark is None and committed is None
            self.partitions[number] = Partition(start, until, in_doubt, first=first)
        self.known.set()
        self.machine.metrics.rebuilding.set(sum(p.rebuild_until is not None for p in self.partitions.values()))

    async def _go_live_where_due(self) -> None:
        for number, partition in self.partitions.items():
            if partition.rebuild_until is not None and partition.position >= partition.rebuild_until:
                await self._go_live(number, partition)

    async def _go_live(self, number: int, partition: Partition) -> None:
        """Ask each subject of a rebuilt partition what a lost outbox never announced, and go live."""
        after, announced = "", 0
        while page := await self.machine.documents.page(number, after, BATCH):
            announced += await self.machine.settle(page)
            after = page[-1]["_id"]
        await self.machine.documents.set_marks({str(number): Mark(partition.position)})
        partition.rebuild_until, partition.noted = None, -1
        self.machine.metrics.rebuilding.set(sum(p.rebuild_until is not None for p in self.partitions.values()))
        log.info("rebuild_ended", partition=number, announced=announced)

    async def _note(self, *, force: bool = False) -> None:
        """Write the positions into the store, then commit them: so the store never lags behind the broker's hint,
        unless it was put back from a backup. Nothing is committed in a rebuild: what stands there says how far the
        store had come that was lost."""
        if not force and time.monotonic() - self._noted_at < REMEMBER_EVERY:
            return
        self._noted_at = time.monotonic()
        moved = {n: p.position for n, p in self.partitions.items() if p.position != p.noted}  # a batch in hand goes on
        if not moved:
            return
        await self.machine.documents.advance({str(n): position for n, position in moved.items()})
        live = {n: at for n, at in moved.items() if n in self.partitions and self.partitions[n].rebuild_until is None}
        if live:
            await self.subscription.commit(live)
        for number in moved.keys() & self.partitions.keys():
            self.partitions[number].noted = moved[number]
        crashpoint("machine.after_commit")

    # --- read to the end --------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        moment = (time.time(), self.machine.clock.now())
        for partition in self.partitions.values():
            if partition.asked is None:
                partition.asked = moment

    def _answer(self) -> None:
        """A fetch sent after the moment asked, all of whose records are folded, proves it."""
        moved = False
        for number, partition in self.partitions.items():
            fetched = self.subscription.end_seen(number)
            if partition.asked is None or fetched is None:
                continue
            at, end = fetched
            if partition.heard is None:
                partition.heard = at if at > partition.asked[0] else None
            elif at > partition.heard and partition.position >= end:
                partition.caught_up_at = max(partition.asked[1], partition.caught_up_at or partition.asked[1])
                partition.asked, partition.heard = None, None
                moved = True
        if moved:
            self.on_caught_up()


def as_decided(letters: Sequence[Letter], service: str) -> list[Letter]:
    """Put a subject's old records into the order in which they were folded once: an own event right behind what it
    followed from, before anything that others published meanwhile. Own events keep their order among each other."""
    ordered: list[Letter] = []
    last = -1
    for letter in letters:
        place = len(ordered)
        if letter.heads.source == service:
            causes = (n for n, each in enumerate(ordered) if each.heads.id == letter.heads.causation)
            place = last = max(next(causes, place - 1), last) + 1
        ordered.insert(place, letter)
    return ordered


def read_letter(record: Incoming) -> Letter:
    """Read a record's envelope. One that is broken, but says whose story it belongs to and where, is a broken letter;
    raises BadEnvelope if it does not."""
    try:
        return Letter(peek(record.headers), record)
    except BadEnvelope as error:
        source, subject, sequence = error.source, error.subject, error.sequence
        if source is None or subject is None or sequence is None:
            raise
        nothing = datetime.fromtimestamp(0, UTC)
        heads = Heads(event_id(source, subject, sequence), "", source, subject, sequence, nothing, None, None, {})
        return Letter(heads, record, str(error))
