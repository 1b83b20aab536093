"""What of a report this city's pack allows on this channel; every fault names its field and what would be right."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from sanfu.city.form import RESERVED, Form
from sanfu.city.model.pack import Pack
from sanfu.city.model.what import Channel
from sanfu.city.model.who import Lasting
from sanfu.city.succession import in_its_place
from sanfu.contracts import credit
from sanfu.contracts.envelope import instant, moment
from sanfu.contracts.masking import Mask

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
SKEW = timedelta(seconds=60)
"""How far another's clock may be ahead of ours and still mean now."""
SHOWN = 60
"""Allowed values named in one answer."""
CREDIT_CODE = "a unified social credit code (GB 32100): 18 characters, the last of which checks the others"

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that is not as it should be."""

    field: str
    problem: str
    expected: str

    def shown(self) -> dict[str, str]:
        return {"field": f"$.{self.field}", "problem": self.problem, "expected": self.expected}


def faults(report: Report, channel: Channel, pack: Pack, now: datetime) -> Iterator[Fault]:
    """Name everything about a report (as the API's model has it) that can't be so on this channel, now."""
    yield from _codes(report, channel, pack, now)
    yield from _place(report["place"], pack)
    yield from _times(report, now)
    yield from _people(report, channel)
    yield from _asked(report, pack.form_of(channel.code), pack)


class Today(Collection[str]):
    """The codes of what is there on a day. Looked up one by one: a city has hundreds, a report names one."""

    def __init__(self, known: Mapping[str, Lasting], day: date) -> None:
        self._known, self._day = known, day

    def __contains__(self, code: object) -> bool:
        one = self._known.get(code) if isinstance(code, str) else None
        return one is not None and one.valid_on(self._day)

    def __iter__(self) -> Iterator[str]:
        return (code for code in self._known if code in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def heir(self, code: str) -> str | None:
        """Return what goes on in the place of what is gone; None: it is not gone, or nothing does."""
        gone = code in self._known and self._known[code].gone_on(self._day)
        return in_its_place(self._known, code, self._day) if gone else None


def _codes(report: Report, channel: Channel, pack: Pack, now: datetime) -> Iterator[Fault]:
    day = pack.day(now)
    units, categories = Today(pack.units, day), Today(pack.categories, day)
    asked: list[tuple[str, Any, Collection[str]]] = [
        ("audience", report["audience"], channel.audiences),
        ("category", report["category"], categories),
        ("unit", report["unit"], units),
        ("place.town", report["place"]["town"], pack.towns),
        *((f"complains_of[{at}]", code, units) for at, code in enumerate(report["complains_of"])),
    ]
    for field, code, allowed in asked:
        if code is not None and code not in allowed:
            yield _gone(field, code, allowed) or Fault(field, "not_allowed", one_of(nearest(code, allowed)))
    if report["audience"] is None and len(channel.audiences) > 1 and report["category"] not in pack.categories:
        yield Fault("audience", "missing", f"{one_of(channel.audiences)}, or a category that tells it")


def _gone(field: str, code: str, allowed: Collection[str]) -> Fault | None:
    """Name the successor of what is no more: who sends an old code needs no list of all there are."""
    heir = allowed.heir(code) if isinstance(allowed, Today) else None
    return Fault(field, "gone", f"{heir}, which goes on in the place of {code}") if heir else None


def _place(place: Mapping[str, Any], pack: Pack) -> Iterator[Fault]:
    lon, lat, box = place["lon"], place["lat"], pack.bounds
    if (lon is None) != (lat is None):
        yield Fault("place.lat" if lat is None else "place.lon", "missing", "lon and lat, or neither")
    elif lon is not None and not box.hold(lon, lat):
        inside = box.west <= lon <= box.east
        span = f"{box.south} to {box.north}" if inside else f"{box.west} to {box.east}"
        cure = f"{span} degrees, WGS-84; of another map, say which in place.crs"
        yield Fault(f"place.{'lat' if inside else 'lon'}", "outside_the_city", cure)


def _times(report: Report, now: datetime) -> Iterator[Fault]:
    if (reported := report["reported_at"]) is not None:
        if moment(reported) > now + SKEW:
            yield Fault("reported_at", "in_the_future", f"not later than now, {instant(now)}")
        elif moment(reported) < EARLIEST:
            yield Fault("reported_at", "too_old", f"not before {instant(EARLIEST)}")
    if (limit := report["limit_asked"]) is not None and moment(limit) < EARLIEST:
        yield Fault("limit_asked", "too_old", f"not before {instant(EARLIEST)}")


def _people(report: Report, channel: Channel) -> Iterator[Fault]:
    kind = report["party_kind"]
    if kind is not None and kind not in channel.party_kind:
        yield Fault("party_kind", "not_allowed", one_of(channel.party_kind))
    if party_kind(report, channel) == "none" and report["party"] is not None:
        yield Fault("party", "not_allowed", "no party: on this channel the filer vouches")
    if report["guardian"] is not None:
        yield from _guardian(report["guardian"], party_kind(report, channel))
    if report["party_code"] is not None and party_kind(report, channel) in ("person", "none"):
        yield Fault("party_code", "not_allowed", "a code only for an enterprise, organisation or village")
    elif (code := report["party_code"]) is not None and party_kind(report, channel) == "enterprise":
        yield from [] if credit.right(code) else [Fault("party_code", "not_a_credit_code", CREDIT_CODE)]
    filer = report["filer"]
    if filer is not None and channel.filer_kind == "none":
        yield Fault("filer", "not_allowed", "no filer: on this channel the party writes itself")
    if filer is not None and filer["id"] is not None and Mask(()).text(filer["id"]) != filer["id"]:
        yield Fault("filer.id", "personal_data", "an account's name, which tells no phone, ID number or e-mail")


def _guardian(guardian: Mapping[str, Any], kind: str) -> Iterator[Fault]:
    if kind != "person":
        yield Fault("guardian", "not_allowed", "one only of a party that is a person")
    elif not (guardian["phone"] or guardian["email"]):
        yield Fault("guardian", "unreachable", "a phone or an e-mail: the party is reached through the guardian alone")
    elif not guardian["name"]:
        yield Fault("guardian.name", "missing", "the guardian's name: whoever calls asks for them")


def _asked(report: Report, form: Form, pack: Pack) -> Iterator[Fault]:
    """What the channel's own form wants, and what only the channels that say so may bring."""
    for field in form.must:
        if _value(report, field) in (None, ""):
            yield Fault(field, "missing", f"{field}: this channel can't do without it")
    for field in RESERVED:
        if field not in form.takes and _value(report, field) is not None:
            yield Fault(field, "not_allowed", f"nothing: on {form.channel} nobody can show that it is so")
    for at, flag in enumerate(report["flags"]):
        if form.flags is not None and flag not in form.flags:
            yield Fault(f"flags[{at}]", "not_allowed", one_of(form.flags))
    if form.section_of_place and (wished := pack.units.get(report["unit"] or "")):
        town = report["place"]["town"]
        if wished.kind == "section" and wished.parent != town:
            sections = [code for code, unit in pack.units.items() if unit.kind == "section" and unit.parent == town]
            yield Fault("unit", "not_of_the_town", f"a section of the same town, {one_of(sections)}")
    for code, problem, expected in form.wrong(report["answers"]):
        yield Fault(f"answers.{code}", problem, expected)


def _value(report: Report, field: str) -> Any:
    outer, _, inner = field.partition(".")
    return report[outer][inner] if inner else report[outer]


def party_kind(report: Report, channel: Channel) -> str:
    """Return whose matter it is: as said, else the first kind that the channel has."""
    given: str | None = report["party_kind"]
    return given or channel.party_kind[0]


def nearest(code: str, allowed: Collection[str]) -> list[str]:
    """Put those first that somebody may have meant who wrote this."""
    meant = [one for one in allowed if code in one or one in code] if len(code) > 2 else []
    meant += get_close_matches(code, allowed, 3)
    return [*dict.fromkeys([*meant, *allowed])]


def one_of(allowed: Collection[str]) -> str:
    shown = list(allowed)[:SHOWN]
    more = f" … ({len(allowed)} in all)" if len(allowed) > SHOWN else ""
    return f"one of: {', '.join(shown)}{more}"
