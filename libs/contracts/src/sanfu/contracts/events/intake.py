"""What intake tells: something was received."""

from typing import Literal, Self

from pydantic import Field, model_validator

from sanfu.contracts.events.words import (
    Answers,
    Attachment,
    Audience,
    Body,
    Code,
    Count,
    Flag,
    FoundOn,
    Instant,
    IssueKind,
    Line,
    Pack,
    PartyKind,
    Secrecy,
    Spoken,
    Subject,
    Text,
    Unit,
    Urgency,
)

Contact = Literal["none"] | Count
"""`none`, or the version of intake's contact record that a reader must have before it acts on it."""


class Place(Body):
    """Where the problem is; not where the party lives, unless the two are one."""

    town: Unit | None = Field(default=None, description="Town in which the problem lies")
    address: Line | None = Field(default=None, description="Address or description of the place, masked like the text")
    lon: float | None = Field(default=None, ge=-180, le=180, description="Longitude, WGS-84 degrees")
    lat: float | None = Field(default=None, ge=-90, le=90, description="Latitude, WGS-84 degrees")
    may_be_home: bool = Field(default=False, description="May be somebody's home: shown to the public rounded to 100 m")
    town_by: Literal["said", "point", "text"] | None = Field(
        default=None, description="By what the town is known: it was said, the point lies in it, words name it"
    )
    town_in_text: Unit | None = Field(
        default=None,
        description="Town that the words name, where town or point contradict it; without a town: disputed",
    )


class Filer(Body):
    """Who wrote it down, if that is not the party. An account, never a name."""

    kind: Code = Field(description="Kind of filer in the city pack: officer, operator, monitor, grid_worker …")
    id: Code | None = Field(default=None, description="Account of the filer")
    unit: Unit | None = Field(default=None, description="Unit of the filer")
    named_to_unit: bool = Field(default=True, description="False: units are not told who filed (experience, check-up)")


class IssueSubmitted(Body):
    """Somebody reported something, and has a receipt for it.

    Masking and secrecy were decided before this event existed: a confidential or sealed issue carries a neutral title
    and no text; the original rests with the contact.
    """

    receipt: Code = Field(description="Receipt number, as the party was told")
    channel: Code = Field(description="Channel it came by")
    client: Code | None = Field(
        default=None, description="Which of the channel's senders sent it, by the id of the first key that it had"
    )
    external_id: str | None = Field(default=None, max_length=200, description="The channel's own number for it")
    reported_at: Instant = Field(description="When it was reported, by the channel's word; not later than received")
    limit_asked: Instant | None = Field(
        default=None, description="Limit of a superior who sent it; the earlier of it and the grade's holds"
    )
    audience: Audience = Field(description="Who has the need")
    kind: IssueKind = Field(description="What it is")
    urgency: Urgency = Field(description="How soon somebody must act")
    secrecy: Secrecy = Field(description="Who may read it")
    flags: list[Flag] = Field(default_factory=list, description="What deserves attention about it")
    party_kind: PartyKind = Field(description="Whose matter it is; none: the filer vouches")
    party_code: Code | None = Field(default=None, description="Register code of an enterprise, organisation or village")
    filer: Filer | None = Field(default=None, description="Who wrote it down, if not the party")
    contact: Contact = Field(description="`none`, or the version of the contact record to wait for")
    contact_of: list[Literal["party", "filer", "guardian"]] | None = Field(
        default=None, description="Whose contact it is, guardian: the party is reached through one; absent: not told"
    )
    may_name_me: bool = Field(default=False, description="The party agrees that the unit learns who it is")
    language: str = Field(default="zh", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="Answer in it")
    title: Line = Field(description="Title, masked; a neutral line if confidential or sealed")
    text: Text | None = Field(default=None, description="What was written, masked; absent if confidential or sealed")
    place: Place = Field(default_factory=Place, description="Where the problem is")
    category: Code | None = Field(default=None, description="Category chosen by the channel or the party")
    unit: Unit | None = Field(default=None, description="Unit wished for")
    complains_of: list[Unit] = Field(default_factory=list, description="Units it complains of; none of them may lead")
    answers: Answers = Field(default_factory=dict, description="Answers to the channel's own questions, masked")
    attachments: list[Attachment] = Field(default_factory=list, max_length=10, description="Files received with it")
    joins: Subject | None = Field(
        default=None, description="The issue that this one repeats, in its party's own words; a person decides"
    )
    found_on: FoundOn | None = Field(
        default=None, description="List that it was found on, by the channel's word; the list says whether it knows it"
    )
    pack: Pack = Field(description="City pack with which urgency, secrecy and masking were decided")

    @model_validator(mode="after")
    def _keeps_its_secret(self) -> Self:
        if self.text is not None and self.secrecy in ("confidential", "sealed"):
            raise ValueError(f"text of a {self.secrecy} issue must not be published")
        return self


class IssueSupplemented(Spoken):
    """More came in about an issue: on its own account, or because a reviewer had asked."""

    number: Count = Field(description="Counts the supplements of this issue from 1")
    text: Text | None = Field(default=None, description="What was added, masked; absent if confidential or sealed")
    answers: Answers = Field(default_factory=dict, description="Further answers, masked")
    attachments: list[Attachment] = Field(default_factory=list, max_length=10, description="Files received with it")
    contact: Contact = Field(default="none", description="Version of the contact record it changed, else `none`")
    answers_question: bool = Field(default=False, description="True if it answers SupplementAsked")
    reported_at: Instant = Field(description="When it was reported")
