"""What desk tells of an issue because of something else: an order, a meeting, a task, the issue it was merged into."""

from typing import Literal

from pydantic import Field

from sanfu.contracts.events.words import Code, Concerning, Count, Deed, Instant, Subject, Term, Text, Unit

What = Literal[
    "order_raised",
    "order_replied",
    "order_declined",
    "order_lifted",
    "meeting_called",
    "meeting_dropped",
    "meeting_held",
    "task_set",
    "task_done",
    "supporter_merged",
    "merged_urgency",
]


class AffairNoted(Deed, Concerning):
    """An affair bears upon this issue. What it says stands in the affair's own story, not here. `concerns` names an
    issue that was merged into this one too late. merged_urgency: the urgency of one that was merged into it changed."""

    affair: Subject = Field(description="The order, meeting or task")
    what: What = Field(description="What happened there")
    unit: Unit | None = Field(default=None, description="Unit it binds")
    level: Literal["normal", "yellow", "red"] | None = Field(default=None, description="An order's level")
    decision: Term | None = Field(default=None, description="A meeting's kind of decision about this issue")
    secret: bool = Field(default=False, description="The issue is confidential or sealed: nothing of it stays there")


class InstructionGiven(Deed):
    """A leader wrote on the case what is to be done; a supervision order follows."""

    unit: Unit = Field(description="Unit it is for: the one that leads")
    text: Text = Field(description="The instruction, masked; internal")
    number: Count = Field(description="Counts the instructions on this issue from 1")
    round: Count = Field(default=1, description="Round of handling")


class MilestoneReached(Deed):
    """A step of the plan of an issue on the register is done."""

    milestone: Count = Field(description="Which one, counted from 1")
    text: Text = Field(description="What was done, masked; internal")
    milestone_by: Instant | None = Field(default=None, description="Limit of the next open milestone; none: all done")


class RegisterReported(Deed):
    """The public hears how far an issue on the register has come."""

    report: Text = Field(description="Public report")
    number: Count = Field(description="Counts the reports of this issue from 1")
    report_by: Instant = Field(description="Next public report, at most 90 days away")


class OriginNoted(Deed):
    """The list on which this issue was found knows it. Units are not told: it might say who found it."""

    affair: Subject = Field(description="The list of visits, experience sheet or check-up")
    entry: Count = Field(description="Number of the entry on it")
    secret: bool = Field(default=False, description="The issue is confidential: the list has to lose its words of it")


class HeadHandled(Deed, Concerning):
    """The issue that this one was merged into is handled: this party is asked too."""

    head: Subject = Field(description="Issue that went on for both")
    reply: Text = Field(description="The public reply given there")
    handled_by: Code = Field(description="Account that handled it: nobody's of its unit asks the party")
    unit: Unit = Field(description="Unit that led")
    round: Count = Field(default=1, description="Round of handling")


class HeadVoided(Deed):
    """The issue that this one was merged into was not handled after all: what this party was asked about it is void."""

    head: Subject = Field(description="Issue that goes on for both")
    round: Count = Field(default=1, description="Round of handling")


class IssueSeparated(Deed):
    """The issue that this one was merged into ended, and nobody handled it; or this one turned out an emergency: it
    goes on by itself."""

    head: Subject = Field(description="Issue that it was merged into")
    because: Literal[
        "resolved", "explained", "planned", "other_route", "unverifiable", "withdrawn", "answered", "refused",
        "merged", "incomplete", "too_late", "reopen_declined", "emergency",
    ] = Field(
        description="How that one ended, or is not handled again; too_late: it took in nothing more; emergency: this "
        "one speaks of danger to life"
    )  # fmt: skip
    unit: Unit | None = Field(default=None, description="Unit that led this one when it was merged, if any did")
    round: Count = Field(default=1, description="Round of handling")
