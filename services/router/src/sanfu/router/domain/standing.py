"""Where an issue stands: who leads, who else has a part in it, and what each unit has been told so far.

The standing is folded from moves, one per event, so that moves can be folded again in the order in which they counted
(see `waiting`). It holds no rule of a city: each unit is counted, whether or not it has a topic.

A unit's entry: `n` records told so far; `as` its parts (`lead`, `emergency`, `place`, `also`, `offer`, `copy`,
`assist:<n>`); `fresh` while the next record has to carry the issue as it stands; `issue_at` the number of the last that
did; `returned` while the last thing it was told is its own return.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Standing = Mapping[str, Any]
Move = Mapping[str, Any]

NEW: Standing = {"lead": None, "assignment": 0, "desk": False, "round": 1, "over": False, "units": {}}
PASSING = ("lead", "also", "offer")
"""Parts that belong to one assignment; the others outlive it."""
LOUD = ("emergency", "place")
TAKEN = ("assignment", "desk", "round", "grade", "category", "urgency")


def fold(standing: Standing, move: Move) -> Standing:
    """Do one move, and count it for every unit that has a part before or after it."""
    match move["do"]:
        case "lead":
            after = _lead(standing, move)
        case "part":
            after = _with(standing, move["unit"], [move["part"]])
        case "leave":
            after = _without(standing, move["unit"], [move["part"]])
        case "return":
            after = _disputed(standing, move["unit"], move["interim"]) if move["interim"] else standing
        case "succeed":
            after = _succeeded(standing, move["from"], move["unit"])
        case "rename":
            after = {**standing, "category": move["to"]} if standing.get("category") == move["from"] else standing
        case "tell":
            return _told_alone(standing, move["unit"])
        case "close":
            after = {**_without_all(standing), "over": True, "lead": None}
        case "change":
            after = {**standing, **move["to"]}
        case _:
            after = standing
    if after.get("secrecy") == "sealed" or not after["units"]:
        return after
    returned = move["unit"] if move["do"] == "return" else None
    return {**after, "units": _counted(standing["units"], after["units"], returned)}


def _told_alone(standing: Standing, unit: str) -> Standing:
    """What only one unit hears, also one that has a part by a unit below it."""
    if standing.get("secrecy") == "sealed":
        return standing
    told = standing["units"].get(unit, {"n": 0, "as": []})
    return {**standing, "units": {**standing["units"], unit: _told(told, returning=False)}}


def counts(standing: Standing, move: Move) -> bool:
    """Tell whether a lead is the one that holds: the higher assignment, at equal numbers desk's (domain.md)."""
    number, held = move.get("assignment"), standing["assignment"]
    return bool(number is None or number > held or (number == held and move["desk"]))


def _lead(standing: Standing, move: Move) -> Standing:
    if not counts(standing, move):
        return standing
    units = dict(_without_all(standing, PASSING)["units"])
    for code, parts in _parts(move).items():
        units[code] = _given(units.get(code), parts)
    units[move["unit"]] = {**units[move["unit"]], "fresh": True}
    taken = {name: move[name] for name in TAKEN if name in move}
    return {**standing, **taken, "lead": move["unit"], "over": False, "units": units}


def _succeeded(standing: Standing, former: str, heir: str) -> Standing:
    """Every part of a unit that is no more is its successor's."""
    parts: Sequence[str] = standing["units"].get(former, {}).get("as", ())
    if not parts:
        return standing
    moved = _with(_without(standing, former, parts), heir, parts)
    return {**moved, "lead": heir if standing["lead"] == former else standing["lead"]}


def _disputed(standing: Standing, returner: str, interim: str) -> Standing:
    """While it is open who should lead, another than who returned it does; who returned it hears how it is decided."""
    if interim == returner:
        return standing
    freed = _with(_without(standing, returner, ["lead"]), returner, ["also"])
    led = _with(freed, interim, ["lead"])
    return {**led, "lead": interim, "units": {**led["units"], interim: {**led["units"][interim], "fresh": True}}}


def _parts(move: Move) -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {move["unit"]: ["lead"]}
    for unit, part in move.get("also", ()):
        parts.setdefault(unit, []).append(part if part in LOUD else "also")
    return parts


def _given(unit: Mapping[str, Any] | None, parts: Sequence[str]) -> dict[str, Any]:
    """Give a unit further parts; who had none yet has to be told the whole issue."""
    had: Sequence[str] = unit["as"] if unit else ()
    grown = [*had, *(part for part in parts if part not in had)]
    return {**(unit or {"n": 0}), "as": grown, "fresh": not had or bool(unit and unit.get("fresh"))}


def _with(standing: Standing, unit: str, parts: Sequence[str]) -> Standing:
    units = standing["units"]
    return {**standing, "units": {**units, unit: _given(units.get(unit), parts)}}


def _without(standing: Standing, unit: str, parts: Sequence[str]) -> Standing:
    units = standing["units"]
    if unit not in units:
        return standing
    kept = [part for part in units[unit]["as"] if part not in parts]
    return {**standing, "units": {**units, unit: {**units[unit], "as": kept}}}


def _without_all(standing: Standing, parts: Sequence[str] | None = None) -> Standing:
    units = {
        code: {**unit, "as": [part for part in unit["as"] if parts is not None and part not in parts]}
        for code, unit in standing["units"].items()
    }
    return {**standing, "units": units}


def _counted(before: Mapping[str, Any], after: Mapping[str, Any], returned: str | None) -> dict[str, Any]:
    units = dict(after)
    for code, unit in after.items():
        had = before.get(code)
        if unit["as"] or (had and had["as"] and not had.get("returned")):
            units[code] = _told(unit, returning=code == returned)
        elif unit.get("returned"):
            units[code] = {name: value for name, value in unit.items() if name != "returned"}
    return units


def _told(unit: Mapping[str, Any], *, returning: bool) -> dict[str, Any]:
    told = {**unit, "n": unit["n"] + 1}
    told.pop("returned", None)
    if told["as"] and told.pop("fresh", False):
        told["issue_at"] = told["n"]
    if returning:
        told["returned"] = True
    return told
