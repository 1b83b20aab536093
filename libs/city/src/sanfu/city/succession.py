"""Who goes on with the work of what is no more: of a unit, and of a category."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TypeVar

from sanfu.city.model.who import Lasting

L = TypeVar("L", bound=Lasting)


def in_its_place(known: Mapping[str, Lasting], code: str | None, day: date) -> str | None:
    """Return the code itself, or its successor's if it is gone on that day; None: there is neither, or they go round
    in a circle (such a pack is refused, but looked through first)."""
    passed = set[str]()
    while code is not None and code in known and known[code].gone_on(day) and code not in passed:
        passed.add(code)
        code = known[code].succeeded_by
    return code if code is not None and code in known and known[code].valid_on(day) else None


def there(known: Mapping[str, L], day: date) -> dict[str, L]:
    """Return what is there on a day, in the table's order: what somebody may choose from."""
    return {code: one for code, one in known.items() if one.valid_on(day)}


def ended(known: Mapping[str, Lasting], day: date) -> dict[str, str | None]:
    """Return what is no more on a day, each with who goes on with its work."""
    return {code: in_its_place(known, code, day) for code, one in known.items() if one.gone_on(day)}


def orphaned(before: Mapping[str, Lasting], after: Mapping[str, Lasting], day: date) -> list[str]:
    """Name those whose open issues nobody would go on with if one table took the place of another."""
    removed = [code for code in before if code not in after]
    return [*removed, *(code for code, heir in ended(after, day).items() if heir is None)]


def to_come(before: Mapping[str, Lasting], after: Mapping[str, Lasting], day: date) -> Iterator[tuple[str, str, str]]:
    """Say what passes over to whom, and when, that did not by the table before: (code, heir, when)."""
    known = ended(before, day)
    for code, one in after.items():
        if one.valid_to and one.succeeded_by and known.get(code) != one.succeeded_by:
            yield code, one.succeeded_by, "at once" if one.valid_to <= day else f"on {one.valid_to}"
