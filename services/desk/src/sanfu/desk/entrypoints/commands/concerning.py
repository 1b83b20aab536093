"""Bodies of what ties an issue to something else."""

from typing import Annotated

from pydantic import Field

from sanfu.desk.entrypoints.commands.words import LONGEST
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


class ReachMilestone(Body):
    """Say that a milestone of the plan is done, by its number from 1."""

    milestone: Annotated[int, Field(ge=1, le=100)]
    text: Annotated[str, Text(LONGEST, 1)]


class ReportRegister(Body):
    """Tell the public how far an issue on the register has come, and by when it hears again."""

    report: Annotated[str, Text(LONGEST, 8)]
    report_by: Instant
