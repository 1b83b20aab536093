"""How alike two issues are: a score from 0 to 1, and the parts that it is made of (domain, "Routing", duplicates).

Each part is 1 for the same and falls towards 0; what is not known of one of the two counts half. The score is their
mean by the pack's weights, so whoever reads it can reckon it again.
"""

from collections.abc import Mapping
from typing import NamedTuple

from rapidfuzz.fuzz import ratio

from sanfu.city.cells import metres
from sanfu.city.model.policy import Duplicates, Meaning
from sanfu.router.domain.sketches import Sketch
from sanfu.router.domain.words import Rarity

UNKNOWN = 0.5
SAME_TEXT, SAME_WORDS, SAME_TITLE, SAME_MEANING = 0.4, 0.25, 0.5, 0.45
"""Two people who write about one thing share no more than that: so much counts as the same."""
SAID = ("text", "words", "title")
"""Parts of which there must be some likeness: much happens in one place on one day."""
MEANING = "meaning"
"""The part that is known only where it was asked for."""
SHORT = 20
"""Signs below which a text says so little that being alike means less."""


class Likeness(NamedTuple):
    """How alike two issues are. `certain`: both are of one party, by the code that it is registered under."""

    other: Sketch
    score: float
    parts: Mapping[str, float]
    certain: bool


def likeness(one: Sketch, other: Sketch, by: Duplicates, rarity: Rarity) -> Likeness | None:
    """Compare two issues; None: they are not alike enough, or never merged."""
    if one.audience != other.audience:
        return None
    parts = {
        "text": _text(one.text, other.text),
        "words": _capped(rarity.shared(one.text, other.text), SAME_WORDS),
        "title": _capped(_ratio(one.title, other.title), SAME_TITLE),
        "distance": _distance(one, other, by.half_metres),
        "address": _ratio(one.address, other.address),
        "time": 1 / (1 + abs((one.at - other.at).total_seconds()) / 86400 / by.half_days),
        "category": None if one.category is None or other.category is None else float(one.category == other.category),
    }
    if _mean({name: parts[name] or 0.0 for name in SAID}, by) < by.least_said:
        return None
    score = _mean({name: UNKNOWN if part is None else part for name, part in parts.items()}, by)
    certain = one.party is not None and one.party == other.party
    if score < (by.same_party if certain else by.threshold):
        return None
    shown = {name: round(part, 2) for name, part in parts.items() if part is not None}
    return Likeness(other, round(score, 2), shown, certain)


def with_meaning(one: Likeness, near: float, by: Duplicates, meant: Meaning) -> Likeness | None:
    """Reckon in how near two issues are in meaning (-1 to 1), as a further part; None: they are not alike enough."""
    part, known = min(1.0, max(0.0, near) / SAME_MEANING), sum(by.weights.values())
    total = known + meant.weight
    score = (one.score * known + part * meant.weight) / total if total else 0.0
    if score < meant.threshold:
        return None
    return one._replace(score=round(score, 2), parts={**one.parts, MEANING: round(part, 2)})


def _mean(parts: Mapping[str, float], by: Duplicates) -> float:
    total = sum(by.weights[name] for name in parts)
    return sum(by.weights[name] * part for name, part in parts.items()) / total if total else 1.0


def _text(one: str, other: str) -> float | None:
    found = _capped(_ratio(one, other), SAME_TEXT)
    return None if found is None else found * min(1.0, len(one) / SHORT, len(other) / SHORT)


def _ratio(one: str, other: str) -> float | None:
    return ratio(one, other) / 100 if one and other else None


def _capped(part: float | None, same: float) -> float | None:
    return None if part is None else min(1.0, part / same)


def _distance(one: Sketch, other: Sketch, half: float) -> float | None:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return None
    return 1 / (1 + metres(one.lon, one.lat, other.lon, other.lat) / half)
