"""Take in lists, row by row: each row is a report of its own, and is taken once however often its list is sent.

One list at a time. How far it has come is written down after every batch: who sends the same file again goes on there.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any, Never

import structlog

from sanfu.city.listed import LOOKED
from sanfu.city.model import Pack
from sanfu.contracts.envelope import instant
from sanfu.intake.domain import admission
from sanfu.intake.domain.lists import Reader, by_column
from sanfu.intake.domain.rules import refused
from sanfu.intake.handlers.submissions import Report, Sender, Submissions, of_account
from sanfu.intake.ports import Import, ImportLog, Tables
from sanfu.runtime.clock import Clock
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.rules import Refusal
from sanfu.runtime.sheets import NotATable
from sanfu.runtime.store import StoreDown
from sanfu.runtime.unnamed import path_of

log = structlog.get_logger()

BATCH = 200
"""Rows between two notes of how far it is: as many as one group commit holds."""
BREATH = 8
"""Rows after which the loop may do something else: some milliseconds."""
AGAIN_AFTER = 1.0
MOST_WAITING = 8
"""Lists that may wait, each a file of up to the limit."""

Bad = Mapping[int, Sequence[Mapping[str, str]]]


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
    """Lists under way. `read` makes a report of what a row holds, as the API does, or raises Refusal."""

    log: ImportLog
    submissions: Submissions
    tables: Tables
    clock: Clock
    read: Callable[[Mapping[str, Any]], Report]
    waiting: dict[str, _Waiting] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin(self, pack: Pack, file: IO[bytes], name: str, sender: Sender, *, dry: bool) -> Import:
        """Begin, or go on with, the list in a file that has no name any more, and is closed when it is done with: so
        nothing stays behind, however this process ends. Raises Refusal, StoreDown."""
        path = path_of(file)
        id = await asyncio.to_thread(_id, path, sender, dry)
        known = await self.log.known(id)
        if known is not None and (known.state == "done" or id in self.waiting):
            file.close()
            return known
        if len(self.waiting) >= MOST_WAITING:
            raise Refusal(429, "too-many-lists", f"{MOST_WAITING} lists wait already.", retry_after=30)
        reader, expected = await asyncio.to_thread(self._looked_at, pack, path, sender.channel)
        head = reader.head
        columns = {header: of for of, header in head.names.items()}
        fresh = Import(
            id, sender.channel, name, dry, "waiting", columns, head.ignored, max(0, expected - head.line),
            instant(self.clock.now()),
        )  # fmt: skip
        one = replace(known, state="waiting", problem=None) if known else fresh
        await self.log.note(one, {})
        self.waiting[id] = _Waiting(file, sender, reader)
        self.woken.set()
        return one

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
        """Take in what waits, one list after the other, for ever."""
        while True:
            self.woken.clear()
            while self.waiting:
                id, one = next(iter(self.waiting.items()))
                try:
                    await self._take(id, one)
                except (StoreDown, Unavailable) as error:
                    log.warning("import_waits", why=str(error))
                    await asyncio.sleep(AGAIN_AFTER)
                    continue
                del self.waiting[id]
                one.file.close()
            await self.woken.wait()

    async def _take(self, id: str, one: _Waiting) -> None:
        """Go through a list from where it has come. Raises StoreDown, Unavailable: then again, from there."""
        at = await self.log.known(id)
        if at is None:
            return
        at = replace(at, state="running")
        start = one.reader.head.line + at.rows
        rows = enumerate(self.tables.rows(one.path), 1)
        try:
            await asyncio.to_thread(lambda: [*islice(rows, start, start)])
            while batch := await asyncio.to_thread(_some, rows):
                at = await self._taken(at, one, batch)
        except NotATable as error:
            at = replace(at, state="failed", problem=str(error))
        except (StoreDown, Unavailable):
            raise
        except Exception as error:  # one list that nobody foresaw must not end intake
            log.exception("import_failed", id=id, rows=at.rows)
            at = replace(at, state="failed", problem=f"It can't be read on: {type(error).__name__}.")
        else:
            at = replace(at, state="done")
        await self.log.note(replace(at, ended_at=instant(self.clock.now())), {})
        log.info("import_ended", id=id, state=at.state, rows=at.rows, bad=at.bad)

    async def _taken(self, at: Import, one: _Waiting, batch: Sequence[tuple[int, list[str]]]) -> Import:
        tasks = []
        async with asyncio.TaskGroup() as group:
            for line, row in batch:
                tasks.append(group.create_task(self._row(one, row, dry=at.dry)))
                if line % BREATH == 0:
                    await asyncio.sleep(0)
        done = [task.result() for task in tasks]
        for outcome in done:
            if isinstance(outcome, Exception):
                raise outcome
        bad = {line: found for (line, _), found in zip(batch, done, strict=True) if isinstance(found, list)}
        at = replace(
            at, rows=at.rows + len(batch), taken=at.taken + done.count("taken"),
            repeated=at.repeated + done.count("repeated"), bad=at.bad + len(bad),
        )  # fmt: skip
        await self.log.note(at, bad)
        return at

    async def _row(self, one: _Waiting, row: list[str], *, dry: bool) -> str | list[dict[str, str]] | Exception:
        """Take in one row: what became of it, or what is wrong with it, or what is down."""
        if not any(cell.strip() for cell in row):
            return "blank"
        reader, head = one.reader, one.reader.head
        given, wrong = reader.report(row, reader.pack.day(self.clock.now()))
        if wrong:
            return by_column(wrong, head)
        try:
            report = of_account(self.read(given), one.sender)
            if dry:
                channel = reader.pack.channels[reader.channel]
                if found := [*admission.faults(report, channel, reader.pack, self.clock.now())]:
                    raise refused(found)
                return "taken"
            received = await self.submissions.submit(report, one.sender, None, reader.pack.receipt_prefix)
        except Refusal as refusal:
            return _told(refusal, head.names)
        except (StoreDown, Unavailable) as error:
            return error
        return "repeated" if received.repeated else "taken"


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


def _told(refusal: Refusal, names: Mapping[str, str]) -> list[dict[str, str]]:
    """What is wrong with a row, by the headers of its list: of what the API would have answered."""
    errors = refusal.more.get("errors") or [{"field": "$", "problem": refusal.slug, "expected": refusal.detail}]
    return [{**each, "column": names.get(each["field"].removeprefix("$."), "")} for each in errors]
