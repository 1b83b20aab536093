"""The demo's figures, all asked of the running services, and whether those that tell the same story agree."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sanfu.contracts import names
from sanfu.stack.demo import loop
from sanfu.stack.demo.checks import Check
from sanfu.stack.demo.staff import Staffing
from sanfu.stack.demo.told import Story
from sanfu.stack.doors import Doors, Json

NEVER_LED = "ungraded"
"""Stands for the grade of what was answered or closed without any unit having led it."""
LIGHTS = ("yellow", "red")
PROMISE = "handling"
"""The clock that is the city's promise to the party: what turned yellow or red, turned so on this one."""
SENT = ("sent", "delivered")
INBOX = "inbox"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the demo ends with."""

    received: Mapping[str, int]
    """Channel → how many issues came in by it."""
    assigned: Mapping[str, int]
    closed_in_time: Mapping[str, int]
    closed_late: Mapping[str, int]
    open: int
    lights: Mapping[str, Mapping[str, int]]
    """Light → clock → on how many issues it went on."""
    sms: int
    emails: int
    letters: int
    """Messages in people's inboxes."""
    deliveries: Mapping[str, int]
    """State → how many decisions of notify stand in it, whatever the medium: also what went in a list, and the list."""
    dead_letters: int
    checks: Sequence[Check]
    loop: Sequence[Check]
    """What came back, was disputed, ordered, registered: each counts what its first source names."""
    orders_by_cause: Mapping[str, int]

    @property
    def adds_up(self) -> bool:
        return all(check.holds for check in (*self.checks, *self.loop))

    def turned(self, light: str) -> int:
        """Return how many issues turned yellow, or red."""
        return self.lights[light].get(PROMISE, 0)

    def shown(self) -> Json:
        """Return them for machines."""
        return {
            "received": sum(self.received.values()),
            "channels": dict(self.received),
            "assigned": dict(self.assigned),
            "closed_in_time": dict(self.closed_in_time),
            "closed_late": dict(self.closed_late),
            "open": self.open,
            **{light: self.turned(light) for light in LIGHTS},
            "sms": self.sms,
            "emails": self.emails,
            "letters": self.letters,
            "deliveries": dict(self.deliveries),
            "dead_letters": self.dead_letters,
            "adds_up": self.adds_up,
            "loop": loop.shown(self.loop, self.orders_by_cause),
        }


@dataclass(frozen=True, slots=True)
class Found:
    """What each service said, before anything is made of it. `receipts`: receipt number → what intake shows for it;
    `clocks`: issue or order → each clock that it had, as sla reckons it, stopped ones too; `running`: sla's list;
    `letters`: what is in the inboxes of those to whom something was sent there."""

    receipts: Mapping[str, Json]
    cases: Sequence[Json]
    open_count: int
    clocks: Mapping[str, Sequence[Json]]
    running: Sequence[Json]
    deliveries: Sequence[Json]
    sms: int
    emails: int
    letters: Sequence[Json]
    dead_letters: int
    orders: Sequence[Json]
    meetings: Sequence[Json]
    story: Story
    towns: frozenset[str]
    lists: Sequence[Json] = ()


async def read(doors: Doors, staffing: Staffing, numbers: Iterable[str], story: Story) -> Figures:
    """Ask everybody, and reckon. Nothing may be on its way meanwhile."""
    return reckoned(await _asked(doors, staffing, list(numbers), story))


async def _asked(doors: Doors, staffing: Staffing, numbers: Sequence[str], story: Story) -> Found:
    eyes = [user for user in (staffing.office(), staffing.liaison()) if user]
    cases, open_count = [], 0
    for user in eyes:  # what is sealed only the liaison sees, and nothing else
        listed = [*await doors.cases(user), *await doors.cases(user, state="closed")]
        cases += await asyncio.gather(*(_whole(doors, user, each["id"]) for each in listed))
        open_count += (await doors.counts(user))["open"]
    receipts = await asyncio.gather(*map(doors.receipt, numbers))
    letters = await asyncio.gather(*map(doors.dead_letters, doors.services))
    office = staffing.office()
    orders, meetings = [
        [*await doors.affairs(office, what), *await doors.affairs(office, what, ended="true")]
        for what in ("orders", "meetings")
    ]
    held = [*await doors.affairs(office, "lists"), *await doors.affairs(office, "lists", ended="true")]
    lists = await asyncio.gather(*(doors.one_list(office, one["id"]) for one in held))
    clocks = await asyncio.gather(*(doors.clocks_of(one["id"]) for one in (*cases, *orders)))
    deliveries = await doors.deliveries()
    readers = sorted({one["user"] for one in deliveries if one["medium"] == INBOX and one["user"]})
    boxes = await asyncio.gather(*(doors.letters(f"user:{reader}") for reader in readers))
    return Found(
        receipts=dict(zip(numbers, receipts, strict=True)), cases=cases, open_count=open_count,
        clocks={one["issue"]: one["clocks"] for one in clocks}, running=await doors.clocks(),
        deliveries=deliveries, letters=[one for box in boxes for one in box],
        sms=(await doors.messages("sms"))["total"], emails=(await doors.messages("mail"))["total"],
        dead_letters=sum(map(len, letters)), orders=orders, meetings=meetings, story=story, towns=staffing.towns,
        lists=lists,
    )  # fmt: skip


