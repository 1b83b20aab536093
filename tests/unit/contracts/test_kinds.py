"""How a field's type is told to whoever writes a program by it."""

import re
from typing import Any

import pytest

from sanfu.contracts.kinds import Writing, by_default, kind
from sanfu.contracts.page import MARKDOWN, page

PLAIN = Writing(lambda name: f"-> {name}", lambda text: f"`{text}`", " | ")


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ({"type": "string"}, "string"),
        ({"type": "string", "minLength": 1, "maxLength": 300}, "string, 1 to 300 characters"),
        ({"type": "string", "minLength": 0, "maxLength": 300}, "string, ≤ 300 characters"),
        ({"type": "string", "minLength": 2}, "string, ≥ 2 characters"),
        ({"type": "string", "pattern": "^a|b$"}, "string like `^a|b$`"),
        ({"type": "string", "maxLength": 40, "x-format": "date-time"}, "instant"),
        ({"type": "string", "pattern": "^[0-9]{4}T[0-9]{2}Z$"}, "instant"),
        ({"type": "integer", "minimum": 1, "maximum": 2**53 - 1}, "integer, ≥ 1"),
        ({"type": "number", "minimum": 0, "maximum": 1}, "number, 0 to 1"),
        ({"type": "boolean"}, "boolean"),
        ({"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]}, "string, ≤ 9 characters"),
        ({"oneOf": [{"const": "none"}, {"$ref": "#/$defs/Place"}]}, "`none` or -> Place"),
        ({"enum": ["a", "b"], "type": "string"}, "`a` | `b`"),
        ({"type": "array", "items": {"$ref": "#/$defs/Evidence"}, "maxItems": 10}, "list of -> Evidence, ≤ 10"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "map to integer"),
        ({}, "any"),
    ],
)
def test_a_kind_is_told_with_its_limits(field: dict[str, Any], told: str) -> None:
    assert kind(field, PLAIN) == told


@pytest.mark.parametrize(
    ("default", "told"),
    [(None, ""), ([], ""), (False, "; absent: `false`"), ("phone", "; absent: `phone`"), (1, "; absent: `1`")],
)
def test_what_holds_where_a_field_is_absent_is_told_if_it_is_a_value(default: Any, told: str) -> None:
    assert by_default({"default": default}, PLAIN) == told


def test_a_bar_in_a_pattern_ends_no_cell() -> None:
    assert kind({"type": "string", "pattern": "^a|b$"}, MARKDOWN) == "string like `^a\\|b$`"
    for row in re.findall(r"^\| `.*$", page(), re.MULTILINE):
        assert len(re.findall(r"(?<!\\)\|", row)) in {5, 6, 8}, row
