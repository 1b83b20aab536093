"""Which categories a text may be about, by the pack's words: a hint for who fills in the form, no decision."""

import re
from collections.abc import Sequence
from datetime import date

from sanfu.city.model.pack import Pack
from sanfu.city.model.what import Category
from sanfu.city.succession import there

MOST = 3


def hints(pack: Pack, text: str, day: date, most: int = MOST) -> Sequence[Category]:
    """Return the categories there are on a day of which most words stand in the text, the first in the pack before
    others."""
    folded, known = text.casefold(), there(pack.categories, day).values()
    counted = [(sum(_in(word.casefold(), folded) for word in one.keywords), one) for one in known]
    found = sorted((each for each in counted if each[0]), key=lambda each: -each[0])
    return [category for _, category in found[:most]]


def _in(word: str, folded: str) -> bool:
    """Tell whether a word is there; one of Latin letters as a whole word only."""
    if word not in folded:
        return False
    return not word.isascii() or re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", folded) is not None
