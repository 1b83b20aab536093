"""How a deadline comes about, for a case given as data.

A case is an object; instants are ISO 8601 with a zone. All but `start` may be absent where a city pack is given:

    {"start": "2026-02-14T17:40:00+08:00", "grade": "simple", "urgency": "normal", "unit": null, "clock": "handling",
     "asked": null, "pauses": [{"from": …, "to": …}], "extensions": ["3 calendar days"], "zone": "Asia/Shanghai",
     "holidays": {"off": ["2026-02-16"], "make_up": ["2026-02-14"], "years": [2026]},
     "policy": {"service": {"week": {"mon-fri": ["08:30-12:00", "13:30-17:30"]}, "make_up": […], "cut_off": "16:30",
                            "holidays": "kept"},
                "days": [{"date": "2026-03-10", "service": "on", "frames": ["08:30-12:00"]}],
                "limits": {"simple": "same day", "complex": "3 calendar days"},
                "yellow": {"days": 1, "same_day": "2 hours", "short": "30 minutes"}, "round_the_clock": false,
                "days_end": "end_of_service", "day_off": "stays", "cap_same_day": "complex",
                "always_in_service": ["urgent", "emergency"]}}

Limits and times of day are written as in a pack. Without `holidays`, the national calendar's are taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city import quantities
from sanfu.city.calendar import Holidays
from sanfu.city.model.clocks import Clock, DayOverride, LimitCase, Service, Yellow
from sanfu.city.model.pack import Pack
from sanfu.city.model.policy import Policy
from sanfu.contracts.envelope import moment
from sanfu.sla.domain.deadlines import Case, NoLimit, Reckoner, Span
from sanfu.sla.domain.explain import Explanation

YEARS = range(2000, 2101)
SWITCHES = ("days_end", "day_off", "cap_same_day")
FIELDS = {
    "start", "asked", "grade", "urgency", "unit", "clock", "pauses", "extensions", "zone", "holidays", "policy",
    "facts",
}  # fmt: skip
POLICY = {"service", "unit_service", "days", "limits", "yellow", "round_the_clock", "always_in_service", *SWITCHES}


class WrongCase(ValueError):
    """A case that can't be read. The message names the field and says what would be right."""


@dataclass(frozen=True)
class _Ground:
    """What a case stands on where it says nothing itself."""

    policy: Policy
    clock: Clock
    zone: tzinfo


def explain(case: Mapping[str, Any], pack: Pack | None = None, *, national: Holidays) -> Explanation:
    """Reckon a case given as data, over a pack's policy if there is one, by the national calendar if it names no
    holidays of its own. Raises WrongCase, whatever is given."""
    try:
        return _explained(case, pack, national)
    except WrongCase:
        raise
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:
        raise WrongCase(f"case: something in it is not of the right kind: {error}") from None


def _explained(case: Mapping[str, Any], pack: Pack | None, national: Holidays) -> Explanation:
    _only(case, FIELDS, "")
    said = case.get("policy", {})
    _only(said, POLICY, "policy.")
    ground = _ground(case, pack)
    reckoner = Reckoner(_policy(said, ground.policy), ground.zone, _holidays(case, national))
    unit = _text(case, "unit", None)
    facts = {"grade": _text(case, "grade", ground.policy.default_grade), "urgency": _text(case, "urgency", "normal")}
    try:
        deadline = reckoner.deadline(
            Case(
                clock=_clock(said, ground.clock),
                facts={**case.get("facts", {}), **facts},
                start=_read("start", _instant, case.get("start")),
                asked=_read("asked", _instant, case["asked"]) if case.get("asked") else None,
                unit=unit,
                pauses=tuple(_pause(number, one) for number, one in enumerate(case.get("pauses", []))),
                extensions=tuple(_read("extensions", quantities.limit, one) for one in case.get("extensions", [])),
            )
        )
    except NoLimit:
        raise WrongCase(f"policy.limits: there is none for grade {facts['grade']}") from None
    return Explanation(deadline, ground.zone)


def _ground(case: Mapping[str, Any], pack: Pack | None) -> _Ground:
    zone = ZoneInfo(case["zone"]) if "zone" in case else ZoneInfo(pack.zone if pack else "Asia/Shanghai")
    if pack is not None:
        code = case.get("clock", "handling")
        if code not in pack.policy.clocks:
            raise WrongCase(f"clock: there is none called {code}; there are {', '.join(pack.policy.clocks)}")
        return _Ground(pack.policy, pack.policy.clocks[code], zone)
    if "service" not in case.get("policy", {}):
        raise WrongCase("policy.service: say when there is service, or name a city pack")
    grades = tuple(case["policy"].get("limits", {"simple": ""}))
    nothing = Service(week=((),) * 7, make_up=(), cut_off=0)
    policy = Policy(grades=grades, default_grade=grades[0], service=nothing, unit_service={}, overrides={})
    clock = Clock(
        code="handling", name={}, applies={}, starts=(), restarts="never", stops=(), stops_together=False, pauses=(),
        in_charge="city", round_the_clock=False, limits=(), limit_field=None, yellow=None, ladder=(),
    )  # fmt: skip
    return _Ground(policy, clock, zone)


