"""A report's text as numbers: the n-grams in it, the words of each category, who reports and by which channel.

Training and guessing share this page, so a text looks the same to both. It sees no id, no reporter, no label.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log, sqrt
from typing import NamedTuple

from sanfu.router.domain.facts import Facts
from sanfu.router.domain.matching import Vocabulary

LENGTHS = (1, 2, 3)
LONGEST = 2_000
"""Characters read of a text: what is wrong stands at its beginning, and a guess must stay below a millisecond."""
BY_WORDS, BY_PARTY = 0.7, 0.5
"""How much words and who reports weigh beside the n-grams, whose vector has length 1. Compared on the
training part."""

_SPACE = re.compile(r"\s+")


def document(text: str) -> str:
    """Fold a title and a text (the first line is the title, which counts twice)."""
    title, _, body = text[:LONGEST].casefold().partition("\n")
    return _SPACE.sub(" ", f"{title}\n{body}\n{title}")


def grams(folded: str) -> Counter[str]:
    return Counter(folded[at : at + size] for size in LENGTHS for at in range(len(folded) - size + 1))


class Vector(NamedTuple):
    """The places that are not zero, and what stands there."""

    at: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True)
class Features:
    """What a vector's places mean: first the n-grams, then two for each category, then audiences and channels."""

    idf: Mapping[str, float]
    """n-gram → how rare it is; in the vector's order."""
    words: Mapping[str, Sequence[str]]
    """Category → its words. Of the day the model was trained: a pack's later words don't change what was measured."""
    pairs: Mapping[str, Sequence[Sequence[str]]]
    """Category → its sure pairs."""
    parties: Sequence[str]
    _place: Mapping[str, tuple[int, float]] = field(init=False, repr=False)
    _party: Mapping[str, int] = field(init=False, repr=False)
    _vocabulary: Vocabulary = field(init=False, repr=False)
    _weights: Sequence[tuple[int, float]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        first, size = len(self.idf), len(self.words)
        places = {gram: (at, rare) for at, (gram, rare) in enumerate(self.idf.items())}
        shared = Counter(word for words in self.words.values() for word in {word.casefold() for word in words})
        sets: list[tuple[Sequence[str], int]] = []
        weights: list[tuple[int, float]] = []
        for at, (category, words) in enumerate(self.words.items()):
            for word in sorted({word.casefold() for word in words}):
                sets.append(((word,), len(weights)))
                weights.append((first + at, min(len(word), 4) / 2 / shared[word]))
            for pair in self.pairs.get(category, ()):
                sets.append((pair, len(weights)))
                weights.append((first + size + at, 1.0))
        object.__setattr__(self, "_place", places)
        parties = {name: first + 2 * size + at for at, name in enumerate(self.parties)}
        object.__setattr__(self, "_party", parties)
        object.__setattr__(self, "_vocabulary", Vocabulary(sets))
        object.__setattr__(self, "_weights", weights)

    @property
    def size(self) -> int:
        return len(self.idf) + 2 * len(self.words) + len(self.parties)

    def names(self) -> list[str]:
        """Say what each place means, for people to read."""
        words = [f"words:{category}" for category in self.words]
        return [*self.idf, *words, *(f"pair:{category}" for category in self.words), *self.parties]

    def vector(self, facts: Facts) -> Vector:
        folded = document(facts.text)
        at, values = self._grams(folded)
        found: dict[int, float] = {}
        for each in set(self._vocabulary.hits(folded)):
            place, weight = self._weights[each]
            found[place] = found.get(place, 0.0) + weight
        pairs_from = len(self.idf) + len(self.words)
        for place, sum_of in found.items():
            at.append(place)
            values.append(BY_WORDS * (log(1 + sum_of) if place < pairs_from else sum_of))
        for name in (f"audience:{facts.audience}", f"channel:{facts.channel}"):
            if name in self._party:
                at.append(self._party[name])
                values.append(BY_PARTY if name.startswith("audience") else BY_PARTY / 2)
        return Vector(at, values)

    def _grams(self, folded: str) -> tuple[list[int], list[float]]:
        at: list[int] = []
        values: list[float] = []
        for gram, count in grams(folded).items():
            if known := self._place.get(gram):
                at.append(known[0])
                values.append(known[1] * (1 + log(count)))
        length = sqrt(sum(value * value for value in values)) or 1.0
        return at, [value / length for value in values]
