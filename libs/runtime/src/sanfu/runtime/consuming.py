"""Reading the story: batches into the machine, holes and unreadable records noted."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from sanfu.contracts.names import dead_letter_topic
from sanfu.contracts.wire import BadEnvelope
from sanfu.runtime.batches import Batch, InHand
from sanfu.runtime.broker import Broker, BrokerDown, Fenced, Incoming, Outgoing, Subscription
from sanfu.runtime.ends import Ends
from sanfu.runtime.fold import Fate
from sanfu.runtime.letters import Letter, Replay, as_decided, read_letter
from sanfu.runtime.machine import Contended, Machine
from sanfu.runtime.outbox import Beside
from sanfu.runtime.positions import Partition, Positions
from sanfu.runtime.rules import borne
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()

BATCH = 500


class Rebuilding(Exception):
    """What is to be decided on is not rebuilt yet: what followed once might be told again, under other numbers."""


async def _nobody(machine: Machine, letters: Sequence[Letter], kind: Replay) -> None:
    """The rules of a single machine bear upon nobody, and most services have nothing to add."""


async def _nowhere() -> bool:
    return False


@dataclass(slots=True)
class Reader:
    """Reads the story into the machine. One task runs `run`; everything else may look.

    A partition's records are folded in order. I/O errors are never a reason to give a record up: the reader waits,
    with backoff. A record without a readable envelope goes to the dead-letter topic.
    """

    machine: Machine
    broker: Broker
    subscription: Subscription
    heed: Callable[[Machine, Sequence[Letter], Replay], Awaitable[None]] = _nobody
    """Folds records into the subjects that they bear upon. Raises Rebuilding if these can't be decided on yet."""
    after: Callable[[Machine, Sequence[Letter], Replay], Awaitable[None]] = _nobody
    """Does what a service adds to records that are folded, before their position is noted: a crash brings them again.
    Raises what `heed` may."""
    rebuilding_elsewhere: Callable[[], Awaitable[bool]] = _nowhere
    """Whether anything of this service, whosever it is, is being rebuilt."""
    partitions: dict[int, Partition] = field(default_factory=dict)
    gaps: dict[tuple[str, str], float] = field(default_factory=dict)
    """Holes by subject and source: since when (monotonic seconds). Other news of the subject fills none."""
    known: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once this process has had partitions and knows how it stands with them."""
    ends: Ends = field(init=False)
    positions: Positions = field(init=False)
    _stopping: bool = False
    _refused: int = 0
    _in_hand: InHand = field(default_factory=InHand)
    _held: bool = False
    """A batch in hand waits for the store or the broker."""
    _stuck: bool = False
    """The last turn failed: what it had polled is to be read again."""
    _holding_back: bool = False
    """News waits until what it bears upon is rebuilt; what is read again for a rebuild goes on."""
    _beside: Beside = field(init=False)

    def __post_init__(self) -> None:
        self.positions = Positions(self.machine, self.subscription, self.partitions)
        self.ends = Ends(self.partitions, self.subscription, self.machine.clock)
        self._beside = Beside(self.machine.publisher)

    async def run(self) -> None:
        """Read until `stop`. Raises Fenced when this process has lost its place: it must end."""
        pause = 0.1
        while not self._stopping:
            try:
                await self._turn()
                pause = 0.1
                self._refused = 0
            except (BrokerDown, StoreDown, Contended) as error:
                self._stuck = True
                pause = await self._wait(error, pause)
            except Rebuilding as error:
                self._stuck = self._holding_back = True
                log.info("held_back", topic=self.machine.topic, why=str(error))
            except Fenced:
                self._refused += 1
                if self._refused > 1:
                    raise
                await asyncio.sleep(pause)
        with contextlib.suppress(StoreDown, BrokerDown, Contended, Rebuilding):
            await self._in_hand.finish()
            await self._beside.ended()
            await self.positions.note(force=True)

    def stop(self) -> None:
        self._stopping = True

    @property
    def waiting(self) -> bool:
        """Whether it waits for the store or the broker."""
        return self._held or self._stuck

    @property
    def ready(self) -> bool:
        """Whether this process knows its partitions, and none is being rebuilt."""
        met = self.known.is_set() and self.subscription.assigned <= self.partitions.keys()
        return met and not self.positions.rebuilding

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

    # --- one turn ---------------------------------------------------------------------------------------------------

    async def _turn(self) -> None:
        await self._meet(self.subscription.assigned)
        if self._holding_back and not await self.rebuilding_elsewhere():
            self._stuck, self._holding_back = True, False
        if self._stuck:
            await self.positions.go_back()
            self._stuck = False
        self.ends.ask()
        records = await self.subscription.poll(BATCH, 0.1)
        await self._in_hand.look()
        await self.positions.go_live()
        if records:
            await self._absorb([r for r in records if r.partition in self.partitions])
        self.ends.answer()
        await self.positions.note()

    async def _meet(self, assigned: frozenset[int]) -> None:
        for gone in self.partitions.keys() - assigned:
            del self.partitions[gone]
            self.gaps = {hole: at for hole, at in self.gaps.items() if self.machine.partition(hole[0]) != gone}
        if new := assigned - self.partitions.keys():
            await self.positions.meet(new)
            self.known.set()

    async def _absorb(self, records: list[Incoming]) -> None:
        """Fold a batch; what is read again for a rebuild first, and to its end."""
        kinds: dict[Replay, list[Incoming]] = {Replay.OLD: [], Replay.DOUBTFUL: [], Replay.LIVE: []}
        for record in records:
            kinds[self.partitions[record.partition].replay(record.offset)].append(record)
        live = kinds.pop(Replay.LIVE)
        if any(kinds.values()):
            for kind, again in kinds.items():
                await self._begin(again, kind)
            await self._in_hand.finish()
            await self.positions.go_live()
        if not self._holding_back:
            await self._begin(live, Replay.LIVE)

    async def _begin(self, records: list[Incoming], kind: Replay) -> None:
        if records:
            await self._in_hand.begin(self._batch(records, kind), partial(self._fold, kind=kind))

    async def _fold(self, batch: Batch, kind: Replay) -> None:
        pause = 0.1
        while True:
            try:
                await self._fold_once(batch, kind)
                self._held = False
                return
            except (BrokerDown, StoreDown, Contended) as error:
                if self._stopping:
                    raise
                self._held = True
                pause = await self._wait(error, pause)

    async def _wait(self, error: Exception, pause: float) -> float:
        """Wait for store or broker; return how long to wait the next time."""
        log.warning("waiting", topic=self.machine.topic, why=str(error), seconds=pause)
        await asyncio.sleep(pause)
        return min(pause * 2, 5.0)

    def _batch(self, records: list[Incoming], kind: Replay) -> Batch:
        groups: dict[str, list[Letter]] = defaultdict(list)
        unreadable: list[Outgoing] = []
        own, live, bears = 0, kind is Replay.LIVE, borne(self.machine.rules)
        for record in records:
            try:
                letter = read_letter(record)
            except BadEnvelope as error:
                unreadable.append(self._unreadable(record, str(error)))
            else:
                if live and self._own(letter) and letter.heads.type not in bears:
                    own += 1
                else:
                    groups[letter.heads.subject].append(letter)
        self.machine.metrics.records.labels(Fate.REPEATED.value).inc(own)
        if not live:
            groups = {id: as_decided(letters, self.machine.rules.service) for id, letters in groups.items()}
        ends = {record.partition: record.offset + 1 for record in records}
        reached = [(self.partitions[number], end) for number, end in ends.items()]
        return Batch(groups, unreadable, partial(self._reach, reached))

    def _reach(self, reached: Sequence[tuple[Partition, int]]) -> None:
        for partition, end in reached:
            partition.position = end
        self.ends.answer()

    async def _fold_once(self, batch: Batch, kind: Replay) -> None:
        fates, outboxes, bearing = await self.machine.absorb(batch.groups, kind)
        await self._beside.publish(outboxes)
        if bearing:
            await self.heed(self.machine, bearing, kind)
        await self.after(self.machine, [letter for letters in batch.groups.values() for letter in letters], kind)
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
