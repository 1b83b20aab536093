"""What desk tells of the end: follow-up, false completion, closing, withdrawal, reopening."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sanfu.contracts.events.words import (
    MOST,
    Amount,
    Attachment,
    Body,
    Concerning,
    Count,
    Deed,
    Instant,
    Line,
    Spoken,
    Term,
    Text,
    Unit,
)

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


Resolved = Literal["yes", "partly", "no"]


class Draw(Body):
    """A draw by lot that anybody can check once its period is over and its seed is open."""

    period: Term = Field(description="Month whose seed it was drawn with, such as 2026-05")
    seal: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the seed, in hex: told before the seed is")
    ticket: Term = Field(description="What was drawn for: receipt number and round")
    share: float = Field(ge=0, le=1, description="Share of tickets that are drawn")
    drawn: bool = Field(description="Whether this one was")


Asked = Literal["party", "desk", "committee", "office", "place", "officer", "monitor"]
"""Who answers a follow-up: the party, the medium's desk, the village's committee, the office that filed it; the place,
which is looked at; another officer, the monitor."""
Need = Literal["link", "call", "writing", "site", "again", "monitor", "none"]
Because = Literal[
    "all",
    "policy",
    "channel",
    "reopened",
    "exempted",
    "supervised",
    "drawn",
    "not_drawn",
    "not_resolved",
    "silent",
    "nobody_to_ask",
    "party_deceased",
]


class Beside(Body):
    """Who else has to answer before an issue counts as followed up."""

    of: Asked = Field(description="Who is asked")
    need: Need = Field(description="Least that is asked for")
    because: Because = Field(description="Why this method")


class FollowUpPlanned(Deed):
    """By which method the follow-up has to be made, and until when the party's link can be answered."""

    need: Need = Field(
        description="Least that is asked for; site: somebody from outside looks, with a photo; again: another officer "
        "experiences it again; monitor: the monitor looks again"
    )
    because: Because = Field(description="Why this method")
    of: Asked = Field(default="party", description="Who is asked by it")
    beside: list[Beside] = Field(default_factory=list, max_length=6, description="Who else has to answer, and how")
    link: Literal["new", "kept", "none"] = Field(
        default="none", description="The party is sent a link now; keeps the one it has; has none"
    )
    link_until: Instant | None = Field(default=None, description="Until when the link is open; none: there is none")
    silent_at: Instant | None = Field(default=None, description="Who has not answered by then counts as silent")
    draw: Draw | None = Field(default=None, description="The draw that decided it, where there was one")
    round: Count = Field(default=1, description="Round of handling")


class FollowUpAttempted(Deed, Spoken):
    """Somebody tried to ask the party, or the party answered by its link and a person has to ask further."""

    method: Literal["link", "call", "writing", "visit"] = Field(description="How it was asked")
    result: Literal["answered", "no_answer", "wrong_number", "call_back"] = Field(description="What came of it")
    of: Asked = Field(default="party", description="Who was asked")
    number: Count = Field(default=1, description="Counts the attempts of this round from 1")
    resolved: Resolved | None = Field(default=None, description="What the party said by its link")
    satisfied: int | None = Field(default=None, ge=1, le=5, description="How satisfied it said to be, 1 to 5")
    reason: Text | None = Field(default=None, description="Why, masked; absent if confidential or sealed")
    round: Count = Field(default=1, description="Round of handling")


class FollowUpAnswered(Deed, Spoken):
    """One of several who are asked has answered. IssueFollowedUp follows the last of them, and says what all of them
    come to."""

    of: Asked = Field(description="Who has answered")
    resolved: Literal["yes", "partly", "no", "unreachable", "silent", "declined"] = Field(
        description="Is it resolved; the last three count as neither"
    )
    satisfied: int | None = Field(default=None, ge=1, le=5, description="How satisfied, 1 to 5; none: not said")
    reason: Text | None = Field(default=None, description="Why, masked; absent if confidential or sealed")
    method: Literal["link", "call", "site", "writing", "visit"] = Field(description="How it was asked")
    evidence: list[Attachment] = Field(default_factory=list, description="What proves it: on site, a photo")
    missing: list[Asked] = Field(default_factory=list, max_length=6, description="Who has not answered yet")
    round: Count = Field(default=1, description="Round of handling")


