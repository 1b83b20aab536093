"""How a state keeps an announced clock: without what it leaves open, and its triggers as one short text. Pure.

A city keeps millions of clocks, most of them alike: written out, their triggers were most of a document.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sanfu.contracts.envelope import instant
from sanfu.sla.domain.runs import Announced

State = Mapping[str, Any]

ALWAYS = ("unit", "limit", "starts", "started_by", "round", "version")
UNLESS: Mapping[str, Any] = MappingProxyType({
    "yellow": None, "grade": None, "urgency": None, "paused": [], "not_its_own": [], "extended_days": 0,
    "extended_until": None, "voided_stops": 0, "unknown_year": None, "fixed": None, "about": None,
    "fixed_after": 0,
})  # fmt: skip
"""What is kept only where it is something else than this."""
OWN: Mapping[str, Any] = MappingProxyType({"lit": [], "climbed": 0, "set_at": None})
"""What the state knows of a version beside its DeadlineSet: levels announced, steps climbed, and when it was set, if
its limit had passed by then."""
SHORT = ("sanfu.issue.", ".v1")


def kept(deadline: Mapping[str, Any], told_at: datetime) -> dict[str, Any]:
    """Return what the state keeps of a DeadlineSet."""
    found = {name: deadline[name] for name in ALWAYS}
    found |= {name: deadline[name] for name, usual in UNLESS.items() if deadline.get(name, usual) != usual}
    at = instant(told_at)
    if at > deadline["limit"]:
        found["set_at"] = at
    return {**found, "by": _written(deadline)}


def key(clock: Mapping[str, Any]) -> str:
    """Return under which name a state keeps a clock: its code, with the number of the assist it is for: `assist:2`."""
    about = clock.get("about")
    return f"{clock['clock']}:{about.rpartition(':')[2]}" if about else str(clock["clock"])


def announced(key: str, clock: Mapping[str, Any]) -> Announced:
    """Return a kept clock as it was announced, with what is known of it since (`OWN`)."""
    triggers = _read(clock["by"]) if "by" in clock else {}  # written out, as this service used to keep them
    return {"clock": key.partition(":")[0], **UNLESS, **OWN, **triggers, **clock}


def clocks_of(state: State) -> dict[str, Announced]:
    """Return every clock of a subject, the stopped ones too."""
    return {key: announced(key, clock) for key, clock in state.get("clocks", {}).items()}


def told(clock: Announced) -> dict[str, Any]:
    """Return what another DeadlineSet takes over from a clock."""
    return {name: value for name, value in clock.items() if name not in OWN and name != "by"}


# ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _written(deadline: Mapping[str, Any]) -> str:
    rests = [[r["state"], _brief(r["begins"]), _brief(r["ends"]), r.get("cap")] for r in deadline["rests"]]
    stops, ends = (_brief(deadline.get(name, ())) for name in ("stops", "ends"))
    whole = [stops, deadline["stops_together"], ends, rests, deadline.get("extended_with", [])]
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False)


def _brief(triggers: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [
        [_short(one["event"]), one.get("where") or {}, one.get("grades") or []]
        if one.get("where") or one.get("grades")
        else _short(one["event"])
        for one in triggers
    ]


def _short(type: str) -> str:
    before, after = SHORT
    return type[len(before) : -len(after)] if type.startswith(before) and type.endswith(after) else type


@lru_cache(maxsize=4096)
def _read(text: str) -> Mapping[str, Any]:
    stops, together, ends, rests, shared = json.loads(text)
    return {
        "stops": _full(stops), "stops_together": together, "ends": _full(ends), "extended_with": shared,
        "rests": [
            {"state": state, "begins": _full(begins), "ends": _full(over), "cap": cap}
            for state, begins, over, cap in rests
        ],
    }  # fmt: skip


def _full(triggers: Sequence[Any]) -> list[dict[str, Any]]:
    each = [(one, {}, []) if isinstance(one, str) else one for one in triggers]
    return [{"event": _long(event), "where": where, "grades": grades} for event, where, grades in each]


def _long(short: str) -> str:
    before, after = SHORT
    return f"{before}{short}{after}" if "." not in short else short
