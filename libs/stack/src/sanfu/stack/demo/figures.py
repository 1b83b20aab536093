"""The demo's figures, all asked of the running services, and whether those that tell the same story agree."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sanfu.contracts import names
from sanfu.stack.demo.staff import Staffing
from sanfu.stack.doors import Doors, Json

NEVER_LED = "ungraded"
"""Stands for the grade of what was answered or closed without any unit having led it."""
LIGHTS = ("yellow", "red")
SENT = ("sent", "delivered")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that two sources tell. `whose` names them."""

    what: str
    whose: str
    one: Any
    other: Any

    @property
    def holds(self) -> bool:
        return bool(self.one == self.other)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the demo ends with."""

    received: int
    assigned: Mapping[str, int]
    closed_in_time: Mapping[str, int]
    closed_late: Mapping[str, int]
    open: int
    lights: Mapping[str, Mapping[str, int]]
    """Light → clock → how often it went on."""
    sms: int
    emails: int
    dead_letters: int
    checks: Sequence[Check]

    @property
    def adds_up(self) -> bool:
        return all(check.holds for check in self.checks)

    def shown(self) -> Json:
        """Return them for machines."""
        return {
            "received": self.received,
            "assigned": dict(self.assigned),
            "closed_in_time": dict(self.closed_in_time),
            "closed_late": dict(self.closed_late),
            "open": self.open,
            **{light: sum(self.lights[light].values()) for light in LIGHTS},
            "sms": self.sms,
            "emails": self.emails,
            "dead_letters": self.dead_letters,
            "adds_up": self.adds_up,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """What each service said, before anything is made of it. `receipts`: receipt number → what intake shows for it."""

    receipts: Mapping[str, Json]
    cases: Sequence[Json]
    open_count: int
    clocks: Sequence[Json]
    deliveries: Sequence[Json]
    sms: int
    emails: int
    dead_letters: int


async def read(doors: Doors, staffing: Staffing, numbers: Iterable[str]) -> Figures:
    """Ask everybody, and reckon. Nothing may be on its way meanwhile."""
    return reckoned(await _asked(doors, staffing, list(numbers)))


async def _asked(doors: Doors, staffing: Staffing, numbers: Sequence[str]) -> Found:
    eyes = [user for user in (staffing.office(), staffing.liaison()) if user]
    cases, open_count = [], 0
    for user in eyes:  # what is sealed only the liaison sees, and nothing else
        listed = [*await doors.cases(user), *await doors.cases(user, state="closed")]
        cases += [one for one in await asyncio.gather(*(doors.case(user, each["id"]) for each in listed)) if one]
        open_count += (await doors.counts(user))["open"]
    receipts = await asyncio.gather(*map(doors.receipt, numbers))
    letters = await asyncio.gather(*map(doors.dead_letters, doors.services))
    return Found(
        receipts=dict(zip(numbers, receipts, strict=True)), cases=cases, open_count=open_count,
        clocks=await doors.clocks(), deliveries=await doors.deliveries(),
        sms=(await doors.messages("sms"))["total"], emails=(await doors.messages("mail"))["total"],
        dead_letters=sum(map(len, letters)),
    )  # fmt: skip


def reckoned(found: Found) -> Figures:
    """Make the figures, and hold those with two sources against each other."""
    closed = [case for case in found.cases if case["state"] == "closed"]
    late = [case for case in closed if case["in_time"] is False]
    in_time = [case for case in closed if case["in_time"] is not False]
    sent = Counter(one["medium"] for one in found.deliveries if one["state"] in SENT)
    return Figures(
        received=len(found.cases),
        assigned=_by(found.cases, "unit"),
        closed_in_time=_by(in_time, "grade", NEVER_LED),
        closed_late=_by(late, "grade", NEVER_LED),
        open=len(found.cases) - len(closed),
        lights={light: _lit(found.cases, light) for light in LIGHTS},
        sms=sent["sms"],
        emails=sent["email"],
        dead_letters=found.dead_letters,
        checks=_checks(found, len(closed)),
    )


def _by(cases: Iterable[Json], field: str, otherwise: str | None = None) -> dict[str, int]:
    counts = Counter(case[field] or otherwise for case in cases)
    return {name: number for name, number in sorted(counts.items(), key=lambda one: str(one[0])) if name is not None}


def _lit(cases: Iterable[Json], light: str) -> dict[str, int]:
    """Count the times that a light went on, by clock."""
    entries = (entry for case in cases for entry in case["history"] if entry["type"] == names.LIGHT_CHANGED)
    return dict(sorted(Counter(entry["clock"] for entry in entries if entry["level"] == light).items()))


def _checks(found: Found, closed: int) -> list[Check]:
    cases, sent = found.cases, Counter(one["medium"] for one in found.deliveries if one["state"] in SENT)
    led = {(case["id"], case["unit"]) for case in cases if case["unit"]}
    told = {(one["subject"], one["unit"]) for one in found.deliveries if one["recipient"] == "unit"}
    stands = Counter(case["state"] for case in cases)
    return [
        Check("received", "receipts given by intake, cases at the desk", len(found.receipts), len(cases)),
        Check("states", "intake, desk", Counter(one["state"] for one in found.receipts.values()), stands),
        Check("open", "the desk's list, its count", len(cases) - closed, found.open_count),
        Check("led", "leads at the desk, and of these told by notify", len(led), len(led & told)),
        *(Check(f"clocks {light} now", "sla, desk", *_burning(found, light)) for light in LIGHTS),
        Check("SMS", "sent by notify, arrived", sent["sms"], found.sms),
        Check("e-mails", "sent by notify, arrived", sent["email"], found.emails),
        Check("dead letters", "topics of all services", found.dead_letters, 0),
    ]


def _burning(found: Found, light: str) -> tuple[int, int]:
    at_sla = sum(clock["light"] == light for clock in found.clocks)
    at_desk = sum(clock["level"] == light for case in found.cases for clock in case["clocks"].values())
    return at_sla, at_desk
