"""What desk tells of an errand: what an agent at a window carries through its steps for somebody."""

from typing import Literal

from pydantic import Field

from sanfu.contracts.events.words import Body, Code, Count, Deed, Key, Line, Text, Unit


class ErrandStep(Body):
    """One step of an errand."""

    what: dict[Key, Line] = Field(min_length=1, description="What is to be done, by language; the party reads it")


class ErrandPlanned(Deed):
    """The errand has steps, and an agent who carries it through them."""

    agent: Code = Field(description="Account of the agent")
    unit: Unit | None = Field(default=None, description="The agent's window")
    steps: list[ErrandStep] = Field(min_length=1, description="Its steps, in order")


class ErrandStepped(Deed):
    """A step of the errand is done, or something stands in its way."""

    step: Count = Field(description="Which one, counted from 1")
    result: Literal["done", "blocked"] = Field(description="What came of it")
    text: Text | None = Field(default=None, description="What was done, or what stands in the way; internal, masked")
    left: int = Field(default=0, ge=0, description="Steps that are not done yet")
