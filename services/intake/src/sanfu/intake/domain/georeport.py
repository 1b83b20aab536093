"""What Open311 GeoReport v2 is shown: services, their definitions, requests and updates, as plain data.

The names are the standard's (wiki.open311.org/GeoReport_v2); updates are those of FixMyStreet's extension. What there
is nothing to say of is None.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sanfu.city.form import Question
from sanfu.city.model.pack import Pack
from sanfu.city.open311 import Open311
from sanfu.contracts.envelope import moment
from sanfu.intake.domain.admission import Today
from sanfu.intake.domain.submission import HOME_DIGITS

SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
FORMATS: Final = ("text/xml", "application/json")
DATATYPES: Final = {
    "text": "string", "integer": "number", "date": "datetime", "choice": "singlevaluelist", "yes_no": "singlevaluelist",
}  # fmt: skip
YES_NO: Final = {"true": {"zh": "是", "en": "yes"}, "false": {"zh": "否", "en": "no"}}
STANDARD: Final = frozenset({"media_url"})
"""Questions of the form that the standard has a field for: they are no attributes."""
LONGEST_DESCRIPTION: Final = 4000
UNREAD: Final = ("submitted", "in_review")
EXAMPLES: Final = 6
"""Keywords of a category that its description names."""


def discovery(pack: Pack, offered: Open311, url: str, locale: str) -> dict[str, Any]:
    """Say where the endpoint is. The changeset is another whenever the pack is: services may have changed."""
    changeset = f"{offered.changeset} {pack.version}"
    endpoint = {
        "specification": SPECIFICATION,
        "url": url,
        "changeset": changeset,
        "type": "production",
        "formats": list(FORMATS),
    }
    return {
        "changeset": changeset,
        "contact": offered.contact[locale],
        "key_service": offered.key_service[locale],
        "endpoints": [endpoint],
    }


def on_offer(pack: Pack, offered: Open311, day: date) -> list[str]:
    """Name the services there are on a day: for a category that is no more, the one that goes on in its place."""
    today = Today(pack.categories, day)
    there = (code if code in today else today.heir(code) for code in offered.services)
    return list(dict.fromkeys(code for code in there if code))


def services(pack: Pack, offered: Open311, locale: str, day: date) -> list[dict[str, Any]]:
    """List what may be reported on a day. The id of a request is answered at once: each is `realtime`."""
    asked = bool(_attributes(pack, offered))
    return [
        {
            "service_code": code,
            "service_name": pack.categories[code].name(locale),
            "description": ", ".join(pack.categories[code].keywords[:EXAMPLES]) or pack.categories[code].name(locale),
            "metadata": asked,
            "type": "realtime",
            "keywords": ", ".join(pack.categories[code].keywords),
            "group": offered.groups.get(pack.categories[code].audience, {}).get(locale),
        }
        for code in on_offer(pack, offered, day)
    ]


def definition(pack: Pack, offered: Open311, code: str, locale: str) -> dict[str, Any]:
    """Say what a service asks beside what the standard does: the channel's questions."""
    attributes = [
        {
            "variable": True,
            "code": question.code,
            "datatype": DATATYPES[question.type],
            "required": question.required,
            "datatype_description": question.expected(),
            "order": place,
            "description": question.title[locale],
            "values": list(_values(question, locale)),
        }
        for place, question in enumerate(_attributes(pack, offered), 1)
    ]
    return {"service_code": code, "attributes": attributes}


def _attributes(pack: Pack, offered: Open311) -> list[Question]:
    return [one for code, one in pack.form_of(offered.channel).questions.items() if code not in STANDARD]


def _values(question: Question, locale: str) -> Iterator[dict[str, str]]:
    choices = YES_NO if question.type == "yes_no" else question.choices
    for key, label in choices.items():
        yield {"key": key, "name": label.get(locale, key)}


def request(
    issue: Mapping[str, Any], pack: Pack, offered: Open311, locale: str, *, media: str | None = None
) -> dict[str, Any]:
    """Show an issue that everybody may know of. Nobody is named; a place that may be a home is not shown exactly.
    `media`: where pictures are; None: nowhere."""
    known, said = issue["public"], issue["submission"]
    state, category = offered.state(known["key"]), pack.categories.get(known["category"] or "")
    unit = pack.units.get(known["unit"] or "")
    return {
        "service_request_id": issue["_id"],
        "status": state.status,
        "status_notes": known["reply"] or state.note[locale],
        "service_name": category.name(locale) if category else None,
        "service_code": known["category"],
        "description": (said["text"] or said["title"])[:LONGEST_DESCRIPTION] if _taken_up(known) else None,
        "agency_responsible": unit.name(locale) if unit else None,
        "service_notice": None,
        "requested_datetime": local(issue["received_at"], pack),
        "updated_datetime": local(known["updated"], pack),
        "expected_datetime": local(issue["due_at"], pack) if issue.get("due_at") else None,
        **_place(said["place"], known, pack, offered, locale),
        "media_url": _picture(media, issue, known),
    }


def _taken_up(known: Mapping[str, Any]) -> bool:
    """Tell whether a rule or a person has taken it up: nothing is shown that somebody wrote and nobody looked at."""
    return known["unit"] is not None or known["key"] not in UNREAD


def _place(
    place: Mapping[str, Any], known: Mapping[str, Any], pack: Pack, offered: Open311, locale: str
) -> dict[str, str | float | None]:
    """Show where it is. Whether it may be a home can turn out when somebody decides what it is about."""
    town = pack.units.get(place["town"] or "")
    named = town.name(locale) if town else None
    lat, lon = place["lat"], place["lon"]
    home = place["may_be_home"] or known["category"] in offered.homes
    if home and lat is not None:
        lat, lon = round(lat, HOME_DIGITS), round(lon, HOME_DIGITS)
    address = named if home or not _taken_up(known) else place["address"] or named
    return {"address": address, "address_id": None, "zipcode": None, "lat": lat, "long": lon}


def _picture(media: str | None, issue: Mapping[str, Any], told: Mapping[str, Any]) -> str | None:
    """The standard has one address: that of the first picture."""
    files = told.get("pictures") or ()
    return f"{media}/{issue['_id']}/{files[0]}" if media and files else None


def update(
    issue: Mapping[str, Any], told: Mapping[str, Any], pack: Pack, offered: Open311, locale: str,
    *, media: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Show one step of an issue, as FixMyStreet reads it."""
    state = offered.state(told["key"])
    return {
        "update_id": told["id"],
        "service_request_id": issue["_id"],
        "status": state.word,
        "updated_datetime": local(told["at"], pack),
        "description": told["reply"] or state.note[locale],
        "media_url": _picture(media, issue, told),
    }


def local(at: str, pack: Pack) -> str:
    """Write an instant as W3C's note on dates has it: whole seconds, with the city's offset."""
    when: datetime = moment(at).astimezone(ZoneInfo(pack.zone))
    return when.isoformat(timespec="seconds")
