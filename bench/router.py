"""Routing with the classifier, against the rules alone: pure decisions on the labelled reports, one process.

What the machine around them costs, the bench `machine` says. The floor has no model: where no rule is sure it goes by
single words.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

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
    reports = _reports(pack.reports)
    long = [{**said, "text": said["text"] * 200} for said in reports[:20]]
    rates: dict[str, list[float]] = {"rules": [], "both": []}
    longest = 0.0
    for _ in range(ROUNDS):
        for name, routing in (("rules", rules), ("both", guessing)):
            began = time.perf_counter()
            for said in reports:
                _routed(routing, said, day)
            rates[name].append(len(reports) / (time.perf_counter() - began))
    for said in long:
        began = time.perf_counter()
        _routed(guessing, said, day)
        longest = max(longest, 1000 * (time.perf_counter() - began))
    figures = {"issues_per_second": max(rates["both"]), "longest_decision_ms": longest}
    floor = {"rules_alone_per_second": max(rates["rules"])}
    return Result("router", figures, floor, max(rates["both"]) / max(rates["rules"]), TARGETS)


def _routed(routing: Routing, said: Mapping[str, Any], day: date) -> None:
    """Look where it lies, pick what rules may look at, decide."""
    routing.route(Report(routing.facts(said, "normal", "internal", None)), day)


def _reports(file: Path) -> list[dict[str, Any]]:
    """Each as it comes by a channel that names no category and no town, its text as if none were secret: the dearest
    case."""
    found = []
    for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        said = {
            "channel": row["channel"], "audience": row["audience"], "kind": row["kind"],
            "title": row["text_title"], "text": row["text_body"], "submitted_at": "2026-05-06T01:00:00.000Z",
            "place": {name: row[name] for name in ("address", "lon", "lat")},
        }  # fmt: skip
        found.append(said)
    return found
