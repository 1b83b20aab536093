"""Desk's rules: the case folded from the story, commands through the table and the sender's scope."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sanfu.city.calendar import Holidays
from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import Event
from sanfu.desk.domain import bearing, replying, waits
from sanfu.desk.domain import case as story
from sanfu.desk.domain.deeds import correcting, errands, following, handling, limits, petitions
from sanfu.desk.domain.deeds.deed import NO_MARKS, SYSTEM_BY, Deed
from sanfu.desk.domain.deeds.doing import DEEDS
from sanfu.desk.domain.deeds.ending import EXEMPT, closing, handlers
from sanfu.desk.domain.deeds.levels import heed_confidence, heed_words
from sanfu.desk.domain.deeds.succession import passed_on, recast, succeeded
from sanfu.desk.domain.hearing import NO_WORDS, marked
from sanfu.desk.domain.lots import NO_LOTS, Lots
from sanfu.desk.domain.parts import standings
from sanfu.desk.domain.rounds import content, handled, this_round
from sanfu.desk.domain.scope import Clause, Scope, covering
from sanfu.desk.domain.secrecy import Seal, discreet, hides, withheld
from sanfu.desk.domain.table import JUDGING, TABLE, Capacity, allowed
from sanfu.runtime.rules import Command, Concern, Draft, Due, Input, Insert, Named, Outcome, Refusal, Relay, State


@dataclass(frozen=True, slots=True)
class DeskRules:
    """`rules.Rules` of desk. A command's data is `{said, scope}`: its body with every field, masked, and what its
    sender may see and do at this instant (`domain.scope.scope`)."""

    pack: Pack
    holidays: Holidays
    lots: Lots = NO_LOTS
    seal: Seal | None = None
    """Locks what is written about confidential and sealed issues; without a key ring nobody writes there."""
    service: str = "desk"
    knows: frozenset[str] = story.KNOWN
    bears: frozenset[str] = bearing.BEARS
    remade: frozenset[str] = frozenset({"history"})

    def lasts(self, key: str) -> bool:
        return replying.is_key(key, self.pack.units)

    def evolve(self, state: State, event: Event) -> State:
        return story.evolve(state, event)

    def decide(self, state: State, given: Input | Concern, now: datetime) -> Sequence[Outcome]:
        match given:
            case Concern(event, subject):
                return self._borne(bearing.decided(self._by_itself(state, now), event, subject), state, subject, now)
            case Command(name="succeed"):
                return succeeded(state, given.data)
            case Command(name="succeed_category"):
                return recast(state, given.data)
            case Command(name="succeed_post"):
                return passed_on(state, given.data)
            case Command(name=replying.REFUSE):
                return replying.refused(state, given)
            case Command():
                return self._obey(state, given, now)
            case Due():
                return self._waited(state, now)
            case Event():
                return self._heeded(state, given.subject, now)

    def _borne(self, drafts: Sequence[Draft], case: State, id: str, now: datetime) -> Sequence[Outcome]:
        """What others make of the case. Where that makes it confidential, its own texts are sealed; without a key ring
        there is nowhere to put them, and it stays as it is."""
        if not any(map(hides, drafts)):
            return withheld(drafts, case)
        if self.seal is None:
            return [draft for draft in drafts if not hides(draft)]
        return discreet(drafts, case, id, self.seal, now)

    def _heeded(self, case: State, id: str, now: datetime) -> Sequence[Outcome]:
        """What follows by itself from what its party added: it is more urgent, or for fewer people. What a lost store
        did not tell of the latter is told with the next event: its words are nowhere meanwhile."""
        if not case.get("spoken") and not case.get("confided"):
            return ()
        return self._borne([*heed_words(case, self.pack), *heed_confidence(case, self.pack)], case, id, now)

    def _waited(self, case: State, now: datetime) -> Sequence[Draft]:
        """What the case waited for has come: the earliest of it; the rest is looked at in its turn."""
        waited = waits.next_of(case)
        if waited is None:
            return ()
        return withheld(waits.ENDS[waited[1]](self._by_itself(case, now)), case)

    def _by_itself(self, case: State, now: datetime) -> Deed:
        """What nobody orders: the case goes on by itself."""
        return Deed(case, {}, SYSTEM_BY, now, self.pack, self.holidays, lots=self.lots)

    def concerned(self, event: Event) -> Sequence[Named]:
        return bearing.concerned(event)

    def due(self, state: State) -> datetime | None:
        waited = waits.next_of(state)
        return waited[0] if waited else None

    def relay(self, before: State, after: State, event: Event) -> Sequence[Relay | Insert]:
        return [Insert("history", entry) for entry in story.gone(event.subject, before, after)] if after else ()

    def outstanding(self, state: State, now: datetime) -> Sequence[Draft]:
        """What the system owes, a closing or the alarm of what was added: it follows its cause in one write, and may
        have been lost with it."""
        if not state:
            return ()
        if alarmed := heed_words(state, self.pack):
            return withheld(alarmed, state)
        match state["state"]:
            case "answered" | "refused" | "withdrawn" as settled:
                return [closing(settled, state)]
            case "forwarded":
                return [closing("other_route", state)]
            case "followed_up" if content(this_round(state).get("follow_up", EXEMPT)):
                return [closing("merged" if state["head"] else "resolved", state)]
        return ()

    def _obey(self, case: State, command: Command, now: datetime) -> Sequence[Outcome]:
        said, scope = command.data["said"], command.data["scope"]
        clauses = covering(scope, case) if case else ()
        if not clauses:
            raise unknown()
        clause = _capacity(case, command, clauses, self.pack)
        by = {"id": command.actor.id, "role": clause.role, "unit": clause.acts_for or command.actor.unit}
        deed = Deed(
            case, said, by, now, self.pack, self.holidays, home=command.actor.unit, lots=self.lots,
            id=command.data.get("id", ""), others=command.data.get("others", {}),
            marks=command.data.get("marks", NO_MARKS), words=command.data.get("words", NO_WORDS),
        )  # fmt: skip
        told = discreet(self._listened(deed, DEEDS[command.name](deed)), case, deed.id, self.seal, now)
        contact = command.data.get("contact")
        return [correcting.record(deed.id, contact, case, now), *told] if contact else told

    def _listened(self, deed: Deed, told: Sequence[Draft]) -> Sequence[Draft]:
        """Add what follows by itself from what a party says by a command, for the case as the command leaves it."""
        heard = deed.heard
        if not any(heard):
            return told
        told = marked(told, heard)
        after = self._after(deed, told)
        return [*told, *heed_words(after, self.pack), *heed_confidence(after, self.pack)]

    def _after(self, deed: Deed, told: Sequence[Draft]) -> State:
        """Return the case as it will be: what is told is not numbered yet, and no rule asks for that."""
        after = deed.case
        for draft in told:
            after = self.evolve(after, Event("", draft.type, self.service, deed.id, 0, deed.now, draft.data))
        return after


def _capacity(case: State, command: Command, clauses: Scope, pack: Pack) -> Clause:
    """Return the clause under which the sender does this now. Raises Refusal, naming what they may do instead."""
    name, who = command.name, command.actor.id

    def able(clause: Clause) -> bool:
        step = TABLE.get((case["state"], name, clause.role))
        if step is None or clause.only_reads or (clause.commands is not None and name not in clause.commands):
            return False
        return step.standing in standings(case, clause.units, clause.need)

    if found := next((c for c in clauses if able(c) and not _recused(case, name, c)), None):
        return found
    if any(able(clause) for clause in clauses):
        raise Refusal(409, "recused", "The issue complains of your unit: others decide, and others ask.")
    mine = offered(case, clauses, who, pack)
    detail = f"{name} is not for you while the case is {case['state']}; you may do: {', '.join(mine) or 'nothing'}."
    raise Refusal(409, "not-now", detail, state=case["state"], allowed=list(mine))


def _recused(case: State, name: str, clause: Clause) -> bool:
    """Tell whether somebody decides nothing of this, because the issue complains of their unit: but what the unit that
    leads or helps has to do, it does."""
    step = TABLE[case["state"], name, clause.role]
    return step.standing in JUDGING and clause.recused(case)


NEEDS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "acknowledge": handling.to_acknowledge,
    "contact": handling.to_contact,
    "void": lambda case: "handle" in this_round(case),
    "request_reopen": handled,
    **dict.fromkeys(("follow_up", "attempt", "rate", "exempt"), following.to_be_asked),
    "correct_contact": lambda case: case["party_kind"] != "none",
    "admit": petitions.admissible,
    "plan_errand": errands.plannable,
    "ask_review": petitions.reviewable,
    "object": lambda case: bool(case["settled"] and case["settled"]["until"]),
}
"""Commands that are offered only where there is something for them to do."""
GRANTED: Mapping[str, Callable[[Mapping[str, Any], Pack], bool]] = {
    "ask_extension": limits.may_ask_extension,
    "suspend": limits.may_suspend,
}
"""Commands that are offered only where the city's policy has something to give to such a case."""


