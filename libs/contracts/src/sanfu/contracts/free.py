"""Where people write in their own words: by type of event, found in the models (`words.Free`)."""

from collections.abc import Iterator
from inspect import isclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from sanfu.contracts import names
from sanfu.contracts.events.words import Free
from sanfu.contracts.registry import EVENTS

TEXT = '''"""Where people write in their own words. Made by `python -m sanfu.contracts.generate`, imports nothing.

By type of event: each place, `[]` behind a list's name, and whether nothing may stand there. Of a confidential or
sealed issue no event holds any such text.
"""

from collections.abc import Mapping
from types import MappingProxyType

FREE_TEXTS: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {
%s    }
)
'''


def free_texts(model: type[BaseModel]) -> dict[str, bool]:
    """Return each place of a body that holds free text, and whether nothing may stand there."""
    return {
        path: optional
        for name, field in model.model_fields.items()
        for path, optional in _within(field.annotation, name, field.metadata)
    }


def _within(annotation: Any, path: str, marks: Any = (), *, optional: bool = False) -> Iterator[tuple[str, bool]]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if Free in marks:
        yield path, optional
    elif origin is Annotated:
        yield from _within(inner[0], path, inner[1:], optional=optional)
    elif origin in (Union, UnionType):
        for each in inner:
            yield from _within(each, path, optional=NoneType in inner)
    elif origin is list:
        yield from _within(inner[0], f"{path}[]")
    elif isclass(annotation) and issubclass(annotation, BaseModel):
        yield from ((f"{path}.{rest}", may) for rest, may in free_texts(annotation).items())


def module() -> str:
    """The table as a module that a domain may import."""
    stories = {names.ISSUES, names.AFFAIRS}
    found = {event.type: free_texts(event.model) for event in EVENTS if event.topic in stories}
    return TEXT % "".join(_entry(type, places) for type, places in sorted(found.items()) if places)


def _entry(type: str, places: dict[str, bool]) -> str:
    lines = "".join(f'                "{place}": {optional},\n' for place, optional in places.items())
    return f'        "{type}": MappingProxyType(\n            {{\n{lines}            }}\n        ),\n'
