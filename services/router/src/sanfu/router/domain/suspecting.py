"""What is told of two issues that seem to be about the same thing: only people merge (domain, "Routing").

It is told of the later of the two, whichever of them was looked at; once, however often they are looked at.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sanfu.city.model.policy import Duplicates
from sanfu.contracts import names
from sanfu.router.domain.likeness import Likeness, likeness
from sanfu.router.domain.sketches import SECRET, Sketch
from sanfu.router.domain.words import Rarity
from sanfu.runtime.rules import Draft, State

SUSPECT = "suspect"
"""The command by which the router tells itself what a look into the index found."""
JOINS = "joins"
"""The part of a score that is the party's own word."""


class Pair(NamedTuple):
    """Two issues that are alike: `last` is the later one, of which it is told."""

    last: str
    alike: Likeness


def pairs(sketches: Sequence[Sketch], near: Sequence[Sequence[Sketch]], by: Duplicates, rarity: Rarity) -> list[Pair]:
    """Compare each issue with those near it; of each the most alike, and no pair twice."""
    found: dict[tuple[str, str], Pair] = {}
    for one, others in zip(sketches, near, strict=True):
        alike = [each for other in others if (each := likeness(one, other, by, rarity))]
        for each in sorted(alike, key=lambda it: (-it.certain, -it.score, it.other.id))[: by.most]:
            first, last = sorted((one, each.other), key=lambda sketch: (sketch.since, sketch.id))
            found[last.id, first.id] = Pair(last.id, each._replace(other=first))
    return list(found.values())


def joined(found: Sequence[Pair], sketches: Sequence[Sketch], named: Mapping[str, Sketch]) -> list[Pair]:
    """Add what the parties themselves say is the same as an earlier one; `named`: those that they name, as far as they
    take part. Their word is a part of the score, and all of it."""
    known = {(pair.last, pair.alike.other.id): pair for pair in found}
    for one in sketches:
        other = named.get(one.joins or "")
        if other is not None and (other.since, other.id) < (one.since, one.id):
            pair = known.get((one.id, other.id)) or Pair(one.id, Likeness(other, 1.0, {}, certain=False))
            parts = {JOINS: 1.0, **pair.alike.parts}
            known[one.id, other.id] = Pair(one.id, pair.alike._replace(score=1.0, parts=parts))
    return list(known.values())


def found(one: Likeness, locale: str) -> dict[str, Any]:
    """Write down a finding, as an event tells it."""
    return {
        "other": one.other.id, "same_party": one.certain, "score": one.score, "parts": dict(one.parts),
        "reason": _reason(one, "zh" if locale.startswith("zh") else "en"),
    }  # fmt: skip


def told(state: State, finding: Mapping[str, Any]) -> Sequence[Draft]:
    """Tell of an issue that may still be merged, unless it was told."""
    standing = state.get("standing")
    if not standing or standing["over"] or standing.get("secrecy", "sealed") in SECRET:
        return ()
    known = finding["other"] in state.get("suspected", ())
    return () if known else (Draft(names.DUPLICATE_SUSPECTED, finding),)


_PARTS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "text": "文字", "words": "用词", "title": "标题", "distance": "距离", "address": "地址", "time": "时间",
        "category": "类别", "score": "相似度", "party": "同一主体", "joins": "诉求人称是同一件事",
        "meaning": "语义", "between": "：", "and": "、",
    },
    "en": {
        "text": "text", "words": "words", "title": "title", "distance": "distance", "address": "address",
        "time": "time", "category": "category", "score": "Likeness", "party": "the same party",
        "joins": "its party says that it is the same", "meaning": "meaning", "between": ": ", "and": ", ",
    },
}  # fmt: skip


def _reason(one: Likeness, locale: str) -> str:
    said = _PARTS[locale]
    parts = [f"{said[name]} {part:.2f}" for name, part in one.parts.items()]
    head = [f"{said['score']} {one.score:.2f}", *([said["party"]] if one.certain else [])]
    return said["and"].join(head) + said["between"] + said["and"].join(parts)
