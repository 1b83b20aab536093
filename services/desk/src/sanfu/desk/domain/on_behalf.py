"""For whom a unit's own system reads what its key alone does not show, and how much of that. Pure.

It is never more than the officer may read themselves, and never more than the unit's key reaches.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sanfu.desk.domain.reading import HANDLERS
from sanfu.desk.domain.scope import SEALED, Grant, Tree, Viewer
from sanfu.runtime.rules import Refusal


def read_for(officer: Viewer | None, system: Viewer, tree: Tree, now: datetime) -> Viewer:
    """See an officer as the system of their unit may read for them: by what lets them handle cases of that unit, or of
    one below it, and by nothing else that they hold. `officer`: None for who does not work here now.

    Raises Refusal 403, the same for whoever it is not: a key is no way to learn who works where.
    """
    below = tree.below.get(system.unit, frozenset())
    held = tuple(_within(officer, system.unit, tree)) if officer and officer.unit in below else ()
    if officer is None or not any(grant.in_force(now) for grant in held):
        raise Refusal(
            403, "not-your-officer",
            f"On-Behalf-Of names an officer, head or duty officer of {system.unit}, or of a unit below it, by their "
            "account, while they work there: nobody else.",
        )  # fmt: skip
    return replace(officer, grants=held, system=system.id)


def _within(officer: Viewer, unit: str, tree: Tree) -> Iterator[Grant]:
    """Give what lets somebody handle cases of this unit and of those below it; what reaches further ends there."""
    for grant in officer.grants:
        if grant.role not in HANDLERS or grant.unit is None or grant.ceiling == SEALED:
            continue
        if grant.unit in tree.below.get(unit, ()):
            yield grant
        elif unit in tree.below.get(grant.unit, ()):
            yield replace(grant, unit=unit)
