"""How soon somebody must act: in doubt it is an emergency, until a person says no."""

from typing import Final

from sanfu.city.model import Category, Pack, WordList

LEVELS = ("normal", "urgent", "emergency")
EMERGENCY: Final = "emergency"


def decided(pack: Pack, *, text: str, category: Category | None, chosen: str | None) -> str:
    """Return the highest of what the channel or its operator chose, the category's, and the recall words'."""
    found = [level for level, words in pack.urgency_words.items() if words.first(text) is not None]
    return max([chosen or "normal", category.urgency_default if category else "normal", *found], key=LEVELS.index)


def added(pack: Pack, text: str, earlier: str) -> str | None:
    """Return the highest level that the recall words of a supplement speak of, None if of none. Words count together
    with what was written `earlier`; what stood there alone was judged when it came, and a person may have said no."""
    found = [level for level, words in pack.urgency_words.items() if _brought(words, text, earlier)]
    return max(found, key=LEVELS.index, default=None)


def _brought(words: WordList, text: str, earlier: str) -> bool:
    if words.first(text) is not None:
        return True
    return not set(words.found(f"{earlier}\n{text}")) <= set(words.found(earlier))


def alarming(pack: Pack, text: str) -> bool:
    """Tell whether a text by itself speaks of danger to life."""
    return added(pack, text, "") == EMERGENCY