async def _whole(doors: Doors, user: str, id: str) -> Json:
    """Return a case with all that happened to it."""
    case, history = await asyncio.gather(doors.case(user, id), doors.history(user, id))
    return {**(case or {}), "history": history}


def reckoned(found: Found) -> Figures:
    """Make the figures, and hold those with two sources against each other."""
    closed = [case for case in found.cases if case["state"] == "closed"]
    late = [case for case in closed if case["in_time"] is False]
    in_time = [case for case in closed if case["in_time"] is not False]
    sent = _sent(found)
    return Figures(
        received=_by(found.cases, "channel"),
        assigned=_by(found.cases, "unit"),
        closed_in_time=_by(in_time, "grade", NEVER_LED),
        closed_late=_by(late, "grade", NEVER_LED),
        open=len(found.cases) - len(closed),
        lights={light: _lit(found.cases, light) for light in LIGHTS},
        sms=sent["sms"],
        emails=sent["email"],
        letters=sent[INBOX],
        deliveries=_by(found.deliveries, "state"),
        dead_letters=found.dead_letters,
        checks=_checks(found, len(closed)),
        loop=loop.tallies(_sources(found)),
        orders_by_cause=loop.by_cause(found.orders),
    )


def _sources(found: Found) -> loop.Sources:
    return loop.Sources(
        found.cases, found.orders, found.meetings, found.clocks, found.deliveries, found.story, found.towns, found.lists
    )


def _by(cases: Iterable[Json], field: str, otherwise: str | None = None) -> dict[str, int]:
    counts = Counter(case[field] or otherwise for case in cases)
    return {name: number for name, number in sorted(counts.items(), key=lambda one: str(one[0])) if name is not None}


def _lit(cases: Iterable[Json], light: str) -> dict[str, int]:
    """Count the issues on which a light went on, by clock."""
    return dict(
        sorted(
            Counter(clock for _, clock in {(case["id"], one["clock"]) for case, one in _went_on(cases, light)}).items()
        )
    )


def _went_on(cases: Iterable[Json], light: str) -> Iterator[tuple[Json, Json]]:
    """Give each light of this colour that the desk heard of, with its case."""
    for case in cases:
        for entry in case["history"]:
            if entry["type"] == names.LIGHT_CHANGED and entry["level"] == light:
                yield case, entry


def _checks(found: Found, closed: int) -> list[Check]:
    cases, sent = found.cases, _sent(found)
    led = {(case["id"], case["unit"]) for case in cases if case["unit"]}
    told = {(one["subject"], one["unit"]) for one in found.deliveries if one["recipient"] == "unit"}
    stands = Counter(case["state"] for case in cases)
    return [
        Check("received", "receipts given by intake, cases at the desk", len(found.receipts), len(cases)),
        Check("channels", "intake's events, cases at the desk", _channels(found), _by(cases, "channel")),
        Check("states", "intake, desk", Counter(one["state"] for one in found.receipts.values()), stands),
        Check("open", "the desk's list, its count", len(cases) - closed, found.open_count),
        Check("led", "leads at the desk, and of these told by notify", len(led), len(led & told)),
        *(Check(f"clocks {light} now", "sla, desk", *_burning(found, light)) for light in LIGHTS),
        *(
            Check(f"turned {light}, last round", "lights told, sla's limits and stops", *_crossed(found, light))
            for light in LIGHTS
        ),
        Check("ever late", "red lights, the desk's own dates", *_late(found)),
        Check("lights told", "notify, the desk's story", *_told(found)),
        Check("SMS", "sent by notify, arrived", sent["sms"], found.sms),
        Check("e-mails", "sent by notify, arrived", sent["email"], found.emails),
        Check("letters", "sent by notify, in inboxes", *_letters(found)),
        Check("dead letters", "topics of all services", found.dead_letters, 0),
    ]


