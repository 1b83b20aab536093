"""What a message's conditions may ask of an event: the fields of its body, as the contracts have them, and what is
known of its issue."""

from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from sanfu.city import vocabulary as words
from sanfu.city.when import Value
from sanfu.contracts.registry import BY_TYPE

Allowed = tuple[Value, ...] | None
"""The values a field may have; None: any."""

ISSUE: Mapping[str, Allowed] = {
    "audience": words.AUDIENCES, "kind": words.ISSUE_KINDS, "urgency": words.URGENCIES, "secrecy": words.SECRECIES,
    "party_kind": words.PARTY_KINDS, "channel": None, "category": None, "town": None, "unit": None, "grade": None,
    "language": None, "sponsored": (True, False), "forwarded": (True, False), "list": words.LIST_KINDS,
    "may_object": (True, False), "by_itself": (True, False),
}  # fmt: skip
"""What of the issue or list stays known after it was told once. An event's own field of that name lies over it.
`may_object`: to its last answer or refusal; `by_itself`: nobody ordered what the event tells."""


@cache
def fields(event: str) -> Mapping[str, Allowed]:
    """Return the fields that may be asked for when this event (type on the wire) is told, each with its values."""
    own = BY_TYPE[event].model.model_fields if event in BY_TYPE else {}
    return {**ISSUE, **{name: _values(field.annotation) for name, field in own.items()}}


def _values(annotation: Any) -> Allowed:
    if annotation is bool:
        return (True, False)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return arguments
    if origin is Annotated:
        return _values(arguments[0])
    if origin in (Union, UnionType):
        parts = [_values(each) for each in arguments if each is not NoneType]
        return None if None in parts else tuple(value for part in parts for value in part or ())
    return None
