"""Whose messages somebody may read: their own, and those to a unit that they work for. Pure."""

from collections.abc import Sequence
from datetime import datetime

from sanfu.desk.domain.scope import Scope, Viewer


def boxes(who: Viewer, scope: Scope, now: datetime) -> Sequence[str]:
    """Name the boxes that somebody may open, their own first, then their own unit's.

    A unit's box holds what is told of anything that it has to do with: it is for whoever has a grant over that very
    unit, for all of that, confidential issues among it. Who stands in for somebody reads the unit's, never that
    person's own.
    """
    named = {grant.unit for grant in who.grants if grant.unit is not None and grant.in_force(now)}
    units = sorted(named & _whole(scope), key=lambda unit: (unit != who.unit, unit))
    return [f"user:{who.id}", *(f"unit:{unit}" for unit in units)]


def _whole(scope: Scope) -> frozenset[str]:
    """Return the units of which the clauses leave nothing out."""
    return frozenset().union(
        *(
            clause.units or ()
            for clause in scope
            if "confidential" in clause.secrecies
            and (clause.town, clause.audiences, clause.channels, clause.raised_by, clause.filer, clause.need)
            == (None,) * 6
        )
    )
