"""Conditions of a rule that are no list of codes: areas, answers, the party's liaison, time."""

from collections.abc import Callable, Iterator

from sanfu.city.calendar import Calendar
from sanfu.city.model.rules import When
from sanfu.router.domain.facts import Facts

Condition = Callable[[Facts], bool]


def further(when: When, calendar: Calendar) -> Iterator[tuple[str, Condition]]:
    """Name each such condition that a rule has, and make what tells whether it holds.

    A time is that at which the city received the report, by the city's clock; without one no time holds.
    """
    if when.unit_of_town:
        yield "unit_of_town", lambda facts: facts.unit_of_town
    if wanted := frozenset(when.areas):
        yield "areas", lambda facts: not wanted.isdisjoint(facts.place.areas)
    if when.liaison is not None:
        yield "liaison", lambda facts: (facts.liaison is not None) is when.liaison
    if when.answers:
        yield "answers", lambda facts: all(answer.holds(facts.answers) for answer in when.answers)
    if (times := when.time) is not None:
        yield "time", lambda facts: facts.at is not None and times.hold(facts.at, calendar.has_service)
