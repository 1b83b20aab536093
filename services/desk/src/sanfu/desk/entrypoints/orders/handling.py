"""Bodies of what the unit that leads does."""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from sanfu.desk.entrypoints.orders.words import LONGEST, Files, Instant, Unit
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Text


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


class Return(Body):
    """Say that another unit should lead, and on what ground."""

    ground: Literal["law", "duties", "area"]
    proposed_unit: Unit
    text: Annotated[str, Text(LONGEST, 1)]
