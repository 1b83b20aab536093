"""What can be asked of the router: what would become of a report, and why."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sanfu.city.model import Pack
from sanfu.contracts import names
from sanfu.router.domain.decisions import Report
from sanfu.router.domain.rules import RouterRules
from sanfu.runtime.rules import Refusal


def explain(rules: RouterRules, asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Route a report that nobody sent, with the rules in use; nothing is written.

    `asked` has IssueSubmitted's fields, as far as rules look at them. Raises Refusal for a code the pack doesn't know.
    """
    _check_codes(rules.pack, asked)
    routing = rules.routing
    facts = routing.facts(asked, asked["urgency"], asked["secrecy"], asked["category"])
    report = Report(facts, asked["complains_of"])
    decision = routing.route(report, rules.day(now))
    told = dict(decision.data)
    matched = routing.matcher.first(facts)
    return {
        "outcome": "assigned" if decision.type == names.ISSUE_ASSIGNED else "review",
        **{name: told.get(name) for name in ANSWERED},
        "also": told.get("also", []),
        "suggestions": told.get("suggestions", []),
        "rule": matched.id if matched else None,
        "pack": rules.pack.version,
        "passed_over": [{"rule": rule.id, "on": on} for rule, on in routing.matcher.passed_over(facts, matched)],
    }


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
