"""What desk tells of the handling: contact, handled, returns, assists, copies, hand-over."""

from typing import Literal, Self

from pydantic import Field, model_validator

from sanfu.contracts.events.words import (
    Attachment,
    Body,
    Code,
    Concerning,
    Count,
    Deed,
    EventId,
    Grade,
    Instant,
    Line,
    Term,
    Text,
    Unit,
    Words,
)


class IssueAcknowledged(Deed):
    """A unit has seen that it leads or assists."""

    unit: Unit = Field(description="Unit that acknowledged")
    assignment: Count = Field(description="Assignment it acknowledged")
    round: Count = Field(default=1, description="Round of handling")


class IssueContacted(Deed):
    """The first of the three ones: somebody spoke with the party, or tried to."""

    result: Literal["reached", "failed"] = Field(description="What came of it; a failed attempt stops the clock too")
    method: Literal["phone", "visit", "message", "writing"] = Field(description="How")
    unit: Unit = Field(description="Unit that made contact")
    contacted_at: Instant = Field(description="When it was")
    summary: Text | None = Field(default=None, description="What was said, masked; internal")
    evidence: list[Attachment] = Field(default_factory=list, description="What proves it")
    round: Count = Field(default=1, description="Round of handling")


class SceneReached(Deed):
    """In an emergency: a unit's people are there."""

    unit: Unit = Field(description="Unit that is there")
    reached_at: Instant = Field(description="When it was")


class SituationReported(Deed):
    """In an emergency: what is the case and what is being done."""

    unit: Unit = Field(description="Unit that reports")
    number: Count = Field(default=1, description="Counts that unit's reports from 1")
    text: Text = Field(description="What is the case, masked; internal")
    evidence: list[Attachment] = Field(default_factory=list, description="Pictures of it")


class Completion(Deed):
    """What a unit says that it did."""

    unit: Unit = Field(description="Unit that led")
    outcome: Literal["solved", "partly", "planned", "explained", "other_route"] = Field(description="What came of it")
    reply: Text = Field(min_length=1, description="Public reply to the party, written for this issue")
    internal: Text | None = Field(default=None, description="Text for officers only, masked")
    evidence: list[Attachment] = Field(default_factory=list, description="What proves it")
    planned_for: Instant | None = Field(default=None, description="If planned: when it will be done")
    legal_ground: Text | None = Field(default=None, description="If explained: the law or rule that stands against it")
    received_at: Instant = Field(description="When desk received it: this instant counts against the limit")
    assignment: Count = Field(description="Assignment under which it was handled")
    round: Count = Field(default=1, description="Round of handling")

    @model_validator(mode="after")
    def _gives_what_its_outcome_needs(self) -> Self:
        if self.outcome == "planned" and self.planned_for is None:
            raise ValueError("outcome planned needs planned_for")
        if self.outcome == "explained" and not self.legal_ground:
            raise ValueError("outcome explained needs legal_ground")
        return self


class IssueHandled(Completion, Concerning):
    """The second of the three ones: the unit has done what it could, and says so to the party. `concerns` names the
    issues that were merged into this one."""

    signed_by: Code | None = Field(default=None, description="Account of the unit's head, where the policy asks for it")


class CompletionSubmitted(Completion):
    """An officer says that it is done; the unit's head has yet to sign it. The party hears nothing before that."""


class CompletionSentBack(Deed):
    """The unit's head does not sign: it is to be done better. What was submitted counts for nothing."""

    unit: Unit = Field(description="Unit that leads")
    reason: Text = Field(description="What is missing; internal")
    round: Count = Field(default=1, description="Round of handling")


class IssueReturned(Deed):
    """A unit says that it is not the right one. Until that is decided it stays in charge; of a second return, who had
    the issue first."""

    unit: Unit = Field(description="Unit that returns it")
    ground: Literal["law", "duties", "area"] = Field(description="On what ground")
    proposed_unit: Unit = Field(description="Unit it should go to")
    text: Text = Field(description="Why, for people to read; internal")
    number: Count = Field(description="Counts the returns of this issue from 1: the second goes to adjudication")
    interim: Unit | None = Field(default=None, description="Lead of record until it is decided, if it is another unit")
    assignment: Count = Field(description="Assignment that is returned")
    round: Count = Field(default=1, description="Round of handling")


