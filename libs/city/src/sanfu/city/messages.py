"""Message templates from texts/*.yaml: each message in every language of the pack, checked word by word."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

from sanfu.city import vocabulary as words
from sanfu.city.directory import CODE
from sanfu.city.fields import fields
from sanfu.city.model.templates import Audience, Delivery, Medium, Priority, Template
from sanfu.city.overlaps import covers, overlapping
from sanfu.city.placeholders import (
    ADDRESSED,
    ANYBODY,
    FORESEEN,
    LINK,
    NAMED,
    PLACEHOLDERS,
    REVEALING,
    UNBOUNDED,
    UNLED,
    placeholders,
)
from sanfu.city.problems import nearest
from sanfu.city.quantities import minutes, time_of_day
from sanfu.city.reading import Section
from sanfu.city.segments import fits, length, room

AUDIENCES: tuple[Audience, ...] = get_args(Audience)
MEDIA: tuple[Medium, ...] = get_args(Medium)
DELIVERIES: tuple[Delivery, ...] = get_args(Delivery)
PRIORITIES: tuple[Priority, ...] = ("normal", "critical", "digestible")
OUTSIDE: tuple[Audience, ...] = ("party", "filer")
PERSONAL: tuple[Medium, ...] = ("sms", "email", "inbox")
REACHED_BY: Mapping[str, tuple[Medium, ...]] = {
    "party": ("sms", "email"), "filer": PERSONAL, "holder": PERSONAL, "chair": PERSONAL,
}  # fmt: skip
"""Who is not reached by every medium there is: an endpoint or robot is a unit's, and tells its people."""
MOST_SEGMENTS = 3
_APPROVED = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SIGNED = re.compile(r"【[^】]*】|^[^:]{0,60}: ")
"""How an SMS says who sends it; a list says that once."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a pack's messages are held against. `examples`: locale → placeholder → an example at its longest; `codes`:
    field of an event → the pack's codes that it may have."""

    examples: Mapping[str, Mapping[str, str]]
    codes: Mapping[str, Iterable[str]] = field(default_factory=dict)


def templates(documents: Iterable[Section], known: Known) -> tuple[Template, ...]:
    """Read every message, in every locale that has examples."""
    found: list[Template] = []
    entries: dict[str, Section] = {}
    for document in documents:
        for entry in document.sections("messages"):
            message_id = entry.text("id")
            if not CODE.fullmatch(message_id):
                entry.wrong("id", f"{message_id!r} is no code", "write 2 to 40 characters of [a-z0-9-]")
            if message_id in entries:
                entry.wrong("id", f"{message_id!r} is there twice", "rename one of them")
            entries.setdefault(message_id, entry)
            found += _message(message_id, entry, known)
        document.done()
    _once_each(found, entries)
    return tuple(found)


def _once_each(found: Iterable[Template], entries: Mapping[str, Section]) -> None:
    """Remark on each message for somebody whom an earlier one tells of the same event by the same medium already."""
    for one, other in overlapping(found):
        if one.id != other.id:
            when = "is never sent" if covers(one, other) else "is not sent where both are for it"
            message = f"{when}: {one.id!r} tells the {one.audience} by {one.medium} already"
            entries[other.id].wrong("where", message, "tell the two apart by `where`, or remove one", fatal=False)


def _message(message_id: str, entry: Section, known: Known) -> list[Template]:
    texts = {name: entry.section(name) for name in ("subject", "body", "neutral", "line")}
    approved = entry.section("approved")
    named = entry.known("event", words.EVENTS, "event", required=True)
    events = [words.wire_type(event) for event in named if event in words.EVENTS]
    medium = entry.choice("medium", MEDIA)
    segments = entry.parsed("segments", _few, 1)
    common = Template(
        id=message_id,
        locale="",
        event="",
        where=entry.section("where").conditions(),
        audience=entry.choice("audience", AUDIENCES),
        medium=medium,
        subject=None,
        body="",
        neutral="",
        delivery=entry.choice("delivery", DELIVERIES),
        useful_for=entry.parsed("useful_for", minutes, 24 * 60),
        urgency=entry.choice("urgency", PRIORITIES, "normal"),
        unit=entry.one_known("unit", known.codes.get("unit", ()), "unit"),
        statutory=entry.choice("statutory", ("no", "yes"), "no") == "yes",
        day_before=entry.parsed("day_before", time_of_day, None),
        segments=segments,
    )
    _pair(entry, common, dict(zip(events, named, strict=False)))
    _asked(entry.section("where"), common, events, known)
    found = []
    for locale, samples in known.examples.items():
        subject = texts["subject"].text(locale) if medium == "email" else None
        body, neutral = texts["body"].text(locale), texts["neutral"].text(locale)
        line = texts["line"].text(locale, _line(common, subject, body, neutral))
        one = replace(common, locale=locale, subject=subject, body=body, neutral=neutral, line=line)
        one = _approved(one, approved)
        written = [replace(one, event=event) for event in events]
        _check(written, texts, samples)
        found += written
    for section in (*texts.values(), approved):
        section.done()
    entry.done()
    return found


def _approved(one: Template, given: Section) -> Template:
    """Lay over a message in one language the codes under which providers approved it; where both bodies say the same,
    the neutral one needs none of its own."""
    if one.medium != "sms":
        return one
    body, neutral = given.section(one.locale), given.section(f"{one.locale}-neutral")
    plain = {name: body.parsed(name, _approval, "") for name in body.names}
    secret = {name: neutral.parsed(name, _approval, "") for name in neutral.names}
    same = plain if one.body == one.neutral else {}
    return replace(one, approved=plain, approved_neutral={**same, **secret})


