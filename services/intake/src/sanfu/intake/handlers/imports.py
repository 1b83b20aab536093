"""Take in lists, row by row: each row is a report of its own, and is taken once however often its list is sent.

One list at a time. How far it has come is written down after every batch: who sends the same file again goes on there.
Of several copies of intake one has a list's file, and says so while it lives; any of them tells how far the list is.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from secrets import token_hex
from typing import IO, Any, Final, Never

import structlog

from sanfu.city.listed import LOOKED
from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import instant
from sanfu.intake.domain.lists import Reader
from sanfu.intake.handlers.rows import Bad, Rows
from sanfu.intake.handlers.submissions import Report, Sender, Submissions
from sanfu.intake.ports import Import, ImportLog, Tables
from sanfu.runtime.clock import Clock
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.rules import Refusal
from sanfu.runtime.sheets import NotATable
from sanfu.runtime.store import StoreDown
from sanfu.runtime.unnamed import path_of

log = structlog.get_logger()

BATCH: Final = 200
"""Rows between two notes of how far it is: as many as one group commit holds."""
BREATH: Final = 8
"""Rows after which the loop may do something else: some milliseconds."""
AGAIN_AFTER: Final = 1.0
MOST_WAITING: Final = 8
"""Lists that may wait, each a file of up to the limit."""
ALIVE: Final = 15.0
"""Real seconds after which a copy of intake that has not noted anything counts as lost: a batch takes half of one."""
LOST: Final = "lost"
"""What the state is called of a list whose copy of intake is lost: its file has to be sent again."""


class _Overtaken(Exception):
    """Another copy of intake has the list by now."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    file: IO[bytes]
    sender: Sender
    reader: Reader

    @property
    def path(self) -> Path:
        return path_of(self.file)


