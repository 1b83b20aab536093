"""Bodies of what an agent at a window does."""

from typing import Annotated, Literal

from pydantic import Field

from sanfu.desk.entrypoints.commands.words import LONGEST
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Line, Text


class PlanErrand(Body):
    """Give an errand its steps: those of the pack for its category, unless `steps` says others. The party reads
    them."""

    steps: Annotated[list[Annotated[str, Line(100, 2)]], Field(default_factory=list, max_length=20)]


class StepErrand(Body):
    """Say that a step is done, or what stands in its way, by its number from 1."""

    step: Annotated[int, Field(ge=1, le=100)]
    result: Literal["done", "blocked"] = "done"
    text: Annotated[str, Text(LONGEST, 1)] | None = None
