"""Posts the records of a unit's topic to its hook: in order for each issue, each until it is taken or parked.

A record that is not taken holds back only what follows it of its own issue: a receiver that breaks on one record still
hears of all other issues. An endpoint that takes nothing is left alone after some failures, and then asked with one
record at a time; what it may have had of a record that it did not answer for, it gets again, under the same id.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from sanfu.contracts.envelope import instant
from sanfu.notify.domain import hooks as steps
from sanfu.notify.domain.breaker import Breaker
from sanfu.notify.domain.delivery import Lost, Outcome, Rejected, Retry, Sent
from sanfu.notify.domain.hooks import HookRecord
from sanfu.notify.domain.place import said_of
from sanfu.notify.hook_ports import AT_ONCE, Answer, HookEndpoint, HookSeen, HookStore
from sanfu.notify.metrics import HookMetrics
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.store import StoreDown

log = structlog.get_logger()

declare("notify.hook_sent", "an endpoint has a record of its unit, which still waits")

REST = 2.0
"""Seconds an idle hook waits for somebody to poke it: what another process read of its topic waits no longer."""
SEEN_EVERY = 5.0
HELD_FOR = timedelta(seconds=30)
"""A hook that nobody posts to any more is another's after so long. Far longer than a call may take."""
IN_A_ROW = 20
"""Records of one issue that go before others get their turn."""
LONGEST_WISH = 3600.0
"""Seconds for which an endpoint may ask to be left alone: `Retry-After` of a day would park all it was to get."""
GONE = "http_410"
TEST = "sanfu.hook.test.v1"
"""The type of an event that is on no topic."""


