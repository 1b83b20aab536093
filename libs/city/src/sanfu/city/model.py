"""A city pack as plain data: what a city decides for itself.

Standard library only, so that a service's domain may import it. Everything is frozen; lists are tuples, in the pack's
own order; codes are as written in the files. Times of day are minutes since local midnight (0 … 1440), lengths of time
are minutes unless they are a `Limit`. Nothing here knows a city by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from sanfu.city.atlas import Atlas
from sanfu.city.decency import Decency
from sanfu.city.form import Form
from sanfu.city.open311 import Open311
from sanfu.city.rosters import Shift
from sanfu.city.when import AnswerIs, Times, Value
from sanfu.city.wordlists import WordList

LimitKind = Literal["same_day", "calendar_days", "working_days", "service_minutes", "minutes"]
Audience = Literal[
    "party", "filer", "unit", "officer", "unit_head", "duty_officer", "supervisor", "leader", "holder", "chair"
]
"""Who is told. The last two are the one whom an affair names: who holds a list, who leads a meeting."""
Medium = Literal["sms", "email", "webhook", "dingtalk", "wecom", "inbox"]
Delivery = Literal["at_most_once", "at_least_once"]
Restarts = Literal["never", "each_round", "each_lead", "each_start"]
DaysEnd = Literal["end_of_service", "same_time", "service_minutes"]
DayOff = Literal["stays", "rolls"]
Priority = Literal["critical", "normal", "digestible"]
Localised = Mapping[str, str]
"""Locale → text; has every locale of the pack."""

TOWN = "@town"
"""Stands for the town where the issue lies."""
WISHED = "@wished"
"""Stands for the unit that the reporter named."""
LIAISON = "@liaison"
"""Stands for the unit of the party's liaison."""
LIKENESSES = ("text", "words", "title", "distance", "address", "time", "category")
"""The parts of how alike two issues are."""
LEAD, OFFICE, GROUP = "@lead", "@office", "@group"
"""Stand for the unit in charge, the coordination office, and the group that adjudicates for the issue's audience."""

# ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Lasting:
    """What is there for a time only, and whose work somebody or something goes on with then. Keys are codes of its own
    kind."""

    __slots__ = ()
    valid_from: date | None
    valid_to: date | None
    succeeded_by: str | None

    def valid_on(self, day: date) -> bool:
        """Tell whether it is there on that day: from `valid_from`, until the day before `valid_to`."""
        return (self.valid_from is None or self.valid_from <= day) and not self.gone_on(day)

    def gone_on(self, day: date) -> bool:
        """Tell whether it is there no more on that day."""
        return self.valid_to is not None and self.valid_to <= day


@dataclass(frozen=True, slots=True)
class Unit(Lasting):
    """A body that may lead, assist, be told or be written to. `kind` decides what may be asked of it (domain.md)."""

    code: str
    name_zh: str
    name_en: str
    kind: str
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    succeeded_by: str | None
    duty_phone: str | None
    mailbox: str | None

    def name(self, locale: str) -> str:
        return self.name_zh if locale.startswith("zh") else self.name_en

    @property
    def has_topic(self) -> bool:
        """Tell whether the unit's own systems are given topics: every unit that may lead, sections and villages apart
        (their town's topic has their issues)."""
        return self.kind not in ("section", "village", "team", "external")


@dataclass(frozen=True, slots=True)
class Staff(Lasting):
    """A post: somebody who works on issues, or one place on duty. Whoever succeeds it goes on with its work."""

    id: str
    name: str
    unit: str
    roles: tuple[str, ...]
    phone: str
    email: str
    locale: str
    active: bool
    liaison_of: tuple[str, ...] = ()
    """The enterprises and villages that a liaison looks after, by their register codes or units' codes."""
    valid_from: date | None = None
    valid_to: date | None = None
    succeeded_by: str | None = None

    def works_on(self, day: date) -> bool:
        """Tell whether somebody works there that day."""
        return self.active and self.valid_on(day)


@dataclass(frozen=True, slots=True)
class Town:
    """A town and one point in it, WGS-84. The point is no survey; its border, where one is known, is in the atlas."""

    code: str
    name_zh: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """The box that holds the whole city, WGS-84 degrees, borders included."""

    west: float
    south: float
    east: float
    north: float

    def hold(self, lon: float, lat: float) -> bool:
        return self.west <= lon <= self.east and self.south <= lat <= self.north


# ── what ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Channel:
    """A registered source of issues. `keyed`: needs an API key. `public`: anybody may use it, at a limited rate."""

    code: str
    name_zh: str
    name_en: str
    audiences: tuple[str, ...]
    has_contact: str
    note: str
    secrecy_default: str
    party_kind: tuple[str, ...]
    filer_kind: str
    follow_up_of: str
    keyed: bool
    public: bool
    flags: tuple[str, ...] = ()
    """What all that comes by it is marked by."""


@dataclass(frozen=True, slots=True)
class Category(Lasting):
    """What an issue is about. `default_unit` is a unit's code or `@town`; `sure_words` may decide, `keywords` hint."""

    code: str
    name_zh: str
    name_en: str
    audience: str
    audiences: tuple[str, ...]
    default_unit: str
    default_grade: str
    kind: str
    urgency_default: str
    secrecy_default: str
    assist_units: tuple[str, ...]
    keywords: tuple[str, ...]
    sure_words: WordList
    valid_from: date | None = None
    valid_to: date | None = None
    succeeded_by: str | None = None

    def name(self, locale: str) -> str:
        return self.name_zh if locale.startswith("zh") else self.name_en


