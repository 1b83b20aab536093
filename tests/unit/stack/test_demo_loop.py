"""The loop's figures: each is told by two sources, and either of them may be wrong."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.stack.demo.loop import Sources, by_cause, tallies
from sanfu.stack.demo.told import Story
from tests.unit.stack.cases import case

AT = datetime(2026, 1, 5, tzinfo=UTC)
TOWN: dict[str, Any] = {"by": {"unit": "fotang"}}
RETURN = "desk:returned:1"


def told(type: str, subject: str, nth: int = 1, /, *, source: str = "desk", because: str = "", **data: Any) -> Event:
    return Event(f"{source}:{subject}:{nth}", type, source, subject, nth, AT, data, because or None)


EVENTS = (
    told(names.ESCALATION_RAISED, "fire", source="sla", clock="emergency_acknowledge"),
    told(names.ISSUE_RETURNED, "returned", 1, number=1),
    told(names.ISSUE_RETURNED, "returned", 2, number=2),
    told(names.ISSUE_ASSIGNED, "returned", 1, source="router", because="intake:returned:1"),
    told(names.ISSUE_ASSIGNED, "returned", 2, source="router", because=RETURN),
    told(names.REVIEW_REQUESTED, "returned", 3, source="router", because="desk:returned:2"),
    told(names.REOPEN_REQUESTED, "again"),
    told(names.REOPEN_REQUESTED, "curious"),
    told(names.REOPEN_DECLINED, "curious", 2),
    told(names.ORDER_RAISED, "order:false"),
    told(names.ORDER_LIFTED, "order:false", 3),
    told(names.ORDER_RAISED, "order:red"),
    told(names.MILESTONE_REACHED, "registered", milestone=1),
    told(names.ASSIST_ASKED, "town", 1, number=1, **TOWN),
    told(names.ASSIST_ASKED, "town", 2, number=2, **TOWN),
    told(names.ASSIST_ASKED, "bureau", 1, number=1, by={"unit": "finance"}),
    told(names.ASSIST_DONE, "town", 3, number=1, result="not_ours"),
    told(names.ISSUE_SUSPENDED, "paused"),
    told(names.EXTENSION_DECIDED, "extended"),
    told(names.ISSUE_WITHDRAWN, "withdrawn"),
    told(names.REMINDER_ADDED, "urged"),
    told(names.LIST_OPENED, "list"),
    told(names.ENTRY_MARKED, "list", 2, entry=1, result="visited"),
    told(names.FINDING_NOTED, "list", 3, entry=1, issue="found"),
    told(names.ISSUE_CONTACTED, "answered", because="command:tax:reply:oa:1"),
    told(names.REPLY_REFUSED, "answered", 2, because="command:tax:reply:oa:2"),
    told(names.ISSUE_ACKNOWLEDGED, "answered", 3, because="command:tax-officer:k1"),
)
REPLIES = frozenset({"oa:1"})


def of(id: str, *history: str, **more: Any) -> dict[str, Any]:
    return case(id=id, history=[{"type": type} for type in history], **more)


def task(number: int, result: str | None, unit: str = "fotang") -> dict[str, Any]:
    return {"number": number, "by": {"unit": unit}, "done": result and {"result": result}}


CLIMB = {"type": names.ESCALATION_RAISED, "clock": "emergency_acknowledge"}
CASES = {
    "fire": case(id="fire", urgency="emergency", history=[CLIMB]),
    "returned": of("returned", rounds=[{"returned_by": ["a", "b"]}]),
    "again": of("again", names.REOPEN_REQUESTED, round=2),
    "curious": of("curious", names.REOPEN_REQUESTED, declining={"round": 1}),
    "false": of("false", rounds=[{"voided": [{}]}]),
    "registered": of("registered", register={"reached": [1]}),
    "town": of("town", assists=[task(1, "not_ours"), task(2, None)]),
    "bureau": of("bureau", assists=[task(1, None, "finance")]),
    "paused": of("paused", names.ISSUE_SUSPENDED),
    "extended": of("extended", extensions=[{"granted": True}]),
    "withdrawn": of("withdrawn", closed={"kind": "withdrawn"}),
    "urged": of("urged", reminders={"count": 1}),
    "merged": of("merged", head="head"),
    "head": of("head", merged=["merged"]),
    "found": case(id="found", found_on={"affair": "list", "entry": 1}),
}
ORDERS = [
    {"id": "order:false", "cause": "false_completion", "concerns": ["false"], "replies": 1, "state": "lifted"},
    {"id": "order:red", "cause": "red_light", "concerns": ["again"], "replies": 0, "state": "raised"},
]


def clock(code: str, *, stopped: bool = False, round: int = 1) -> list[dict[str, Any]]:
    return [{"clock": code, "stopped": "2026-01-06T01:00:00.000Z" if stopped else None, "round": round}]


CLOCKS = {
    "fire": clock("emergency_acknowledge", stopped=True),
    "returned": clock("adjudication", stopped=True),
    "again": clock("handling", round=2),
    "false": clock("handling"),
    "registered": clock("register_milestone"),
    "order:false": clock("supervision_reply", stopped=True),
    "order:red": clock("supervision_reply"),
}
HEARD = [("fire", "sla:fire:1"), ("extended", "desk:extended:1"), ("urged", "desk:urged:1")]
SOURCES = Sources(
    cases=list(CASES.values()),
    orders=ORDERS,
    meetings=[{"decisions": [{"issue": "registered", "decision": "register"}, {"issue": "x", "decision": "note"}]}, {}],
    clocks=CLOCKS,
    deliveries=[{"subject": subject, "event": event} for subject, event in HEARD],
    story=Story(EVENTS, REPLIES),
    towns=frozenset({"fotang"}),
    lists=[{"id": "list", "entries": [{"number": 1, "result": "visited"}, {"number": 2, "result": None}]}],
)


def without(id: str) -> Sources:
    """All sources but this case of the desk's."""
    return replace(SOURCES, cases=[one for one in SOURCES.cases if one["id"] != id])


