"""Sets of words that are looked for in what people write, by an automaton in one pass (decision 0010)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ahocorasick_rs import AhoCorasick, Implementation

_LATIN = re.compile("[a-z0-9]")


@dataclass(frozen=True, slots=True)
class WordList:
    """Sets of words, in order; a set is found in a text when all of its words are.

    `unless` are phrases that are taken out of the text before it is searched. Case does not count; a word of Latin
    letters counts only as a whole word.
    """

    sets: tuple[tuple[str, ...], ...] = ()
    unless: tuple[str, ...] = ()
    _words: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _finder: AhoCorasick = field(init=False, repr=False, compare=False)
    _begun: Mapping[str, tuple[int, ...]] = field(init=False, repr=False, compare=False)
    """First word of a set → the places of the sets that begin with it."""

    def __post_init__(self) -> None:
        folded = tuple(tuple(word.casefold() for word in words) for words in self.sets)
        words = tuple(dict.fromkeys(word for each in folded for word in each))
        begun: dict[str, tuple[int, ...]] = {}
        for place, (first, *_) in enumerate(folded):
            begun[first] = (*begun.get(first, ()), place)
        object.__setattr__(self, "sets", folded)
        object.__setattr__(self, "unless", tuple(phrase.casefold() for phrase in self.unless))
        object.__setattr__(self, "_words", words)
        object.__setattr__(self, "_finder", AhoCorasick(words, implementation=Implementation.DFA))
        object.__setattr__(self, "_begun", begun)

    def first(self, text: str) -> tuple[str, ...] | None:
        """Return the first set found in the text (its words in lower case), or None."""
        return next(self.found(text), None)

    def found(self, text: str) -> Iterator[tuple[str, ...]]:
        """Return every set found in the text (its words in lower case), in the list's order."""
        folded = text.casefold()
        hits = self._hits(folded)
        if hits and any(phrase in folded for phrase in self.unless):
            for phrase in self.unless:
                folded = folded.replace(phrase, "\n")
            hits = self._hits(folded)
        there = {self._words[which] for which, begin, end in hits if whole(folded, begin, end)}
        for place in sorted(place for word in there for place in self._begun.get(word, ())):
            if there.issuperset(self.sets[place]):
                yield self.sets[place]

    def _hits(self, folded: str) -> list[tuple[int, int, int]]:
        return self._finder.find_matches_as_indexes(folded, overlapping=True)

    def masked(self, text: str) -> str:
        """Return the text with `*` for each character of a word that stands in it; the same object if there is none.
        What a phrase of `unless` covers is left as it is."""
        if self.first(text) is None:
            return text
        return _pattern(self.sets, self.unless).sub(lambda found: found[1] or "*" * len(found[0]), text)


def whole(folded: str, begin: int, end: int) -> bool:
    """Tell whether what stands at this place of a text in lower case counts: Latin letters only as whole words."""
    if not folded[begin:end].isascii():
        return True
    before, after = folded[begin - 1 : begin] if begin else "", folded[end : end + 1]
    return not (_LATIN.match(before) or _LATIN.match(after))


@lru_cache(maxsize=8)
def _pattern(sets: tuple[tuple[str, ...], ...], unless: tuple[str, ...]) -> re.Pattern[str]:
    """Find what is not to be touched (the group), or a word; the longer first."""
    words = sorted({word for each in sets for word in each}, key=len, reverse=True)
    forms = (f"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])" if word.isascii() else re.escape(word) for word in words)
    kept = "|".join(map(re.escape, sorted(unless, key=len, reverse=True))) or "(?!)"
    return re.compile("|".join((f"({kept})", *forms)), re.IGNORECASE)
