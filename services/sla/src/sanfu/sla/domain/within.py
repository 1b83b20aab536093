"""Tasks inside a case: none of an assisting unit is due later than the unit that leads. Pure.

A lead's limit that becomes earlier (a shorter grade, another lead, a replan) takes along what was given before; one
that becomes later leaves it where it is. Not while the lead's rests, for a rest moves both when it is over; and not to
an instant that has passed already, for the time before it was not the assisting unit's.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from sanfu.city.model.clocks import Clock
from sanfu.contracts import names
from sanfu.runtime.rules import Draft
from sanfu.sla.domain import keeping
from sanfu.sla.domain.runs import Announced, Run

Standing = Callable[[Announced], Run]


def overtaken(
    clocks: Mapping[str, Clock],
    announced: Mapping[str, Announced],
    drafts: Sequence[Draft],
    standing: Standing,
    now: str,
) -> Iterator[tuple[Run, Announced]]:
    """Find each run whose limit is later than that of the clock within which it lies, with that clock; `drafts`: what
    is told at this very instant."""
    if all(clock.within is None for clock in clocks.values()):
        return
    told = {keeping.key(one.data): {**one.data, **keeping.OWN} for one in drafts if one.type == names.DEADLINE_SET}
    newest = {**announced, **told}
    for one in newest.values():
        clock = clocks.get(one["clock"])
        outer = newest.get(clock.within) if clock and clock.within else None
        if outer is None or not now < outer["limit"] < one["limit"]:
            continue
        lead, run = standing(outer), standing(one)
        if lead.stopped is None and not lead.rests_now and run.stopped is None:
            yield run, outer
