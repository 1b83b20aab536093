"""Bodies of what concerns limits and levels."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sanfu.desk.entrypoints.commands.words import LONGEST, Code, Files, Reason, example
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Instant, Text


class Suspend(
    Body,
    json_schema_extra=example(reason="weather", text="连续降雨，路面无法施工。", until="2026-01-05T17:30:00+08:00"),
):
    """Let the clocks rest, for a reason of the pack. It ends at `until`, at the latest when all pauses are used up."""

    reason: Code = Field(description="Code of one of the city's reasons; a wrong one is refused with the list of them")
    text: Annotated[str, Text(LONGEST, 1)] | None = Field(default=None, description="Why, in words")
    until: Instant | None = Field(
        default=None, description="Until when: in the future; as long as the grade allows, if it is not given"
    )


class Resume(Body, json_schema_extra=example()):
    """Let the clocks run on."""


class AskExtension(
    Body, json_schema_extra=example(until="2026-01-06T17:30:00+08:00", reason="配件从外地调运，三日后到货。")
):
    """Ask for more time, before the limit; as much as the policy gives, if `until` is not given."""

    clock: Literal["handling", "petition_handle"] = Field(
        default="handling", description="Which limit: of the handling, or of a petition's"
    )
    until: Instant | None = Field(
        default=None, description="Until when: after the limit, and not later than the policy gives"
    )
    reason: Reason


class DecideExtension(Body):
    """Give more time, or say why not."""

    granted: bool
    until: Instant | None = None
    reason: Reason | None = None


class AskGrade(Body, json_schema_extra=example(grade="complex", reason="需开挖路面更换电缆，当日无法完成。")):
    """Say that it is of another grade. A longer one needs the office."""

    grade: Literal["simple", "complex", "difficult"] = Field(description="Another than it is of; once in a round")
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


class RaiseUrgency(Body, json_schema_extra=example(urgency="emergency", reason="现场燃气泄漏，附近有学校。")):
    """Say that somebody must act sooner."""

    urgency: Literal["urgent", "emergency"] = Field(description="How soon somebody must act: sooner than it says now")
    reason: Reason


class LowerUrgency(Body):
    """Say that it is less urgent."""

    urgency: Literal["normal", "urgent"]
    reason: Reason


class RaiseSecrecy(Body, json_schema_extra=example(secrecy="confidential", reason="涉及未成年人。")):
    """Let fewer people read it. From confidential on what is written is sealed."""

    secrecy: Literal["internal", "confidential", "sealed"] = Field(description="Who may read it: fewer than now")
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
