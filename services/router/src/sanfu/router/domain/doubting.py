"""What is asked for its meaning: pairs of issues that what is said leaves in doubt, where a person still has to say
who leads the later one. The answer takes longer than a fold may wait, and no unit waits for a reviewer's hint.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sanfu.city.model.policy import Duplicates, Meaning
from sanfu.router.domain.likeness import likeness, with_meaning
from sanfu.router.domain.sketches import Draughtsman, Sketch
from sanfu.router.domain.suspecting import Pair, pairs
from sanfu.router.domain.words import Rarity


class Doubt(NamedTuple):
    """An issue in review, and the earlier ones of which it is open whether it repeats them."""

    last: str
    others: tuple[str, ...]


class Question(NamedTuple):
    """What is asked of a doubt: how near a text is to each of others; and the pairs that the answers are for."""

    text: str
    others: tuple[str, ...]
    pairs: tuple[Pair, ...]


def doubts(sketches: Sequence[Sketch], near: Sequence[Sequence[Sketch]], by: Duplicates, rarity: Rarity) -> list[Doubt]:
    """Find what is in doubt among issues and those near them; what is alike enough without being asked is not."""
    if by.meaning is None:
        return []
    known = {one.id: one for one in (*sketches, *(other for others in near for other in others))}
    sure = {(pair.last, pair.alike.other.id) for pair in pairs(sketches, near, by, rarity)}
    found: dict[str, list[str]] = {}
    for pair in pairs(sketches, near, _wider(by, by.meaning), rarity):
        if known[pair.last].review and (pair.last, pair.alike.other.id) not in sure:
            found.setdefault(pair.last, []).append(pair.alike.other.id)
    return [Doubt(last, tuple(others)) for last, others in found.items()]


def question(
    doubt: Doubt, documents: Mapping[str, Mapping[str, Any]], by: Duplicates, draughtsman: Draughtsman
) -> Question | None:
    """Put a doubt into words, as the issues stand by now; None: nothing of it is open any more. What became
    confidential or sealed, is over, was told meanwhile or is reviewed already is not asked about."""
    drawn = {id: sketch for id, each in documents.items() if (sketch := draughtsman.draw(id, each))}
    last = drawn.get(doubt.last)
    if by.meaning is None or last is None or not last.review:
        return None
    told = documents[doubt.last].get("suspected", ())
    others = [drawn[id] for id in doubt.others if id in drawn and id not in told]
    wider = _wider(by, by.meaning)
    alike = [each for other in others if (each := likeness(last, other, wider, draughtsman.rarity))]
    if not alike:
        return None
    texts = tuple(_words(documents[each.other.id]) for each in alike)
    return Question(_words(documents[doubt.last]), texts, tuple(Pair(doubt.last, each) for each in alike))


def settled(asked: Question, near: Sequence[float], by: Duplicates) -> list[Pair]:
    """Say which pairs are alike enough, now that it is known how near they are in meaning."""
    meant = by.meaning
    if meant is None:
        return []
    found = [with_meaning(pair.alike, each, by, meant) for pair, each in zip(asked.pairs, near, strict=True)]
    return [Pair(pair.last, alike) for pair, alike in zip(asked.pairs, found, strict=True) if alike]


def _wider(by: Duplicates, meant: Meaning) -> Duplicates:
    return replace(by, threshold=meant.doubt, same_party=min(by.same_party, meant.doubt), least_said=0)


def _words(document: Mapping[str, Any]) -> str:
    said = document["said"]
    return f"{said.get('title', '')}\n{said['text']}"
