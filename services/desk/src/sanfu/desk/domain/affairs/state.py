"""What an affair is made of, beside what its kind adds.

- `what` it is (order, meeting, task, list), its `state`, `open`; `unit` that has to act, `units` that may see it
- `concerns`: the issues it bears upon; `limit`: by when something has to be done (NEVER if nothing)
- `secrecy`, `audience`, `channel`, `town`, `party_code`, `filer`: what a scope asks of a case: one function serves both
- `light`: the one that its clock has on, once one was
- `history`: its last 50 events
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sanfu.contracts import names
from sanfu.contracts.envelope import Event, instant
from sanfu.desk.domain.state import Case, Change, Fold

HISTORY: Final = 50
NEVER: Final = "9999-12-31T00:00:00.000Z"


def begun(event: Event, what: str, state: str, *, unit: str | None, units: Sequence[str], limit: str) -> Change:
    """Begin an affair with the event that makes it."""
    concerns = [one for one in event.data["concerns"] if not is_affair(one)]
    return {
        "what": what, "state": state, "open": True, "unit": unit, "units": list(dict.fromkeys(units)), "limit": limit,
        "concerns": concerns, "begun_at": instant(event.time), "begun_by": dict(event.data["by"]),
        "secrecy": "internal", "audience": None, "channel": None, "town": None, "party_code": None, "filer": None,
    }  # fmt: skip


def is_affair(id: str) -> bool:
    """Tell an affair's id from an issue's, which is a UUID."""
    return id.startswith(("order-", "order:", "meeting-", "task-", "task:", "list-"))


def _succeeded(affair: Case, event: Event) -> Change:
    """A unit is no more: its successor answers for it, comes in its place, and may see it."""
    former, heir = event.data["from_unit"], event.data["unit"]
    units = list(dict.fromkeys(heir if unit == former else unit for unit in affair["units"]))
    filer = affair["filer"]
    moved = {"filer": {**filer, "unit": heir}} if filer and filer["unit"] == former else {}
    return {"unit": heir if affair["unit"] == former else affair["unit"], "units": units, **moved}


def _lit(affair: Case, event: Event) -> Change | None:
    return {"light": event.data["level"]} if affair and not event.data["skipped"] else None


LIGHTS: Final[Mapping[str, Fold]] = {names.LIGHT_CHANGED: _lit}
SUCCESSION: Final[Mapping[str, Fold]] = {names.UNIT_SUCCEEDED: _succeeded}
