"""A field's type in a few words, for the pages that people read: its limits, its values, what holds if it is absent."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sanfu.contracts.events.words import MOST

Field = Mapping[str, Any]

WRITTEN: Final = "Z$"
"""How the pattern of our own instants ends: UTC, in milliseconds."""
INSTANT: Final = "date-time"


@dataclass(frozen=True, slots=True)
class Writing:
    """How a page writes the name of a part, what stands in JSON as it is, and what lies between alternatives."""

    part: Callable[[str], str]
    code: Callable[[str], str]
    between: str


def kind(field: Field, writing: Writing) -> str:
    """Say a field's type and limits. What may be null is said by its other kinds alone: absent means the same."""
    match field:
        case {"$ref": str(ref)}:
            return writing.part(ref.rpartition("/")[2])
        case {"const": value}:
            return writing.code(str(value))
        case {"enum": values}:
            return writing.between.join(writing.code(str(value)) for value in values)
        case {"anyOf": options} | {"oneOf": options}:
            kinds = [kind(option, writing) for option in options if option.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
        case {"type": "array", "items": items}:
            return ", ".join([f"list of {kind(items, writing)}", *_span(field, "minItems", "maxItems")])
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"map to {kind(values, writing)}"
        case {"type": str(name)}:
            return _simple(name, field, writing)
    return "any"


def _simple(name: str, field: Field, writing: Writing) -> str:
    pattern = str(field.get("pattern", ""))
    if field.get("x-format") == INSTANT or ("T" in pattern and pattern.endswith(WRITTEN)):
        return "instant"
    if pattern:
        return f"{name} like {writing.code(pattern)}"
    sizes = [f"{span} characters" for span in _span(field, "minLength", "maxLength")]
    return ", ".join([name, *sizes, *_span(field, "minimum", "maximum")])


def _span(field: Field, least: str, most: str) -> Iterator[str]:
    low, high = field.get(least) or None, field.get(most)
    if least == "minimum":
        low, high = field.get(least), None if high == MOST else high
    if low is not None and high is not None:
        yield f"{low} to {high}"
    elif high is not None:
        yield f"≤ {high}"
    elif low is not None:
        yield f"≥ {low}"


def by_default(field: Field, writing: Writing) -> str:
    """Say what holds where the field is absent, if that is a value."""
    match field.get("default"):
        case bool() as value:
            return f"; absent: {writing.code(str(value).lower())}"
        case str() | int() as value:
            return f"; absent: {writing.code(str(value))}"
    return ""
