"""What router tells: who handles it."""

from typing import Literal

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
    Key,
    Line,
    Pack,
    PartyKind,
    Secrecy,
    Subject,
    Text,
    Unit,
    Urgency,
)

DecidedBy = Literal["rule", "model", "fallback", "emergency", "return", "reviewer", "group"]
Why = Literal["unsure", "consult", "thanks", "spam", "confidential", "sealed", "second_return", "recusal", "place"]
Score = float


class Told(Body):
    """A further unit told at once, beside the one that leads."""

    unit: Unit = Field(description="Unit told")
    part: Literal["emergency", "place", "assist", "copy"] = Field(
        description="Why: the emergency unit, the unit of the place, it assists, it only reads"
    )


class Contradiction(Body):
    """What was said, the words and the coordinates name different towns, or the coordinates lie in none."""

    said: Unit | None = Field(default=None, description="Town that was said")
    text: Unit | None = Field(default=None, description="Town that the words name")
    point: Unit | None = Field(default=None, description="Town in which the coordinates lie")
    disputed: bool = Field(description="So much that nobody can tell which is right: the town is open")
    outside: bool = Field(default=False, description="The coordinates lie in no town")


class Standing(Body):
    """An issue as it stands, for a unit that did not read its story so far. What is secret or internal is not in it."""

    receipt: Code = Field(description="Receipt number")
    channel: Code = Field(description="Channel it came by")
    external_id: str | None = Field(default=None, max_length=200, description="The channel's own number for it")
    reported_at: Instant = Field(description="When it was reported")
    kind: IssueKind = Field(description="What it is")
    secrecy: Secrecy = Field(description="Who may read it")
    flags: list[Flag] = Field(default_factory=list, description="What deserves attention about it")
    party_kind: PartyKind = Field(description="Whose matter it is")
    title: Line = Field(description="Title, masked; a neutral line if confidential or sealed")
    text: Text | None = Field(default=None, description="Text, masked; absent if confidential or sealed")
    place: Place = Field(default_factory=Place, description="Where the problem is")
    answers: Answers = Field(default_factory=dict, description="Answers to the channel's own questions, masked")
    attachments: list[Attachment] = Field(default_factory=list, description="Files that belong to it")
    limits: dict[Key, Instant] = Field(default_factory=dict, description="Limit of each open clock of this unit")


class Assignment(Body):
    """From this instant, this unit leads. `IssueAssigned` and `IssueDispatched` both mean exactly this."""

    unit: Unit = Field(description="Unit that leads")
    grade: Grade = Field(description="Grade: its limits follow from it")
    urgency: Urgency = Field(description="Urgency at this instant")
    audience: Audience = Field(description="Whose need it is: names the coordination group")
    category: Code | None = Field(default=None, description="Category it was decided to be of")
    assignment: Count = Field(description="Number the writer saw, plus one; the higher counts, at equal ones desk's")
    round: Count = Field(default=1, description="Round of handling")
    decided_by: DecidedBy = Field(description="What or who decided")
    reason: Text = Field(description="Why, for people to read")
    rule: Code | None = Field(default=None, description="Rule that matched")
    score: Score | None = Field(default=None, ge=0, le=1, description="How sure the model was, 0 to 1")
    pack: Pack = Field(description="City pack it was decided with")
    model: Pack | None = Field(default=None, description="Version of the model that decided or suggested")
    also: list[Told] = Field(default_factory=list, description="Further units told at once")
    issue: Standing | None = Field(default=None, description="On a unit's own topic only: the issue as it stands")


class IssueAssigned(Assignment):
    """A rule or the model was sure, or a first return was routed again."""

    place: Contradiction | None = Field(default=None, description="Where it lies, if that is in doubt")


class Suggestion(Body):
    """What router would do, if it were asked."""

    unit: Unit = Field(description="Unit that might lead")
    grade: Grade | None = Field(default=None, description="Grade it might have")
    category: Code | None = Field(default=None, description="Category it might be of")
    score: Score = Field(ge=0, le=1, description="How sure, 0 to 1")
    reason: Text = Field(description="Why, for people to read")
    rule: Code | None = Field(default=None, description="Rule that matched")


class ReviewRequested(Body):
    """Nothing was sure enough: a person decides."""

    why: Why = Field(description="What stood in the way of deciding it at once")
    reason: Text = Field(description="The same for people to read")
    suggestions: list[Suggestion] = Field(default_factory=list, description="Best first")
    place: Contradiction | None = Field(default=None, description="Where it lies, if that is in doubt")
    pack: Pack = Field(description="City pack it was decided with")
    model: Pack | None = Field(default=None, description="Version of the model that suggested")


class DuplicateSuspected(Body):
    """Another issue seems to be about the same thing. Only people merge."""

    other: Subject = Field(description="The issue that it seems to repeat")
    same_party: bool = Field(description="True: the same party said it before, so this is a reminder")
    score: Score = Field(ge=0, le=1, description="How alike, 0 to 1")
    parts: dict[Key, Score] = Field(default_factory=dict, description="Parts of the score: text, distance, time …")
    reason: Line | None = Field(default=None, description="The same for people to read")
