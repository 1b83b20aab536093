"""From a request as Open311 GeoReport v2 posts it to a report as our own API takes it, and back from what is wrong with
the one to the fields of the other."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from sanfu.city.form import Question
from sanfu.city.model.pack import Pack
from sanfu.city.open311 import Open311
from sanfu.contracts.masking import Mask
from sanfu.intake.domain.admission import Fault
from sanfu.intake.domain.georeport import LONGEST_DESCRIPTION, STANDARD

Posted = Mapping[str, Sequence[str]]
"""Fields of a form: name → values, none of them empty. An empty one is as good as absent, says the standard."""

PLACE: Final = ("lat", "long", "address_string", "address_id")
PERSON: Final = ("first_name", "last_name", "email", "phone")
KNOWN: Final = frozenset(
    {
        *("jurisdiction_id", "service_code", "description", "media_url", *PLACE, *PERSON),
        *("device_id", "deviceid", "account_id"),
    }
)
"""What a request may hold beside attributes and the key. Of the last three nothing is kept: they only help to know
the same request again. FixMyStreet writes one of them without its line."""
UPDATE: Final = frozenset(
    {
        *("jurisdiction_id", "service_request_id", "update_id", "updated_datetime", "status", "description"),
        "service_request_id_ext",
        *("media_url", "service_code", "title", "email_alerts_requested", "public_anonymity_required", "account_id"),
        *("device_id", "deviceid", *PERSON, *PLACE),
    }
)
"""What an update may hold, as FixMyStreet sends it."""
ATTRIBUTE: Final = re.compile(r"attribute\[([^\[\]]{1,80})\](?:\[\])?")
ADDRESS: Final = re.compile(r"https?://[!-~]{1,1990}", re.IGNORECASE)
MOST_MEDIA: Final = 10
LONGEST_TITLE: Final = 60
_HAN: Final = re.compile("[\u3400-\u9fff]")
FIELDS: Final = {
    "category": "service_code", "place.lat": "lat", "place.lon": "long", "place.address": "address_string",
    "place": "lat and long", "party.name": "first_name and last_name", "party.email": "email", "party.phone": "phone",
    "title": "description", "text": "description", "answers.media_url": "media_url", "party": "first_name",
    "reported_at": "updated_datetime", "header.X-Api-Key": "api_key",
}  # fmt: skip
"""Fields of our report → what they are called there."""


def field(ours: str) -> str:
    """Name a field of a report as the client knows it."""
    path = ours.removeprefix("$.").removeprefix("query.")
    if path not in FIELDS and path.startswith("answers."):
        return f"attribute[{path.removeprefix('answers.')}]"
    return FIELDS.get(path, path)


def faults(posted: Posted, pack: Pack, offered: Open311) -> Iterator[Fault]:
    """Name what is wrong with the form itself; what the report's own rules find comes after."""
    yield from unknown(posted, KNOWN)
    yield from _twice(posted)
    if not any(posted.get(name) for name in PLACE):
        yield Fault("lat and long", "missing", "a place: lat and long, or address_string, or address_id")
    for name in ("lat", "long"):
        if name in posted and number(posted[name][0]) is None:
            yield Fault(name, "no_number", "degrees, WGS-84, such as 29.3068")
    if ("lat" in posted) != ("long" in posted):
        yield Fault("long" if "lat" in posted else "lat", "missing", "lat and long together")
    if len("".join(posted.get("description", ()))) > LONGEST_DESCRIPTION:
        yield Fault("description", "too_long", f"at most {LONGEST_DESCRIPTION:,} characters")
    yield from media(posted, taken="media_url" in pack.form_of(offered.channel).questions)
    yield from _attributes(posted, pack, offered)


def unknown(posted: Iterable[str], known: Iterable[str]) -> Iterator[Fault]:
    names = frozenset(known)
    for name in posted:
        if name not in names and not ATTRIBUTE.fullmatch(name):
            yield Fault(name[:80], "unknown", f"one of: {', '.join(sorted(names))}, attribute[code]")


def media(posted: Posted, *, taken: bool) -> Iterator[Fault]:
    """Nothing is fetched from such an address, and only what looks like one is kept."""
    given = posted.get("media_url", ())
    if given and not taken:
        yield Fault("media_url", "not_taken", "nothing: no addresses of pictures are taken here")
    elif len(given) > MOST_MEDIA or len(" ".join(given)) > 2000:
        yield Fault("media_url", "too_many", f"at most {MOST_MEDIA} addresses, 2,000 characters in all")
    for one in given:
        if not ADDRESS.fullmatch(one) or not _whole(one):
            yield Fault("media_url", "no_address", "an http or https address, without a name or password in it")


