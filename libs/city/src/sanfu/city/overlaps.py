"""Two messages for the same people, event and medium: whoever both are for is told by the first alone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

from sanfu.city.model.templates import Template


def overlapping(templates: Iterable[Template]) -> Iterator[tuple[Template, Template]]:
    """Return each pair, the earlier one first, whose conditions may hold of the same event."""
    alike = defaultdict[tuple[object, ...], list[Template]](list)
    for one in templates:
        alike[one.event, one.audience, one.medium, one.unit, one.day_before, one.locale].append(one)
    for group in alike.values():
        yield from ((one, other) for one, other in combinations(group, 2) if _may_meet(one, other))


def covers(one: Template, other: Template) -> bool:
    """Tell whether the one is for all that the other is for."""
    return all(set(other.where.get(name, ())) <= set(allowed) for name, allowed in one.where.items()) and (
        one.where.keys() <= other.where.keys()
    )


def _may_meet(one: Template, other: Template) -> bool:
    return all({*one.where[name]} & {*other.where[name]} for name in one.where.keys() & other.where.keys())