def unknown() -> Refusal:
    """The same answer for a case that does not exist and for one that is outside the asker's scope."""
    return Refusal(404, "case-unknown", "There is no such case, or it is not one of yours.")


def acting(case: Mapping[str, Any], clauses: Sequence[Clause]) -> Iterator[Capacity]:
    """In which roles somebody may act on a case they see, and for which of its units; for none, where it complains of
    theirs."""
    for clause in clauses:
        if clause.only_reads:
            continue
        kept = standings(case, clause.units, clause.need) - (JUDGING if clause.recused(case) else set())
        yield from ((clause.role, standing) for standing in kept)


def offered(case: Mapping[str, Any], scope: Scope, who: str, pack: Pack) -> tuple[str, ...]:
    """Name the commands a case offers to somebody who looks at it."""
    mine = allowed(case, acting(case, covering(scope, case)))
    if (within := [clause.commands for clause in covering(scope, case)]) and None not in within:
        mine = tuple(name for name in mine if any(name in commands for commands in within if commands))
    idle = {*(name for name, needs in NEEDS.items() if not needs(case))}
    idle |= {name for name, grants in GRANTED.items() if not grants(case, pack)}
    if who in handlers(case):
        idle |= {"close", "follow_up"}
    if following.filed_by(case, who):
        idle |= {"attempt", "follow_up"}
    return tuple(name for name in mine if name not in idle)
