"""What the pack's lists of words make of what is said after a report."""

from collections.abc import Mapping, Sequence

from sanfu.city.wordlists import WordList


def highest(
    lists: Mapping[str, WordList], order: Sequence[str], text: str, earlier: str, *, anew: bool = False
) -> str | None:
    """Return the highest level that what is said speaks of, None if of none. Words count together with what was
    written `earlier`; what stood there alone was judged when it came, and a person may have said no. `anew`: words
    that were written before count for nothing when they are only said again."""
    found = [level for level, words in lists.items() if _brought(words, text, earlier, anew=anew)]
    return max(found, key=order.index, default=None)


def _brought(words: WordList, text: str, earlier: str, *, anew: bool) -> bool:
    if not anew and words.first(text) is not None:
        return True
    return not set(words.found(f"{earlier}\n{text}")) <= set(words.found(earlier))
