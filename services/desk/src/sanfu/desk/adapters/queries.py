"""Scopes, lists and searches as MongoDB's queries: plain documents, condition by condition as `Clause.holds` and
`Wanted` mean them. A behaviour suite holds the two to each other."""

from typing import Any

from sanfu.desk.domain import finding
from sanfu.desk.domain.scope import Clause, Scope
from sanfu.desk.ports import Sought, Wanted
from sanfu.runtime.mongo import behind
from sanfu.runtime.paging import Cursor

Query = dict[str, Any]

BRIEFLY = {"outbox": 0, "applied": 0, "seen": 0, "history": 0, "found_by": 0, "informed": 0, "untold": 0}
"""What no list shows."""


def seen(scope: Scope, wanted: Wanted | None = None) -> Query:
    """Return what a case must be to be seen. Each alternative says by itself whether open or closed ones are wanted: a
    partial index serves one of several only if that one alone implies all that the index asks for."""
    standing = {} if wanted is None or wanted.closed is None else {"open": not wanted.closed}
    clauses = [_condition(clause, standing) for clause in scope]
    return clauses[0] if len(clauses) == 1 else {"$or": clauses}


def listed(scope: Scope, wanted: Wanted, after: Cursor | None) -> Query:
    """Return the query of a list behind a cursor."""
    asked = [wanted.conditions(), seen(scope, wanted), _spans(wanted), *after_of(wanted.by, after)]
    return {"$and": [one for one in asked if one]}


def after_of(key: str, after: Cursor | None) -> list[Query]:
    """Say what stands behind a cursor over (key, id); without one everything does."""
    return [] if after is None else behind(key, after.key, after.id)


RANKING = {
    **dict.fromkeys(("receipt", "title", "secrecy", "submitted_at", "place.address"), 1),
    "text": {"$substrCP": ["$text", 0, finding.TEXT]},
}
"""What a search reads of a case: by what it is ranked."""


def sought(scope: Scope, given: Sought, rarest: str) -> Query:
    """Return the query of a search that reads the index of one token, of what came in since. The others are looked at
    in what that finds, in a form that the planner takes for no index's, for it can't know which is the rarest."""
    asked = [{"found_by": rarest}, {"submitted_at": {"$gte": given.since}}, *_sought(scope, given)]
    if others := [token for token in given.tokens if token != rarest]:
        asked.append({"$expr": {"$setIsSubset": [{"$literal": others}, "$found_by"]}})
    return {"$and": asked}


def left_open(scope: Scope, given: Sought) -> Query:
    """Return the query of what came in before and is open still: few, so they are looked through."""
    old = {"open": True, "submitted_at": {"$lt": given.since}, "found_by": {"$all": list(given.tokens)}}
    return {"$and": [old, *_sought(scope, given)]}


def _sought(scope: Scope, given: Sought) -> list[Query]:
    return [one for one in (given.wanted.conditions(), seen(scope), _spans(given.wanted)) if one]


def _spans(wanted: Wanted) -> Query:
    ends = {name: {"$gte": start, "$lt": end} for name, (start, end) in wanted.spans().items()}
    return {name: {way: at for way, at in span.items() if at is not None} for name, span in ends.items()}


def _condition(clause: Clause, standing: Query) -> Query:
    wanted: Query = {**standing, "secrecy": {"$in": sorted(clause.secrecies)}}
    if clause.units is not None:
        wanted["units"] = {"$in": sorted(clause.units)}
    if clause.town is not None:
        wanted["town"] = clause.town
    if clause.audiences is not None:
        wanted["audience"] = {"$in": sorted(clause.audiences)}
    if clause.channels is not None:
        wanted["channel"] = {"$in": sorted(clause.channels)}
    if clause.filer is not None:
        wanted["filer.id"] = clause.filer
    if clause.receipt is not None:
        wanted["receipt"] = clause.receipt
    if clause.need is not None:
        wanted |= {"need": clause.need, "$nor": [{"units": {"$in": sorted(clause.apart)}}]}
    if clause.raised_by is not None:
        units = {"$in": sorted(clause.raised_by)}
        wanted["$or"] = [{**standing, "filer.unit": units}, {**standing, "party_code": units}]
    return wanted
