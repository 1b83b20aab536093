"""Parties and filers of the demo: nobody real. Phones lie in the pack's invented range, mail ends on `.example`."""

from dataclasses import dataclass

from sanfu.city.model.pack import Pack
from sanfu.city.model.what import Channel
from sanfu.stack.demo.chance import one_of, share

SURNAMES = "邰隗佴谯郗逄阚甯亓夔璩亢厍鄢晁"
FIRST = "翀翙翚翯翥翱翮翾翃翊"
SECOND = "珅珣珧珩琯琰琤瑢瑭璈"
"""Rare characters: a name of them is found in a text only where somebody wrote this very name."""
FILER_ROLES = {"operator": "hotline_operator", "agent": "window_agent"}
"""A channel's kind of filer → the role of those of the city's staff who are it; all others are made up."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is told of an issue."""

    name: str
    phone: str | None
    email: str | None
    id_number: str

    def contact(self) -> dict[str, str]:
        given = {"name": self.name, "phone": self.phone, "email": self.email}
        return {field: value for field, value in given.items() if value is not None}


def somebody(ref: str, *, first_phone: int = 3000) -> Person:
    """Return the person of this reference, always the same: `R0234` or any other name."""
    number = int("".join(c for c in ref if c.isdigit()) or 0) % 3000
    name = one_of(SURNAMES, ref, "surname") + one_of(FIRST, ref, "first") + one_of(SECOND, ref, "second")
    reach = share(ref, "reach")
    phone = f"1380000{first_phone + number:04d}" if reach < 0.9 else None
    email = f"{ref.lower()}@people.example" if reach >= 0.3 else None
    return Person(name, phone, email, _id_number(number))


def _id_number(number: int) -> str:
    """An ID number of a region that does not exist (000), with its right check character."""
    body = f"99000019800101{number % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def filer(pack: Pack, channel: Channel, ref: str) -> dict[str, str] | None:
    """Return who writes it down on this channel: one of the city's staff, or somebody made up; None if nobody does."""
    if channel.filer_kind == "none":
        return None
    role = FILER_ROLES.get(channel.filer_kind, "")
    staff = sorted(person.id for person in pack.staff.values() if role in person.roles and person.active)
    if staff:
        one = pack.staff[one_of(staff, ref, "filer")]
        return {"id": one.id, "unit": one.unit, "name": one.name, "phone": one.phone, "email": one.email}
    return somebody(f"{channel.code}-{ref}", first_phone=6000).contact()
