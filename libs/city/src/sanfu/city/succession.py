"""Who goes on with the work of a unit that is no more."""

from collections.abc import Mapping
from datetime import date

from sanfu.city.model import Pack, Unit


def in_its_place(units: Mapping[str, Unit], code: str | None, day: date) -> str | None:
    """Return the unit itself, or on that day its successor; None: there is neither."""
    unit = units.get(code) if code else None
    while unit is not None and not unit.valid_on(day):
        unit = units.get(unit.succeeded_by) if unit.succeeded_by else None
    return unit.code if unit else None


def ended(pack: Pack, day: date) -> dict[str, str | None]:
    """Return the units that are no more on a day, each with who goes on with its work."""
    gone = [unit.code for unit in pack.units.values() if unit.valid_to is not None and unit.valid_to <= day]
    return {code: in_its_place(pack.units, code, day) for code in gone}


def orphaned(before: Pack, after: Pack, day: date) -> list[str]:
    """Name the units whose open issues nobody would go on with if one pack took the place of another."""
    removed = [code for code in before.units if code not in after.units]
    return [*removed, *(code for code, heir in ended(after, day).items() if heir is None)]
