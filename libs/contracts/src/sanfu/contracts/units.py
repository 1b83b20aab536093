"""What a unit's own topic adds to the events copied to it.

A record there is an event's copy: the same headers and `ce_unitsequence` (records of this issue for this unit, from 1),
the same body without what the unit may not read, and, in the first record of an assignment, the field `issue`.
"""

from pydantic import Field

from sanfu.contracts.events.intake import Place
from sanfu.contracts.events.words import (
    Answers,
    Attachment,
    Audience,
    Body,
    Code,
    Count,
    Flag,
    Grade,
    Instant,
    IssueKind,
    Line,
    PartyKind,
    Secrecy,
    Text,
    Unit,
    Urgency,
)

UNIT_SEQUENCE = "ce_unitsequence"


class Supplement(Body):
    """What came in after the report."""

    number: Count = Field(description="Counts the supplements of this issue from 1")
    reported_at: Instant = Field(description="When it was reported")
    text: Text = Field(description="What was added, masked; ends with … where it was too long to keep")
    attachments: list[Attachment] = Field(default_factory=list, description="Files received with it")


class IssueAsItStands(Body):
    """The issue, as a unit needs it to begin. Nothing in it says who reported it.

    Of a confidential issue: number, category, grade, limits and the neutral title only.
    """

    receipt: Code = Field(description="Receipt number, as the party was told")
    title: Line = Field(description="Title, masked; a neutral line if confidential")
    reported_at: Instant = Field(description="When it was reported")
    limit_asked: Instant | None = Field(
        default=None, description="Limit of a superior who sent it; the earlier of it and the grade's holds"
    )
    unit: Unit | None = Field(description="Unit that leads")
    category: Code | None = Field(description="Category it was decided to be of")
    grade: Grade | None = Field(description="Grade: its limits follow from it")
    urgency: Urgency = Field(description="How soon somebody must act")
    secrecy: Secrecy = Field(description="Who may read it")
    assignment: int = Field(ge=0, description="Number of the assignment that holds")
    round: Count = Field(description="Round of handling")
    channel: Code | None = Field(default=None, description="Channel it came by")
    audience: Audience | None = Field(default=None, description="Who has the need")
    kind: IssueKind | None = Field(default=None, description="What it is")
    party_kind: PartyKind | None = Field(default=None, description="Whose matter it is")
    language: str | None = Field(default=None, description="Answer in it")
    flags: list[Flag] = Field(default_factory=list, description="What deserves attention about it")
    text: Text | None = Field(default=None, description="What was written, masked")
    place: Place = Field(default_factory=Place, description="Where the problem is")
    answers: Answers = Field(default_factory=dict, description="Answers to the channel's own questions, masked")
    attachments: list[Attachment] = Field(default_factory=list, description="Files received with it")
    supplements: list[Supplement] = Field(default_factory=list, description="What came in after the report")
