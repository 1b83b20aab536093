"""What a command's body may hold: one model per command. Every field is there afterwards, given or not."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from sanfu.contracts.envelope import instant, moment
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Line, Text


def _instant(text: str) -> str:
    return instant(moment(text))


Instant = Annotated[str, Field(max_length=40, examples=["2026-01-01T00:00:00.000Z"]), AfterValidator(_instant)]
"""ISO 8601 with a zone; kept as UTC in milliseconds."""
Unit = Annotated[str, Field(pattern=r"^[a-z0-9-]{2,40}$")]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,79}$")]
LONGEST = 5000
"""Characters of one text: a page and a half; the whole case has to stay below 256 KiB."""


class Evidence(Body):
    """A file that proves something: kept by intake or desk, told of here."""

    id: Annotated[str, Line(80, 1)]
    owner: Literal["intake", "desk"] = "desk"
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    media_type: Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9.+-]{1,80}$")]
    size: Annotated[int, Field(ge=0, le=50_000_000)]
    public: bool = False


Files = Annotated[list[Evidence], Field(default_factory=list, max_length=10)]


class Dispatch(Body):
    """Say which unit leads."""

    unit: Unit
    grade: Literal["simple", "complex", "difficult"]
    reason: Annotated[str, Text(1000, 1)]
    category: Code | None = None
    audience: Literal["enterprise", "resident", "grassroots"] | None = None


class Answer(Body):
    """Answer a consult or thanks."""

    reply: Annotated[str, Text(LONGEST, 8)]


class Refuse(Body):
    """Say that it will not be handled, why, and where to go instead."""

    reason: Code
    reply: Annotated[str, Text(LONGEST, 8)]


class Acknowledge(Body):
    """Say that the unit has seen that it leads."""


class Contact(Body):
    """The first of the three ones. `contacted_at` is now, if it is not given."""

    result: Literal["reached", "failed"]
    method: Literal["phone", "visit", "message", "writing"] = "phone"
    contacted_at: Instant | None = None
    summary: Annotated[str, Text(LONGEST, 1)] | None = None
    evidence: Files


class ReachScene(Body):
    """In an emergency: say that the unit's people are there. `reached_at` is now, if it is not given."""

    reached_at: Instant | None = None


class Report(Body):
    """In an emergency: say what is the case and what is being done; no text where the issue is confidential."""

    text: Annotated[str, Text(LONGEST, 1)] | None = None
    evidence: Files


class Handle(Body):
    """The second of the three ones. `reply` is public, `internal` for officers."""

    outcome: Literal["solved", "partly", "planned", "explained", "other_route"]
    reply: Annotated[str, Text(LONGEST, 1)]
    internal: Annotated[str, Text(LONGEST, 1)] | None = None
    evidence: Files
    planned_for: Instant | None = None
    legal_ground: Annotated[str, Text(LONGEST, 1)] | None = None

    @model_validator(mode="after")
    def _gives_what_its_outcome_needs(self) -> Self:
        if self.outcome == "planned" and self.planned_for is None:
            raise ValueError("outcome planned needs planned_for")
        if self.outcome == "explained" and self.legal_ground is None:
            raise ValueError("outcome explained needs legal_ground")
        return self


class FollowUp(Body):
    """The third of the three ones: what the party says, or nobody could be asked."""

    resolved: Literal["yes", "partly", "no", "unreachable", "silent", "declined"]
    satisfied: Annotated[int, Field(ge=1, le=5)] | None = None
    reason: Annotated[str, Text(LONGEST, 1)] | None = None
    method: Literal["link", "call", "site", "writing", "visit"] = "call"
    attempts: Annotated[int, Field(ge=0, le=100)] = 1
    evidence: Files


class Return(Body):
    """Say that another unit should lead, and on what ground."""

    ground: Literal["law", "duties", "area"]
    proposed_unit: Unit
    text: Annotated[str, Text(LONGEST, 1)]


class Reopen(Body):
    """Have it handled again, in a new round."""

    reason: Annotated[str, Text(1000, 1)]


class Close(Body):
    """Close what was followed up and is not resolved, or about which nobody said anything."""

    kind: Literal["resolved", "explained", "planned", "other_route", "unverifiable"]
    reply: Annotated[str, Text(LONGEST, 8)] | None = None
    reason: Annotated[str, Text(1000, 1)] | None = None


ORDERS: dict[str, type[Body]] = {
    "dispatch": Dispatch,
    "answer": Answer,
    "refuse": Refuse,
    "acknowledge": Acknowledge,
    "contact": Contact,
    "reach_scene": ReachScene,
    "report": Report,
    "handle": Handle,
    "follow_up": FollowUp,
    "return": Return,
    "reopen": Reopen,
    "close": Close,
}
