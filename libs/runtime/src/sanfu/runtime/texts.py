"""What a text from outside may hold: metadata for pydantic fields, used at the edges only."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from annotated_types import GroupedMetadata, Len
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f]"  # controls: they break terminals, CSV, SMS gateways
    "|[\u202a-\u202e\u2066-\u2069]"  # bidi overrides and isolates: they make a text read other than it is stored
    "|[\ud800-\udfff]"  # half a character: no UTF-8 writes it
    "|[\u2028\u2029\ufffe\uffff]"  # line separators that only some programs see; no characters at all
)


@dataclass(frozen=True)
class Text(GroupedMetadata):
    """A text of several lines, as in `Annotated[str, Text(2000)]`: so many characters, line feeds and tabs allowed.

    Nothing is stripped or changed. Emoji, and the plain marks U+200E and U+200F that right-to-left scripts need, pass.
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
        return value


@dataclass(frozen=True)
class Line(Text):
    """A text of one line: as `Text`, and no line feeds or tabs."""

    allowed: ClassVar[str] = ""
