"""The words that several events share: codes, instants, levels, people, attachments.

A value added to one of the lists is an additive change: readers are upgraded first, writers last.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Body(BaseModel):
    """What every event's body promises: types are exact, and a reader ignores what it does not know."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, allow_inf_nan=False)


def _on_the_calendar(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Instant = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", examples=["2026-01-01T00:00:00.000Z"]),
    AfterValidator(_on_the_calendar),
]
"""An instant as `envelope.instant()` writes it: UTC, milliseconds, `…Z`."""

Unit = Annotated[str, Field(pattern=r"^[a-z0-9-]{2,40}$")]
"""A unit's code in the city pack."""

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,79}$")]
"""A code of the city pack other than a unit's (channel, category, rule, template, reason …), or the id of a user."""

Subject = Annotated[str, Field(min_length=1, max_length=200)]
"""The id of an issue (a UUID) or of an affair (`order-…`, `meeting-…`, `task-…`)."""

EventId = Annotated[str, Field(min_length=5, max_length=300)]
"""`<service>:<subject>:<sequence>`."""

Pack = Annotated[str, Field(min_length=1, max_length=80)]
"""The version (hash) of the city pack that a decision was made with."""

MOST = 2**53 - 1
"""The largest number that every reader, whatever its language, reads exactly."""


class Free:
    """Marks what people write in their own words. Of a confidential or sealed issue no event holds any."""


Term = Annotated[str, Field(max_length=300)]
"""A short string that some program or pack wrote."""
Words = Annotated[str, Field(max_length=20_000)]
"""What Sanfu itself says to people."""
Line = Annotated[str, Field(max_length=300), Free]
Text = Annotated[str, Field(max_length=20_000), Free]
Count = Annotated[int, Field(ge=1, le=MOST)]
Amount = Annotated[int, Field(ge=0, le=MOST)]
Key = Annotated[str, Field(pattern=r"^[^\x00$.][^\x00.]{0,79}$")]
Scalar = bool | Annotated[int, Field(ge=-MOST, le=MOST)] | float | Text | None
Answers = dict[Key, Scalar | list[Scalar]]
"""Answers to a channel's own questions, by the question's code."""

Audience = Literal["enterprise", "resident", "grassroots"]
PartyKind = Literal["person", "enterprise", "village", "organisation", "none"]
IssueKind = Literal["issue", "consult", "thanks", "spam"]
Urgency = Literal["normal", "urgent", "emergency"]
Secrecy = Literal["open", "internal", "confidential", "sealed"]
Grade = Literal["simple", "complex", "difficult"]
Level = Literal["none", "yellow", "red"]
Flag = Literal["group", "media", "leader", "superior", "legacy", "foreign", "minor"]
Role = Literal[
    "party",
    "channel",
    "hotline_operator",
    "window_agent",
    "officer",
    "unit_head",
    "duty_officer",
    "reviewer",
    "follow_up_caller",
    "coordination_office",
    "supervisor",
    "liaison",
    "monitor",
    "leader",
    "discipline_liaison",
    "auditor",
    "system_administrator",
    "unit_system",
    "system",
]
"""In what capacity somebody acts. `unit_system` is a unit's own software, `system` is Sanfu itself."""


class By(Body):
    """Who did it. The id is an account's, never a name; a party is `party`, Sanfu itself is `system`."""

    id: Code = Field(description="Account that acted: a user's id, `party`, a channel's code, or `system`")
    role: Role = Field(description="Capacity in which it acted")
    unit: Unit | None = Field(default=None, description="Unit it acted for")


class Attachment(Body):
    """A file that stays with the service that took it in; only its description travels."""

    id: str = Field(min_length=1, max_length=80, description="Id of the file at its owner")
    owner: Literal["intake", "desk"] = Field(description="Service that keeps the file")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the bytes as kept, in hex")
    media_type: str = Field(max_length=100, description="Media type, such as image/jpeg")
    size: Amount = Field(description="Bytes")
    public: bool = Field(default=False, description="May be shown to everybody")


class Deed(Body):
    """What a person, or the system in a person's stead, did to a subject."""

    by: By = Field(description="Who did it")


class Spoken(Body):
    """An event that tells what a party said: its words are held against the city's lists before any is masked."""

    urgency: Urgency | None = Field(
        default=None, description="How soon somebody must act by its words; absent: they say nothing of that"
    )
    secrecy: Secrecy | None = Field(
        default=None, description="Who may read it by its words; absent: they say nothing of that"
    )


class FoundOn(Body):
    """Where an issue was found: on which list, at which of its entries."""

    affair: Subject = Field(description="The list of visits, experience sheet or check-up")
    entry: Count = Field(description="Number of the entry on it")


class Concerning(Body):
    """An event that does something to other subjects too: their owner folds it into each of them once."""

    concerns: list[Subject] = Field(default_factory=list, description="Other subjects it does something to")
