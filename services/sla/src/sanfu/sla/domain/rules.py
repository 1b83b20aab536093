"""What the service does: set deadlines, change lights. Pure; holds one version of a city's pack.

evolve keeps two things apart: what others told (`log`, `facts`) and what this service announced (`clocks`). How a
clock stands is read off both (`sanfu.sla.domain.runs`), so the order in which the two kinds of event were folded does
not matter. What the policy says goes into DeadlineSet; a clock that runs goes by that, not by the pack of the day.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.calendar import Holidays
from sanfu.city.model.clocks import Clock
from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant, moment
from sanfu.runtime.rules import Command, Draft, Due, Input, Insert, Refusal, Relay, State
from sanfu.sla.domain import announcing, keeping, story
from sanfu.sla.domain.announcing import Announcer
from sanfu.sla.domain.deadlines import NoLimit, Reckoner
from sanfu.sla.domain.explain import Explanation
from sanfu.sla.domain.keeping import clocks_of
from sanfu.sla.domain.ladder import Ladder, first
from sanfu.sla.domain.runs import Announced, Run, log_before, run_of
from sanfu.sla.domain.whose import about, seen
from sanfu.sla.domain.within import overtaken


@dataclass(frozen=True, slots=True)
class Replanned:
    """A clock before and after a replan, and the events that this takes."""

    before: Run
    after: Run
    drafts: tuple[Draft, ...]
    at: str

    def shown(self) -> dict[str, Any]:
        """Return it for those who look before they replan."""
        was, news = self.before.announced, self.after.announced
        pairs = {name: was[name] for name in ("limit", "yellow")} | {
            f"new_{name}": news[name] for name in ("limit", "yellow")
        }
        lights = {"light": self.before.light, "new_light": self.after.light_by(self.at)}
        only = all(was[name] == news[name] for name in ("limit", "yellow"))
        return {
            "clock": was["clock"],
            "about": was["about"],
            "unit": was["unit"],
            **pairs,
            **lights,
            "triggers_only": only,
        }


class SlaRules:
    """Satisfies `sanfu.runtime.rules.Rules`."""

    service = "sla"
    knows = story.TOLD | story.OWN

    def __init__(self, pack: Pack, holidays: Holidays) -> None:
        self.pack, self.holidays = pack, holidays
        self.reckoner = Reckoner(pack.policy, ZoneInfo(pack.zone), holidays)
        self._announcer = Announcer(pack, self.reckoner)
        self._ladder = Ladder(pack, self.reckoner)

    # ── evolve ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def evolve(self, state: State, event: Event) -> State:
        match event.type:
            case names.DEADLINE_SET:
                after = _announced(state, event)
            case names.LIGHT_CHANGED:
                after = _noted(state, event.data, lambda clock: {"lit": [*clock.get("lit", []), event.data["level"]]})
            case names.ESCALATION_RAISED:
                step = event.data["step"]
                return _noted(state, event.data, lambda clock: {"climbed": max(step, clock.get("climbed", 0))})
            case _:
                after = story.told_of(state, event)
        return {**after, "open": list(_open(after))}

    # ── decide ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def decide(self, state: State, given: Input, now: datetime) -> Sequence[Draft]:
        match given:
            case Event():
                return self._and_within(state, [*self._followed(state, instant(now))], instant(now))
            case Due():
                fired = [*self._fired(state, instant(given.heard or given.at), instant(now))]
                return self._and_within(state, fired, instant(now))
            case Command(name="Replan"):
                replanned = [draft for one in self.replanned(state, now) for draft in one.drafts]
                return self._and_within(state, replanned, instant(now))
            case Command():
                raise Refusal(404, "unknown-command", f"sla knows no command {given.name}")

    def outstanding(self, state: State, now: datetime) -> Sequence[Draft]:
        """Announce what a lost outbox never did: starts, new versions, lights that go out. Lights that go on have
        their timers."""
        clocks = clocks_of(state)
        gone = [announced for announced in clocks.values() if announced["clock"] not in self.pack.policy.clocks]
        drafts = [draft for announced in gone for draft in self._after(state, announced, instant(now))]
        drafts += [draft for clock in self._clocks() for draft in self._missed(state, clock, instant(now))]
        return self._and_within(state, drafts, instant(now))

    def _and_within(self, state: State, drafts: list[Draft], now: str) -> list[Draft]:
        """Add what follows for the clocks that lie within one that has an earlier limit now."""
        known, clocks = clocks_of(state), self.pack.policy.clocks
        for run, outer in [*overtaken(clocks, known, drafts, lambda one: self._standing(one, state), now)]:
            draft = self._announcer.within(run, outer, state["facts"])
            if draft is None:
                continue
            version = (keeping.key(run.announced), run.announced["version"])
            fresh = [n for n, one in enumerate(drafts) if (keeping.key(one.data), one.data["version"]) == version]
            if (
                fresh and drafts[fresh[0]].type == names.DEADLINE_SET
            ):  # told at this instant: one version says all of it
                told = {name: drafts[fresh[0]].data[name] for name in ("version", "reason")}
                drafts[fresh[0]] = Draft(draft.type, {**draft.data, **told})
            else:
                drafts += [*_superseded(run, now), draft]
        return drafts

    def _followed(self, state: State, now: str) -> Iterator[Draft]:
        """What follows from the story's last event: clocks that start, and those that it stops or changes."""
        told, facts, clocks = state["log"][-1], state["facts"], clocks_of(state)
        runs = [(clock, clocks.get(_key(clock, told))) for clock in self._clocks()]
        starting = [(clock, before) for clock, before in runs if self._starts(state, before, clock, told, facts)]
        begun = {_key(clock, told) for clock, _ in starting}
        for key, announced in clocks.items():
            if key not in begun:
                yield from self._after(state, announced, now)
        for clock, before in starting:
            yield from self._started(state, before, clock, told, facts)

    def _fired(self, state: State, heard: str, now: str) -> Iterator[Draft]:
        """What is due by `heard`: lights, and rests that end by themselves."""
        for announced in clocks_of(state).values():
            changes = [*self._after(state, announced, heard, at=heard)]
            run = self._standing(announced, state)
            yield from changes or [*self._lights(run, heard, now), *self._ladder.climbed(run, state, heard, now)]

    def _lights(self, run: Run, heard: str, now: str) -> Iterator[Draft]:
        """Both overdue: yellow is marked as skipped. Red waits until its own instant has been heard of."""
        crossings = [*run.crossings()]
        for at, level in crossings:
            overtaken = level == "yellow" and any(one == "red" and when <= now for when, one in crossings)
            if at <= heard:
                yield announcing.light(run.announced, level, at=now, skipped=overtaken)

    # ── starts ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _clocks(self) -> Iterator[Clock]:
        return iter(self.pack.policy.clocks.values())

    def _starts(
        self, state: State, before: Announced | None, clock: Clock, told: story.Happening, facts: Mapping[str, Any]
    ) -> bool:
        """Tell whether an event starts a run of this clock, given the run that it had before."""
        named = any(t.fits(told["type"], told["data"], told["grade"]) for t in clock.starts) and not told.get("void")
        if not named or not clock.applies_to(story.texts(facts)):
            return False
        if before is None or before["started_by"] == told["id"]:
            return before is None
        match clock.restarts:
            case "never":
                return False
            case "each_start":
                return True
            case "each_round":
                return bool(facts.get("round", 1) > before["round"])
            case "each_lead":
                earlier = log_before(state["log"], told["id"])
                led, stopped = _lead_at(state, before["started_by"]), run_of(before, earlier).stopped
                return facts.get("round", 1) > before["round"] or facts.get("unit") != led or stopped is not None

    def _started(
        self, state: State, before: Announced | None, clock: Clock, told: story.Happening, facts: Mapping[str, Any]
    ) -> Iterator[Draft]:
        log = log_before(state["log"], told["id"])
        draft = self._announcer.started(clock, told, facts, before["version"] + 1 if before else 1, log)
        if draft is not None:
            if before is not None:
                yield from _superseded(run_of(before, log), told["at"])
            yield draft

    def _missed(self, state: State, clock: Clock, now: str) -> Iterator[Draft]:
        """Go through the story from the last event that started any clock: what came before it was announced."""
        clocks, retold = clocks_of(state), [*story.retold(state.get("log", []))]
        begun = {announced["started_by"] for announced in clocks.values()}
        known = max((number for number, (told, _) in enumerate(retold) if told["id"] in begun), default=0)
        lasts = {key: announced for key, announced in clocks.items() if announced["clock"] == clock.code}
        for told, facts in retold[known:]:
            last = lasts.get(_key(clock, told))
            if self._starts(state, last, clock, told, facts):
                for draft in self._started(state, last, clock, told, facts):
                    yield draft
                    if draft.type == names.DEADLINE_SET:
                        lasts[keeping.key(draft.data)] = {**draft.data, **keeping.OWN}
        for last in lasts.values():
            after = [*self._after(state, last, now)]
            yield from after or self._gone_dark(state, last)

    def _gone_dark(self, state: State, last: Announced) -> Iterator[Draft]:
        """A light that went out for a version which was lost, and is not called for by now, comes on again."""
        run = self._standing(last, state)
        if run.stopped is None and run.went_out:
            yield self._announcer.again(run, state["facts"])

    # ── another policy or calendar ───────────────────────────────────────────────────────────────────────────────────

    def replanned(self, state: State, now: datetime) -> list[Replanned]:
        """Say what becomes of each clock that runs if the pack in use had always held; those that stay are left out.

        A new version begins dark; its lights have their timers, which wait until the story was read to its end.
        """
        found = []
        for announced in clocks_of(state).values():
            run = self._standing(announced, state)
            draft = None if run.stopped else self._announcer.replanned(run, state["facts"], instant(now))
            if draft is not None:
                anew = self._standing({**draft.data, **keeping.OWN}, state)
                found.append(Replanned(run, anew, (*_put_out(run, instant(now)), draft), instant(now)))
        return found

    # ── what becomes of a clock that was announced ───────────────────────────────────────────────────────────────────

    def _standing(self, announced: Announced, state: State) -> Run:
        """Hold a clock against the story, its rests cut at their caps."""
        run = run_of(announced, state.get("log", []))
        return replace(run, rests=self._announcer.capped(run)) if run.rests else run

    def _after(self, state: State, announced: Announced, now: str, *, at: str | None = None) -> Iterator[Draft]:
        """Put a stopped clock's light out; set the deadline anew where what it was reckoned from has changed, by `at`
        (the last event, if not told)."""
        run = self._standing(announced, state)
        if run.stopped is not None:
            yield from _stopped(run)
            return
        draft = self._changed(run, state, now)
        if draft is None:
            return
        voided = draft.data["reason"] == "stop_voided"
        if not voided:  # while it counted as stopped nothing was crossed, and its light was out
            yield from _superseded(run, at or state["log"][-1]["at"])
        yield draft
        if voided and draft.data["limit"] <= now:  # what it crossed while it counted as stopped
            if draft.data["yellow"]:
                yield announcing.light(draft.data, "yellow", at=now, skipped=True)
            yield announcing.light(draft.data, "red", at=now, reason="stop_voided")

    def _changed(self, run: Run, state: State, now: str) -> Draft | None:
        """Set a deadline anew, once for all that has changed: a later limit may count a rest that began after the
        earlier one, and that moves it again."""
        draft = self._announcer.changed(run, state["facts"], now)
        for _ in run.rests:  # each time round reckons one more of them at least
            if draft is None:
                break
            anew = self._standing({**draft.data, **keeping.OWN}, state)
            more = self._announcer.changed(anew, state["facts"], now)
            if more is None:
                break
            once = {name: draft.data[name] for name in ("version", "reason")}
            draft = Draft(more.type, {**more.data, **once})
        return draft

    # ── timers ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def due(self, state: State) -> datetime | None:
        """Return the earliest instant at which a clock changes its light, or runs on after a rest."""
        found = [at for one in clocks_of(state).values() for at in self._instants(self._standing(one, state), state)]
        return moment(min(found)) if found else None

    def _instants(self, run: Run, state: State) -> Iterator[str]:
        yield from (at for at, _ in run.crossings())
        if run.stopped is None:
            yield from (rest.ends for rest in run.unreckoned if rest.ends is not None)
        if (step := first(self._ladder.steps(run, state))) is not None:
            yield step

    def relay(self, before: State, after: State, event: Event) -> Sequence[Relay | Insert]:
        return ()

    # ── what it says when asked ──────────────────────────────────────────────────────────────────────────────────────

    def shown(self, state: State) -> list[dict[str, Any]]:
        """Return every clock of a subject, with its light and how it stands."""
        names_of = (
            "clock",
            "about",
            "unit",
            "round",
            "version",
            "starts",
            "limit",
            "yellow",
            "grade",
            "paused",
            "unknown_year",
        )
        found = []
        for key, announced in clocks_of(state).items():
            run = run_of(announced, state.get("log", []))
            told = {"key": key, **{name: announced[name] for name in names_of}}
            stopped = {"stopped": run.stopped, "in_time": run.in_time if run.stopped else None}
            found.append({**told, "light": run.light, "resting": run.rests_now, **stopped})
        return found

    def explained(self, state: State, key: str) -> Explanation | None:
        """Return how a clock's deadline comes about by this pack; None where there is no such clock. `key` is how a
        state names it: its code, or `assist:2`."""
        announced = clocks_of(state).get(key)
        clock = self.pack.policy.clocks.get(announced["clock"]) if announced else None
        if announced is None or clock is None:
            return None
        reckoned = {name: announced[name] for name in ("grade", "urgency") if announced[name]}
        facts = seen({**state["facts"], **reckoned}, announced["about"])
        try:
            deadline = self.reckoner.deadline(self._announcer.case(clock, announced, facts))
        except NoLimit:
            return None
        return Explanation(deadline, ZoneInfo(self.pack.zone))


