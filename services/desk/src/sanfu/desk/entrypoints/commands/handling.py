"""Bodies of what the unit that leads does."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from sanfu.desk.entrypoints.commands.words import LONGEST, PHOTO, Files, Reason, Unit, example
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Instant, Text

NEEDED = {"planned": "planned_for", "explained": "legal_ground"}
"""What an outcome can't do without."""


class Acknowledge(Body, json_schema_extra=example()):
    """Say that the unit has seen that it leads."""


class Contact(
    Body,
    json_schema_extra=example(
        result="reached",
        method="visit",
        contacted_at="2026-01-01T10:20:00+08:00",
        summary="已上门，三盏路灯不亮，约定当晚更换。",
        evidence=[PHOTO],
    ),
):
    """The first of the three ones. `contacted_at` is now, if it is not given."""

    result: Literal["reached", "failed"] = Field(
        description="Whether somebody spoke with the party; a failed attempt stops the clock, too"
    )
    method: Literal["phone", "visit", "message", "writing"] = Field(default="phone", description="How")
    contacted_at: Instant | None = Field(
        default=None, description="When it was: after the unit got the lead, and not in the future"
    )
    summary: Annotated[str, Text(LONGEST, 1)] | None = Field(
        default=None, description="What was said; for officers only"
    )
    evidence: Files


class ReachScene(Body, json_schema_extra=example(reached_at="2026-01-01T08:31:00+08:00")):
    """In an emergency: say that the unit's people are there. `reached_at` is now, if it is not given."""

    reached_at: Instant | None = Field(
        default=None, description="When they were: after the dispatch, and not in the future"
    )


class Report(Body, json_schema_extra=example(text="管道破裂，已关阀断水，两组人员在现场抢修，预计两小时恢复。")):
    """In an emergency: say what is the case and what is being done."""

    text: Annotated[str, Text(LONGEST, 1)] = Field(description="What is the case; for officers only")
    evidence: Files


class Handle(
    Body,
    json_schema_extra=example(
        outcome="solved",
        reply="三盏路灯的灯头已更换，今晚起恢复照明。",
        internal="灯杆编号 0417 至 0419，电缆老化，已列入明年改造。",
        evidence=[PHOTO],
    ),
):
    """The second of the three ones. `reply` is public, `internal` for officers."""

    outcome: Literal["solved", "partly", "planned", "explained", "other_route"] = Field(
        description="What came of it; `planned` needs `planned_for`, `explained` needs `legal_ground`"
    )
    reply: Annotated[str, Text(LONGEST, 1)] = Field(
        description="What the party is told, written for this issue: at least 8 characters, more than that it is done, "
        "and not the reply of an earlier round"
    )
    internal: Annotated[str, Text(LONGEST, 1)] | None = Field(default=None, description="For officers only")
    evidence: Files
    planned_for: Annotated[Instant | None, Field(validate_default=True)] = Field(
        default=None, description="With the outcome `planned`: when it will be done, in the future"
    )
    legal_ground: Annotated[Annotated[str, Text(LONGEST, 1)] | None, Field(validate_default=True)] = Field(
        default=None, description="With the outcome `explained`: the law or rule that stands against it"
    )

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


class Return(
    Body,
    json_schema_extra=example(
        ground="duties", proposed_unit="housing-construction", text="该路段路灯由小区物业管理，属住建部门职责。"
    ),
):
    """Say that another unit should lead, and on what ground."""

    ground: Literal["law", "duties", "area"] = Field(
        description="By what it is another's: a law, the units' duties, or where the problem lies"
    )
    proposed_unit: Unit = Field(description="Code of the unit that should lead, not of the one that does")
    text: Annotated[str, Text(LONGEST, 1)] = Field(description="Why, for the office to read")
