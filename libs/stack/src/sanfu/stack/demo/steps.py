"""What somebody in the demo does next, and the people and hours that decide when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import moment
from sanfu.stack.demo.hours import HALF_DAY, Hours
from sanfu.stack.demo.staff import Staffing

Case = Mapping[str, Any]
Orders = tuple[tuple[str, Mapping[str, Any]], ...]

PARTY = "party"
"""Who acts on the party's own page, and has no account."""
HIDDEN = ("confidential", "sealed")


@dataclass(frozen=True, slots=True)
class Step:
    """At this instant, this user gives these commands, one after the other.

    `of`: what they are given to, where that is not the case: `orders/<id>`; `meetings`, with no command, to call one.
    """

    at: datetime
    user: str
    orders: Orders
    of: str | None = None

    @property
    def aside(self) -> bool:
        """Tell whether it is about a supervision order: that goes its own way, beside the case."""
        return self.of is not None and self.of.startswith("orders/")


@dataclass(frozen=True, slots=True)
class Crew:
    """The people of one city, and when they work."""

    pack: Pack
    staffing: Staffing
    hours: Hours

    def later(self, unit: str, case: Case, hours: float, *, step: timedelta = HALF_DAY) -> datetime:
        """Return when a unit comes to a case, not sooner than so long after the last that happened to it."""
        after = moment(case["changed_at"]) + timedelta(hours=hours)
        return self.hours.looks(unit, after, step=step, urgency=case["urgency"])

    def office_later(self, case: Case, hours: float, *, step: timedelta = HALF_DAY) -> datetime:
        return self.later(self.pack.office_unit, case, hours, step=step)

    def outsider(self, report: str, case: Case) -> str | None:
        """Return who may judge what was handled: of no unit that had a hand in it; a check-up's monitor, if one of the
        city's staff filed it."""
        filer = (case.get("filer") or {}).get("id")
        if filer in self.pack.staff and any(one["need"] == "monitor" for one in case["missing"]):
            return filer
        helped = [task["unit"] for task in case["assists"]]
        led = [round["unit"] for round in case["rounds"] if round["unit"]]
        head = [case["head_handled"]["unit"]] if case["head_handled"] else []
        return self.staffing.caller(report, [*case["units"], *helped, *led, *head])

    def sections(self, town: str, at: datetime) -> list[str]:
        """Return the sections of a town to which it gives tasks; none, if it has not two."""
        units = self.pack.units.values()
        found = [one.code for one in units if (one.parent, one.kind) == (town, "section") and one.valid_on(at.date())]
        return sorted(found) if len(found) > 1 else []
