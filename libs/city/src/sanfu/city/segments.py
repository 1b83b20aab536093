"""How many SMS a text takes. Standard library only."""

SEGMENT_WIDE, SEGMENT_LATIN = 70, 160
"""Characters of one SMS: with any character outside the phone's own alphabet, and without."""
HEADER_WIDE, HEADER_LATIN = 3, 7
"""Characters that each loses where it is one of several."""
_TWICE = frozenset("[]{}\\^~|")
"""Of ASCII, what takes the room of two characters in the phone's own alphabet (GSM 03.38)."""
_ABSENT = "`"
"""Of ASCII, what that alphabet does not have."""


def length(text: str) -> int:
    """Count characters as an SMS does."""
    return len(text) if _wide(text) else len(text) + sum(character in _TWICE for character in text)


def room(text: str, segments: int) -> int:
    """Return how many characters of this text's kind so many SMS hold together."""
    one, header = (SEGMENT_WIDE, HEADER_WIDE) if _wide(text) else (SEGMENT_LATIN, HEADER_LATIN)
    return one if segments == 1 else (one - header) * segments


def fits(text: str, segments: int) -> bool:
    return length(text) <= room(text, segments)


def _wide(text: str) -> bool:
    return not text.isascii() or _ABSENT in text
