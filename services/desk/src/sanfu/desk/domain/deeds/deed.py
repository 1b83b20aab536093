"""A command on its way into a case, and what every deed may have to check of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sanfu.city.calendar import Holidays
from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.desk.domain.hearing import NO_WORDS, Heard, Words, heard
from sanfu.desk.domain.lots import NO_LOTS, Lots
from sanfu.desk.domain.state import Case
from sanfu.desk.domain.windows import window_end
from sanfu.runtime.rules import Draft, Refusal

SYSTEM_BY: Final = {"id": "system", "role": "system", "unit": None}
NO_LEAD: Final = frozenset({"village", "external", "leading_group"})
"""Kinds of unit that are never given the lead: they call, are written to, or decide."""
NOT_ORDERED: Final = frozenset({"external", "leading_group"})
"""Kinds of unit that are given no order and no task: they are written to, or decide."""


@dataclass(frozen=True, slots=True)
class Marks:
    """By what the parties of two issues are told apart, where one joins the other: those of the issue that is joined,
    and of the one that joins. Empty: nothing is known of that party."""

    head: frozenset[str] = frozenset()
    joining: frozenset[str] = frozenset()

    @property
    def same(self) -> bool:
        return not self.head.isdisjoint(self.joining)


NO_MARKS: Final = Marks()


@dataclass(frozen=True, slots=True)
class Deed:
    """A command on its way into a case: what was said, by whom, when, under which pack and national calendar, and what
    lots are drawn with.

    `home` is the doer's own unit, also where they act for another's in somebody's place.
    """

    case: Case
    said: Mapping[str, Any]
    by: Mapping[str, Any]
    now: datetime
    pack: Pack
    holidays: Holidays
    home: str | None = None
    lots: Lots = NO_LOTS
    id: str = ""
    """Id of the case or affair."""
    others: Mapping[str, Case] = field(default_factory=dict)
    """The cases that the body names, as they stand: id → case. All of them are in the sender's scope."""
    marks: Marks = NO_MARKS
    words: Words = NO_WORDS
    """What a party says by it."""

    @property
    def heard(self) -> Heard:
        """What its words speak of."""
        return heard(self.words, self.case, self.pack, resolved=self.said.get("resolved") == "yes")

    @property
    def today(self) -> date:
        """The date it is in the city."""
        return self.day(self.now)

    def day(self, at: datetime) -> date:
        return self.pack.day(at)

    def until(self, window: str, start: datetime | None = None) -> str | None:
        """Return the instant at which a window of the policy closes that opens now, or opened at `start`."""
        end = window_end(self.pack, self.holidays, self.case, window, start or self.now)
        return instant(end) if end else None


def refused(slug: str, detail: str, **more: Any) -> Refusal:
    return Refusal(409, slug, detail, **more)


def wrong(field: str, problem: str, expected: str) -> Refusal:
    """A value that only the city's data can judge: as an edge would refuse it."""
    fault = {"field": f"$.{field}", "problem": problem, "expected": expected}
    return Refusal(422, "invalid-input", f"Not as it should be: $.{field}.", errors=[fault])


def leader(deed: Deed, code: str, field: str, case: Case | None = None) -> str:
    """Return the unit's code if it may lead this issue, or another that is decided about."""
    unit = deed.pack.units.get(code)
    if unit is None or not unit.valid_on(deed.today) or unit.kind in NO_LEAD:
        raise wrong(field, "unknown_unit", "the code, in the pack's units.csv, of a unit that may lead an issue")
    if code in (case or deed.case)["complains_of"]:
        raise refused("recused", f"The issue complains of {code}: another unit has to lead it.")
    return code


def dispatched(deed: Deed, unit: str, **more: Any) -> Draft:
    """A unit leads from now on, by somebody's decision: the grade and the reason are what they said."""
    case, pack = deed.case, deed.pack
    group = deed.by["unit"] in pack.audience_groups.values()
    body = {
        "by": deed.by, "unit": unit, "grade": deed.said["grade"], "urgency": case["urgency"],
        "audience": case["audience"], "category": case["category"], "assignment": case["assignment"] + 1,
        "round": case["round"], "decided_by": "group" if group else "reviewer", "reason": deed.said["reason"],
        "rule": None, "score": None, "pack": pack.version, "also": [],
    }  # fmt: skip
    return Draft(names.ISSUE_DISPATCHED, {**body, **more})


def separated(case: Case, because: str) -> Draft:
    """What was merged goes on by itself from now on."""
    body = {"by": SYSTEM_BY, "head": case["head"], "because": because, "unit": case["unit"], "round": case["round"]}
    return Draft(names.ISSUE_SEPARATED, body)


def no_emergency(deed: Deed, done: str) -> None:
    if deed.case["urgency"] == "emergency":
        raise refused("emergency", f"An emergency can't be {done}: somebody has to act, now.")
