"""The channels' forms from `forms/<channel>.yaml`: their own questions, worded in every language of the city."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sanfu.city import vocabulary as words
from sanfu.city.form import FIELDS, RESERVED, TYPES, Form, Question
from sanfu.city.model.what import Channel
from sanfu.city.model.who import Localised
from sanfu.city.problems import nearest
from sanfu.city.quantities import whole
from sanfu.city.reading import Section

LONGEST = 2000
"""Characters of an answer: what intake takes as one."""
COLUMNS = (
    *("external_id", "reported_at", "limit_asked", "audience", "kind", "urgency", "secrecy", "language"),
    *("party_kind", "party_code", "party.name", "party.phone", "party.email", "party.address", "may_name_me"),
    *("filer.id", "filer.unit", "filer.name", "filer.phone", "title", "text", "category", "unit"),
    *("place.town", "place.address", "place.lon", "place.lat", "place.crs", "place.may_be_home"),
    *("found_on.affair", "found_on.entry"),
)
"""Fields of a report that a column of a list may hold."""
ENTRY_COLUMNS = (
    *("what", "title", "code", "town", "purpose", "theme", "theme_group", "theme_text"),
    *("due", "on", "text"),
)
"""Fields of an entry (what is to be visited, experienced, checked) that a column of a list may hold."""
CODED: Mapping[str, Sequence[str]] = {
    "audience": words.AUDIENCES,
    "kind": words.ISSUE_KINDS,
    "urgency": words.URGENCIES,
    "secrecy": words.SECRECIES,
    "party_kind": words.PARTY_KINDS,
}
"""Fields that hold a word of the field itself."""
THEMES, THEME_GROUPS, OTHER = "themes", "theme_groups", "other"

Lists = Mapping[str, Mapping[str, Localised]]
"""Choices that stand in a table of their own, by the name under which a question asks for them."""


def forms(
    files: Iterable[tuple[str, Section]], channels: Mapping[str, Channel], locales: Sequence[str], lists: Lists
) -> dict[str, Form]:
    """Read the forms by their channel's code. A channel without one asks nothing of its own."""
    found = {}
    for code, section in files:
        if code not in channels:
            section.findings.add(section.place, f"there is no channel {code!r}", nearest(code, channels))
        found[code] = _form(code, section, locales, lists)
    return found


def columns(section: Section, fields: Sequence[str] = COLUMNS, of: str = "a report") -> dict[str, str]:
    """Read what columns of lists are called: header → field."""
    found = dict[str, str]()
    for name in section.names:
        if name not in fields:
            section.wrong(name, f"there is no field {name!r} in {of}", nearest(name, fields))
        for header in section.raw(name):
            if header in found:
                section.wrong(name, f"{header!r} names {found[header]} already", "give each header to one field")
            found.setdefault(header, name)
    return found


def cell_words(section: Section) -> dict[str, Mapping[str, str]]:
    """Read what lists write for a field's codes: field → word → code."""
    found = dict[str, Mapping[str, str]]()
    for name, part in section.named():
        codes = CODED.get(name, ())
        if not codes:
            section.wrong(name, f"{name!r} is no field of codes", nearest(name, CODED))
        found[name] = {word: code for code in codes for word in part.raw(code)}
        part.done()
    return found


def theme_lists(themes: Iterable[Mapping[str, str]], locales: Sequence[str], other: Localised) -> Lists:
    """Make the lists of experience themes and of their groups. The list of themes is open: it ends with `other`."""
    rows = list(themes)
    named = {row["code"]: _in_each(row, "theme", locales) for row in rows}
    groups = {row["category_code"]: _in_each(row, "category", locales) for row in rows}
    return {THEMES: {**named, OTHER: other}, THEME_GROUPS: groups}


def _in_each(row: Mapping[str, str], name: str, locales: Sequence[str]) -> dict[str, str]:
    """A table of one language names a thing alike in all."""
    return {locale: row.get(f"{name}_{locale}") or row.get(f"{name}_zh") or row["code"] for locale in locales}


def _form(code: str, section: Section, locales: Sequence[str], lists: Lists) -> Form:
    asked = section.section("questions").named()
    questions = {name: _question(name, part, locales, lists) for name, part in asked}
    for name, part in asked:
        before = list(questions)[: list(questions).index(name)]
        for other in questions[name].when:
            if other not in before:
                part.wrong("when", f"{other!r} is no question before this one", nearest(other, before))
    form = Form(
        channel=code,
        title=section.section("title").localised(locales),
        must=section.known("must", FIELDS, "field of a report"),
        takes=section.known("takes", RESERVED, "reserved field"),
        flags=section.known("flags", words.FLAGS, "flag") if section.has("flags") else None,
        section_of_place=section.choice("section_of_place", ("no", "yes"), "no") == "yes",
        columns=columns(section.section("columns")),
        questions=questions,
    )
    section.done()
    return form


def _question(code: str, section: Section, locales: Sequence[str], lists: Lists) -> Question:
    choices = _choices(section, locales, lists)
    kind = section.choice("type", TYPES, "choice" if choices else "text")
    question = Question(
        code=code,
        title=section.section("title").localised(locales),
        type=kind,
        required=section.choice("required", ("no", "yes"), "no") == "yes",
        longest=section.parsed("longest", whole(1, LONGEST), 200),
        choices=choices,
        when=section.section("when").conditions(),
        headers=tuple(section.raw("headers")),
        example=_example(section, kind, choices),
    )
    if kind == "choice" and not choices:
        section.wrong("choices", "is missing", "list the answers that may be chosen")
    if not question.right(question.example):
        section.wrong("example", f"{question.example!r} is no answer", f"write {question.expected()}")
    section.done()
    return question


def _choices(section: Section, locales: Sequence[str], lists: Lists) -> Mapping[str, Localised]:
    listed = section.one_known("choices_from", lists, "list")
    if listed is not None:
        return lists.get(listed, {})
    return {code: part.localised(locales) for code, part in section.section("choices").named()}


def _example(section: Section, kind: str, choices: Mapping[str, Localised]) -> Any:
    written = section.text("example", next(iter(choices), "yes" if kind == "yes_no" else ""))
    match kind:
        case "yes_no":
            return {"yes": True, "no": False}.get(written, written)
        case "integer":
            return int(written) if written.isdecimal() else written
    return written