class ReturnAdjudicated(Deed):
    """The coordination group decided a dispute about the lead; its decision binds."""

    unit: Unit = Field(description="Unit that leads by this decision; IssueDispatched follows if it is another")
    number: Count = Field(description="The return that was decided")
    upheld: bool = Field(description="True if the return was right")
    charged: Unit | None = Field(default=None, description="Unit that is charged the time it cost")
    reason: Text = Field(description="Why, for people to read; internal")
    round: Count = Field(default=1, description="Round of handling")


class AssistAsked(Deed):
    """Another unit has a task of its own in this issue; the lead stays the lead."""

    unit: Unit = Field(description="Unit that assists")
    task: Text = Field(description="What it should do")
    mandatory: bool = Field(default=True, description="No closing while it is open")
    limit: Instant | None = Field(default=None, description="By when; never later than the lead's limit")
    number: Count = Field(description="Counts the assists of this issue from 1")


class AssistDone(Deed):
    """A unit that assists has done its task, or was relieved of it."""

    unit: Unit = Field(description="Unit that assisted")
    number: Count = Field(description="The assist that is done")
    result: Literal["done", "not_ours", "cancelled"] = Field(description="What came of it")
    text: Text | None = Field(default=None, description="What was done; internal")
    evidence: list[Attachment] = Field(default_factory=list, description="What proves it")


class IssueCopied(Deed):
    """A unit may read along, without a duty; or no longer."""

    unit: Unit = Field(description="Unit that reads along")
    ends: bool = Field(default=False, description="True if it no longer does")
    reason: Line | None = Field(default=None, description="Why")


class IssueHandedOver(Deed):
    """The lead passes to a unit that accepted it; no limit moves."""

    from_unit: Unit = Field(description="Unit that led")
    unit: Unit = Field(description="Unit that leads from now on")
    grade: Grade = Field(description="Grade, as it was")
    assignment: Count = Field(description="The number the writer saw, plus one")
    why: Literal["accepted", "recusal"] = Field(description="By whose leave")
    reason: Text = Field(description="Why, for people to read; internal")
    round: Count = Field(default=1, description="Round of handling")


class UnitSucceeded(Deed):
    """A unit is no more, and another goes on with its work: every part that it had is the successor's from now on, and
    no limit moves."""

    from_unit: Unit = Field(description="Unit that is no more")
    unit: Unit = Field(description="Unit that goes on with its work")


class CategorySucceeded(Deed):
    """Its category is no more, and the issue is of another from now on, if it was of that one: who leads, grade and
    limits stay."""

    from_category: Code = Field(description="Category that is no more")
    category: Code = Field(description="Category that goes on in its place")


class PostSucceeded(Deed):
    """A post is no more, and what of the issue was addressed to it (its errand, its place on the register), or the list
    that it held, is another's from now on; what it did it did, and no limit moves."""

    from_user: Code = Field(description="Account of the post that is no more")
    user: Code = Field(description="Account of the post that goes on with its work")
    unit: Unit | None = Field(default=None, description="Of a list: unit of the post that goes on, which is the list's")


class HandoverOffered(Deed):
    """The unit that leads offers the lead to another; until that one accepts, nothing changes."""

    unit: Unit = Field(description="Unit that should lead")
    from_unit: Unit = Field(description="Unit that leads")
    reason: Text = Field(description="Why, for people to read; internal")
    round: Count = Field(default=1, description="Round of handling")


class HandoverDeclined(Deed):
    """The unit does not take the lead, or it is offered no longer."""

    unit: Unit = Field(description="Unit to which it was offered")
    reason: Text = Field(description="Why, for people to read; internal")
    round: Count = Field(default=1, description="Round of handling")


class ComplaintNoted(Deed):
    """It turned out to complain of units, their heads or officers: none of them leads, decides or follows up."""

    units: list[Unit] = Field(min_length=1, max_length=10, description="Units it complains of, beside those known")
    reason: Text = Field(description="How that is known; internal")


class Misfit(Body):
    """A field of a reply that is not what its command takes."""

    field: Term = Field(description="The field, as in $.evidence[0].id; $ is the whole body")
    problem: Term = Field(description="What is wrong with it, for programs")
    expected: Term = Field(description="What would be right")


class ReplyRefused(Deed):
    """What a unit's own system sent could not be done."""

    unit: Unit = Field(description="Unit whose system sent it")
    reply: EventId = Field(description="Id of what it sent")
    command: Term = Field(description="What it wanted")
    problem: Term = Field(description="URN of the problem, as the API would have answered")
    reason: Words = Field(description="What was wrong, and what would be right")
    allowed: list[Term] = Field(default_factory=list, description="Commands that could be done now")
    errors: list[Misfit] = Field(default_factory=list, max_length=20, description="Fields that are wrong, if some are")
