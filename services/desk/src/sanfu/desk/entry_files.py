"""Entries that come as a file, as somebody keeps the list: each row is one. A file is taken whole, or not at all; what
stands on the list already is passed over, so the same file twice, or a longer one, puts nothing there twice."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, Final

import orjson

from sanfu.city.calendar import Holidays
from sanfu.city.listed import LOOKED, Row
from sanfu.desk.affairs import Wish
from sanfu.desk.domain.affairs import lists as rules
from sanfu.desk.domain.affairs.entries import MOST, stands_there
from sanfu.desk.domain.affairs.rows import Reader
from sanfu.desk.domain.affairs.rules import offered
from sanfu.desk.domain.deeds.deed import Deed, refused, wrong
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.lists import Lists, masked
from sanfu.desk.ports import Document
from sanfu.runtime.fold import Done
from sanfu.runtime.rules import Refusal
from sanfu.runtime.sheets import NotATable, rows
from sanfu.runtime.unnamed import path_of

LARGEST: Final = 1024 * 1024
"""Bytes of a file: of a hundred entries it has some ten thousand."""
MOST_ROWS: Final = 1000
"""Rows that are read: of a longer file, most of what it says can't be on a list."""
OVERTAKEN: Final = "changed-meanwhile"


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says. `rows` that are not blank: each a new entry, one that is `repeated`, or bad."""

    entries: Sequence[Mapping[str, Any]]
    rows: int
    repeated: int
    bad: Sequence[Mapping[str, Any]]
    columns: Mapping[str, str]
    ignored: Sequence[str]


@dataclass(slots=True)
class EntryFiles:
    """Takes entries from files. `check` makes an entry of what a row says, as the API does, or raises Refusal."""

    lists: Lists
    check: Callable[[Mapping[str, Any]], dict[str, Any]]
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One file is read at a time: what it may hold in memory is much more than it is long."""

    async def add(
        self, who: Viewer, id: str, file: IO[bytes], always: Mapping[str, str], *, dry: bool
    ) -> tuple[Read, Done | None]:
        """Put on a list what a file says. Raises Refusal: 422 `bad-rows` that tells each; Unavailable."""
        while True:
            held = await self.lists.one(who, id)
            if "add" not in offered(held, self.lists.scope(who)):
                raise refused("not-now", f"Nothing is added by you to this list; it is {held['state']}.")
            read = await self.read(held["kind"], held["entries"], file, always)
            if dry or not (read.bad or read.entries):
                return read, None
            said = {"due": None, "entries": [*_good(read).entries]}
            digest = hashlib.sha256(orjson.dumps(said)).hexdigest()
            wish = Wish("add", said, f"file:{digest}:{held['ver']}", held["ver"])
            try:
                return read, await self.lists.act(who, id, wish)
            except Refusal as refusal:
                if refusal.slug != OVERTAKEN:
                    raise

    async def opening(self, kind: str, file: IO[bytes], always: Mapping[str, str]) -> Read:
        """Read what a list that is to be made begins with. Raises Refusal as `add` does."""
        read = _good(await self.read(kind, (), file, always))
        if not read.entries:
            raise wrong("entries", "missing", "a row at least below the head")
        return read

    async def read(self, kind: str, entries: Sequence[Document], file: IO[bytes], always: Mapping[str, str]) -> Read:
        """Read a file; what of it stands among these entries is repeated. Raises Refusal 422."""
        async with self._one:
            try:
                found = await asyncio.to_thread(self._read, kind, entries, path_of(file), always)
            except NotATable as error:
                raise _no_list(str(error)) from error
        if len(entries) + len(found.entries) > MOST:
            raise wrong("entries", "too_many", f"at most {MOST} on one list: open another")
        return found

    def _read(self, kind: str, entries: Sequence[Document], path: Path, always: Mapping[str, str]) -> Read:
        city, now = self.lists.affairs.desk.city, self.lists.affairs.desk.clock.now()
        deed = Deed({}, {}, {}, now, city.pack, Holidays())
        every = rows(path)
        first = [*islice(every, LOOKED)]
        reader = Reader.of(city.pack, first, always)
        if reader is None:
            known = ", ".join(city.pack.entry_columns)
            raise _no_list(f"Within {LOOKED} rows no head names what is to be done; known are: {known}.")
        good, bad, count, repeated = list[dict[str, Any]](), list[dict[str, Any]](), 0, 0
        for line, row in _below(reader.head.line, chain(first, every)):
            count += 1
            given, faults = reader.entry(row, deed.today)
            if not faults:
                given, faults = self._checked(deed, kind, given)
            if faults:
                bad += reader.told(faults, line)
            elif stands_there(kind, (*entries, *good), given):
                repeated += 1
            else:
                good.append(given)
        columns = {header: name for name, header in reader.head.names.items()}
        return Read(good, count, repeated, bad, columns, reader.head.ignored)

    def _checked(
        self, deed: Deed, kind: str, given: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[Mapping[str, str]]]:
        try:
            entry: dict[str, Any] = masked({"entries": [self.check(given)]})["entries"][0]
        except Refusal as refusal:
            return {}, [{**one, "field": one["field"].removeprefix("$.")} for one in refusal.more["errors"]]
        return entry, [*rules.faults(deed, kind, entry)]


def _below(head: int, every: Iterator[Row]) -> Iterator[tuple[int, Row]]:
    """Return the rows below the head that are not blank, with their lines."""
    count = 0
    for line, row in enumerate(every, 1):
        if line > head and any(cell.strip() for cell in row):
            count += 1
            if count > MOST_ROWS:
                raise NotATable(f"A file has at most {MOST_ROWS} rows, and a list {MOST} entries.")
            yield line, row


def _good(read: Read) -> Read:
    """Raises Refusal 422 that tells every bad row."""
    if read.bad:
        lines = len({one["line"] for one in read.bad})
        raise Refusal(422, "bad-rows", f"Nothing was taken: {lines} of {read.rows} rows are not right.",
                      errors=[*read.bad])  # fmt: skip
    return read


def _no_list(detail: str) -> Refusal:
    error = {"field": "$", "problem": "not_a_list", "expected": detail}
    return Refusal(422, "not-a-list", detail, errors=[error])
