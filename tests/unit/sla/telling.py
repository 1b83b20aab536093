"""Tells a story to sla's rules, the way the machine does, and keeps what they say."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sanfu.contracts import names, registry
from sanfu.contracts.envelope import Event, event_id, instant
from sanfu.runtime.rules import Draft, Due, State
from sanfu.sla.domain.rules import SlaRules
from tests.unit.sla.policies import local, shown

SUBJECT = "issue-1"


class Telling:
    """One subject's life. `story` holds every event in the order in which it was published."""

    def __init__(self, rules: SlaRules) -> None:
        self.rules = rules
        self.state: State = {}
        self.story: list[Event] = []
        self.now = local("2000-01-01 00:00")
        self._counts: dict[str, int] = {}

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────────

    def tell(self, type: str, at: str, *, service: str = "desk", heard: str | None = None, **data: Any) -> list[Draft]:
        """Tell an event of another service that happened at a local time, and is heard of then, or later."""
        self.fold(self.event(type, at, service=service, **data))
        return self._decided(lambda now: self.rules.decide(self.state, self.story[-1], now), heard or at)

    def event(self, type: str, at: str, *, service: str = "desk", **data: Any) -> Event:
        number = self._counts[service] = self._counts.get(service, 0) + 1
        return Event(event_id(service, SUBJECT, number), type, service, SUBJECT, number, local(at), data)

    def fold(self, event: Event) -> None:
        self.state = self.rules.evolve(self.state, event)
        self.story.append(event)

    def wait(self, until: str, *, now: str | None = None) -> list[Draft]:
        """Let every timer go off that is due by a local time, each at its own instant, or all of them at `now`."""
        said: list[Draft] = []
        while (due := self.rules.due(self.state)) is not None and due <= local(until):
            assert len(said) < 500, f"the timer of {due} goes off again and again"
            heard = local(until) if now else max(due, self.now)
            at = local(now) if now else heard
            before = self.state
            fired = Due(due, heard)
            said += self._decided(partial(self._fired, fired), at)
            assert self.state is not before, f"the timer of {due} did not move"
        return said

    def _fired(self, due: Due, now: datetime) -> Any:
        return self.rules.decide(self.state, due, now)

    def settle(self, now: str) -> list[Draft]:
        return self._decided(lambda at: self.rules.outstanding(self.state, at), now)

    def _decided(self, decide: Callable[[datetime], Any], now: str | datetime) -> list[Draft]:
        at = local(now) if isinstance(now, str) else now
        self.now = max(self.now, at)
        drafts = list(decide(at))
        for draft in drafts:
            number = self._counts["sla"] = self._counts.get("sla", 0) + 1
            data = registry.codec.decode(draft.type, registry.codec.encode(draft.type, draft.data))
            self.fold(Event(event_id("sla", SUBJECT, number), draft.type, "sla", SUBJECT, number, at, data))
        return drafts

    # ── a common beginning ───────────────────────────────────────────────────────────────────────────────────────────

    def submitted(self, at: str, **data: Any) -> list[Draft]:
        said: dict[str, Any] = {"channel": "web", "audience": "resident", "kind": "issue", "urgency": "normal"} | data
        return self.tell(names.ISSUE_SUBMITTED, at, service="intake", **said)

    def assigned(self, at: str, unit: str = "tax", grade: str = "complex", **data: Any) -> list[Draft]:
        said: dict[str, Any] = {
            "unit": unit,
            "grade": grade,
            "urgency": "normal",
            "audience": "resident",
            "assignment": 1,
        } | data
        return self.tell(names.ISSUE_ASSIGNED, at, service="router", **said)

    def handled(self, at: str, unit: str = "tax", heard: str | None = None, **data: Any) -> list[Draft]:
        return self.tell(names.ISSUE_HANDLED, at, heard=heard, unit=unit, outcome="solved", assignment=1, **data)

    def did(self, at: str, unit: str = "tax", type: str = names.ISSUE_CONTACTED, **data: Any) -> list[Draft]:
        """Tell a command that somebody of a unit gave."""
        return self.tell(type, at, unit=unit, by={"id": "u-1", "role": "officer", "unit": unit}, **data)

    # ── what was said ────────────────────────────────────────────────────────────────────────────────────────────────

    def again(self) -> "Telling":
        """Fold the published story into an empty state, as a rebuild does."""
        new = Telling(self.rules)
        new._counts = dict(self._counts)
        for event in self.story:
            new.fold(event)
        return new


def lights(drafts: list[Draft], clock: str = "handling") -> list[tuple[Any, ...]]:
    """Return (version, level, reason, skipped) of what a clock's lights did."""
    return [
        (d.data["version"], d.data["level"], d.data["reason"], d.data["skipped"])
        for d in drafts
        if d.type == names.LIGHT_CHANGED and d.data["clock"] == clock
    ]


def deadlines(drafts: list[Draft], clock: str = "handling") -> list[tuple[Any, ...]]:
    """Return (version, reason, limit in local time) of a clock's deadlines."""
    return [
        (d.data["version"], d.data["reason"], shown(datetime.fromisoformat(d.data["limit"])))
        for d in drafts
        if d.type == names.DEADLINE_SET and d.data["clock"] == clock
    ]


def climbed(drafts: list[Draft], clock: str = "handling") -> list[tuple[Any, ...]]:
    """Return (version, step, who hears of it, skipped) of what was raised of a clock."""
    return [
        (d.data["version"], d.data["step"], f"{d.data['to_unit']} {d.data['to_role']}", d.data["skipped"])
        for d in drafts
        if d.type == names.ESCALATION_RAISED and d.data["clock"] == clock
    ]


def open_clocks(state: Mapping[str, Any]) -> dict[str, str]:
    """Return the light of each clock that runs."""
    return {one["clock"]: one["light"] for one in state["open"]}


def at(text: str) -> str:
    """Write a local time as events do."""
    return instant(local(text))
