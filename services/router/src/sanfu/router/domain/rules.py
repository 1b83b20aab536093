"""The router's rules, as the machine asks for them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sanfu.city.calendar import Holidays
from sanfu.city.model.pack import Pack
from sanfu.city.vocabulary import SECRECIES
from sanfu.contracts.envelope import Event
from sanfu.router.domain import fanout, story
from sanfu.router.domain.decisions import Report
from sanfu.router.domain.guessing import Model
from sanfu.router.domain.routing import NO_HOLIDAYS, Routing
from sanfu.router.domain.sketches import Draughtsman
from sanfu.router.domain.suspecting import SUSPECT, told
from sanfu.router.domain.waiting import calls
from sanfu.router.domain.words import Rarity
from sanfu.runtime.rules import Command, Draft, Input, Insert, Refusal, Relay, State


class RouterRules:
    """Routes what is submitted, answers returns and alarms, and fans the story out; all by one pack."""

    service = story.SERVICE
    knows = story.READ | story.WRITTEN

    def __init__(
        self,
        pack: Pack,
        rarity: Rarity | None = None,
        model: Model | None = None,
        holidays: Holidays = NO_HOLIDAYS,
    ) -> None:
        self.pack = pack
        self.routing = Routing(pack, model, holidays)
        self.draughtsman = Draughtsman(pack.categories, rarity or Rarity())
        self._zone = ZoneInfo(pack.zone)

    def evolve(self, state: State, event: Event) -> State:
        return story.evolve(state, event)

    def decide(self, state: State, given: Input, now: datetime) -> Sequence[Draft]:
        if isinstance(given, Command):
            if given.name == SUSPECT:
                return told(state, given.data)
            raise Refusal(405, "no-such-command", "The router takes no commands: who leads is said at the desk.")
        waiting = state.get("waiting")
        if waiting is None or not isinstance(given, Event) or waiting["open"][-1]["cause"] != given.id:
            return ()
        return (self._answer(state, waiting["open"][-1], self.day(now)),)

    def due(self, state: State) -> datetime | None:
        return None

    def relay(self, before: State, after: State, event: Event) -> Sequence[Relay | Insert]:
        return tuple(fanout.copies(self.pack, before, after, event))

    def outstanding(self, state: State, now: datetime) -> Sequence[Draft]:
        """Answer the last open question, unless somebody has decided meanwhile."""
        waiting = state.get("waiting")
        if waiting is None or not self._is_open(waiting["open"][-1], state["standing"]):
            return ()
        return (self._answer(state, waiting["open"][-1], self.day(now)),)

    @staticmethod
    def _is_open(question: Mapping[str, Any], standing: Mapping[str, Any]) -> bool:
        match question["what"]:
            case "submitted":
                return not standing["over"] and standing["assignment"] == 0
            case "returned":
                return calls(standing, question)
            case _:
                loud = any("emergency" in unit["as"] for unit in standing["units"].values())
                told_of = standing["over"] or standing.get("secrecy") == "sealed" or loud
                return standing["urgency"] == "emergency" and not told_of

    def day(self, now: datetime) -> date:
        return now.astimezone(self._zone).date()

    def _answer(self, state: State, question: Mapping[str, Any], day: date) -> Draft:
        report = self._report(state, day)
        match question["what"]:
            case "returned":
                return self.routing.reroute(report, question, day)
            case "alarmed":
                return self.routing.alarm(report, state["standing"]["lead"], day)
            case _:
                return self.routing.route(report, day)

    def submitted(self, state: State, day: date | None = None) -> Report:
        """The report as it was when it came in, or as it would be seen on a day, as far as the state still has it: of
        what became secret since, no text. Only of a state whose track has `asked`."""
        said, asked = state["said"], state["track"]["asked"]
        secrecy = max(asked["secrecy"], state["standing"].get("secrecy", "sealed"), key=SECRECIES.index)
        facts = self.routing.facts(said, asked["urgency"], secrecy, asked.get("category"), day=day)
        return Report(facts, asked.get("complains_of", ()))

    def _report(self, state: State, day: date) -> Report:
        said, standing = state["said"], state["standing"]
        category = standing.get("category")
        facts = self.routing.facts(said, standing["urgency"], standing["secrecy"], category, day=day)
        return Report(
            facts, said.get("complains_of", ()), standing["assignment"], standing["round"], standing.get("grade")
        )
