"""Who leads: rules first, the classifier where a rule lets it, a person where none is sure (domain,
"Routing", "Urgency", "Secrecy", "Recusal")."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.calendar import Calendar, Holidays
from sanfu.city.model.pack import Pack
from sanfu.city.model.rules import TOWN, RoutingRule
from sanfu.router.domain.bodies import Bodies
from sanfu.router.domain.categories import Categories
from sanfu.router.domain.decisions import Choice, Lead, Report, assigned, review
from sanfu.router.domain.facts import Facts
from sanfu.router.domain.glance import SECRET, Glance
from sanfu.router.domain.guessing import Guess, Model
from sanfu.router.domain.reasons import reason
from sanfu.router.domain.whereabouts import derived, in_doubt, sentence
from sanfu.runtime.rules import Draft

NO_HOLIDAYS = Holidays()
SEPARATOR = " · "
SUGGESTED = 4
"""Suggestions shown: what fits a reviewer's eye."""


class Routing:
    """Routes reports by one pack. Immutable; its answers depend on nothing else but the day."""

    def __init__(self, pack: Pack, model: Model | None = None, holidays: Holidays = NO_HOLIDAYS) -> None:
        """`holidays`: the national calendar, for rules that ask for workdays or days off."""
        self.pack, self.model, self.units = pack, model, Bodies(pack)
        self._glance, policy = Glance(pack), pack.policy
        calendar = Calendar(ZoneInfo(pack.zone), policy.service, holidays, policy.overrides, lenient=True)
        self.categories = Categories(pack, calendar)

    def facts(
        self, said: Mapping[str, Any], urgency: str, secrecy: str, category: str | None, *, day: date | None = None
    ) -> Facts:
        """Pick what rules may look at, as things are on a day; None: as they were when it came in."""
        facts = self._glance.facts(said, urgency, secrecy, category, day)
        return self.categories.as_of(facts, day) if day else facts

    # ── a new report ─────────────────────────────────────────────────────────────────────────────────────────────────

    def route(self, report: Report, day: date) -> Draft:
        """Say who leads, or that a person has to say: rules first, then the model, where a rule lets it."""
        facts = report.facts
        if facts.secrecy == "sealed":
            return self._sealed(report, day)
        if facts.urgency == "emergency":
            return self._emergency(report, day)
        rule = self.categories.matcher(day).first(facts)
        unit = self.units.meant(rule.unit, facts, day) if rule else None
        why = self._doubt(report, rule, unit)
        if rule is not None and unit is not None and why is None:
            also = [*self._assists(rule, facts, day), *self.units.told_beside(unit)]
            return assigned(report, self._by_rule(unit, "rule", rule, facts, also), self.pack.version)
        guess = self.guess(facts)
        if rule and rule.mode == "model" and guess and (draft := self._guessed(report, guess, day)):
            return draft
        return self._review(why or "unsure", report, day, rule, guess)

    def _doubt(self, report: Report, rule: RoutingRule | None, unit: str | None) -> str | None:
        """Say what stands in the way of assigning at once; None: nothing does."""
        facts = report.facts
        if facts.kind in ("thanks", "spam"):
            return facts.kind
        if rule is None or rule.mode != "auto":
            if facts.secrecy == "confidential":
                return "confidential"
            return "consult" if facts.kind == "consult" else "unsure"
        if unit is None:
            return "place" if rule.unit == TOWN else "unsure"
        return "recusal" if self.units.recused(unit, report.complains_of) else None

    def _by_rule(
        self, unit: str, decided_by: str, rule: RoutingRule, facts: Facts, also: list[tuple[str, str]]
    ) -> Lead:
        category = rule.category or facts.category
        by = derived(facts.place, self.pack) if rule.unit == TOWN else None
        why = self._why(f"{rule.reason}{SEPARATOR}{by}" if by else rule.reason, facts)
        grade = rule.grade or self._grade(category)
        return Lead(unit, decided_by, why, grade, category, rule.id, also)

    def _assists(self, rule: RoutingRule, facts: Facts, day: date) -> Iterator[tuple[str, str]]:
        for code in rule.assist:
            if unit := self.units.meant(code, facts, day):
                yield unit, "assist"

    # ── the classifier ───────────────────────────────────────────────────────────────────────────────────────────────

    def guess(self, facts: Facts) -> Guess | None:
        """Ask the model, where there is one and a text that it may read."""
        if self.model is None or facts.secrecy in SECRET or not facts.text.strip():
            return None
        return self.model.guess(facts)

    def _guessed(self, report: Report, guess: Guess, day: date) -> Draft | None:
        """Assign by the model alone: only what it takes for an issue and no emergency, above its category's bar."""
        facts, bar = report.facts, self.pack.sure_from.get(guess.suspects[0].category)  # the model's own, gone or not
        best = self.categories.suspect(guess.suspects[0], day)
        if best is None or bar is None or best.score < bar or guess.alarm or {guess.kind, facts.kind} != {"issue"}:
            return None
        unit = self.units.meant(best.unit, facts, day)
        if unit is None or self.units.recused(unit, report.complains_of):
            return None
        also = self.units.told_beside(unit)
        lead = Lead(
            unit, "model", self._why(self._of_category("guessed", best.category), facts), self._grade(best.category),
            best.category, None, also, best.score, self.model.version if self.model else None,
        )  # fmt: skip
        return assigned(report, lead, self.pack.version)

    def _of_category(self, code: str, category: str) -> str:
        known, locale = self.pack.categories[category], self.pack.locales[0]
        return self._reason(code).format(category=known.name_zh if locale.startswith("zh") else known.name_en)

    # ── emergencies, sealed ones ─────────────────────────────────────────────────────────────────────────────────────

    def _emergency(self, report: Report, day: date) -> Draft:
        """Assign at once, to the emergency unit and the unit of the place; no doubt stops that."""
        facts, also = report.facts, self._alarmed(report.facts, day)
        rule = self.categories.matcher(day).first(facts)
        if rule is not None and rule.mode == "auto" and "emergency" in rule.when.urgencies:
            unit = self._unrecused([self.units.meant(rule.unit, facts, day), *(code for code, _ in also)], report)
            also += self._assists(rule, facts, day)
            return assigned(report, self._by_rule(unit, "emergency", rule, facts, also), self.pack.version)
        unit = self._unrecused([code for code, _ in also], report)
        why = self._why(self._reason("emergency" if facts.town else "no_place"), facts)
        lead = Lead(unit, "emergency", why, self._grade(facts.category), facts.category, None, also)
        return assigned(report, lead, self.pack.version)

    def alarm(self, report: Report, lead: str | None, day: date) -> Draft:
        """Tell emergency unit and place of an issue that became an emergency; who leads it goes on leading."""
        if lead is None:
            return self._emergency(report, day)
        facts = report.facts
        grade = report.grade or self._grade(facts.category)
        also = self._alarmed(facts, day)
        kept = Lead(lead, "emergency", self._reason("alarmed"), grade, facts.category, None, also)
        return assigned(report, kept, self.pack.version)

    def _alarmed(self, facts: Facts, day: date) -> list[tuple[str, str]]:
        """Where nobody can tell in which of several towns it is, all of them are told."""
        towns = self.units.maybe_meant(TOWN, facts, day)
        return [(self.pack.emergency_unit, "emergency"), *((town, "place") for town in towns)]

    def _unrecused(self, units: list[str | None], report: Report) -> str:
        """Take the first unit that the issue does not complain of; the first of all if it complains of each."""
        able = [unit for unit in units if unit]
        return next((unit for unit in able if not self.units.recused(unit, report.complains_of)), able[0])

    def _sealed(self, report: Report, day: date) -> Draft:
        """Ask for a person, and suggest nobody but whom a rule for sealed issues names."""
        matcher = self.categories.matcher(day)
        rule = matcher.first(report.facts, lambda rule: "sealed" in rule.when.secrecies)
        unit = self.units.meant(rule.unit, report.facts, day) if rule else None
        choices = [Choice(unit, rule.reason, 1.0, rule=rule.id)] if rule and unit else []
        return review("sealed", rule.reason if rule else self._reason("sealed"), choices, self.pack.version)

    # ── returns ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def reroute(self, report: Report, returned: Mapping[str, Any], day: date) -> Draft:
        """Answer a return: the first goes to the unit proposed, if it may lead; the second to adjudication."""
        facts = report.facts
        unit = self.units.meant(returned["proposed_unit"], facts, day)
        if facts.secrecy == "sealed":
            return self._sealed(report, day)
        if returned["number"] > 1:
            choices = [Choice(unit, self._reason("proposed"), 0.5, report.grade, facts.category)] if unit else []
            return review("second_return", self._reason("second_return"), choices, self.pack.version)
        if unit is None or unit == returned["unit"] or not self.units.may_take_over(unit, returned["unit"]):
            return review("unsure", self._reason("wrong_proposal"), [self._fallback()], self.pack.version)
        if self.units.recused(unit, report.complains_of):
            return review("recusal", self._reason("recusal"), [self._fallback()], self.pack.version)
        grade = report.grade or self._grade(facts.category)
        also = self.units.told_beside(unit)
        lead = Lead(unit, "return", self._reason("rerouted"), grade, facts.category, None, also)
        return assigned(report, lead, self.pack.version)

    # ── a person is asked ────────────────────────────────────────────────────────────────────────────────────────────

    def _review(
        self, why: str, report: Report, day: date, rule: RoutingRule | None, guess: Guess | None = None
    ) -> Draft:
        stated = rule.reason if rule and rule.mode != "auto" else self._reason(why)
        stated = self._why(stated, report.facts)
        if guess and guess.alarm:
            stated = f"{self._reason('alarming')}{SEPARATOR}{stated}"
        chosen: dict[str, Choice] = {}
        choices = [*self._choices(report.facts, day, rule, guess)]
        for choice in sorted(choices, key=lambda each: -each.score):
            if len(chosen) < SUGGESTED - 1 and not self.units.recused(choice.unit, report.complains_of):
                chosen.setdefault(choice.unit, choice)
        fallback = self._fallback()
        chosen.setdefault(fallback.unit, fallback)
        return review(
            why, stated, list(chosen.values()), self.pack.version, model=self._version(guess), where=report.facts.place
        )

    def _choices(self, facts: Facts, day: date, rule: RoutingRule | None, guess: Guess | None) -> Iterator[Choice]:
        """Suggest the rule's unit, the wished category's, the model's; without a model, what single words hint at."""
        yield from self._of_rule(facts, day, rule) if rule else ()
        wished = self.categories.of(facts.category, day)
        hinted = [(wished, 1.0)] if wished else []
        for found in guess.suspects if guess else ():
            if (suspect := self.categories.suspect(found, day)) is None:
                continue
            why = self._of_category("guess", suspect.category)
            for unit in self.units.maybe_meant(suspect.unit, facts, day):
                yield Choice(unit, why, suspect.score, self._grade(suspect.category), suspect.category)
        hints = () if guess else self.categories.matcher(day).hints(facts.text)[:SUGGESTED]
        for hint, share in [*hinted, *hints]:
            if (of := self.categories.of(hint.code, day)) is None:
                continue
            why = self._reason("wished" if of is wished else "hint")
            for unit in self.units.maybe_meant(of.default_unit, facts, day):
                yield Choice(unit, why, round(share * 0.5, 3), of.default_grade, of.code)

    def _of_rule(self, facts: Facts, day: date, rule: RoutingRule) -> Iterator[Choice]:
        """Suggest what the rule means. One that is sure of everything but the town comes before what is guessed."""
        category, units = rule.category or facts.category, self.units.maybe_meant(rule.unit, facts, day)
        open_town = rule.unit == TOWN and facts.place.disputed
        why = sentence(facts.place, self.pack) if open_town else rule.reason
        score = 0.9 if open_town and rule.mode == "auto" else 0.6
        for unit in units:
            if unit != self.pack.fallback_unit:
                yield Choice(unit, why, score, rule.grade or self._grade(category), category, rule.id)

    def _why(self, reason: str, facts: Facts) -> str:
        """Say beside the reason what is in doubt about the place."""
        return f"{reason}{SEPARATOR}{sentence(facts.place, self.pack)}" if in_doubt(facts.place) else reason

    def _version(self, guess: Guess | None) -> str | None:
        return self.model.version if self.model and guess else None

    def _fallback(self) -> Choice:
        return Choice(self.pack.fallback_unit, self._reason("fallback"), 0.0)

    def _grade(self, category: str | None) -> str:
        known = self.pack.categories.get(category or "")
        return known.default_grade if known else self.pack.policy.default_grade

    def _reason(self, code: str) -> str:
        return reason(code, self.pack.locales[0])
