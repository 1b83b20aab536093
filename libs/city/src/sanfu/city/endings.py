"""Checks of what ends: nothing goes on naming what is no more, and somebody or something goes on with its work."""

from collections.abc import Iterable, Mapping
from datetime import date

from sanfu.city.model.pack import Pack
from sanfu.city.model.what import Category
from sanfu.city.model.who import Lasting
from sanfu.city.problems import Problem
from sanfu.city.reading import Record
from sanfu.city.succession import in_its_place


def ends(pack: Pack, today: date) -> Iterable[Problem]:
    yield from _categories_of_gone_units(pack, today)
    yield from _staff_of_gone_units(pack, today)
    yield from _without_successor("units.csv", pack.units)
    yield from _without_successor("categories.csv", pack.categories)
    yield from _without_successor("staff.csv", pack.staff)
    yield from _messages_of_no_category(pack)


def unheard_of(category: Category, known: Mapping[str, Category]) -> str | None:
    """Say what is wrong with using a category that ends, for good: nothing goes on with it. None: it may be used."""
    until = category.valid_to
    if until is None or in_its_place(known, category.code, until) is not None:
        return None
    return f"category {category.code!r} ends on {until}, and none goes on with it"


NAME_IT = "name in its succeeded_by a category that is there on that day, or take it out here"


def used(record: Record, key: str, codes: Iterable[str], known: Mapping[str, Category], today: date) -> None:
    """Note where a file names categories that end: without a successor that can't be; if one is gone, write its."""
    for category in (known[code] for code in codes if code in known):
        if message := unheard_of(category, known):
            record.wrong(key, message, NAME_IT)
        elif category.gone_on(today):
            heir = in_its_place(known, category.code, today) or category.succeeded_by
            record.wrong(key, f"category {category.code!r} is gone", f"write {heir}", fatal=False)


def _categories_of_gone_units(pack: Pack, today: date) -> Iterable[Problem]:
    for category in pack.categories.values():
        unit = pack.units.get(category.default_unit)
        if unit and unit.gone_on(today) and not category.gone_on(today):
            message = f"{unit.code!r} is gone, and category {category.code!r} names it"
            cure = f"write {unit.succeeded_by} there" if unit.succeeded_by else "name a unit that is there"
            yield Problem("categories.csv", 0, "default_unit", message, cure, fatal=False)


def _staff_of_gone_units(pack: Pack, today: date) -> Iterable[Problem]:
    for person in pack.staff.values():
        if person.works_on(today) and pack.units[person.unit].gone_on(today):
            message = f"{person.id!r} is active in {person.unit!r}, which is gone"
            yield Problem("staff.csv", 0, "unit", message, "name the new unit, or set active to no", fatal=False)


def _without_successor(file: str, known: Mapping[str, Lasting]) -> Iterable[Problem]:
    for code, one in known.items():
        if one.valid_to is not None and in_its_place(known, code, one.valid_to) is None:
            message = f"from {one.valid_to} on nobody goes on with what {code!r} has open"
            cure = "name in succeeded_by one that is there on that day"
            yield Problem(file, 0, "succeeded_by", message, cure, fatal=False)


def _messages_of_no_category(pack: Pack) -> Iterable[Problem]:
    for template in pack.templates:
        for code in map(str, template.where.get("category", ())):
            category = pack.categories.get(code)
            if category and (message := unheard_of(category, pack.categories)):
                yield Problem("texts/", 0, f"{template.id}.where.category", message, NAME_IT)
