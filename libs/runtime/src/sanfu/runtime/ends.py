"""The story's end: since when it is known that all that was told has been read."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sanfu.runtime.broker import Subscription
from sanfu.runtime.clock import Clock
from sanfu.runtime.positions import Partition


@dataclass(slots=True)
class Ends:
    """Proves, for the partitions of one reader, that they were read to their end at some business instant or after."""

    partitions: Mapping[int, Partition]
    subscription: Subscription
    clock: Clock
    on_caught_up: Callable[[], None] = lambda: None

    def caught_up(self) -> dict[int, datetime]:
        """For each live partition: a business instant at or after which it had been read to its end."""
        return {
            number: partition.caught_up_at
            for number, partition in self.partitions.items()
            if partition.caught_up_at is not None and partition.rebuild_until is None
        }

    async def prove(self) -> None:
        """Ask the broker for the story's end: what is read so far is read to its end as of now. Raises BrokerDown."""
        now, ends = self.clock.now(), await self.subscription.ends()
        for number, partition in self.partitions.items():
            if partition.position >= ends.get(number, sys.maxsize):
                partition.caught_up_at = max(now, partition.caught_up_at or now)

    def ask(self) -> None:
        """Let this moment be one that the next fetches prove, where none waits for that."""
        moment = (time.time(), self.clock.now())
        for partition in self.partitions.values():
            if partition.asked is None:
                partition.asked = moment

    def answer(self) -> None:
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
