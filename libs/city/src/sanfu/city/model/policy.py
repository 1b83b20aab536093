"""What a city decides about its cases: clocks, windows, who is asked, what seems to repeat what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sanfu.city.model.clocks import Clock, DayOff, DayOverride, DaysEnd, LimitCase, Pause, Service, Trigger
from sanfu.city.model.who import Localised

LIKENESSES = ("text", "words", "title", "distance", "address", "time", "category")
"""The parts of how alike two issues are."""


@dataclass(frozen=True, slots=True)
class Window:
    """How long, and how often per round, something may be asked for. Without a fitting case it may not be at all."""

    code: str
    limits: tuple[LimitCase, ...]
    times: int | None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """When somebody may be called unreachable: after so many attempts, each so many minutes after the one before, on
    so many days."""

    attempts: int = 3
    apart: int = 240
    days: int = 2


@dataclass(frozen=True, slots=True)
class Asking:
    """One whom a follow-up asks. `by`: the least by which that has to be done; None: as policy and lot say."""

    of: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """When two issues that what is said leaves in doubt are asked for their meaning, and what that weighs beside the
    other parts of the score."""

    weight: float
    doubt: float
    """The score from which on a pair is asked for, however little of what is said is alike: it may be said in two
    languages."""
    threshold: float
    """The score, meaning included, from which on one is suspected."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """When two issues seem to be about the same thing. Each `weights` is that of a part of the score (router's
    `likeness`)."""

    weights: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(LIKENESSES, 1.0))
    threshold: float = 0.6
    """The score from which on one is suspected."""
    same_party: float = 0.5
    """The same where both are of one party, by its code."""
    least_said: float = 0.1
    """How alike at least what is said must be: the mean of text, words and title."""
    days: int = 30
    """Nothing reported longer ago is looked at."""
    half_metres: int = 300
    """At this distance, and after `half_days`, that part of the score is a half."""
    half_days: int = 5
    most: int = 3
    """So many are told of one issue at one look, the most alike."""
    meaning: Meaning | None = None
    """None: nobody is asked what is meant."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The switches of "Deadlines, settled" and the clocks. Defaults are that table's."""

    grades: tuple[str, ...]
    """From the shortest to the longest."""
    default_grade: str
    service: Service
    unit_service: Mapping[str, Service]
    """For units with hours of their own; see `service_of`."""
    overrides: Mapping[date, DayOverride]
    days_end: DaysEnd = "end_of_service"
    day_off: DayOff = "stays"
    """Where a limit in calendar days ends on a day off: it stays, or rolls to the end of the next service day."""
    cap_same_day: str | None = None
    """A same-day limit is never later than this grade's from the same start; None: the bare table holds."""
    always_in_service: tuple[str, ...] = ("urgent", "emergency")
    """Urgencies whose service time is every minute of every day."""
    pauses: Mapping[str, Pause] = field(default_factory=dict)
    over: tuple[Trigger, ...] = ()
    """What ends every clock of a case, whatever it was waiting for: the case is over."""
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    windows: Mapping[str, Window] = field(default_factory=dict)
    orders: Mapping[str, str] = field(default_factory=dict)
    """Cause → level of the supervision order that is raised by rule; a cause that is not here raises none."""
    follow_up_of: Mapping[str, tuple[Asking, ...]] = field(default_factory=dict)
    """A channel's `follow_up_of` → whom its follow-up asks: all of them have to answer. What is not here: the party."""
    follow_up_sample: float = 0.1
    """Least share of handled issues that get a call (or, without a party, a check on site) beside those that must."""
    follow_up_call: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    """Whose follow-up needs a call: where the facts fit any of these."""
    sign_off: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    """What the head of a unit signs before it counts as handled: where the facts fit any of these."""
    unreachable: Unreachable = Unreachable()
    errands: Mapping[str, tuple[Localised, ...]] = field(default_factory=dict)
    """Category → the steps through which an agent at a window carries such an errand."""
    group_parties: int = 5
    """So many distinct parties of one issue are a group."""
    reminders_for_office: int = 3
    """So many reminders of one case are shown to the office."""
    duplicates: Duplicates = field(default_factory=Duplicates)

    def service_of(self, unit: str | None) -> Service:
        return self.unit_service.get(unit, self.service) if unit else self.service
