"""Affairs' rules, as the machine asks for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sanfu.city.calendar import Holidays
from sanfu.city.model.pack import Pack
from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.affairs import lists, meetings, orders, tasks
from sanfu.desk.domain.affairs.state import HISTORY, LIGHTS, SUCCESSION, is_affair
from sanfu.desk.domain.affairs.table import HOLDER, LIST, NEW, TABLE, allowed
from sanfu.desk.domain.deeds.deed import SYSTEM_BY, Deed
from sanfu.desk.domain.deeds.succession import SUCCEED, SUCCEED_POST, succeeded
from sanfu.desk.domain.scope import Clause, Scope, covering
from sanfu.desk.domain.secrecy import Seal, discreet_about, hush_about, hushed
from sanfu.desk.domain.state import Case, Change, Fold
from sanfu.desk.domain.table import LEAD
from sanfu.runtime.rules import Command, Concern, Draft, Due, Input, Insert, Named, Outcome, Refusal, Relay, State

BEARS: Final = frozenset({*orders.FOLDS, *meetings.FOLDS, *tasks.FOLDS, names.FINDING_NOTED})
HUSHES: Final = frozenset({names.SECRECY_CHANGED, names.AFFAIR_NOTED, names.ORIGIN_NOTED})
"""Events by which an issue that is confidential tells an affair so."""


def _hushed(affair: Case, event: Event) -> Change:
    hush = lists.hushed if affair["what"] == LIST else hushed
    return hush(affair, event.data["issue"])


FOLDS: Final[Mapping[str, Fold]] = {
    **orders.FOLDS,
    **meetings.FOLDS,
    **tasks.FOLDS,
    **lists.FOLDS,
    **SUCCESSION,
    **LIGHTS,
    names.AFFAIR_HUSHED: _hushed,
}
DEEDS: Final = {**orders.DEEDS, **meetings.DEEDS, **tasks.DEEDS, **lists.DEEDS}
MAKES: Final[Mapping[str, str]] = {"raise": "order", "call": "meeting", "open": LIST}
"""Command that makes an affair → what it makes."""


@dataclass(frozen=True, slots=True)
class AffairRules:
    """`runtime.rules.Bearing` of affairs. A command's data is `{said, scope, others, secret}`: its body, what its
    sender may see and do, the cases that its body names, as they stand, and which of those it bears upon are
    confidential or sealed, whoever may see them."""

    pack: Pack
    holidays: Holidays
    seal: Seal | None = None
    service: str = "desk"
    knows: frozenset[str] = frozenset(FOLDS)
    bears: frozenset[str] = BEARS

    def evolve(self, state: State, event: Event) -> State:
        change = FOLDS[event.type](state, event)
        if change is None:
            return state
        entry = {
            "at": instant(event.time),
            "id": event.id,
            "type": event.type,
            "by": dict(event.data.get("by") or SYSTEM_BY),
        }
        return {**state, **change, "history": [*state.get("history", ()), entry][-HISTORY:]}

    def decide(self, state: State, given: Input | Concern, now: datetime) -> Sequence[Outcome]:
        match given:
            case Command(name=name) if name == SUCCEED:
                return succeeded(state, given.data)
            case Command(name=name) if name == SUCCEED_POST:
                return lists.pass_on(state, given.data)
            case Command(name=orders.OWE):
                return () if state else orders.raised_late(given.data, self.pack, self.holidays, now)
            case Command():
                return self._obey(state, given, now)
            case Concern(event, subject):
                return self._concerned(state, event, subject, now)
            case Event() | Due():
                return ()

    def concerned(self, event: Event) -> Sequence[Named]:
        """An affair bears upon the issues that it names, and a meeting upon the tasks it set."""
        return [Named(one, None if is_affair(one) else names.ISSUES) for one in event.data["concerns"]]

    def due(self, state: State) -> datetime | None:
        return None

    def relay(self, before: State, after: State, event: Event) -> Sequence[Relay | Insert]:
        return ()

    def outstanding(self, state: State, now: datetime) -> Sequence[Draft]:
        return ()

    def _concerned(self, state: State, event: Event, subject: str, now: datetime) -> Sequence[Outcome]:
        if event.type in HUSHES:
            return self._hushed(state, event, now)
        if state:  # it was made before: an id that is derived makes one affair
            found = event.type == names.ISSUE_SUBMITTED and state["what"] == LIST
            return lists.found(state, event) if found else ()
        if event.type == names.ISSUE_SUBMITTED:
            return ()
        if event.type == names.MEETING_HELD:
            return tasks.set_by(event, subject)
        return orders.by_rule(event, self.pack, self.holidays, now)

    def _hushed(self, state: State, event: Event, now: datetime) -> Sequence[Outcome]:
        held = state.get("what") == LIST
        if not (lists.hushed if held else hushed)(state, event.subject):
            return ()
        written = lists.text_about(state, event.subject) if held else state
        body = {"by": SYSTEM_BY, "issue": event.subject, "concerns": []}
        return hush_about(Draft(names.AFFAIR_HUSHED, body), written, event.subject, self.seal, now)

    def _obey(self, affair: State, command: Command, now: datetime) -> Sequence[Outcome]:
        scope: Scope = command.data["scope"]
        clauses = (covering(scope, affair) if affair else scope) if affair or command.name in MAKES else ()
        if not clauses:
            raise unknown()
        what, state = (affair["what"], affair["state"]) if affair else (MAKES[command.name], NEW)
        able = acting(affair, clauses)
        clause = next((one for one in able if (what, state, command.name, one.role) in TABLE), None)
        if clause is None:
            mine = allowed(what, state, [one.role for one in able])
            detail = f"{command.name} is not for you while it is {state}; you may do: {', '.join(mine) or 'nothing'}."
            raise Refusal(409, "not-now", detail, state=state, allowed=list(mine))
        role = command.actor.role if clause.role == HOLDER else clause.role
        by = {"id": command.actor.id, "role": role, "unit": clause.acts_for or command.actor.unit}
        data = command.data
        deed = Deed(
            affair, data["said"], by, now, self.pack, self.holidays, home=command.actor.unit, id=data["id"],
            others=data["others"],
        )  # fmt: skip
        return discreet_about(DEEDS[command.name](deed), data["secret"], self.seal, now)


def acting(affair: Mapping[str, Any], clauses: Sequence[Clause]) -> list[Clause]:
    """Under which clauses somebody may act on an affair they see: those of a unit only where theirs has to act, or,
    where none has to, for any that is theirs."""
    unit = affair.get("unit") if affair else None
    return [one for one in clauses if one.role not in LEAD or unit is None or one.leads(affair)]


def offered(affair: Mapping[str, Any], scope: Scope) -> tuple[str, ...]:
    """Name the commands an affair offers to somebody who looks at it."""
    return allowed(affair["what"], affair["state"], [one.role for one in acting(affair, covering(scope, affair))])


def unknown() -> Refusal:
    """The same answer for an affair that does not exist and for one that is outside the asker's scope."""
    return Refusal(404, "affair-unknown", "There is no such order, meeting, task or list, or it is not one of yours.")