@dataclass(slots=True)
class Imports:
    """Lists under way. `read` makes a report of what a row holds, as the API does, or raises Refusal. `real` tells real
    time; `copy` is this process among the copies of intake."""

    log: ImportLog
    submissions: Submissions
    tables: Tables
    clock: Clock
    read: Callable[[Mapping[str, Any]], Report]
    real: Callable[[], float] = time.time
    copy: str = field(default_factory=lambda: token_hex(8))
    waiting: dict[str, _Waiting] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin(self, pack: Pack, file: IO[bytes], name: str, sender: Sender, *, dry: bool) -> Import:
        """Begin, or go on with, the list in a file that has no name any more, and is closed when it is done with: so
        nothing stays behind, however this process ends. What was done with before is returned as it ended; only what
        was merely tried, or had bad rows by another pack, begins anew. Raises Refusal, StoreDown."""
        path = path_of(file)
        id = await asyncio.to_thread(_id, path, sender, dry)
        known = await self.log.known(id)
        if known is not None and (self._has_it(known) or _over(known, pack)):
            file.close()
            return known
        if len(self.waiting) >= MOST_WAITING:
            raise Refusal(429, "too-many-lists", f"{MOST_WAITING} lists wait already.", retry_after=30)
        reader, expected = await asyncio.to_thread(self._looked_at, pack, path, sender.channel)
        one = self._begun(known, Import(
            id, sender.channel, name, dry, "waiting", {header: of for of, header in reader.head.names.items()},
            reader.head.ignored, max(0, expected - reader.head.line), instant(self.clock.now()), pack=pack.version,
        ))  # fmt: skip
        if not await self.log.begin(one, known):
            file.close()
            return await self.log.known(id) or one
        self.waiting[id] = _Waiting(file, sender, reader)
        self.woken.set()
        return one

    def _begun(self, known: Import | None, fresh: Import) -> Import:
        """What broke off goes on where it was; all else from its first row."""
        if known is not None and not known.dry and known.state != "done":
            fresh = replace(known, state="waiting", problem=None, ended_at=None, pack=fresh.pack)
        return replace(fresh, copy=self.copy, alive=self._alive())

    def _has_it(self, one: Import) -> bool:
        """Tell whether some copy of intake, this one or another that lives, has a list's file."""
        return one.id in self.waiting or (one.under_way and self.real() < one.alive)

    def _alive(self) -> float:
        return self.real() + ALIVE

    async def known(self, id: str) -> Import | None:
        """Return how far a list is, whichever copy of intake has it. Raises StoreDown."""
        one = await self.log.known(id)
        lost = one is not None and one.under_way and not self._has_it(one)
        return replace(one, state=LOST, problem=_SEND_AGAIN) if one and lost else one

    def _looked_at(self, pack: Pack, path: Path, channel: str) -> tuple[Reader, int]:
        try:
            reader = Reader.of(pack, channel, [*islice(self.tables.rows(path), LOOKED)])
            if reader is None:
                raise _no_list(
                    f"Within {LOOKED} rows no head names a column of texts; the channel's form lists headers."
                )
            return reader, self.tables.expected(path)
        except NotATable as error:
            raise _no_list(str(error)) from error

    async def work(self) -> Never:
        """Take in what waits, one list after the other, for ever. When that ends, other copies may go on at once."""
        try:
            while True:
                self.woken.clear()
                while self.waiting:
                    await self._next()
                await self.woken.wait()
        finally:
            for one in self.waiting.values():
                one.file.close()
            with contextlib.suppress(StoreDown):
                await self.log.stay([*self.waiting], self.copy, 0.0)

    async def _next(self) -> None:
        id, one = next(iter(self.waiting.items()))
        try:
            await self._take(id, one)
        except _Overtaken:
            log.warning("import_overtaken", id=id)
        except (StoreDown, Unavailable) as error:
            log.warning("import_waits", why=str(error))
            await asyncio.sleep(AGAIN_AFTER)
            return
        del self.waiting[id]
        one.file.close()

    async def _take(self, id: str, one: _Waiting) -> None:
        """Go through a list from where it has come; one that is only tried, from its first row. Raises StoreDown,
        Unavailable: then again; _Overtaken."""
        at = await self.log.known(id)
        if at is None or at.copy != self.copy:
            raise _Overtaken
        at = replace(at, state="running")
        if at.dry:
            at = replace(at, rows=0, taken=0, repeated=0, bad=0)
        work = Rows(self.submissions, self.clock, self.read, one.reader, one.sender, dry=at.dry)
        start = one.reader.head.line + at.rows
        rows = enumerate(self.tables.rows(one.path), 1)
        try:
            await asyncio.to_thread(lambda: [*islice(rows, start, start)])
            while batch := await asyncio.to_thread(_some, rows):
                at = await self._taken(at, work, batch)
        except NotATable as error:
            at = replace(at, state="failed", problem=str(error))
        except (StoreDown, Unavailable, _Overtaken):
            raise
        except Exception as error:  # one list that nobody foresaw must not end intake
            log.exception("import_failed", id=id, rows=at.rows)
            at = replace(at, state="failed", problem=f"It can't be read on: {type(error).__name__}.")
        else:
            at = replace(at, state="done")
        await self._note(replace(at, ended_at=instant(self.clock.now())), {})
        log.info("import_ended", id=id, state=at.state, rows=at.rows, bad=at.bad)

    async def _taken(self, at: Import, work: Rows, batch: Sequence[tuple[int, list[str]]]) -> Import:
        tasks = []
        async with asyncio.TaskGroup() as group:
            for line, row in batch:
                tasks.append(group.create_task(work.take(row)))
                if line % BREATH == 0:
                    await asyncio.sleep(0)
        done = [task.result() for task in tasks]
        for outcome in done:
            if isinstance(outcome, Exception):
                raise outcome
        bad = {line: found for (line, _), found in zip(batch, done, strict=True) if isinstance(found, list)}
        at = replace(
            at, rows=at.rows + len(batch), taken=at.taken + done.count("taken"),
            repeated=at.repeated + done.count("repeated"), bad=at.bad + len(bad), alive=self._alive(),
        )  # fmt: skip
        await self._note(at, bad)
        await self.log.stay([*self.waiting], self.copy, at.alive)
        return at

    async def _note(self, at: Import, bad: Bad) -> None:
        if not await self.log.note(at, bad):
            raise _Overtaken


_SEND_AGAIN: Final = "The process that had its file is lost: send the same file again, it goes on here."


def _over(known: Import, pack: Pack) -> bool:
    """Tell whether a list is done with, and would be again: its bad rows by the same pack."""
    return known.state == "done" and not known.dry and (not known.bad or known.pack in ("", pack.version))


def _some(rows: Iterator[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    return [*islice(rows, BATCH)]


def _id(path: Path, sender: Sender, dry: bool) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(f"\0{sender.channel}\0{sender.party_code}\0{dry}".encode())
    return f"import-{digest.hexdigest()[:32]}"


def _no_list(detail: str) -> Refusal:
    error = {"field": "$", "problem": "not_a_list", "expected": detail}
    return Refusal(422, "not-a-list", detail, errors=[error])
