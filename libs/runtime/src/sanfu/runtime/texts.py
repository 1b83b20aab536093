"""What a text from outside may hold: metadata for pydantic fields, used at the edges only."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import GroupedMetadata, Len
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from sanfu.contracts.envelope import instant, moment

_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f]"  # controls: they break terminals, CSV, SMS gateways
    "|[\u202a-\u202e\u2066-\u2069]"  # bidi overrides and isolates: they make a text read other than it is stored
    "|[\ud800-\udfff]"  # half a character: no UTF-8 writes it
    "|[\u2028\u2029\ufffe\uffff]"  # line separators that only some programs see; no characters at all
)


@dataclass(frozen=True)
class Text(GroupedMetadata):
    """A text of several lines, as in `Annotated[str, Text(2000)]`: so many characters, line feeds and tabs allowed.

    One that must have a character must have one that is seen: spaces, also those of no width, say nothing. Nothing is
    stripped or changed. Emoji, and the plain marks U+200E and U+200F that right-to-left scripts need, pass.
    """

    longest: int
    shortest: int = 0
    allowed: ClassVar[str] = "\n\t"

    def __iter__(self) -> Iterator[object]:
        yield Len(self.shortest, self.longest)
        yield BeforeValidator(self._check)

    def _check(self, value: Any) -> Any:
        for match in _FORBIDDEN.finditer(value) if isinstance(value, str) else ():
            if match[0] not in self.allowed:
                raise PydanticCustomError(
                    "forbidden_character",
                    "no U+{code} (here at position {position})",
                    {"code": f"{ord(match[0]):04X}", "position": match.start()},
                )
        if self.shortest and isinstance(value, str) and value and not any(map(_seen, value)):
            raise PydanticCustomError("blank", "more than spaces")
        return value


def _seen(char: str) -> bool:
    return char.isprintable() and not char.isspace()


@dataclass(frozen=True)
class Line(Text):
    """A text of one line: as `Text`, and no line feeds or tabs."""

    allowed: ClassVar[str] = ""


def told(problem: str, expected: str) -> WrapValidator:
    """Have a type say in words what would be right, whatever is wrong: for those that only a pattern describes."""

    def check(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        try:
            return inner(value)
        except (ValidationError, ValueError, OverflowError):
            raise PydanticCustomError(problem, expected) from None

    return WrapValidator(check)


def _written(text: str) -> str:
    return instant(moment(text))


Instant = Annotated[
    str,
    Field(max_length=40, examples=["2026-01-01T08:00:00+08:00"], json_schema_extra={"x-format": "date-time"}),
    AfterValidator(_written),
    told("instant", "an instant with its zone, such as 2026-01-01T08:00:00+08:00"),
]
"""ISO 8601 with a zone; kept as UTC in milliseconds. Its schema says `x-format`: `format` would promise less than was
released, for RFC 3339 is narrower."""
Key = Annotated[str, Field(pattern=r"^[!-~]{1,200}$"), told("key", "1 to 200 characters of ASCII, no spaces")]
"""A header by which something is known again: an API key, an Idempotency-Key."""
Phone = Annotated[
    str,
    Field(
        max_length=40,
        pattern=r"^[+＋]?[(（]?[0-9０-９][0-9０-９ ()（）.．－-]{3,30}[0-9０-９]$",
        examples=["138 0000 0001"],
    ),
    told("phone", "a phone number, such as +86 579 8500 0000"),
]
Email = Annotated[
    str,
    Field(max_length=254, pattern=r"^[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"),
    told("email", "an e-mail address, such as name@example.org"),
]
