"""By what a case is found: pairs of neighbouring characters of its words, and triples of its number. Pure.

Pairs fit Chinese, which writes no spaces, and find pieces of words in all other scripts. Of a confidential or sealed
issue nothing but its number is a way to it: no search, however it is put, tells what such a case is about.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from sanfu.desk.domain.scope import LEVELS

TOKENS: Final = 60
"""Pairs kept of one case: those of the title first, then of the place, then of the text."""
TEXT: Final = 120
"""Characters of the text that are looked at: who writes on says first what it is about."""
PIECE: Final = 3
"""Characters of a number that one has to know at least."""
LOOKED_AT: Final = 1000
"""Matches that are ranked, the newest; of more it is only said that there are more."""
READ: Final = frozenset(LEVELS[:2])
"""Secrecies whose story holds a text."""
_WEIGHTS: Final = (100, 10, 1)
"""What it counts that a word stands in the title, in the place, in the text."""


def found_by(case: Mapping[str, Any]) -> list[str]:
    """Return all tokens of a case, each once. Those of its number begin with `#`."""
    pairs = (pair for text in _texts(case) for pair in _pieces(text, 2))
    words = list(islice(dict.fromkeys(pairs), TOKENS)) if case["secrecy"] in READ else []
    return words + by_number(case["receipt"])


def by_words(query: str) -> list[str]:
    """Return the tokens that a case has which holds these words; none, if nobody could be found by them."""
    return list(dict.fromkeys(_pieces(query, 2)))


def by_number(piece: str) -> list[str]:
    """Return the tokens that a number has which holds this piece; none for a piece that is too short."""
    bare = "".join(_runs(piece))
    return list(dict.fromkeys(f"#{bare[at : at + PIECE]}" for at in range(len(bare) - PIECE + 1)))


def has_number(case: Mapping[str, Any], piece: str) -> bool:
    """Tell whether a number holds the piece as it stands: its tokens may come from several places of it."""
    return "".join(_runs(piece)) in "".join(_runs(case["receipt"]))


def weight(case: Mapping[str, Any], words: str) -> int:
    """Say how well a case fits the words: those in its title count most, then in its place, then in its text."""
    if case["secrecy"] not in READ:
        return 0
    texts = [" ".join(_runs(text)) for text in _texts(case)]
    return sum(most for word in _runs(words) for most, text in zip(_WEIGHTS, texts, strict=True) if word in text)


def _texts(case: Mapping[str, Any]) -> Sequence[str]:
    place = case.get("place") or {}
    return (case["title"] or "", place.get("address") or "", (case.get("text") or "")[:TEXT])


def _pieces(text: str, size: int) -> Iterator[str]:
    for run in _runs(text):
        yield from (run[at : at + size] for at in range(len(run) - size + 1))


def _runs(text: str) -> list[str]:
    """Return the runs of letters and digits, in one form however they were typed."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each if each.isalnum() else " " for each in plain).split()
