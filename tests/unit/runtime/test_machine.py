"""The machine over its parts: what it publishes, and when it folds again. On memory parts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from sanfu.runtime.broker import Incoming, partition_of
from sanfu.runtime.letters import read_letter
from sanfu.runtime.memory import Fault, MemoryBroker, MemoryDocuments
from sanfu.runtime.store import Change
from tests.support import toy
from tests.support.eventually import eventually
from tests.support.toy_machine import Process

ELSEWHERE = next(s for s in "abcdefgh" if partition_of(s, 4) != partition_of("s-1", 4))


def answers(broker: MemoryBroker, subject: str) -> list[bytes | None]:
    records = [r for log in broker.topics[toy.STORY] for r in log]
    return [r.value for r in records if r.key == subject]


async def test_what_could_not_be_published_goes_before_what_follows_it() -> None:
    process = Process()
    process.broker.fail_next.append(Fault.REFUSED)
    await process.absorb([toy.asked("s-1", 1, 1), toy.asked(ELSEWHERE, 1, 1)])
    assert answers(process.broker, "s-1") == []
    await process.absorb([toy.asked("s-1", 2, 2)])
    assert answers(process.broker, "s-1") == [b'{"value":2}', b'{"value":4}']


@dataclass(slots=True)
class Overtaken(MemoryDocuments):
    """Lets another writer come first, once."""

    other: Change | None = None
    writes: list[int] = field(default_factory=list)

    async def write(self, changes: Sequence[Change]) -> bool:
        if self.other is not None:
            other, self.other = self.other, None
            assert self._apply(other)
        self.writes.append(len(changes))
        return await MemoryDocuments.write(self, changes)


async def test_a_lost_compare_and_set_is_folded_again_on_what_the_other_wrote_and_the_rest_is_not_done_twice() -> None:
    documents = Overtaken()
    process = Process(documents=documents)
    await process.absorb([toy.asked("s-1", 1, 1), toy.asked(ELSEWHERE, 1, 1)])
    seen = {**documents.documents["s-1"]["seen"], "other": 1}
    documents.other = Change("s-1", 1, {"ver": 2, "seen": seen})
    await process.absorb([toy.asked("s-1", 2, 2), toy.asked(ELSEWHERE, 2, 2)])
    assert documents.documents["s-1"]["seen"] == {"asker": 2, "other": 1}
    assert (documents.documents["s-1"]["answers"], documents.documents[ELSEWHERE]["answers"]) == ([2, 4], [2, 4])
    assert process.machine.metrics.conflicts._value.get() == 1


async def test_one_subject_that_fails_leaves_the_others_of_its_batch_alone() -> None:
    process = Process()
    await process.absorb([toy.asked("s-1", 1, 1, poison=True), toy.asked(ELSEWHERE, 1, 1)])
    assert isinstance(process.documents, MemoryDocuments)
    assert "parked" in process.documents.documents["s-1"]
    assert process.documents.documents[ELSEWHERE]["answers"] == [2]
    assert [r.key for r in process.broker.topics[toy.DEAD][0]] == ["s-1"]


async def test_two_machines_that_fold_the_same_records_at_once_make_each_event_once() -> None:
    one = Process()
    two = Process(one.broker, one.documents, one.clock)
    records = [toy.asked(f"s-{n % 7}", n // 7 + 1, n) for n in range(70)]
    await asyncio.gather(*(process.absorb(records[at : at + 10]) for at in range(0, 70, 10) for process in (one, two)))
    for process in (one, two):
        await process.absorb(records)  # what fell behind a hole comes again
    for n in range(7):
        assert len(set(answers(one.broker, f"s-{n}"))) == 10
    contents: dict[bytes, set[bytes | None]] = {}
    for record in (r for log in one.broker.topics[toy.STORY] for r in log):
        contents.setdefault(dict(record.headers)["ce_id"], set()).add(record.value)
    assert len(contents) == 70
    assert all(len(each) == 1 for each in contents.values())


async def test_a_fold_that_takes_long_lets_the_loop_breathe() -> None:
    process = Process()
    groups = {}
    for n in range(3000):
        record = toy.asked(f"s-{n}", 1, n)
        groups[f"s-{n}"] = [read_letter(Incoming(record.topic, 0, 0, record.key, record.value, record.headers))]
    turns = 0

    async def beating() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    heart = asyncio.ensure_future(beating())
    await eventually(lambda: turns > 0)
    before = turns
    await process.machine._folded(list(groups), lambda subject: subject.take(groups[subject.id][0]), {}, ())
    assert turns > before
    heart.cancel()
