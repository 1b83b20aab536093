"""Folding: what one input does to one subject's document. Pure, apart from the clock readings that it is given.

Everything that can happen to a subject goes through `Subject`: a record of the story, a command, a due timer. What
came of it is taken out as one compare-and-set (`change`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sanfu.contracts.codec import BadBody
from sanfu.contracts.envelope import Event
from sanfu.runtime import outcomes, parking
from sanfu.runtime.letters import Letter, Replay
from sanfu.runtime.outcomes import Cause, Setting, Told, Unkept
from sanfu.runtime.rules import Command, Concern, Due, Input, Outcome, Refusal
from sanfu.runtime.store import MACHINE_KEYS, Change, Document, Entry
from sanfu.runtime.weighing import BUDGET, LARGEST, bytes_of, misfit

REMEMBERED = 200
"""Keys of commands a document remembers: far more than any client repeats, and 20 KB at most."""
MOST_LASTING = 1000
"""Of those that are known for ever (`rules.lasting`), 300 KB at most: the next command of that kind is refused."""

MOST_HEEDED = 2000
"""Streams of other subjects that a document remembers, 120 KB: what bore upon it longest ago is forgotten first."""

WEIGHED_EVERY = 16
"""Records of one source between two looks at the length of a state; a record of so large a part of its budget brings
one at once."""
SPARE = 1024 * 1024
"""Bytes of a document kept free for the records that are put aside with its subject."""

_ABSENT = object()


class Fate(Enum):
    """What became of one record."""

    FOLDED = "folded"
    UNKNOWN = "unknown"  # its type is not one this service looks at; it only advanced `seen`
    REPEATED = "repeated"
    GAP = "gap"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Done:
    """A command's outcome. `repeated`: the key was known, nothing happened now."""

    subject: str
    ver: int
    state: Mapping[str, Any]
    events: Sequence[Event]
    repeated: bool = False