def _policy(said: Mapping[str, Any], under: Policy) -> Policy:
    switches: dict[str, Any] = {name: said[name] for name in SWITCHES if name in said}
    allowed = {"days_end": ("end_of_service", "same_time", "service_minutes"), "day_off": ("stays", "rolls")}
    for name, words in allowed.items():
        if switches.get(name, words[0]) not in words:
            raise WrongCase(f"policy.{name}: {switches[name]!r} is none of {', '.join(words)}")
    if "service" in said:
        switches["service"] = _service("policy.service", said["service"])
    if "unit_service" in said:
        switches["unit_service"] = {
            unit: _service(f"policy.unit_service.{unit}", one) for unit, one in said["unit_service"].items()
        }
    if "days" in said:
        switches["overrides"] = {one.day: one for one in map(_day, said["days"])}
    if "always_in_service" in said:
        switches["always_in_service"] = tuple(said["always_in_service"])
    return replace(under, **switches)


def _service(field: str, said: Mapping[str, Any]) -> Service:
    _only(said, {"week", "make_up", "cut_off", "holidays"}, f"{field}.")
    week: list[tuple[Any, ...]] = [()] * 7
    for days, frames in said.get("week", {}).items():
        for day in _read(f"{field}.week", quantities.weekdays, days):
            week[day] = _read(f"{field}.week.{days}", quantities.frames, frames)
    ends = [day[-1].shuts for day in week if day]
    if not ends:
        raise WrongCase(f'{field}.week: has no service; write {{"mon-fri": ["08:30-12:00", "13:30-17:30"]}}')
    return Service(
        week=tuple(week),
        make_up=_read(f"{field}.make_up", quantities.frames, said["make_up"]) if "make_up" in said else week[0],
        cut_off=_read(f"{field}.cut_off", quantities.time_of_day, said["cut_off"]) if "cut_off" in said else max(ends),
        holidays=said.get("holidays", "kept") == "kept",
    )


def _day(said: Mapping[str, Any]) -> DayOverride:
    frames = _read("policy.days.frames", quantities.frames, said["frames"]) if "frames" in said else None
    return DayOverride(
        _read("policy.days.date", date.fromisoformat, said.get("date")), said.get("service") == "on", frames, ""
    )


def _clock(said: Mapping[str, Any], under: Clock) -> Clock:
    changed: dict[str, Any] = {}
    if "limits" in said:
        changed["limits"] = tuple(
            LimitCase({"grade": (grade,)}, _read(f"policy.limits.{grade}", quantities.limit, limit))
            for grade, limit in said["limits"].items()
        )
    if "yellow" in said:
        yellow = said["yellow"] or {}
        _only(yellow, {"days", "same_day", "short"}, "policy.yellow.")
        lengths = {
            n: _read(f"policy.yellow.{n}", quantities.minutes, yellow[n]) for n in ("same_day", "short") if n in yellow
        }
        changed["yellow"] = Yellow(yellow.get("days"), lengths.get("same_day"), lengths.get("short"))
    if "round_the_clock" in said:
        changed["round_the_clock"] = bool(said["round_the_clock"])
    return replace(under, **changed)


def _holidays(case: Mapping[str, Any], national: Holidays) -> Holidays:
    said = case.get("holidays", "CN")
    if said == "CN":
        return national
    _only(said, {"off", "make_up", "years"}, "holidays.")
    off, make_up = (
        frozenset(_read(f"holidays.{name}", date.fromisoformat, one) for one in said.get(name, []))
        for name in ("off", "make_up")
    )
    return Holidays(off, make_up, frozenset(said.get("years", {day.year for day in off | make_up})))


def _pause(number: int, said: Mapping[str, Any]) -> Span:
    _only(said, {"from", "to"}, f"pauses.{number}.")
    begins, ends = (_read(f"pauses.{number}.{name}", _instant, said.get(name)) for name in ("from", "to"))
    return Span(begins, ends)


def _instant(text: str) -> datetime:
    at = moment(text)
    if at.year not in YEARS:
        raise ValueError(f"write an instant of the years {YEARS[0]} to {YEARS[-1]}")
    return at


def _only(said: Any, known: set[str], under: str) -> None:
    if not isinstance(said, Mapping):
        raise WrongCase(f"{under.rstrip('.') or 'case'}: should be an object")
    if unknown := sorted(set(said) - known):
        raise WrongCase(f"{under}{unknown[0]}: no such field; there are {', '.join(sorted(known))}")


def _text(said: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    value = said.get(name, otherwise)
    if value is not None and not isinstance(value, str):
        raise WrongCase(f"{name}: should be a text")
    return value


def _read(field: str, reader: Any, value: Any) -> Any:
    try:
        return reader(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise WrongCase(f"{field}: {value!r} can't be read: {error}") from None
