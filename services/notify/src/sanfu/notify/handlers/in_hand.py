"""Claimed messages on their way to the providers of one medium: as many calls at once as those bear, the others wait
for a place, critical ones before all else."""

import asyncio
import heapq
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sanfu.notify.domain.delivery import Delivery, Outcome, Retry
from sanfu.notify.handlers.carrier import Carrier
from sanfu.notify.ports import Message


@dataclass(frozen=True, slots=True, order=True)
class _Turn:
    """One that waits: who goes first, then what goes. Not begun by `begin_by` (rising clock), it is not begun."""

    later: bool
    number: int
    delivery: Delivery = field(compare=False)
    message: Message = field(compare=False)
    begin_by: float = field(compare=False)


@dataclass(slots=True)
class InHand:
    """`on_ended` hears when `many` calls have ended, and of each that ends while none waits for a place; what came of
    them is kept until `ended` is asked for."""

    carrier: Carrier
    on_ended: Callable[[], None]
    many: int
    _waiting: list[_Turn] = field(default_factory=list)
    _calls: set["asyncio.Task[Outcome]"] = field(default_factory=set)
    _ended: list[tuple[Delivery, "asyncio.Task[Outcome]"]] = field(default_factory=list)
    _taken: int = 0
    _stopping: bool = False

    def __len__(self) -> int:
        return self.waiting + len(self._calls) + len(self._ended)

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """No call is under way; then none waits for a place either."""
        return not self._calls

    def take(self, claimed: Sequence[Delivery], messages: Mapping[str, Message], begin_by: float) -> None:
        """Take these in hand; answer at once."""
        for one in claimed:
            self._taken += 1
            heapq.heappush(self._waiting, _Turn(not one.critical, self._taken, one, messages[one.id], begin_by))
        self._begin()

    def ended(self) -> list[tuple[Delivery, Outcome]]:
        """Hand over what has ended, and what came of it; it is in hand no more. Raises what a call should not have
        raised."""
        ended, self._ended = self._ended, []
        return [(delivery, call.result()) for delivery, call in ended]

    def stop(self) -> None:
        """Begin nothing more: what waits comes back as it was."""
        self._stopping = True

    async def finished(self) -> None:
        """Wait until all that is in hand has ended."""
        while not self.is_idle:
            await asyncio.wait(self._calls)

    def _begin(self) -> None:
        while self._waiting and len(self._calls) < self.carrier.width:
            one = heapq.heappop(self._waiting)
            call = asyncio.create_task(self._sent(one))
            self._calls.add(call)
            call.add_done_callback(lambda call, one=one: self._over(one.delivery, call))  # type: ignore[misc]

    def _over(self, delivery: Delivery, call: "asyncio.Task[Outcome]") -> None:
        self._calls.discard(call)
        self._ended.append((delivery, call))
        self._begin()
        if not self._waiting or len(self._ended) >= self.many:
            self.on_ended()

    async def _sent(self, one: _Turn) -> Outcome:
        if self._stopping or time.monotonic() > one.begin_by:
            return Retry("not_begun", counts=False)
        return await self.carrier.send(one.message)
