"""The categories of the pack, as routing asks for them: none that is gone is ever said."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import lru_cache

from sanfu.city.calendar import Calendar
from sanfu.city.model.pack import Pack
from sanfu.city.model.rules import RoutingRule
from sanfu.city.model.what import Category
from sanfu.city.succession import in_its_place
from sanfu.router.domain.facts import Facts
from sanfu.router.domain.guessing import Suspect
from sanfu.router.domain.matching import Matcher

Absent = frozenset[tuple[str, str | None]]
"""The categories that are not there on a day, each with the one in its place, or None."""
UNROUTED = ("thanks", "spam")


class Categories:
    """Answers questions about categories by one pack. Its answers depend on nothing else but the day."""

    def __init__(self, pack: Pack, calendar: Calendar) -> None:
        """`calendar`: for rules that ask for workdays or days off."""
        self._known, self._rules, self._calendar = pack.categories, pack.rules, calendar
        self._made = lru_cache(maxsize=2)(self._matcher)
        self.absent = lru_cache(maxsize=4)(self._absent)
        self._made(frozenset())  # what holds on most days is made where the pack is, in a thread

    def matcher(self, day: date) -> Matcher:
        """Return what finds the first rule that matches on a day."""
        return self._made(self.absent(day))

    def now(self, code: str | None, day: date) -> str | None:
        """Return the category, or on that day its successor. What the pack does not know is passed on as it came."""
        return in_its_place(self._known, code, day) if code in self._known else code

    def of(self, code: str | None, day: date) -> Category | None:
        """Return the row of the category, or on that day of its successor."""
        return self._known.get(self.now(code, day) or "")

    def as_of(self, facts: Facts, day: date) -> Facts:
        """Return the facts as rules see them on that day."""
        return facts._replace(category=self.now(facts.category, day))

    def suspect(self, found: Suspect, day: date) -> Suspect | None:
        """Say what the model's finding means on that day. Where its category is gone, the successor's own unit leads:
        of that one the model knows nothing. None: nothing goes on in the category's place."""
        heir = self.of(found.category, day)
        if heir is None or heir.code == found.category:
            return found if heir else None
        return Suspect(heir.default_unit, found.score, heir.code)

    def _absent(self, day: date) -> Absent:
        return frozenset((code, self.now(code, day)) for code, one in self._known.items() if not one.valid_on(day))

    def _matcher(self, absent: Absent) -> Matcher:
        return Matcher(self._rules_without(dict(absent)), self._known.values(), self._calendar)

    def _rules_without(self, absent: dict[str, str | None]) -> Iterator[RoutingRule]:
        """Have each rule say the successor of a category that is gone. One that stands for the row of that category
        goes by the successor's row."""
        for rule in self._rules:
            if rule.category is None or rule.category not in absent:
                yield rule
                continue
            heir = self._known.get(absent[rule.category] or "")
            if not rule.of_category:
                yield replace(rule, category=heir.code if heir else None)
            elif heir and heir.kind not in UNROUTED:
                yield replace(rule, category=heir.code, unit=heir.default_unit, grade=heir.default_grade)
