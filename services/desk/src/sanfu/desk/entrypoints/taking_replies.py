"""Reads all units' replies topics: each record to its end, in the order of its key, before its offset is noted.

What was done is known again by its id, however often it comes: so a crash anywhere only has records read again. Store
or broker away: it waits. No record keeps another waiting for ever: what can't be done goes back to its unit.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

import structlog

from sanfu.contracts import names
from sanfu.desk.entrypoints.reading_replies import read
from sanfu.desk.metrics import ReplyMetrics
from sanfu.desk.replies import URN, Replies, Taken, Unusable
from sanfu.runtime.broker import Broker, BrokerDown, Family, Incoming, Outgoing
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.machine import Contended
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.reading import reading
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()

BATCH: Final = 200
MEASURE_EVERY: Final = 2.0
"""Seconds between two looks how much there is still to take."""
AWAY: Final = (StoreDown, BrokerDown, Unavailable, Contended)

declare("desk.replies_taken", "a batch of replies done or refused, its dead letters not sent, its offsets not noted")
declare("desk.replies_sent_back", "its dead letters sent, too; its offsets not noted")

Heard = Callable[[], Awaitable[None]]
T = TypeVar("T")


@dataclass(slots=True)
class ReplyReader:
    """Reads replies for as long as it runs. `hear` returns when all that the story has told by now is folded."""

    replies: Replies
    broker: Broker
    family: Family
    hear: Heard
    metrics: ReplyMetrics
    _measured: float = 0.0

    async def run(self) -> None:
        """Read for ever. Raises Fenced when this process has lost its place."""
        await reading(self.family, self._turn, "replies_wait")

    async def _turn(self) -> None:
        records = await self.family.poll(BATCH, 0.2)
        if time.monotonic() - self._measured > MEASURE_EVERY:
            self._measured = time.monotonic()
            self.metrics.lag.set(await self.family.lag())
        if records:
            with self.metrics.holding():
                await self._take_all(records)

    async def _take_all(self, records: Sequence[Incoming]) -> None:
        heard = _Once(self.hear)
        groups: dict[str | None, list[Incoming]] = defaultdict(list)
        for record in records:
            groups[record.key].append(record)
        found = await asyncio.gather(*(self._in_turn(group, heard) for group in groups.values()))
        crashpoint("desk.replies_taken")
        for letters in found:
            for letter in letters:
                await _patiently(partial(self._send_back, letter))
        crashpoint("desk.replies_sent_back")
        await self.family.commit({(one.topic, one.partition): one.offset + 1 for one in records})

    async def _in_turn(self, records: Sequence[Incoming], heard: Heard) -> list[Outgoing]:
        """Take the replies about one issue; return what goes back to their units."""
        letters: list[Outgoing] = []
        for record in records:
            try:
                taken = await _patiently(partial(self._take, record, heard))
            except Unusable as error:
                self.metrics.taken("dead", error.slug)
                letters.append(_letter(record, error))
            else:
                self.metrics.taken(*taken)
        return letters

    async def _take(self, record: Incoming, heard: Heard) -> Taken:
        try:
            return await self.replies.take(read(record), heard)
        except (Unusable, *AWAY):
            raise
        except Exception:  # a record on which we break goes back, and the next one is taken
            log.exception("reply_not_taken", topic=record.topic, offset=record.offset)
            raise Unusable(500, "internal-error", "This is our fault, and on our record: ask the operators.") from None

    async def _send_back(self, letter: Outgoing) -> None:
        """Put a record onto its unit's dead-letter topic. Raises BrokerDown if that has to be tried again."""
        if (await self.broker.publish([letter]))[0]:
            return
        too_long = self.broker.oversized.pop((letter.topic, letter.key), None) is not None
        if too_long and letter.value is not None:
            more = ("sanfu_bytes", b"%d" % len(letter.value))
            await self._send_back(letter._replace(value=None, headers=[*letter.headers, more]))
        elif too_long or await self.broker.partitions(letter.topic) is None:
            log.error("reply_sent_back_to_nobody", topic=letter.topic, key=letter.key)
        else:
            raise BrokerDown(f"{letter.topic} does not take records")


@dataclass(slots=True)
class _Once:
    """Has something happen before whoever asks goes on: for all who ask, once."""

    act: Heard
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _done: bool = False

    async def __call__(self) -> None:
        async with self._lock:
            if not self._done:
                await self.act()
                self._done = True


async def _patiently(act: Callable[[], Awaitable[T]]) -> T:
    """Do something, again and again while store or broker is away."""
    pause = 0.1
    while True:
        try:
            return await act()
        except AWAY as error:
            log.warning("replies_wait", why=str(error), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)


def _letter(record: Incoming, why: Unusable) -> Outgoing:
    """Make the record that goes back: as it came, with the problem, in words, and where it stood."""
    more = {"sanfu_problem": f"{URN}{why.slug}", "sanfu_reason": why.detail, "sanfu_offset": str(record.offset)}
    headers = [*record.headers, *((name, text.encode()[:1000]) for name, text in more.items())]
    back = names.refused_replies_topic(names.replying_unit(record.topic))
    return Outgoing(back, record.key or "", record.value, headers)
