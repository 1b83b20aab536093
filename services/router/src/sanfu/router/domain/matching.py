"""The pack's ordered rules, made fast: the first that matches wins, and it takes microseconds to find it.

Rules that name categories are looked up by category, rules that need words by the words found; what is left is
checked in order. `passed_over` goes through all of them one by one, to say why; both use the same conditions.

Words are found by Aho-Corasick's automaton, in one pass over the text however many they are (decision 0010).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache

from ahocorasick_rs import AhoCorasick, Implementation

from sanfu.city.calendar import ROUND_THE_CLOCK, Calendar
from sanfu.city.model.rules import RoutingRule
from sanfu.city.model.what import Category
from sanfu.router.domain.conditions import Condition, further
from sanfu.router.domain.facts import Facts

CONDITIONS = {
    "channels": "channel",
    "audiences": "audience",
    "categories": "category",
    "units": "unit",
    "unit_kinds": "unit_kind",
    "towns": "town",
    "kinds": "kind",
    "urgencies": "urgency",
    "secrecies": "secrecy",
    "liaison_units": "liaison",
}
SHORT = frozenset({"channels", "categories", "towns", "areas", "secrecies", "urgencies"})
"""All that may decide about a confidential issue: nothing that its text says or its party wished."""


SMALL = Facts._fields.index("category")
"""How many facts, from the first on, have few values."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule ready to be checked: its conditions as (name, place in Facts, allowed values)."""

    rule: RoutingRule
    conditions: tuple[tuple[str, int, frozenset[str]], ...]
    further: tuple[tuple[str, Condition], ...]
    blind: bool
    """Looks at nothing that a confidential issue keeps to itself."""

    def failing(self, facts: Facts, found: bool | None = None) -> str | None:
        """Name the first condition that does not hold. `found`: whether its words are there, if that is known."""
        for name, place, allowed in self.conditions:
            if facts[place] not in allowed:
                return name
        if facts.secrecy == "confidential" and not self.blind:
            return "confidential"
        for name, holds in self.further:
            if not holds(facts):
                return name
        when = self.rule.when
        if when.words is not None:
            there = when.words.first(facts.text) is not None if found is None else found
            return None if there else "words"
        return None


def _check(rule: RoutingRule, calendar: Calendar) -> Check:
    named = [(name, fact, getattr(rule.when, name)) for name, fact in CONDITIONS.items()]
    conditions = tuple(
        (name, Facts._fields.index(fact), frozenset(allowed)) for name, fact, allowed in named if allowed
    )
    more = tuple(further(rule.when, calendar))
    blind = SHORT.issuperset(name for name, *_ in (*conditions, *more))
    return Check(rule, conditions, more, blind and rule.when.words is None)


ALWAYS = Calendar(UTC, ROUND_THE_CLOCK)


class Matcher:
    """Finds the first rule that matches. Rules that are switched off are not there."""

    def __init__(
        self, rules: Iterable[RoutingRule], categories: Iterable[Category], calendar: Calendar = ALWAYS
    ) -> None:
        """`calendar` knows workdays and days off."""
        self.checks = tuple(_check(rule, calendar) for rule in rules if rule.active)
        self._categories = tuple(categories)
        self._plain: list[int] = []
        self._by_category: dict[str, list[int]] = defaultdict(list)
        words: list[tuple[Sequence[str], int]] = []
        for at, check in enumerate(self.checks):
            words += self._placed(at, check)
        # One text is searched once for both: the hints count from -1 down.
        hints = [((word,), ~at) for at, category in enumerate(self._categories) for word in category.keywords]
        self._hits = lru_cache(maxsize=8)(Vocabulary([*words, *hints]).hits)
        self._fitting = lru_cache(maxsize=4096)(self._all_fitting)

    def first(self, facts: Facts, among: Callable[[RoutingRule], bool] | None = None) -> RoutingRule | None:
        found = {at for at in self._hits(facts.text.casefold()) if at >= 0} if facts.text else set[int]()
        by_category = self._by_category.get(facts.category, ()) if facts.category else ()
        for at in sorted(found.union(self._fitting(*facts[:SMALL]), by_category)):
            check: Check = self.checks[at]
            if check.failing(facts, True if at in found else None) is None and (among is None or among(check.rule)):
                return check.rule
        return None

    def passed_over(self, facts: Facts, until: RoutingRule | None) -> Iterator[tuple[RoutingRule, str]]:
        """Name each rule before `until` (all, if None) with the first condition that did not hold; `overridden`: all
        did, and what the issue is (an emergency, sealed) counted for more."""
        for check in self.checks:
            if check.rule is until:
                return
            yield check.rule, check.failing(facts) or "overridden"

    def hints(self, text: str) -> list[tuple[Category, float]]:
        """Guess categories from single words, best first, with the share of the words found: hints, no decisions."""
        counted: dict[int, int] = defaultdict(int)
        for at in self._hits(text.casefold()):
            if at < 0:
                counted[~at] += 1
        total = sum(counted.values())
        best = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        return [(self._categories[at], count / total) for at, count in best]

    def _placed(self, at: int, check: Check) -> Iterator[tuple[Sequence[str], int]]:
        """Put a rule where it is looked for; yield the sets of words it is found by."""
        words = check.rule.when.words
        if words is not None and not words.unless:
            yield from ((each, at) for each in words.sets)
        elif check.rule.when.categories:
            for category in check.rule.when.categories:
                self._by_category[category].append(at)
        else:
            self._plain.append(at)

    def _all_fitting(self, *small: str) -> tuple[int, ...]:
        """The rules to be checked in any case that these first few facts, which have few values, don't rule out."""
        return tuple(
            at
            for at in self._plain
            if all(small[place] in allowed for _, place, allowed in self.checks[at].conditions if place < SMALL)
        )


class Vocabulary:
    """Finds sets of words in a text, in time that does not grow with the number of words. A word of Latin letters
    counts only as a whole one. Case is the caller's: words are casefolded, and so must texts be."""

    def __init__(self, sets: Iterable[tuple[Sequence[str], int]]) -> None:
        """`sets`: sets of words, each with what it means."""
        self._words: list[str] = []
        self._whole: dict[int, re.Pattern[str]] = {}
        self._sets: dict[int, list[tuple[frozenset[int], int]]] = defaultdict(list)
        """By a set's first word: its other words, and its meaning."""
        known: dict[str, int] = {}
        for words, meaning in sets:
            first, *others = (self._number(word.casefold(), known) for word in words)
            self._sets[first].append((frozenset(others), meaning))
        self._finder = AhoCorasick(self._words, implementation=Implementation.DFA)

    def hits(self, text: str) -> list[int]:
        """Give the meaning of each set whose words are all in the text."""
        seen = {word for word, _, _ in self._finder.find_matches_as_indexes(text, overlapping=True)}
        for part in [word for word in seen if word in self._whole and not self._whole[word].search(text)]:
            seen.remove(part)
        return [meaning for first in seen for others, meaning in self._sets.get(first, ()) if others <= seen]

    def _number(self, word: str, known: dict[str, int]) -> int:
        if word not in known:
            known[word] = len(self._words)
            self._words.append(word)
            if word.isascii():
                self._whole[known[word]] = re.compile(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])")
        return known[word]
