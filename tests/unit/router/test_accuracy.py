"""What the shipped pack's rules are worth on the labelled reports, and what a decision costs."""

import json
import time
from functools import cache
from typing import Any

from sanfu.contracts import names
from sanfu.router.domain.decisions import Report
from sanfu.router.domain.routing import Routing
from tests.support import packs

ROUTING = Routing(packs.shipped())


@cache
def reports() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (packs.SHIPPED / "reports.jsonl").read_text(encoding="utf-8").splitlines()]


def report(given: dict[str, Any]) -> Report:
    """A report as the router gets it from a channel that names no category: by its text alone."""
    said = {
        "channel": given["channel"], "audience": given["audience"], "kind": given["kind"],
        "title": given["text_title"], "text": given["text_body"], "place": {"town": given["town"]},
    }  # fmt: skip
    return Report(ROUTING.facts(said, given["urgency"], given["secrecy"], None))


def test_where_sure_words_decide_nine_of_ten_are_right_and_they_decide_some() -> None:
    decided = [(given, ROUTING.route(report(given), packs.A_DAY)) for given in reports()]
    by_rule = [(given, draft.data) for given, draft in decided if draft.data.get("decided_by") == "rule"]
    right = [given for given, data in by_rule if data["unit"] == given["unit"]]
    assert len(by_rule) >= 0.1 * len(decided)
    assert len(right) >= 0.9 * len(by_rule)


def test_every_labelled_emergency_is_assigned_at_once_and_no_sealed_report_is() -> None:
    for given in reports():
        draft = ROUTING.route(report(given), packs.A_DAY)
        if given["secrecy"] == "sealed":
            assert draft.data["why"] == "sealed"
        elif given["urgency"] == "emergency":
            assert (draft.type, draft.data["unit"]) == (names.ISSUE_ASSIGNED, packs.shipped().emergency_unit)


def test_the_fast_way_finds_the_rule_that_going_through_them_one_by_one_finds() -> None:
    matcher = ROUTING.categories.matcher(packs.A_DAY)
    for given in reports():
        for category in (None, given["category"]):
            facts = report(given).facts._replace(category=category)
            one_by_one = next((check.rule for check in matcher.checks if check.failing(facts) is None), None)
            assert matcher.first(facts) is one_by_one


def test_a_decision_takes_microseconds() -> None:
    """An alarm for a slip of an order of magnitude, not a bench: on two cores it takes 20 to 50 µs."""
    given = [report(each) for each in reports()]
    began = time.process_time()
    for each in given:
        ROUTING.route(each, packs.A_DAY)
    assert (time.process_time() - began) / len(given) < 0.0005
