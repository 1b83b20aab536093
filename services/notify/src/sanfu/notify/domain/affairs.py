"""What notify keeps of an affair's story, and who is told of it: supervision orders, tasks, and their lights. Pure.

`{facts, recent}`, as of an issue; codes and instants only, so an affair that bears on a confidential issue says no more
than any other.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sanfu.city.model import Template
from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.notify.domain import story
from sanfu.notify.domain.rules import NotifyRules
from sanfu.runtime.rules import Input, Outcome, Refusal, State

OWN_EVENTS = frozenset({names.ORDER_RAISED, names.ORDER_REPLY_DECLINED, names.ORDER_LIFTED, names.TASK_SET})
"""Events that only affairs have."""
LIGHTS = frozenset({names.LIGHT_CHANGED, names.ESCALATION_RAISED})
TOLD = OWN_EVENTS | LIGHTS
HEARD = TOLD | {names.UNIT_SUCCEEDED}

_TAKEN: Mapping[str, tuple[str, ...]] = {
    names.ORDER_RAISED: ("unit", "issuer", "cause"),
    names.ORDER_REPLY_DECLINED: ("unit",),
    names.TASK_SET: ("unit",),
}
_WHAT: Mapping[str, str] = {names.ORDER_RAISED: "order", names.TASK_SET: "task"}


class AffairRules(NotifyRules):
    """The same rules over the story of affairs."""

    knows = HEARD
    told = TOLD
    of = "affairs"

    def evolve(self, state: State, event: Event) -> State:
        facts = _after(state.get("facts", {}), event)
        after = {**state, "facts": facts}
        if event.type in TOLD:
            after["recent"] = [*state.get("recent", []), story.telling(facts, event)][-story.RECENT :]
        return after

    def decide(self, state: State, given: Input, now: Any) -> Sequence[Outcome]:
        if hasattr(given, "actor"):
            raise Refusal(404, "unknown-command", "notify takes no command about an affair")
        return ()

    def fits(self, template: Template, telling: story.Telling) -> bool:
        """A light's message is for affairs if it names their clock: others speak of an issue's number."""
        named = telling["type"] in OWN_EVENTS or "clock" in template.where
        return named and super().fits(template, telling)


def _after(before: story.Facts, event: Event) -> story.Facts:
    taken = {name: value for name in _TAKEN.get(event.type, ()) if (value := event.data.get(name)) is not None}
    if what := _WHAT.get(event.type):
        taken["what"] = what
    if event.type == names.UNIT_SUCCEEDED and before.get("unit") == event.data["from_unit"]:
        taken["unit"] = event.data["unit"]
    return {**before, **taken}
