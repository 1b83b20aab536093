"""Commands of an API: many requests, one journaled write."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from sanfu.runtime.fold import Done
from sanfu.runtime.machine import Contended, Machine, Outboxes
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.rules import Command
from sanfu.runtime.store import Entry, StoreDown

log = structlog.get_logger()

MOST = 200
"""Documents in one write: beyond that a write takes longer than it saves."""
MOST_UNSENT = 2000
"""Outboxes that wait to be published, seconds of work; what comes beyond stands in the store, for the sweeper."""

_Waiting = tuple[str, Command, "asyncio.Future[Done]"]


@dataclass(slots=True)
class Commands:
    """Takes commands from any number of requests and writes them in groups.

    A group goes at once if none is under way; what comes meanwhile goes with the next, whose write costs the database
    hardly more. (Two at a time, half as large, made a tenth less of two cores.) Commands on one subject keep their
    order. The answer comes when the command is journaled; publishing follows, many groups in one pass.
    """

    machine: Machine
    closed: Callable[[], str | None] = lambda: None
    """Says why no command can be taken now, if so."""
    _waiting: list[_Waiting] = field(default_factory=list)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _writing: bool = False
    _unsent: dict[str, list[Entry]] = field(default_factory=dict)
    _publishing: bool = False

    async def do(self, subject: str, command: Command) -> Done:
        """Do a command. Raises Refusal when it can't be done, Unavailable when nobody can say whether it was: the
        same command with the same key is safe to send again."""
        if why := self.closed():
            raise Unavailable(why)
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._waiting.append((subject, command, future))
        self._start()
        return await future

    @property
    def pending(self) -> int:
        return len(self._waiting) + len(self._tasks)

    async def drain(self) -> None:
        """Wait until all that was taken is written and publishing was tried."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def _start(self) -> None:
        if not self._writing and (group := self._next_group()):
            self._writing = True
            self._track(asyncio.ensure_future(self._write(group)))

    def _track(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _next_group(self) -> dict[str, list[_Waiting]]:
        group: dict[str, list[_Waiting]] = defaultdict(list)
        kept: list[_Waiting] = []
        for one in self._waiting:
            subject = one[0]
            if len(group) >= MOST and subject not in group:
                kept.append(one)
            else:
                group[subject].append(one)
        self._waiting = kept
        return group

    async def _write(self, group: dict[str, list[_Waiting]]) -> None:
        outboxes: Outboxes = []
        try:
            asked = {subject: [command for _, command, _ in ones] for subject, ones in group.items()}
            results, outboxes = await self.machine.order(asked)
            for subject, ones in group.items():
                for (_, _, future), outcome in zip(ones, results[subject], strict=True):
                    _answer(future, outcome)
        except (StoreDown, Contended) as error:
            log.warning("commands_unanswered", count=sum(map(len, group.values())), why=str(error))
            _fail(group, Unavailable("the database does not answer; send the same request again", retry_after=2))
        except Exception as error:
            _fail(group, error)
        finally:
            self._writing = False
            self._start()
        if len(self._unsent) < MOST_UNSENT:
            self._unsent.update(outboxes)
        if self._unsent and not self._publishing:
            self._publishing = True
            self._track(asyncio.ensure_future(self._publish()))

    async def _publish(self) -> None:
        """Publish what was written: while one pass is under way, the next gathers."""
        try:
            while self._unsent:
                outboxes, self._unsent = list(self._unsent.items()), {}
                await self.machine.publisher.publish(outboxes)
        except Exception as error:  # it was answered, and stands in the outbox: whatever it was, the sweeper goes on
            log.warning("left_for_the_sweeper", why=f"{type(error).__name__}: {error}")
        finally:
            self._publishing = False


def _answer(future: "asyncio.Future[Done]", outcome: Done | Exception) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _fail(group: dict[str, list[_Waiting]], error: Exception) -> None:
    for ones in group.values():
        for _, _, future in ones:
            if not future.done():
                future.set_exception(error)