class IssueFollowedUp(Deed, Spoken):
    """The third of the three ones: the party, or somebody who went and looked, said whether it is resolved. Where
    several were asked, the least that any of them said."""

    resolved: Literal["yes", "partly", "no", "unreachable", "silent", "declined"] = Field(
        description="Is it resolved; the last three count as neither"
    )
    unit: Unit | None = Field(default=None, description="Unit that had handled it")
    satisfied: int | None = Field(default=None, ge=1, le=5, description="How satisfied, 1 to 5; none: not said")
    reason: Text | None = Field(default=None, description="Why, masked; absent if confidential or sealed")
    method: Literal["link", "call", "site", "writing", "visit"] = Field(description="How it was asked")
    attempts: Amount = Field(default=1, description="Attempts made, this one included")
    evidence: list[Attachment] = Field(default_factory=list, description="What proves it: on site, a photo")
    round: Count = Field(default=1, description="Round of handling")


class CompletionVoided(Deed, Concerning):
    """What was reported as done was not: the stop is void, and the clock has run on all the while. `concerns` names the
    issues that were merged into this one."""

    unit: Unit = Field(description="Unit that had reported it as done")
    text: Text = Field(description="What was found, masked; internal")
    evidence: list[Attachment] = Field(default_factory=list, description="What proves it")
    round: Count = Field(default=1, description="Round of handling that was void")


class IssueClosed(Deed, Concerning):
    """The loop is closed. Only `resolved` counts as solved. `concerns` names the issues that were merged into it."""

    kind: Closing = Field(description="How it ended")
    reply: Text | None = Field(default=None, description="Public closing text, if it is not the reply already given")
    reason: Text | None = Field(default=None, description="Why, for people to read; internal")
    round: Count = Field(default=1, description="Round of handling in which it ended")


class WithdrawalAsked(Deed, Spoken):
    """The party wants to take it back, and says that it was asked to: the office looks at that first."""

    reason: Text | None = Field(default=None, description="Why, masked; absent if confidential or sealed")
    asked_to: bool = Field(default=True, description="The party says that it was asked to")


class WithdrawalDeclined(Deed):
    """The office spoke with the party: it goes on."""

    reason: Text = Field(description="Why, for people to read; internal")


class IssueWithdrawn(Deed, Spoken):
    """The party takes it back; nobody else can."""

    reason: Text | None = Field(default=None, description="Why, masked; absent if confidential or sealed")
    asked_to: bool = Field(default=False, description="The party says that it was asked to")

    @model_validator(mode="after")
    def _is_the_partys_own_wish(self) -> Self:
        if self.by.role != "party":
            raise ValueError("by.role must be party: only the party withdraws")
        return self


class PartyDeceased(Deed):
    """The party has died: no message goes to it any more. With `mistaken`: it has not, and hears again."""

    mistaken: bool = Field(default=False, description="It was told by mistake before")
    source: Line | None = Field(default=None, description="From whom it is known; internal, masked")


class ContactCorrected(Deed):
    """How the party is reached turned out otherwise, and was written down: it rests with the contact, sealed. Links
    that were sent before open nothing any more."""

    version: Count = Field(description="Version of desk's contact record that holds it")
    fields: list[Literal["name", "phone", "email", "address"]] = Field(
        min_length=1, max_length=4, description="What was corrected"
    )
    because: Literal["wrong_number", "party_said"] = Field(description="How that is known")
    link: Literal["new", "none"] = Field(default="none", description="Whether the party gets a link to its page again")
    link_until: Instant | None = Field(default=None, description="Until when it has something to do there")
    round: Count = Field(default=1, description="Round of handling")


class ReopenRequested(Deed, Spoken):
    """The party is not content with how it ended."""

    reason: Text | None = Field(default=None, description="Why, masked; absent if confidential or sealed")
    attachments: list[Attachment] = Field(default_factory=list, description="Files received with it")
    round: Count = Field(default=1, description="Round of handling it is about")


class IssueReopened(Deed):
    """It is handled again, in a new round."""

    round: Annotated[int, Field(ge=2, le=MOST)] = Field(description="The new round")
    unit: Unit = Field(description="Unit that leads in it")
    reason: Text = Field(description="Why, for people to read")
    because: Literal["requested", "follow_up", "completion_voided", "superior", "emergency"] = Field(
        description="What brought it about"
    )


class ReopenDeclined(Deed, Concerning):
    """It is not handled again, and the party is told why."""

    reply: Text = Field(description="Public reply: why")
    round: Count = Field(default=1, description="Round of handling it is about")
