"""How a clock stands by the story: is it stopped, when did it rest, what was granted. Pure, and without any policy.

What starts, stops and rests a clock was written into its DeadlineSet when it was set; so a newer policy changes
nothing about a clock that runs. Instants are strings as `instant()` writes them: they compare as the instants do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sanfu.contracts import names
from sanfu.sla.domain.story import ASSIGNMENTS, Happening

Announced = Mapping[str, Any]
"""A clock as its last DeadlineSet has it, with `lit`, the levels announced for this version, in order; `climbed`, the
highest step of its ladder that was raised; `set_at`, when it was set, if its limit had passed by then."""


@dataclass(frozen=True, slots=True)
class Rested:
    """A rest in one state: from when, until when; None: it lasts."""

    state: str
    begins: str
    ends: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """An announced clock beside the story. `stopped`: the instant that counts. `granted`: the limit last granted."""

    announced: Announced
    stopped: str | None
    rests: tuple[Rested, ...]
    granted: str | None
    voided: int

    @property
    def light(self) -> str:
        """Return the light that is on."""
        lit = self.announced["lit"]
        return str(lit[-1]) if lit else "none"

    @property
    def went_out(self) -> bool:
        """Tell whether this version's light was on and went out, as it does for a stop or for another version."""
        return bool(self.announced["lit"]) and self.light == "none"

    def light_by(self, at: str) -> str:
        """Return the light that should be on at an instant."""
        return next((level for when, level in reversed([*self.crossings()]) if when <= at), self.light)

    @property
    def rests_now(self) -> bool:
        """Tell whether it rests, as far as the story goes: a rest that its cap ended was reckoned when it did."""
        reckoned = {rest["begins"] for rest in self.announced["paused"]}
        return self.stopped is None and any(r.ends is None and r.begins not in reckoned for r in self.rests)

    @property
    def in_time(self) -> bool:
        """Tell whether it was stopped before its limit: at the instant of the limit it is late."""
        return self.stopped is not None and self.stopped < self.announced["limit"]

    @property
    def unreckoned(self) -> tuple[Rested, ...]:
        """Return the rests that will move the limit and have not yet: not those that began when it had passed."""
        known = {(rest["begins"], rest["ends"]) for rest in self.announced["paused"]}
        return tuple(r for r in self.rests if r.begins < self.announced["limit"] and (r.begins, r.ends) not in known)

    @property
    def until(self) -> str | None:
        """Up to when its crossings are real: the stop, or the rest it is in; None: it runs."""
        ends = [rest.begins for rest in self.unreckoned]
        return min(ends if self.stopped is None else [self.stopped, *ends], default=None)

    def crossings(self) -> Iterator[tuple[str, str]]:
        """Yield (instant, level) of what it crosses and has not announced, yellow before red.

        A light before a stop or a rest is real, whenever that is heard of; one after it never comes.
        """
        until, lit = self.until, self.announced["lit"]
        for level, at in (("yellow", self.announced["yellow"]), ("red", self.announced["limit"])):
            if at is not None and level not in lit and "red" not in lit and (until is None or at <= until):
                yield at, level


def run_of(announced: Announced, log: Sequence[Happening]) -> Run:
    """Hold a clock against the log."""
    reading = _Reading(announced)
    for told in _resting_before(announced, log):
        reading.rest_before(told)
    for told in _since(announced["started_by"], log):
        reading.read(told)
    return reading.run()


def log_before(log: Sequence[Happening], id: str) -> Sequence[Happening]:
    """Return what the story told before an event."""
    at = next((number for number, told in enumerate(log) if told["id"] == id), len(log))
    return log[:at]


def _since(started_by: str, log: Sequence[Happening]) -> Sequence[Happening]:
    """Return what came after the event that started the clock; all of it, if the log no longer reaches back."""
    at = next((number for number, told in enumerate(log) if told["id"] == started_by), -1)
    return log[at + 1 :]


def _resting_before(announced: Announced, log: Sequence[Happening]) -> Sequence[Happening]:
    """Return what a clock that is kept for a part of the subject finds under way: since there is this lead."""
    before = log_before(log, announced["started_by"]) if announced["about"] else ()
    led = max((number for number, told in enumerate(before) if told["type"] in LED_FROM), default=0)
    return before[led:] if len(before) < len(log) else ()


