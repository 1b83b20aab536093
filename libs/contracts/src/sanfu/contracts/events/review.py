"""What desk tells of the pre-review: dispatched, answered, refused, forwarded, merged, asked for more."""

from typing import Annotated, Final, Literal

from pydantic import Field

from sanfu.contracts.events.router import Assignment
from sanfu.contracts.events.words import (
    Attachment,
    Code,
    Concerning,
    Count,
    Deed,
    Flag,
    Instant,
    Line,
    Pack,
    Spoken,
    Subject,
    Term,
    Text,
)


class IssueDispatched(Assignment, Deed):
    """A reviewer or a coordination group said who leads."""


class IssueAnswered(Deed, Concerning):
    """A question or thanks was answered without a unit having to handle it. `concerns` names the issues that were
    merged into this one."""

    reply: Text = Field(description="Public reply")
    article: Code | None = Field(default=None, description="Knowledge article it was taken from")
    objection_until: Instant | None = Field(default=None, description="Until when `this did not answer me` reopens it")


class IssueRefused(Deed):
    """It will not be handled, for a reason the pack knows, and the party is told where to go instead."""

    reason: Code = Field(description="Reason code of the city pack")
    reply: Text = Field(description="Public reply: why, and the right address")
    second: Code | None = Field(default=None, description="Account of the second person, where one is required")
    appeal_until: Instant | None = Field(default=None, description="Until when the party may appeal once")
    pack: Pack = Field(description="City pack that holds the reason")


class IssueForwarded(Deed):
    """It went to a body outside the city, without a duty to report back."""

    to: Line = Field(description="Body it went to")
    reason: Code = Field(description="Reason code of the city pack")
    reply: Text = Field(description="Public reply: where it went, and how to reach them")


Mark = Annotated[str, Field(pattern=r"^[0-9a-f]{10}$")]
MARKS: Final = (
    "Short keyed digests of the supporter's phone and e-mail, made for this head alone: equal ones are one party"
)


class IssueMerged(Deed, Concerning):
    """It is the same problem as another issue's, and goes on there. `concerns` names the head."""

    head: Subject = Field(description="Issue that goes on for both")
    reason: Text = Field(description="Why they are the same, for people to read")
    reply: Text | None = Field(default=None, description="Public reply: where it goes on")
    same_party: bool = Field(default=False, description="Both are of one party: it reminds, and supports nobody")
    party_code: Term | None = Field(default=None, description="The party's code, such as a credit code, if it has one")
    party_marks: list[Mark] = Field(default_factory=list, description=MARKS, max_length=4)


class SupporterAdded(Deed):
    """A distinct other party has the same problem."""

    issue: Subject | None = Field(default=None, description="The supporter's own issue, if there is one")
    supporters: Count = Field(description="Distinct supporters from now on")
    party_code: Line | None = Field(default=None, description="The supporter's code, such as a credit code, if known")
    party_marks: list[Mark] = Field(default_factory=list, description=MARKS, max_length=4)
    flags: list[Flag] = Field(default_factory=list, description="Flags that the issue gets by it: so many are a group")


class ReminderAdded(Deed, Spoken):
    """The same party asked again about an open case."""

    number: Count = Field(description="Counts the reminders of this case from 1")
    text: Text | None = Field(default=None, description="What was said, masked; absent if confidential or sealed")
    issue: Subject | None = Field(default=None, description="The issue by which the reminder came, if it was one")
    channel: Code | None = Field(default=None, description="Channel by which it came")
    first_today: bool = Field(default=True, description="The first of this day: only then the unit is told")
    for_office: bool = Field(default=False, description="So many that the office is shown it")


class SupplementAsked(Deed):
    """The party must say more before anything can be decided; its clock rests."""

    question: Text = Field(description="What is asked, for the party to read")
    number: Count = Field(default=1, description="Counts the questions of this issue from 1")
    remind_at: Instant | None = Field(default=None, description="The party is reminded then, if it has said nothing")
    answer_by: Instant | None = Field(default=None, description="After this instant it is closed as incomplete")
    attachments: list[Attachment] = Field(default_factory=list, description="Files that belong to the question")
    fields: list[Literal["place", "text", "photo", "contact", "category"]] = Field(
        default_factory=list, description="What is missing"
    )


class SupplementReminded(Deed):
    """The party has not said yet what it was asked for, and is asked once more."""

    number: Count = Field(description="The question of this issue that it is about")


class MediationOffered(Deed):
    """A dispute between citizens: the party is offered that somebody mediates. Only after that is it refused as one."""

    mediator: Line = Field(description="Who would mediate, for people to read")
    reply: Text = Field(description="Public reply: what is offered, and how to take it up")


class RefusalProposed(Deed):
    """Somebody wants it refused; a second person has to agree, because of its channel or the reason."""

    reason: Code = Field(description="Reason code of the city pack")
    reply: Text = Field(description="Public reply that would go out: why, and the right address")
    pack: Pack = Field(description="City pack that holds the reason")


class RefusalDeclined(Deed):
    """The second person does not agree to the refusal: it is in review as before."""

    reason: Text = Field(description="Why, for people to read; internal")


class ObjectionRaised(Deed, Spoken):
    """The party says that the answer did not answer it, or appeals against the refusal: somebody else looks again."""

    of: Literal["answer", "refusal"] = Field(description="What it objects to")
    number: Count = Field(default=1, description="Counts the objections of this issue from 1")
    reason: Text | None = Field(default=None, description="Why, masked; absent if confidential or sealed")
