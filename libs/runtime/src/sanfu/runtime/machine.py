"""The machine: read, fold, compare-and-set, publish, clear. One way for records, commands and timers alike.

Nothing is lost: what follows from an input is in the outbox by the same write that says that the input was seen.
Nothing happens twice: an input that comes again is known by its sequence or its key.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, NamedTuple, TypeVar

import structlog

from sanfu.contracts.envelope import Event, truncated
from sanfu.runtime import outcomes
from sanfu.runtime.broker import partition_of
from sanfu.runtime.clock import Clock
from sanfu.runtime.codec import Codec
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.fold import Done, Fate, Subject
from sanfu.runtime.letters import Letter, Replay
from sanfu.runtime.metrics import MachineMetrics
from sanfu.runtime.outbox import Publisher
from sanfu.runtime.outcomes import Setting
from sanfu.runtime.rules import Command, Rules, borne, lasting, remade
from sanfu.runtime.store import Change, Document, Documents, Entry, StoreDown
from sanfu.runtime.weighing import Unfit

log = structlog.get_logger()

R = TypeVar("R")
Outboxes = list[tuple[str, list[Entry]]]

YIELD_EVERY = 0.010
"""Seconds a fold may hold the event loop: heartbeats share it."""

MOST_TRIES = 12
"""Lost compare-and-sets in a row before somebody should look: with backoff that is seconds, not milliseconds."""

declare("machine.before_write", "folded, nothing written")
declare("machine.after_write", "state and outbox written together")


class Contended(Exception):
    """A document that other writers kept changing. Nothing of this input was written."""


@dataclass(slots=True)
class Worked(Generic[R]):
    """What a round of work came to: each subject's result, and the outboxes to publish."""

    results: dict[str, R]
    outboxes: Outboxes


class Absorbed(NamedTuple):
    """What became of records, by subject; the outboxes still to be published; and of the records that are folded,
    those that bear upon other subjects."""

    fates: dict[str, list[Fate]]
    outboxes: Outboxes
    bearing: list[Letter]


