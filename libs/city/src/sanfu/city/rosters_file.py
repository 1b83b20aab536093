"""`rosters.yaml`: who is on duty when. A pack may do without: then everybody with the role is."""

from collections.abc import Mapping

from sanfu.city.conditions import times
from sanfu.city.model.who import Staff, Unit
from sanfu.city.reading import Section
from sanfu.city.rosters import Shift

FILE = "rosters.yaml"
DUTY = "duty_officer"


def rosters(section: Section, units: Mapping[str, Unit], staff: Mapping[str, Staff]) -> dict[str, tuple[Shift, ...]]:
    """Read each unit's shifts, in order: the first that an instant lies in counts."""
    found = {}
    for code in section.names:
        if code not in units:
            section.wrong(code, f"there is no unit {code!r}", "name a unit of units.csv")
        found[code] = tuple(_shift(code, entry, staff) for entry in section.sections(code))
    section.done()
    return found


def _shift(unit: str, entry: Section, staff: Mapping[str, Staff]) -> Shift:
    posts = entry.known("on_duty", staff, "post", required=True)
    for post in posts:
        person = staff.get(post)
        if person and (person.unit != unit or DUTY not in person.roles or not person.active):
            entry.wrong("on_duty", f"{post!r} has no duty in {unit!r}", f"name an active {DUTY} of {unit}")
    shift = Shift(times(entry.section("when")), posts)
    entry.done()
    return shift