# ── routing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class When:
    """A rule's conditions: each must hold; an empty one always does. `categories` and `units` are those wished for.

    `towns` is where it lies, however that is known; `areas` those that hold its point.
    """

    channels: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    unit_kinds: tuple[str, ...] = ()
    towns: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    urgencies: tuple[str, ...] = ()
    secrecies: tuple[str, ...] = ()
    unit_of_town: bool = False
    """The unit wished for belongs to the town where the issue lies: the town itself or one whose parent it is."""
    words: WordList | None = None
    areas: tuple[str, ...] = ()
    liaison: bool | None = None
    """The party has a liaison; false: it has none."""
    liaison_units: tuple[str, ...] = ()
    answers: tuple[AnswerIs, ...] = ()
    time: Times | None = None
    """When the city received it."""


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """If `when` holds: this unit leads. The first rule that matches wins.

    `unit` is a code, `@town`, `@wished`, `@liaison`, or None where a reviewer has to find it; `assist` likewise.
    `category` and `grade` None mean: as wished for, else the category's default, else the policy's. `mode` auto assigns
    at once, review asks a person and offers the rest as a suggestion, model lets the classifier assign where it is
    sure. A rule whose unit is gone has `active` false. One that stands for a row of the table of categories has
    `of_category` true: its unit and grade are that category's.
    """

    id: str
    when: When
    unit: str | None
    assist: tuple[str, ...]
    category: str | None
    grade: str | None
    mode: Literal["auto", "review", "model"]
    reason: str
    active: bool = True
    of_category: bool = False


# ── when: calendars, limits, clocks ──────────────────────────────────────────────────────────────────────────────────


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


# ── words to people ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Template:
    """One message in one language. `id` + `locale` + `event` are unique.

    Sent for `event` (type on the wire) where the issue's facts, with the event's body laid over them, fit `where`.
    Placeholders are `{name}`, all from the event's allow-list (`sanfu.city.placeholders`). `neutral` is the body for a
    confidential issue: it names no category, place or unit. Older events than `useful_for` minutes are not told any
    more. `critical` passes quiet hours, digests, caps and opt-outs; `digestible` is told in a digest only. `line`
    stands for it there, and says no more than `neutral`. What is `statutory` passes caps and opt-outs.
    """

    id: str
    locale: str
    event: str
    where: Mapping[str, tuple[Value, ...]]
    audience: Audience
    medium: Medium
    subject: str | None
    body: str
    neutral: str
    delivery: Delivery
    useful_for: int
    urgency: Priority
    line: str = ""
    unit: str | None = None
    """Whose people are told, if not those of the unit that the event names."""
    statutory: bool = False
    day_before: int | None = None
    """Told at this minute of the last day of service before what the event announces begins; None: at once."""
    approved: Mapping[str, str] = field(default_factory=dict)
    """Provider → its own code of this text, for those that send nothing but what they approved; its variables are the
    placeholders behind the signature, in their order. `approved_neutral` is the same for the neutral body."""
    approved_neutral: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pack:
    """All that one city decides. `version` is the hash of the files' contents (12 hex digits)."""

    version: str
    code: str
    name: Localised
    zone: str
    locales: tuple[str, ...]
    """The first is the default."""
    bounds: Bounds
    receipt_prefix: str
    fallback_unit: str
    emergency_unit: str
    office_unit: str
    """The coordination office: reviews, supervises, answers for the lights."""
    audience_groups: Mapping[str, str]
    """Audience → the group that adjudicates what no unit takes."""
    units: Mapping[str, Unit]
    staff: Mapping[str, Staff]
    towns: Mapping[str, Town]
    channels: Mapping[str, Channel]
    categories: Mapping[str, Category]
    rules: tuple[RoutingRule, ...]
    policy: Policy
    templates: tuple[Template, ...]
    notices: Mapping[str, Localised]
    """Sentences of pages and receipts, such as whom to call first in an emergency."""
    urgency_words: Mapping[str, WordList]
    """Urgency → its recall list, the gravest first."""
    secrecy_words: Mapping[str, WordList]
    """Secrecy → its words, the strictest first."""
    themes: tuple[Mapping[str, str], ...]
    indicators: tuple[Mapping[str, str], ...]
    reports: Path | None
    """Made-up reports for the demo, JSON Lines."""
    abuse: WordList = field(default_factory=WordList)
    """Words that no officer has to read."""
    model: bytes | None = field(default=None, repr=False)
    """A trained model as it stands in its file; who reads it, the router knows."""
    sure_from: Mapping[str, float] = field(default_factory=dict)
    """Category → from which confidence on the model may assign by itself. One that is not named: never."""
    forms: Mapping[str, Form] = field(default_factory=dict)
    """What each channel asks, by its code; see `form_of`."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """What columns of lists are called: header → field of a report, on every channel."""
    entry_columns: Mapping[str, str] = field(default_factory=dict)
    """What columns are called in lists of what is to be visited, experienced, checked: header → field of an entry."""
    cell_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What lists write for a field's codes: field → word → code."""
    atlas: Atlas = field(default_factory=Atlas, repr=False)
    """Areas and names of places."""
    rosters: Mapping[str, tuple[Shift, ...]] = field(default_factory=dict)
    """Unit → its shifts, in order. A unit that is not here: all who have the duty, always."""
    decency: Decency = field(default_factory=Decency)
    """When messages wait, and for what."""
    open311: Open311 | None = None
    """What it shows and takes over Open311; None: nothing."""

    def form_of(self, channel: str) -> Form:
        """Return what a channel asks. One that has no form asks nothing of its own."""
        return self.forms.get(channel) or Form(channel, self.name)

    def begins(self, day: date) -> datetime:
        """Return the instant at which a date begins in the city."""
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)

    def day(self, at: datetime) -> date:
        """Return the date it is in the city: units come and go at its midnight."""
        return at.astimezone(ZoneInfo(self.zone)).date()
