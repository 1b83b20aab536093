"""What a text is made of, where two texts are compared.

Chinese is compared sign by sign, what is written in letters word by word: any two English texts share most of their
letters. So each word stands as one sign of the private area, and every number as a zero. Pieces are pairs of
neighbouring signs, and words; how much one of them says follows from how rare it is in texts that a city has at hand.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from math import log, sqrt
from zlib import crc32

LONGEST = 300
"""Signs compared: what an issue is about stands at its beginning."""
_TOKEN = re.compile(r"[^\W\d_\u0250-\U000e0fff]+|\d+|[^\W\d_]")
_WORDS, _ROOM = 0xF0000, 0xFFFE
NUMBER = "0"


def signs(text: str) -> str:
    """Write a text with one sign for each character, word or number, without case, blanks and punctuation."""
    return "".join(_sign(token) for token in _TOKEN.findall(text.casefold()))[:LONGEST]


def pieces(written: str) -> set[str]:
    """Cut what `signs` wrote into pieces."""
    found = {first + second for first, second in pairwise(written) if _is_script(first) and _is_script(second)}
    return found.union(sign for sign in written if ord(sign) >= _WORDS)


def _sign(token: str) -> str:
    if token[0].isdecimal():
        return NUMBER
    return token if ord(token[0]) > 0x24F else chr(_WORDS + crc32(token.encode()) % _ROOM)


def _is_script(sign: str) -> bool:
    return sign != NUMBER and ord(sign) < _WORDS


class Rarity:
    """Knows how rare pieces are in some texts; without any, all are equally rare."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        found = [pieces(signs(text)) for text in texts]
        self._known, self._texts = Counter(piece for each in found for piece in each), len(found)
        self.vector = lru_cache(maxsize=20_000)(self._vector)

    def rarest(self, written: str, most: int) -> tuple[str, ...]:
        """Give the pieces of a text, the rarest first; of equally rare ones the order is always the same."""
        return tuple(sorted(pieces(written), key=lambda piece: (self._known[piece], piece))[:most])

    def shared(self, one: str, other: str) -> float | None:
        """Say how much of what two texts say is said in both, from 0 to 1; None: one of them says nothing."""
        ours, theirs = self.vector(one), self.vector(other)
        if not ours or not theirs:
            return None
        return sum(ours[piece] * theirs[piece] for piece in ours.keys() & theirs.keys())

    def _vector(self, written: str) -> Mapping[str, float]:
        """Weigh the pieces of a text, so that its vector has length 1."""
        weights = dict(self._weighed(written))
        length = sqrt(sum(weight * weight for weight in weights.values()))
        return {piece: weight / length for piece, weight in weights.items()}

    def _weighed(self, written: str) -> Iterator[tuple[str, float]]:
        for piece in pieces(written):
            yield piece, log((self._texts + 2) / (self._known[piece] + 0.5))
