"""Bodies of what ties an issue to something else."""

from typing import Annotated

from pydantic import Field

from sanfu.desk.entrypoints.commands.words import LONGEST, example
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Instant, Line, Text


class Merge(Body):
    """Let it go on in another issue that is the same problem. `reply` tells the party where."""

    head: Annotated[str, Line(200, 1)]
    reason: Annotated[str, Text(1000, 1)]
    reply: Annotated[str, Text(LONGEST, 8)] | None = None


class Instruct(Body):
    """As a leader, write on the case what is to be done: a supervision order follows."""

    text: Annotated[str, Text(2000, 2)]


class ReachMilestone(Body, json_schema_extra=example(milestone=2, text="已完成管线迁改，路面恢复。")):
    """Say that a milestone of the plan is done, by its number from 1."""

    milestone: Annotated[int, Field(ge=1, le=100)] = Field(description="Which one of the plan, counted from 1")
    text: Annotated[str, Text(LONGEST, 1)] = Field(description="What was done")


class ReportRegister(
    Body,
    json_schema_extra=example(
        report="管线迁改已完成，正在进行路面施工，预计三月底通车。", report_by="2026-03-31T17:30:00+08:00"
    ),
):
    """Tell the public how far an issue on the register has come, and by when it hears again."""

    report: Annotated[str, Text(LONGEST, 8)] = Field(description="What the public is told")
    report_by: Instant = Field(description="By when it hears again: in the future, within 90 days")
