"""What can be asked of the router: what would become of a report, and why."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sanfu.city.endings import unheard_of
from sanfu.city.holidays_cn import national_calendar
from sanfu.city.loading import MODEL
from sanfu.city.model.pack import Pack
from sanfu.city.model.rules import TOWN
from sanfu.city.problems import Problem
from sanfu.contracts import names
from sanfu.contracts.envelope import instant
from sanfu.router.domain import model_file
from sanfu.router.domain.decisions import Report
from sanfu.router.domain.facts import Facts
from sanfu.router.domain.routing import Routing
from sanfu.router.domain.rules import RouterRules
from sanfu.router.domain.words import Rarity
from sanfu.runtime.rules import Refusal


def rules_of(pack: Pack, rarity: Rarity | None = None) -> RouterRules:
    """Make the rules of a pack, with its model if it has one. Raises Unreadable for one that can't be used."""
    return RouterRules(pack, rarity, model_file.unpack(pack.model) if pack.model else None, national_calendar())


def unfit_model(pack: Pack) -> Iterator[Problem]:
    """Find what keeps the router from using the pack's model: for the pack's check, so that it is refused whole."""
    if pack.model is None:
        return
    cure = "train it again: ./sanfu router train"
    try:
        model = model_file.unpack(pack.model)
    except model_file.Unreadable as error:
        yield Problem(MODEL, 0, "", f"can't be used: {error}", cure)
        return
    known = {*pack.units, TOWN}
    unknown = [code for code in model.heads["category"].answers if code not in pack.categories]
    unknown += [code for code in model.heads["unit"].answers if code not in known]
    if unknown:
        yield Problem(MODEL, 0, "", f"knows codes that the pack does not: {', '.join(unknown[:5])}", cure)
    for code in model.heads["category"].answers:
        if code in pack.categories and (message := unheard_of(pack.categories[code], pack.categories)):
            yield Problem(MODEL, 0, "category", f"may say it: {message}", "name one in its succeeded_by")


def explain(rules: RouterRules, asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Route a report that nobody sent, with the rules in use; nothing is written.

    `asked` has IssueSubmitted's fields, as far as rules look at them. Raises Refusal for a code the pack doesn't know.
    """
    _check_codes(rules.pack, asked)
    routing, day = rules.routing, rules.day(now)
    said = {**asked, "submitted_at": asked["submitted_at"] or instant(now)}
    facts = routing.facts(said, asked["urgency"], asked["secrecy"], asked["category"], day=day)
    report, matcher = Report(facts, asked["complains_of"]), routing.categories.matcher(day)
    decision = routing.route(report, day)
    told = dict(decision.data)
    matched = matcher.first(facts)
    return {
        "outcome": "assigned" if decision.type == names.ISSUE_ASSIGNED else "review",
        **{name: told.get(name) for name in ANSWERED},
        "also": told.get("also", []),
        "suggestions": told.get("suggestions", []),
        "rule": matched.id if matched else None,
        "place": facts.place._asdict(),
        "pack": rules.pack.version,
        "model": routing.model.version if routing.model else None,
        "guesses": guesses(routing, facts, day),
        "passed_over": [{"rule": rule.id, "on": on} for rule, on in matcher.passed_over(facts, matched)],
    }


def guesses(routing: Routing, facts: Facts, day: date) -> list[dict[str, Any]]:
    """Say what the model makes of it, and what in the text weighed most for each; nothing of a secret text. What it
    takes for a category that is gone is its successor's."""
    guess = routing.guess(facts)
    if guess is None or routing.model is None:
        return []
    return [
        {**suspect._asdict(), "because": [cause._asdict() for cause in routing.model.causes(facts, found.category)]}
        for found in guess.suspects
        if (suspect := routing.categories.suspect(found, day))
    ]


ANSWERED = ("why", "reason", "unit", "grade", "category", "decided_by")


def _check_codes(pack: Pack, asked: Mapping[str, Any]) -> None:
    wrong = list(_unknown(pack, asked))
    if wrong:
        fields = ", ".join(each["field"] for each in wrong)
        raise Refusal(422, "unknown-code", f"The city pack {pack.version} does not know: {fields}.", errors=wrong)


def _unknown(pack: Pack, asked: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    towns = {code: unit for code, unit in pack.units.items() if unit.kind == "town"}
    looked_up: list[tuple[str, Any, Mapping[str, Any], str]] = [
        ("$.channel", asked["channel"], pack.channels, "channel"),
        ("$.category", asked["category"], pack.categories, "category"),
        ("$.unit", asked["unit"], pack.units, "unit"),
        ("$.place.town", asked["place"]["town"], towns, "town"),
        *((f"$.complains_of[{at}]", code, pack.units, "unit") for at, code in enumerate(asked["complains_of"])),
    ]
    for field, code, known, what in looked_up:
        if code is not None and code not in known:
            yield {"field": field, "problem": "unknown_code", "expected": f"the code of a {what} in the city pack"}