class Subject:
    """One subject's document while a batch works on it."""

    __slots__ = (
        "_asked", "_base", "_set", "applied", "dirty", "heeded", "id", "out", "outbox", "parked", "partition", "pushes",
        "seen", "state", "ver",
    )  # fmt: skip

    def __init__(self, setting: Setting, subject: str, partition: int, document: Document | None) -> None:
        base: Document = document or {}
        self._set, self._base = setting, base
        self.id, self.partition = subject, partition
        self.ver: int = base.get("ver", 0)
        self.out: int = base.get("out", 0)
        self.seen: dict[str, int] = dict(base.get("seen", ()))
        self.applied: list[dict[str, Any]] = base.get("applied", [])
        self.heeded: dict[str, int] = dict(base.get("heeded", ()))
        self.parked: dict[str, Any] | None = base.get("parked")
        self.outbox: list[Entry] = base.get("outbox", [])
        self.state: Mapping[str, Any] = {k: v for k, v in base.items() if k not in MACHINE_KEYS}
        self.pushes: list[Entry] = []
        self.dirty = False
        self._asked: tuple[Mapping[str, Any], datetime | None] | None = None

    # --- the inputs -------------------------------------------------------------------------------------------------

    def take(self, letter: Letter, kind: Replay = Replay.LIVE, *, passing: bool = False) -> Fate:
        """Fold a record of the story. Never raises: what the rules can't fold parks the subject. `passing` lets it
        advance `seen` only."""
        heads = letter.heads
        own = heads.source == self._set.rules.service
        if self.parked is not None:
            return self._park_more(letter)
        last = self.out if own else self.seen.get(heads.source, 0)
        if heads.sequence <= last:
            return Fate.REPEATED
        if heads.sequence > last + 1:
            return Fate.GAP
        known = not passing and (letter.broken is not None or heads.type in self._set.rules.knows)
        if known:
            try:
                event = self._set.event(letter)
                state = self._set.rules.evolve(self.state, event)
                if heads.type in self._set.bears:
                    outcomes.concerned(self._set, event)
                follows = kind is Replay.LIVE and not own
                copies = self._copies(state, event, kind, follows)
                told = self._decided(state, event, Cause(heads.id, heads.traceparent)) if follows else []
                heavy = len(letter.record.value or b"") * WEIGHED_EVERY > BUDGET
                self._try(state, told, copies, weigh=heavy or heads.sequence % WEIGHED_EVERY == 0)
            except Exception as error:  # whatever the rules raise: one subject's failure is not the batch's
                self._park(error, {heads.source: heads.sequence})
                self._send_away(letter)
                return Fate.PARKED
            self.state = state
            self.pushes += copies
            self._commit(told)
        self.dirty = True
        if own:
            self.out = heads.sequence
            self._recall(heads.causation)
        else:
            self.seen[heads.source] = heads.sequence
        return Fate.FOLDED if known else Fate.UNKNOWN

    def has(self, letter: Letter) -> bool:
        """Whether a record of its story is folded; one that waits with a parked subject is not."""
        return letter.heads.sequence <= self._last(letter.heads.source)

    def heed(self, letter: Letter, kind: Replay = Replay.LIVE, event: Event | None = None) -> Fate:
        """Fold an event of another subject that bears upon this one, once, and in the order of its stream. Never
        raises: what the rules can't decide on parks this subject, and it is put away with its records.

        Read again for a rebuild it is only remembered: what followed from it stands in this subject's own stream. Of
        a subject that is not there, and of which nothing is told, nothing is written (UNKNOWN).
        """
        stream, sequence = f"{letter.heads.source}:{letter.heads.subject}", letter.heads.sequence
        if self.parked is not None:
            return self._heed_later(letter, stream) if kind is Replay.LIVE else Fate.UNKNOWN
        if sequence <= self.heeded.get(stream, 0):
            return Fate.REPEATED
        told: list[Told] = []
        if kind is Replay.LIVE:
            try:
                given = Concern(event or self._set.event(letter), self.id)
                told = self._decided(self.state, given, Cause(letter.heads.id, letter.heads.traceparent))
                self._try(self.state, told, weigh=bool(told))
            except Exception as error:
                self._park(error, {})
                return self._heed_later(letter, stream)
        if not told and not self.ver and not self.dirty:
            return Fate.UNKNOWN
        self._commit(told)
        self._heeded(stream, sequence)
        self.dirty = True
        return Fate.FOLDED

    def command(self, command: Command) -> Done:
        """Do a command once. Raises Refusal; then nothing has changed."""
        for was in self.applied:
            if was["key"] == command.key:
                if was["digest"] and command.digest and was["digest"] != command.digest:
                    raise Refusal(409, "key-reused", "this Idempotency-Key was used for another request body")
                return Done(self.id, self.ver, self.state, (), repeated=True)
        if self.parked is not None:
            raise Refusal(409, "parked", "this subject waits for an operator: a record of its story could not be read")
        if self._set.lasts(command.key) and len(self.applied) >= MOST_LASTING and self._lasting() >= MOST_LASTING:
            raise Refusal(409, "too-many-keys", f"{MOST_LASTING} such commands were given here: no more are taken")
        at = self.ver + self.dirty
        if command.if_match is not None and command.if_match != at:
            raise Refusal(
                412, "changed-meanwhile", f"it has version {at} by now, not {command.if_match}: read it again"
            )
        try:
            told = self._decided(self.state, command, Cause(f"command:{command.key}"))
            self._try(self.state, told)
        except (BadBody, Unkept) as error:
            raise Refusal(422, "unfit", f"nobody could keep what comes of it: {error}") from error
        events = self._commit(told)
        if told:
            self._remember(command.key, command.digest)
            self.dirty = True
        return Done(self.id, self.ver + self.dirty, self.state, events)

    def fire(self, until: datetime) -> int:
        """Let the timer go off if it is due at `until`; answer how many events that made. One that would go off
        again at once, having told nothing, parks the subject: it would never rest."""
        if self.parked is not None:
            return 0
        try:
            due = self._next_due()
            if due is None or due > until:
                self.dirty = self.dirty or due != self._base.get("due")  # newer rules than those that armed it
                return 0
            told = self._decided(self.state, Due(due, until), Cause(f"timer:{self.id}"))
            self._try(self.state, told)
            self._commit(told)
            after = self._next_due()
            if after is not None and after <= due and not told:
                raise RuntimeError(f"the timer of {due} did not move")
        except Exception as error:
            self._park(error, {})
            return 0
        self.dirty = True
        return len(told)

    def settle(self) -> int:
        """After a rebuild: announce what should have been announced by now."""
        if self.parked is not None:
            return 0
        try:
            follows = self._set.rules.outstanding(self.state, self._set.now)
            told = self._told(self.state, follows, Cause(None))
            self._try(self.state, told)
        except Exception as error:
            self._park(error, {})
            return 0
        self._commit(told)
        self.dirty = self.dirty or bool(told)
        return len(told)

    def unpark(self, letters: Sequence[Letter], passing: Collection[str] = ()) -> bool:
        """Fold the parked records in their old order, those with an id in `passing` only for their sequence. False,
        and nothing changed, if one still can't be folded or is missing."""
        if self.parked is None:
            return True
        was = (
            self.state, self.out, dict(self.seen), self.applied, dict(self.heeded), list(self.pushes), self.parked,
            self.dirty,
        )  # fmt: skip
        want, heeding = self.parked["seen"], self.parked.get("heeded", {})
        self.parked = None
        fates = (self._again(letter, letter.heads.id in passing) for letter in letters)
        if (
            Fate.PARKED in fates
            or any(self._last(source) < last for source, last in want.items())
            or any(self.heeded.get(stream, 0) < last for stream, last in heeding.items())
        ):
            self.state, self.out, self.seen, self.applied, self.heeded, self.pushes, self.parked, self.dirty = was
            return False
        self.dirty = True
        return True

    # --- what came of it --------------------------------------------------------------------------------------------

    def change(self) -> Change:
        """The one write that holds all of it."""
        sets: dict[str, Any] = {k: v for k, v in self.state.items() if self._base.get(k, _ABSENT) is not v}
        gone = [k for k in self._base if k not in self.state and k not in MACHINE_KEYS]
        sets |= {"ver": self.ver + 1, "p": self.partition, "seen": self.seen, "out": self.out}
        due = self._due()
        for name, value in (("due", due), ("parked", self.parked), ("applied", self.applied or None)):
            if value is not None:
                sets[name] = value
            elif name in self._base:
                gone.append(name)
        if self.heeded and self.heeded != self._base.get("heeded"):
            sets["heeded"] = self.heeded
        return Change(self.id, self.ver, sets, gone, self.pushes)

    @property
    def to_publish(self) -> list[Entry]:
        """The whole outbox as it stands once `change` has been written, oldest first."""
        return [*self.outbox, *self.pushes]

    # --- inside -----------------------------------------------------------------------------------------------------

    def _due(self) -> datetime | None:
        try:
            return None if self.parked is not None else self._next_due()
        except Exception as error:
            self._park(error, {})
            return None

    def _next_due(self) -> datetime | None:
        """Asked of each state once: a rule may have to go through a whole log for it."""
        if self._asked is None or self._asked[0] is not self.state:
            self._asked = self.state, self._set.rules.due(self.state)
        return self._asked[1]

    def _last(self, source: str) -> int:
        return self.out if source == self._set.rules.service else self.seen.get(source, 0)

    def _decided(self, state: Mapping[str, Any], given: Input | Concern, cause: Cause) -> list[Told]:
        rules: Any = self._set.rules  # a Concern comes only to rules that bear one
        return self._told(state, rules.decide(state, given, self._set.now), cause)

    def _copies(self, state: Mapping[str, Any], event: Event, kind: Replay, follows: bool) -> list[Entry]:
        """What an event sends elsewhere. Of one that is not news: what its story alone makes, and copies that may have
        been lost; never records."""
        again = self._set.again
        if kind is Replay.OLD and not again:
            return []
        copies = outcomes.copies(self._set, self.state, state, event)
        if follows:
            return copies
        doubtful = kind is not Replay.OLD
        return [one for one in copies if one["to"] in again or (doubtful and not one["to"].startswith("db:"))]

    def _told(self, state: Mapping[str, Any], follows: Sequence[Outcome], cause: Cause) -> list[Told]:
        return outcomes.told(self._set, self.id, state, follows, out=self.out, cause=cause)

    def _try(
        self, state: Mapping[str, Any], told: Sequence[Told], copies: Sequence[Entry] = (), *, weigh: bool = True
    ) -> None:
        """Raise Unkept if what an input brings about is over the budget, or, of a subject that the store had trouble
        with, is what it can't hold."""
        after = told[-1].state if told else state
        if weigh and (size := bytes_of(after)) > BUDGET:
            raise Unkept(f"the state would have {size} bytes, at most {BUDGET} are allowed")
        if self.id in self._set.careful:
            outbox = [*self.to_publish, *copies, *(entry for one in told for entry in one.entries)]
            if why := misfit({**after, "outbox": outbox}, LARGEST - SPARE):
                raise Unkept(why)

    def _commit(self, told: Sequence[Told]) -> list[Event]:
        for one in told:
            self.state, self.out = one.state, one.event.sequence if one.event else self.out
            self.pushes += one.entries
        return [one.event for one in told if one.event]

    def _recall(self, cause: str | None) -> None:
        """Know again, from an own event of the story, what it once followed from."""
        kind, _, rest = (cause or "").partition(":")
        if kind == "command":
            if all(was["key"] != rest for was in self.applied):
                self._remember(rest, "")
        elif kind and kind != "timer":
            subject, _, sequence = rest.rpartition(":")
            if subject != self.id and sequence.isdecimal():
                self._heeded(f"{kind}:{subject}", int(sequence))

    def _remember(self, key: str, digest: str) -> None:
        """Remember a command, and forget the oldest of those that are not known for ever."""
        self.applied = [*self.applied, {"key": key, "digest": digest}]
        if len(self.applied) > REMEMBERED and len(self.applied) - self._lasting() > REMEMBERED:
            oldest = next(n for n, was in enumerate(self.applied) if not self._set.lasts(was["key"]))
            self.applied = [*self.applied[:oldest], *self.applied[oldest + 1 :]]

    def _lasting(self) -> int:
        return sum(self._set.lasts(was["key"]) for was in self.applied)

    def _heeded(self, stream: str, sequence: int) -> None:
        self.heeded[stream] = max(sequence, self.heeded.pop(stream, 0))  # the newest stands last
        if len(self.heeded) > MOST_HEEDED:
            del self.heeded[next(iter(self.heeded))]

    def _park(self, error: Exception, seen: dict[str, int]) -> None:
        self.parked = parking.mark(error, self._set.now, seen)
        self.dirty = True

    def _park_more(self, letter: Letter) -> Fate:
        assert self.parked is not None  # noqa: S101
        heads, seen = letter.heads, self.parked["seen"]
        last = max(self._last(heads.source), seen.get(heads.source, 0))
        if heads.sequence != last + 1:
            return Fate.REPEATED if heads.sequence <= last else Fate.GAP
        self.parked = {**self.parked, "seen": {**seen, heads.source: heads.sequence}}
        self.dirty = True
        self._send_away(letter)
        return Fate.PARKED

    def _heed_later(self, letter: Letter, stream: str) -> Fate:
        assert self.parked is not None  # noqa: S101
        waiting, sequence = self.parked.get("heeded", {}), letter.heads.sequence
        if sequence <= max(self.heeded.get(stream, 0), waiting.get(stream, 0)):
            return Fate.REPEATED
        self.parked = {**self.parked, "heeded": {**waiting, stream: sequence}}
        self.dirty = True
        self._send_away(letter._replace(concerns=self.id))
        return Fate.PARKED

    def _again(self, letter: Letter, passing: bool) -> Fate:
        if letter.concerns is None:
            return self.take(letter, passing=passing)
        if passing:
            self._heeded(f"{letter.heads.source}:{letter.heads.subject}", letter.heads.sequence)
            return Fate.UNKNOWN
        return self.heed(letter)

    def _send_away(self, letter: Letter) -> None:
        assert self.parked is not None  # noqa: S101
        self.pushes.append(parking.away(self._set, self.id, self.parked, letter))
