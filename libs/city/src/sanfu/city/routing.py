"""Routing rules from their file: plain ones, and those that stand for one rule per category."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Literal

from sanfu.city import vocabulary as words
from sanfu.city.conditions import answers, times
from sanfu.city.directory import CODE
from sanfu.city.endings import used
from sanfu.city.form import Form
from sanfu.city.model.rules import LIAISON, TOWN, WISHED, RoutingRule, When
from sanfu.city.model.what import Category, Channel
from sanfu.city.model.who import Unit
from sanfu.city.quantities import word_set
from sanfu.city.reading import Record, Section
from sanfu.city.wordlists import WordList

MODES: tuple[Literal["auto", "review", "model"], ...] = ("auto", "review", "model")


class RuleReader:
    """Reads rules against the units, channels and categories there are on a day."""

    def __init__(
        self,
        units: Mapping[str, Unit],
        channels: Mapping[str, Channel],
        categories: Mapping[str, Category],
        grades: tuple[str, ...],
        today: date,
        *,
        forms: Mapping[str, Form],
        areas: Collection[str],
    ) -> None:
        self.units, self.channels, self.categories = units, channels, categories
        self.grades, self.today = grades, today
        self.forms, self.areas = forms, areas
        self.ids: set[str] = set()

    def rules(self, document: Section) -> tuple[RoutingRule, ...]:
        found = [rule for entry in document.sections("rules") for rule in self._expanded(entry)]
        document.done()
        return tuple(found)

    def _expanded(self, entry: Section) -> Iterable[RoutingRule]:
        rule_id, when = self._id(entry), self._when(entry.section("when"))
        source = entry.text("from_categories", "")
        if not source:
            yield self._rule(entry, rule_id, when)
        else:
            yield from self._per_category(entry, rule_id, when, entry.choice("from_categories", _SOURCES))
        entry.done()

    def _id(self, entry: Section) -> str:
        rule_id = entry.text("id")
        if rule_id and not CODE.fullmatch(rule_id):
            entry.wrong("id", f"{rule_id!r} is no code", "write 2 to 40 characters of [a-z0-9-]")
        if rule_id in self.ids:
            entry.wrong("id", f"{rule_id!r} is there twice", "rename one of them")
        self.ids.add(rule_id)
        return rule_id

    def _when(self, section: Section) -> When:
        channels = section.known("channels", self.channels, "channel")
        towns = [code for code, unit in self.units.items() if unit.kind == "town"]
        when = When(
            channels=channels,
            audiences=section.known("audiences", words.AUDIENCES, "audience"),
            categories=section.known("categories", self.categories, "category"),
            units=section.known("units", self.units, "unit"),
            unit_kinds=section.known("unit_kinds", words.UNIT_KINDS, "kind of unit"),
            towns=section.known("towns", towns, "town"),
            kinds=section.known("kinds", words.ISSUE_KINDS, "kind"),
            urgencies=section.known("urgencies", words.URGENCIES, "urgency"),
            secrecies=section.known("secrecies", words.SECRECIES, "secrecy"),
            unit_of_town=section.choice("unit_of_town", ("yes", "no"), "no") == "yes",
            words=word_list(section, "words") if section.has("words") else None,
            areas=section.known("areas", self.areas, "area"),
            liaison=_yes_no(section, "liaison"),
            liaison_units=section.known("liaison_units", self.units, "unit"),
            answers=answers(section.section("answers"), channels, self.forms) if section.has("answers") else (),
            time=times(section.section("time")) if section.has("time") else None,
        )
        used(section, "categories", when.categories, self.categories, self.today)
        section.done()
        return when

    def _rule(self, entry: Section, rule_id: str, when: When) -> RoutingRule:
        mode = entry.choice("mode", MODES)
        allowed = {*self.units, TOWN, WISHED, LIAISON}
        unit = entry.one_known("unit", allowed, "unit")
        assist = entry.known("assist", allowed, "unit")
        if mode == "auto":
            self._check_sure(entry, unit, when)
        rule = RoutingRule(
            id=rule_id,
            when=when,
            unit=unit,
            assist=assist,
            category=entry.one_known("category", self.categories, "category"),
            grade=entry.one_known("grade", self.grades, "grade"),
            mode=mode,
            reason=entry.text("reason"),
        )
        used(entry, "category", filter(None, [rule.category]), self.categories, self.today)
        return self._switched(entry, rule)

    def _check_sure(self, entry: Section, unit: str | None, when: When) -> None:
        if unit is None:
            entry.wrong("unit", "is missing, and the mode is auto", "name a unit, or write mode: review")
        single = [words_of_set[0] for words_of_set in (when.words.sets if when.words else ()) if len(words_of_set) < 2]
        if single and not when.urgencies:
            entry.wrong("when", f"{single[0]!r} alone decides", "join a second word with +, or write mode: review")

    def _per_category(self, entry: Section, rule_id: str, when: When, source: str) -> Iterable[RoutingRule]:
        """One rule for each category that is dispatched, in the table's order, under the entry's own conditions."""
        mode, reason = entry.choice("mode", MODES), entry.text("reason")
        for category in self.categories.values():
            narrowed = _narrowed(when, category, source)
            if narrowed is None or category.kind in ("thanks", "spam"):
                continue
            rule = RoutingRule(
                id=f"{rule_id}-{category.code}",
                when=narrowed,
                unit=category.default_unit,
                assist=(),
                category=category.code,
                grade=category.default_grade,
                mode=mode,
                reason=reason,
                of_category=True,
            )
            yield rule if category.gone_on(self.today) else self._switched(entry, rule)

    def _switched(self, entry: Record, rule: RoutingRule) -> RoutingRule:
        gone = [code for code in (rule.unit, *rule.assist) if code and self._is_gone(code)]
        if not gone:
            return rule
        heir = self.units[gone[0]].succeeded_by
        cure = f"write {heir}" if heir else "name a unit that is there"
        entry.wrong("unit", f"rule {rule.id!r} is switched off: {gone[0]!r} is gone", cure, fatal=False)
        return replace(rule, active=False)

    def _is_gone(self, code: str) -> bool:
        return code in self.units and self.units[code].gone_on(self.today)


def _yes_no(section: Section, key: str) -> bool | None:
    return section.choice(key, ("yes", "no")) == "yes" if section.has(key) else None


_SOURCES = ("sure_keywords", "wished")


def _narrowed(when: When, category: Category, source: str) -> When | None:
    """Add the category's own condition: its sure words, or that it was wished for. None: it has none."""
    if source == "sure_keywords" and not category.sure_words.sets:
        return None
    wished = (category.code,) if source == "wished" else when.categories
    if when.categories and category.code not in when.categories:
        return None
    words_found = category.sure_words if source == "sure_keywords" else when.words
    return replace(when, categories=wished, words=words_found)


def word_list(section: Section, key: str, unless: str = "unless") -> WordList:
    """Read a list of word sets, and the phrases that don't count."""
    sets = []
    for text in section.raw(key):
        try:
            sets.append(word_set(text))
        except ValueError as error:
            section.wrong(key, f"{text!r} can't be read", str(error))
    return WordList(tuple(sets), tuple(section.raw(unless)))
