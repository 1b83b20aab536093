"""The ladder: who hears of a red light, step by step, while nobody reacts. Pure.

A step comes so long after red, or after the last reaction since, if there was one: whoever moves the case buys the time
up to the next step anew. While a clock rests nobody climbs. Which steps there are, and who hears of them, the pack in
use says: a ladder is no part of a deadline.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sanfu.city.model.clocks import GROUP, LEAD, OFFICE, Clock, Rung
from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.contracts.envelope import instant, moment
from sanfu.runtime.rules import Draft
from sanfu.sla.domain.deadlines import Reckoner
from sanfu.sla.domain.runs import Run
from sanfu.sla.domain.whose import group, in_charge, seen, whose_hours


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its number, from 1, and when it comes if nobody reacts before."""

    number: int
    at: str
    rung: Rung


class Ladder:
    """Climbs by one pack."""

    def __init__(self, pack: Pack, reckoner: Reckoner) -> None:
        self._pack, self._reckoner = pack, reckoner

    def steps(self, run: Run, state: Mapping[str, Any]) -> list[Step]:
        """Return the steps that a red clock has not climbed yet, in order."""
        clock = self._pack.policy.clocks.get(run.announced["clock"])
        if clock is None or not clock.ladder or run.stopped is not None or run.light != "red":
            return []
        since = self._since(run, clock, state)
        if since is None:
            return []
        facts = seen(state["facts"], run.announced["about"])
        calendar = self._reckoner.lenient(clock, facts, whose_hours(clock, facts))
        return [
            Step(number, instant(self._reckoner.after(calendar, moment(since), rung.after)), rung)
            for number, rung in enumerate(clock.ladder, 1)
            if number > run.announced["climbed"]
        ]

    def climbed(self, run: Run, state: Mapping[str, Any], heard: str, now: str) -> Iterator[Draft]:
        """Raise what is due by `heard`; a step that the next one has overtaken by `now` is recorded as skipped."""
        steps = self.steps(run, state)
        for step in steps:
            if step.at <= heard:
                overtaken = any(later.number > step.number and later.at <= now for later in steps)
                yield self._raised(run, step, state["facts"], now, skipped=overtaken)

    def _raised(self, run: Run, step: Step, facts: Mapping[str, Any], now: str, *, skipped: bool) -> Draft:
        told = {name: run.announced[name] for name in ("clock", "about", "version", "round", "unit", "limit")}
        late = int((moment(now) - moment(told["limit"])).total_seconds())
        to = {"step": step.number, "to_unit": self._addressee(run, step.rung, facts), "to_role": step.rung.role}
        level = {"level": "red", "late_by": max(0, late), "skipped": skipped, "reason": None}
        return Draft(names.ESCALATION_RAISED, told | to | level)

    def _addressee(self, run: Run, rung: Rung, facts: Mapping[str, Any]) -> str:
        match rung.unit:
            case str(code) if code == LEAD:
                return str(facts.get("unit") or run.announced["unit"])
            case str(code) if code == OFFICE:
                return self._pack.office_unit
            case str(code) if code == GROUP:
                return group(self._pack, facts)
            case code:
                return code

    def _since(self, run: Run, clock: Clock, state: Mapping[str, Any]) -> str | None:
        """From when on nobody reacted: the limit; the moment this version was set, if that was later; the last
        command of who should act; the end of a rest. None while it rests."""
        ends = [rest.ends for rest in run.rests]
        if None in ends:
            return None
        limit, set_at = str(run.announced["limit"]), str(run.announced["set_at"] or "")
        acted: Mapping[str, str] = state.get("acted", {})
        who = self._who(clock, seen(state["facts"], run.announced["about"]))
        reactions = [at for unit, at in acted.items() if unit == who or self._parent(unit) == who]
        return max(limit, set_at, *reactions, *(at for at in ends if at))

    def _who(self, clock: Clock, facts: Mapping[str, Any]) -> str:
        """Return whose commands are a reaction: those of who is in charge; the city's promise is the lead's to keep."""
        lead = facts.get("unit")
        return str(lead) if clock.in_charge == "city" and lead else in_charge(self._pack, clock, facts)

    def _parent(self, unit: str) -> str | None:
        known = self._pack.units.get(unit)
        inside = known is not None and known.kind in ("section", "team", "village")
        return known.parent if known is not None and inside else None


def first(steps: Sequence[Step]) -> str | None:
    """Return the instant of the next step."""
    return min((step.at for step in steps), default=None)
