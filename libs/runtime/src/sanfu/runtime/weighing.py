"""What a document may hold, and how much of it: what no store takes is told of before, or found out after.

The terms are MongoDB's, in plain Python, so that the memory store keeps them too; the behaviour suite holds both to
them.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

BUDGET = 256 * 1024
"""Bytes of one subject's state: what is longer belongs into a collection of its own."""
LARGEST = 16 * 1024 * 1024
"""Bytes of a whole document, its outbox with it."""
DEEPEST = 180
"""Levels of nesting."""

_HEADER = 5  # a document's or list's own length, and its end


class Unfit(Exception):
    """These documents can't be held for what they are: `whys` by id. What was written beside them is unknown."""

    def __init__(self, whys: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{id}: {why}" for id, why in whys.items())[:500])
        self.whys = whys


def bytes_of(state: Mapping[str, Any]) -> int:
    """About how long a state is; 0 for one that holds what no document may, which `misfit` tells."""
    try:
        return len(orjson.dumps(state, default=lambda other: "x" * len(other)))
    except TypeError:
        return 0


def misfit(document: Mapping[str, Any], most: int = LARGEST) -> str | None:
    """Say why this document can't be kept in `most` bytes, naming the place; None if it can."""
    try:
        size = weight(document)
    except ValueError as error:
        return str(error)
    return f"it has {size} bytes, at most {most} are allowed" if size > most else None


def weight(value: Any, place: str = "", depth: int = 0) -> int:
    """Count the bytes of a value in BSON. Raises ValueError, naming the place, for what BSON can't hold."""
    match value:
        case None:
            return 0
        case bool():
            return 1
        case int():
            return _integer(value, place)
        case float() | datetime():
            return 8
        case str():
            return 5 + _text(value, place)
        case bytes():
            return 5 + len(value)
        case Mapping():
            return _members(value.items(), place, depth)
        case list() | tuple():
            return _members(((str(n), each) for n, each in enumerate(value)), place, depth)
    raise ValueError(f"{place}: a {type(value).__name__} can't be kept")


def _members(members: Iterable[tuple[Any, Any]], place: str, depth: int) -> int:
    if depth > DEEPEST:
        raise ValueError(f"{place[:200]}: more than {DEEPEST} levels deep")
    size = _HEADER
    for name, value in members:
        if not isinstance(name, str) or "\0" in name:
            raise ValueError(f"{place}: {name!r} is no name for a field")
        size += 2 + _text(name, place) + weight(value, f"{place}.{name}" if place else name, depth + 1)
    return size


def _integer(value: int, place: str) -> int:
    if not -(2**63) <= value < 2**63:
        raise ValueError(f"{place}: a number beyond 64 bits")
    return 4 if -(2**31) <= value < 2**31 else 8


def _text(value: str, place: str) -> int:
    try:
        return len(value.encode())
    except UnicodeEncodeError:
        raise ValueError(f"{place!r}: a lone surrogate") from None
