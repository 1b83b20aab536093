"""The policy from its file: service hours, switches, pauses, clocks, windows; and the city's own days."""

from collections.abc import Iterable, Mapping
from datetime import date

from sanfu.city import quantities
from sanfu.city import vocabulary as words
from sanfu.city.directory import CHANNEL_CODE
from sanfu.city.duplicates import duplicates
from sanfu.city.model.clocks import (
    GROUP,
    LEAD,
    OFFICE,
    Clock,
    DayOff,
    DayOverride,
    DaysEnd,
    Frame,
    Limit,
    LimitCase,
    Pause,
    Restarts,
    Rung,
    Service,
    Trigger,
    Yellow,
)
from sanfu.city.model.policy import Asking, Policy, Unreachable, Window
from sanfu.city.model.who import Localised
from sanfu.city.quantities import count, share
from sanfu.city.reading import Section

RESTARTS: tuple[Restarts, ...] = ("never", "each_round", "each_lead", "each_start")
DAYS_END: tuple[DaysEnd, ...] = ("end_of_service", "same_time", "service_minutes")
DAY_OFF: tuple[DayOff, ...] = ("stays", "rolls")


class PolicyReader:
    """Reads a policy against the units, channels, grades and locales there are."""

    def __init__(
        self, units: Iterable[str], channels: Iterable[str], grades: tuple[str, ...], locales: tuple[str, ...]
    ) -> None:
        self.grades, self.locales = grades, locales
        self._clocks: tuple[str, ...] = ()
        self.facts: Mapping[str, Iterable[str]] = {
            "grade": grades,
            "urgency": words.URGENCIES,
            "channel": set(channels),
            "audience": words.AUDIENCES,
            "unit": set(units),
            "kind": words.ISSUE_KINDS,
            "level": words.ORDER_LEVELS,
        }

    def policy(self, document: Section, overrides: Mapping[date, DayOverride]) -> Policy:
        document.raw("grades")
        pauses = {code: self._pause(code, part) for code, part in document.section("pauses").named()}
        policy = Policy(
            grades=self.grades,
            default_grade=document.choice("default_grade", self.grades),
            service=self._service(document.section("service")),
            unit_service={code: self._service(part) for code, part in self._unit_services(document)},
            overrides=overrides,
            days_end=document.choice("days_end", DAYS_END, "end_of_service"),
            day_off=document.choice("day_off", DAY_OFF, "stays"),
            cap_same_day=document.one_known("cap_same_day", self.grades, "grade"),
            always_in_service=document.known("always_in_service", words.URGENCIES, "urgency"),
            pauses=pauses,
            over=self._triggers(document, "over") if document.has("over") else (),
            clocks={code: self._clock(code, part, pauses) for code, part in self._named(document)},
            windows={code: self._window(code, part) for code, part in document.section("windows").named()},
            orders=self._orders(document.section("orders")),
            follow_up_of=self._askings(document.section("follow_up_of")),
            follow_up_sample=document.parsed("follow_up_sample", share, 0.1),
            follow_up_call=tuple(self._cases(entry) for entry in document.sections("follow_up_call")),
            sign_off=tuple(self._cases(entry) for entry in document.sections("sign_off")),
            errands=self._errands(document.section("errands")),
            group_parties=document.parsed("group_parties", count, 5),
            reminders_for_office=document.parsed("reminders_for_office", count, 3),
            unreachable=_unreachable(document.section("unreachable")),
            duplicates=duplicates(document.section("duplicates")),
        )
        document.done()
        return policy

    def overrides(self, document: Section) -> dict[date, DayOverride]:
        found: dict[date, DayOverride] = {}
        for entry in document.sections("days"):
            day = entry.parsed("date", quantities.day, None)
            if day is None:
                entry.text("date")
                continue
            if day in found:
                entry.wrong("date", f"{day} is there twice", "keep one of them")
            found[day] = DayOverride(
                day=day,
                service=entry.choice("service", ("on", "off")) == "on",
                frames=_frames(entry, "frames") if entry.has("frames") else None,
                name=entry.text("name"),
            )
            entry.done()
        document.done()
        return found

    # ── service hours ────────────────────────────────────────────────────────────────────────────────────────────────

    def _unit_services(self, document: Section) -> list[tuple[str, Section]]:
        section = document.section("unit_service")
        for code in section.names:
            if code not in set(self.facts["unit"]):
                section.wrong(code, f"there is no unit {code!r}", "name a unit of units.csv")
        return section.named()

    def _service(self, section: Section) -> Service:
        week: list[tuple[Frame, ...]] = [()] * 7
        table = section.section("week")
        for key in table.names:
            for day in _span(table, key):
                if week[day]:
                    table.wrong(key, f"{quantities.DAYS[day]} is there twice", "name each day once")
                week[day] = _frames(table, key)
        if not any(week) and not table.names:
            section.wrong("week", "has no service at all", 'add a line such as mon-fri: ["08:30-12:00"]')
        ends = [day[-1].shuts for day in week if day]
        cut_off = section.parsed("cut_off", quantities.time_of_day, max(ends, default=0))
        if any(cut_off > end for end in ends):
            section.wrong("cut_off", "is later than the end of service", "write a time not later than any day's end")
        service = Service(
            week=tuple(week),
            make_up=_frames(section, "make_up") if section.has("make_up") else week[0],
            cut_off=cut_off,
            holidays=section.choice("holidays", ("kept", "ignored"), "kept") == "kept",
        )
        section.done()
        return service

    def _errands(self, section: Section) -> dict[str, tuple[Localised, ...]]:
        found = {code: tuple(self._step(step) for step in section.sections(code)) for code in section.names}
        section.done()
        return found

    def _step(self, section: Section) -> Localised:
        names = self._localised(section)
        section.done()
        return names

    def _askings(self, section: Section) -> dict[str, tuple[Asking, ...]]:
        found = {}
        for code in section.names:
            found[code] = tuple(map(_asking, section.sections(code)))
            if len({one.of for one in found[code]}) < max(len(found[code]), 1):
                section.wrong(code, "asks nobody, or somebody twice", "name each of them once: [{ask: party}]")
        section.done()
        return found

    def _orders(self, section: Section) -> dict[str, str]:
        found = {cause: section.choice(cause, words.ORDER_LEVELS) for cause in words.ORDER_CAUSES if section.has(cause)}
        section.done()
        return found

    # ── clocks ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _clock(self, code: str, section: Section, pauses: Mapping[str, Pause]) -> Clock:
        if not CHANNEL_CODE.fullmatch(code):
            section.findings.add(section.place, f"{code!r} is no clock's code", "write 2 to 40 of [a-z0-9_]")
        starts = self._triggers(section, "starts")
        clock = Clock(
            code=code,
            name=self._localised(section.section("name")),
            applies=self._cases(section.section("applies")),
            starts=starts,
            restarts=section.choice("restarts", RESTARTS),
            stops=self._triggers(section, "stops"),
            stops_together=section.choice("stopped_by", ("any", "all"), "any") == "all",
            pauses=section.known("pauses", pauses, "pause"),
            in_charge=section.choice("in_charge", words.IN_CHARGE),
            round_the_clock=section.choice("hours", ("service", "round_the_clock"), "service") == "round_the_clock",
            limits=self._limits(section, "limits"),
            limit_field=section.text("limit_field", "") or None,
            not_after=section.choice("not_after", words.LIMITS_ASKED) if section.has("not_after") else None,
            yellow=_yellow(section.section("yellow")) if section.has("yellow") else None,
            ladder=tuple(self._rung(rung) for rung in section.sections("ladder")),
            extended_with=section.known("extended_with", self._clocks, "clock"),
            charges_returns=section.choice("wrong_return", ("forgiven", "charged"), "forgiven") == "charged",
            per=section.choice("per", words.PER, "issue"),
            within=section.choice("within", self._clocks) if section.has("within") else None,
        )
        _of_assists(section, clock)
        if not clock.limits:
            section.wrong("limits", "has no limit", "add `limits:` with at least one `- {limit: …}`")
        section.done()
        return clock

    def _named(self, document: Section) -> list[tuple[str, Section]]:
        found = document.section("clocks").named()
        self._clocks = tuple(code for code, _ in found)
        return found

    def _triggers(self, section: Section, key: str) -> tuple[Trigger, ...]:
        found = []
        for entry in section.sections(key):
            event = entry.one_known("event", words.EVENTS, "event", required=True) or "IssueSubmitted"
            found.append(
                Trigger(
                    event=words.wire_type(event),
                    where=entry.section("where").conditions(),
                    grades=entry.known("grades", self.grades, "grade"),
                )
            )
            entry.done()
        if not found:
            section.wrong(key, "names no event", "add a list of events, such as [IssueDispatched]")
        return tuple(found)

    def _pause(self, state: str, section: Section) -> Pause:
        pause = Pause(
            state=state,
            begins=self._triggers(section, "begins"),
            ends=self._triggers(section, "ends"),
            cap=self._limits(section, "cap"),
        )
        section.done()
        return pause

    def _window(self, code: str, section: Section) -> Window:
        window = Window(code, self._limits(section, "limits"), section.parsed("times", count, None))
        section.done()
        return window

    def _limits(self, section: Section, key: str) -> tuple[LimitCase, ...]:
        found = []
        for entry in section.sections(key):
            entry.text("limit")
            limit = entry.parsed("limit", quantities.limit, Limit("same_day"))
            found.append(LimitCase(self._cases(entry), limit))
        return tuple(found)

    def _cases(self, section: Section) -> dict[str, tuple[str, ...]]:
        """Read `grade: simple, channel: [web, hotline]`; a key already asked for belongs to the caller."""
        found = {fact: section.known(fact, known, fact) for fact, known in self.facts.items() if section.has(fact)}
        section.done()
        return found

    def _rung(self, section: Section) -> Rung:
        section.text("after")
        rung = Rung(
            after=section.parsed("after", quantities.limit, Limit("same_day")),
            unit=section.one_known("unit", {*self.facts["unit"], LEAD, OFFICE, GROUP}, "unit", required=True) or LEAD,
            role=section.choice("role", words.ROLES),
        )
        section.done()
        return rung

    def _localised(self, section: Section) -> Localised:
        found = {locale: section.text(locale) for locale in self.locales}
        section.done()
        return found


