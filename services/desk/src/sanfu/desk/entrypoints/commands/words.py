"""The words that several bodies share."""

from typing import Annotated, Any, Literal

from pydantic import Field

from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Line, Text

Unit = Annotated[str, Field(pattern=r"^[a-z0-9-]{2,40}$")]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,79}$")]
Reason = Annotated[str, Text(1000, 1), Field(description="Why, for people to read")]
"""Why, for people to read."""
Issue = Annotated[str, Field(min_length=1, max_length=200)]
LONGEST = 5000
"""Characters of one text: a page and a half; the whole case has to stay below 256 KiB."""


class Evidence(Body):
    """A file that proves something: kept by intake or desk, told of here."""

    id: Annotated[str, Line(80, 1)] = Field(
        description="The file's id, as desk gave it when the file was kept (`POST /v1/cases/{issue}/evidence`, the "
        "file as the body), or as an event named it"
    )
    owner: Literal["intake", "desk"] = Field(
        default="desk", description="Who keeps it: `intake`, if it came with the report; `desk`, if it was added here"
    )
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="SHA-256 of the file as it is kept, in small hex: as desk answered, for a picture is drawn anew "
        "there and no longer has the sender's"
    )
    media_type: Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9.+-]{1,80}$")] = Field(
        description="What it is, such as `image/jpeg`; as desk answered"
    )
    size: Annotated[int, Field(ge=0, le=50_000_000)] = Field(description="Bytes as it is kept; as desk answered")
    public: bool = Field(
        default=False, description="May be shown to everybody; only of a file that was kept so (`?public=true`)"
    )


Files = Annotated[
    list[Evidence], Field(default_factory=list, max_length=10, description="Files of this case that prove it")
]
PHOTO = {
    "id": "9f86d081884c7d659a2feaa0c55ad015",
    "owner": "desk",
    "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "media_type": "image/jpeg",
    "size": 183042,
    "public": True,
}
"""A file as examples name one."""


def example(**said: Any) -> dict[str, Any]:
    """Return what a body's class is given as `json_schema_extra`, for its schema to show this one whole."""
    return {"examples": [said]}
