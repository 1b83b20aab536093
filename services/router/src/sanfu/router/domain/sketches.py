"""Sketches: what of an open issue is compared with others, and under which keys it is found.

A sketch is drawn from the issue's state alone, by one pack. What is confidential or sealed has none, nor what is over,
thanks and spam.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sanfu.city.cells import around, cell
from sanfu.city.model.what import Category
from sanfu.router.domain.words import Rarity, signs

SECRET = ("confidential", "sealed")
APART = ("thanks", "spam")
NAMES = 8
"""The rarest pieces of what it says and where: by these it is found where no point is known."""
ANY, NONE = "*", "?"
"""Groups: every issue is in the first; one without a category in the second."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """An open issue as others are compared with it. `since` is when it was submitted, `at` when it was reported;
    `group` is its category's, `review` says that a person still has to say who leads, `joins` names the issue that its
    party says it repeats."""

    id: str
    since: str
    at: datetime
    audience: str
    category: str | None
    group: str
    town: str | None
    lon: float | None
    lat: float | None
    address: str
    title: str
    text: str
    names: tuple[str, ...]
    party: str | None
    review: bool
    joins: str | None = None

    @property
    def keys(self) -> list[str]:
        """What it is found under."""
        groups = (self.group, ANY)
        return [*self._here(groups), *self._named(groups)]

    @property
    def asks(self) -> list[str]:
        """The keys under which what it may repeat is found: nearby, or named alike in its town."""
        groups = (ANY,) if self.group == NONE else (self.group, NONE)
        nearby = [] if self.lon is None or self.lat is None else list(around(self.lon, self.lat))
        return [*(f"{place}|{group}" for place in nearby for group in groups), *self._named(groups)]

    def _here(self, groups: tuple[str, ...]) -> Iterator[str]:
        if self.lon is not None and self.lat is not None:
            place = cell(self.lon, self.lat)
            yield from (f"{place}|{group}" for group in groups)

    def _named(self, groups: tuple[str, ...]) -> Iterator[str]:
        if self.town is not None:
            yield from (f"{self.town}|{group}|{name}" for name in self.names for group in groups)


class Draughtsman:
    """Draws sketches by one pack."""

    def __init__(self, categories: Mapping[str, Category], rarity: Rarity) -> None:
        self._categories, self.rarity = categories, rarity

    def draw(self, id: str, state: Mapping[str, Any]) -> Sketch | None:
        """Draw an issue as it stands; None: it takes no part."""
        said, standing = state.get("said"), state.get("standing")
        if not said or not standing or standing["over"] or said.get("kind") in APART:
            return None
        if not said.get("text"):  # of what was secret once, a neutral title is left: it is like every other
            return None
        if standing.get("secrecy", "sealed") in SECRET or "submitted_at" not in said:
            return None
        place = said.get("place") or {}
        category = standing.get("category")
        title, text, address = said.get("title", ""), said["text"], place.get("address") or ""
        return Sketch(
            id=id,
            since=said["submitted_at"],
            at=datetime.fromisoformat(said["reported_at"]),
            audience=said["audience"],
            category=category,
            group=self._group(category),
            town=place.get("town"),
            lon=place.get("lon"),
            lat=place.get("lat"),
            address=signs(address),
            title=signs(title),
            text=signs(f"{title}\n{text}"),
            names=self.rarity.rarest(signs(f"{title}\n{address}\n{text}"), NAMES),
            party=said.get("party_code"),
            review=standing["assignment"] == 0,
            joins=said.get("joins"),
        )

    def _group(self, category: str | None) -> str:
        """Categories that lead to one unit are one group: who reports often takes another of them."""
        known = self._categories.get(category or "")
        return known.default_unit if known else NONE