def _whole(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.username is None and parts.password is None and parts.port != 0
    except ValueError:
        return False


def _twice(posted: Posted) -> Iterator[Fault]:
    for name, values in posted.items():
        if len(values) > 1 and name != "media_url":
            yield Fault(name[:80], "repeated", "this field once: no attribute here takes several values")


def _attributes(posted: Posted, pack: Pack, offered: Open311) -> Iterator[Fault]:
    questions = pack.form_of(offered.channel).questions
    asked = [code for code in questions if code not in STANDARD]
    for code in attributes(posted):
        if code not in asked:
            yield Fault(f"attribute[{code}]", "not_asked", f"one of: {', '.join(asked)}" if asked else "none")


def attributes(posted: Posted) -> dict[str, str]:
    """Return the answers to a service's definition, as written."""
    found = ((ATTRIBUTE.fullmatch(name), values) for name, values in posted.items())
    return {match[1]: values[0] for match, values in found if match}


def report(posted: Posted, pack: Pack, offered: Open311, *, town: str | None, locale: str) -> dict[str, Any]:
    """Return the report, as `POST /v1/issues` would have it. Only of a form without faults. `town`: the jurisdiction's,
    if it is one of a town."""
    first = {name: values[0].strip() for name, values in posted.items()}
    code, category = first["service_code"], pack.categories[first["service_code"]]
    text = _plain(posted["description"][0]) if "description" in posted else category.name(locale)
    questions = pack.form_of(offered.channel).questions
    answers = {code: _answer(questions[code], value) for code, value in attributes(posted).items()}
    if "media_url" in posted:
        answers["media_url"] = " ".join(posted["media_url"])
    place = {
        "lat": number(first["lat"]) if "lat" in first else None,
        "lon": number(first["long"]) if "long" in first else None,
        "address": _address(first),
        "may_be_home": code in offered.homes,
        "town": town,
    }
    return {
        "category": code,
        "title": _title(text),
        "text": text,
        "place": place,
        "party": person(first),
        "language": locale,
        "answers": answers,
    }


def number(written: str) -> float | None:
    """Read degrees as people and programs write them; None for anything else, `nan` too."""
    return float(written) if re.fullmatch(r"[+-]?\d{1,3}(\.\d{1,20})?", written.strip(), re.ASCII) else None


def person(first: Mapping[str, str]) -> dict[str, str] | None:
    """Return who reports it; None for nobody. A Chinese name begins with the family's, and has no space in it."""
    given, family = first.get("first_name", ""), first.get("last_name", "").strip("-")
    together = f"{given}{family}"
    name = f"{family}{given}" if _HAN.search(together) else " ".join(filter(None, (given, family)))
    found = {"name": name, "email": first.get("email", ""), "phone": first.get("phone", "")}
    return {of: value for of, value in found.items() if value} or None


def said(posted: Posted) -> str | None:
    """Return what an update adds, without the name of whoever writes it: that may be somebody else than the party.
    None if it says nothing."""
    first = {name: values[0].strip() for name, values in posted.items()}
    lines = [*map(_plain, posted.get("description", ())[:1]), *posted.get("media_url", ())]
    return Mask.of([person(first) or {}]).by().text("\n".join(lines)) if lines else None


def _address(first: Mapping[str, str]) -> str | None:
    """An address and its number in somebody's register, which is none of ours: the unit may know it."""
    address, number = (first.get(name, "") for name in ("address_string", "address_id"))
    told = " ".join(" ".join(filter(None, (address, f"({number})" if address and number else number))).split())
    return told or None


def _title(text: str) -> str:
    line = next((" ".join(one.split()) for one in text.split("\n") if one.strip()), text.strip())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"


def _plain(text: str) -> str:
    """Forms end their lines with two characters."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _answer(question: Question, value: str) -> Any:
    """Read an answer as its question has it; what can't be read so stays as it is, and is refused with the rest."""
    match question.type:
        case "integer":
            return int(value) if re.fullmatch(r"\d{1,10}", value.strip(), re.ASCII) else value
        case "yes_no":
            return {"true": True, "false": False}.get(value.strip().lower(), value)
        case "date":
            return value.strip()[:10]
    return value
