"""How soon somebody must act: in doubt it is an emergency, until a person says no."""

from sanfu.city.model import Category, Pack

LEVELS = ("normal", "urgent", "emergency")


def decided(pack: Pack, *, text: str, category: Category | None, chosen: str | None) -> str:
    """Return the highest of what the channel or its operator chose, the category's, and the recall words'."""
    found = [level for level, words in pack.urgency_words.items() if words.first(text) is not None]
    return max([chosen or "normal", category.urgency_default if category else "normal", *found], key=LEVELS.index)
