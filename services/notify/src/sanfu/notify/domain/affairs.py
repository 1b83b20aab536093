"""What notify keeps of an affair's story, and who is told of it: supervision orders, meetings, tasks, lists, and their
lights. Pure.

`{facts, recent}`, as of an issue: codes, instants, and the issues that it bears upon (`concerns`), for it is told as
secretly as those are (`domain/bearing.py`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.calendar import Holidays, serving
from sanfu.city.model.pack import Pack
from sanfu.city.model.templates import Template
from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.notify.domain import bearing, story
from sanfu.notify.domain.delivery import AT_ONCE, Delivery, end
from sanfu.notify.domain.ended import LIGHTS, noted
from sanfu.notify.domain.rules import NAMED, NotifyRules
from sanfu.runtime.rules import Input, Outcome, Refusal, State

AHEAD = frozenset({names.MEETING_CALLED, names.AGENDA_CHANGED})
"""What is told of a meeting that is still to come."""
OWN_EVENTS = AHEAD | {
    names.ORDER_RAISED, names.ORDER_REPLY_DECLINED, names.ORDER_LIFTED, names.TASK_SET, names.MEETING_HELD,
    names.LIST_OPENED, names.ENTRIES_ADDED, names.LIST_ENDED, names.POST_SUCCEEDED,
}  # fmt: skip
"""Events that are told of affairs only."""
TOLD = OWN_EVENTS | LIGHTS
HEARD = TOLD | {names.UNIT_SUCCEEDED}
INCOGNITO = ("experience", "checkup")
"""Lists of which nobody hears but their holder: a unit may be the one that they are about (decision 0034)."""

_TAKEN: Mapping[str, tuple[str, ...]] = {
    names.ORDER_RAISED: ("unit", "issuer", "cause"),
    names.ORDER_REPLY_DECLINED: ("unit",),
    names.TASK_SET: ("unit",),
    names.MEETING_CALLED: ("chair",),
    names.LIST_OPENED: ("unit", "holder"),
}
_WHAT: Mapping[str, str] = {names.ORDER_RAISED: "order", names.TASK_SET: "task"}


class AffairRules(NotifyRules):
    """The same rules over the story of affairs. `holidays`: on what day a day-before notice is told."""

    knows = HEARD
    told = TOLD
    of = "affairs"

    def __init__(
        self,
        pack: Pack,
        place: Callable[[str], int],
        first: Callable[[int], bool] = lambda _: False,
        holidays: Holidays | None = None,
    ) -> None:
        super().__init__(pack, place, first)
        calendar = serving(pack.policy, ZoneInfo(pack.zone), holidays or Holidays(), None, always=False)
        self._calendar = replace(calendar, lenient=True, known={})

    def evolve(self, state: State, event: Event) -> State:
        facts = _after(state.get("facts", {}), event)
        after = {**state, "facts": facts}
        if event.type in TOLD:
            did = {"did": event.data["by"]["id"]} if "by" in event.data else {}
            said = {name: value for name, value in facts.items() if name != "concerns"} | did
            after["recent"] = [*state.get("recent", []), story.telling(said, event)][-story.RECENT :]
        return after

    def decide(self, state: State, given: Input, now: Any) -> Sequence[Outcome]:
        if hasattr(given, "actor"):
            raise Refusal(404, "unknown-command", "notify takes no command about an affair")
        return ()

    def fits(self, template: Template, telling: story.Telling) -> bool:
        """A light's message is for affairs if it names their clock: others speak of an issue's number."""
        facts, type = telling["facts"], telling["type"]
        if facts.get("list") in INCOGNITO and template.audience not in NAMED:
            return False
        if type == names.POST_SUCCEEDED and facts["user"] != facts.get("holder"):
            return False  # it was somebody else's
        return (type in OWN_EVENTS or "clock" in template.where) and super().fits(template, telling)

    def tellings(self, subject: str, telling: story.Telling) -> Iterator[Delivery]:
        for one in super().tellings(subject, telling):
            template = self._templates[one.type][one.template]
            yield self._ahead(one, template.day_before) if one.type in AHEAD and one.is_open else one

    def _ahead(self, one: Delivery, minute: int | None) -> Delivery:
        """Tell it while the meeting is still to come, a day-before notice at its time; or have on record that it is too
        late for that."""
        begins, late = one.begins, end(one, "skipped", "too_late", one.at)
        if begins is None:
            return late
        if minute is None:
            return replace(one, useful_until=min(one.useful_until, begins))
        due = self._day_before(begins, minute)
        if due <= one.at:
            return late  # it was called later than that: who is asked heard just now
        return replace(one, state="held", why="day_before", due=due, again=AT_ONCE, useful_until=begins)

    def _day_before(self, begins: datetime, minute: int) -> datetime:
        day = self._calendar.service_day(self._calendar.day_of(begins), -1)
        return self._calendar.at(day, minute)


def _after(before: story.Facts, event: Event) -> story.Facts:
    data = event.data
    taken = {name: value for name in _TAKEN.get(event.type, ()) if (value := data.get(name)) is not None}
    if what := _WHAT.get(event.type):
        taken["what"] = what
    if (concerns := bearing.concerned(before, event)) is not None:
        taken["concerns"] = concerns
    asked: Sequence[str] = before.get("asked", ())
    match event.type:
        case names.MEETING_CALLED:
            asked = [*data["units"], *([data["place"]] if data["place"] else [])]
            taken |= {"meeting": data["kind"], "begins": data["at"], "asked": [*dict.fromkeys(asked)]}
        case names.MEETING_HELD:
            taken |= {"meeting": data["kind"], "begins": data["held_at"], "held": True}
            taken["asked"] = [*dict.fromkeys([*asked, *data["units"]])]
        case names.LIST_OPENED:
            taken["list"] = data["kind"]
        case names.LIST_ENDED:
            taken["ended"] = True
        case names.POST_SUCCEEDED if before.get("holder") == data["from_user"]:
            taken |= {"holder": data["user"], **({"unit": data["unit"]} if data["unit"] else {})}
        case names.UNIT_SUCCEEDED:
            former, heir = data["from_unit"], data["unit"]
            taken["heirs"] = story.heirs(before, former, heir)
            if asked:
                taken["asked"] = [*dict.fromkeys(heir if unit == former else unit for unit in asked)]
            if before.get("unit") == former:
                taken["unit"] = heir
    return {**before, **taken, **noted(before, event)}