def _stopped(run: Run) -> Iterator[Draft]:
    """Record what was crossed before the stop and not heard of in time; then put the light out."""
    crossed = [level for _, level in run.crossings()]
    stopped = run.stopped or ""
    for level in crossed:
        yield announcing.light(run.announced, level, at=stopped, skipped=True)
    if crossed or run.light != "none":
        reason = "stopped_in_time" if run.in_time else "stopped_late"
        yield announcing.light(run.announced, "none", at=stopped, reason=reason)


def _superseded(run: Run, at: str) -> Iterator[Draft]:
    """Record what an older version had crossed by `at`; then put its light out."""
    crossed = [level for when, level in run.crossings() if when <= at]
    for level in crossed:
        yield announcing.light(run.announced, level, at=at, skipped=True)
    if crossed or run.light != "none":
        yield announcing.light(run.announced, "none", at=at, reason="deadline_moved")


def _put_out(run: Run, at: str) -> Iterator[Draft]:
    """Put the light of a version out that another replaces."""
    if run.light != "none":
        yield announcing.light(run.announced, "none", at=at, reason="deadline_moved")


def _announced(state: State, event: Event) -> State:
    clocks, key = state.get("clocks", {}), keeping.key(event.data)
    known = clocks.get(key)
    if known is not None and known["version"] >= event.data["version"]:
        return state
    return {**state, "clocks": {**clocks, key: keeping.kept(event.data, event.time)}}