@dataclass(slots=True)
class HookPost:
    """One hook of this process. `now` is the machine's own clock: a business clock may stand still."""

    unit: str
    endpoint: HookEndpoint
    store: HookStore
    metrics: HookMetrics
    holder: str
    now: Callable[[], datetime]
    tick: Callable[[], float] = time.monotonic
    breaker: Breaker = field(default_factory=Breaker)
    why: str | None = None
    _under_way: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    _poked: asyncio.Event = field(default_factory=asyncio.Event)
    _seen: float = 0.0
    _mine: bool = False
    _is_gone: bool = False
    """The endpoint said so, in this life or one before; whatever comes for it is parked."""

    def poke(self) -> None:
        """Hear that there is something to post."""
        self._poked.set()

    async def run(self) -> None:
        """Work for ever. When cancelled, finish the calls under way and hang up."""
        pause = REST
        try:
            while True:
                self._poked.clear()
                try:
                    await self.turn()
                    pause = REST
                except StoreDown as error:
                    log.warning("hook_waits", unit=self.unit, why=str(error), seconds=pause)
                    pause = min(pause * 2, 30.0)
                await self._rest(pause)
        finally:
            if self._under_way:
                await asyncio.wait(self._under_way.values())
            await self.endpoint.close()

    async def turn(self) -> None:
        """Begin as many calls as the endpoint may have now, none for an issue that has one under way."""
        if not await self._held():
            return
        if self._is_gone and await self._still_gone():
            return
        at = self.tick()
        room = min(AT_ONCE, self.breaker.most) - len(self._under_way)
        if room <= 0 or self.breaker.rests_at(at):
            return
        until = self.now() + (steps.LONGEST_PAUSE if self.breaker.is_down else timedelta(0))
        busy = {*self._under_way}  # what ends while the store is asked may stand in its answer as if it had not
        for record in await self.store.ripe(self.unit, until, room + len(busy)):
            if record.issue not in busy and room > 0:
                room -= 1
                task = asyncio.ensure_future(self._of_issue(record))
                self._under_way[record.issue] = task
                task.add_done_callback(lambda done, issue=record.issue: self._over(issue, done))  # type: ignore[misc]

    async def test(self) -> Answer:
        """Post an event that is on no topic, to see what the endpoint says."""
        at = self.now()
        id = f"test-{hashlib.sha256(f'{self.unit} {at.timestamp()} {time.monotonic_ns()}'.encode()).hexdigest()[:20]}"
        headers = {
            "content-type": "application/json", "ce-specversion": "1.0", "ce-id": id, "ce-type": TEST,
            "ce-source": "/sanfu/notify", "ce-time": instant(at),
        }  # fmt: skip
        return await self.endpoint.post(headers, b'{"test": true}')

    async def unparked(self, limit: int) -> int:
        """Have up to so many parked records wait again, the oldest first, also where the endpoint was gone."""
        now = self.now()
        await self.store.see(self.unit, HookSeen(now, "new", None))
        self._is_gone = False
        found = await self.store.unpark(self.unit, now, limit)
        log.info("hook_records_resent", unit=self.unit, count=found)
        self.poke()
        return found

    # --- one issue after the other ----------------------------------------------------------------------------------

    async def _of_issue(self, record: HookRecord) -> None:
        """Post a record, and what follows it of its issue, for as long as they are taken."""
        found: HookRecord | None = record
        for _ in range(IN_A_ROW):
            if found is None or not await self._posted(found) or self.breaker.rests_at(self.tick()):
                break
            found = await self.store.next_of(self.unit, record.issue, self.now())

    async def _posted(self, record: HookRecord) -> bool:
        """Post a record and write what came of it; tell whether it was taken, or is out of the way."""
        answer = await self._answered(record)
        crashpoint("notify.hook_sent")
        was_down = self.breaker.rests > 0
        self._heard(answer)
        settled = self._settled(record, answer.outcome)
        await self.store.settle(settled)
        if answer.why == GONE:
            await self._gone()
        elif was_down and isinstance(answer.outcome, Sent):
            await self.store.hurry(self.unit, self.now())
        if settled.state == "parked":
            log.error("hook_record_parked", unit=self.unit, record=record.event, why=settled.why)
        return settled.state != "waiting"

    async def _answered(self, record: HookRecord) -> Answer:
        try:
            return await self.endpoint.post(record.headers, record.body)
        except Exception as error:  # a record on which we break is parked in the end, and stops no other
            log.exception("hook_call_failed", unit=self.unit, record=record.event)
            return Answer(Lost("our_fault"), type(error).__name__, 0.0)

    def _settled(self, record: HookRecord, outcome: Outcome) -> HookRecord:
        now = self.now()
        match outcome:
            case Sent():
                return steps.done(record)
            case Retry(why, after, about="pace"):
                return steps.put_off(record, why, now + timedelta(seconds=min(after or 1.0, LONGEST_WISH)))
            case Retry(why) | Lost(why):
                return steps.failed(record, why, now)
            case Rejected(reason):
                return steps.failed(record, reason, now)

    def _heard(self, answer: Answer) -> None:
        before, now = self.breaker, self.tick()
        self.why = answer.why
        match answer.outcome:
            case Sent() | Rejected():
                self.breaker = before.succeeded(now)
            case Retry(_, after, about="pace"):
                self.breaker = before.slowed(now, min(after or 1.0, LONGEST_WISH))
            case Retry(_, after):
                self.breaker = before.failed(now, min(after, LONGEST_WISH))
            case Lost():
                self.breaker = before.failed(now)
        self.metrics.calls.labels(self.unit, type(answer.outcome).__name__.lower()).inc()
        if self.breaker.rests > before.rests:
            log.error("hook_rests", unit=self.unit, why=self.why, seconds=round(self.breaker.until - now, 1))
        elif before.rests and not self.breaker.rests:
            log.info("hook_is_back", unit=self.unit)

    def _over(self, issue: str, done: "asyncio.Task[None]") -> None:
        del self._under_way[issue]
        self.poke()
        if not done.cancelled() and (error := done.exception()) is not None:
            log.error("hook_not_settled", unit=self.unit, issue=issue, error=type(error).__name__)

    # --- whose it is, and how it does -------------------------------------------------------------------------------

    async def _held(self) -> bool:
        """Hold the hook, and see every few seconds to what nobody asks for: what a crash left behind its issue's own
        end, what was tried for too long, what is to be shown."""
        if self._mine and self.tick() - self._seen < SEEN_EVERY:
            return True
        now = self.now()
        self._mine = await self.store.claim(self.unit, self.holder, now, now + HELD_FOR)
        if self._mine:
            if self.breaker.rests and await self.store.park(self.unit, self.why or "unknown", now - steps.TRIED_FOR):
                log.error("hook_records_parked", unit=self.unit, why=self.why)
            await self.store.promote(self.unit, now)
            await self._shown()
            self._seen = self.tick()
        return self._mine

    async def _gone(self) -> None:
        log.error("hook_gone", unit=self.unit)
        self._is_gone = True
        await self.store.see(self.unit, HookSeen(self.now(), "gone", GONE, self.endpoint.mark))
        await self.store.park(self.unit, GONE, self.now())

    async def _still_gone(self) -> bool:
        """Park what came for it, unless an operator has said meanwhile, perhaps to another copy, that it is back; what
        they had sent again waits since a later instant."""
        now = self.now()
        await self._shown()
        if self._is_gone:
            await self.store.park(self.unit, GONE, now)
        return self._is_gone

    async def _shown(self) -> None:
        """Show how it does, and learn whether it is gone: an operator may have said since that it is not."""
        was_gone, seen = self._is_gone, HookSeen(self.now(), said_of(self.breaker, self.tick()), self.why)
        there = await self.store.show(self.unit, seen, self.endpoint.mark)
        if was_gone or not there:  # else it may have said so while the store was asked
            self._is_gone = not there

    async def _rest(self, seconds: float) -> None:
        """Until somebody pokes it; but what the endpoint asked for is not cut short by that."""
        wait = self.breaker.until - self.tick()
        try:
            async with asyncio.timeout(max(0.01, min(wait, seconds)) if wait > 0 else seconds):
                await self._poked.wait()
        except TimeoutError:
            return
