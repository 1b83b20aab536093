"""An issue's story, told to the router as the machine tells it: live, or read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, event_id
from sanfu.contracts.registry import codec
from sanfu.router.domain.rules import RouterRules
from sanfu.runtime.rules import Relay, State

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
AT = "2026-11-02T01:00:00.000Z"
BY = {"id": "u1", "role": "coordination_office", "unit": "office"}

SUBMITTED: Mapping[str, Any] = {
    "receipt": "N-1", "channel": "web", "reported_at": AT, "audience": "resident", "kind": "issue",
    "urgency": "normal", "secrecy": "open", "party_kind": "person", "party_code": "P-77", "contact": 1,
    "filer": {"kind": "officer", "id": "u9", "unit": "roads"}, "title": "Something", "pack": "pack-0",
    "place": {"town": "hill", "address": "Long Street"},
}  # fmt: skip


def told(type: str, data: Mapping[str, Any], number: int, source: str, cause: str | None = None) -> Event:
    """Make an event whose body its contract allows, defaults filled in."""
    whole = codec.decode(type, codec.encode(type, data))
    return Event(event_id(source, "i-1", number), type, source, "i-1", number, NOW, whole, cause)


class Copy(NamedTuple):
    """What went to a unit's topic: the event as the unit sees it."""

    topic: str
    event: Event
    headers: Mapping[str, str]


@dataclass
class Told:
    """One issue, folded live. `story` is the order in which the router saw it, `sent` what went to units."""

    rules: RouterRules
    state: State = field(default_factory=dict)
    story: list[Event] = field(default_factory=list)
    sent: list[Copy] = field(default_factory=list)

    def tell(self, type: str, source: str = "desk", **data: Any) -> list[Event]:
        """Fold an event of another service and what follows from it; return the router's answers."""
        body = {"by": BY, **data} if source == "desk" else data
        number = 1 + sum(event.source == source for event in self.story)
        event = told(type, body, number, source)
        self._fold(event)
        answers = []
        for draft in self.rules.decide(self.state, event, NOW):
            own = 1 + sum(each.source == "router" for each in self.story)
            answers.append(told(draft.type, draft.data, own, "router", event.id))
            self._fold(answers[-1])
        return answers

    def submit(self, **data: Any) -> Event:
        (answer,) = self.tell(names.ISSUE_SUBMITTED, "intake", **{**SUBMITTED, **data})
        return answer

    def dispatch(self, unit: str, assignment: int, **more: Any) -> list[Event]:
        body = {
            "unit": unit, "grade": "simple", "urgency": "normal", "audience": "resident", "assignment": assignment,
            "decided_by": "reviewer", "reason": "so", "pack": "pack-1", **more,
        }  # fmt: skip
        return self.tell(names.ISSUE_DISPATCHED, **body)

    def returned(self, unit: str, proposed: str, assignment: int, number: int = 1, interim: str | None = None) -> Event:
        (answer,) = self.tell(
            names.ISSUE_RETURNED, unit=unit, ground="duties", proposed_unit=proposed, text="not ours", number=number,
            assignment=assignment, interim=interim,
        )  # fmt: skip
        return answer

    def of(self, unit: str) -> list[Copy]:
        return [copy for copy in self.sent if copy.topic == names.unit_topic(unit)]

    def _fold(self, event: Event) -> None:
        before, self.state = self.state, self.rules.evolve(self.state, event)
        self.story.append(event)
        for sent in self.rules.relay(before, self.state, event):
            assert isinstance(sent, Relay)
            self.sent.append(Copy(sent.topic, event._replace(data=sent.data), sent.headers))


def read_back(rules: RouterRules, story: Sequence[Event]) -> State:
    """Fold a story as a rebuild does: nothing is decided, the router's own events come from the story too."""
    state: State = {}
    for event in story:
        state = rules.evolve(state, event)
    return state
