"""Of which events no unit leads yet follows from the life of a case: a text for staff says of which unit they are."""

from sanfu.city.placeholders import ADDRESSED, ANYBODY, PLACEHOLDERS, UNLED
from sanfu.contracts.registry import EVENTS
from sanfu.contracts.schemas import schema
from sanfu.desk.domain.table import SYSTEM, TABLE

BEFORE_DESK = {"intake", "router"}
"""They speak of a case before anybody at the desk does."""
STAFF = {*ANYBODY} - {"party", "filer"}
DECIDED = {state for state, command, _ in TABLE if command == "dispatch"}
"""States in which it is still decided which unit leads."""


def by_people() -> dict[str, set[str]]:
    """Type of an event → the states in which people bring it about."""
    found: dict[str, set[str]] = {}
    for (state, _, role), step in TABLE.items():
        if role not in SYSTEM:
            found.setdefault(step.event, set()).add(state)
    return found


def test_the_events_before_there_is_a_lead_are_those_of_the_life_of_a_case() -> None:
    before = {type for type, states in by_people().items() if states <= DECIDED}
    before |= {event.type for event in EVENTS if {*event.writers} <= BEFORE_DESK}
    naming = {event.type for event in EVENTS if "unit" in schema(event).get("required", ())}
    for_staff = {type for type in PLACEHOLDERS if STAFF & {*ADDRESSED.get(type, ANYBODY)}}
    assert (before - naming) & for_staff == UNLED
