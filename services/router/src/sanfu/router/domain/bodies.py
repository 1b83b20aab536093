"""The units of the pack, as routing asks for them."""

from collections.abc import Sequence
from datetime import date

from sanfu.city.model.pack import Pack
from sanfu.city.model.rules import LIAISON, TOWN, WISHED
from sanfu.city.succession import in_its_place
from sanfu.router.domain.facts import Facts
from sanfu.router.domain.whereabouts import claimed


class Bodies:
    """Answers questions about units by one pack."""

    def __init__(self, pack: Pack) -> None:
        self._units = pack.units

    def meant(self, code: str | None, facts: Facts, day: date) -> str | None:
        """Find the unit that a rule means, or on that day its successor; None: there is none."""
        stands_for = {TOWN: facts.town, WISHED: facts.unit, LIAISON: facts.liaison}
        meant = stands_for.get(code, code) if code else None
        return in_its_place(self._units, meant, day)

    def maybe_meant(self, code: str | None, facts: Facts, day: date) -> list[str]:
        """Name all units that a rule may mean: several, where it means the town and nobody can tell which of them."""
        codes = claimed(facts.place) if code == TOWN and facts.place.disputed else [code]
        return [unit for each in codes if (unit := self.meant(each, facts, day))]

    def recused(self, code: str, complained_of: Sequence[str]) -> bool:
        """Tell whether the issue complains of the unit, or of one above or below it."""
        return bool(complained_of) and any(
            code in self._line(other) or other in self._line(code) for other in complained_of
        )

    def may_take_over(self, code: str, returner: str) -> bool:
        """Every unit with a topic may lead what another returns; a section only inside its own town."""
        unit, other = self._units[code], self._units.get(returner)
        if unit.kind != "section":
            return unit.has_topic
        return other is not None and unit.parent is not None and unit.parent in (other.code, other.parent)

    def told_beside(self, code: str) -> list[tuple[str, str]]:
        """A section has no topic of its own: its town hears of what it leads."""
        unit = self._units[code]
        return [(unit.parent, "place")] if unit.kind == "section" and unit.parent else []

    def _line(self, code: str) -> list[str]:
        line = list[str]()
        unit = self._units.get(code)
        while unit is not None:
            line.append(unit.code)
            unit = self._units.get(unit.parent) if unit.parent else None
        return line or [code]
