"""Routing with the classifier, against the rules alone: pure decisions on the labelled reports, one process.

What the machine around them costs, the bench `machine` says. The floor has no model: where no rule is sure it goes by
single words.
"""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.result import Result, Target
from sanfu.city.loading import load
from sanfu.router.domain.decisions import Report
from sanfu.router.domain.routing import Routing
from sanfu.router.handlers import rules_of
from sanfu.stack.places import checkout
from sanfu.stack.plan import shipped_city

ROUNDS = 20
LONGEST_HOLD = 20.0
"""Milliseconds for which one decision may hold the loop; a fold lets go between decisions."""
TARGETS = (Target("issues_per_second", least=2000), Target("longest_decision_ms", most=LONGEST_HOLD))


async def run() -> Result:
    """Each report once a round, by turns; the best round of each counts, and the longest decision of all rounds."""
    day = datetime.now(UTC).date()
    pack = load(shipped_city(checkout()), day).pack
    assert pack is not None and pack.reports is not None
    guessing = rules_of(pack).routing
    rules = rules_of(replace(pack, model=None)).routing
    reports = _reports(guessing, pack.reports)
    long = [report._replace(facts=report.facts._replace(text=report.facts.text * 200)) for report in reports[:20]]
    rates: dict[str, list[float]] = {"rules": [], "both": []}
    longest = 0.0
    for _ in range(ROUNDS):
        for name, routing in (("rules", rules), ("both", guessing)):
            began = time.perf_counter()
            for report in reports:
                routing.route(report, day)
            rates[name].append(len(reports) / (time.perf_counter() - began))
    for report in long:
        began = time.perf_counter()
        guessing.route(report, day)
        longest = max(longest, 1000 * (time.perf_counter() - began))
    figures = {"issues_per_second": max(rates["both"]), "longest_decision_ms": longest}
    floor = {"rules_alone_per_second": max(rates["rules"])}
    return Result("router", figures, floor, max(rates["both"]) / max(rates["rules"]), TARGETS)


def _reports(routing: Routing, file: Path) -> list[Report]:
    """Each as it comes by a channel that names no category, its text as if none were secret: the dearest case."""
    found = []
    for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        said = {
            "channel": row["channel"], "audience": row["audience"], "kind": row["kind"],
            "title": row["text_title"], "text": row["text_body"], "place": {"town": row["town"]},
        }  # fmt: skip
        found.append(Report(routing.facts(said, "normal", "internal", None)))
    return found
