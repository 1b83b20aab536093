"""What desk tells of affairs: supervision orders, meetings, tasks. `concerns` names the issues they bear upon."""

from typing import Literal

from pydantic import Field

from sanfu.contracts.events.limits import Milestone
from sanfu.contracts.events.words import (
    Attachment,
    Body,
    Code,
    Concerning,
    Count,
    Deed,
    Instant,
    Line,
    Subject,
    Text,
    Unit,
)

OrderLevel = Literal["normal", "yellow", "red"]
Cause = Literal["person", "instruction", "red_light", "two_unsatisfied", "false_completion", "inspection"]
MeetingKind = Literal["weekly_joint", "coordination", "onsite_city", "onsite_town", "reform_weekly"]


class OrderRaised(Deed, Concerning):
    """A unit is told to do something and to answer for it. Works for a unit with no named officer."""

    level: OrderLevel = Field(description="How grave")
    unit: Unit = Field(description="Unit it is for")
    issuer: Unit = Field(description="Unit that raises it")
    cause: Cause = Field(description="What brought it about")
    text: Text = Field(description="What is ordered")
    reply_by: Instant = Field(description="By when the unit answers")
    round: Count = Field(default=1, description="Round of handling it is about")


class OrderReplied(Deed, Concerning):
    """The unit answered the order."""

    unit: Unit = Field(description="Unit that answers")
    text: Text = Field(description="Its answer")
    evidence: list[Attachment] = Field(default_factory=list, description="What proves it")
    number: Count = Field(default=1, description="Counts the answers from 1")


class OrderReplyDeclined(Deed, Concerning):
    """The answer is not enough: the unit has to answer again."""

    unit: Unit = Field(description="Unit that has to answer")
    reason: Text = Field(description="What is missing")
    reply_by: Instant = Field(description="By when it answers again")


class OrderLifted(Deed, Concerning):
    """The order is done with."""

    unit: Unit = Field(description="Unit it was for")
    reason: Text = Field(description="Why")


class AffairHushed(Deed, Concerning):
    """An issue that it bears upon became confidential: nothing that was written of that stands in it any more."""

    issue: Subject = Field(description="The issue that became confidential")


class MeetingCalled(Deed, Concerning):
    """A meeting is called. `concerns` is its agenda: the issues it will decide about."""

    kind: MeetingKind = Field(description="What kind of meeting")
    title: Line = Field(description="Its title")
    at: Instant = Field(description="When it begins")
    place: Unit | None = Field(default=None, description="Town or village it is held in")
    chair: Code | None = Field(default=None, description="Account of who leads it")
    units: list[Unit] = Field(default_factory=list, description="Units that are asked to come")


class AgendaChanged(Deed, Concerning):
    """Other issues stand on the agenda. `concerns` names those that were added or taken off."""

    added: list[Subject] = Field(default_factory=list, description="Issues that stand on it from now on")
    dropped: list[Subject] = Field(default_factory=list, description="Issues that no longer do")


class Plan(Body):
    """How a difficult issue on the register is to be solved after all."""

    owner: Unit = Field(description="Unit that owns the plan")
    sponsor: Code | None = Field(default=None, description="Account of the sponsoring leader")
    cause: Text = Field(description="Why it can't be solved in time")
    plan: list[Milestone] = Field(min_length=1, description="What will be done, and by when")
    report_by: Instant = Field(description="Next public report, at most 90 days away")


class Decision(Body):
    """What a meeting decided of one issue."""

    issue: Subject = Field(description="Issue it is about")
    decision: Literal["task", "register", "lead", "close", "back", "note"] = Field(description="What kind of decision")
    text: Text = Field(description="The decision, as the minutes have it")
    unit: Unit | None = Field(default=None, description="Unit it binds")
    task: Subject | None = Field(default=None, description="Task that came of it")
    limit: Instant | None = Field(default=None, description="By when")
    plan: Plan | None = Field(default=None, description="If it goes on the register: the plan")


class MeetingHeld(Deed, Concerning):
    """A meeting was held, and nothing on its agenda was left undecided."""

    kind: MeetingKind = Field(description="What kind of meeting")
    title: Line = Field(description="Its title")
    held_at: Instant = Field(description="When it began")
    place: Unit | None = Field(default=None, description="Town or village it was held in")
    chair: Code | None = Field(default=None, description="Account of who led it")
    units: list[Unit] = Field(default_factory=list, description="Units that took part")
    decisions: list[Decision] = Field(default_factory=list, description="What was decided, issue by issue")
    minutes: list[Attachment] = Field(default_factory=list, description="The minutes")


class TaskSet(Deed, Concerning):
    """A unit has something to do, by a meeting's decision."""

    unit: Unit = Field(description="Unit it is for")
    text: Text = Field(description="What is to be done")
    limit: Instant = Field(description="By when")
    meeting: Subject | None = Field(default=None, description="Meeting that decided it")
    issue: Subject | None = Field(default=None, description="Issue it is about")


class TaskDone(Deed, Concerning):
    """The task is done, or was dropped."""

    unit: Unit = Field(description="Unit it was for")
    result: Literal["done", "dropped"] = Field(description="What came of it")
    text: Text = Field(description="What was done, or why it was dropped")
    evidence: list[Attachment] = Field(default_factory=list, description="What proves it")