def _sent(found: Found) -> Counter[str]:
    """Count messages by medium: what went in a digest arrived as that one."""
    return Counter(one["medium"] for one in found.deliveries if one["state"] in SENT and one["digest"] is None)


def _letters(found: Found) -> tuple[set[str], set[str]]:
    """What was sent to inboxes, and what lies there; of what is sealed, or bears upon that, nothing is shown."""
    sealed = _sealed(found)
    sealed |= {one["id"] for one in found.orders if not sealed.isdisjoint(one["concerns"])}
    letters = (one for one in found.deliveries if one["medium"] == INBOX and one["state"] in SENT)
    sent = {one["id"] for one in letters if one["subject"] not in sealed}
    return sent, {one["id"] for one in found.letters if one["about"] not in sealed}


def _channels(found: Found) -> dict[str, int]:
    return dict(Counter(one.data["channel"] for one in found.story.of(names.ISSUE_SUBMITTED)))


def _burning(found: Found, light: str) -> tuple[int, int]:
    at_sla = sum(clock["light"] == light for clock in found.running)
    kept = [part["clocks"] for case in found.cases for part in (case, *case["assists"])]
    at_desk = sum(clock["level"] == light for clocks in kept for clock in clocks.values())
    return at_sla, at_desk


def _crossed(found: Found, light: str) -> tuple[set[str], set[str]]:
    """Issues that got this light in the round they are in: by the lights told, and by limit and stop alone."""
    lit = {
        case["id"] for case, one in _went_on(found.cases, light)
        if one["clock"] == PROMISE and one["round"] == case["round"]
    }  # fmt: skip
    return lit, {id for id, clocks in found.clocks.items() if any(_is_past(clock, light) for clock in clocks)}


def _is_past(clock: Json, light: str) -> bool:
    at = clock["yellow"] if light == "yellow" else clock["limit"]
    if clock["clock"] != PROMISE or at is None:
        return False
    past = clock["stopped"] >= at if clock["stopped"] else clock["light"] in LIGHTS[LIGHTS.index(light) :]
    return bool(past)


def _late(found: Found) -> tuple[set[str], set[str]]:
    """Issues that were ever late: by their red lights; and by when what was done was received, if it was."""
    red = {case["id"] for case, one in _went_on(found.cases, "red") if one["clock"] == PROMISE}
    burning = {clock["issue"] for clock in found.running if clock["clock"] == PROMISE and clock["light"] == "red"}
    late = {case["id"] for case in found.cases if any(_was_late(case, round) for round in case["rounds"])}
    return red, burning | late


def _was_late(case: Json, round: Json) -> bool:
    """Tell whether a round was handled, or put on the register, when its limit had passed."""
    if "handle" not in round or round["limit"] is None:
        return False
    at, register = round["handle"]["received_at"], case["register"]
    if register and round["dispatched_at"] <= register["at"] < at:
        at = register["at"]
    return bool(at >= round["limit"])


def _told(found: Found) -> tuple[set[str], set[str]]:
    """Lights and steps of the ladder that somebody was told of; and those of the same clocks that there were. What was
    overtaken when it could be told is on the record, and told to nobody; of what is sealed no staff hears."""
    sealed = _sealed(found)
    cases = [case for case in found.cases if case["id"] not in sealed]
    lights = [entry for light in LIGHTS for _, entry in _went_on(cases, light) if not entry.get("skipped")]
    climbed = [
        entry["id"]
        for case in cases
        for entry in case["history"]
        if entry["type"] == names.ESCALATION_RAISED and not entry.get("skipped")
    ]
    issues = {case["id"] for case in cases}
    of_issues = (one for one in found.deliveries if one["subject"] in issues and one["why"] != "overtaken")
    told = {one["event"] for one in of_issues if one["event"].startswith("sla:")}
    clocks = {entry["clock"] for entry in lights if entry["id"] in told}
    return told, {*climbed, *(entry["id"] for entry in lights if entry["clock"] in clocks)}


def _sealed(found: Found) -> set[str]:
    """Issues that are or were sealed."""
    said = found.story.of(names.ISSUE_SUBMITTED, names.SECRECY_CHANGED)
    return {one.subject for one in said if one.data.get("secrecy") == "sealed"}
