"""Lists as the API and the pages show them: how far they are, and what became of what was found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sanfu.contracts.envelope import instant
from sanfu.desk.domain.affairs.state import NEVER
from sanfu.desk.domain.affairs.table import OVER
from sanfu.desk.domain.scope import Scope, covering
from sanfu.desk.domain.secrecy import SECRET
from sanfu.desk.ports import Document, Found

RESULTS: Final = ("visited", "closed", "refused")
HANDLED: Final = frozenset({"handled", "followed_up"})
BRIEF: Final = ("kind", "title", "holder", "unit", "group", "state", "begun_at", "begun_by", "ended")


def brief(held: Document, found: Sequence[Found], now: datetime) -> dict[str, Any]:
    """Show a list as a line among others."""
    limit = None if held["limit"] == NEVER else held["limit"]
    shown = {name: held[name] for name in BRIEF}
    more = {"entry_by": limit, "light": held.get("light", "none"), "progress": progress(held, found, now)}
    return {"id": held["_id"], "version": held["ver"], **shown, **more}


def progress(held: Document, found: Sequence[Found], now: datetime) -> dict[str, int]:
    """Count how far it is. Entries: each is one of the results, overdue, or open. Findings: under way, handled (and yet
    to be closed), or closed."""
    results = [standing(one, held, now) for one in held["entries"]]
    states = {one.state: one.count for one in found}
    handled = sum(count for state, count in states.items() if state in HANDLED)
    total, closed = sum(states.values()), states.get("closed", 0)
    counted = {name: results.count(name) for name in (*RESULTS, "overdue", "open", "dropped")}
    findings = {"findings": total, "under_way": total - handled - closed, "handled": handled, "findings_closed": closed}
    return {"entries": len(results), **counted, **findings}


def standing(entry: Mapping[str, Any], held: Document, now: datetime) -> str:
    """Say what came of an entry, or whether it is late: at the instant at which its day ends."""
    if entry["result"]:
        return str(entry["result"])
    if held["state"] == OVER:
        return "dropped"
    return "overdue" if entry["due"] and entry["due"] <= instant(now) else "open"


def whole(held: Document, cases: Mapping[str, Document], scope: Scope, now: datetime) -> dict[str, Any]:
    """Show a list's entries, each with what was found there."""
    found: dict[int, list[dict[str, Any]]] = {}
    for one in held["findings"]:
        found.setdefault(one["entry"], []).append(_finding(one["issue"], cases.get(one["issue"]), scope))
    entries = [
        {**one, "standing": standing(one, held, now), "findings": found.get(one["number"], [])}
        for one in held["entries"]
    ]
    return {"entries": entries}


def _finding(issue: str, case: Document | None, scope: Scope) -> dict[str, Any]:
    """Show what became of a finding: whoever sees the list hears how it stands, and by its id finds it if they may see
    the case as well. Of a confidential one number and state, of a sealed one that there is one."""
    if case is None or "state" not in case or case["secrecy"] == "sealed":
        return {
            "issue": None,
            "receipt": None,
            "state": None,
            "light": None,
            "title": None,
            "unit": None,
            "limit": None,
            "party_untold": None,
        }
    secret = case["secrecy"] in SECRET
    open_to = {} if secret else {"title": case["title"], "unit": case["unit"], "light": case["light"],
                                 "limit": None if case["limit"] == NEVER else case["limit"],
                                 "party_untold": bool(case.get("party_untold"))}  # fmt: skip
    hidden = dict.fromkeys(("title", "unit", "light", "limit", "party_untold"))
    seen = issue if covering(scope, case) else None
    return {"issue": seen, "receipt": case["receipt"], "state": case["state"], **hidden, **open_to}
