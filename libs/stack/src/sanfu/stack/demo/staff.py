"""Who of the city's staff does what in the demo."""

from collections.abc import Sequence
from datetime import datetime

from sanfu.city.model.pack import Pack
from sanfu.desk.domain.deeds.deed import NO_LEAD
from sanfu.desk.domain.scope import line, related
from sanfu.stack.demo.chance import one_of
from sanfu.stack.programs import PartError

UNIT_ROLES = ("officer", "duty_officer", "unit_head")
CALLER_ROLES = ("follow_up_caller", "supervisor", "coordination_office")


class Staffing:
    """The pack's people by what they may do. Raises PartError where the pack has nobody for something."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._staff = sorted((person for person in pack.staff.values() if person.active), key=lambda one: one.id)
        self._by_unit = {
            person.unit: person.id for role in reversed(UNIT_ROLES) for person in self._staff if role in person.roles
        }

    @property
    def towns(self) -> frozenset[str]:
        return frozenset(self._pack.towns)

    def having(self, role: str) -> list[str]:
        """Return the accounts of those in a role. Raises PartError when there is nobody."""
        found = [person.id for person in self._staff if role in person.roles]
        if not found:
            raise PartError(f"the pack of {self._pack.code} has nobody in the role {role}: add somebody to staff.csv")
        return found

    def reviewer(self, report: str) -> str:
        return one_of(self.having("reviewer"), report, "reviewer")

    def office(self) -> str:
        return self.having("coordination_office")[0]

    def liaison(self) -> str | None:
        """Return who alone sees what is sealed."""
        return next((person.id for person in self._staff if "discipline_liaison" in person.roles), None)

    def caller(self, report: str, handled_by: Sequence[str]) -> str | None:
        """Return an outsider: neither of a unit that took part, nor of one above or below it; None if all are."""
        units = self._pack.units
        for role in CALLER_ROLES:
            able = [
                id for id in self.having(role) if not any(related(units, self._unit(id), one) for one in handled_by)
            ]
            if able:
                return one_of(able, report, "caller")
        return None

    def officer(self, unit: str) -> str:
        """Return who handles things for a unit: one of its own, else of the next unit above."""
        for code in line(self._pack.units, unit):
            if code in self._by_unit:
                return self._by_unit[code]
        raise PartError(f"nobody in staff.csv handles things for {unit}")

    def head(self, unit: str) -> str:
        """Return who heads a unit, or the nearest above it: who signs."""
        heads = {person.unit: person.id for person in self._staff if "unit_head" in person.roles}
        for code in line(self._pack.units, unit):
            if code in heads:
                return heads[code]
        raise PartError(f"nobody in staff.csv heads {unit}, or a unit above it")

    def able(self, unit: str, at: datetime) -> str | None:
        """Return the unit if it may lead an issue then and somebody works there, else None."""
        known = self._pack.units.get(unit)
        fit = known is not None and known.valid_on(at.date()) and known.kind not in NO_LEAD
        return unit if fit and any(code in self._by_unit for code in line(self._pack.units, unit)) else None

    def _unit(self, id: str) -> str:
        return self._pack.staff[id].unit
