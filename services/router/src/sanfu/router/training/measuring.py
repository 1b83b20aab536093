"""What a model, the rules, and both together are worth on labelled reports. Pure: the same in, the same out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from sanfu.city.model.pack import Pack
from sanfu.city.model.rules import TOWN
from sanfu.contracts import names
from sanfu.router.domain.decisions import Report
from sanfu.router.domain.guessing import Model
from sanfu.router.domain.routing import Routing
from sanfu.router.training.labelled import Labelled

Figures = dict[str, Any]
WRONG = 0.05
"""Share of what is assigned automatically that may go to a wrong unit."""
GROUPS = 5
"""Equal groups, by how sure the model was, in which calibration is looked at: of 130 reports no more can be told."""


class Said(NamedTuple):
    """What was said of one report: units, best first; the category; how sure; whether it was assigned at once."""

    units: Sequence[str]
    category: str | None
    score: float
    automatic: bool


def by_routing(routing: Routing, day: date) -> Callable[[Labelled], Said]:
    """Ask the router itself, as if the report came by a channel that names no category."""

    def say(report: Labelled) -> Said:
        draft = routing.route(Report(report.facts), day)
        data = draft.data
        if draft.type == names.ISSUE_ASSIGNED:
            return Said([data["unit"]], data["category"], data.get("score", 1.0), True)
        shown = data["suggestions"]
        return Said([each["unit"] for each in shown], shown[0]["category"], shown[0]["score"], False)

    return say


def by_model(model: Model) -> Callable[[Labelled], Said]:
    def say(report: Labelled) -> Said:
        suspects = model.guess(report.facts).suspects
        units = [report.town if each.unit == TOWN else each.unit for each in suspects]
        return Said(units, suspects[0].category, suspects[0].score, False)

    return say


def by_scores(model: Model, scores: Mapping[int, Any]) -> Callable[[Labelled], Said]:
    """As `by_model`, by scores that models gave which had not seen the report: its `id()` → scores."""

    def say(report: Labelled) -> Said:
        suspects = model.suspects(scores[id(report)])
        units = [report.town if each.unit == TOWN else each.unit for each in suspects]
        return Said(units, suspects[0].category, suspects[0].score, False)

    return say


def accuracy(reports: Sequence[Labelled], said: Sequence[Said]) -> Figures:
    """Say how often the right unit is the first, and among the first three; and the category."""
    pairs = list(zip(reports, said, strict=True))
    return {
        "reports": len(pairs),
        "first": _share(sum(one.units[0] == report.unit for report, one in pairs), len(pairs)),
        "top3": _share(sum(report.unit in one.units[:3] for report, one in pairs), len(pairs)),
        "category": _share(sum(one.category == report.category for report, one in pairs), len(pairs)),
    }


def automatic(reports: Sequence[Labelled], said: Sequence[Said]) -> Figures:
    done = [(report, one) for report, one in zip(reports, said, strict=True) if one.automatic]
    wrong = sum(one.units[0] != report.unit for report, one in done)
    return {"share": _share(len(done), len(reports)), "assigned": len(done), "wrong": wrong}


def curve(reports: Sequence[Labelled], said: Sequence[Said]) -> list[Figures]:
    """For each bar: how much would be assigned by the model alone, and how much of that wrongly."""
    found = []
    for bar in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95):
        above = [one.units[0] == report.unit for report, one in zip(reports, said, strict=True) if one.score >= bar]
        found.append(
            {"bar": bar, "share": _share(len(above), len(reports)), "wrong": _share(above.count(False), len(above))}
        )
    return found


def calibration(reports: Sequence[Labelled], said: Sequence[Said]) -> Figures:
    pairs = sorted((one.score, one.units[0] == report.unit) for report, one in zip(reports, said, strict=True))
    groups = []
    for group in np.array_split(np.array(pairs, dtype=float), GROUPS):
        groups.append({"reports": len(group), "sure": _round(group[:, 0].mean()), "right": _round(group[:, 1].mean())})
    error = sum(abs(each["sure"] - each["right"]) * each["reports"] for each in groups) / len(pairs)
    return {"groups": groups, "error": _round(error)}


def confusions(reports: Sequence[Labelled], said: Sequence[Said]) -> list[Figures]:
    """Name what was taken for what, the most frequent first."""
    missed = Counter(
        (report.unit, one.units[0]) for report, one in zip(reports, said, strict=True) if one.units[0] != report.unit
    )
    ordered = sorted(missed.items(), key=lambda each: (-each[1], each[0]))
    return [{"unit": unit, "taken_for": taken, "reports": count} for (unit, taken), count in ordered]


def by_unit(reports: Sequence[Labelled], said: Sequence[Said]) -> list[Figures]:
    """For each unit: how many reports were its own, how many were taken for its own, how many of them rightly."""
    own = Counter(report.unit for report in reports)
    taken = Counter(one.units[0] for one in said)
    right = Counter(report.unit for report, one in zip(reports, said, strict=True) if one.units[0] == report.unit)
    units = sorted(own | taken, key=lambda unit: (-own[unit], unit))
    return [{"unit": unit, "own": own[unit], "taken": taken[unit], "right": right[unit]} for unit in units]


def alarms(reports: Sequence[Labelled], found: Sequence[bool]) -> Figures:
    """Say how many emergencies were missed, and how many others were flagged."""
    emergencies = [one for report, one in zip(reports, found, strict=True) if report.emergency]
    others = [one for report, one in zip(reports, found, strict=True) if not report.emergency]
    return {
        "emergencies": len(emergencies), "missed": emergencies.count(False),
        "flagged": _share(others.count(True), len(others)),
    }  # fmt: skip


def by_words(pack: Pack, report: Labelled) -> bool:
    """Tell whether the pack's recall list takes it for an emergency."""
    words = pack.urgency_words.get("emergency")
    return words is not None and words.first(report.facts.text) is not None


def bars(reports: Sequence[Labelled], said: Sequence[Said]) -> dict[str, float]:
    """Find for each category from where on the model may assign by itself, by what it said of reports unseen.

    One bar for all first: the lowest above which at most 5 % were wrong, however far below it one looks. A category in
    which something above it was wrong gets a bar above that; one of which nothing unseen was right above the bar has
    not earned one.
    """
    scored = sorted(
        (
            (one.score, one.units[0] == report.unit, one.category or "")
            for report, one in zip(reports, said, strict=True)
        ),
        reverse=True,
    )
    bar, wrong = 1.0, 0
    for at, (score, right, _) in enumerate(scored, 1):
        wrong += not right
        if wrong <= WRONG * at:
            bar = score
    found: dict[str, float] = {}
    for category in sorted({category for _, _, category in scored}):
        own = [(score, right) for score, right, name in scored if name == category]
        least = max([bar, *(score + 0.001 for score, right in own if not right and score >= bar)])
        if any(right and score >= least for score, right in own):
            found[category] = round(least, 3)
    return found


def _share(part: int, whole: int) -> float:
    return _round(part / whole) if whole else 0.0


def _round(value: float) -> float:
    return round(float(value), 3)
