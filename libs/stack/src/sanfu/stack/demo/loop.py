"""The closed loop in figures: what came back, was disputed, ordered, kept on a register; each told by two.

Every figure counts what its first source names; the check that bears its name holds the second source against it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sanfu.contracts import names
from sanfu.stack.demo.checks import Check
from sanfu.stack.demo.told import Story
from sanfu.stack.doors import Json

ORDERED = "supervision_reply"
"""The clock of an order's reply."""
ON_REGISTER = "register_milestone"
ROUTER = "router"


@dataclass(frozen=True, slots=True)
class Sources:
    """What the loop is counted from. `clocks`: issue or order → its clocks at sla; `towns`: codes of the towns."""

    cases: Sequence[Json]
    orders: Sequence[Json]
    meetings: Sequence[Json]
    clocks: Mapping[str, Sequence[Json]]
    deliveries: Sequence[Json]
    story: Story
    towns: frozenset[str]
    lists: Sequence[Json] = ()

    def ids(self, field: str) -> set[str]:
        """Name the cases that have this part."""
        return {case["id"] for case in self.cases if case[field]}

    def clocked(self, code: str, *, stopped: bool = False) -> set[str]:
        """Name the issues or orders that had this clock; with `stopped`, those on which it stopped."""
        return {
            id for id, clocks in self.clocks.items()
            for one in clocks if one["clock"] == code and (one["stopped"] or not stopped)
        }  # fmt: skip

    def heard(self, *types: str) -> set[str]:
        """Name the issues about which notify decided whom to tell, at an event of these types."""
        ids = {one.id for one in self.story.of(*types)}
        return {one["subject"] for one in self.deliveries if one["event"] in ids}


def tallies(of: Sources) -> list[Check]:
    """Count what happened, with what a second source says of it."""
    story, rounds = of.story, [(case, round) for case in of.cases for round in case["rounds"]]
    sent_back = _in_history(of, names.ISSUE_SEPARATED)
    return [
        Check(
            "emergencies", "the desk, sla's clocks",
            {case["id"] for case in of.cases if case["urgency"] == "emergency"}, of.clocked("emergency_acknowledge"),
        ),
        Check("emergencies that climbed", "the desk's story, notify", _climbed(of), _climbed_told(of)),
        Check("returns", "the desk, the router's answers", set(_returns(of)), _answered(of)),
        Check(
            "returns adjudicated", "the desk, sla's clocks",
            {case["id"] for case, round in rounds if len(round.get("returned_by", ())) > 1},
            of.clocked("adjudication", stopped=True),
        ),
        Check(
            "asked to have it handled again", "the desk, the topic",
            _in_history(of, names.REOPEN_REQUESTED), story.subjects(names.REOPEN_REQUESTED),
        ),
        Check(
            "handled again", "rounds at the desk, at sla",
            {case["id"] for case in of.cases if case["round"] > 1},
            {id for id, clocks in of.clocks.items() if any(map(_is_later_round, clocks))},
        ),
        Check("not handled again", "the desk, the topic", of.ids("declining"), story.subjects(names.REOPEN_DECLINED)),
        Check(
            "false completions", "the desk, orders for it",
            {case["id"] for case, round in rounds if round.get("voided")},
            {id for order in of.orders if order["cause"] == "false_completion" for id in order["concerns"]},
        ),
        Check("supervision orders", "the desk, sla's clocks", {one["id"] for one in of.orders}, of.clocked(ORDERED)),
        Check(
            "orders raised", "the desk, the topic",
            {one["id"] for one in of.orders}, story.subjects(names.ORDER_RAISED),
        ),
        Check(
            "orders answered", "the desk, sla's clocks",
            {one["id"] for one in of.orders if one["replies"]}, of.clocked(ORDERED, stopped=True),
        ),
        Check(
            "orders lifted", "the desk, the topic",
            {one["id"] for one in of.orders if one["state"] == "lifted"}, story.subjects(names.ORDER_LIFTED),
        ),
        Check("on the register", "decisions of meetings, sla's clocks", _decided(of), of.clocked(ON_REGISTER)),
        Check(
            "milestones reached", "the desk, the topic",
            {(case["id"], n) for case in of.cases if case["register"] for n in case["register"]["reached"]},
            {(one.subject, one.data["milestone"]) for one in story.of(names.MILESTONE_REACHED)},
        ),
        Check("answered by topic", "the replies topics, the desk's story", set(story.replies), story.answered()),
        Check("given to a town's section", "the desk, the topic", set(_tasks(of)), _tasks_told(of, names.ASSIST_ASKED)),
        Check(
            "given back to the town", "the desk, the topic",
            set(_tasks(of, "not_ours")), _tasks_told(of, names.ASSIST_DONE, "not_ours"),
        ),
        Check(
            "paused", "the desk, the topic",
            _in_history(of, names.ISSUE_SUSPENDED), story.subjects(names.ISSUE_SUSPENDED),
        ),
        Check(
            "given more time", "the desk, notify",
            {case["id"] for case in of.cases if any(one["granted"] for one in case["extensions"])},
            of.heard(names.EXTENSION_DECIDED),
        ),
        Check(
            "withdrawn", "the desk, the topic",
            {case["id"] for case in of.cases if (case["closed"] or {}).get("kind") == "withdrawn"},
            story.subjects(names.ISSUE_WITHDRAWN),
        ),
        Check(
            "urged", "the desk, notify",
            {case["id"] for case in of.cases if case["reminders"]["count"]}, of.heard(names.REMINDER_ADDED),
        ),
        Check("lists", "the desk, the topic", {one["id"] for one in of.lists}, story.subjects(names.LIST_OPENED)),
        Check(
            "entries visited or refused", "the desk, the topic",
            {(one["id"], entry["number"], entry["result"]) for one in of.lists for entry in one["entries"]
             if entry["result"]},
            {(one.subject, one.data["entry"], one.data["result"]) for one in story.of(names.ENTRY_MARKED)},
        ),
        Check(
            "found on lists", "cases at the desk, the lists' story",
            {(case["found_on"]["affair"], case["found_on"]["entry"], case["id"]) for case in of.cases
             if case.get("found_on")},
            {(one.subject, one.data["entry"], one.data["issue"]) for one in story.of(names.FINDING_NOTED)},
        ),
        Check(
            "merged", "what was merged, into what",  # what its head sent back has none any more
            of.ids("head") | sent_back, sent_back | {id for case in of.cases for id in case["merged"]},
        ),
    ]  # fmt: skip


