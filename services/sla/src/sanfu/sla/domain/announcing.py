"""The bodies of DeadlineSet and LightChanged: what was decided, with all that it was decided from."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sanfu.city.calendar import Calendar
from sanfu.city.model.clocks import Clock, Limit, Pause, Trigger, limit_of
from sanfu.city.model.pack import Pack
from sanfu.city.model.policy import Policy
from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.runtime.rules import Draft
from sanfu.sla.domain import keeping, story, whose
from sanfu.sla.domain.deadlines import Case, Deadline, NoLimit, Reckoner, Span
from sanfu.sla.domain.returns import Earlier, wrongly_returned
from sanfu.sla.domain.runs import Announced, Rested, Run, run_of
from sanfu.sla.domain.whose import in_charge, seen, whose_hours

DAYS = ("calendar_days", "working_days")
TRIGGERS = ("stops", "stops_together", "ends", "rests", "extended_with")


def light(announced: Announced, level: str, *, at: str, reason: str | None = None, skipped: bool = False) -> Draft:
    """Say that a light of this version goes on, or out, at an instant."""
    late = (moment(at) - moment(announced["limit"])).total_seconds()
    told = {name: announced[name] for name in ("clock", "about", "version", "round", "unit", "limit", "grade")}
    why = reason or ("yellow_due" if level == "yellow" else "limit_passed")
    body = {"level": level, "skipped": skipped, "reason": why, "late_by": max(0, int(late))}
    return Draft(names.LIGHT_CHANGED, told | body)


class Announcer:
    """Reckons by one pack and writes it down."""

    def __init__(self, pack: Pack, reckoner: Reckoner) -> None:
        self._pack, self._reckoner = pack, reckoner

    # ── a clock starts ───────────────────────────────────────────────────────────────────────────────────────────────

    def started(
        self,
        clock: Clock,
        told: story.Happening,
        facts: Mapping[str, Any],
        version: int,
        log: Sequence[story.Happening],
    ) -> Draft | None:
        """Set the first deadline of a run; None where the policy has no limit for such a case. `log` is what the story
        told before: a run that only a wrong return had ended goes on from its start."""
        fixed = told["data"].get(clock.limit_field) if clock.limit_field else None
        about = whose.about(clock, told)
        facts = seen(facts, about)
        begun = {
            "clock": clock.code, "about": about, "version": version, "round": facts.get("round", 1),
            "starts": told["at"], "started_by": told["id"], "not_its_own": [], "paused": [],
            "extended_days": 0, "extended_until": None,
            "voided_stops": 0, "fixed": fixed, **self.triggers(clock, facts, about),
        }  # fmt: skip
        if clock.charges_returns and (earlier := wrongly_returned([*log, told], facts)):
            begun |= {"starts": earlier.starts, "not_its_own": [*self._away(begun, earlier, facts, log)]}
        return self._set(clock, begun, facts, "started")

    def _away(
        self, begun: Mapping[str, Any], earlier: Earlier, facts: Mapping[str, Any], log: Sequence[story.Happening]
    ) -> Iterator[dict[str, str]]:
        """List the time before a run that its unit is not charged: the office's, and pauses."""
        whole = {**begun, **{name: facts.get(name) for name in ("grade", "urgency")}, "started_by": earlier.by}
        rests = self.capped(run_of({**whole, "stops": [], "ends": []}, log))
        paused = ((rest.begins, rest.ends) for rest in rests if rest.ends is not None)
        for begins, ends in sorted({*earlier.away, *paused}):
            yield {"begins": begins, "ends": ends}

    def triggers(self, clock: Clock, facts: Mapping[str, Any], about: str | None) -> dict[str, Any]:
        """Return what stops, ends and rests a clock, by this policy."""
        policy = self._pack.policy
        return {
            "stops": [_of_assist(_trigger(one), about) for one in clock.stops], "stops_together": clock.stops_together,
            "ends": [_trigger(one) for one in policy.over], "rests": [*_rests(policy, clock, facts)],
            "extended_with": list(clock.extended_with),
        }  # fmt: skip

    # ── a clock that runs is reckoned anew ───────────────────────────────────────────────────────────────────────────

    def changed(self, run: Run, facts: Mapping[str, Any], now: str) -> Draft | None:
        """Set the deadline anew, from the original start, if what it was reckoned from is no longer so."""
        was = run.announced
        facts = seen(facts, was["about"])
        clock = self._pack.policy.clocks.get(was["clock"])
        paused = [{"begins": rest.begins, "ends": rest.ends} for rest in _over(run, now)]
        news = {**was, "version": was["version"] + 1, "paused": paused, "voided_stops": run.voided}
        reason = self._why(run, facts, paused, clock)
        if reason is None:
            return None
        if clock is None or reason == "handed_over":
            return self._moved(news, was, clock, facts, reason)
        news |= self._granted(run, clock, news, facts)
        if reason == "grade_changed":  # what it may rest goes by the grade
            news["rests"] = [*self._capped_anew(was["rests"], facts)]
        return self._anew(news, was, clock, facts, reason)

    def replanned(self, run: Run, facts: Mapping[str, Any], now: str) -> Draft | None:
        """Set the deadline anew as if this pack had always held, if that changes its instants or its triggers. None
        too where the pack has no such clock, or no limit for such a case."""
        was = run.announced
        facts = seen(facts, was["about"])
        clock = self._pack.policy.clocks.get(was["clock"])
        if clock is None:
            return None
        paused = [{"begins": rest.begins, "ends": rest.ends} for rest in _over(run, now)]
        news = {**was, "version": was["version"] + 1, "paused": paused, "voided_stops": run.voided}
        news |= self.triggers(clock, facts, was["about"])
        news |= self._granted(run, clock, news, facts)
        draft = self._set(clock, news, facts, "replanned")
        same = draft is None or all(draft.data[name] == was[name] for name in ("limit", "yellow", *TRIGGERS))
        return None if same else draft

    def within(self, run: Run, outer: Announced, facts: Mapping[str, Any]) -> Draft | None:
        """Set the deadline anew by a clock than which it is no later. From then on its pauses move it as they move
        that; those before are in it."""
        was = run.announced
        clock = self._pack.policy.clocks[was["clock"]]
        news = {**was, "version": was["version"] + 1, "fixed": outer["limit"], "fixed_after": len(was["paused"])}
        return self._set(clock, news, seen(facts, was["about"]), "outer_shortened")

    def again(self, run: Run, facts: Mapping[str, Any]) -> Draft:
        """Set the same deadline again: the version before it went out for one that was never announced."""
        was = run.announced
        clock = self._pack.policy.clocks.get(was["clock"])
        return self._moved({**was, "version": was["version"] + 1}, was, clock, seen(facts, was["about"]), "replanned")

    def _granted(self, run: Run, clock: Clock, news: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
        if run.granted is None or run.granted == run.announced["extended_until"]:
            return {}
        return {"extended_until": run.granted, "extended_days": self._extended(clock, news, facts, run.granted)}

    def _capped_anew(self, rests: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for rest in rests:
            pause = self._pack.policy.pauses.get(rest["state"])
            yield {**rest, "cap": rest["cap"] if pause is None else _cap(pause, facts)}

    def _anew(
        self, news: dict[str, Any], was: Announced, clock: Clock, facts: Mapping[str, Any], reason: str
    ) -> Draft | None:
        draft = self._set(clock, news, facts, reason)
        if reason not in ("grade_changed", "urgency_changed"):
            return draft or self._moved(news, was, clock, facts, reason)
        if draft is not None and any(draft.data[name] != was[name] for name in ("limit", "yellow", "paused")):
            return draft
        if in_charge(self._pack, clock, facts) == was["unit"]:
            return None
        return self._moved(news, was, clock, facts, "handed_over")

    def _extended(self, clock: Clock, run: Mapping[str, Any], facts: Mapping[str, Any], until: str) -> int:
        """Say what a granted limit grants in days, with those granted before: days of service where the clock counts
        in those."""
        without = self._set(clock, run, facts, "extended")
        granted = int(run["extended_days"])
        if without is None:
            return granted
        calendar = self._reckoner.lenient(clock, facts, whose_hours(clock, facts))
        first, last = (calendar.day_of(moment(at)) for at in (without.data["limit"], until))
        limit = limit_of(clock.limits, story.texts(facts))
        days = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
        if limit is not None and limit.kind == "working_days":
            days = [day for day in days if calendar.has_service(day)]
        return granted + len(days)

    def _why(self, run: Run, facts: Mapping[str, Any], paused: list[dict[str, Any]], clock: Clock | None) -> str | None:
        was = run.announced
        if run.voided != was["voided_stops"]:
            return "stop_voided"
        if clock is not None:
            if facts.get("grade") != was["grade"]:
                return "grade_changed"
            if facts.get("urgency") != was["urgency"]:
                return "urgency_changed"
            if run.granted is not None and run.granted != was["extended_until"]:
                return "extended"
        if paused != was["paused"]:
            return "resumed"
        return "handed_over" if clock is not None and in_charge(self._pack, clock, facts) != was["unit"] else None

    def _set(self, clock: Clock, run: Mapping[str, Any], facts: Mapping[str, Any], reason: str) -> Draft | None:
        try:
            deadline = self._reckoner.deadline(self.case(clock, run, facts))
        except NoLimit:
            return None
        return self._draft(clock, run, facts, reason, deadline)

    def case(self, clock: Clock, run: Mapping[str, Any], facts: Mapping[str, Any]) -> Case:
        """Return what a run's deadline is reckoned from; `facts` as that run sees them."""
        said = story.texts(facts)
        limit = limit_of(clock.limits, said)
        kind = limit.kind if limit is not None and limit.kind in DAYS else "calendar_days"
        return Case(
            clock=clock, facts=said, start=moment(run["starts"]), unit=whose_hours(clock, facts),
            pauses=tuple(
                Span(moment(one["begins"]), moment(one["ends"]))
                for one in (*run["not_its_own"], *run["paused"][run.get("fixed_after", 0) :])
            ),
            extensions=(Limit(kind, run["extended_days"]),) if run["extended_days"] else (),
            fixed=moment(run["fixed"]) if run["fixed"] else None, asked=_asked(clock, run, facts),
        )  # fmt: skip

    def _draft(
        self, clock: Clock, run: Mapping[str, Any], facts: Mapping[str, Any], reason: str, deadline: Deadline
    ) -> Draft:
        found = {
            "limit": instant(deadline.limit), "yellow": instant(deadline.yellow) if deadline.yellow else None,
            "grade": facts.get("grade"), "urgency": facts.get("urgency"), "unit": in_charge(self._pack, clock, facts),
            "unknown_year": deadline.unknown_year, "reason": reason, "pack": self._pack.version,
        }  # fmt: skip
        return Draft(names.DEADLINE_SET, keeping.told(run) | found)

    def _moved(
        self, news: dict[str, Any], was: Announced, clock: Clock | None, facts: Mapping[str, Any], reason: str
    ) -> Draft:
        """Keep the limit: the lead changed, or the clock is no longer in the policy. Then new pauses move it by all
        of their time, for there is nothing else to reckon by."""
        known = {(one["begins"], one["ends"]) for one in was["paused"]}
        more = sum(
            (moment(p["ends"]) - moment(p["begins"]) for p in news["paused"] if (p["begins"], p["ends"]) not in known),
            timedelta(),
        )
        news["limit"] = instant(moment(was["limit"]) + more)
        news["yellow"] = was["yellow"] and instant(moment(was["yellow"]) + more)
        unit = in_charge(self._pack, clock, facts) if clock is not None else was["unit"]
        told = {"reason": reason, "unit": unit, "pack": self._pack.version}
        return Draft(names.DEADLINE_SET, keeping.told(news) | told)

    # ── caps of rests ────────────────────────────────────────────────────────────────────────────────────────────────

    def capped(self, run: Run) -> tuple[Rested, ...]:
        """Cut the rests of a run where those of their kind have used up what they may take together."""
        caps = {rest["state"]: rest["cap"] for rest in run.announced["rests"]}
        clock = self._pack.policy.clocks.get(run.announced["clock"])
        facts = {name: run.announced[name] for name in ("grade", "urgency") if run.announced[name]}
        calendar = self._reckoner.lenient(clock, facts, whose_hours(clock, facts) if clock else None)
        found, left = list[Rested](), dict[str, timedelta]()
        for rest in run.rests:
            cap = caps[rest.state]
            if cap is None:
                found.append(rest)
                continue
            budget = left.get(rest.state, _amount(calendar, cap))
            ends, left[rest.state] = _cut(calendar, cap["kind"], rest, budget)
            if ends is None or ends > rest.begins:
                found.append(Rested(rest.state, rest.begins, ends))
        return tuple(found)


def _amount(calendar: Calendar, cap: Mapping[str, Any]) -> timedelta:
    match cap["kind"]:
        case "calendar_days":
            return timedelta(days=cap["n"])
        case "working_days":
            return timedelta(minutes=cap["n"] * calendar.minutes_of_a_day())
        case _:
            return timedelta(minutes=cap["n"])


def _cut(calendar: Calendar, kind: str, rest: Rested, budget: timedelta) -> tuple[str, timedelta]:
    """Return when a rest ends, at the latest when its budget is spent, and what is left of that."""
    begins = moment(rest.begins)
    in_service = kind in ("working_days", "service_minutes")
    latest = calendar.after_service(begins, budget) if in_service else begins + budget
    ends = min(latest, moment(rest.ends)) if rest.ends is not None else latest
    used = calendar.service_between(begins, ends) if in_service else ends - begins
    return instant(ends), budget - used


def _over(run: Run, now: str) -> list[Rested]:
    """Return the rests that move the limit, in order of their beginning: those reckoned already, and those over."""
    fresh = {rest for rest in run.unreckoned if rest.ends is not None and rest.ends <= now}
    known = {(one["begins"], one["ends"]) for one in run.announced["paused"]}
    over = [rest for rest in run.rests if rest in fresh or (rest.begins, rest.ends) in known]
    return sorted(over, key=lambda rest: rest.begins)


def _asked(clock: Clock, run: Mapping[str, Any], facts: Mapping[str, Any]) -> datetime | None:
    """Return the limit that came with the issue, for the round in which it came. A unit that begins when it had passed
    has the policy's own: the time before was not its."""
    asked = facts.get(clock.not_after) if clock.not_after and run["round"] == 1 else None
    if asked is None or (clock.in_charge != "city" and asked <= run["starts"]):
        return None
    return moment(asked)


def _rests(policy: Policy, clock: Clock, facts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for state in clock.pauses:
        pause = policy.pauses[state]
        yield {
            "state": state,
            "begins": [_trigger(one) for one in pause.begins],
            "ends": [_trigger(one) for one in pause.ends],
            "cap": _cap(pause, facts),
        }


def _cap(pause: Pause, facts: Mapping[str, Any]) -> dict[str, Any] | None:
    cap = limit_of(pause.cap, story.texts(facts))
    return {"kind": cap.kind, "n": cap.n} if cap is not None else None


def _of_assist(trigger: dict[str, Any], about: str | None) -> dict[str, Any]:
    """Let a trigger mean the one assist that a run is kept for."""
    if about is None or trigger["event"] not in story.ASSISTS:
        return trigger
    return {**trigger, "where": {**trigger["where"], "number": [whose.number_of(about)]}}


def _trigger(trigger: Trigger) -> dict[str, Any]:
    where = {name: list(allowed) for name, allowed in trigger.where.items()}
    return {"event": trigger.event, "where": where, "grades": list(trigger.grades)}
