"""The pack's ordered rules, made fast: the first that matches wins, and it takes microseconds to find it.

Rules that name categories are looked up by category, rules that need words by the words found; what is left is
checked in order. `passed_over` goes through all of them one by one, to say why; both use the same conditions.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sanfu.city.model import Category, RoutingRule


class Facts(NamedTuple):
    """What a rule may look at. `kind` is the issue's, `unit_kind` that of the unit wished for."""

    channel: str
    audience: str
    kind: str
    urgency: str
    secrecy: str
    category: str | None = None
    unit: str | None = None
    unit_kind: str | None = None
    unit_of_town: bool = False
    town: str | None = None
    text: str = ""


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
}
SHORT = frozenset({"channels", "categories", "towns", "secrecies", "urgencies"})
"""All that may decide about a confidential issue: nothing that its text says or its party wished."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule ready to be checked: its conditions as (name, place in Facts, allowed values)."""

    rule: RoutingRule
    conditions: tuple[tuple[str, int, frozenset[str]], ...]
    blind: bool
    """Looks at nothing that a confidential issue keeps to itself."""

    def failing(self, facts: Facts, found: bool | None = None) -> str | None:
        """Name the first condition that does not hold. `found`: whether its words are there, if that is known."""
        for name, place, allowed in self.conditions:
            if facts[place] not in allowed:
                return name
        if facts.secrecy == "confidential" and not self.blind:
            return "confidential"
        when = self.rule.when
        if when.unit_of_town and not facts.unit_of_town:
            return "unit_of_town"
        if when.words is not None:
            there = when.words.first(facts.text) is not None if found is None else found
            return None if there else "words"
        return None


def _check(rule: RoutingRule) -> Check:
    named = [(name, fact, getattr(rule.when, name)) for name, fact in CONDITIONS.items()]
    conditions = tuple(
        (name, Facts._fields.index(fact), frozenset(allowed)) for name, fact, allowed in named if allowed
    )
    blind = SHORT.issuperset(name for name, _, _ in conditions) and not rule.when.unit_of_town
    return Check(rule, conditions, blind and rule.when.words is None)


_NONE: frozenset[int] = frozenset()


class Matcher:
    """Finds the first rule that matches. Rules that are switched off are not there."""

    def __init__(self, rules: Iterable[RoutingRule], categories: Iterable[Category]) -> None:
        self.checks = tuple(_check(rule) for rule in rules if rule.active)
        self._words = Vocabulary()
        self._plain: list[int] = []
        self._by_category: dict[str, list[int]] = defaultdict(list)
        for at, check in enumerate(self.checks):
            self._place(at, check)
        self._hints = Vocabulary()
        self._categories = tuple(categories)
        for at, category in enumerate(self._categories):
            for word in category.keywords:
                self._hints.add((word,), at)

    def first(self, facts: Facts, among: Callable[[RoutingRule], bool] | None = None) -> RoutingRule | None:
        found = frozenset(self._words.hits(facts.text.casefold())) if facts.text else _NONE
        by_category = self._by_category.get(facts.category, ()) if facts.category else ()
        for at in sorted({*self._plain, *by_category, *found}):
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
        for at in self._hints.hits(text.casefold()):
            counted[at] += 1
        total = sum(counted.values())
        best = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        return [(self._categories[at], count / total) for at, count in best]

    def _place(self, at: int, check: Check) -> None:
        words = check.rule.when.words
        if words is not None and not words.unless:
            for each in words.sets:
                self._words.add(each, at)
        elif check.rule.when.categories:
            for category in check.rule.when.categories:
                self._by_category[category].append(at)
        else:
            self._plain.append(at)


@dataclass(frozen=True, slots=True)
class Word:
    """A word, and what each set that begins with it means: (the set's other words, meaning)."""

    text: str
    whole: re.Pattern[str] | None
    """Set for a word of Latin letters: it counts only as a whole one."""
    sets: list[tuple[tuple["Word", ...], int]]

    def stands_in(self, text: str) -> bool:
        return self.text in text and (self.whole is None or self.whole.search(text) is not None)


class Vocabulary:
    """Finds sets of words in a text, in time that grows with the text and hardly with the number of words."""

    def __init__(self) -> None:
        self._words: dict[str, Word] = {}
        self._by_letter: dict[str, list[Word]] = defaultdict(list)
        """The words that some set begins with, by their first letter."""

    def add(self, words: Sequence[str], meaning: int) -> None:
        first, *others = (self._word(word.casefold()) for word in words)
        if not first.sets:
            self._by_letter[first.text[0]].append(first)
        first.sets.append((tuple(others), meaning))

    def hits(self, text: str) -> list[int]:
        """Give the meaning of each set whose words are all in the text, which must be casefolded."""
        found = []
        for letter in self._by_letter.keys() & set(text):
            for word in self._by_letter[letter]:
                if word.text in text and word.stands_in(text):
                    found += [meaning for others, meaning in word.sets if all(o.stands_in(text) for o in others)]
        return found

    def _word(self, text: str) -> Word:
        if text not in self._words:
            pattern = re.compile(rf"(?<![a-z0-9]){re.escape(text)}(?![a-z0-9])") if text.isascii() else None
            self._words[text] = Word(text, pattern, [])
        return self._words[text]
