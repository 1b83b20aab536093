"""The play: reports come in, officers work on them, each act at its instant."""

import asyncio
import base64
import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from sanfu.city.model import Pack
from sanfu.contracts.envelope import instant
from sanfu.stack.demo import replies
from sanfu.stack.demo.pace import Pace
from sanfu.stack.demo.reports import Report, body
from sanfu.stack.demo.script import Script, Step
from sanfu.stack.doors import Doors, Json

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNQcEgAAAFEAMELjZZCAAAAAElFTkSuQmCC"
)
"""A picture of one dot: the demo has no camera."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the play is. `resting`: issues on which nobody will do anything more."""

    now: datetime
    sent: int
    acts: int
    resting: int


@dataclass(slots=True)
class Play:
    """One run. `receipts`: what intake answered for each report. The pace says how time goes on."""

    pack: Pack
    script: Script
    doors: Doors
    pace: Pace
    tell: Callable[[Progress], None]
    receipts: dict[str, Json] = field(default_factory=dict)
    acts: int = 0
    _resting: int = 0
    _agenda: list[tuple[datetime, int, Report, Step | None]] = field(default_factory=list)
    _tickets: "count[int]" = field(default_factory=count)

    async def run(self, reports: Sequence[Report]) -> None:
        """Send all reports and play until no officer has anything left to do."""
        for report in reports:
            self._plan(report.sent_at, report, None)
        while self._agenda:
            now = await self.pace.reach(self._agenda[0][0])
            acting = self._taken(now)
            await asyncio.gather(*(self._act(report, step) for report, step in acting))
            await self.pace.settle()
            for (report, _), step in zip(acting, await self._next_steps([report for report, _ in acting]), strict=True):
                self._go_on(now, report, step)
            self.tell(Progress(now, len(self.receipts), self.acts, self._resting))

    def _taken(self, now: datetime) -> list[tuple[Report, Step | None]]:
        """Take from the agenda all that is to be done by now, at most one act for an issue."""
        taken = []
        while self._agenda and self._agenda[0][0] <= now:
            _, _, report, step = heapq.heappop(self._agenda)
            taken.append((report, step))
        return taken

    async def _act(self, report: Report, step: Step | None) -> None:
        if step is None:
            self.receipts[report.id] = await self.doors.submit(body(report, self.pack))
            return
        issue = self.receipts[report.id]["id"]
        for command, said in step.orders:
            self.acts += 1
            if replies.PHOTO in said.get("evidence", ()):
                said = {**said, "evidence": [await self.doors.keep(step.user, issue, PICTURE)]}  # noqa: PLW2901
            await self.doors.order(step.user, issue, command, said, f"{report.id}.{instant(step.at)}.{command}")

    async def _next_steps(self, reports: Sequence[Report]) -> list[Step | None]:
        office = self.script.staffing.office()
        cases = await asyncio.gather(*(self.doors.case(office, self.receipts[report.id]["id"]) for report in reports))
        return [
            self.script.next_step(report, case) if case else None for report, case in zip(reports, cases, strict=True)
        ]

    def _go_on(self, now: datetime, report: Report, step: Step | None) -> None:
        if step is None:
            self._resting += 1
        else:
            self._plan(max(step.at, now), report, step)

    def _plan(self, at: datetime, report: Report, step: Step | None) -> None:
        heapq.heappush(self._agenda, (at, next(self._tickets), report, step))
