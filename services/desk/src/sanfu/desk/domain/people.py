"""Which grants the city's staff hold: from their roles and their unit in the pack.

The pack says who does what; this page says what that lets them see. Roles without a line here see no case.
"""

from sanfu.city.model import Pack, Staff
from sanfu.desk.domain.scope import Grant, Viewer
from sanfu.desk.domain.table import LEAD

CITY_WIDE = {
    "reviewer": "confidential",
    "follow_up_caller": "confidential",
    "coordination_office": "confidential",
    "supervisor": "confidential",
    "auditor": "confidential",
    "leader": "internal",
    "discipline_liaison": "sealed",
}
"""Role → ceiling, for those whose field is the whole city."""
VOICES = {"hotline_operator": "hotline", "window_agent": "window"}
"""Role → the channel whose parties it speaks for."""


def viewer(person: Staff, pack: Pack) -> Viewer:
    return Viewer(person.id, person.unit, tuple(g for role in person.roles for g in _grants(role, person.unit, pack)))


def _grants(role: str, unit: str, pack: Pack) -> list[Grant]:
    if role in CITY_WIDE:
        return [Grant(role, ceiling=CITY_WIDE[role])]
    if role in VOICES:
        return [Grant(role, channels=frozenset({VOICES[role]}))]
    if role not in LEAD:
        return []
    found = [Grant(role, unit=unit, ceiling="confidential")]
    if role == "unit_head" and unit in pack.towns:
        found.append(Grant("leader", town=unit))  # every issue that lies in his town, whoever handles it
    if groups := frozenset(a for a, group in pack.audience_groups.items() if group == unit):
        found.append(Grant("reviewer", audiences=groups, ceiling="confidential"))  # its group may say who leads
    return found
