"""A service small enough to see through: it answers questions, rings alarms, and sends copies elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from sanfu.contracts.envelope import Event, event_id, instant, moment
from sanfu.contracts.wire import to_headers
from sanfu.runtime.broker import Outgoing
from sanfu.runtime.rules import Command, Draft, Due, Input, Insert, Outcome, Refusal, Relay, State

STORY = "sanfu.toys.v1"
COPIES = "sanfu.toycopies.v1"
DEAD = "sanfu.toy.dlq"
TOPICS = {STORY: 4, COPIES: 2, DEAD: 1}

ASKED = "sanfu.toy.asked.v1"
ANSWERED = "sanfu.toy.answered.v1"
RANG = "sanfu.toy.rang.v1"
CALLED_OFF = "sanfu.toy.calledoff.v1"
NOTED = "sanfu.toy.noted.v1"  # nobody here looks at it


@dataclass(frozen=True, slots=True)
class ToyRules:
    """Doubles what is asked. `alarms` in a question set the timer, another event calls them all off; `poison` can't be
    folded until it is cured."""

    service: str = "toy"
    knows: frozenset[str] = frozenset({ASKED, ANSWERED, RANG, CALLED_OFF})
    cured: bool = False

    def evolve(self, state: State, event: Event) -> State:
        match event.type:
            case "sanfu.toy.asked.v1":
                if event.data.get("poison") and not self.cured:
                    raise ValueError("poison")
                alarms = sorted([*state.get("alarms", []), *event.data.get("alarms", [])])
                return {**state, "asked": state.get("asked", 0) + 1, "last": event.data["value"], "alarms": alarms}
            case "sanfu.toy.answered.v1":
                return {**state, "answers": [*state.get("answers", []), event.data["value"]]}
            case "sanfu.toy.calledoff.v1":
                return {**state, "alarms": []}
            case _:
                return {**state, "rang": state.get("rang", 0) + 1, "alarms": state["alarms"][1:]}

    def decide(self, state: State, given: Input, now: datetime) -> Sequence[Outcome]:
        match given:
            case Event(type=type):
                if type == CALLED_OFF:
                    return []
                return [Draft(ANSWERED, {"value": given.data["value"] * 2})]
            case Due(at):
                return [Draft(RANG, {"at": instant(at), "now": instant(now)})]
            case Command():
                if given.name == "refuse":
                    raise Refusal(409, "not-now", "never")
                return [Draft(ANSWERED, {"value": given.data["value"]})]

    def due(self, state: State) -> datetime | None:
        alarms = state.get("alarms") or [None]
        return None if alarms[0] is None else moment(alarms[0])

    def relay(self, before: State, after: State, event: Event) -> Sequence[Relay | Insert]:
        if event.type != ANSWERED:
            return []
        note = {"_id": event.id, "value": event.data["value"]}
        return [Relay(COPIES, event.data, {"ce_unitsequence": str(len(after["answers"]))}), Insert("notes", note)]

    def outstanding(self, state: State, now: datetime) -> Sequence[Draft]:
        if state.get("asked", 0) > len(state.get("answers", [])):
            return [Draft(ANSWERED, {"value": state["last"] * 2})]
        return []


class ToyCodec:
    """JSON objects; a body must have what its type needs."""

    def knows(self, type: str) -> bool:
        return type in (ASKED, ANSWERED, RANG, CALLED_OFF)

    def decode(self, type: str, body: bytes) -> dict[str, Any]:
        data = orjson.loads(body)
        if not isinstance(data, dict) or (type in (ASKED, ANSWERED) and not isinstance(data.get("value"), int)):
            raise ValueError("value: must be a number")
        return data

    def encode(self, type: str, data: Mapping[str, Any]) -> bytes:
        return orjson.dumps(data)


def asked(subject: str, sequence: int, value: int, **more: Any) -> Outgoing:
    """A question, as the service `asker` would publish it."""
    return told("asker", ASKED, subject, sequence, {"value": value, **more})


def told(source: str, type: str, subject: str, sequence: int, data: Mapping[str, Any]) -> Outgoing:
    event = Event(
        event_id(source, subject, sequence), type, source, subject, sequence, datetime(2026, 3, 2, tzinfo=UTC), data
    )
    return Outgoing(STORY, subject, orjson.dumps(data), to_headers(event))
