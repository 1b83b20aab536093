"""What desk tells of petitions, beside what it tells of every issue: taken up, reviewed."""

from pydantic import Field

from sanfu.contracts.events.words import Count, Deed, Spoken, Text


class PetitionAdmitted(Deed):
    """The petition is taken up: from this instant on it has to be answered in the time that the law sets. One that is
    not is refused, with a reason of the pack."""

    round: Count = Field(default=1, description="Round of handling")


class PetitionReviewAsked(Deed, Spoken):
    """The petitioner does not accept the answer, and asks for a review by who did not give it."""

    number: Count = Field(default=1, description="Counts the reviews of this petition from 1")
    reason: Text | None = Field(default=None, description="Why, masked; absent if confidential or sealed")
    round: Count = Field(default=1, description="Round of handling it is about")


class PetitionReviewDecided(Deed):
    """The review is decided. If the answer does not stand, IssueReopened follows."""

    number: Count = Field(default=1, description="The review that was decided")
    upheld: bool = Field(description="True if the answer stands")
    reply: Text = Field(min_length=1, description="Public reply to the petitioner: what was found, and why")
    round: Count = Field(default=1, description="Round of handling it is about")
