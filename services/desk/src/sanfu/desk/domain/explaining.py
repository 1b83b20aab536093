"""Why somebody can or can't see a case, and what they may do with it: grant by grant. Pure, and without any text.

It asks the very functions that decide (`scope`, `Clause.conditions`, `acting`, `reader`), and adds nothing of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sanfu.city.model.pack import Pack
from sanfu.contracts.envelope import instant
from sanfu.desk.domain.accounts import Account, borrowed, given, substitutions
from sanfu.desk.domain.people import derived
from sanfu.desk.domain.reading import reader
from sanfu.desk.domain.rules import offered
from sanfu.desk.domain.scope import CASELESS, SEALED, Clause, Grant, Scope, Tree, Viewer, covering, scope
from sanfu.runtime.rules import Refusal

Case = Mapping[str, Any]
Held = Iterator[tuple[str, str | None, Grant]]
"""Where a grant comes from (staff_list, given, substitution, hand_over, post), its id or whose it is, and the grant."""


def held(of: Account, stood_for: Mapping[str, Account], pack: Pack, now: datetime) -> Held:
    """Name all that an account holds, in the order in which the rules see it; what is not in force now, too."""
    for grant in derived(of.id, of.unit, of.roles, pack):
        yield "staff_list", None, grant
    for each in of.record.get("grants", ()):
        yield "given", each["id"], given(each)
    for term in substitutions(of, now):
        if (away := stood_for.get(term["for"])) is not None:
            yield from ((term["why"], away.id, grant) for grant in borrowed(away, term, pack))


def explained(of: Account, every: Held, case: Case, tree: Tree, now: datetime, *, pack: Pack) -> dict[str, Any]:
    """Say all of it as plain data."""
    grants, mine = [], list[Clause]()
    for source, id, grant in every:
        clauses = scope(Viewer(of.id, of.unit, (replace(grant, since=None, until=None),)), tree, now)
        grants.append({"source": source, "id": id, **_grant(grant, clauses, case, of, now, pack=pack)})
        mine += clauses if grant.in_force(now) else ()
    sees = covering(tuple(mine), case) if of.works(now) else ()
    return {
        "user": of.id, "name": of.name, "unit": of.unit, "works": of.works(now), "at": instant(now),
        "case": case["_id"], "state": case["state"], "grants": grants, "sees": bool(sees),
        "recused": any(clause.recused(case) for clause in sees), "commands": list(offered(case, sees, of.id, pack)),
        "contact": _contact(sees, case),
    }  # fmt: skip


def _grant(grant: Grant, clauses: Scope, case: Case, of: Account, now: datetime, *, pack: Pack) -> dict[str, Any]:
    """What one grant shows of a case: each condition, what it wants, what the case has."""
    conditions = [
        {"condition": name, "wanted": _wanted(name, grant, clause), "found": _found(name, case), "holds": holds}
        for clause in clauses for name, holds in clause.conditions(case)
    ]  # fmt: skip
    shows = bool(clauses) and all(each["holds"] for each in conditions)
    in_force = grant.in_force(now)
    return {
        "role": grant.role, "since": _written(grant.since), "until": _written(grant.until), "in_force": in_force,
        "opens_cases": grant.role not in CASELESS, "conditions": conditions, "shows": shows and in_force,
        "commands": list(offered(case, clauses, of.id, pack)) if shows and in_force else [],
    }  # fmt: skip


def _wanted(name: str, grant: Grant, clause: Clause) -> list[str]:
    match name:
        case "secrecy":
            return sorted(clause.secrecies)
        case "audience" | "channel":
            return sorted(getattr(clause, f"{name}s"))
    return [getattr(grant, name)]


def _found(name: str, case: Case) -> list[str]:
    """What the case has; of a sealed one nothing but that it is sealed."""
    if case["secrecy"] == SEALED and name != "secrecy":
        return []
    match name:
        case "unit":
            return list(case["units"])
        case "raised_by":
            return [one for one in (case["party_code"], (case["filer"] or {}).get("unit")) if one]
        case "filer":
            return [one for one in ((case["filer"] or {}).get("id"),) if one]
        case "need":
            return list(case["need"] or ())
    return [case[name]] if case[name] else []


def _contact(sees: Scope, case: Case) -> dict[str, Any]:
    if not sees:
        return {"may": False, "why": "not_seen", "parts": []}
    try:
        clause, parts = reader(sees, case)
    except Refusal as refusal:
        return {"may": False, "why": refusal.slug, "parts": []}
    return {"may": True, "why": clause.role, "parts": sorted(parts)}


def _written(moment: datetime | None) -> str | None:
    return instant(moment) if moment else None
