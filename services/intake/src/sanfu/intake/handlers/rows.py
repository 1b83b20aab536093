"""What becomes of one row of a list: it is taken in, was there, or is bad. Tried only, it tells the same."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from sanfu.intake.domain import admission
from sanfu.intake.domain.lists import Reader, by_column
from sanfu.intake.domain.rules import refused
from sanfu.intake.handlers.submissions import Report, Sender, Submissions, of_account
from sanfu.runtime.clock import Clock
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.rules import Refusal
from sanfu.runtime.store import StoreDown

Bad = Mapping[int, Sequence[Mapping[str, str]]]
Outcome = str | list[dict[str, str]] | Exception
"""`taken`, `repeated`, `blank`; or what is wrong with the row; or what is down."""


@dataclass(slots=True)
class Rows:
    """The rows of one list. `dry`: nothing is taken in; `there` are then the reports that would be there by now, each
    with what tells its body from another's (100,000 take 30 MB), and `turns` keeps rows of one report in their
    order."""

    submissions: Submissions
    clock: Clock
    read: Callable[[Mapping[str, Any]], Report]
    reader: Reader
    sender: Sender
    dry: bool
    there: dict[str, str] = field(default_factory=dict)
    turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def take(self, row: list[str]) -> Outcome:
        """Take one row in, or try it."""
        if not any(cell.strip() for cell in row):
            return "blank"
        given, wrong = self.reader.report(row, self.reader.pack.day(self.clock.now()))
        if wrong:
            return by_column(wrong, self.reader.head)
        try:
            report = of_account(self.read(given), self.sender)
            repeated = await (self._try(report) if self.dry else self._submit(report))
        except Refusal as refusal:
            return _told(refusal, self.reader.head.names)
        except (StoreDown, Unavailable) as error:
            return error
        return "repeated" if repeated else "taken"

    async def _submit(self, report: Report) -> bool:
        received = await self.submissions.submit(report, self.sender, None, self.reader.pack.receipt_prefix)
        return received.repeated

    async def _try(self, report: Report) -> bool:
        """Tell whether the report would be there already. Raises Refusal as taking it in would."""
        pack, under = self.reader.pack, self.submissions.known_as(report, self.sender, None)
        wrong = [*admission.faults(report, pack.channels[self.reader.channel], pack, self.clock.now())]
        async with self.turns.setdefault(under.issue, asyncio.Lock()):
            there = self.there.get(under.issue) or await self.submissions.before(under.issue)
            if there is not None:
                self.there[under.issue] = there
                return under.repeats(there)
            if wrong:
                raise refused(wrong)
            self.there[under.issue] = under.digest
            return False


def _told(refusal: Refusal, names: Mapping[str, str]) -> list[dict[str, str]]:
    """What is wrong with a row, by the headers of its list: of what the API would have answered."""
    errors = refusal.more.get("errors") or [{"field": "$", "problem": refusal.slug, "expected": refusal.detail}]
    return [{**each, "column": names.get(each["field"].removeprefix("$."), "")} for each in errors]
