"""How soon somebody must act: in doubt it is an emergency, until a person says no."""

from typing import Final

from sanfu.city import recall
from sanfu.city.model.pack import Pack
from sanfu.city.model.what import Category

LEVELS = ("normal", "urgent", "emergency")
EMERGENCY: Final = "emergency"


def decided(pack: Pack, *, text: str, category: Category | None, chosen: str | None) -> str:
    """Return the highest of what the channel or its operator chose, the category's, and the recall words'."""
    found = [level for level, words in pack.urgency_words.items() if words.first(text) is not None]
    return max([chosen or "normal", category.urgency_default if category else "normal", *found], key=LEVELS.index)


def added(pack: Pack, text: str, earlier: str) -> str | None:
    """Return how soon somebody must act by the words of a supplement, None where they say nothing of that."""
    return recall.highest(pack.urgency_words, LEVELS, text, earlier)


def alarming(pack: Pack, text: str) -> bool:
    """Tell whether a text by itself speaks of danger to life."""
    return added(pack, text, "") == EMERGENCY
