"""The form's fields: read into a report as the API has it; its faults told field by field, in the page's words."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from sanfu.city.form import Form, Question
from sanfu.city.model.pack import Pack
from sanfu.city.model.what import Channel
from sanfu.intake.domain.nearby import Asked
from sanfu.intake.entrypoints.reports import Report
from sanfu.runtime.problems import field_path

Given = Mapping[str, str]
Faults = Mapping[str, str]
"""Field of the form → what would be right, in the page's language."""

KEPT = "kept"
"""A field that carries the ids of files that came before, when the page has to be sent once more."""
LONGEST_TITLE = 60
"""Characters of a text's first line that make a title where none was written."""
HONEYPOT = "website"
"""A field that no person sees: what fills it in is a program."""
KINDS = {"enterprise": "enterprise", "grassroots": "village"}
FIELDS = {
    "$.place.town": "town", "$.place.address": "address", "$.place.lon": "point", "$.place.lat": "point",
    "$.party.name": "name", "$.party.phone": "phone", "$.party.email": "email", "$.party.address": "home",
    "$.complains_of": "complains_of", "$.party": "phone", "$.attachments": "files",
}  # fmt: skip
"""A report's field → the form's, where they are called otherwise."""


def read(given: Given, channel: Channel, form: Form, language: str) -> dict[str, Any]:
    """Read what was typed as a report's body; nothing is judged here."""
    text = (given.get("text") or "").replace("\r\n", "\n").strip()
    audience, unit = _value(given, "audience"), _value(given, "complains_of")
    kind = KINDS.get(audience or "")
    return {
        "audience": audience,
        "party_kind": kind if kind in channel.party_kind else None,
        "title": _value(given, "title") or _first_line(text),
        "text": text,
        "category": _value(given, "category"),
        "place": {
            "town": _value(given, "town"),
            "address": _value(given, "address"),
            "lon": _number(given, "lon"),
            "lat": _number(given, "lat"),
            "may_be_home": "may_be_home" in given,
        },
        "party": _party(given),
        "may_name_me": "may_name_me" in given,
        "secrecy": "confidential" if "confidential" in given else None,
        "complains_of": [unit] if unit else [],
        "answers": dict(_answers(given, form.questions)),
        "attachments": kept(given),
        "language": language,
    }


def report(given: Given, pack: Pack, channel: Channel, language: str) -> Report:
    """Return it as the API takes it. Raises ValidationError."""
    return Report.model_validate(read(given, channel, pack.form_of(channel.code), language))


def kept(given: Given) -> list[str]:
    """Return the ids of the files that go with it: those that came before, unless they are to be left out."""
    return [] if "drop" in given else given.get(KEPT, "").split()[:100]


def asked(given: Given) -> Asked:
    """Return where and what, as far as it was filled in so that it can be looked for."""
    lon, lat = _number(given, "lon"), _number(given, "lat")
    right = isinstance(lon, float) and isinstance(lat, float) and abs(lon) <= 180 and abs(lat) <= 90
    point = (lon, lat) if right else (None, None)
    return Asked(_value(given, "category"), _value(given, "town"), _value(given, "address"), *point)  # type: ignore[arg-type]


def unreachable(given: Given) -> bool:
    """Tell whether a contact was to be left, and none was."""
    return given.get("named") != "no" and not (_value(given, "phone") or _value(given, "email"))


def faults(errors: Iterable[Mapping[str, str]], given: Given, words: Mapping[str, Any]) -> Faults:
    """Say what is wrong with the form's own fields. `errors`: each `{field}` of the report, as the API names it."""
    found: dict[str, str] = {}
    for error in errors:
        of = error["field"].partition("[")[0]
        name = FIELDS.get(of, of.removeprefix("$."))
        if name == "title" and not _value(given, "title"):
            name = "text"
        said = "contact" if error["field"] == "$.party" else name
        found.setdefault(name, words["wrong"].get(said, words["check"]))
    return found


def named(error: ValidationError) -> list[Mapping[str, str]]:
    """Name the fields that a report's model found fault with."""
    return [{"field": field_path(("body", *one["loc"]))} for one in error.errors(include_url=False)]


def _value(given: Given, name: str) -> str | None:
    return (given.get(name) or "").strip() or None


def _first_line(text: str) -> str:
    return " ".join(text.partition("\n")[0].split())[:LONGEST_TITLE]


def _number(given: Given, name: str) -> float | str | None:
    """Read a coordinate; what is none stays as it was typed, and is refused as such."""
    written = _value(given, name)
    if written is None or not re.fullmatch(r"-?\d{1,3}(\.\d{1,15})?", written, re.ASCII):
        return written
    return float(written)


def _party(given: Given) -> dict[str, Any] | None:
    """Read whom to reach; whoever chooses to stay anonymous leaves nothing, whatever stands in the fields."""
    if given.get("named") == "no":
        return None
    names = {"name": "name", "phone": "phone", "email": "email", "address": "home"}
    return {field: value for field, name in names.items() if (value := _value(given, name))} or None


def _answers(given: Given, questions: Mapping[str, Question]) -> Iterable[tuple[str, Any]]:
    for code, question in questions.items():
        written = _value(given, f"answers.{code}")
        if written is None:
            continue
        match question.type:
            case "yes_no":
                yield code, {"yes": True, "no": False}.get(written, written)
            case "integer" if re.fullmatch(r"\d{1,10}", written, re.ASCII):
                yield code, int(written)
            case _:
                yield code, written