def _line(one: Template, subject: str | None, body: str, neutral: str) -> str | None:
    """What stands for a message in a list if nothing else is said; None: something has to be."""
    if subject or one.urgency == "critical":
        return subject or ""
    if one.audience in OUTSIDE:
        return (
            "" if f"{{{LINK}}}" in neutral else _SIGNED.sub("", neutral, count=1)
        )  # a link is for one issue: it comes alone
    return _SIGNED.sub("", neutral, count=1) if body == neutral else None


def _pair(entry: Section, one: Template, events: Mapping[str, str]) -> None:
    """Check that an event can be told to this audience, by this medium, with this urgency."""
    for event, name in events.items():
        audiences = ADDRESSED.get(event, ANYBODY)
        if one.audience not in audiences:
            entry.wrong("audience", f"{name} is never told to {one.audience!r}", nearest(one.audience, audiences))
        if event in UNLED and one.audience in audiences and _names_nobody(entry, one):
            message = f"is missing: of {name} no unit leads yet"
            entry.wrong("unit", message, "add unit: the code of the unit that is told")
        if one.day_before is not None and event not in FORESEEN:
            entry.wrong("day_before", f"{name} announces nothing", "leave it out: of a MeetingCalled one can remind")
    if one.audience == "supervisor" and _names_nobody(entry, one):
        entry.wrong("unit", "is missing: no event names the supervisors'", "add unit: the code of the unit they are in")
    if one.unit is not None and one.audience in (*OUTSIDE, *NAMED):
        entry.wrong("unit", f"a {one.audience} is told wherever that is", "leave it out")
    media = REACHED_BY.get(one.audience, MEDIA)
    if one.medium not in media:
        entry.wrong("medium", f"a {one.audience} is not reached by {one.medium!r}", nearest(one.medium, media))
    if entry.raw("segments") and one.medium != "sms":
        entry.wrong("segments", f"{one.medium} has none", "leave it out: an SMS alone is paid for by segments")
    if one.urgency == "digestible" and one.audience in (*OUTSIDE, *NAMED):
        entry.wrong("urgency", f"a {one.audience} gets no lists", "write normal, or leave it out")


def _names_nobody(entry: Section, one: Template) -> bool:
    """Tell whether a text for a unit's people leaves it to the event of which unit they are."""
    return one.audience not in (*OUTSIDE, *NAMED) and one.unit is None and not entry.raw("unit")


def _asked(section: Section, one: Template, events: Sequence[str], known: Known) -> None:
    """Check that each of its events has the fields it asks for, and that they may have these values."""
    for event in events:
        there = fields(event)
        for name, values in one.where.items():
            if name not in there:
                section.wrong(name, f"is no field of {event}", nearest(name, sorted(there)))
                continue
            codes = known.codes.get(name)
            allowed = there[name] if codes is None else tuple(codes)
            for value in values:
                if allowed is not None and value not in allowed:
                    section.wrong(name, f"is never {value!r}", nearest(str(value), map(str, allowed)))


def _check(written: Sequence[Template], texts: Mapping[str, Section], samples: Mapping[str, str]) -> None:
    """Check one message in one language, which several events may have in common."""
    if not written:
        return
    first, allowed = written[0], [PLACEHOLDERS.get(template.event, frozenset()) for template in written]
    if not all(allowed):
        texts["body"].wrong(first.locale, "nobody is told of this event", "choose an event that has placeholders")
        return
    common = frozenset.intersection(*allowed)
    bodies = {"subject": first.subject or "", "body": first.body, "neutral": first.neutral}
    if texts["line"].has(first.locale):
        bodies["line"] = first.line
    for name, text in bodies.items():
        usable = common if name == "body" else common - REVEALING
        usable = usable if first.audience == "party" and name not in ("subject", "line") else usable - {LINK}
        if _filled(texts[name], first.locale, text, usable) and first.medium == "sms":
            _check_length(texts[name], first, text, samples)


def _filled(section: Section, locale: str, text: str, usable: frozenset[str]) -> bool:
    """Tell whether the text's placeholders are all usable here; what is wrong is noted."""
    try:
        unknown = placeholders(text) - usable
    except ValueError as error:
        section.wrong(locale, "has a placeholder that can't be read", str(error))
        return False
    for name in sorted(unknown):
        why = "would reveal what is confidential" if name in REVEALING else "is not known for this event"
        section.wrong(locale, f"the placeholder {{{name}}} {why}", f"use only: {', '.join(sorted(usable))}")
    return not unknown


def _check_length(section: Section, one: Template, text: str, samples: Mapping[str, str]) -> None:
    """Check that an SMS fits its segments with every placeholder at its longest."""
    if unbounded := placeholders(text) & UNBOUNDED:
        message = f"an SMS has no room for {{{', '.join(sorted(unbounded))}}}: people write as much there as they like"
        section.wrong(one.locale, message, "write {link}, say where to read it, or tell it by email")
        return
    longest = text.format_map(samples)
    if not fits(longest, one.segments):
        most = room(longest, one.segments)
        message = f"may grow to {length(longest)} characters, more than {one.segments} SMS of {most} together"
        more = f", or pay for more: `segments: {one.segments + 1}`" if one.segments < MOST_SEGMENTS else ""
        section.wrong(one.locale, message, f"shorten it{more}")


def _approval(text: str) -> str:
    if not _APPROVED.fullmatch(text):
        raise ValueError("write the code that the provider gave to this text: SMS_123, 456")
    return text


def _few(text: str) -> int:
    if text not in map(str, range(1, MOST_SEGMENTS + 1)):
        raise ValueError("write how many SMS it may take: 1, 2 or 3")
    return int(text)
