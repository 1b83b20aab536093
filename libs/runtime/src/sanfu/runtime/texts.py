"""What a text from outside may hold: types for pydantic models, used at the edges only."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_BREAKS = "\n\t"
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f]"  # controls: they break terminals, CSV, SMS gateways
    "|[\u202a-\u202e\u2066-\u2069]"  # bidi overrides and isolates: they make a text read other than it is stored
    "|[\ud800-\udfff]"  # half a character: no UTF-8 writes it
    "|[\u2028\u2029\ufffe\uffff]"  # line separators that only some programs see; no characters at all
)


def _refuse(text: str, allowed: str) -> str:
    for match in _FORBIDDEN.finditer(text):
        if match[0] not in allowed:
            raise PydanticCustomError(
                "forbidden_character",
                "no U+{code} (here at position {position})",
                {"code": f"{ord(match[0]):04X}", "position": match.start()},
            )
    return text


def _text(text: str) -> str:
    return _refuse(text, _BREAKS)


def _line(text: str) -> str:
    return _refuse(text, "")


def Text(longest: int, shortest: int = 0) -> Any:
    """Make the type of a text of several lines: at most `longest` characters, line feeds and tabs allowed.

    Nothing is stripped or changed. Emoji, and the plain marks U+200E and U+200F that right-to-left scripts need, pass.
    """
    return Annotated[str, Field(min_length=shortest, max_length=longest), AfterValidator(_text)]


def Line(longest: int, shortest: int = 0) -> Any:
    """Make the type of a text of one line: as `Text`, and no line feeds or tabs."""
    return Annotated[str, Field(min_length=shortest, max_length=longest), AfterValidator(_line)]