def _frames(section: Section, key: str) -> tuple[Frame, ...]:
    try:
        return quantities.frames(section.raw(key))
    except ValueError as error:
        section.wrong(key, "has frames that can't be used", str(error))
        return ()


def _span(section: Section, key: str) -> tuple[int, ...]:
    try:
        return quantities.weekdays(key)
    except ValueError as error:
        section.wrong(key, f"{key!r} is no day", str(error))
        return ()


def _of_assists(section: Section, clock: Clock) -> None:
    """A clock of assists begins with one, and the unit that assists keeps it; no other clock can be kept by that."""
    if (clock.per == "assist") != (clock.in_charge == "assistant"):
        section.wrong("in_charge", "is `assistant` for a clock `per: assist`, and for no other", "write both, or none")
    if clock.per == "assist" and any(one.event != words.wire_type("AssistAsked") for one in clock.starts):
        section.wrong("starts", "of a clock `per: assist` can only be AssistAsked", "write starts: [AssistAsked]")
    if clock.within is not None and clock.per != "assist":
        section.wrong("within", "is for a clock `per: assist`, and for no other", "leave it out")


def _yellow(section: Section) -> Yellow:
    yellow = Yellow(
        days=section.parsed("days", count, None),
        same_day_minutes=section.parsed("same_day", quantities.minutes, None),
        minutes=section.parsed("short", quantities.minutes, None),
    )
    section.done()
    return yellow


def _unreachable(section: Section) -> Unreachable:
    least = Unreachable()
    found = Unreachable(
        attempts=section.parsed("attempts", count, least.attempts),
        apart=section.parsed("apart", quantities.minutes, least.apart),
        days=section.parsed("days", count, least.days),
    )
    if found.days > found.attempts:
        section.wrong("days", "are more than the attempts", "write as many days as attempts at most")
    section.done()
    return found


def _asking(section: Section) -> Asking:
    of, by = section.choice("ask", words.ASKED), words.LOOKED_AT.get(section.text("ask"))
    if section.has("by"):
        chosen = section.choice("by", words.ASKED_BY)
        if by is not None:
            section.wrong("by", f"is no choice for {of}: that is looked at", "leave it out")
        by = by or chosen
    section.done()
    return Asking(of, by)
