"""Concerns: what one subject's event does to others. It is folded into each subject that it names, once.

When a record is folded in its own subject's document, and before its position is noted, it is folded into those that
it bears upon: so a crash in between brings it again, and `heeded` in each document knows what came before. It is the
record that counts, not the decision: an own event comes by here, too, when it is read back; what is not in the story
bears upon nobody yet.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import structlog

from sanfu.contracts.envelope import Event
from sanfu.contracts.names import dead_letter_topic
from sanfu.runtime.broker import Broker, BrokerDown, Outgoing
from sanfu.runtime.consuming import Rebuilding
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.fold import Fate
from sanfu.runtime.letters import Letter, Replay
from sanfu.runtime.lines import Line
from sanfu.runtime.machine import Machine

log = structlog.get_logger()

declare("concerns.before_fold", "an event's own document written, those that it concerns not")
declare("concerns.after_fold", "an event's own document and those that it concerns written, the position not noted")

AT_ONCE = 500
"""Documents in one write: an event may name thousands."""

Groups = Mapping[str, Sequence[tuple[Letter, Event]]]


class Concerns:
    """Folds events into the subjects that they bear upon, in whichever of a service's stories these are."""

    def __init__(self, lines: Mapping[str, Line], broker: Broker) -> None:
        self._lines, self._broker = lines, broker

    async def rebuilding(self) -> bool:
        """Whether anything of this service is being rebuilt, in this process or another. Raises StoreDown."""
        return any([await line.rebuilding() for line in self._lines.values()])

    async def fold(self, machine: Machine, letters: Sequence[Letter], kind: Replay) -> None:
        """Fold records of a machine's story, in the order in which they were read. What follows is published by
        whoever holds it next, if it can't be now.

        Raises StoreDown or BrokerDown when nobody can say what was done: the same may be done again. Raises
        Rebuilding, and decides nothing, while a subject that is named is being rebuilt.
        """
        stories = await self._by_story(machine, letters)
        if kind is Replay.LIVE:
            for topic, groups in stories.items():
                await self._check(self._lines[topic], groups)
        crashpoint("concerns.before_fold")
        for topic, groups in stories.items():
            for page in _pages(groups):
                await self._heed(self._lines[topic].machine, page, kind)
        crashpoint("concerns.after_fold")

    async def _by_story(self, machine: Machine, letters: Sequence[Letter]) -> dict[str, Groups]:
        found: dict[str, dict[str, list[tuple[Letter, Event]]]] = defaultdict(lambda: defaultdict(list))
        for letter in sorted(letters, key=lambda one: (one.record.partition, one.record.offset)):
            try:
                event, named = machine.bears_upon(letter)
            except Exception as error:  # it was folded once, by other rules: its own subject has nothing to wait for
                await self._put_away(machine, letter, f"{type(error).__name__}: {error}")
                continue
            for topic, subject in named:
                found[topic][subject].append((letter, event))
        return {topic: dict(groups) for topic, groups in found.items()}

    async def _put_away(self, machine: Machine, letter: Letter, why: str) -> None:
        log.error("concerns_unreadable", topic=machine.topic, id=letter.heads.id, why=why)
        headers = [*letter.record.headers, ("sanfu_reason", why.encode(errors="replace")[:500])]
        topic = dead_letter_topic(machine.rules.service)
        if not all(await self._broker.publish([Outgoing(topic, letter.heads.subject, letter.record.value, headers)])):
            raise BrokerDown("the dead-letter topic does not take records")
        machine.metrics.dead_letters.labels("unreadable").inc()

    async def _check(self, line: Line, groups: Groups) -> None:
        """A subject that is not rebuilt yet must not decide: what it told once would be told again, otherwise."""
        wanted = {line.machine.partition(subject) for subject in groups}
        here = line.reader.partitions
        away = wanted - here.keys()
        marks = await line.documents.marks() if away else {}
        behind = [number for number in wanted & here.keys() if here[number].rebuild_until is not None]
        behind += [n for n in away if (mark := marks.get(str(n))) is None or mark.rebuild_until is not None]
        if behind:
            raise Rebuilding(f"{line.topic}: partitions {sorted(behind)} are not rebuilt yet")

    async def _heed(self, machine: Machine, page: Groups, kind: Replay) -> None:
        fates, outboxes = await machine.heed(page, kind)
        await machine.publisher.publish(outboxes)
        counts: dict[Fate, int] = defaultdict(int)
        for subject, each in fates.items():
            for fate in each:
                counts[fate] += 1
            if Fate.PARKED in each:
                log.error("subject_parked", topic=machine.topic, subject=subject)
        for fate, count in counts.items():
            machine.metrics.concerns.labels(fate.value).inc(count)
        machine.metrics.dead_letters.labels("parked").inc(counts[Fate.PARKED])


def _pages(groups: Groups) -> Iterator[Groups]:
    subjects = list(groups)
    for at in range(0, len(subjects), AT_ONCE):
        yield {subject: groups[subject] for subject in subjects[at : at + AT_ONCE]}
