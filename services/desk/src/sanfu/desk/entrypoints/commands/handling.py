"""Bodies of what the unit that leads does."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from sanfu.desk.entrypoints.commands.words import LONGEST, Files, Reason, Unit
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Instant, Text

NEEDED = {"planned": "planned_for", "explained": "legal_ground"}
"""What an outcome can't do without."""


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
    """In an emergency: say what is the case and what is being done."""

    text: Annotated[str, Text(LONGEST, 1)]
    evidence: Files


class Handle(Body):
    """The second of the three ones. `reply` is public, `internal` for officers."""

    outcome: Literal["solved", "partly", "planned", "explained", "other_route"]
    reply: Annotated[str, Text(LONGEST, 1)]
    internal: Annotated[str, Text(LONGEST, 1)] | None = None
    evidence: Files
    planned_for: Annotated[Instant | None, Field(validate_default=True)] = None
    legal_ground: Annotated[Annotated[str, Text(LONGEST, 1)] | None, Field(validate_default=True)] = None

    @field_validator("planned_for", "legal_ground")
    @classmethod
    def _is_there_where_the_outcome_needs_it(cls, value: str | None, info: ValidationInfo) -> str | None:
        outcome = info.data.get("outcome")
        if value is None and outcome is not None and NEEDED.get(outcome) == info.field_name:
            raise PydanticCustomError("missing", "needed with outcome {outcome}", {"outcome": outcome})
        return value


class Sign(Body):
    """As the unit's head, sign what was submitted: then it is handled."""


class SendBack(Body):
    """As the unit's head, say what is missing."""

    reason: Reason


class Return(Body):
    """Say that another unit should lead, and on what ground."""

    ground: Literal["law", "duties", "area"]
    proposed_unit: Unit
    text: Annotated[str, Text(LONGEST, 1)]
