"""Who and what there is: units, staff, towns, channels, categories, from their tables."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TypeVar

from sanfu.city import vocabulary as words
from sanfu.city.model.rules import TOWN
from sanfu.city.model.what import Category, Channel
from sanfu.city.model.who import Lasting, Staff, Town, Unit
from sanfu.city.quantities import day, word_set
from sanfu.city.reading import Row
from sanfu.city.wordlists import WordList


def _columns(text: str) -> tuple[str, ...]:
    return tuple(text.split())


UNIT_COLUMNS = _columns("code name_zh name_en kind parent valid_from valid_to succeeded_by duty_phone mailbox")
STAFF_COLUMNS = _columns("id name unit roles phone email locale active")
TOWN_COLUMNS = _columns("code name_zh lon lat")
PLACE_COLUMNS = _columns("name town lon lat")
CHANNEL_COLUMNS = _columns(
    "code name_zh name_en audiences has_contact note secrecy_default party_kind filer_kind follow_up_of keyed public"
)
CATEGORY_COLUMNS = _columns(
    "code name_zh name_en audience default_unit default_grade keywords kind urgency_default secrecy_default audiences "
    "assist_units sure_keywords"
)

L = TypeVar("L", Category, Staff)
KEEPS_ACCOUNTS = "system_administrator"
CODE = re.compile(r"[a-z0-9-]{2,40}")
CHANNEL_CODE = re.compile(r"[a-z0-9_]{2,40}")
_PHONE = re.compile(r"\+?[0-9](-?[0-9]){5,18}")
_REGISTER_CODE = re.compile(r"[0-9A-Z]{18}")
_EMAIL = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def _phone(text: str) -> str:
    if not _PHONE.fullmatch(text):
        raise ValueError("write 6 to 19 digits, with single hyphens between them if need be")
    return text


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise ValueError("write an address as name@host.example")
    return text


def _coded(rows: Iterable[Row], pattern: re.Pattern[str] = CODE, column: str = "code") -> dict[str, Row]:
    """Return the rows by their code, which must be well formed and used once."""
    found: dict[str, Row] = {}
    for row in rows:
        code = row.text(column)
        if code and not pattern.fullmatch(code):
            row.wrong(column, f"{code!r} is no code", f"write 2 to 40 characters of {pattern.pattern.split('{')[0]}")
        if code in found:
            row.wrong(column, f"{code!r} is there twice, first in line {found[code].place.line}", "rename one of them")
        else:
            found[code] = row
    return found


def units(table: Iterable[Row]) -> dict[str, Unit]:
    rows = _coded(table)
    found = {code: _unit(code, row, rows) for code, row in rows.items()}
    for code in _in_a_circle({code: unit.parent for code, unit in found.items()}):
        rows[code].wrong("parent", f"{code!r} is above itself", "give one unit of the circle another parent, or none")
    _no_circles(found, rows, "unit")
    return found


def _unit(code: str, row: Row, known: Collection[str]) -> Unit:
    since, until, heir = _lifetime(row, known, "unit")
    kind = row.choice("kind", words.UNIT_KINDS)
    return Unit(
        code=code,
        name_zh=row.text("name_zh"),
        name_en=row.text("name_en"),
        kind=kind,
        parent=row.one_known("parent", known, "unit"),
        valid_from=since,
        valid_to=until,
        succeeded_by=heir,
        duty_phone=row.parsed("duty_phone", _phone, None),
        mailbox=row.parsed("mailbox", _email, None),
        onboarded=_onboarded(row, kind),
    )


def _onboarded(row: Row, kind: str) -> bool:
    """Whether a section's own system is given topics; the column may be missing."""
    given = row.choice("topic", ("no", "yes"), "no") == "yes"
    if given and kind != "section":
        cure = "leave it empty: it is for sections; villages, teams and external bodies have none, all others have one"
        row.wrong("topic", f"is said of a {kind}", cure)
    return given


def _lifetime(row: Row, known: Collection[str], what: str) -> tuple[date | None, date | None, str | None]:
    """Read from when and until when something is there, and who goes on with its work then."""
    since, until = row.parsed("valid_from", day, None), row.parsed("valid_to", day, None)
    heir = row.one_known("succeeded_by", known, what)
    if since and until and until <= since:
        row.wrong("valid_to", "is not after valid_from", "write a later date")
    if heir and not until and not row.raw("valid_to"):
        row.wrong("valid_to", f"is missing: {heir} never takes over", "write the first day it is no more", fatal=False)
    return since, until, heir


def _no_circles(found: Mapping[str, Lasting], rows: Mapping[str, Row], what: str) -> None:
    for code in _in_a_circle({code: one.succeeded_by for code, one in found.items()}):
        rows[code].wrong("succeeded_by", f"{code!r} succeeds itself", f"name the {what} that really took over")


def _in_a_circle(next_of: Mapping[str, str | None]) -> list[str]:
    """Return the codes from which following the arrows comes back to the code itself."""
    found = []
    for start in next_of:
        seen: set[str] = set()
        at = next_of[start]
        while at is not None and at != start and at not in seen:
            seen.add(at)
            at = next_of.get(at)
        if at == start:
            found.append(start)
    return found


def staff(table: Iterable[Row], known_units: Collection[str], locales: tuple[str, ...]) -> dict[str, Staff]:
    rows = _coded(table, column="id")
    found = {code: _lasting(_person(code, row, known_units, locales), row, rows, "post") for code, row in rows.items()}
    _no_circles(found, rows, "post")
    for code, post in found.items():
        heir = found.get(post.succeeded_by or "")
        if heir and KEEPS_ACCOUNTS in heir.roles:
            rows[code].wrong("succeeded_by", f"{heir.id!r} keeps accounts: they read no issue", "name another post")
    return found


