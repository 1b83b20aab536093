"""The play: reports come in, officers work on them, each act at its instant."""

import asyncio
import base64
import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from sanfu.contracts.envelope import instant
from sanfu.stack.demo import beside, replies, ways
from sanfu.stack.demo.answering import Answering, system_for
from sanfu.stack.demo.pace import Pace
from sanfu.stack.demo.reports import FoundOn, Report, body, party
from sanfu.stack.demo.rounds import rounds
from sanfu.stack.demo.script import Script
from sanfu.stack.demo.steps import PARTY, Case, Step
from sanfu.stack.demo.twists import Scene, Twists
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

    script: Script
    doors: Doors
    pace: Pace
    tell: Callable[[Progress], None]
    answering: Answering | None = None
    """How the systems of some units answer; without it their officers do what they would."""
    receipts: dict[str, Json] = field(default_factory=dict)
    acts: int = 0
    _found_on: dict[str, FoundOn] = field(default_factory=dict)
    """Report → at which entry of which list it is found."""
    _twists: Twists = field(default_factory=Twists)
    _agenda: list[tuple[datetime, int, Report, Step | None]] = field(default_factory=list)
    _tickets: "count[int]" = field(default_factory=count)
    _by_issue: dict[str, Report] = field(default_factory=dict)
    _cases: dict[str, Case] = field(default_factory=dict)
    """Issue → its case as it was last seen."""
    _next_at: dict[str, datetime] = field(default_factory=dict)
    """Issue → when somebody comes to it; those that rest are not in it."""
    _orders: set[str] = field(default_factory=set)
    """Supervision orders, each as it stood when it was looked after."""

    async def run(self, reports: Sequence[Report]) -> None:
        """Send all reports and play until no officer has anything left to do."""
        await self._open_lists(reports)
        for report in reports:
            self._plan(report.sent_at, report, None)
        while self._agenda:
            now = await self.pace.reach(self._agenda[0][0])
            acting = self._taken(now)
            await asyncio.gather(*(self._act(report, step) for report, step in acting))
            await self.pace.settle()
            await self._look_at_cases(now, [report for report, step in acting if step is None or not step.aside])
            await self._look_at_orders(now)
            self.tell(Progress(now, len(self.receipts), self.acts, len(self._by_issue) - len(self._next_at)))

    def _taken(self, now: datetime) -> list[tuple[Report, Step | None]]:
        """Take from the agenda all that is to be done by now, at most one act for an issue."""
        taken = []
        while self._agenda and self._agenda[0][0] <= now:
            _, _, report, step = heapq.heappop(self._agenda)
            taken.append((report, step))
        return taken

    # ── acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _act(self, report: Report, step: Step | None) -> None:
        if step is None:
            receipt = await self._send(report)
            self.receipts[report.id], self._by_issue[receipt["id"]] = receipt, report
        elif step.user == PARTY:
            await self._say(report, step)
        else:
            await self._order(report, step)

    async def _open_lists(self, reports: Sequence[Report]) -> None:
        """Make the lists on which reports will be found; what is refused at once is marked so."""
        pack, staffing = self.script.pack, self.script.staffing
        await self.pace.settle()  # a desk that has just come up has its partitions then
        for one in rounds(reports, pack, staffing):
            made = await self.doors.order(staffing.office(), "lists", "", one.opening(pack), one.key)
            for entry, report in enumerate(one.reports, 1):
                self._found_on[report.id] = FoundOn(made["id"], entry, one.holder)
            for mark in one.marks():
                await self.doors.order(one.holder, f"lists/{made['id']}", "mark", mark, f"{one.key}.{mark['entry']}")
        await self.pace.settle()

    async def _send(self, report: Report) -> Json:
        """Send a report by its way; what was found on a list is marked there as visited."""
        found, pack = self._found_on.get(report.id), self.script.pack
        told, key = body(report, pack, found), f"demo-{report.id:0>16}"
        if (form := ways.by_form(report, told)) is not None:
            return await self.doors.send_form(form, told["language"], key)
        if (posted := ways.by_open311(report, told, pack)) is not None:
            return await self.doors.send_open311(posted, told["language"], key)
        receipt = await self.doors.submit(told)
        if found is not None:
            mark = {"entry": found.entry, "result": "visited"}
            await self.doors.order(found.holder, f"lists/{found.affair}", "mark", mark, f"{report.id}.visited")
        return receipt

    async def _say(self, report: Report, step: Step) -> None:
        """What the party says on its own page, to which its number and phone let it."""
        who = party(report, self.script.pack)
        digits = who.phone[-4:] if who and who.phone else ""
        number, key = self.receipts[report.id]["receipt"], f"{report.id}.{instant(step.at)}"
        for command, said in step.orders:
            self.acts += 1
            await self.doors.say(number, digits, command, said, key)

    async def _order(self, report: Report, step: Step) -> None:
        issue = self.receipts[report.id]["id"]
        system = system_for(self.script.pack, step) if self.answering else None
        for number, (command, said) in enumerate(step.orders, 1):
            self.acts += 1
            if replies.PHOTO in said.get("evidence", ()):
                said = {**said, "evidence": [await self.doors.keep(step.user, issue, PICTURE)]}  # noqa: PLW2901
            key = f"{step.of or report.id}.{instant(step.at)}.{number}.{command}"
            if self.answering and system:
                await self.answering.answer(system, issue, command, said, key)
            else:
                await self.doors.order(step.user, step.of or f"cases/{issue}", command, said, key)

    # ── what comes next ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _look_at_cases(self, now: datetime, reports: Sequence[Report]) -> None:
        """Plan what comes next of these issues, and of those merged into what was handled now."""
        woken = await self._look(now, reports)
        if woken:
            await self._look(now, woken)

    async def _look(self, now: datetime, reports: Sequence[Report]) -> list[Report]:
        office, woken = self.script.staffing.office(), list[Report]()
        issues = [self.receipts[report.id]["id"] for report in reports]
        for issue in issues:
            self._next_at.pop(issue, None)
        cases = await asyncio.gather(*(self.doors.case(office, id) for id in issues))
        for report, case in zip(reports, cases, strict=True):
            step = self._next_step(report, case) if case else None
            if case and case["state"] == "handled":
                woken += [self._by_issue[id] for id in case["merged"]]
            if step is not None:
                self._plan(max(step.at, now), report, step)
        return woken

    def _next_step(self, report: Report, case: Case) -> Step | None:
        self._cases[case["id"]] = case
        busy = [(self._cases[id], at) for id, at in self._next_at.items() if id in self._cases]
        scene = Scene(self.script, report, case, busy)
        twist = None if beside.pending(self.script, case) else self._twists.next_step(scene, len(self.receipts))
        return twist or self.script.next_step(report, case)

    async def _look_at_orders(self, now: datetime) -> None:
        """Plan what comes next of the supervision orders that were raised, or answered, since the last look."""
        found = await self.doors.affairs(self.script.staffing.office(), "orders")
        fresh = {f"{one['id']} {one['state']}": one for one in found}
        for stand in sorted(fresh.keys() - self._orders):
            issue = fresh[stand]["concerns"][0]
            report = self._by_issue[issue]
            step = beside.on_order(self.script, report.id, self._cases[issue], fresh[stand])
            if step is not None:
                self._plan(max(step.at, now), report, step)
        self._orders |= fresh.keys()

    def _plan(self, at: datetime, report: Report, step: Step | None) -> None:
        heapq.heappush(self._agenda, (at, next(self._tickets), report, step))
        if step is not None and not step.aside:
            self._next_at[self.receipts[report.id]["id"]] = at