def _noted(state: State, data: Mapping[str, Any], note: Callable[[State], State]) -> State:
    """Return the state with something noted about a version of a clock, if it is the one that holds."""
    clocks, key = state.get("clocks", {}), keeping.key(data)
    known = clocks.get(key)
    if known is None or known["version"] != data["version"]:
        return state
    return {**state, "clocks": {**clocks, key: {**known, **note(known)}}}


def _open(state: State) -> Iterator[Mapping[str, Any]]:
    """List the clocks that are not stopped, for those who ask: what one looks for, and what the log says of them."""
    for announced in clocks_of(state).values():
        run = run_of(announced, state.get("log", []))
        if run.stopped is None:
            found = {name: announced[name] for name in ("clock", "unit", "limit")}
            more = {name: announced[name] for name in ("about", "unknown_year")} | {"resting": run.rests_now}
            yield {**found, "light": run.light, **{name: value for name, value in more.items() if value}}


def _key(clock: Clock, told: story.Happening) -> str:
    """Return under which name the run of a clock is kept that an event would start."""
    return keeping.key({"clock": clock.code, "about": about(clock, told)})


def _lead_at(state: State, id: str) -> str | None:
    """Return who led after an event of the log."""
    return next((facts.get("unit") for told, facts in story.retold(state["log"]) if told["id"] == id), None)
