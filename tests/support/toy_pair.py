"""A service of two stories whose subjects bear upon each other: matters on which lights fall, and orders about them.

A light on a matter wishes an order, by a derived id; the order is raised, and the matter hears of it, of replies to the
order, and that its time has passed. A matter that is merged joins its head, in the same story.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from sanfu.contracts.envelope import Event, event_id, instant, moment
from sanfu.contracts.wire import to_headers
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.lines import Story
from sanfu.runtime.rules import Command, Concern, Draft, Due, Input, Insert, Named, Refusal, Relay, State
from sanfu.runtime.service import Parts, Service
from sanfu.runtime.settings import ServiceSettings

MATTERS = "sanfu.toymatters.v1"
ORDERS = "sanfu.toyorders.v1"
DEAD = "sanfu.toy.dlq"
TOPICS = {MATTERS: 4, ORDERS: 3, DEAD: 1}

LIT = "sanfu.toy.lit.v1"  # by the service `lamp`
WISHED = "sanfu.toy.wished.v1"
MERGED = "sanfu.toy.merged.v1"
JOINED = "sanfu.toy.joined.v1"
HEARD = "sanfu.toy.heard.v1"
RAISED = "sanfu.toy.raised.v1"
REPLIED = "sanfu.toy.replied.v1"
OVERDUE = "sanfu.toy.overdue.v1"

TIME = timedelta(minutes=5)
"""Until an order is overdue."""


@dataclass(frozen=True, slots=True)
class _Shared:
    service: str = "toy"
    cured: bool = False
    """Until then, nothing can be decided on a concern that says so (`poison`)."""

    def relay(self, before: State, after: State, event: Event) -> Sequence[Relay | Insert]:
        return []

    def poisoned(self, event: Event) -> None:
        if event.data.get("poison") and not self.cured:
            raise ValueError("poison")


@dataclass(frozen=True, slots=True)
class MatterRules(_Shared):
    """`wished`: the orders that it wants, and whether it heard that they are there; `log`: what else became of it."""

    knows: frozenset[str] = frozenset({LIT, WISHED, MERGED, JOINED, HEARD})
    bears: frozenset[str] = frozenset({WISHED, MERGED})

    def concerned(self, event: Event) -> Sequence[Named]:
        return [Named(id, ORDERS if event.type == WISHED else None) for id in event.data["concerns"]]

    def evolve(self, state: State, event: Event) -> State:
        match event.type:
            case "sanfu.toy.lit.v1":
                return {**state, "lit": state.get("lit", 0) + 1}
            case "sanfu.toy.wished.v1":
                return {**state, "wished": dict.fromkeys(event.data["concerns"], False) | state.get("wished", {})}
            case _:
                wished = {**state.get("wished", {})}
                if event.data.get("what") == RAISED:
                    wished[event.data["of"]] = True
                line = [event.type, event.data.get("what"), event.data.get("of"), event.data.get("text")]
                return {**state, "wished": wished, "log": [*state.get("log", []), line]}

    def decide(self, state: State, given: Input | Concern, now: datetime) -> Sequence[Draft]:
        match given:
            case Event():
                rounds = given.data["rounds"]
                ids = [f"order:{given.subject}:red:{number}" for number in rounds]
                more = {name: given.data[name] for name in ("poison", "within") if name in given.data}
                return [Draft(WISHED, {"concerns": ids, **more})]
            case Concern(event) if event.type == MERGED:
                self.poisoned(event)
                return [Draft(JOINED, {"of": event.subject})] if state else []
            case Concern(event):
                return [Draft(HEARD, {"what": event.type, "of": event.subject, "text": event.data.get("text")})]
            case Command():
                return [Draft(MERGED, {"concerns": given.data["into"], **given.data})]
            case Due():
                raise AssertionError("a matter has no timer")

    def due(self, state: State) -> datetime | None:
        return None

    def outstanding(self, state: State, now: datetime) -> Sequence[Draft]:
        unheard = [id for id, heard in state.get("wished", {}).items() if not heard]
        return [Draft(WISHED, {"concerns": unheard})] if unheard else []


@dataclass(frozen=True, slots=True)
class OrderRules(_Shared):
    """`of`: the matter; `replies`; `until`: when it is overdue."""

    knows: frozenset[str] = frozenset({RAISED, REPLIED, OVERDUE})
    bears: frozenset[str] = frozenset({RAISED, REPLIED, OVERDUE})

    def concerned(self, event: Event) -> Sequence[Named]:
        return [Named(id, MATTERS) for id in event.data["concerns"]]

    def evolve(self, state: State, event: Event) -> State:
        match event.type:
            case "sanfu.toy.raised.v1":
                return {**state, "of": event.data["concerns"], "until": event.data["until"], "times": 1}
            case "sanfu.toy.replied.v1":
                return {**state, "replies": [*state.get("replies", []), event.data["text"]], "until": None}
            case _:
                return {**state, "overdue": True, "until": None}

    def decide(self, state: State, given: Input | Concern, now: datetime) -> Sequence[Draft]:
        match given:
            case Concern(event):
                self.poisoned(event)
                if "of" in state:
                    return []
                until = now + timedelta(seconds=event.data.get("within", TIME.total_seconds()))
                return [Draft(RAISED, {"concerns": [event.subject], "until": instant(until)})]
            case Command():
                if "of" not in state:
                    raise Refusal(404, "no-such-order", "nobody raised it")
                return [Draft(REPLIED, {"concerns": state["of"], **given.data})]
            case Due():
                return [Draft(OVERDUE, {"concerns": state["of"]})]
            case Event():
                raise AssertionError("nobody else tells of orders")

    def due(self, state: State) -> datetime | None:
        return moment(state["until"]) if state.get("until") else None

    def outstanding(self, state: State, now: datetime) -> Sequence[Draft]:
        return []


class PairCodec:
    def knows(self, type: str) -> bool:
        return True

    def decode(self, type: str, body: bytes) -> dict[str, Any]:
        data: dict[str, Any] = orjson.loads(body)
        return data

    def encode(self, type: str, data: Mapping[str, Any]) -> bytes:
        return orjson.dumps(data)


def made(parts: Parts, settings: ServiceSettings, *, cured: bool = False, **more: Any) -> Service:
    return Service(
        name="toy", rules=MatterRules(cured=cured), parts=parts, settings=settings, codec=PairCodec(), story=MATTERS,
        beside=[Story(ORDERS, OrderRules(cured=cured), "orders")], **more,
    )  # fmt: skip


def lit(matter: str, sequence: int, *rounds: int, **more: Any) -> Outgoing:
    """A light that falls on a matter: so many orders are wished by it."""
    data = {"rounds": rounds, **more}
    at = datetime(2026, 3, 2, tzinfo=UTC)
    event = Event(event_id("lamp", matter, sequence), LIT, "lamp", matter, sequence, at, data)
    return Outgoing(MATTERS, matter, orjson.dumps(data), to_headers(event))
