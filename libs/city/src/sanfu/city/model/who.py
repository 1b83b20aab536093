"""Whom a city has: its units, posts, towns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

Localised = Mapping[str, str]
"""Locale → text; has every locale of the pack."""


class Lasting:
    """What is there for a time only, and whose work somebody or something goes on with then. Keys are codes of its own
    kind."""

    __slots__ = ()
    valid_from: date | None
    valid_to: date | None
    succeeded_by: str | None

    def valid_on(self, day: date) -> bool:
        """Tell whether it is there on that day: from `valid_from`, until the day before `valid_to`."""
        return (self.valid_from is None or self.valid_from <= day) and not self.gone_on(day)

    def gone_on(self, day: date) -> bool:
        """Tell whether it is there no more on that day."""
        return self.valid_to is not None and self.valid_to <= day


@dataclass(frozen=True, slots=True)
class Unit(Lasting):
    """A body that may lead, assist, be told or be written to. `kind` decides what may be asked of it (domain.md)."""

    code: str
    name_zh: str
    name_en: str
    kind: str
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    succeeded_by: str | None
    duty_phone: str | None
    mailbox: str | None
    onboarded: bool = False
    """A section whose own system is given topics, as a department's is."""

    def name(self, locale: str) -> str:
        return self.name_zh if locale.startswith("zh") else self.name_en

    @property
    def has_topic(self) -> bool:
        """Tell whether the unit's own systems are given topics: every unit that may lead, villages apart, and sections
        that were not onboarded (their town's topic has their issues, whether or not they were)."""
        return self.onboarded or self.kind not in ("section", "village", "team", "external")


@dataclass(frozen=True, slots=True)
class Staff(Lasting):
    """A post: somebody who works on issues, or one place on duty. Whoever succeeds it goes on with its work."""

    id: str
    name: str
    unit: str
    roles: tuple[str, ...]
    phone: str
    email: str
    locale: str
    active: bool
    liaison_of: tuple[str, ...] = ()
    """The enterprises and villages that a liaison looks after, by their register codes or units' codes."""
    valid_from: date | None = None
    valid_to: date | None = None
    succeeded_by: str | None = None

    def works_on(self, day: date) -> bool:
        """Tell whether somebody works there that day."""
        return self.active and self.valid_on(day)


@dataclass(frozen=True, slots=True)
class Town:
    """A town and one point in it, WGS-84. The point is no survey; its border, where one is known, is in the atlas."""

    code: str
    name_zh: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """The box that holds the whole city, WGS-84 degrees, borders included."""

    west: float
    south: float
    east: float
    north: float

    def hold(self, lon: float, lat: float) -> bool:
        return self.west <= lon <= self.east and self.south <= lat <= self.north
