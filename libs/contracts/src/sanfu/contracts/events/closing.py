"""What desk tells of the end: follow-up, false completion, closing, withdrawal, reopening."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sanfu.contracts.events.words import MOST, Amount, Attachment, Count, Deed, Text, Unit

Closing = Literal[
    "resolved",
    "explained",
    "planned",
    "other_route",
    "unverifiable",
    "withdrawn",
    "answered",
    "refused",
    "merged",
    "incomplete",
]


class IssueFollowedUp(Deed):
    """The third of the three ones: the party, or somebody who went and looked, said whether it is resolved."""

    resolved: Literal["yes", "partly", "no", "unreachable", "silent", "declined"] = Field(
        description="Is it resolved; the last three count as neither"
    )
    satisfied: int | None = Field(default=None, ge=1, le=5, description="How satisfied, 1 to 5; none: not said")
    reason: Text | None = Field(default=None, description="Why, masked; absent if confidential or sealed")
    method: Literal["link", "call", "site", "writing", "visit"] = Field(description="How it was asked")
    attempts: Amount = Field(default=1, description="Attempts made, this one included")
    evidence: list[Attachment] = Field(default_factory=list, description="What proves it: on site, a photo")
    round: Count = Field(default=1, description="Round of handling")


class CompletionVoided(Deed):
    """What was reported as done was not: the stop is void, and the clock has run on all the while."""

    unit: Unit = Field(description="Unit that had reported it as done")
    text: Text = Field(description="What was found, masked; internal")
    evidence: list[Attachment] = Field(default_factory=list, description="What proves it")
    round: Count = Field(default=1, description="Round of handling that was void")


class IssueClosed(Deed):
    """The loop is closed. Only `resolved` counts as solved."""

    kind: Closing = Field(description="How it ended")
    reply: Text | None = Field(default=None, description="Public closing text, if it is not the reply already given")
    reason: Text | None = Field(default=None, description="Why, for people to read; internal")
    round: Count = Field(default=1, description="Round of handling in which it ended")


class IssueWithdrawn(Deed):
    """The party takes it back; nobody else can."""

    reason: Text | None = Field(default=None, description="Why, masked; absent if confidential or sealed")
    asked_to: bool = Field(default=False, description="The party says that it was asked to")

    @model_validator(mode="after")
    def _is_the_partys_own_wish(self) -> Self:
        if self.by.role != "party":
            raise ValueError("by.role must be party: only the party withdraws")
        return self


class ReopenRequested(Deed):
    """The party is not content with how it ended."""

    reason: Text | None = Field(default=None, description="Why, masked; absent if confidential or sealed")
    attachments: list[Attachment] = Field(default_factory=list, description="Files received with it")
    round: Count = Field(default=1, description="Round of handling it is about")


class IssueReopened(Deed):
    """It is handled again, in a new round."""

    round: Annotated[int, Field(ge=2, le=MOST)] = Field(description="The new round")
    unit: Unit = Field(description="Unit that leads in it")
    reason: Text = Field(description="Why, for people to read")
    because: Literal["requested", "follow_up", "completion_voided", "superior"] = Field(
        description="What brought it about"
    )


class ReopenDeclined(Deed):
    """It is not handled again, and the party is told why."""

    reply: Text = Field(description="Public reply: why")
    round: Count = Field(default=1, description="Round of handling it is about")