def _person(code: str, row: Row, known_units: Collection[str], locales: tuple[str, ...]) -> Staff:
    return Staff(
        id=code,
        name=row.text("name"),
        unit=row.one_known("unit", known_units, "unit", required=True) or "",
        roles=row.known("roles", words.ROLES, "role", required=True),
        phone=row.parsed("phone", _phone, ""),
        email=row.parsed("email", _email, ""),
        locale=row.choice("locale", locales),
        active=row.choice("active", ("yes", "no")) == "yes",
        liaison_of=_looked_after(row, known_units),
    )


def _looked_after(row: Row, known_units: Collection[str]) -> tuple[str, ...]:
    """Villages by their unit's code, enterprises by their register code; the column may be missing."""
    found = tuple(row.raw("liaison_of"))
    for code in found:
        if code not in known_units and not _REGISTER_CODE.fullmatch(code):
            row.wrong("liaison_of", f"{code!r} is neither a unit nor an enterprise", "write 18 characters, or a unit")
    if found and "liaison" not in row.raw("roles"):
        row.wrong("liaison_of", "is said of somebody who is no liaison", "add the role liaison")
    return found


def bound_twice(people: Mapping[str, Staff], table: Iterable[Row]) -> None:
    """Note each party that liaisons of different units look after at one time: which of them would it be?"""
    bound: dict[str, list[Staff]] = {}
    for row in table:
        person = people.get(row.text("id"))
        for code in person.liaison_of if person and person.active else ():
            others = bound.setdefault(code, [])
            for other in others:
                if person and other.unit != person.unit and _at_one_time(other, person):
                    row.wrong(
                        "liaison_of", f"{code!r} has a liaison of {other.unit!r} already", "leave it to one of them"
                    )
                    break
            others += [person] if person else []


def _at_one_time(one: Lasting, other: Lasting) -> bool:
    return not any(a.valid_to and b.valid_from and a.valid_to <= b.valid_from for a, b in ((one, other), (other, one)))


def towns(table: Iterable[Row], known_units: Mapping[str, Unit]) -> dict[str, Town]:
    kinds = [code for code, unit in known_units.items() if unit.kind == "town"]
    found = {}
    for code, row in _coded(table).items():
        row.one_known("code", kinds, "unit of kind town")
        found[code] = Town(code, row.text("name_zh"), row.parsed("lon", degrees, 0.0), row.parsed("lat", degrees, 0.0))
    return found


def degrees(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 999.0
    if not -180 <= value <= 180:
        raise ValueError("write degrees as 120.0750")
    return value


def channels(table: Iterable[Row]) -> dict[str, Channel]:
    return {code: _channel(code, row) for code, row in _coded(table, CHANNEL_CODE).items()}


def _channel(code: str, row: Row) -> Channel:
    return Channel(
        code=code,
        name_zh=row.text("name_zh"),
        name_en=row.text("name_en"),
        audiences=row.known("audiences", words.AUDIENCES, "audience", required=True),
        has_contact=row.choice("has_contact", words.HAS_CONTACT),
        note=row.cells.get("note", ""),
        secrecy_default=row.choice("secrecy_default", words.SECRECIES),
        party_kind=row.known("party_kind", words.PARTY_KINDS, "kind of party", required=True),
        filer_kind=row.text("filer_kind"),
        follow_up_of=row.text("follow_up_of"),
        keyed=row.choice("keyed", ("yes", "no")) == "yes",
        public=row.choice("public", ("yes", "no")) == "yes",
        flags=row.known("flags", words.FLAGS, "flag"),
    )


def categories(table: Iterable[Row], known_units: Collection[str], grades: tuple[str, ...]) -> dict[str, Category]:
    allowed, rows = {*known_units, TOWN}, _coded(table)
    found = {code: _lasting(_category(code, row, allowed, grades), row, rows, "category") for code, row in rows.items()}
    _no_circles(found, rows, "category")
    return found


def _lasting(one: L, row: Row, known: Collection[str], what: str) -> L:
    since, until, heir = _lifetime(row, known, what)
    return replace(one, valid_from=since, valid_to=until, succeeded_by=heir)


def _category(code: str, row: Row, allowed: set[str], grades: tuple[str, ...]) -> Category:
    audiences = row.known("audiences", words.AUDIENCES, "audience", required=True)
    audience = row.choice("audience", words.AUDIENCES)
    if audiences and audience not in audiences:
        row.wrong("audience", f"{audience!r} is not among its audiences", f"write one of {'|'.join(audiences)}")
    return Category(
        code=code,
        name_zh=row.text("name_zh"),
        name_en=row.text("name_en"),
        audience=audience,
        audiences=audiences or (audience,),
        default_unit=row.one_known("default_unit", allowed, "unit", required=True) or TOWN,
        default_grade=row.choice("default_grade", grades),
        kind=row.choice("kind", words.ISSUE_KINDS),
        urgency_default=row.choice("urgency_default", words.URGENCIES),
        secrecy_default=row.choice("secrecy_default", words.SECRECIES),
        assist_units=row.known("assist_units", allowed, "unit"),
        keywords=tuple(row.raw("keywords")),
        sure_words=WordList(tuple(_sure(row))),
    )


def _sure(row: Row) -> Iterable[tuple[str, ...]]:
    for text in row.raw("sure_keywords"):
        try:
            words_of_pair = word_set(text)
        except ValueError as error:
            row.wrong("sure_keywords", f"{text!r} can't be read", str(error))
            continue
        if len(words_of_pair) < 2:
            row.wrong("sure_keywords", f"{text!r} is one word: a hint, never a decision", "join two words with +")
        yield words_of_pair
