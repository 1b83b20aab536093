"""Bodies of what concerns limits and levels."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sanfu.desk.entrypoints.commands.words import LONGEST, Code, Files, Reason
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Instant, Text


class Suspend(Body):
    """Let the clocks rest, for a reason of the pack. It ends at `until`, at the latest when all pauses are used up."""

    reason: Code
    text: Annotated[str, Text(LONGEST, 1)] | None = None
    until: Instant | None = None


class Resume(Body):
    """Let the clocks run on."""


class AskExtension(Body):
    """Ask for more time, before the limit; as much as the policy gives, if `until` is not given."""

    clock: Literal["handling", "petition_handle"] = "handling"
    until: Instant | None = None
    reason: Reason


class DecideExtension(Body):
    """Give more time, or say why not."""

    granted: bool
    until: Instant | None = None
    reason: Reason | None = None


class AskGrade(Body):
    """Say that it is of another grade. A longer one needs the office."""

    grade: Literal["simple", "complex", "difficult"]
    reason: Reason


class DecideGrade(Body):
    """Agree that it is of the grade asked for, or not."""

    granted: bool
    reason: Reason


class Exempt(Body):
    """Let one of the three ones be missing."""

    of: Literal["contact", "follow_up"]
    reason: Reason
    evidence: Files


class RaiseUrgency(Body):
    """Say that somebody must act sooner."""

    urgency: Literal["urgent", "emergency"]
    reason: Reason


class LowerUrgency(Body):
    """Say that it is less urgent."""

    urgency: Literal["normal", "urgent"]
    reason: Reason


class RaiseSecrecy(Body):
    """Let fewer people read it. From confidential on what is written is sealed."""

    secrecy: Literal["internal", "confidential", "sealed"]
    reason: Reason


class LowerSecrecy(Body):
    """Let more people read it."""

    secrecy: Literal["open", "internal", "confidential"]
    reason: Reason


Flag = Literal["leader", "superior", "media", "legacy", "foreign"]


class SetFlags(Body):
    """Mark it by what it is, or no longer: a leader's or a superior's matter, one of the media, an old one, one of
    foreigners. What is of the media is confidential."""

    add: Annotated[list[Flag], Field(default_factory=list, max_length=5)]
    drop: Annotated[list[Flag], Field(default_factory=list, max_length=5)]
    reason: Reason

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        flags = [*self.add, *self.drop]
        if not flags or len({*flags}) < len(flags):
            raise PydanticCustomError("no_change", "at least one flag to add or to drop, each once")
        return self
