"""What desk tells of limits and levels: pauses, register, extensions, grade, urgency, secrecy, exemptions."""

from typing import Literal

from pydantic import Field

from sanfu.contracts.events.words import (
    Attachment,
    Body,
    Code,
    Concerning,
    Count,
    Deed,
    Flag,
    Grade,
    Instant,
    Secrecy,
    Subject,
    Term,
    Text,
    Unit,
    Urgency,
)


class IssueSuspended(Deed):
    """Clocks rest from this instant, for a reason that lies outside the unit."""

    reason: Code = Field(description="Reason code of the city pack")
    text: Text | None = Field(default=None, description="Why, for people to read; internal")
    until: Instant | None = Field(default=None, description="Resumed by itself at this instant at the latest")
    approved_by: Code | None = Field(default=None, description="Account that approved it, where the policy asks for it")


class IssueResumed(Deed):
    """Clocks run on from this instant."""

    reason: Code | None = Field(default=None, description="Reason code of the city pack")


class Milestone(Body):
    """One step of a plan."""

    text: Text = Field(description="What will be done")
    limit: Instant = Field(description="By when")
    unit: Unit | None = Field(default=None, description="By whom, if not by the owner")


class IssueRegistered(Deed, Concerning):
    """A meeting put a difficult issue on the register: it is counted neither solved nor late."""

    meeting: Subject = Field(description="Meeting that decided it")
    owner: Unit = Field(description="Unit that owns the plan")
    sponsor: Code | None = Field(default=None, description="Account of the sponsoring leader")
    cause: Text = Field(description="Why it can't be solved in time")
    plan: list[Milestone] = Field(min_length=1, description="What will be done, and by when")
    report_by: Instant = Field(description="Next public report, at most 90 days away")
    milestone_by: Instant | None = Field(default=None, description="Limit of the first milestone")


class ExtensionAsked(Deed):
    """A unit asks for more time, before the limit."""

    clock: Code = Field(default="handling", description="Clock it asks for")
    until: Instant = Field(description="The limit it asks for")
    decide_by: Instant | None = Field(default=None, description="Undecided then, one day is granted by itself, once")
    reason: Text = Field(description="Why, for people to read; internal")
    number: Count = Field(default=1, description="Counts the requests of this round from 1")
    round: Count = Field(default=1, description="Round of handling")


class ExtensionDecided(Deed):
    """More time was granted or refused; a refusal stops nothing."""

    clock: Code = Field(default="handling", description="Clock it was asked for")
    granted: bool = Field(description="Whether it was granted")
    until: Instant | None = Field(default=None, description="The limit granted")
    number: Count = Field(default=1, description="The request that was decided")
    reason: Text | None = Field(default=None, description="Why, for people to read")
    round: Count = Field(default=1, description="Round of handling")


class GradeChangeAsked(Deed):
    """Somebody thinks that the issue is of another grade; a longer one needs approval."""

    grade: Grade = Field(description="The grade asked for")
    reason: Text = Field(description="Why, for people to read; internal")
    round: Count = Field(default=1, description="Round of handling")


class GradeChanged(Deed):
    """The issue is of another grade: limits are reckoned anew from the original start."""

    before: Grade = Field(description="What it was")
    grade: Grade = Field(description="What it is")
    reason: Text = Field(description="Why, for people to read; internal")
    round: Count = Field(default=1, description="Round of handling")


class GradeChangeDeclined(Deed):
    """It stays of the grade it is."""

    grade: Grade = Field(description="The grade asked for")
    reason: Text = Field(description="Why, for people to read; internal")
    round: Count = Field(default=1, description="Round of handling")


class UrgencyChanged(Deed, Concerning):
    """The issue became more or less urgent; only the coordination office lowers. An emergency is told again where its
    party speaks of danger after it was handled: then nothing but the number is new. `concerns` names the issue that it
    was merged into."""

    before: Urgency = Field(description="What it was")
    urgency: Urgency = Field(description="What it is")
    supplement: Count | None = Field(
        default=None,
        description="Number of the supplement whose words raised it; absent: other words of the party, or a person",
    )
    reason: Text = Field(description="Why, for people to read; internal")


class SecrecyChanged(Deed, Concerning):
    """Other people may read the issue now; only the office lowers. What was published before stays published.
    `concerns` names the affairs that bear upon what became confidential."""

    before: Secrecy = Field(description="What it was")
    secrecy: Secrecy = Field(description="What it is")
    title: Term | None = Field(default=None, description="Neutral line that stands for the title from now on")
    supplement: Count | None = Field(
        default=None,
        description="Number of the supplement whose words raised it; absent: other words of the party, or a person",
    )
    reason: Text = Field(description="Why, for people to read; internal")


class FlagsChanged(Deed):
    """Somebody who reviews says what the issue is marked by, or no longer: who looks at it follows from that."""

    flags: list[Flag] = Field(max_length=10, description="All that it is marked by from now on")
    added: list[Flag] = Field(default_factory=list, max_length=10, description="What was set")
    dropped: list[Flag] = Field(default_factory=list, max_length=10, description="What was taken off")
    reason: Text = Field(description="Why, for people to read; internal")


class ExemptionDecided(Deed):
    """One of the three ones may be missing, for a reason that somebody answers for."""

    of: Literal["contact", "follow_up"] = Field(description="Which of the three ones it stands in for")
    granted: bool = Field(description="Whether it was granted")
    reason: Text = Field(description="Why, for people to read; internal")
    evidence: list[Attachment] = Field(default_factory=list, description="What proves it")
    round: Count = Field(default=1, description="Round of handling")