def untold(*ids: str) -> Sources:
    return replace(SOURCES, story=Story([one for one in EVENTS if one.id not in ids], REPLIES))


def unclocked(id: str, **instead: Any) -> Sources:
    return replace(SOURCES, clocks={**CLOCKS, id: [{**one, **instead} for one in CLOCKS[id]] if instead else []})


def unheard(subject: str) -> Sources:
    return replace(SOURCES, deliveries=[one for one in SOURCES.deliveries if one["subject"] != subject])


def disagreeing(sources: Sources) -> set[str]:
    return {check.what for check in tallies(sources) if not check.holds}


def test_the_figures_of_sources_that_agree_count_each_thing_once() -> None:
    counts = {check.what: len(check.one) for check in tallies(SOURCES)}
    twice = {"returns", "asked to have it handled again", "supervision orders", "orders raised"}
    assert disagreeing(SOURCES) == set()
    assert {what for what, count in counts.items() if count == 2} == {*twice, "given to a town's section"}
    assert {count for what, count in counts.items()} == {1, 2}


def test_orders_are_counted_by_what_they_were_raised_for() -> None:
    assert by_cause(ORDERS) == {"false_completion": 1, "red_light": 1}


@pytest.mark.parametrize(
    ("sources", "what"),
    [
        (replace(SOURCES, lists=[{"id": "list", "entries": []}]), "entries visited or refused"),
        (untold("desk:list:1"), "lists"),
        (untold("desk:list:2"), "entries visited or refused"),
        (without("found"), "found on lists"),
        (untold("desk:list:3"), "found on lists"),
        (untold("desk:answered:1"), "answered by topic"),
        (replace(SOURCES, story=Story(EVENTS, frozenset({"oa:1", "oa:2"}))), "answered by topic"),
        (unclocked("fire"), "emergencies"),
        (without("fire"), "emergencies"),
        (unheard("fire"), "emergencies that climbed"),
        (untold("router:returned:2"), "returns"),
        (without("returned"), "returns"),
        (unclocked("returned", stopped=None), "returns adjudicated"),
        (untold("desk:again:1"), "asked to have it handled again"),
        (unclocked("again", round=1), "handled again"),
        (untold("desk:curious:2"), "not handled again"),
        (replace(SOURCES, orders=ORDERS[1:]), "false completions"),
        (without("false"), "false completions"),
        (unclocked("order:red"), "supervision orders"),
        (untold("desk:order:red:1"), "orders raised"),
        (unclocked("order:false", stopped=None), "orders answered"),
        (untold("desk:order:false:3"), "orders lifted"),
        (replace(SOURCES, meetings=[]), "on the register"),
        (unclocked("registered"), "on the register"),
        (untold("desk:registered:1"), "milestones reached"),
        (untold("desk:town:2"), "given to a town's section"),
        (untold("desk:town:3"), "given back to the town"),
        (untold("desk:paused:1"), "paused"),
        (unheard("extended"), "given more time"),
        (untold("desk:withdrawn:1"), "withdrawn"),
        (unheard("urged"), "urged"),
        (without("head"), "merged"),
    ],
)
def test_a_source_that_lacks_something_disagrees(sources: Sources, what: str) -> None:
    assert what in disagreeing(sources)
