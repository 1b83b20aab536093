"""What somebody sees of those who could not be told of a case. Nobody sees an address: nothing here knows one."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sanfu.desk.domain.reading import OUTSIDERS, WATCHING
from sanfu.desk.domain.scope import Scope
from sanfu.desk.ports import Document

SHOWN: Final = ("recipient", "unit", "medium", "state", "why", "code", "since")
LOOKED_UP: Final = ("about", "event", "template", "delivery")
"""By what it is found at notify, and sent again there: the office's business."""


def untold(case: Document, clauses: Scope, hidden: frozenset[str], *, named: bool) -> list[dict[str, Any]]:
    """Return who could not be told, the last first, to somebody who sees the case under these clauses. A unit sees what
    did not reach the party or its own people, of no message about what is `hidden` from it. `named`: the filer is
    shown."""
    office = any(clause.role in OUTSIDERS for clause in clauses)
    wanted = (*SHOWN, *(LOOKED_UP if office else ()))
    return [
        {**{name: one[name] for name in wanted}, "over": _over(one, office=office)}
        for one in _seen(case, clauses, office=office)
        if one["about"] not in hidden and (named or one["recipient"] != "filer")
    ]


def _seen(case: Document, clauses: Scope, *, office: bool) -> Iterator[Mapping[str, Any]]:
    everything = office or any(clause.role in WATCHING | {"auditor"} for clause in clauses)
    units = frozenset[str]().union(*(clause.units or () for clause in clauses))
    for one in reversed(case.get("untold") or ()):
        if everything or one["recipient"] in {"party", "filer"} or one["unit"] in units:
            yield one


def _over(one: Mapping[str, Any], *, office: bool) -> dict[str, Any] | None:
    over = one["over"]
    return over and {name: value for name, value in over.items() if office or name != "delivery"}
