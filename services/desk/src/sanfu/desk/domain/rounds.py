"""Rounds of handling: each has its lead, its three ones, and the limit it had."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.parts import LOUD
from sanfu.desk.domain.state import Case, Change
from sanfu.desk.domain.table import ACKNOWLEDGED, ASSIGNED, CONTACTED

SAID: Final = frozenset({"yes", "partly", "no"})
"""What a party says of whether it is resolved."""


def this_round(case: Case) -> Mapping[str, Any]:
    """Return the round of handling that is under way: its three ones, as far as they were done."""
    found: Mapping[str, Any] = case["rounds"][-1] if case["rounds"] else {}
    return found


def handlings(case: Case) -> Iterator[Mapping[str, Any]]:
    """Return every time that it was told to be handled, also those that turned out false."""
    for round in case["rounds"]:
        yield from round.get("voided", ())
        if "handle" in round:
            yield round["handle"]


def handled(case: Case) -> bool:
    """Tell whether it is handled in this round: itself, or by what it was merged into."""
    return "handle" in this_round(case) or case["head_handled"] is not None


def by_itself(case: Case) -> Change:
    """It is merged no more."""
    return {"head": None, "merging": None, "head_handled": None}


def reached(case: Case) -> str:
    """Say how far the unit that leads has come with what it has to do before it handles it."""
    round = this_round(case)
    if round.get("acknowledged_at") is None:
        return ASSIGNED
    return CONTACTED if "contact" in {*round, *round.get("exempt", {})} else ACKNOWLEDGED


def in_round(case: Case, **more: Any) -> Change:
    return {"rounds": [*case["rounds"][:-1], {**case["rounds"][-1], **more}]}


def led(case: Case, event: Event) -> Change:
    """A unit leads from this instant. A round begins with its first lead, and keeps what was done in it."""
    data, at = event.data, instant(event.time)
    rounds = list(case["rounds"])
    led = {"unit": data["unit"], "assigned_at": at, "acknowledged_at": None, "acknowledged_by": None}
    begun = {"round": case["round"], "first": data["unit"], "dispatched_at": at, "limit": limit_of_round(case)}
    if not rounds or rounds[-1]["round"] != case["round"]:
        rounds.append({**begun, **led})
    elif rounds[-1]["dispatched_at"] is None:  # it was merged before anybody led it
        rounds[-1] = {**rounds[-1], **begun, **led}
    else:
        rounds[-1] = {**rounds[-1], **led}
    beside = [[told["unit"], told["part"]] for told in data["also"]]
    beside += [one for one in case["beside"] if one[1] in LOUD and one not in beside]
    returned = case["returned"] and {**case["returned"], "decided_at": case["returned"]["decided_at"] or at}
    return {
        "unit": data["unit"], "beside": beside, "offer": None, "completion": None, "returned": returned,
        "grade": data["grade"], "urgency": data["urgency"], "audience": data["audience"],
        "category": data["category"] or case["category"],
        "assignment": data["assignment"], "assigned_because": data["reason"], "rounds": rounds, "review": None,
    }  # fmt: skip


def limit_of_round(case: Case) -> str | None:
    clock = case["clocks"].get("handling")
    return clock["limit"] if clock and clock["round"] == case["round"] else None


def dissatisfying(follow_up: Mapping[str, Any]) -> bool:
    """Tell whether the party said so: who was not reached, or said nothing, counts as neither."""
    return follow_up["resolved"] in SAID and not content(follow_up)


def content(follow_up: Mapping[str, Any]) -> bool:
    """Tell whether the party said that it is resolved, and did not say that it is unsatisfied (1 or 2 of 5)."""
    return follow_up["resolved"] == "yes" and (follow_up["satisfied"] is None or follow_up["satisfied"] >= 3)