LED_FROM = {*ASSIGNMENTS, names.RETURN_ADJUDICATED, names.ISSUE_REOPENED}
_ALWAYS = {names.COMPLETION_VOIDED, names.ISSUE_SEPARATED, names.EXTENSION_DECIDED}


def _triggers(announced: Announced) -> Iterator[Mapping[str, Any]]:
    yield from announced["stops"]
    yield from announced["ends"]
    for rest in announced["rests"]:
        yield from rest["begins"]
        yield from rest["ends"]


class _Reading:
    """Goes through the log once, for one clock."""

    def __init__(self, announced: Announced) -> None:
        self._announced = announced
        self._types = {trigger["event"] for trigger in _triggers(announced)} | _ALWAYS
        self._met: dict[int, str] = {}
        self._stopped: str | None = None
        self._stopped_by = ""
        self._rests: list[Rested] = []
        self._granted: str | None = None
        self._voided = 0

    def rest_before(self, told: Happening) -> None:
        """Note a rest that may last still when the clock starts: it rests from its start then."""
        starts = self._announced["starts"]
        self._rest(told)
        lasting = [rest for rest in self._rests if rest.ends is None or rest.ends > starts]
        self._rests = [Rested(rest.state, max(rest.begins, starts), rest.ends) for rest in lasting]

    def read(self, told: Happening) -> None:
        if told["type"] not in self._types:
            return
        if self._is_void_stop(told):
            self._met, self._stopped, self._voided = {}, None, self._voided + 1
        elif self._stopped is None:
            self._stop(told)
            self._rest(told)
            self._extend(told)

    def _is_void_stop(self, told: Happening) -> bool:
        """Tell whether what had been reported as done was not, or what it was merged into came to nothing: then the
        clock has run on all the while; but in that case not against the unit that had led it, whose it was no more."""
        if self._stopped is None or told["data"].get("round", 1) != self._announced["round"]:
            return False
        match told["type"]:
            case names.COMPLETION_VOIDED:
                return self._stopped_by == names.ISSUE_HANDLED
            case names.ISSUE_SEPARATED:
                return self._stopped_by == names.ISSUE_MERGED and told["data"].get("unit") != self._announced["unit"]
        return False

    def _stop(self, told: Happening) -> None:
        met = [number for number, trigger in enumerate(self._announced["stops"]) if fits(trigger, told)]
        for number in met:
            self._met.setdefault(number, told["at"])
        if met and (not self._announced["stops_together"] or len(self._met) == len(self._announced["stops"])):
            self._stopped, self._stopped_by = max(self._met.values()), told["type"]
        elif any(fits(trigger, told) for trigger in self._announced["ends"]):
            self._stopped, self._stopped_by = told["at"], told["type"]

    def _extend(self, told: Happening) -> None:
        clocks = (self._announced["clock"], *self._announced["extended_with"])
        if told["type"] == names.EXTENSION_DECIDED and told["data"].get("clock") in clocks:
            self._granted = told["data"].get("until") if told["data"].get("granted") else self._granted

    def _rest(self, told: Happening) -> None:
        for rest in self._announced["rests"]:
            open_ = [one for one in self._rests if one.state == rest["state"] and _open_at(one, told["at"])]
            if open_ and any(fits(trigger, told) for trigger in rest["ends"]):
                self._rests[self._rests.index(open_[-1])] = Rested(rest["state"], open_[-1].begins, told["at"])
            elif not open_ and any(fits(trigger, told) for trigger in rest["begins"]):
                self._rests.append(Rested(rest["state"], told["at"], told["data"].get("until")))

    def run(self) -> Run:
        return Run(self._announced, self._stopped, tuple(self._rests), self._granted, self._voided)


def _open_at(rest: Rested, at: str) -> bool:
    return rest.ends is None or rest.ends > at


def fits(trigger: Mapping[str, Any], told: Happening) -> bool:
    """Tell whether an event is what a trigger names; an assignment that is outranked never is."""
    return (
        told["type"] == trigger["event"]
        and not told.get("void")
        and (not trigger.get("grades") or told["grade"] in trigger["grades"])
        and all(told["data"].get(name) in allowed for name, allowed in trigger.get("where", {}).items())
    )
