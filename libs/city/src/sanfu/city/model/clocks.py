"""How long things may take: hours of service, limits, what clocks measure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from sanfu.city.model.who import Localised
from sanfu.city.when import Value

LimitKind = Literal["same_day", "calendar_days", "working_days", "service_minutes", "minutes"]
Restarts = Literal["never", "each_round", "each_lead", "each_start"]
DaysEnd = Literal["end_of_service", "same_time", "service_minutes"]
DayOff = Literal["stays", "rolls"]
LEAD, OFFICE, GROUP = "@lead", "@office", "@group"
"""Stand for the unit in charge, the coordination office, and the group that adjudicates for the issue's audience."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A stretch of service in a day, half-open: [opens, shuts), minutes since local midnight."""

    opens: int
    shuts: int


@dataclass(frozen=True, slots=True)
class Service:
    """When a city or a unit serves. `week` is Monday … Sunday; `make_up` serves on make-up working days.

    With `holidays` false, public holidays and make-up days change nothing: the week's table holds every day.
    """

    week: tuple[tuple[Frame, ...], ...]
    make_up: tuple[Frame, ...]
    cut_off: int
    """Same-day limits of what is dispatched at or after it end on the next day with service."""
    holidays: bool = True


@dataclass(frozen=True, slots=True)
class DayOverride:
    """What the city says about one date, over the national calendar. `frames` None: the ordinary ones."""

    day: date
    service: bool
    frames: tuple[Frame, ...] | None
    name: str


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take. `n` counts days or minutes by `kind`; it is 0 for same_day."""

    kind: LimitKind
    n: int = 0


@dataclass(frozen=True, slots=True)
class LimitCase:
    """A limit and for whom: `when` maps a fact (grade, urgency, channel, unit, audience, level) to allowed values."""

    when: Mapping[str, tuple[str, ...]]
    limit: Limit

    def fits(self, facts: Mapping[str, str]) -> bool:
        return all(facts.get(fact) in allowed for fact, allowed in self.when.items())


def limit_of(cases: tuple[LimitCase, ...], facts: Mapping[str, str]) -> Limit | None:
    """Return the limit of the first case that fits, or None where there is none (then there is no such clock)."""
    return next((case.limit for case in cases if case.fits(facts)), None)


@dataclass(frozen=True, slots=True)
class Trigger:
    """An event, by its type on the wire, whose body's fields have one of the listed values, for the listed grades."""

    event: str
    where: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    grades: tuple[str, ...] = ()

    def fits(self, event: str, body: Mapping[str, object], grade: str | None) -> bool:
        return (
            event == self.event
            and (not self.grades or grade in self.grades)
            and all(body.get(name) in allowed for name, allowed in self.where.items())
        )


@dataclass(frozen=True, slots=True)
class Pause:
    """A state in which clocks that list it rest. `cap` is what all pauses of this kind may take together."""

    state: str
    begins: tuple[Trigger, ...]
    ends: tuple[Trigger, ...]
    cap: tuple[LimitCase, ...]


@dataclass(frozen=True, slots=True)
class Yellow:
    """How long before its limit a clock turns yellow, by the kind of limit; None: it never does.

    `days` before a limit in days (working days where the limit is in working days, else times 24 hours),
    `same_day_minutes` by the clock before a same-day limit, `minutes` by the clock before a limit in (service) minutes.
    """

    days: int | None = None
    same_day_minutes: int | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: who hears of it so long after red, or after the last reaction since.

    `unit` is a code or `@lead`, `@office` (coordination office), `@group` (of the issue's audience); `role` is a staff
    role in it.
    """

    after: Limit
    unit: str
    role: str


@dataclass(frozen=True, slots=True)
class Clock:
    """What is measured, from when to when, and what it may take.

    It applies where the facts fit `applies` (as in a LimitCase). Any of `starts` starts it. `restarts` says what a
    further start does: `never` nothing, `each_round` a new run when the round is new, `each_lead` when the lead is
    another unit, `each_start` always. Any of `stops` ends it; with `stops_together` all of them must have come.
    `limit_field` names a field of the starting event that, if present, holds the limit's instant itself.
    `not_after` names one of the report (`limit_asked`): an instant than which the first round's limit is no later.
    `per` says what it is kept for: with `assist` each assist has a run of its own, for the unit that assists.
    `round_the_clock` ignores service hours and holidays. `pauses` lists states of `Policy.pauses`.
    """

    code: str
    name: Localised
    applies: Mapping[str, tuple[str, ...]]
    starts: tuple[Trigger, ...]
    restarts: Restarts
    stops: tuple[Trigger, ...]
    stops_together: bool
    pauses: tuple[str, ...]
    in_charge: str
    round_the_clock: bool
    limits: tuple[LimitCase, ...]
    limit_field: str | None
    yellow: Yellow | None
    ladder: tuple[Rung, ...]
    extended_with: tuple[str, ...] = ()
    """Clocks whose extensions are this one's, too."""
    charges_returns: bool = False
    """A unit that leads again after its own return in the same round is charged from its first start, less the
    office's time; else each start is a new one."""
    per: str = "issue"
    not_after: str | None = None
    within: str | None = None
    """A clock of the issue's: while that runs, this one's limit is no later than its."""

    def applies_to(self, facts: Mapping[str, str]) -> bool:
        return all(facts.get(fact) in allowed for fact, allowed in self.applies.items())
