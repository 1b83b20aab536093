"""What sla tells: when it is due, and who is late."""

from typing import Literal

from pydantic import Field, JsonValue

from sanfu.contracts.events.words import (
    Amount,
    Body,
    Code,
    Count,
    EventId,
    Grade,
    Instant,
    Level,
    Line,
    Pack,
    Role,
    Subject,
    Term,
    Unit,
    Urgency,
)

Turn = Literal["yellow_due", "limit_passed", "stopped_in_time", "stopped_late", "deadline_moved", "stop_voided"]


class Clock(Body):
    """Which clock of an issue is meant, in which round, and which version of its deadline."""

    clock: Code = Field(description="Clock in the city's policy: handling, unit_handling, acknowledge …")
    about: Subject | None = Field(default=None, description="The order, task or assist it counts for, if not the issue")
    version: Count = Field(description="Version of this clock's deadline: each DeadlineSet raises it")
    round: Count = Field(description="Round of handling")
    unit: Unit = Field(description="Unit in charge of keeping it")
    limit: Instant = Field(description="Red from this instant on")


class Trigger(Body):
    """An event that does something to a clock, as the policy had it when the deadline was set."""

    event: Term = Field(description="Type of the event on the wire")
    where: dict[Term, list[JsonValue]] = Field(
        default_factory=dict, description="Fields of its body, each with the values it may have"
    )
    grades: list[Grade] = Field(default_factory=list, description="Grades of issues it counts for; none: all")


class Length(Body):
    """A length of time as a policy gives it."""

    kind: Literal["same_day", "calendar_days", "working_days", "service_minutes", "minutes"] = Field(
        description="Days or minutes of which kind"
    )
    n: Amount = Field(description="How many")


class Rest(Body):
    """A state in which the clock rests."""

    state: Code = Field(description="The state, as the policy calls it")
    begins: list[Trigger] = Field(description="What brings it about")
    ends: list[Trigger] = Field(description="What ends it")
    cap: Length | None = Field(default=None, description="What all rests of this kind may take together")


class Paused(Body):
    """A stretch of time that moved the limit: it begins before it ends."""

    begins: Instant = Field(description="Rested from this instant on")
    ends: Instant = Field(description="Ran on from this instant on")


class DeadlineSet(Clock):
    """A clock has a deadline now; every older version of it is void, and so are its lights."""

    starts: Instant = Field(description="From when it counts")
    yellow: Instant | None = Field(default=None, description="Yellow from this instant on; none: never")
    grade: Grade | None = Field(default=None, description="Grade it was reckoned for")
    reason: Literal[
        "started", "resumed", "extended", "grade_changed", "urgency_changed", "handed_over", "stop_voided", "replanned",
        "outer_shortened",
    ] = Field(default="started", description="Why it came; outer_shortened: the lead's own is earlier now")  # fmt: skip
    pack: Pack = Field(description="City pack with which it was reckoned")
    urgency: Urgency | None = Field(default=None, description="Urgency it was reckoned for")
    started_by: EventId | None = Field(default=None, description="The event that started the clock")
    fixed: Instant | None = Field(default=None, description="The limit as an instant, where the start set one")
    fixed_after: Amount = Field(default=0, description="How many of the pauses were over when `fixed` was set anew")
    stops: list[Trigger] = Field(default_factory=list, description="What stops it")
    stops_together: bool = Field(default=False, description="True: it takes all of them, else any")
    ends: list[Trigger] = Field(default_factory=list, description="What ends it, whatever else has come")
    rests: list[Rest] = Field(default_factory=list, description="In what states it rests")
    paused: list[Paused] = Field(default_factory=list, description="Pauses it was reckoned with, in order")
    not_its_own: list[Paused] = Field(
        default_factory=list, description="Time before this run that others are charged: review and adjudication"
    )
    extended_with: list[Code] = Field(default_factory=list, description="Other clocks whose extensions it shares")
    extended_days: Amount = Field(default=0, description="Days granted on top of the policy's limit")
    extended_until: Instant | None = Field(default=None, description="The limit last granted")
    voided_stops: Amount = Field(default=0, description="Stops that turned out to be void")
    unknown_year: int | None = Field(
        default=None, description="Holidays of this year were not known: reckoned as if every date were a working day"
    )


class LightChanged(Clock):
    """A light went on or out: once for each (issue, clock, level, version)."""

    level: Level = Field(description="The light from now on")
    skipped: bool = Field(default=False, description="Overtaken by a redder one after an outage: recorded, not shown")
    reason: Turn = Field(description="What brought it about; the first two only at or after their instant")
    grade: Grade | None = Field(default=None, description="Grade it was reckoned for")
    late_by: Amount = Field(default=0, description="Seconds past the limit, 0 while in time")


class EscalationRaised(Clock):
    """Nobody reacted to a light: the next step of the ladder hears of it, once for each (issue, clock, level, step,
    version)."""

    step: Count = Field(description="Step of the ladder, from 1")
    to_unit: Unit = Field(description="Unit that hears of it")
    to_role: Role = Field(description="Who there hears of it")
    level: Level = Field(description="The light nobody reacted to")
    late_by: Amount = Field(default=0, description="Seconds past the limit, 0 while in time")
    skipped: bool = Field(default=False, description="Overtaken by a higher step after an outage: recorded, not told")
    reason: Line | None = Field(default=None, description="The same for people to read")
