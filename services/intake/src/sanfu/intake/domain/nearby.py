"""Open issues that anybody may be shown, and under which keys they are found: who has the same to say joins one of them
instead of writing down what is known. Only what a person or a rule has taken up is shown, never a text that nobody has
looked at; places that may be homes are rounded before anything is measured from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sanfu.city.cells import around, cell, metres
from sanfu.contracts import names
from sanfu.contracts.envelope import Event
from sanfu.intake.domain.submission import HOME_DIGITS

State = Mapping[str, Any]

SHOWN = frozenset({"assigned", "acknowledged", "contacted", "suspended", "registered"})
LEADS = frozenset({names.ISSUE_ASSIGNED, names.ISSUE_DISPATCHED})
ANY = "*"
"""Stands for every category."""
MOST = 3
"""So many are offered: more than one reads on a phone while writing is no help."""
COMPARED = 60
"""The newest of those found: a burst of calls about one outage is offered as well as all of it."""
ALIKE = 0.4
"""From which share of common pairs of characters on two addresses may be one place."""


class Asked(NamedTuple):
    """What somebody has filled in so far."""

    category: str | None
    town: str | None
    address: str | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Near:
    """An issue as it is offered. `metres`: how far away, where both points are known. `since`: when it was received."""

    id: str
    title: str
    category: str | None
    address: str | None
    metres: int | None
    since: str


def public(state: State) -> bool:
    """Tell whether anybody may be shown it, and join it. An emergency is never merged: each is told by itself."""
    said = state.get("submission")
    return (
        said is not None
        and said.get("text") is not None
        and said["kind"] == "issue"
        and state["secrecy"] == "open"
        and state["urgency"] != "emergency"
        and state["state"] in SHOWN
    )


def followed(state: State, event: Event) -> State:
    """Keep what an event of its life changes of how it is found: who says who leads may say what it is about, and what
    that was may be another by now."""
    category = event.data.get("category") if event.type in LEADS else None
    if event.type == names.CATEGORY_SUCCEEDED and _category(state) == event.data["from_category"]:
        category = event.data["category"]
    return _listed({**state, "category": category} if category else state)


def _listed(state: State) -> State:
    keys = _keys(state) if public(state) else []
    bare = {name: value for name, value in state.items() if name != "near"}
    return {**bare, "near": keys} if keys else bare


def _keys(state: State) -> list[str]:
    place, category = state["submission"]["place"], _category(state)
    keys = []
    if place["lon"] is not None and place["lat"] is not None:
        here = cell(*_point(place))
        keys = [f"{here}|{ANY}", f"{here}|{category}"] if category else [f"{here}|{ANY}"]
    return [*keys, f"{place['town']}|{category}"] if place["town"] and category else keys


def _category(state: State) -> str | None:
    known: str | None = state.get("category") or state["submission"]["category"]
    return known


def asks(asked: Asked) -> list[str]:
    """Return the keys under which what is asked for is found: nearby, and of the category in the town."""
    here: list[str] = []
    if asked.lon is not None and asked.lat is not None:
        here = [f"{one}|{asked.category or ANY}" for one in around(asked.lon, asked.lat)]
    named = asked.town and asked.category and asked.address
    return [*here, f"{asked.town}|{asked.category}"] if named else here


def chosen(asked: Asked, found: Iterable[tuple[str, State]], within: int) -> list[Near]:
    """Choose what to offer: the nearest within so many metres, else those whose address is most alike."""
    ranked: list[tuple[float, Near]] = []
    for id, state in found:
        if public(state) and (rank := _rank(asked, state["submission"]["place"], within)) is not None:
            ranked.append((rank, _shown(id, state, asked)))
    return [near for _, near in sorted(ranked, key=lambda each: each[0])[:MOST]]


def _rank(asked: Asked, place: Mapping[str, Any], within: int) -> float | None:
    way = _way(asked, place)
    if way is not None:
        return way if way <= within else None
    if place["may_be_home"]:
        return None
    alike = likeness(asked.address or "", place["address"] or "")
    return 1 - alike if alike >= ALIKE else None


def _shown(id: str, state: State, asked: Asked) -> Near:
    said, place, way = state["submission"], state["submission"]["place"], _way(asked, state["submission"]["place"])
    return Near(
        id=id,
        title=said["title"],
        category=_category(state),
        address=None if place["may_be_home"] else place["address"],
        metres=None if way is None else max(10, round(way / 10) * 10),
        since=state["received_at"],
    )


def _way(asked: Asked, place: Mapping[str, Any]) -> float | None:
    if asked.lon is None or asked.lat is None or place["lon"] is None or place["lat"] is None:
        return None
    return metres(asked.lon, asked.lat, *_point(place))


def _point(place: Mapping[str, Any]) -> Sequence[float]:
    if place["may_be_home"]:
        return round(place["lon"], HOME_DIGITS), round(place["lat"], HOME_DIGITS)
    return place["lon"], place["lat"]


def likeness(one: str, other: str) -> float:
    """Return how alike two addresses are, 0 to 1: the share of pairs of characters that both have (Dice)."""
    first, second = _pairs(one), _pairs(other)
    return 2 * len(first & second) / (len(first) + len(second)) if first and second else 0.0


def _pairs(text: str) -> set[str]:
    bare = "".join(text.casefold().split())
    return {bare[at : at + 2] for at in range(len(bare) - 1)}
