"""The words that several bodies share."""

from typing import Annotated, Literal

from pydantic import Field

from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Line, Text

Unit = Annotated[str, Field(pattern=r"^[a-z0-9-]{2,40}$")]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,79}$")]
Reason = Annotated[str, Text(1000, 1)]
"""Why, for people to read."""
Issue = Annotated[str, Field(min_length=1, max_length=200)]
LONGEST = 5000
"""Characters of one text: a page and a half; the whole case has to stay below 256 KiB."""


class Evidence(Body):
    """A file that proves something: kept by intake or desk, told of here."""

    id: Annotated[str, Line(80, 1)]
    owner: Literal["intake", "desk"] = "desk"
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    media_type: Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9.+-]{1,80}$")]
    size: Annotated[int, Field(ge=0, le=50_000_000)]
    public: bool = False


Files = Annotated[list[Evidence], Field(default_factory=list, max_length=10)]
