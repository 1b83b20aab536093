"""Who sees which lists: their holder, the office, leaders; visits also the head of the holder's unit.

Officers of a unit do not see each other's lists; and no unit sees who experienced or checked, for it may be about it.
"""

from dataclasses import replace
from typing import Final

from sanfu.desk.domain.affairs.entries import VISIT
from sanfu.desk.domain.affairs.table import HOLDER, OPENERS
from sanfu.desk.domain.scope import LEVELS, Clause, Scope

EVERYWHERE: Final = frozenset({"coordination_office", "leader", "auditor"})
"""They see the lists of the whole city, as far as their grant goes: over a town as an area it shows none, for a list
lies in no town."""


def of_lists(scope: Scope, who: str) -> Scope:
    """Turn what somebody may see of cases into what they may see of lists."""
    own = Clause(HOLDER, None, None, None, None, frozenset(LEVELS), filer=who)
    return (own, *(clause for clause in map(_of_lists, scope) if clause is not None))


def _of_lists(clause: Clause) -> Clause | None:
    if clause.role in EVERYWHERE:
        return clause
    if clause.role == "unit_head":
        return replace(clause, channels=frozenset({VISIT}))
    return None


def by_capacity(scope: Scope) -> Scope:
    """Order what somebody may make lists by, the widest capacity first."""
    able = [clause for clause in scope if clause.role in OPENERS]
    return tuple(sorted(able, key=lambda clause: OPENERS.index(clause.role)))
