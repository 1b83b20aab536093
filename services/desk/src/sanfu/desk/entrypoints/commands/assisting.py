"""Bodies of what concerns those who have a part beside the lead."""

from typing import Annotated

from pydantic import Field

from sanfu.desk.entrypoints.commands.words import LONGEST, PHOTO, Files, Reason, Unit, example
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Instant, Line, Text

Number = Annotated[int, Field(ge=1, le=1000)]


class AskAssist(
    Body,
    json_schema_extra=example(
        unit="traffic-police", task="施工期间协助封闭北向车道。", mandatory=True, limit="2026-01-03T17:30:00+08:00"
    ),
):
    """Give another unit a task of its own; the lead stays the lead. Without a `limit` it has
    the city's for such a task, never a later one than the lead."""

    unit: Unit = Field(description="Code of the unit that is to do it, not of the one that leads")
    task: Annotated[str, Text(2000, 1)] = Field(description="What it is to do")
    mandatory: bool = Field(default=True, description="While it is open, nothing is handled")
    limit: Instant | None = Field(
        default=None, description="By when: in the future, and not later than the lead's own limit"
    )


class AssistDone(Body, json_schema_extra=example(number=1, text="已封闭车道，施工结束后恢复通行。", evidence=[PHOTO])):
    """Say that the unit has done its task. `number` names it where the unit has several."""

    number: Number | None = Field(
        default=None, description="Number of the task, as `assist-asked` told it; needed where several are open"
    )
    text: Annotated[str, Text(LONGEST, 1)] | None = Field(
        default=None, description="What was done, or why not; for officers only"
    )
    evidence: Files


class NotOurs(AssistDone, json_schema_extra=example(number=1, text="该路段不在本单位管辖范围。")):
    """Say that the task is none of the unit's."""


class CancelAssist(AssistDone, json_schema_extra=example(number=1, text="施工改在夜间，不必封路。")):
    """Relieve a unit of its task."""


class Copy(Body, json_schema_extra=example(unit="emergency", reason="涉及燃气管线，供掌握情况。")):
    """Let a unit read along, without a duty."""

    unit: Unit = Field(description="Code of the unit that reads along")
    reason: Annotated[str, Line(300, 1)] | None = Field(default=None, description="Why, in one line")


class EndCopy(Copy, json_schema_extra=example(unit="emergency", reason="隐患已排除。")):
    """Let a unit read along no longer."""


class Recuse(Body):
    """Put on record that it complains of units, as turned out. `to`: who leads instead, if the lead is one of them."""

    units: Annotated[list[Unit], Field(min_length=1, max_length=10)]
    to: Unit | None = None
    reason: Reason


class OfferHandover(
    Body, json_schema_extra=example(unit="housing-construction", reason="经现场核实属小区内部道路，双方已电话沟通。")
):
    """Offer the lead to a unit; it leads once it has accepted."""

    unit: Unit = Field(description="Code of the unit that should lead, not of the one that does")
    reason: Reason


class AcceptHandover(Body, json_schema_extra=example()):
    """Take the lead that was offered."""


class DeclineHandover(Body, json_schema_extra=example(reason="该道路已移交镇街管理，本单位无权处置。")):
    """Do not take the lead that was offered."""

    reason: Reason


class WithdrawOffer(DeclineHandover, json_schema_extra=example(reason="已由本单位直接处理。")):
    """Take back an offer of the lead."""