def by_cause(orders: Sequence[Json]) -> dict[str, int]:
    return dict(sorted(Counter(order["cause"] for order in orders).items()))


def _in_history(of: Sources, type: str) -> set[str]:
    return {case["id"] for case in of.cases if any(entry["type"] == type for entry in case["history"])}


def _is_later_round(clock: Json) -> bool:
    return clock["clock"] == "handling" and bool(clock["round"] > 1)


# ── emergencies ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _climbed(of: Sources) -> set[str]:
    """Emergencies that went up the ladder because nobody acknowledged them."""
    return {case["id"] for case in of.cases if any(map(_is_climb, case["history"]))}


def _climbed_told(of: Sources) -> set[str]:
    ids = {one.id for one in of.story.of(names.ESCALATION_RAISED) if one.data["clock"] == "emergency_acknowledge"}
    return {one["subject"] for one in of.deliveries if one["event"] in ids}


def _is_climb(entry: Json) -> bool:
    climbed = (names.ESCALATION_RAISED, "emergency_acknowledge")
    return (entry["type"], entry.get("clock")) == climbed and not entry.get("skipped")


# ── returns ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _returns(of: Sources) -> Iterator[tuple[str, int]]:
    for case in of.cases:
        count = sum(len(round.get("returned_by", ())) for round in case["rounds"])
        yield from ((case["id"], number) for number in range(1, count + 1))


def _answered(of: Sources) -> set[tuple[str, int]]:
    """Returns that the router answered: by another unit, or by asking people."""
    numbers = {one.id: one.data["number"] for one in of.story.of(names.ISSUE_RETURNED)}
    answers = [one for one in of.story.of(names.ISSUE_ASSIGNED, names.REVIEW_REQUESTED) if one.source == ROUTER]
    return {(one.subject, numbers[one.causation]) for one in answers if one.causation in numbers}


# ── the register, the town ───────────────────────────────────────────────────────────────────────────────────────────


def _decided(of: Sources) -> set[str]:
    decisions = (each for meeting in of.meetings for each in meeting.get("decisions", ()))
    return {each["issue"] for each in decisions if each["decision"] == "register"}


def _tasks(of: Sources, result: str | None = None) -> Iterator[tuple[str, int]]:
    """Give the tasks that towns gave to others; with `result`, those that ended so."""
    for case in of.cases:
        for task in case["assists"]:
            if task["by"]["unit"] in of.towns and result in (None, (task["done"] or {}).get("result")):
                yield case["id"], task["number"]


def _tasks_told(of: Sources, type: str, result: str | None = None) -> set[tuple[str, int]]:
    asked = {
        (one.subject, one.data["number"]) for one in of.story.of(names.ASSIST_ASKED)
        if one.data["by"]["unit"] in of.towns
    }  # fmt: skip
    told = {(e.subject, e.data["number"]) for e in of.story.of(type) if result in (None, e.data.get("result"))}
    return asked & told


def shown(checks: Sequence[Check], causes: Mapping[str, int]) -> dict[str, Any]:
    """Return the loop's figures for machines."""
    figures: dict[str, Any] = {check.what.replace(" ", "_").replace("'", ""): len(check.one) for check in checks}
    return {**figures, "orders_by_cause": dict(causes)}
