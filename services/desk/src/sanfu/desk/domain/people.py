"""Which grants the city's staff hold: from their roles and their unit in the pack.

The pack says who does what; this page says what that lets them see. Roles without a line here see no case.
"""

from collections.abc import Sequence
from typing import Final

from sanfu.city.model.pack import Pack
from sanfu.city.model.who import Staff
from sanfu.desk.domain.scope import Grant, Viewer
from sanfu.desk.domain.table import OFFICIALS

CITY_WIDE: Final = {
    "reviewer": "confidential",
    "follow_up_caller": "confidential",
    "coordination_office": "confidential",
    "supervisor": "confidential",
    "auditor": "confidential",
    "leader": "internal",
    "discipline_liaison": "sealed",
}
"""Role → ceiling, for those whose field is the whole city."""
ADMINISTRATOR: Final = "system_administrator"
UNIT_SYSTEM: Final = "unit_system"
"""A unit's own system, which has an API key and is no person."""


def viewer(person: Staff, pack: Pack) -> Viewer:
    return Viewer(person.id, person.unit, derived(person.id, person.unit, person.roles, pack))


def derived(id: str, unit: str, roles: Sequence[str], pack: Pack) -> tuple[Grant, ...]:
    """Return what an account's roles at its unit let it see."""
    return tuple(grant for role in roles for grant in _grants(id, role, unit, pack))


def _grants(id: str, role: str, unit: str, pack: Pack) -> list[Grant]:
    if role in CITY_WIDE:
        return [Grant(role, ceiling=CITY_WIDE[role])]
    match role:
        case "officer" | "unit_head" | "duty_officer":
            return _of_a_unit(role, unit, pack)
        case "unit_system":
            return [Grant(role, unit=unit, ceiling="confidential")]
        case "liaison":
            return [Grant(role, unit=unit), Grant(role, raised_by=unit)]
        case "hotline_operator":
            return [Grant(role, channels=frozenset({"hotline"}))]
        case "window_agent":
            return [Grant(role, raised_by=unit, channels=frozenset({"window"}))]
        case "monitor":
            return [Grant(role, filer=id)]
        case "system_administrator":
            return [Grant(role)]
    return []


def _of_a_unit(role: str, unit: str, pack: Pack) -> list[Grant]:
    """Who works for a unit sees what it takes part in, and some see more by what their unit is."""
    found = [Grant(role, unit=unit, ceiling="confidential")]
    if role in OFFICIALS:
        found.append(
            Grant(role, need="again")
        )  # what another officer experienced, and somebody has to experience again
    if role == "unit_head" and unit in pack.towns:
        found.append(Grant("leader", town=unit))  # every issue that lies in his town, whoever handles it
    if (known := pack.units.get(unit)) is not None and known.kind == "village":
        found.append(Grant(role, raised_by=unit))  # what the village called for, whoever handles it
    if groups := frozenset(a for a, group in pack.audience_groups.items() if group == unit):
        found.append(Grant("reviewer", audiences=groups, ceiling="confidential"))  # its group may say who leads
    return found