class Machine:
    """One service's machine over one collection of subject documents and one story."""

    def __init__(
        self, rules: Rules, *, codec: Codec, documents: Documents, publisher: Publisher, clock: Clock, topic: str,
        partitions: int, metrics: MachineMetrics, on_armed: Callable[[datetime], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self.rules = rules
        """Swapped for newer ones between batches."""
        self.documents, self.publisher, self.clock, self.metrics = documents, publisher, clock, metrics
        self.topic, self.partitions = topic, partitions
        self.stories: Collection[str] = {topic}
        """The topics of all stories that the service runs: of these its events may name subjects."""
        self.on_armed = on_armed
        """Told the earliest `due` of each write."""
        self._codec = codec

    def partition(self, subject: str) -> int:
        return partition_of(subject, self.partitions)

    async def absorb(self, groups: Mapping[str, Sequence[Letter]], kind: Replay = Replay.LIVE) -> Absorbed:
        """Fold records of the story, grouped by subject, each subject's in order. The outboxes are still to be
        published, which may go on beside the next batch.

        Raises StoreDown when the store does not answer; nothing is lost by trying the same records again.
        """

        bears, bearing = borne(self.rules), dict[str, list[Letter]]()

        def fold(subject: Subject) -> list[Fate]:
            letters = groups[subject.id]
            fates = [subject.take(letter, kind) for letter in letters]
            if bears:
                bearing[subject.id] = [one for one in letters if one.heads.type in bears and subject.has(one)]
            return fates

        worked = await self._work(list(groups), fold)
        return Absorbed(worked.results, worked.outboxes, [letter for each in bearing.values() for letter in each])

    async def heed(
        self, groups: Mapping[str, Sequence[tuple[Letter, Event]]], kind: Replay
    ) -> tuple[dict[str, list[Fate]], Outboxes]:
        """Fold events of other subjects into those that they bear upon. The outboxes are still to be published. Raises
        StoreDown when the store does not answer; nothing is lost by trying again."""

        def fold(subject: Subject) -> list[Fate]:
            return [subject.heed(letter, kind, event) for letter, event in groups[subject.id]]

        worked = await self._work(list(groups), fold)
        return worked.results, worked.outboxes

    async def fire(self, documents: Sequence[Document], until: datetime) -> Outboxes:
        """Let the timers of these documents go off, as far as they are due at `until`. The outboxes are still to be
        published."""
        known = {document["_id"]: document for document in documents}
        return (await self._work(list(known), lambda subject: subject.fire(until), known)).outboxes

    async def settle(self, documents: Sequence[Document]) -> int:
        """After a rebuild: announce what these subjects should have announced by now."""
        known = {document["_id"]: document for document in documents}
        worked = await self._work(list(known), lambda subject: subject.settle(), known)
        await self.publisher.publish(worked.outboxes)
        return sum(worked.results.values())

    async def unparks(self, subject: str, letters: Sequence[Letter], passing: Collection[str] = ()) -> bool:
        """Whether folding a parked subject's records again would lift the mark. Nothing is written."""
        documents = await self.documents.read([subject])
        _, results = await self._folded([subject], lambda it: it.unpark(letters, passing), documents, ())
        return results[subject]

    async def unpark(self, subject: str, letters: Sequence[Letter], passing: Collection[str] = ()) -> bool:
        """Fold a parked subject's records again, in order, those in `passing` only for their sequence. True if that
        lifted the mark."""
        worked = await self._work([subject], lambda it: it.unpark(letters, passing))
        await self.publisher.publish(worked.outboxes)
        return worked.results[subject]

    async def order(
        self, commands: Mapping[str, Sequence[Command]]
    ) -> tuple[dict[str, list[Done | Exception]], Outboxes]:
        """Do commands, in one write per subject; one that can't be done comes back as its Refusal, one on which the
        rules broke as what they raised. The outboxes still have to be published: answer first.

        Raises StoreDown with the outcome unknown: the same command may be sent again, its key makes it safe.
        """

        def fold(subject: Subject) -> list[Done | Exception]:
            outcomes: list[Done | Exception] = []
            for command in commands[subject.id]:
                try:
                    outcomes.append(subject.command(command))
                except Exception as error:  # one command's failure is not that of those written with it
                    outcomes.append(error)
            return outcomes

        worked = await self._work(list(commands), fold)
        return worked.results, worked.outboxes

    async def _work(
        self, ids: Sequence[str], fold: Callable[[Subject], R], known: Mapping[str, Document] | None = None
    ) -> Worked[R]:
        documents = known if known is not None else await self.documents.read(ids)
        careful: set[str] = set()
        for attempt in range(MOST_TRIES):
            subjects, results = await self._folded(ids, fold, documents, careful)
            changes = [subject.change() for subject in subjects if subject.dirty]
            crashpoint("machine.before_write")
            if not changes or await self._written(changes, careful):
                crashpoint("machine.after_write")
                if armed := [change.sets["due"] for change in changes if "due" in change.sets]:
                    self.on_armed(min(armed))
                return Worked(results, [(s.id, s.to_publish) for s in subjects if s.pushes])
            await asyncio.sleep(min(0.001 * 2**attempt, 1.0))
            documents = await self.documents.read(ids)
        raise Contended(f"{len(ids)} documents, among them {ids[0]}, changed under every one of {MOST_TRIES} tries")

    async def _written(self, changes: Sequence[Change], careful: set[str]) -> bool:
        """Write; an unknown outcome counts as lost: reading again tells. What the store can't hold is named in
        `careful`, for the next fold to find out what it was; raises StoreDown if that was done already."""
        try:
            written = await self.documents.write(changes)
        except StoreDown:
            self.metrics.unknown_writes.inc()
            return False
        except Unfit as error:
            log.warning("not_kept", why=str(error))
            if careful.issuperset(error.whys):
                raise StoreDown(f"not even set aside can it be kept: {error}") from error
            careful.update(error.whys)
            return False
        self.metrics.conflicts.inc(not written)
        return written

    async def _folded(
        self,
        ids: Sequence[str],
        fold: Callable[[Subject], R],
        documents: Mapping[str, Document],
        careful: Collection[str],
    ) -> tuple[list[Subject], dict[str, R]]:
        now, real_now = self.clock.now(), truncated(datetime.now(UTC))
        setting = self._setting(now, real_now, careful)
        subjects, results = [], {}
        started = time.perf_counter()
        for id in ids:
            subject = Subject(setting, id, self.partition(id), documents.get(id))
            results[id] = fold(subject)
            subjects.append(subject)
            if time.perf_counter() - started > YIELD_EVERY:
                await asyncio.sleep(0)
                started = time.perf_counter()
        return subjects, results

    def _setting(self, now: datetime, real_now: datetime, careful: Collection[str] = ()) -> Setting:
        rules = self.rules
        again = [f"db:{collection}" for collection in remade(rules)]
        return Setting(
            rules, self._codec, self.topic, now, real_now, careful, self.stories, borne(rules), lasting(rules), again
        )

    def bears_upon(self, letter: Letter) -> tuple[Event, list[tuple[str, str]]]:
        """Read an event, and which subjects of which story it bears upon. Raises whatever codec or rules do."""
        setting = self._setting(self.clock.now(), truncated(datetime.now(UTC)))
        event = setting.event(letter)
        return event, list(outcomes.concerned(setting, event))
